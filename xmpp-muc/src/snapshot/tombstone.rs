//! What is left of a destroyed persistent room (MUC DE2).

use xmpp_core::{BareJid, Timestamp};

use crate::{
    Destroy,
    request::{Fault, errors},
};

/// Where to go instead, and until when that is told. The new room's password is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Tombstone {
    #[cfg_attr(feature = "serde", serde(with = "super::form::moment"))]
    pub(crate) until: Timestamp,
    #[cfg_attr(feature = "serde", serde(default, with = "super::form::opt_text"))]
    venue: Option<BareJid>,
    #[cfg_attr(feature = "serde", serde(default))]
    reason: Option<String>,
}

impl Tombstone {
    pub(crate) fn new(until: Timestamp, destroy: Option<&Destroy>) -> Self {
        Self {
            until,
            venue: destroy.and_then(|destroy| destroy.jid.clone()),
            reason: destroy.and_then(|destroy| destroy.reason.clone()),
        }
    }

    /// What every request to the old address gets: `gone` with the new one (MUC ET15).
    pub(crate) fn refusal(&self) -> Fault {
        let fault = errors::gone(
            self.venue
                .as_ref()
                .map(|venue| format!("xmpp:{}?join", uri(venue))),
        );
        match &self.reason {
            Some(reason) => fault.with_text(reason),
            None => fault,
        }
    }
}

/// An address as a URI has it (RFC 5122 §2.2): whatever is not allowed there as its UTF-8 bytes.
fn uri(jid: &BareJid) -> String {
    let mut out = String::with_capacity(jid.as_str().len());
    for byte in jid.as_str().bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'@'
            | b'!'
            | b'$'
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'='
            | b':'
            | b'['
            | b']' => {
                out.push(char::from(byte));
            }
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out
}
