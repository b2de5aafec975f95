//! The streaming parser: framing and parsing in one pass.

use super::{Element, Namespace};

/// Limits on what a peer may send (`SECURITY.md`, limits). Enforced before anything grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one stanza (or start tag of the stream, or document).
    pub stanza_bytes: usize,
    /// Elements in one stanza.
    pub elements: usize,
    /// Depth, the stanza itself being 1.
    pub depth: usize,
    /// Attributes of one element, declarations not counted.
    pub attributes: usize,
    /// Namespace declarations of one element.
    pub declarations: usize,
    /// Namespace declarations in scope.
    pub declarations_in_scope: usize,
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
    };
    /// A server's, for its clients.
    pub const SERVER_FROM_CLIENT: Self = Self {
        stanza_bytes: 256 * 1024,
        elements: 25_000,
        depth: 64,
        attributes: 64,
        declarations: 32,
        declarations_in_scope: 256,
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
    };
    /// A client's, from its server.
    pub const CLIENT: Self = Self {
        stanza_bytes: 10 * 1024 * 1024,
        ..Self::CLIENT_BEFORE_LOGIN
    };
}

/// What the parser found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParserEvent {
    /// Stream mode: the start tag of the root, as an element without children.
    Open(Element),
    /// Stream mode: a complete child of the root. Document mode: the complete root.
    Element(Element),
    /// Stream mode: the end tag of the root.
    Close,
}

/// Push bytes, pull events; any chunking gives the same events.
#[derive(Debug)]
pub struct Parser {/* private */}

impl Parser {
    /// A parser of a stream: root start tag, children, root end tag.
    pub fn stream(_limits: Limits) -> Self {
        todo!()
    }
    /// A parser of documents of one element each (WebSocket messages); after each one call [`Parser::finish`].
    pub fn document(_limits: Limits) -> Self {
        todo!()
    }
    /// Makes `ns` the default namespace of elements that stand under no declaration.
    #[must_use]
    pub fn with_default_namespace(self, _ns: Namespace) -> Self {
        todo!()
    }
    /// Adds received bytes.
    pub fn push(&mut self, _bytes: &[u8]) {
        todo!()
    }
    /// The next event; `None` means nothing yet. After an error every later call returns the same error.
    pub fn poll(&mut self) -> Result<Option<ParserEvent>, ParseError> {
        todo!()
    }
    /// Says that no more bytes come for this document; an error if something is incomplete. Ready for the next document.
    pub fn finish(&mut self) -> Result<(), ParseError> {
        todo!()
    }
    /// Bytes pushed but not yet part of an event that was returned.
    pub fn buffered(&self) -> usize {
        todo!()
    }
    /// Forgets everything but the buffers and the limits: a restarted stream (bytes not yet consumed stay).
    pub fn restart(&mut self) {
        todo!()
    }
    /// Other limits from the next stanza on.
    pub fn set_limits(&mut self, _limits: Limits) {
        todo!()
    }
}

/// Why input was rejected: the rule that was broken and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at byte {offset}")]
pub struct ParseError {
    /// The rule that was broken.
    pub rule: ParseRule,
    /// Offset of the byte in all that was pushed since the parser was made or restarted.
    pub offset: u64,
}

/// A rule of XML 1.0, Namespaces 1.0 or RFC 6120 §11, or a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRule {
    /// Invalid UTF-8 (RFC 6120 §11.6).
    #[error("invalid UTF-8")]
    Utf8,
    // … to be completed: one variant per rule; `ParseError::condition() -> StreamErrorCondition`
}
