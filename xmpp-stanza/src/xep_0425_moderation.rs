//! XEP-0425: Moderated Message Retraction, version 0.3.0.

use xmpp_core::{Jid, Payload, xml::ns};

use crate::OccupantId;

/// Asks a room to take back a message of someone else ([XEP-0425
/// §3](https://xmpp.org/extensions/xep-0425.html)), in an `iq` of type `set`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "moderate", ns = ns::MODERATE)]
pub struct Moderation {
    /// The stanza-id by the room of the message.
    #[xml(attr)]
    pub id: String,
    /// Whether it is to be taken back; there is nothing else to ask for yet.
    #[xml(flag, ns = ns::RETRACT)]
    pub retract: bool,
    /// Why, for people.
    #[xml(child_text)]
    pub reason: Option<String>,
}

impl Moderation {
    /// Asks to take that message back.
    pub fn retract(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            retract: true,
            reason: None,
        }
    }
}

/// Who took a message back as a moderator. It means something only from the room itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "moderated", ns = ns::MODERATE)]
pub struct Moderated {
    /// The moderator's address in the room.
    #[xml(attr)]
    pub by: Option<Jid>,
    /// The moderator's occupant-id.
    #[xml(child)]
    pub occupant_id: Option<OccupantId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Retracted, Retraction,
        testing::{error, round_trip},
    };

    const REASON: &str = "This message contains inappropriate content for this forum";

    #[test]
    fn the_request() {
        let request: Moderation = round_trip(&format!(
            "<moderate xmlns='urn:xmpp:message-moderate:1' id='stanza-id-1'>\
             <retract xmlns='urn:xmpp:message-retract:1'/><reason>{REASON}</reason></moderate>"
        ));
        assert!(request.retract);
        assert_eq!(request.reason.as_deref(), Some(REASON));
    }

    #[test]
    fn the_room_tells_the_occupants() {
        let moderated = "<moderated xmlns='urn:xmpp:message-moderate:1' by='room@muc.example.com/macbeth'>\
            <occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603deec90a38ba552f7c68cbcc61bca202cd'/></moderated>";
        let retraction: Retraction = round_trip(&format!(
            "<retract xmlns='urn:xmpp:message-retract:1' id='stanza-id-1'>{moderated}<reason>{REASON}</reason></retract>"
        ));
        let by = retraction.moderated.unwrap();
        assert_eq!(by.by.unwrap().resource(), Some("macbeth"));
        let tombstone: Retracted = round_trip(&format!(
            "<retracted xmlns='urn:xmpp:message-retract:1' stamp='2019-09-20T23:19:12Z'>{moderated}\
             <reason>{REASON}</reason></retracted>"
        ));
        assert_eq!(tombstone.moderated.unwrap().occupant_id, by.occupant_id);
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<Moderation>("<moderate xmlns='urn:xmpp:message-moderate:1'/>"),
            "<moderate/> has no attribute 'id'"
        );
        assert!(
            error::<Moderated>("<moderated xmlns='urn:xmpp:message-moderate:1' by='@'/>")
                .starts_with("<moderated/>: invalid by '@'")
        );
    }
}
