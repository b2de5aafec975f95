//! XEP-0424: Message Retraction, version 0.4.2.

use xmpp_core::{Jid, Payload, xml::ns};

use crate::{DateTime, Moderated};

/// Takes an earlier message back ([XEP-0424 §3](https://xmpp.org/extensions/xep-0424.html)), or,
/// with [`Retraction::moderated`], says that a moderator did (XEP-0425).
///
/// The caller checks that it comes from the sender of that message, or from the room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "retract", ns = ns::RETRACT)]
pub struct Retraction {
    /// The id of the message: the sender's own, in a room its stanza-id by the room.
    #[xml(attr)]
    pub id: String,
    /// The moderator who did it.
    #[xml(child)]
    pub moderated: Option<Moderated>,
    /// Why, for people.
    #[xml(child_text)]
    pub reason: Option<String>,
}

impl Retraction {
    /// Takes the message with that id back.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            moderated: None,
            reason: None,
        }
    }
}

/// What an archive keeps in the place of a message that was taken back
/// ([XEP-0424 §4](https://xmpp.org/extensions/xep-0424.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "retracted", ns = ns::RETRACT)]
pub struct Retracted {
    /// The id of the message that took it back.
    #[xml(attr)]
    pub id: Option<String>,
    /// Who took it back.
    #[xml(attr)]
    pub by: Option<Jid>,
    /// When it was taken back.
    #[xml(attr)]
    pub stamp: Option<DateTime>,
    /// The moderator who did it.
    #[xml(child)]
    pub moderated: Option<Moderated>,
    /// Why, for people.
    #[xml(child_text)]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn of_a_message() {
        let retraction: Retraction =
            round_trip("<retract xmlns='urn:xmpp:message-retract:1' id='wrong-recipient-1'/>");
        assert_eq!(retraction, Retraction::new("wrong-recipient-1"));
    }

    #[test]
    fn a_tombstone() {
        let tombstone: Retracted = round_trip(
            "<retracted xmlns='urn:xmpp:message-retract:1' id='retract-message-1' stamp='2019-09-20T23:09:32Z'/>",
        );
        assert_eq!(tombstone.id.as_deref(), Some("retract-message-1"));
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<Retraction>("<retract xmlns='urn:xmpp:message-retract:1'/>"),
            "<retract/> has no attribute 'id'"
        );
        assert!(
            error::<Retracted>("<retracted xmlns='urn:xmpp:message-retract:1' stamp='2019'/>")
                .starts_with("<retracted/>: invalid stamp '2019'")
        );
    }
}
