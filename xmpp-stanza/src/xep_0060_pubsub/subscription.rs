//! Subscriptions and affiliations as the asking entity sees them.

use xmpp_core::{Jid, Payload, XmlText, xml::ns};

use crate::{DataForm, DateTime};

/// Subscribe to a node.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "subscribe", ns = ns::PUBSUB)]
pub struct Subscribe {
    /// The node; the root without one.
    #[xml(attr)]
    pub node: Option<String>,
    /// The subscriber.
    #[xml(attr)]
    pub jid: Jid,
}

/// The options of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "options", ns = ns::PUBSUB)]
pub struct SubscriptionOptions {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// The subscriber; absent in a request to subscribe, where it is the same.
    #[xml(attr)]
    pub jid: Option<Jid>,
    /// Which of several subscriptions.
    #[xml(attr)]
    pub subid: Option<String>,
    /// About `http://jabber.org/protocol/pubsub#subscribe_options`.
    #[xml(child)]
    pub form: Option<DataForm>,
}

/// End a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "unsubscribe", ns = ns::PUBSUB)]
pub struct Unsubscribe {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// The subscriber.
    #[xml(attr)]
    pub jid: Jid,
    /// Which of several subscriptions.
    #[xml(attr)]
    pub subid: Option<String>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "subscription", ns = ns::PUBSUB)]
pub struct NodeSubscription {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// The subscriber.
    #[xml(attr)]
    pub jid: Jid,
    /// Which of several subscriptions.
    #[xml(attr)]
    pub subid: Option<String>,
    /// How far it got.
    #[xml(attr)]
    pub subscription: Option<SubscriptionState>,
    /// When it ends by itself.
    #[xml(attr)]
    pub expiry: Option<DateTime>,
    /// Whether it has options.
    #[xml(child)]
    pub options: Option<SubscribeOptions>,
}

/// How far a subscription got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum SubscriptionState {
    /// There is none.
    None,
    /// An owner has to approve it.
    Pending,
    /// It is there.
    Subscribed,
    /// It needs options first.
    Unconfigured,
}

/// Says that a subscription has options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "subscribe-options", ns = ns::PUBSUB)]
pub struct SubscribeOptions {
    /// Whether they must be set.
    #[xml(flag)]
    pub required: bool,
}

/// The subscriptions of the asking entity, to all nodes or to one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "subscriptions", ns = ns::PUBSUB)]
pub struct Subscriptions {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// The subscriptions.
    #[xml(child)]
    pub subscriptions: Vec<NodeSubscription>,
}

/// The affiliations of the asking entity, to all nodes or to one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "affiliations", ns = ns::PUBSUB)]
pub struct Affiliations {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// The affiliations.
    #[xml(child)]
    pub affiliations: Vec<NodeAffiliation>,
}

/// An affiliation of the asking entity.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "affiliation", ns = ns::PUBSUB)]
pub struct NodeAffiliation {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// What the entity is to it.
    #[xml(attr)]
    pub affiliation: NodeRole,
}

/// What an entity is to a node ([XEP-0060 §4.1](https://xmpp.org/extensions/xep-0060.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum NodeRole {
    /// May read where only members may.
    Member,
    /// Nothing in particular.
    None,
    /// May not even read.
    Outcast,
    /// May do everything.
    Owner,
    /// May publish.
    Publisher,
    /// May publish, and not read.
    PublishOnly,
}

/// The options that a subscription has by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "default", ns = ns::PUBSUB)]
pub struct DefaultOptions {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// About `http://jabber.org/protocol/pubsub#subscribe_options`.
    #[xml(child)]
    pub form: Option<DataForm>,
}
