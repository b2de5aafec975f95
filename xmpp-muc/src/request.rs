//! A stanza on its way into a room, and the answers to it.

use std::borrow::Cow;

use xmpp_core::{
    BareJid, FullJid, Jid, StanzaError, StanzaErrorCondition, StanzaErrorType,
    xml::{Element, ElementRef, WriteXml, Writer, ns},
};

use crate::context::Context;

/// A stanza with the addresses that the router vouches for (MUC SE4).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// The real sender.
    pub(crate) from: &'a FullJid,
    /// The room or occupant that it is addressed to.
    pub(crate) to: &'a Jid,
    pub(crate) stanza: ElementRef<'a>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(from: &'a FullJid, to: &'a Jid, stanza: &'a Element) -> Self {
        Self {
            from,
            to,
            stanza: stanza.root(),
        }
    }

    pub(crate) fn id(&self) -> Option<Cow<'a, str>> {
        self.stanza.attr("id")
    }

    pub(crate) fn stanza_type(&self) -> Option<Cow<'a, str>> {
        self.stanza.attr("type")
    }

    /// The address as the sender wrote it: answers come from there, so that clients which compare text find them.
    pub(crate) fn addressee(&self) -> Cow<'a, str> {
        self.stanza
            .attr("to")
            .unwrap_or_else(|| Cow::Owned(self.to.to_string()))
    }

    /// Refuses the stanza. An error or a result is never answered (MUC ET17).
    pub(crate) fn refuse(&self, cx: &mut Context<'_>, error: impl Into<Fault>) {
        self.refuse_with(cx, error, &[]);
    }

    /// As [`Request::refuse`], with some children before the error.
    pub(crate) fn refuse_with(
        &self,
        cx: &mut Context<'_>,
        error: impl Into<Fault>,
        echo: &[ElementRef<'_>],
    ) {
        let stanza_type = self.stanza_type();
        let is_answer = stanza_type.as_deref() == Some("error")
            || (self.stanza.name() == "iq" && stanza_type.as_deref() == Some("result"));
        if is_answer {
            return;
        }
        let error = StanzaError::from(error.into()).with_by(self.to.to_bare());
        let (from, id) = (self.addressee(), self.id());
        let answer = Refusal {
            name: self.stanza.name(),
            from: &from,
            id: id.as_deref(),
            // EN13: an empty x, never the one that came, which may hold a password (EN10).
            empty_x: self.stanza.name() == "presence" && stanza_type.is_none(),
            echo,
            error: &error,
        };
        cx.send(self.from.clone(), &answer);
    }

    /// Answers a request with a payload.
    pub(crate) fn reply(&self, cx: &mut Context<'_>, payload: &impl WriteXml) {
        self.answer(cx, Some(payload));
    }

    /// Answers a request with an empty result.
    pub(crate) fn result(&self, cx: &mut Context<'_>) {
        self.answer(cx, None::<&Element>);
    }

    fn answer(&self, cx: &mut Context<'_>, payload: Option<&impl WriteXml>) {
        let (from, id) = (self.addressee(), self.id());
        let answer = Answer {
            from: &from,
            id: id.as_deref(),
            payload,
        };
        cx.send(self.from.clone(), &answer);
    }
}

/// Whoever asked for something that takes a while, and what an answer needs of the request.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    /// The session.
    pub(crate) session: FullJid,
    room: BareJid,
    name: &'static str,
    /// Where it sent its request, as it wrote it.
    addressee: String,
    id: Option<String>,
}

impl Asker {
    pub(crate) fn new(request: Request<'_>) -> Self {
        Self {
            session: request.from.clone(),
            room: request.to.to_bare(),
            name: match request.stanza.name() {
                "iq" => "iq",
                "presence" => "presence",
                _ => "message",
            },
            addressee: request.addressee().into_owned(),
            id: request.id().map(Cow::into_owned),
        }
    }

    pub(crate) fn refuse(&self, cx: &mut Context<'_>, error: impl Into<Fault>) {
        let error = StanzaError::from(error.into()).with_by(self.room.clone());
        let stanza = Refusal {
            name: self.name,
            from: &self.addressee,
            id: self.id.as_deref(),
            empty_x: self.name == "presence",
            echo: &[],
            error: &error,
        };
        cx.send(self.session.clone(), &stanza);
    }

    pub(crate) fn reply(&self, cx: &mut Context<'_>, payload: Option<&impl WriteXml>) {
        let answer = Answer {
            from: &self.addressee,
            id: self.id.as_deref(),
            payload,
        };
        cx.send(self.session.clone(), &answer);
    }
}

struct Answer<'a, P> {
    from: &'a str,
    id: Option<&'a str>,
    payload: Option<&'a P>,
}

impl<P: WriteXml> WriteXml for Answer<'_, P> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let iq = w.start("iq", ns::CLIENT);
        w.attr("from", self.from);
        w.attr("type", "result");
        w.opt_attr("id", self.id);
        if let Some(payload) = self.payload {
            w.write(payload);
        }
        w.end(iq);
    }
}

