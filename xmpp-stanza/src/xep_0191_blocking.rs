//! XEP-0191: Blocking Command, version 1.3.

use xmpp_core::{
    BareJid, Jid, Payload, StanzaError, StanzaErrorCondition,
    xml::{Element, ns},
};

use crate::{AbuseReport, Iq, bad_payload};

/// Whom the user has blocked ([XEP-0191 §3.2](https://xmpp.org/extensions/xep-0191.html)): asked
/// for in an `iq` of type `get`, and told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "blocklist", ns = ns::BLOCKING)]
pub struct BlockList {
    /// Their addresses.
    #[xml(child)]
    pub items: Vec<BlockItem>,
}

/// Blocks addresses ([XEP-0191 §3.3](https://xmpp.org/extensions/xep-0191.html)), in an `iq` of
/// type `set`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "block", ns = ns::BLOCKING)]
pub struct Block {
    /// The addresses, at least one.
    #[xml(child)]
    pub items: Vec<BlockItem>,
}

/// Unblocks addresses ([XEP-0191 §3.4](https://xmpp.org/extensions/xep-0191.html)), in an `iq` of
/// type `set`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "unblock", ns = ns::BLOCKING)]
pub struct Unblock {
    /// The addresses, all that are blocked when it is empty.
    #[xml(child)]
    pub items: Vec<BlockItem>,
}

/// An address that is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "item", ns = ns::BLOCKING)]
pub struct BlockItem {
    /// The address; see [`BlockItem::matches`].
    #[xml(attr)]
    pub jid: Jid,
    /// Why, for the server's operator (XEP-0377).
    #[xml(child)]
    pub report: Option<AbuseReport>,
}

/// Says in an error that it was the sender who blocked the recipient
/// ([XEP-0191 §3.3](https://xmpp.org/extensions/xep-0191.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "blocked", ns = "urn:xmpp:blocking:errors")]
pub struct Blocked;

impl BlockItem {
    /// Blocks that address.
    pub fn new(jid: impl Into<Jid>) -> Self {
        Self {
            jid: jid.into(),
            report: None,
        }
    }

    /// Whether `jid` is blocked by this item
    /// ([XEP-0191 §6](https://xmpp.org/extensions/xep-0191.html)): itself, any resource of a bare
    /// JID, and everyone at a domain.
    pub fn matches(&self, jid: &Jid) -> bool {
        self.jid == *jid || self.jid.as_str() == jid.bare_str() || self.jid.as_str() == jid.domain()
    }
}

impl BlockList {
    /// Whether an item blocks `jid`.
    pub fn blocks(&self, jid: &Jid) -> bool {
        self.items.iter().any(|item| item.matches(jid))
    }
}

impl Blocked {
    /// The error that a client gets for a stanza to someone it has blocked itself.
    pub fn error() -> StanzaError {
        StanzaError::new(StanzaErrorCondition::NotAcceptable)
            .with_type(xmpp_core::StanzaErrorType::Cancel)
            .with_application(Element::from_xml(&Self))
    }
}

/// A change of the block list that the server tells its client. There is no other way to one than
/// the check that it comes from the own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPush(BlockChange);

/// What a [`BlockPush`] changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockChange {
    /// These are blocked now too.
    Block(Vec<Jid>),
    /// These are not blocked any more.
    Unblock(Vec<Jid>),
    /// Nobody is blocked any more.
    UnblockAll,
}

impl BlockPush {
    /// Reads a push for the account `own`; `None` when `iq` is another request. After
    /// `Some(Ok(push))` answer with [`Iq::result`].
    ///
    /// # Errors
    ///
    /// `Some(Err(error))` is a forged or malformed one: change nothing, and answer with
    /// [`Iq::error`].
    pub fn check(iq: &Iq, own: &BareJid) -> Option<Result<Self, StanzaError>> {
        let change = match BlockChange::requested(iq)? {
            Ok(change) => change,
            Err(error) => return Some(Err(error)),
        };
        let genuine = iq
            .from
            .as_ref()
            .is_none_or(|from| from.as_str() == own.as_str());
        Some(if genuine {
            Ok(Self(change))
        } else {
            Err(StanzaErrorCondition::ServiceUnavailable.into())
        })
    }

    /// What it changes.
    pub const fn change(&self) -> &BlockChange {
        &self.0
    }
}

