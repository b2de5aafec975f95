//! What an owner of a node asks and changes.

use xmpp_core::{Jid, Payload, xml::ns};

use super::{NodeRole, SubscriptionState};
use crate::DataForm;

/// A request of an owner, and its answer: one of the fields
/// ([XEP-0060 §8](https://xmpp.org/extensions/xep-0060.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "pubsub", ns = ns::PUBSUB_OWNER)]
pub struct Owner {
    /// Asks for or sets the configuration of a node.
    #[xml(child)]
    pub configure: Option<OwnerConfigure>,
    /// Asks for the configuration that a node has by default.
    #[xml(child)]
    pub default: Option<OwnerDefault>,
    /// Deletes a node.
    #[xml(child)]
    pub delete: Option<OwnerDelete>,
    /// Takes all items of a node back.
    #[xml(child)]
    pub purge: Option<OwnerPurge>,
    /// Asks for or sets who is what to a node.
    #[xml(child)]
    pub affiliations: Option<OwnerAffiliations>,
    /// Asks for or sets who is subscribed to a node.
    #[xml(child)]
    pub subscriptions: Option<OwnerSubscriptions>,
}

/// The configuration of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "configure", ns = ns::PUBSUB_OWNER)]
pub struct OwnerConfigure {
    /// The node.
    #[xml(attr)]
    pub node: Option<String>,
    /// About `http://jabber.org/protocol/pubsub#node_config`.
    #[xml(child)]
    pub form: Option<DataForm>,
}

/// The configuration that a node has by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "default", ns = ns::PUBSUB_OWNER)]
pub struct OwnerDefault {
    /// About `http://jabber.org/protocol/pubsub#node_config`.
    #[xml(child)]
    pub form: Option<DataForm>,
}

/// Deletes a node.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "delete", ns = ns::PUBSUB_OWNER)]
pub struct OwnerDelete {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// Where its items are now.
    #[xml(child)]
    pub redirect: Option<OwnerRedirect>,
}

/// Where the items of a node are now.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "redirect", ns = ns::PUBSUB_OWNER)]
pub struct OwnerRedirect {
    /// An `xmpp:` URI.
    #[xml(attr)]
    pub uri: String,
}

/// Takes all items of a node back.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "purge", ns = ns::PUBSUB_OWNER)]
pub struct OwnerPurge {
    /// The node.
    #[xml(attr)]
    pub node: String,
}

/// Who is what to a node.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "affiliations", ns = ns::PUBSUB_OWNER)]
pub struct OwnerAffiliations {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// The affiliations.
    #[xml(child)]
    pub affiliations: Vec<OwnerAffiliation>,
}

/// What an entity is to a node.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "affiliation", ns = ns::PUBSUB_OWNER)]
pub struct OwnerAffiliation {
    /// The entity.
    #[xml(attr)]
    pub jid: Jid,
    /// What it is.
    #[xml(attr)]
    pub affiliation: NodeRole,
}

/// Who is subscribed to a node.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "subscriptions", ns = ns::PUBSUB_OWNER)]
pub struct OwnerSubscriptions {
    /// The node.
    #[xml(attr)]
    pub node: String,
    /// The subscriptions.
    #[xml(child)]
    pub subscriptions: Vec<OwnerSubscription>,
}

/// A subscription to a node.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "subscription", ns = ns::PUBSUB_OWNER)]
pub struct OwnerSubscription {
    /// The subscriber.
    #[xml(attr)]
    pub jid: Jid,
    /// How far it got.
    #[xml(attr)]
    pub subscription: SubscriptionState,
    /// Which of several subscriptions.
    #[xml(attr)]
    pub subid: Option<String>,
}
