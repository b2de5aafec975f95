//! XEP-0060: Publish-Subscribe, version 1.30.0 (and its personal form, XEP-0163, version 1.2.2).

use xmpp_core::{
    Jid, Payload, StanzaError, StanzaErrorCondition,
    xml::{Element, PayloadError, WriteXml, ns},
};

use crate::{DataForm, ResultSet};

mod errors;
mod event;
mod options;
mod owner;
mod subscription;

pub use errors::{PubSubCondition, Unsupported};
pub use event::{
    Collection, Deleted, Event, EventConfiguration, EventItem, EventItems, EventRetract, Purged,
    Redirect,
};
pub use options::{AccessModel, MaxItems, NodeOptions, SendLastItem};
pub use owner::{
    Owner, OwnerAffiliation, OwnerAffiliations, OwnerConfigure, OwnerDefault, OwnerDelete,
    OwnerPurge, OwnerRedirect, OwnerSubscription, OwnerSubscriptions,
};

pub use subscription::{
    Affiliations, DefaultOptions, NodeAffiliation, NodeRole, NodeSubscription, Subscribe,
    SubscribeOptions, SubscriptionOptions, SubscriptionState, Subscriptions, Unsubscribe,
};

/// A request of someone who publishes or subscribes, and its answer: one of the fields, with those
/// that go with it ([XEP-0060 §5 to §7](https://xmpp.org/extensions/xep-0060.html)).
///
/// ```
/// # use xmpp_stanza::{Iq, pubsub::{Item, NodeOptions, PubSub}, UserNick};
/// let item = Item::new("current", &UserNick::new("Ishmael"));
/// let iq = Iq::set(&PubSub::publish("http://jabber.org/protocol/nick", [item]).with_options(&NodeOptions::PUBLIC));
/// # let _ = iq;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "pubsub", ns = ns::PUBSUB)]
pub struct PubSub {
    /// Make a node.
    #[xml(child)]
    pub create: Option<Create>,
    /// With this configuration.
    #[xml(child)]
    pub configure: Option<Configure>,
    /// Subscribe to a node.
    #[xml(child)]
    pub subscribe: Option<Subscribe>,
    /// Subscribe with, ask for or set these options.
    #[xml(child)]
    pub options: Option<SubscriptionOptions>,
    /// End a subscription.
    #[xml(child)]
    pub unsubscribe: Option<Unsubscribe>,
    /// A subscription as it is now.
    #[xml(child)]
    pub subscription: Option<NodeSubscription>,
    /// The subscriptions of the asking entity.
    #[xml(child)]
    pub subscriptions: Option<Subscriptions>,
    /// The affiliations of the asking entity.
    #[xml(child)]
    pub affiliations: Option<Affiliations>,
    /// The options that a subscription has by default.
    #[xml(child)]
    pub default: Option<DefaultOptions>,
    /// Items of a node.
    #[xml(child)]
    pub items: Option<Items>,
    /// Publish items.
    #[xml(child)]
    pub publish: Option<Publish>,
    /// Only to a node with these options.
    #[xml(child)]
    pub publish_options: Option<PublishOptions>,
    /// Take items back.
    #[xml(child)]
    pub retract: Option<Retract>,
    /// The page of items that is asked for, or that this is.
    #[xml(child)]
    pub page: Option<ResultSet>,
}

/// An item of a node. `P` is what its payload is read as: any element, or a choice of payloads.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "item", ns = ns::PUBSUB)]
pub struct Item<P = Element> {
    /// Its id; the service makes one for an item without.
    #[xml(attr)]
    pub id: Option<String>,
    /// Who published it, where the service tells.
    #[xml(attr)]
    pub publisher: Option<Jid>,
    /// Its payload, one element as a rule.
    #[xml(child)]
    pub elements: Vec<P>,
}

impl<P> Default for Item<P> {
    fn default() -> Self {
        Self {
            id: None,
            publisher: None,
            elements: Vec::new(),
        }
    }
}

/// Make a node; the service names one without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "create", ns = ns::PUBSUB)]
pub struct Create {
    /// Its name.
    #[xml(attr)]
    pub node: Option<String>,
}

