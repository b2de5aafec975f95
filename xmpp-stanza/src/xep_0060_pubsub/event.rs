//! What subscribers are told.

use xmpp_core::{
    BareJid, Jid, Payload,
    xml::{ElementRef, Namespace, Payload, PayloadError, WriteXml, Writer, ns, read},
};

use crate::{DataForm, Message};

/// Something happened at a node ([XEP-0060 §7.1.2](https://xmpp.org/extensions/xep-0060.html)), in
/// a message from the service.
///
/// Anyone can write one. Use [`Event::of_account`] for the own account's nodes, and check `from`
/// for every other.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "event", ns = ns::PUBSUB_EVENT)]
pub struct Event {
    /// Items were published or taken back.
    #[xml(child)]
    pub items: Option<EventItems>,
    /// All items were taken back.
    #[xml(child)]
    pub purge: Option<Purged>,
    /// The node is gone.
    #[xml(child)]
    pub delete: Option<Deleted>,
    /// The node has another configuration.
    #[xml(child)]
    pub configuration: Option<EventConfiguration>,
    /// A node went into, or out of, a collection.
    #[xml(child)]
    pub collection: Option<Collection>,
}

impl Event {
    /// The event in a message that the account `own` itself sent, as for its own bookmarks: `from`
    /// is its bare JID, or absent. `None` for every other message (CVE-2023-28686 was a client
    /// without this check).
    ///
    /// # Errors
    ///
    /// A [`PayloadError`] when the event breaks its schema.
    pub fn of_account(message: &Message, own: &BareJid) -> Result<Option<Self>, PayloadError> {
        let genuine = message
            .from
            .as_ref()
            .is_none_or(|from| from.as_str() == own.as_str());
        if genuine { message.payload() } else { Ok(None) }
    }
}

/// Items that were published or taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "items", ns = ns::PUBSUB_EVENT)]
pub struct EventItems {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// Items that were published, without payload where the node tells ids only.
    #[xml(child)]
    pub items: Vec<EventItem>,
    /// Items that were taken back.
    #[xml(child)]
    pub retracted: Vec<EventRetract>,
}

impl EventItems {
    /// The payloads that are `P`s, with the ids of their items. Broken ones are passed over.
    pub fn payloads<P: Payload>(&self) -> impl Iterator<Item = (Option<&str>, P)> {
        self.items.iter().filter_map(|item| {
            let payload = item.0.payload().ok()??;
            Some((item.0.id.as_deref(), payload))
        })
    }
}

/// An item that was published: an [`Item`](super::Item) under the namespace of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventItem(pub super::Item);

impl WriteXml for EventItem {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        let item = &self.0;
        let tag = writer.start("item", ns::PUBSUB_EVENT);
        writer.opt_attr("id", item.id.as_deref());
        writer.opt_attr("publisher", item.publisher.as_ref().map(Jid::as_str));
        for element in &item.elements {
            writer.write(element);
        }
        writer.end(tag);
    }
}

impl Payload for EventItem {
    const NAME: &'static str = "item";
    const NAMESPACE: Namespace = ns::PUBSUB_EVENT;

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        if !Self::matches(element) {
            return Err(PayloadError::Mismatch { expected: "item" });
        }
        Ok(Self(super::Item {
            id: read::attr(element, "item", "id")?,
            publisher: read::attr(element, "item", "publisher")?,
            elements: element.children().map(ElementRef::to_element).collect(),
        }))
    }
}

/// An item that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "retract", ns = ns::PUBSUB_EVENT)]
pub struct EventRetract {
    /// Its id.
    #[xml(attr)]
    pub id: String,
}

/// All items were taken back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "purge", ns = ns::PUBSUB_EVENT)]
pub struct Purged {
    /// The node.
    #[xml(attr)]
    pub node: String,
}

/// A node is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "delete", ns = ns::PUBSUB_EVENT)]
pub struct Deleted {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// Where its items are now.
    #[xml(child)]
    pub redirect: Option<Redirect>,
}

/// Where the items of a node are now.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "redirect", ns = ns::PUBSUB_EVENT)]
pub struct Redirect {
    /// An `xmpp:` URI.
    #[xml(attr)]
    pub uri: String,
}

/// A node has another configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "configuration", ns = ns::PUBSUB_EVENT)]
pub struct EventConfiguration {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// About `http://jabber.org/protocol/pubsub#node_config`.
    #[xml(child)]
    pub form: Option<DataForm>,
}

/// A node went into, or out of, a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "collection", ns = ns::PUBSUB_EVENT)]
pub struct Collection {
    /// The collection.
    #[xml(attr)]
    pub node: Option<String>,
}
