//! What subscribers are told.

use xmpp_core::{
    BareJid, Payload,
    xml::{
        Element, ElementRef, Namespace, Payload, PayloadError, PayloadScope, StartTag, WriteXml,
        Writer, ns,
    },
};

use crate::{DataForm, Message};

/// Something happened at a node ([XEP-0060 §7.1.2](https://xmpp.org/extensions/xep-0060.html)), in
/// a message from the service.
///
/// Anyone can write one. Use [`Event::of_account`] for the own account's nodes, and check `from`
/// for every other.
///
/// `P` is what the payloads of items are read as: any element, or a choice of payloads.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "event", ns = ns::PUBSUB_EVENT)]
pub struct Event<P = Element> {
    /// Items were published or taken back.
    #[xml(child)]
    pub items: Option<EventItems<P>>,
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
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "items", ns = ns::PUBSUB_EVENT)]
pub struct EventItems<P = Element> {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// Items that were published, without payload where the node tells ids only.
    #[xml(child)]
    pub items: Vec<EventItem<P>>,
    /// Items that were taken back.
    #[xml(child)]
    pub retracted: Vec<EventRetract>,
}

impl<P> Default for EventItems<P> {
    fn default() -> Self {
        Self {
            node: String::new(),
            items: Vec::new(),
            retracted: Vec::new(),
        }
    }
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventItem<P = Element>(pub super::Item<P>);

impl<P> Default for EventItem<P> {
    fn default() -> Self {
        Self(super::Item::default())
    }
}

impl<P: Payload> WriteXml for EventItem<P> {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        let item = &self.0;
        let outer = writer.start_tag(&const { StartTag::of::<Self>() });
        if let Some(id) = &item.id {
            writer.value_attr(" id='", id);
        }
        if let Some(publisher) = &item.publisher {
            writer.value_attr(" publisher='", publisher);
        }
        for element in &item.elements {
            writer.write(element);
        }
        writer.end_tag(outer, "</item>");
    }
}

impl<P: Payload> Payload for EventItem<P> {
    const NAME: &'static str = "item";
    const NAMESPACE: Namespace = ns::PUBSUB_EVENT;
    const SCOPE: PayloadScope = PayloadScope::Element;

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        if !Self::matches(element) {
            return Err(PayloadError::Mismatch { expected: "item" });
        }
        Self::from_matching(element)
    }

    fn from_matching(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        // The two kinds of item differ in their namespace only.
        super::Item::from_matching(element).map(Self)
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
