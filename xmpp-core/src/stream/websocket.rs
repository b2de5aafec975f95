//! Streams over WebSocket (RFC 7395).

use std::{collections::VecDeque, fmt};

use super::{
    Codec, OutItem, StreamError, StreamErrorCondition, StreamItem,
    codec::sealed,
    tcp::{read_header, write_header},
};
use crate::xml::{Element, Limits, ParseError, ParseRule, Parser, ParserEvent, Writer, ns};

/// The framing of RFC 7395: `<open/>` and `<close/>` in place of the root's tags, one standalone element a message.
///
/// It writes the very forms that the pickiest client in use recognises (BOSH 15.8, 15.12) and reads every form that the
/// RFC allows.
pub struct WebSocketCodec {
    parser: Parser,
    limits: Limits,
    /// The parser holds a message.
    pending: bool,
    /// Messages behind that one.
    inbox: VecDeque<String>,
    /// Bytes in the inbox, with what its entries take themselves.
    inbox_bytes: usize,
    failed: Option<StreamError>,
}

/// BOSH 15.12: Strophe.js takes this text, with this space, as the end of the stream, and no other.
const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" />"#;

/// What a message in the inbox takes beside its text: a flood of empty ones is not free.
const ENTRY: usize = size_of::<String>();

impl WebSocketCodec {
    /// A codec that takes at most `limits` from the peer.
    pub fn new(limits: Limits) -> Self {
        Self {
            parser: Parser::document(limits),
            limits,
            pending: false,
            inbox: VecDeque::new(),
            inbox_bytes: 0,
            failed: None,
        }
    }

    /// Adds a received text message.
    pub fn push(&mut self, message: &str) {
        if self.failed.is_some() {
            return;
        }
        if self.pending || !self.inbox.is_empty() {
            self.inbox_bytes += message.len() + ENTRY;
            self.inbox.push_back(message.to_owned());
        } else {
            self.load(message);
        }
    }

    fn load(&mut self, message: &str) {
        // BOSH 15.4, HDR-17: the first character is `<`.
        if !message.starts_with('<') {
            self.failed = Some(
                StreamError::new(StreamErrorCondition::BadFormat)
                    .with_text("a message starts with '<'"),
            );
            return;
        }
        self.pending = true;
        self.parser.push(message.as_bytes());
    }

    fn message(&mut self) -> Result<StreamItem, StreamError> {
        let mut root = None;
        while let Some(event) = self.parser.poll().map_err(framing_error)? {
            if let ParserEvent::Element(element) = event {
                root.get_or_insert(element);
            }
        }
        self.parser.finish().map_err(framing_error)?;
        self.pending = false;
        item(root.ok_or(StreamErrorCondition::NotWellFormed)?)
    }
}

/// Without what was received: that may hold a password.
impl fmt::Debug for WebSocketCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketCodec")
            .field("buffered", &self.buffered())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl sealed::Sealed for WebSocketCodec {}

impl Codec for WebSocketCodec {
    fn next(&mut self) -> Result<Option<StreamItem>, StreamError> {
        if !self.pending
            && let Some(message) = self.inbox.pop_front()
        {
            self.inbox_bytes -= message.len() + ENTRY;
            self.load(&message);
        }
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if !self.pending {
            return Ok(None);
        }
        self.message()
            .map(Some)
            .inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn encode(&mut self, item: OutItem<'_>, out: &mut String) {
        match item {
            OutItem::Open(header) => {
                // BOSH 15.8: `<open ` at offset 0, no prefix.
                let mut w = Writer::new(out, ns::NONE);
                let open = w.start("open", ns::FRAMING);
                write_header(header, &mut w);
                w.end(open);
            }
            OutItem::Nonza(text) => out.push_str(text),
            // BOSH 15.3: every message declares all its namespaces.
            OutItem::Stanza(text) => declare(text, "xmlns", ns::CLIENT.as_str(), out),
            OutItem::Features(text) | OutItem::Error(text) => {
                declare(text, "xmlns:stream", ns::STREAMS.as_str(), out);
            }
            OutItem::Close => out.push_str(CLOSE),
        }
    }

    fn buffered(&self) -> usize {
        self.inbox_bytes
            + if self.pending {
                self.parser.buffered()
            } else {
                0
            }
    }

    /// Nothing: each message is a document of its own.
    fn restart(&mut self) {}

    fn set_limits(&mut self, limits: Limits) {
        if self.limits != limits {
            self.limits = limits;
            self.parser.set_limits(limits);
        }
    }
}

/// HDR-17, BOSH 15.7: what a message may be.
fn item(element: Element) -> Result<StreamItem, StreamError> {
    if element.is("open", ns::FRAMING) {
        return Ok(StreamItem::Open(read_header(&element)));
    }
    if element.is("close", ns::FRAMING) {
        return Ok(StreamItem::Close);
    }
    // A stanza that counts on a default namespace of the stream, or another framing.
    if element.ns().is_empty() || matches!(element.name(), "open" | "close") {
        return Err(StreamErrorCondition::InvalidNamespace.into());
    }
    Ok(StreamItem::Element(element))
}

/// HDR-17: more than one element in a message is `bad-format`.
fn framing_error(error: ParseError) -> StreamError {
    match error.rule {
        ParseRule::ContentAfterRoot | ParseRule::TextOutsideRoot => {
            StreamError::new(StreamErrorCondition::BadFormat)
                .with_text("a message holds one element")
        }
        _ => error.into(),
    }
}

/// Appends `text` with a declaration behind the name of its root.
fn declare(text: &str, attribute: &str, value: &str, out: &mut String) {
    let name = text
        .bytes()
        .position(|b| matches!(b, b' ' | b'/' | b'>' | b'\t' | b'\n'))
        .unwrap_or(text.len());
    out.reserve(text.len() + attribute.len() + value.len() + 4);
    out.push_str(&text[..name]);
    out.push(' ');
    out.push_str(attribute);
    out.push_str("='");
    out.push_str(value);
    out.push('\'');
    out.push_str(&text[name..]);
}
