//! Who is at the other end of a connection.

use std::net::IpAddr;

use xmpp_core::stream::Channel;

/// Where a client is, and how what it says is protected on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The client's address; behind a trusted proxy what that says it is.
    pub address: IpAddr,
    /// What protects the way from the client.
    pub protection: Protection,
}

/// What protects the way from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nothing that is known of.
    None,
    /// TLS that ends here.
    Tls,
    /// TLS that a trusted proxy ends.
    ProxyTls,
}

impl Protection {
    /// Whether there is any.
    pub fn is_encrypted(self) -> bool {
        self != Self::None
    }

    pub(super) fn channel(self) -> Channel {
        match self {
            Self::None => Channel::plain(),
            Self::Tls => Channel::tls(),
            Self::ProxyTls => Channel::trusted_proxy_tls(),
        }
    }
}

/// An unprotected way.
impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self {
            address,
            protection: Protection::None,
        }
    }
}
