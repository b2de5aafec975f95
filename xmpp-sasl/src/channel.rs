//! What the caller knows about the channel that the exchange runs over.

use std::fmt;
use std::sync::Arc;

use crate::peer::Peer;

/// How the channel under the exchange is protected. An input: nothing here assumes it.
///
/// It decides which mechanisms are candidates: one that shows a password or a token to whoever
/// listens needs [`is_confidential`](Self::is_confidential), a `-PLUS` one needs binding data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelSecurity {
    /// No protection.
    #[default]
    Plain,
    /// TLS that ends in this process.
    Tls(TlsChannel),
    /// TLS that a trusted proxy in front of this process ends: confidential, but without binding data.
    TrustedProxyTls,
    /// Something below this process protects the channel and has proven who the peer is: a Unix socket, a VPN, a proxy
    /// that verifies certificates. Confidential, without binding data.
    Vouched(Peer),
}

impl ChannelSecurity {
    /// TLS without binding data: `Tls(TlsChannel::new())`.
    pub fn tls() -> Self {
        Self::Tls(TlsChannel::new())
    }

    /// Whether what is said on the channel stays between its two ends.
    pub fn is_confidential(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// The binding data of the channel, the strongest type first; empty without TLS of our own.
    pub fn bindings(&self) -> &[ChannelBinding] {
        match self {
            Self::Tls(tls) => tls.bindings(),
            Self::Plain | Self::TrustedProxyTls | Self::Vouched(_) => &[],
        }
    }

    /// Who the peer has proven to be; `None` if it has shown nothing.
    pub fn peer(&self) -> Option<&Peer> {
        match self {
            Self::Tls(tls) => tls.peer(),
            Self::Vouched(peer) => Some(peer),
            Self::Plain | Self::TrustedProxyTls => None,
        }
    }

    /// The binding data of type `kind`, if the channel has it.
    pub fn binding(&self, kind: ChannelBindingType) -> Option<&ChannelBinding> {
        self.bindings()
            .iter()
            .find(|binding| binding.kind() == kind)
    }

    /// The version of TLS, where it ends in this process and was said.
    pub fn tls_version(&self) -> Option<TlsVersion> {
        match self {
            Self::Tls(tls) => tls.version(),
            Self::Plain | Self::TrustedProxyTls | Self::Vouched(_) => None,
        }
    }
}

/// What TLS that ends in this process gives to the mechanisms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsChannel {
    version: Option<TlsVersion>,
    /// Those that are defined for the version.
    bindings: Vec<ChannelBinding>,
    /// `tls-unique` where it is not defined, or where nobody has said that it is.
    set_aside: Option<ChannelBinding>,
    peer: Option<Peer>,
}

impl TlsChannel {
    /// TLS without binding data.
    pub const fn new() -> Self {
        Self {
            version: None,
            bindings: Vec::new(),
            set_aside: None,
            peer: None,
        }
    }

    /// Says which version was negotiated. SCRAM signs and checks it (XEP-0515), and `tls-unique` needs it.
    #[must_use]
    pub fn with_version(mut self, version: TlsVersion) -> Self {
        self.version = Some(version);
        let unique = self.set_aside.take();
        let unique = unique.or_else(|| {
            let at = self.bindings.iter().position(ChannelBinding::is_unique)?;
            Some(self.bindings.remove(at))
        });
        match unique {
            Some(unique) => self.with_binding(unique),
            None => self,
        }
    }

    /// Adds binding data; it replaces what was there of the same type. Whatever the order in which they are added,
    /// the strongest is preferred: exporter, then unique, then end point (CB-5).
    ///
    /// `tls-unique` is not defined for TLS 1.3, where it binds nothing: it is used only where
    /// [`with_version`](Self::with_version) names an older version; otherwise it is set aside, and
    /// [`Unavailable::TlsUnique`](crate::Unavailable::TlsUnique) says so where nothing else is left. `tls-exporter` over an older version than
    /// 1.3 needs the extended master secret (RFC 9266 §4.2), which the TLS library has to tell.
    ///
    /// A server that has any should have [`ChannelBindingType::TlsServerEndPoint`] too (CB-1): a client with other
    /// types than the server takes a list without that one for a forgery (CB-4).
    #[must_use]
    pub fn with_binding(mut self, binding: ChannelBinding) -> Self {
        if binding.is_unique()
            && self
                .version
                .is_none_or(|version| version >= TlsVersion::V1_3)
        {
            self.set_aside = Some(binding);
            return self;
        }
        self.bindings.retain(|known| known.kind != binding.kind);
        self.bindings.push(binding);
        self.bindings.sort_by_key(|binding| binding.kind.rank());
        self
    }

