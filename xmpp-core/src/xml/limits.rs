//! Limits on what a peer may send.

/// Limits on what a peer may send. Each is enforced before anything grows.
///
/// Beside these, a name may have 65,535 bytes, its prefix 255 of them, a stanza may hold 32,767 different namespaces that are
/// not in the table of known ones, and the node table of a stanza has room for one node (element, attribute,
/// declaration or run of text) per 8 bytes of [`Limits::stanza_bytes`], so that a stanza and all that is built from it take
/// at most 8 times its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one stanza (or start tag of the stream, or document). At most 1 GiB; more counts as that.
    pub stanza_bytes: usize,
    /// Elements in one stanza.
    pub elements: usize,
    /// Depth, the stanza itself being 1. At most 65,000; more counts as that.
    pub depth: usize,
    /// Attributes of one element, declarations not counted.
    pub attributes: usize,
    /// Namespace declarations of one element.
    pub declarations: usize,
    /// Namespace declarations in scope.
    pub declarations_in_scope: usize,
    /// Bytes of a namespace name, however they are escaped. An element that is written anew declares its own again, and so do
    /// thousands beside it: this bounds what becomes of them.
    pub namespace_bytes: usize,
}

impl Limits {
    /// A server's, for a peer that has not logged in.
    pub const SERVER_BEFORE_LOGIN: Self = Self {
        stanza_bytes: 10_000,
        elements: 500,
        depth: 16,
        attributes: 64,
        declarations: 32,
        declarations_in_scope: 64,
        namespace_bytes: 512,
    };
    /// A server's, for its clients.
    pub const SERVER_FROM_CLIENT: Self = Self {
        stanza_bytes: 256 * 1024,
        elements: 25_000,
        depth: 64,
        attributes: 64,
        declarations: 32,
        declarations_in_scope: 256,
        namespace_bytes: 512,
    };
    /// A server's, for other servers.
    pub const SERVER_FROM_SERVER: Self = Self {
        stanza_bytes: 512 * 1024,
        elements: 50_000,
        ..Self::SERVER_FROM_CLIENT
    };
    /// A client's, before login.
    pub const CLIENT_BEFORE_LOGIN: Self = Self {
        stanza_bytes: 256 * 1024,
        elements: 100_000,
        depth: 128,
        attributes: 256,
        declarations: 64,
        declarations_in_scope: 1024,
        namespace_bytes: 1024,
    };
    /// A client's, from its server.
    pub const CLIENT: Self = Self {
        stanza_bytes: 10 * 1024 * 1024,
        ..Self::CLIENT_BEFORE_LOGIN
    };

    /// As good as none: for what this side wrote itself.
    pub(super) const NONE: Self = Self {
        stanza_bytes: usize::MAX,
        elements: usize::MAX,
        depth: usize::MAX,
        attributes: usize::MAX,
        declarations: usize::MAX,
        declarations_in_scope: usize::MAX,
        namespace_bytes: usize::MAX,
    };

    /// The limits with those that index `u32` and `u16` fields brought into range.
    pub(super) fn clamped(self) -> Self {
        Self {
            stanza_bytes: self.stanza_bytes.min(1 << 30),
            depth: self.depth.min(65_000),
            declarations_in_scope: self.declarations_in_scope.min(1 << 30),
            ..self
        }
    }

    /// Nodes in the table of one stanza.
    pub(super) fn nodes(&self) -> usize {
        self.stanza_bytes / 8 + 64
    }
}