/// A stanza of type error.
pub(crate) struct Refusal<'a> {
    pub(crate) name: &'a str,
    pub(crate) from: &'a str,
    pub(crate) id: Option<&'a str>,
    pub(crate) empty_x: bool,
    pub(crate) echo: &'a [ElementRef<'a>],
    pub(crate) error: &'a StanzaError,
}

impl WriteXml for Refusal<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let stanza = w.start(self.name, ns::CLIENT);
        w.attr("from", self.from);
        w.attr("type", "error");
        w.opt_attr("id", self.id);
        if self.empty_x {
            w.empty_element("x", ns::MUC);
        }
        for child in self.echo {
            w.element(*child);
        }
        w.write(self.error);
        w.end(stanza);
    }
}

/// Why a request is refused: a [`StanzaError`] before it is addressed, small enough for a `Result`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    error_type: StanzaErrorType,
    condition: StanzaErrorCondition,
    text: Option<String>,
    uri: Option<Box<str>>,
    application: Option<Box<Element>>,
}

impl Fault {
    const fn new(condition: StanzaErrorCondition) -> Self {
        Self::typed(condition, condition.default_type())
    }

    const fn typed(condition: StanzaErrorCondition, error_type: StanzaErrorType) -> Self {
        Self {
            error_type,
            condition,
            text: None,
            uri: None,
            application: None,
        }
    }

    /// The same with an application-specific condition.
    pub(crate) fn with_application(mut self, application: Element) -> Self {
        self.application = Some(Box::new(application));
        self
    }

    pub(crate) fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

impl From<StanzaErrorCondition> for Fault {
    fn from(condition: StanzaErrorCondition) -> Self {
        Self::new(condition)
    }
}

impl From<Fault> for StanzaError {
    fn from(fault: Fault) -> Self {
        let mut error = Self::new(fault.condition).with_type(fault.error_type);
        error.uri = fault.uri.map(String::from);
        error.application = fault.application.map(|application| *application);
        match fault.text {
            Some(text) => error.with_text(text),
            None => error,
        }
    }
}

/// The errors of MUC section 23.
pub(crate) mod errors {
    use super::{Fault, StanzaErrorCondition as C, StanzaErrorType as T};

    /// ET2.
    pub(crate) const fn forbidden() -> Fault {
        Fault::new(C::Forbidden)
    }

    /// ET4.
    pub(crate) const fn conflict() -> Fault {
        Fault::new(C::Conflict)
    }

    /// ET5.
    pub(crate) const fn item_not_found() -> Fault {
        Fault::new(C::ItemNotFound)
    }

    /// ET6.
    pub(crate) const fn not_allowed() -> Fault {
        Fault::new(C::NotAllowed)
    }

    /// ET7: the sender is not inside.
    pub(crate) const fn not_inside() -> Fault {
        Fault::typed(C::NotAcceptable, T::Cancel)
    }

    /// ET7: the nick is locked down.
    pub(crate) fn nick_locked() -> Fault {
        Fault::typed(C::NotAcceptable, T::Cancel).with_text("nicks are locked down here")
    }

    /// ET8: a policy on nicks, or a value of a form.
    pub(crate) fn not_acceptable(text: impl Into<String>) -> Fault {
        Fault::typed(C::NotAcceptable, T::Modify).with_text(text)
    }

    /// ET9.
    pub(crate) const fn jid_malformed() -> Fault {
        Fault::new(C::JidMalformed)
    }

    /// ET10.
    pub(crate) const fn bad_request() -> Fault {
        Fault::new(C::BadRequest)
    }

    /// ET11: the room is full.
    pub(crate) const fn full() -> Fault {
        Fault::typed(C::ServiceUnavailable, T::Wait)
    }

    /// ET12.
    pub(crate) const fn resource_constraint() -> Fault {
        Fault::new(C::ResourceConstraint)
    }

    /// ET13: too long.
    pub(crate) fn too_large(what: &str) -> Fault {
        Fault::typed(C::PolicyViolation, T::Modify).with_text(format!("the {what} is too long"))
    }

    /// ET13: slow mode.
    pub(crate) fn slow_down(seconds: u64) -> Fault {
        Fault::typed(C::PolicyViolation, T::Wait)
            .with_text(format!("you may speak again in {seconds} seconds"))
    }

    /// ET14.
    pub(crate) const fn store_failed() -> Fault {
        Fault::typed(C::InternalServerError, T::Wait)
    }

    /// ET15: destroyed, with the address of the room that took its place.
    pub(crate) fn gone(uri: Option<String>) -> Fault {
        Fault {
            uri: uri.map(String::into_boxed_str),
            ..Fault::new(C::Gone)
        }
    }

    /// MUC DI9: an order that is not offered.
    pub(crate) const fn sort_key() -> Fault {
        Fault::typed(C::FeatureNotImplemented, T::Modify)
    }

    /// ET16.
    pub(crate) const fn service_unavailable() -> Fault {
        Fault::new(C::ServiceUnavailable)
    }
}

/// Whether an address is the room `room` or one of its occupants.
pub(crate) fn is_of_room(to: &Jid, room: &BareJid) -> bool {
    to.bare_str() == room.as_str()
}