/// The configuration of a node that is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "configure", ns = ns::PUBSUB)]
pub struct Configure {
    /// About `http://jabber.org/protocol/pubsub#node_config`; see [`NodeOptions`].
    #[xml(child)]
    pub form: Option<DataForm>,
}

/// Items of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "items", ns = ns::PUBSUB)]
pub struct Items {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// No more than these, the newest.
    #[xml(attr, name = "max_items")]
    pub max_items: Option<u32>,
    /// Which of several subscriptions.
    #[xml(attr)]
    pub subid: Option<String>,
    /// The items; in a request those that are wanted, by their ids.
    #[xml(child)]
    pub items: Vec<Item>,
}

/// Publish items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "publish", ns = ns::PUBSUB)]
pub struct Publish {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// The items; in the answer their ids.
    #[xml(child)]
    pub items: Vec<Item>,
}

/// Publish only to a node with these options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "publish-options", ns = ns::PUBSUB)]
pub struct PublishOptions {
    /// About `http://jabber.org/protocol/pubsub#publish-options`; see [`NodeOptions`].
    #[xml(child)]
    pub form: Option<DataForm>,
}

/// Take items back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "retract", ns = ns::PUBSUB)]
pub struct Retract {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// Whether subscribers are told.
    #[xml(attr, default)]
    pub notify: bool,
    /// The items, by their ids.
    #[xml(child)]
    pub items: Vec<Item>,
}

impl Item {
    /// An item with an id.
    pub fn new(id: impl Into<String>, payload: &impl WriteXml) -> Self {
        Self {
            elements: vec![Element::from_xml(payload)],
            ..Self::with_id(id)
        }
    }

    /// The item with that id, without its payload.
    pub fn with_id(id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..Self::default()
        }
    }

    /// Its payload, if it is a `P`.
    ///
    /// # Errors
    ///
    /// A [`PayloadError`] when there is such an element, but it breaks its schema.
    pub fn payload<P: xmpp_core::xml::Payload>(&self) -> Result<Option<P>, PayloadError> {
        self.elements
            .iter()
            .map(Element::root)
            .find(|element| P::matches(*element))
            .map(P::from_element)
            .transpose()
    }
}

impl PubSub {
    /// Asks for all items of a node.
    pub fn items(node: impl Into<String>) -> Self {
        Self {
            items: Some(Items {
                node: node.into(),
                ..Items::default()
            }),
            ..Self::default()
        }
    }

    /// Asks for one item of a node.
    pub fn item(node: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            items: Some(Items {
                node: node.into(),
                items: vec![Item::with_id(id)],
                ..Items::default()
            }),
            ..Self::default()
        }
    }

    /// Publishes items to a node.
    pub fn publish(node: impl Into<String>, items: impl IntoIterator<Item = Item>) -> Self {
        Self {
            publish: Some(Publish {
                node: node.into(),
                items: items.into_iter().collect(),
            }),
            ..Self::default()
        }
    }

    /// The same request to publish, if the node has these options or is made with them.
    #[must_use]
    pub fn with_options(mut self, options: &NodeOptions) -> Self {
        self.publish_options = Some(PublishOptions {
            form: Some(options.to_publish_options()),
        });
        self
    }

    /// Takes an item of a node back, and tells the subscribers.
    pub fn retract(node: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            retract: Some(Retract {
                node: node.into(),
                notify: true,
                items: vec![Item::with_id(id)],
            }),
            ..Self::default()
        }
    }

    /// Subscribes `jid` to a node.
    pub fn subscribe(node: impl Into<String>, jid: impl Into<Jid>) -> Self {
        Self {
            subscribe: Some(Subscribe {
                node: Some(node.into()),
                jid: jid.into(),
            }),
            ..Self::default()
        }
    }

    /// Ends the subscription of `jid` to a node.
    pub fn unsubscribe(node: impl Into<String>, jid: impl Into<Jid>) -> Self {
        Self {
            unsubscribe: Some(Unsubscribe {
                node: Some(node.into()),
                jid: jid.into(),
                subid: None,
            }),
            ..Self::default()
        }
    }
}

/// The error with a condition of pubsub's own.
fn error(condition: StanzaErrorCondition, own: &impl WriteXml) -> StanzaError {
    StanzaError::new(condition).with_application(Element::from_xml(own))
}

#[cfg(test)]
mod tests;
