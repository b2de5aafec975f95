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
    pub(crate) fn to_as_written(&self) -> Cow<'a, str> {
        self.stanza
            .attr("to")
            .unwrap_or_else(|| Cow::Owned(self.to.to_string()))
    }

    /// Refuses the stanza. An error or a result is never answered (MUC ET17).
    pub(crate) fn refuse(&self, cx: &mut Context<'_>, error: impl Into<StanzaError>) {
        self.refuse_with(cx, error, &[]);
    }

    /// As [`Request::refuse`], with some children before the error.
    pub(crate) fn refuse_with(
        &self,
        cx: &mut Context<'_>,
        error: impl Into<StanzaError>,
        echo: &[ElementRef<'_>],
    ) {
        let stanza_type = self.stanza_type();
        let is_answer = stanza_type.as_deref() == Some("error")
            || (self.stanza.name() == "iq" && stanza_type.as_deref() == Some("result"));
        if is_answer {
            return;
        }
        let mut error = error.into();
        if error.by.is_none() {
            error.by = Some(self.to.to_bare().into());
        }
        let (from, id) = (self.to_as_written(), self.id());
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
        let (from, id) = (self.to_as_written(), self.id());
        let answer = Answer {
            from: &from,
            id: id.as_deref(),
            payload,
        };
        cx.send(self.from.clone(), &answer);
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

/// The errors of MUC section 23 whose type is not the usual one of their condition.
pub(crate) mod errors {
    use super::{StanzaError, StanzaErrorCondition as C, StanzaErrorType as T};

    /// ET7: the sender is not inside.
    pub(crate) const fn not_inside() -> StanzaError {
        StanzaError::new(C::NotAcceptable).with_type(T::Cancel)
    }

    /// ET8: a policy on nicks, or a value of a form.
    pub(crate) fn not_acceptable(text: impl Into<String>) -> StanzaError {
        StanzaError::new(C::NotAcceptable)
            .with_type(T::Modify)
            .with_text(text)
    }

    /// ET11: the room is full.
    pub(crate) const fn full() -> StanzaError {
        StanzaError::new(C::ServiceUnavailable).with_type(T::Wait)
    }

    /// ET13: too long.
    pub(crate) fn too_large(what: &str) -> StanzaError {
        StanzaError::new(C::PolicyViolation)
            .with_type(T::Modify)
            .with_text(format!("the {what} is too long"))
    }

    /// ET2.
    pub(crate) const fn forbidden() -> StanzaError {
        StanzaError::new(C::Forbidden)
    }

    /// ET10.
    pub(crate) const fn bad_request() -> StanzaError {
        StanzaError::new(C::BadRequest)
    }

    /// ET5.
    pub(crate) const fn item_not_found() -> StanzaError {
        StanzaError::new(C::ItemNotFound)
    }

    /// ET16.
    pub(crate) const fn service_unavailable() -> StanzaError {
        StanzaError::new(C::ServiceUnavailable)
    }

    /// ET12.
    pub(crate) const fn resource_constraint() -> StanzaError {
        StanzaError::new(C::ResourceConstraint)
    }

    /// ET6.
    pub(crate) const fn not_allowed() -> StanzaError {
        StanzaError::new(C::NotAllowed)
    }

    /// ET4.
    pub(crate) const fn conflict() -> StanzaError {
        StanzaError::new(C::Conflict)
    }

    /// ET9.
    pub(crate) const fn jid_malformed() -> StanzaError {
        StanzaError::new(C::JidMalformed)
    }
}

/// Whether an address is the room `room` or one of its occupants.
pub(crate) fn is_of_room(to: &Jid, room: &BareJid) -> bool {
    to.bare_str() == room.as_str()
}