impl BlockChange {
    /// What a client asks to change, for a server; `None` when `iq` is another request.
    ///
    /// # Errors
    ///
    /// `Some(Err(error))`: `bad-request` for `<block/>` without an item and for what breaks the
    /// schema.
    pub fn requested(iq: &Iq) -> Option<Result<Self, StanzaError>> {
        let jids = |items: Vec<BlockItem>| items.into_iter().map(|item| item.jid).collect();
        match iq.set_payload::<Block>() {
            Ok(None) => {}
            Ok(Some(Block { items })) if items.is_empty() => {
                return Some(Err(StanzaErrorCondition::BadRequest.into()));
            }
            Ok(Some(Block { items })) => return Some(Ok(Self::Block(jids(items)))),
            Err(error) => return Some(Err(bad_payload(&error))),
        }
        match iq.set_payload::<Unblock>() {
            Ok(None) => None,
            Ok(Some(Unblock { items })) if items.is_empty() => Some(Ok(Self::UnblockAll)),
            Ok(Some(Unblock { items })) => Some(Ok(Self::Unblock(jids(items)))),
            Err(error) => Some(Err(bad_payload(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    fn jid(jid: &str) -> Jid {
        jid.parse().unwrap()
    }

    #[test]
    fn the_list() {
        let list: BlockList = round_trip(
            "<blocklist xmlns='urn:xmpp:blocking'><item jid='romeo@montague.net'/><item jid='iago@shakespeare.lit'/></blocklist>",
        );
        assert!(
            list.blocks(&jid("iago@shakespeare.lit/x")) && !list.blocks(&jid("shakespeare.lit"))
        );
        assert_eq!(
            error::<BlockList>("<blocklist xmlns='urn:xmpp:blocking'><item/></blocklist>"),
            "<item/> has no attribute 'jid'"
        );
        round_trip::<Blocked>("<blocked xmlns='urn:xmpp:blocking:errors'/>");
        assert!(
            Element::from_xml(&Blocked::error())
                .to_string()
                .contains("<blocked ")
        );
    }

    #[test]
    fn the_four_kinds_of_item() {
        for (item, blocked, free) in [
            ("a@b/c", &["a@b/c"][..], &["a@b", "a@b/d", "b"][..]),
            ("a@b", &["a@b", "a@b/c"], &["b", "x@b", "a@c"]),
            ("b/c", &["b/c"], &["b", "a@b", "b/d", "a@b/c"]),
            ("b", &["b", "b/c", "a@b", "a@b/c"], &["a@c", "x.b"]),
        ] {
            let item = BlockItem::new(jid(item));
            assert!(blocked.iter().all(|j| item.matches(&jid(j))), "{item:?}");
            assert!(!free.iter().any(|j| item.matches(&jid(j))), "{item:?}");
        }
    }

    fn push(from: &str, content: &str) -> Option<Result<BlockChange, StanzaErrorCondition>> {
        let xml = format!("<iq xmlns='jabber:client' type='set' id='1' {from}>{content}</iq>");
        let element: Element = xml.parse().unwrap();
        let iq = Iq::from_element(element.root()).unwrap();
        BlockPush::check(&iq, &"juliet@capulet.com".parse().unwrap()).map(|push| {
            push.map(|push| push.change().clone())
                .map_err(|e| e.condition)
        })
    }

    #[test]
    fn pushes() {
        let item = "<item jid='romeo@montague.net'/>";
        let block = format!("<block xmlns='urn:xmpp:blocking'>{item}</block>");
        let unblock = format!("<unblock xmlns='urn:xmpp:blocking'>{item}</unblock>");
        let romeo = || vec![jid("romeo@montague.net")];
        assert_eq!(push("", &block), Some(Ok(BlockChange::Block(romeo()))));
        assert_eq!(
            push("from='juliet@capulet.com'", &unblock),
            Some(Ok(BlockChange::Unblock(romeo())))
        );
        assert_eq!(
            push("", "<unblock xmlns='urn:xmpp:blocking'/>"),
            Some(Ok(BlockChange::UnblockAll))
        );
        assert_eq!(
            push("", "<block xmlns='urn:xmpp:blocking'/>"),
            Some(Err(StanzaErrorCondition::BadRequest))
        );
        assert_eq!(push("", "<ping xmlns='urn:xmpp:ping'/>"), None);
        for from in ["romeo@montague.net", "capulet.com", "juliet@capulet.com/x"] {
            assert_eq!(
                push(&format!("from='{from}'"), &block),
                Some(Err(StanzaErrorCondition::ServiceUnavailable))
            );
        }
    }
}
