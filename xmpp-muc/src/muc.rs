//! XEP-0045: Multi-User Chat (1.35.5): `<x xmlns='http://jabber.org/protocol/muc'/>`, by which a presence enters a
//! room.

use xmpp_core::{
    Payload, Timestamp,
    xml::{ElementRef, Namespace, PayloadError, WriteXml, Writer, ns},
};
use xmpp_stanza::DateTime;

use crate::{Mav, Password};

/// `<x xmlns='http://jabber.org/protocol/muc'/>`: what makes a presence a join ([XEP-0045 §7.2]).
///
/// [XEP-0045 §7.2]: https://xmpp.org/extensions/xep-0045.html#enter
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "x", ns = ns::MUC)]
pub struct Muc {
    /// The password of a protected room.
    #[xml(child_text)]
    pub password: Option<Password>,
    /// Which affiliations are wanted (XEP-0463).
    #[xml(child)]
    pub mav: Option<Mav>,
    /// How much history is wanted; without it, what the room gives.
    #[xml(child)]
    pub history: Option<HistoryRequest>,
}

/// `<history/>`: how much of the past is wanted ([XEP-0045 §7.2.14]). All limits hold at once.
///
/// Reading is lenient: a value that is negative, no number or no time counts as absent (MUC HI4).
///
/// [XEP-0045 §7.2.14]: https://xmpp.org/extensions/xep-0045.html#enter-managehistory
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Most characters of all stanzas together (`maxchars`).
    pub max_chars: Option<u64>,
    /// Most messages (`maxstanzas`).
    pub max_stanzas: Option<u64>,
    /// Only messages of the last seconds.
    pub seconds: Option<u64>,
    /// Only messages since this time.
    pub since: Option<Timestamp>,
}

impl HistoryRequest {
    /// No history at all.
    pub const NONE: Self = Self {
        max_chars: None,
        max_stanzas: Some(0),
        seconds: None,
        since: None,
    };
}

impl xmpp_core::xml::Payload for HistoryRequest {
    const NAME: &'static str = "history";
    const NAMESPACE: Namespace = ns::MUC;

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        if !Self::matches(element) {
            return Err(PayloadError::Mismatch {
                expected: Self::NAME,
            });
        }
        let number = |name| {
            element
                .attr(name)
                .and_then(|value| value.trim().parse().ok())
        };
        Ok(Self {
            max_chars: number("maxchars"),
            max_stanzas: number("maxstanzas"),
            seconds: number("seconds"),
            since: element
                .attr("since")
                .and_then(|value| value.trim().parse::<DateTime>().ok())
                .map(Timestamp::from),
        })
    }
}

impl WriteXml for HistoryRequest {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let tag = w.start("history", ns::MUC);
        w.opt_attr("maxchars", number(self.max_chars).as_deref());
        w.opt_attr("maxstanzas", number(self.max_stanzas).as_deref());
        w.opt_attr("seconds", number(self.seconds).as_deref());
        let since = self.since.map(|since| DateTime::from(since).to_string());
        w.opt_attr("since", since.as_deref());
        w.end(tag);
    }
}
