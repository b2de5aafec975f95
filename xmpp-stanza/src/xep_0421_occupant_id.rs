//! XEP-0421: Occupant identifiers for semi-anonymous MUCs, version 1.0.1.

use xmpp_core::{Payload, xml::ns};

/// The identity of an occupant that stays when the nick changes, without a JID
/// ([XEP-0421 §4](https://xmpp.org/extensions/xep-0421.html)).
///
/// It means something only in a stanza from a room that says in its disco#info that it has the
/// feature `urn:xmpp:occupant-id:0`; elsewhere anyone may have written it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "occupant-id", ns = ns::OCCUPANT_ID)]
pub struct OccupantId {
    /// Opaque, at most 128 characters.
    #[xml(attr)]
    pub id: String,
}

impl OccupantId {
    /// That identity.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn of_an_occupant() {
        let id: OccupantId = round_trip(
            "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603deec90a38ba552f7c68cbcc61bca202cd'/>",
        );
        assert_eq!(
            id,
            OccupantId::new("dd72603deec90a38ba552f7c68cbcc61bca202cd")
        );
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<OccupantId>("<occupant-id xmlns='urn:xmpp:occupant-id:0'/>"),
            "<occupant-id/> has no attribute 'id'"
        );
    }
}
