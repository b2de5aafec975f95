//! XEP-0359: Unique and Stable Stanza IDs, version 0.7.0.

use xmpp_core::{Jid, Payload, xml::ns};

use crate::Payloads;

/// The name that an entity on the way gave to a stanza, for example a room or an archive
/// ([XEP-0359 §2.1](https://xmpp.org/extensions/xep-0359.html)).
///
/// Anyone can write one: ask with [`StanzaId::by`], and only for entities that strip forged ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "stanza-id", ns = ns::STANZA_ID)]
pub struct StanzaId {
    /// The name, unique within `by`.
    #[xml(attr)]
    pub id: String,
    /// Who gave it.
    #[xml(attr)]
    pub by: Jid,
}

/// The name that the sender's client gave to a message
/// ([XEP-0359 §2.2](https://xmpp.org/extensions/xep-0359.html)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "origin-id", ns = ns::STANZA_ID)]
pub struct OriginId {
    /// The name.
    #[xml(attr)]
    pub id: String,
}

/// Refers to another stanza by its [`StanzaId`] ([XEP-0359
/// §5](https://xmpp.org/extensions/xep-0359.html)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "referenced-stanza", ns = ns::STANZA_ID)]
pub struct ReferencedStanza {
    /// The name of the stanza.
    #[xml(attr)]
    pub id: String,
    /// Who gave it.
    #[xml(attr)]
    pub by: Jid,
}

impl StanzaId {
    /// The id that `by` gave to a stanza. Others on the way may have added theirs; those and broken
    /// ones are passed over.
    ///
    /// Trust it only when `by` sent the stanza or is the own account, and says in its disco#info
    /// that it has the feature `urn:xmpp:sid:0`: such an entity removes what others wrote in its
    /// name.
    pub fn by(payloads: &Payloads, by: &Jid) -> Option<Self> {
        payloads
            .all::<Self>()
            .filter_map(Result::ok)
            .find(|id| id.by == *by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Message,
        testing::{error, round_trip},
    };
    use xmpp_core::xml::Element;

    #[test]
    fn the_ids_of_the_specification() {
        let id: StanzaId = round_trip(
            "<stanza-id xmlns='urn:xmpp:sid:0' id='de305d54-75b4-431b-adb2-eb6b9e546013' by='room@muc.example.com'/>",
        );
        assert_eq!(id.by.as_str(), "room@muc.example.com");
        let id: OriginId = round_trip(
            "<origin-id xmlns='urn:xmpp:sid:0' id='de305d54-75b4-431b-adb2-eb6b9e546013'/>",
        );
        assert_eq!(id.id, "de305d54-75b4-431b-adb2-eb6b9e546013");
        round_trip::<ReferencedStanza>(
            "<referenced-stanza xmlns='urn:xmpp:sid:0' id='xep359-stanza-id' by='muc.example.org'/>",
        );
    }

    #[test]
    fn only_the_id_by_the_entity_asked_for() {
        let message: Element = "<message xmlns='jabber:client' from='r@m/n'>\
            <stanza-id xmlns='urn:xmpp:sid:0' id='forged' by='someone@else'/>\
            <stanza-id xmlns='urn:xmpp:sid:0' by='r@m'/>\
            <stanza-id xmlns='urn:xmpp:sid:0' id='real' by='R@m'/></message>"
            .parse()
            .unwrap();
        let message = Message::from_element(message.root()).unwrap();
        let by = |by: &str| StanzaId::by(&message.payloads, &by.parse().unwrap()).map(|id| id.id);
        assert_eq!(by("r@m").as_deref(), Some("real"));
        assert_eq!(by("r@m/n"), None);
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<StanzaId>("<stanza-id xmlns='urn:xmpp:sid:0' by='a@b'/>"),
            "<stanza-id/> has no attribute 'id'"
        );
        assert_eq!(
            error::<StanzaId>("<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>"),
            "<stanza-id/> has no attribute 'by'"
        );
        assert!(
            error::<StanzaId>("<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='/'/>")
                .starts_with("<stanza-id/>: invalid by '/'")
        );
        assert_eq!(
            error::<OriginId>("<origin-id xmlns='urn:xmpp:sid:0'/>"),
            "<origin-id/> has no attribute 'id'"
        );
        assert_eq!(
            error::<ReferencedStanza>("<referenced-stanza xmlns='urn:xmpp:sid:0' id='1'/>"),
            "<referenced-stanza/> has no attribute 'by'"
        );
    }
}
