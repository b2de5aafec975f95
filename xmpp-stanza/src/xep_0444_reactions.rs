//! XEP-0444: Message Reactions, version 0.2.1.

use xmpp_core::{Payload, xml::ns};

/// All reactions of the sender to a message, instead of those sent before
/// ([XEP-0444 §3](https://xmpp.org/extensions/xep-0444.html)). None takes them back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "reactions", ns = ns::REACTIONS)]
pub struct Reactions {
    /// The id of the message: the sender's own, in a room its stanza-id by the room.
    #[xml(attr)]
    pub id: String,
    /// The reactions, one emoji each.
    #[xml(child_text, name = "reaction")]
    pub reactions: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn to_a_message() {
        let reactions: Reactions = round_trip(
            "<reactions xmlns='urn:xmpp:reactions:0' id='744f6e18'><reaction>👋</reaction>\
             <reaction>🐢</reaction></reactions>",
        );
        assert_eq!(reactions.reactions, ["👋", "🐢"]);
        let none: Reactions = round_trip("<reactions xmlns='urn:xmpp:reactions:0' id='744f6e18'/>");
        assert!(none.reactions.is_empty());
        assert_eq!(
            error::<Reactions>("<reactions xmlns='urn:xmpp:reactions:0'/>"),
            "<reactions/> has no attribute 'id'"
        );
    }
}
