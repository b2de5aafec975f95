//! Requests to handlers, by the type of their payload.

use std::fmt;

use xmpp_core::{
    StanzaError, StanzaErrorCondition,
    xml::{Element, ElementRef, Payload, WriteXml},
};

use crate::{Iq, IqType, bad_payload};

/// Answers requests by handlers that were registered for types of payloads, and those that none was
/// registered for with `service-unavailable`: every request gets an answer (STZ-3).
///
/// `C` is what the handlers work on.
///
/// ```
/// # use xmpp_stanza::{Iq, IqDispatch, IqReply, Ping, SoftwareVersion, core::xml::{Element, ns}};
/// struct Bot { pings: u32 }
/// let mut dispatch = IqDispatch::new()
///     .on_get(|bot: &mut Bot, _iq, Ping| {
///         bot.pings += 1;
///         Ok(IqReply::Empty)
///     })
///     .on_get(|_, _, _: SoftwareVersion| Ok(IqReply::payload(&SoftwareVersion::new("bot", "1.0"))));
/// let element: Element = "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>".parse()?;
/// let mut bot = Bot { pings: 0 };
/// let pong = dispatch.handle(&mut bot, &Iq::from_element(element.root())?);
/// assert!(pong.is_some() && bot.pings == 1);
/// assert_eq!(dispatch.features().collect::<Vec<_>>(), ["urn:xmpp:ping", "jabber:iq:version"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct IqDispatch<C> {
    routes: Vec<Route<C>>,
}

/// What a handler answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IqReply {
    /// It was done; there is nothing to tell.
    Empty,
    /// It was done; with this payload. See [`IqReply::payload`].
    Payload(Element),
    /// The answer comes later, from the application itself.
    Later,
}

impl IqReply {
    /// An answer with a payload.
    pub fn payload(payload: &impl WriteXml) -> Self {
        Self::Payload(Element::from_xml(payload))
    }
}

type Handler<C> =
    Box<dyn FnMut(&mut C, &Iq, ElementRef<'_>) -> Result<IqReply, StanzaError> + Send>;

struct Route<C> {
    iq_type: IqType,
    ns: &'static str,
    matches: fn(ElementRef<'_>) -> bool,
    handler: Handler<C>,
}

impl<C> IqDispatch<C> {
    /// No handlers.
    pub const fn new() -> Self {
        Self { routes: Vec::new() }
    }

    /// Lets `handler` answer requests of type `get` with a `P`.
    #[must_use]
    pub fn on_get<P: Payload + 'static>(
        self,
        handler: impl FnMut(&mut C, &Iq, P) -> Result<IqReply, StanzaError> + Send + 'static,
    ) -> Self {
        self.on(IqType::Get, handler)
    }

    /// Lets `handler` answer requests of type `set` with a `P`.
    #[must_use]
    pub fn on_set<P: Payload + 'static>(
        self,
        handler: impl FnMut(&mut C, &Iq, P) -> Result<IqReply, StanzaError> + Send + 'static,
    ) -> Self {
        self.on(IqType::Set, handler)
    }

    #[expect(clippy::result_large_err, reason = "what goes into the answer")]
    fn on<P: Payload + 'static>(
        mut self,
        iq_type: IqType,
        mut handler: impl FnMut(&mut C, &Iq, P) -> Result<IqReply, StanzaError> + Send + 'static,
    ) -> Self {
        self.routes.push(Route {
            iq_type,
            ns: P::NAMESPACE.as_str(),
            matches: P::matches,
            handler: Box::new(move |context, iq, element| {
                let payload = P::from_element(element).map_err(|error| bad_payload(&error))?;
                handler(context, iq, payload)
            }),
        });
        self
    }

    /// Answers a request: by the first handler for its type and payload, else with
    /// `service-unavailable`. A payload that breaks its schema is answered with `bad-request`.
    ///
    /// `None` when `iq` is no request, or its handler said [`IqReply::Later`].
    pub fn handle(&mut self, context: &mut C, iq: &Iq) -> Option<Iq> {
        if !iq.is_request() {
            return None;
        }
        let element = iq.element()?.root();
        let route = self
            .routes
            .iter_mut()
            .find(|route| route.iq_type == iq.iq_type() && (route.matches)(element));
        let Some(route) = route else {
            return iq.error(StanzaError::new(StanzaErrorCondition::ServiceUnavailable));
        };
        match (route.handler)(context, iq, element) {
            Ok(IqReply::Empty) => iq.result(),
            Ok(IqReply::Payload(payload)) => iq.reply(&payload),
            Ok(IqReply::Later) => None,
            Err(error) => iq.error(error),
        }
    }

    /// The namespaces of the payloads that have handlers, each once, in the order of registration:
    /// what goes into the answer to a disco#info request.
    pub fn features(&self) -> impl Iterator<Item = &'static str> {
        self.routes
            .iter()
            .enumerate()
            .filter(|(i, route)| self.routes[..*i].iter().all(|r| r.ns != route.ns))
            .map(|(_, route)| route.ns)
    }
}

impl<C> Default for IqDispatch<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> fmt::Debug for IqDispatch<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IqDispatch")
            .field("features", &self.features().collect::<Vec<_>>())
            .finish()
    }
}

const _: fn() = || {
    fn send<T: Send>() {}
    send::<IqDispatch<()>>();
};
