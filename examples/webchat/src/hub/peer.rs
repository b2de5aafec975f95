//! Who is at the other end of a connection.

use std::{net::IpAddr, sync::Arc};

use xmpp_core::{
    BareJid, Timestamp,
    sasl::{self, Certificate, CertificateError, ChannelSecurity, TlsChannel},
    stream::Channel,
};

/// Where a client is, how what it says is protected on the way, and what it has shown there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The client's address; behind a trusted proxy what that says it is.
    pub address: IpAddr,
    /// What protects the way from the client.
    pub protection: Protection,
    /// The client's certificate, where it has shown one to TLS that ends here and an authority of this very domain has signed
    /// it. It makes no difference for a session that began without it.
    pub certificate: Option<Arc<ClientCertificate>>,
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
}

impl Peer {
    /// What a session of `domain` that begins now is told of its channel.
    pub(super) fn channel(&self, domain: &str, now: Timestamp) -> Channel {
        match (self.protection, &self.certificate) {
            (Protection::None, _) => Channel::plain(),
            (Protection::ProxyTls, _) => Channel::trusted_proxy_tls(),
            (Protection::Tls, None) => Channel::tls(),
            (Protection::Tls, Some(certificate)) => {
                let peer = certificate.peer(domain, now);
                let channel = TlsChannel::new().with_verified_peer(peer);
                Channel::new(ChannelSecurity::Tls(channel))
            }
        }
    }
}

/// An unprotected way.
impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self {
            address,
            protection: Protection::None,
            certificate: None,
        }
    }
}

/// What counts here of a certificate that TLS has verified: whose it is, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    addresses: Vec<BareJid>,
    not_after: Timestamp,
}

impl ClientCertificate {
    /// One with these addresses, valid until then. The address of a domain is nobody's here.
    pub fn new(addresses: impl IntoIterator<Item = BareJid>, not_after: Timestamp) -> Self {
        let addresses = addresses.into_iter();
        Self {
            addresses: addresses.filter(|jid| jid.local().is_some()).collect(),
            not_after,
        }
    }

    /// Reads a certificate, whose XMPP addresses stand in its subjectAltName ([RFC 6120 §13.7.1.4]). What is no bare
    /// address is passed over.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] when it cannot be read, or one of its names cannot.
    ///
    /// [RFC 6120 §13.7.1.4]: https://www.rfc-editor.org/rfc/rfc6120#section-13.7.1.4
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = Certificate::from_der(der)?;
        let peer = certificate.peer()?;
        let addresses = peer.accounts().iter().filter_map(|a| BareJid::new(a).ok());
        Ok(Self::new(addresses, certificate.not_after()))
    }

    /// Who has it, among the users of `domain`. A connection may outlive the certificate: after its end it names nobody.
    fn peer(&self, domain: &str, now: Timestamp) -> sasl::Peer {
        let own = self.addresses.iter().filter(|jid| jid.domain() == domain);
        own.filter(|_| now <= self.not_after)
            .fold(sasl::Peer::new(), |peer, jid| {
                peer.with_account(jid.as_str())
            })
    }
}
