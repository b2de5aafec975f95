//! What a session has to know of stanzas: which first-level elements are some, and the few that it answers itself.

use crate::{
    StanzaError, StanzaErrorCondition,
    xml::{ElementRef, WriteXml, Writer, ns},
};

/// Whether a first-level element is a stanza of a client's stream. `{jabber:server}message` is none.
pub(super) fn is_stanza(element: ElementRef<'_>) -> bool {
    element.has_ns(ns::CLIENT) && matches!(element.name(), "message" | "presence" | "iq")
}

/// The answer to an IQ that the session handles itself.
#[derive(Debug)]
pub(super) struct IqAnswer<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) error: Option<StanzaErrorCondition>,
}

impl IqAnswer<'_> {
    /// Writes the IQ with the payload that `write` writes.
    pub(super) fn write(&self, w: &mut Writer<'_>, write: impl FnOnce(&mut Writer<'_>)) {
        let iq = w.start("iq", ns::CLIENT);
        w.opt_attr("id", self.id);
        w.opt_attr("to", self.to);
        match self.error {
            None => {
                w.attr("type", "result");
                write(w);
            }
            Some(condition) => {
                w.attr("type", "error");
                StanzaError::new(condition).write_xml(w);
            }
        }
        w.end(iq);
    }
}
