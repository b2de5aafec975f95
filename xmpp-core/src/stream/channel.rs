//! What the transport under a stream offers.

use crate::sasl::ChannelSecurity;

/// What the transport offers: an input of a session, never assumed by it.
///
/// ```
/// use xmpp_core::stream::Channel;
/// assert!(!Channel::plain().is_confidential());
/// assert!(Channel::trusted_proxy_tls().is_confidential());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Channel {
    security: ChannelSecurity,
    can_start_tls: bool,
}

impl Channel {
    /// A channel of that security, on which TLS cannot be started in mid-stream.
    pub const fn new(security: ChannelSecurity) -> Self {
        Self {
            security,
            can_start_tls: false,
        }
    }

    /// No protection, and no way to get it later (`ws:` and `http:` on loopback, TCP without STARTTLS).
    pub const fn plain() -> Self {
        Self::new(ChannelSecurity::Plain)
    }

    /// No protection yet; the caller can start TLS in mid-stream (RFC 6120 §5).
    pub const fn start_tls() -> Self {
        Self {
            security: ChannelSecurity::Plain,
            can_start_tls: true,
        }
    }

    /// TLS that ends in this process, without binding data.
    pub fn tls() -> Self {
        Self::new(ChannelSecurity::tls())
    }

    /// TLS that a trusted proxy in front of this process ends.
    pub const fn trusted_proxy_tls() -> Self {
        Self::new(ChannelSecurity::TrustedProxyTls)
    }

    /// How the channel is protected.
    pub const fn security(&self) -> &ChannelSecurity {
        &self.security
    }

    /// Whether what is said on the channel stays between its two ends.
    pub fn is_confidential(&self) -> bool {
        self.security.is_confidential()
    }

    /// Whether TLS can be started in mid-stream.
    pub const fn can_start_tls(&self) -> bool {
        self.can_start_tls
    }
}
