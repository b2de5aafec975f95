//! Error answers to any stanza, valid or not.

use std::borrow::Cow;

use xmpp_core::{
    Jid, StanzaError, StanzaErrorCondition,
    xml::{ElementRef, Payload, WriteXml, Writer, ns},
};

use crate::{Payloads, StanzaKind, StanzaRef};

/// The answer to `stanza` that says why it was not processed (STZ-10): addresses swapped, id kept,
/// nothing of its content repeated. The stanza may be as malformed as it likes.
///
/// `None` when there must be no answer: to an error, to the result of an `iq`, to what is no stanza
/// (STZ-4, STZ-11). Presence without a type deserves one only from an entity that it asks something
/// of, as a room does of those who enter.
///
/// ```
/// # use xmpp_stanza::{Stanza, error_for};
/// # use xmpp_stanza::core::{StanzaError, xml::Element};
/// let element: Element = "<iq xmlns='jabber:client' type='get' id='1' from='a@b.example/c' to='b.example'/>".parse()?;
/// let broken = Stanza::from_element(element.root()).unwrap_err();
/// let answer = error_for(element.root(), StanzaError::from(broken)).expect("a request");
/// assert_eq!(
///     Element::from_xml(&answer),
///     "<iq xmlns='jabber:client' type='error' id='1' from='b.example' to='a@b.example/c'>\
///        <error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
///          <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>an iq has 0 children</text>\
///        </error></iq>".replace(">  ", ">").parse::<Element>()?
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn error_for(stanza: ElementRef<'_>, error: StanzaError) -> Option<ErrorReply> {
    let stanza = StanzaRef::new(stanza)?;
    stanza.may_be_answered().then(|| ErrorReply {
        kind: stanza.kind(),
        to: stanza.from().map(Cow::into_owned),
        from: stanza.to().map(Cow::into_owned),
        id: stanza.id().map(Cow::into_owned),
        payloads: Payloads::new(),
        error,
    })
}

/// A stanza of type `error`, made by [`error_for`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReply {
    kind: StanzaKind,
    to: Option<String>,
    from: Option<String>,
    id: Option<String>,
    payloads: Payloads,
    error: StanzaError,
}

impl ErrorReply {
    /// The same from `from` instead of the address the stanza was sent to, as it must be when that
    /// one was no address at all (STZ-9).
    #[must_use]
    pub fn with_from(mut self, from: impl Into<Jid>) -> Self {
        self.from = Some(from.into().as_str().to_owned());
        self
    }

    /// The same to `to`, where the `from` of the stanza was not stamped yet.
    #[must_use]
    pub fn with_to(mut self, to: impl Into<Jid>) -> Self {
        self.to = Some(to.into().as_str().to_owned());
        self
    }

    /// The same with a payload before the error.
    #[must_use]
    pub fn with_payload(mut self, payload: &impl WriteXml) -> Self {
        self.payloads.push(payload);
        self
    }

    /// What it says.
    pub const fn stanza_error(&self) -> &StanzaError {
        &self.error
    }
}

impl WriteXml for ErrorReply {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let tag = w.start(self.kind.as_str(), ns::CLIENT);
        w.opt_attr("from", self.from.as_deref());
        w.opt_attr("to", self.to.as_deref());
        w.attr("type", "error");
        w.opt_attr("id", self.id.as_deref());
        self.payloads.write(w);
        w.write(&self.error);
        w.end(tag);
    }
}

/// The error in a stanza of type `error`; `undefined-condition` where there is none.
pub(crate) fn error_of(payloads: &Payloads) -> StanzaError {
    payloads
        .iter()
        .find(|child| StanzaError::matches(*child))
        .and_then(|child| StanzaError::from_element(child).ok())
        .unwrap_or_else(|| StanzaError::new(StanzaErrorCondition::UndefinedCondition))
}
