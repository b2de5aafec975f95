//! Conditions of XEP-0060's own.

use xmpp_core::{Payload, StanzaError, StanzaErrorCondition};

/// Why a pubsub service refuses a request, beside the condition of RFC 6120
/// ([XEP-0060 §12](https://xmpp.org/extensions/xep-0060.html)).
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(ns = "http://jabber.org/protocol/pubsub#errors")]
pub enum PubSubCondition {
    /// The node takes no subscribers.
    ClosedNode,
    /// The subscription needs options first.
    ConfigurationRequired,
    /// The subscriber is not the asking entity.
    #[xml(name = "invalid-jid")]
    InvalidJid,
    /// Options that the node does not have.
    InvalidOptions,
    /// Not the payload that the node takes.
    InvalidPayload,
    /// No such subscription.
    #[xml(name = "invalid-subid")]
    InvalidSubId,
    /// Someone else published that item.
    ItemForbidden,
    /// There is no item.
    ItemRequired,
    /// There is no subscriber.
    JidRequired,
    /// More items than the node keeps.
    MaxItemsExceeded,
    /// More nodes than one may have.
    MaxNodesExceeded,
    /// There is no node.
    #[xml(name = "nodeid-required")]
    NodeIdRequired,
    /// Only for a group of the owner's roster.
    NotInRosterGroup,
    /// There is no subscription.
    NotSubscribed,
    /// The payload is too large.
    PayloadTooBig,
    /// There is no payload.
    PayloadRequired,
    /// The subscription is not approved yet.
    PendingSubscription,
    /// The node has other options than the publisher wants.
    PreconditionNotMet,
    /// Only for those who see the owner's presence.
    PresenceSubscriptionRequired,
    /// There are several subscriptions: which one?
    #[xml(name = "subid-required")]
    SubIdRequired,
    /// More subscriptions than one may have.
    TooManySubscriptions,
    /// The service cannot do it.
    Unsupported(Unsupported),
    /// The service does not have that access model.
    UnsupportedAccessModel,
}

/// What a pubsub service cannot do.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "unsupported", ns = "http://jabber.org/protocol/pubsub#errors")]
pub struct Unsupported {
    /// The name of the feature, without the namespace.
    #[xml(attr)]
    pub feature: String,
}

impl PubSubCondition {
    /// The error that says so, with `condition` of RFC 6120 as XEP-0060 gives it for the request.
    pub fn error(&self, condition: StanzaErrorCondition) -> StanzaError {
        super::error(condition, self)
    }

    /// `feature-not-implemented`, because of the feature `feature`.
    pub fn unsupported(feature: impl Into<String>) -> StanzaError {
        Self::Unsupported(Unsupported {
            feature: feature.into(),
        })
        .error(StanzaErrorCondition::FeatureNotImplemented)
    }
}
