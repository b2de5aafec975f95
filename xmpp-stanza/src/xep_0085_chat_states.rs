//! XEP-0085: Chat State Notifications, version 2.1.

use xmpp_core::{Payload, xml::ns};

/// How involved the sender is in the conversation right now
/// ([XEP-0085 §2](https://xmpp.org/extensions/xep-0085.html)). A message has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(ns = ns::CHAT_STATES)]
pub enum ChatState {
    /// Takes part.
    Active,
    /// Is writing.
    Composing,
    /// Has left the conversation.
    Gone,
    /// Has not taken part for a while.
    Inactive,
    /// Was writing, and is not now.
    Paused,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn the_five_states() {
        for (name, state) in [
            ("active", ChatState::Active),
            ("composing", ChatState::Composing),
            ("gone", ChatState::Gone),
            ("inactive", ChatState::Inactive),
            ("paused", ChatState::Paused),
        ] {
            let xml = format!("<{name} xmlns='http://jabber.org/protocol/chatstates'/>");
            assert_eq!(round_trip::<ChatState>(&xml), state);
        }
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<ChatState>("<typing xmlns='http://jabber.org/protocol/chatstates'/>"),
            "not a <active|composing|gone|inactive|paused/>"
        );
    }
}
