//! Streams on a byte stream (RFC 6120 §4).

use std::fmt;

use super::{
    Codec, OutItem, StreamError, StreamErrorCondition, StreamHeader, StreamItem, codec::sealed,
};
use crate::xml::{Element, Limits, Parser, ParserEvent, Writer, ns};

/// The framing of RFC 6120: `<stream:stream>`, first-level elements, `</stream:stream>`; content namespace
/// `jabber:client`.
pub struct TcpCodec {
    parser: Parser,
    limits: Limits,
    failed: Option<StreamError>,
}

impl TcpCodec {
    /// A codec that takes at most `limits` from the peer.
    pub fn new(limits: Limits) -> Self {
        Self {
            parser: Parser::stream(limits),
            limits,
            failed: None,
        }
    }

    /// Adds received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.parser.push(bytes);
        }
    }
}

/// Without what was received: that may hold a password.
impl fmt::Debug for TcpCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpCodec")
            .field("buffered", &self.buffered())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl sealed::Sealed for TcpCodec {}

impl Codec for TcpCodec {
    fn next(&mut self) -> Result<Option<StreamItem>, StreamError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let item = match self.parser.poll() {
            Ok(None) => return Ok(None),
            Ok(Some(ParserEvent::Open(root))) => header(&root).map(StreamItem::Open),
            Ok(Some(ParserEvent::Element(element))) => Ok(StreamItem::Element(element)),
            Ok(Some(ParserEvent::Close)) => Ok(StreamItem::Close),
            Err(error) => Err(error.into()),
        };
        item.map(Some)
            .inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn encode(&mut self, item: OutItem<'_>, out: &mut String) {
        match item {
            OutItem::Open(header) => {
                out.push_str("<?xml version='1.0'?>");
                let mut w = Writer::new(out, ns::NONE);
                // HDR-2: the prefix `stream`, the content namespace as the default one.
                let _open = w.start_prefixed("stream:stream");
                w.attr("xmlns", ns::CLIENT.as_str());
                w.attr("xmlns:stream", ns::STREAMS.as_str());
                write_header(header, &mut w);
                w.raw();
            }
            OutItem::Stanza(text)
            | OutItem::Nonza(text)
            | OutItem::Features(text)
            | OutItem::Error(text) => out.push_str(text),
            OutItem::Close => out.push_str("</stream:stream>"),
        }
    }

    fn buffered(&self) -> usize {
        self.parser.buffered()
    }

    fn restart(&mut self) {
        self.parser.restart();
    }

    fn set_limits(&mut self, limits: Limits) {
        if self.limits != limits {
            self.limits = limits;
            self.parser.set_limits(limits);
        }
    }
}

/// HDR-1: the root is `{STR}stream`, the default namespace is that of the content. It may be that of the
/// stream too, where every stanza declares its own (RFC 6120 §4.8.5, prefix-free canonicalization).
fn header(root: &Element) -> Result<StreamHeader, StreamError> {
    if root.name() != "stream" {
        return Err(StreamError::new(StreamErrorCondition::BadFormat)
            .with_text("the root element is not 'stream'"));
    }
    let content = root.root().declared_default_ns().unwrap_or_default();
    if !root.root().has_ns(ns::STREAMS)
        || content != ns::CLIENT.as_str() && content != ns::STREAMS.as_str()
    {
        return Err(StreamErrorCondition::InvalidNamespace.into());
    }
    Ok(read_header(root))
}

/// The attributes of a header element.
pub(super) fn read_header(root: &Element) -> StreamHeader {
    let root = root.root();
    let attr = |name| root.attr(name).map(std::borrow::Cow::into_owned);
    StreamHeader {
        to: attr("to"),
        from: attr("from"),
        id: attr("id"),
        lang: root
            .attr_ns("lang", ns::XML)
            .map(std::borrow::Cow::into_owned),
        version: attr("version"),
    }
}

/// Adds the attributes of a header to the element just started.
pub(super) fn write_header(header: &StreamHeader, w: &mut Writer<'_>) {
    w.opt_attr("to", header.to.as_deref());
    w.opt_attr("from", header.from.as_deref());
    w.opt_attr("id", header.id.as_deref());
    w.opt_attr("version", header.version.as_deref());
    w.opt_attr("xml:lang", header.lang.as_deref());
}
