//! What SASL wants to know of an X.509 certificate ([RFC 5280](https://www.rfc-editor.org/rfc/rfc5280)).

mod der;
mod end_point;
mod names;
mod structure;

pub use end_point::NoEndPoint;

use names::Names;
use x509_parser::certificate::{X509Certificate, X509CertificateParser};
use x509_parser::nom::Parser as _;
use x509_parser::oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME;
use x509_parser::time::ASN1Time;

use crate::channel::{ChannelBinding, ChannelBindingType};
use crate::peer::Peer;
use crate::timestamp::Timestamp;

/// What a certificate says: whose it is, until when, and its hash for channel binding. With the feature `x509`.
///
/// **It verifies nothing.** Chain, validity, purpose and the peer's key are for the TLS library, which has to be told to
/// ask for certificates. Only of a certificate that it has accepted may [`peer`](Self::peer) be given to
/// [`TlsChannel::with_verified_peer`](crate::TlsChannel::with_verified_peer).
///
/// Names are read from the subjectAltName, never from the subject: a `CN=` may stand anywhere in there.
///
/// ```no_run
/// # fn f(tls: &[&[u8]], own: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// use xmpp_sasl::{Certificate, ChannelSecurity, TlsChannel};
///
/// let mut channel = TlsChannel::new();
/// // The client's, if it has shown one, in DER.
/// if let Some(certificate) = tls.first() {
///     channel = channel.with_verified_peer(Certificate::from_der(certificate)?.peer()?);
/// }
/// // The server's own.
/// if let Ok(binding) = Certificate::from_der(own)?.end_point() {
///     channel = channel.with_binding(binding);
/// }
/// let security = ChannelSecurity::Tls(channel);
/// # let _ = security; Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Certificate {
    not_before: Timestamp,
    not_after: Timestamp,
    names: Result<Names, CertificateError>,
    end_point: Result<ChannelBinding, NoEndPoint>,
}

impl Certificate {
    /// Reads a certificate in DER, within the default [`CertificateLimits`].
    ///
    /// # Errors
    ///
    /// [`CertificateError`] unless it is one, of one reading only. Its names are not looked at yet: a bad one is an error
    /// of [`peer`](Self::peer).
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        Self::from_der_within(der, CertificateLimits::default())
    }

    /// As [`from_der`](Self::from_der), within `limits`.
    ///
    /// # Errors
    ///
    /// Likewise.
    pub fn from_der_within(
        der: &[u8],
        limits: CertificateLimits,
    ) -> Result<Self, CertificateError> {
        if der.len() > limits.bytes {
            let maximum = limits.bytes;
            return Err(CertificateError::TooLong { maximum });
        }
        structure::check(der)?;
        let (rest, parsed) = X509CertificateParser::new()
            .with_deep_parse_extensions(false)
            .parse(der)
            .map_err(|_| CertificateError::Malformed)?;
        // RFC 5280 §4.1.1.2: the algorithm is written twice.
        if !rest.is_empty() || parsed.signature_algorithm != parsed.tbs_certificate.signature {
            return Err(CertificateError::Malformed);
        }
        let validity = parsed.validity();
        Ok(Self {
            not_before: timestamp(validity.not_before),
            not_after: timestamp(validity.not_after),
            names: names(&parsed, limits.names),
            end_point: end_point::end_point(der, &parsed.signature_algorithm)
                .map(|hash| ChannelBinding::new(ChannelBindingType::TlsServerEndPoint, hash)),
        })
    }

    /// The names that the certificate gives to its owner; none where it has none. Accounts are its XMPP addresses
    /// ([RFC 6120 §13.7.1.4]), domains and services its host names.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if one of the names is not as it has to be: then none is believed.
    ///
    /// [RFC 6120 §13.7.1.4]: https://www.rfc-editor.org/rfc/rfc6120#section-13.7.1.4
    pub fn peer(&self) -> Result<Peer, CertificateError> {
        let names = self.names.as_ref().map_err(Clone::clone)?;
        let mut peer = Peer::new();
        for address in &names.addresses {
            peer = peer.with_account(address);
        }
        for domain in &names.domains {
            peer = peer.with_domain(domain);
        }
        for (service, domain) in &names.services {
            peer = peer.with_service(service, domain);
        }
        Ok(peer)
    }

    /// The channel binding `tls-server-end-point` of connections on which the *server* shows this certificate
    /// ([RFC 5929 §4.1]): its hash by the hash of its signature, by SHA-256 in place of MD5 and SHA-1.
    ///
    /// # Errors
    ///
    /// [`NoEndPoint`] where the signature has no such hash: the channel then has no binding of this type.
    ///
    /// [RFC 5929 §4.1]: https://www.rfc-editor.org/rfc/rfc5929#section-4.1
    pub fn end_point(&self) -> Result<ChannelBinding, NoEndPoint> {
        self.end_point.clone()
    }

    /// From when it is valid; what is before 1970 counts as 1970.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Until when it is valid. A session may well last longer: the server may want to end it then.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

fn names(parsed: &X509Certificate<'_>, maximum: usize) -> Result<Names, CertificateError> {
    let mut found = parsed
        .extensions()
        .iter()
        .filter(|extension| extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME);
    match (found.next(), found.next()) {
        (Some(extension), None) => Names::read(extension.value, maximum),
        (None, _) => Ok(Names::default()),
        (Some(_), Some(_)) => Err(CertificateError::RepeatedExtension),
    }
}

fn timestamp(time: ASN1Time) -> Timestamp {
    let seconds = u64::try_from(time.timestamp()).unwrap_or(0);
    Timestamp::from_millis(seconds.saturating_mul(1000))
}

/// What a certificate may have at most: 64 KiB and 256 names, unless it is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateLimits {
    bytes: usize,
    names: usize,
}

impl CertificateLimits {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            bytes: 65_535,
            names: 256,
        }
    }

    /// How many bytes of DER; 65,535 and no more.
    #[must_use]
    pub const fn with_bytes(mut self, bytes: usize) -> Self {
        self.bytes = if bytes < 65_535 { bytes } else { 65_535 };
        self
    }

    /// How many names of all kinds; 256 unless it is said here.
    #[must_use]
    pub const fn with_names(mut self, names: usize) -> Self {
        self.names = names;
        self
    }
}

impl Default for CertificateLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a certificate, or its names, are not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It has more bytes than the limit.
    #[error("more than {maximum} bytes")]
    TooLong {
        /// The limit.
        maximum: usize,
    },
    /// It is cut off, not DER, or not a certificate.
    #[error("not a certificate in DER")]
    Malformed,
    /// Something follows it.
    #[error("data after the certificate")]
    TrailingData,
    /// An extension stands there twice (RFC 5280 §4.2).
    #[error("an extension occurs twice")]
    RepeatedExtension,
    /// It has more names than the limit.
    #[error("more than {maximum} names")]
    TooManyNames {
        /// The limit.
        maximum: usize,
    },
    /// The subjectAltName is not as RFC 5280 §4.2.1.6 has it.
    #[error("the subjectAltName is malformed")]
    MalformedNames,
    /// An XMPP address that is no `UTF8String`, or an SRV name that is no `IA5String`.
    #[error("a name of the wrong type")]
    WrongTag,
    /// An empty or overlong name, one with NUL, a control character or a space, an XMPP address with a wildcard.
    #[error("a name with a prohibited character or of a prohibited length")]
    ProhibitedName,
}
