//! What the caller knows about the channel that the exchange runs over.

use std::fmt;
use std::sync::Arc;

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

    /// The binding data of the channel, in the order in which it was given; empty without TLS of our own.
    pub fn bindings(&self) -> &[ChannelBinding] {
        match self {
            Self::Tls(tls) => tls.bindings(),
            Self::Plain | Self::TrustedProxyTls => &[],
        }
    }

    /// The binding data of type `kind`, if the channel has it.
    pub fn binding(&self, kind: ChannelBindingType) -> Option<&ChannelBinding> {
        self.bindings()
            .iter()
            .find(|binding| binding.kind() == kind)
    }
}

/// What TLS that ends in this process gives to the mechanisms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsChannel {
    bindings: Vec<ChannelBinding>,
}

impl TlsChannel {
    /// TLS without binding data.
    pub const fn new() -> Self {
        Self {
            bindings: Vec::new(),
        }
    }

    /// Adds binding data; it replaces what was there of the same type. The preferred type comes first.
    ///
    /// A server that has any should have [`ChannelBindingType::TlsServerEndPoint`] too (CB-1): a client with other
    /// types than the server takes a list without that one for a forgery (CB-4).
    #[must_use]
    pub fn with_binding(mut self, binding: ChannelBinding) -> Self {
        self.bindings.retain(|known| known.kind != binding.kind);
        self.bindings.push(binding);
        self
    }

    /// The binding data, in the order in which it was added.
    pub fn bindings(&self) -> &[ChannelBinding] {
        &self.bindings
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
