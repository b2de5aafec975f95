//! XEP-0461: Message Replies, version 0.2.1.

use xmpp_core::{Jid, Payload, xml::ns};

/// Says which message this one answers ([XEP-0461 §3](https://xmpp.org/extensions/xep-0461.html)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "reply", ns = ns::REPLY)]
pub struct Reply {
    /// The author of that message.
    #[xml(attr)]
    pub to: Option<Jid>,
    /// The id of that message: the sender's own, in a room its stanza-id by the room.
    #[xml(attr)]
    pub id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn to_a_message() {
        let reply: Reply = round_trip(
            "<reply xmlns='urn:xmpp:reply:0' to='anna@example.com/tablet' id='message-id1'/>",
        );
        assert_eq!(reply.id, "message-id1");
        assert_eq!(
            error::<Reply>("<reply xmlns='urn:xmpp:reply:0' to='a@b'/>"),
            "<reply/> has no attribute 'id'"
        );
        assert!(
            error::<Reply>("<reply xmlns='urn:xmpp:reply:0' to='' id='1'/>")
                .starts_with("<reply/>: invalid to ''")
        );
    }
}
