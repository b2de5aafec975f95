//! Why a mechanism is no candidate.

use std::fmt;

use crate::credentials::CredentialKind;
use crate::info::Strength;
use crate::lookup::LookupKind;

/// Why a mechanism is no candidate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// It has no code for this side.
    #[error("not implemented for this side")]
    Side,
    /// The other side does not offer it.
    #[error("the server does not offer it")]
    NotOffered,
    /// It is on the deny-list.
    #[error("denied by policy")]
    Denied,
    /// It is not on the allow-list.
    #[error("not on the allow-list")]
    NotAllowed,
    /// It gives away the password, and the policy does not name it.
    #[error("it gives away the password, and policy has not opted in")]
    NotOptedIn,
    /// It is weaker than the policy's minimum.
    #[error("its strength is {strength}, policy requires {minimum}")]
    TooWeak {
        /// What it withstands.
        strength: Strength,
        /// What it should.
        minimum: Strength,
    },
    /// The server proves nothing in it, and policy requires that.
    #[error("the server does not authenticate itself in it, and policy requires that")]
    NotMutual,
    /// The server cannot sign its offer in it, and policy requires that.
    #[error("the server cannot sign its offer in it, and policy requires that")]
    UnsignedOffer,
    /// It is weaker than what this account used before.
    #[error("weaker than {pinned}, which was used before")]
    Pinned {
        /// What was used before.
        pinned: String,
    },
    /// None of the credentials that it works with is in hand.
    #[error("no credential in hand that it works with (it uses {})", Names(.needs))]
    Credentials {
        /// Those it works with.
        needs: Vec<CredentialKind>,
    },
    /// The channel is not confidential.
    #[error("the channel is not confidential")]
    NotConfidential,
    /// The channel has no binding data that the other side can do.
    #[error("no channel-binding data")]
    NoChannelBinding,
    /// The only binding data is `tls-unique`, which is not defined for TLS 1.3: the channel has that version, or
    /// nobody has said which one ([`TlsChannel::with_version`](crate::TlsChannel::with_version)).
    #[error("tls-unique is for TLS 1.2 and older, which this channel was not said to be")]
    TlsUnique,
    /// The channel has binding data, but the offer contradicts itself about it: mechanisms that bind without types,
    /// types without such mechanisms, or types of which the server cannot have only these. A login without channel
    /// binding is what someone in between waits for (CB-3, CB-4).
    #[error("the server's offer of channel binding contradicts itself")]
    ChannelBindingHidden,
    /// The channel has not proven who the peer is, or not by a name that this mechanism works with.
    #[error("the channel has proven no name of the peer")]
    UnknownPeer,
    /// The caller has not said which service this is ([`SelectCx::with_service`](crate::SelectCx::with_service)).
    #[error("the service and its host are not known")]
    NoService,
    /// The server has accounts to look up, but no secret that hides unknown users
    /// ([`ServerConfig::without_secret`](crate::ServerConfig::without_secret)).
    #[error("the server has no secret to hide unknown users with")]
    NoSecret,
    /// The server's caller cannot answer what it asks.
    #[error("nobody answers its lookups of the kind {}", .0.as_str())]
    Lookup(LookupKind),
    /// The reason of a custom mechanism.
    #[error("{0}")]
    Other(String),
}

struct Names<'a>(&'a [CredentialKind]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, kind) in self.0.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { " or " }, kind.name())?;
        }
        Ok(())
    }
}
