//! XEP-0333: Displayed Markers, version 1.0.0.

use xmpp_core::{Payload, xml::ns};

/// Asks the recipient to say when the message was displayed
/// ([XEP-0333 §4](https://xmpp.org/extensions/xep-0333.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "markable", ns = ns::CHAT_MARKERS)]
pub struct Markable;

/// Says that a message, and all before it, were displayed
/// ([XEP-0333 §4](https://xmpp.org/extensions/xep-0333.html)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "displayed", ns = ns::CHAT_MARKERS)]
pub struct Displayed {
    /// The id of the message; in a room its stanza-id by the room.
    #[xml(attr)]
    pub id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn request_and_marker() {
        round_trip::<Markable>("<markable xmlns='urn:xmpp:chat-markers:0'/>");
        let displayed: Displayed =
            round_trip("<displayed xmlns='urn:xmpp:chat-markers:0' id='39K7ZYIp'/>");
        assert_eq!(displayed.id, "39K7ZYIp");
        assert_eq!(
            error::<Displayed>("<displayed xmlns='urn:xmpp:chat-markers:0'/>"),
            "<displayed/> has no attribute 'id'"
        );
    }
}