    /// The version, if it was said.
    pub fn version(&self) -> Option<TlsVersion> {
        self.version
    }

    /// Servers: who the client is by the certificate that it has shown and that the TLS library has verified, its key,
    /// chain, validity and purpose. With the feature `x509`, `Certificate::peer` reads it.
    #[must_use]
    pub fn with_verified_peer(mut self, peer: Peer) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Who the peer has proven to be.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// The binding data that may be used, the strongest type first.
    pub fn bindings(&self) -> &[ChannelBinding] {
        &self.bindings
    }

    pub(crate) fn lacks_only_unique(&self) -> bool {
        self.bindings.is_empty() && self.set_aside.is_some()
    }
}

/// A version of TLS, as two bytes on the wire have it ([RFC 8446 §4.1.2]): 1.2 is `0x0303`.
///
/// ```
/// use xmpp_sasl::TlsVersion;
///
/// assert_eq!(TlsVersion::V1_3.to_string(), "0304");
/// assert!(TlsVersion::new(0x0303) < TlsVersion::V1_3);
/// ```
///
/// [RFC 8446 §4.1.2]: https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TlsVersion(u16);

impl TlsVersion {
    /// TLS 1.0.
    pub const V1_0: Self = Self(0x0301);
    /// TLS 1.1.
    pub const V1_1: Self = Self(0x0302);
    /// TLS 1.2.
    pub const V1_2: Self = Self(0x0303);
    /// TLS 1.3.
    pub const V1_3: Self = Self(0x0304);

    /// The version of this number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// Four lower-case hexadecimal digits, as XEP-0515 writes it.
impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

/// The types of channel binding ([RFC 5929], [RFC 9266]).
///
/// [RFC 5929]: https://www.rfc-editor.org/rfc/rfc5929
/// [RFC 9266]: https://www.rfc-editor.org/rfc/rfc9266
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChannelBindingType {
    /// `tls-exporter` (RFC 9266): 32 exported bytes under the label `EXPORTER-Channel-Binding`.
    TlsExporter,
    /// `tls-server-end-point` (RFC 5929 §4): the hash of the server's certificate.
    TlsServerEndPoint,
    /// `tls-unique` (RFC 5929 §3): the first Finished message. Not defined for TLS 1.3.
    TlsUnique,
}

impl ChannelBindingType {
    /// The name in IANA's registry of channel-binding types.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
            Self::TlsUnique => "tls-unique",
        }
    }

    /// The type of this name, if it is known here.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::TlsExporter, Self::TlsServerEndPoint, Self::TlsUnique]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }

    /// CB-5: the lowest number is preferred.
    const fn rank(self) -> u8 {
        match self {
            Self::TlsExporter => 0,
            Self::TlsUnique => 1,
            Self::TlsServerEndPoint => 2,
        }
    }
}

impl fmt::Display for ChannelBindingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Bytes that both ends of one channel know and no other channel has.
#[derive(Clone, PartialEq, Eq)]
pub struct ChannelBinding {
    kind: ChannelBindingType,
    data: Arc<[u8]>,
}

impl ChannelBinding {
    /// The binding data `data` of type `kind`, as the TLS library gave it.
    pub fn new(kind: ChannelBindingType, data: impl Into<Arc<[u8]>>) -> Self {
        Self {
            kind,
            data: data.into(),
        }
    }

    /// The type.
    pub fn kind(&self) -> ChannelBindingType {
        self.kind
    }

    /// The bytes.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    fn is_unique(&self) -> bool {
        self.kind == ChannelBindingType::TlsUnique
    }
}

impl fmt::Debug for ChannelBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ChannelBinding({}, {} bytes)",
            self.kind,
            self.data.len()
        )
    }
}
