//! The streaming parser: framing and parsing in one pass.
#![expect(clippy::inline_always, reason = "the hot path is one loop; measured")]

mod attribute;
mod content;
mod declare;
mod input;
mod machine;
mod nodes;
mod plain;
mod prolog;
mod reference;
mod scope;
mod tag;
#[cfg(test)]
mod tests;
mod tree;

use std::{fmt, sync::Arc};

use self::input::Input;
pub(super) use self::machine::{Found, Machine, Mode};
use super::{Element, ElementRef, Limits, Namespace, ParseError, ParseRule, table::Entry};

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

/// What the parser found, lent: nothing is allocated for it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ParserEventRef<'a> {
    /// As [`ParserEvent::Open`].
    Open(ElementRef<'a>),
    /// As [`ParserEvent::Element`].
    Element(ElementRef<'a>),
    /// As [`ParserEvent::Close`].
    Close,
}

/// Push bytes, pull events; any chunking gives the same events.
///
/// What is accepted is XML 1.0 (fifth edition) with Namespaces in XML 1.0 as far as [RFC 6120 §11] allows it: UTF-8
/// only, no document type declaration, no comment, no processing instruction, no entity but the five that are
/// predefined. White space between stanzas is skipped.
///
/// ```
/// use xmpp_core::xml::{Limits, Parser, ParserEvent, ns};
///
/// let mut parser = Parser::stream(Limits::CLIENT);
/// parser.push(b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
/// parser.push(b"<message><body>Hi &amp; bye</bo");
/// assert!(matches!(parser.poll(), Ok(Some(ParserEvent::Open(_)))));
/// assert_eq!(parser.poll(), Ok(None));
/// parser.push(b"dy></message>");
/// let Ok(Some(ParserEvent::Element(message))) = parser.poll() else { panic!() };
/// assert_eq!(message.child("body", ns::CLIENT).unwrap().text(), "Hi & bye");
/// ```
///
/// [RFC 6120 §11]: https://www.rfc-editor.org/rfc/rfc6120#section-11
pub struct Parser {
    machine: Machine,
    input: Input,
    failed: Option<ParseError>,
    /// Holds what is lent or made an element when it does not stand in the input as it is.
    scratch: String,
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Parser>();
};

/// Without the input, which may hold secrets.
impl fmt::Debug for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parser")
            .field("limits", &self.machine.limits())
            .field("buffered", &self.buffered())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl Parser {
    fn new(mode: Mode, limits: Limits) -> Self {
        Self {
            machine: Machine::new(mode, limits),
            input: Input::default(),
            failed: None,
            scratch: String::new(),
        }
    }

    /// A parser of a stream: root start tag, children, root end tag. A BOSH `<body/>` is one too.
    pub fn stream(limits: Limits) -> Self {
        Self::new(Mode::Stream, limits)
    }

    /// A parser of documents of one element each (WebSocket messages); after each one call [`Parser::finish`].
    pub fn document(limits: Limits) -> Self {
        Self::new(Mode::Document, limits)
    }

    /// Makes `ns` the default namespace of elements that stand under no declaration.
    #[must_use]
    pub fn with_default_namespace(mut self, ns: Namespace) -> Self {
        self.machine.set_default_namespace(ns);
        self
    }

    /// Demands that each document's first byte is `<`: no white space, no byte order mark (RFC 7395 §3.3.3, HDR-17).
    #[must_use]
    pub fn with_strict_start(mut self) -> Self {
        self.machine.strict_start = true;
        self
    }

    /// Adds received bytes. They are kept until they are polled: poll until `None` after each call.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.input
                .push(bytes, self.machine.limits().clamped().stanza_bytes);
        }
    }

    /// The next event; `None` means nothing yet. After an error every later call returns the same error.
    ///
    /// # Errors
    ///
    /// [`ParseError`] names the rule that the input breaks, and where.
    #[inline]
    pub fn poll(&mut self) -> Result<Option<ParserEvent>, ParseError> {
        let Some(found) = self.advance()? else {
            return Ok(None);
        };
        if matches!(found, Found::Close) {
            return Ok(Some(ParserEvent::Close));
        }
        let (text, nodes) = view(
            &mut self.machine,
            self.input.text(),
            &mut self.scratch,
            &found,
        );
        let element = Element::from_parts(Arc::from(text), Arc::from(nodes));
        Ok(Some(match found {
            Found::Open(_) => ParserEvent::Open(element),
            _ => ParserEvent::Element(element),
        }))
    }

    /// As [`Parser::poll`], but what was found is lent and nothing is allocated for it; [`ElementRef::to_element`] makes
    /// it last.
    ///
    /// # Errors
    ///
    /// As [`Parser::poll`].
    #[inline]
    pub fn poll_ref(&mut self) -> Result<Option<ParserEventRef<'_>>, ParseError> {
        let Some(found) = self.advance()? else {
            return Ok(None);
        };
        if matches!(found, Found::Close) {
            return Ok(Some(ParserEventRef::Close));
        }
        let (text, nodes) = view(
            &mut self.machine,
            self.input.text(),
            &mut self.scratch,
            &found,
        );
        let element = ElementRef::lent(text, nodes);
        Ok(Some(match found {
            Found::Open(_) => ParserEventRef::Open(element),
            _ => ParserEventRef::Element(element),
        }))
    }

    #[inline]
    fn advance(&mut self) -> Result<Option<Found>, ParseError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let Self { machine, input, .. } = self;
        let mut pos = input.pos;
        let result = machine.next(input.text(), &mut pos, input.controls_end);
        input.pos = pos;
        match result {
            Ok(Some(found)) => Ok(Some(found)),
            Ok(None) => match input.fault() {
                None => Ok(None),
                Some(rule) => Err(self.fail(rule, self.input.text().len())),
            },
            Err(fault) => Err(self.fail(fault.rule, fault.at)),
        }
    }

    #[cold]
    fn fail(&mut self, rule: ParseRule, at: usize) -> ParseError {
        let error = ParseError {
            rule,
            offset: self.input.offset(at),
        };
        self.failed = Some(error);
        error
    }

    /// Says that no more bytes come for this document. Ready for the next document, then; its offsets count anew. Poll
    /// until `None` before.
    ///
    /// # Errors
    ///
    /// [`ParseRule::UnexpectedEnd`] if something is incomplete or there is no element at all; what [`Parser::poll`] would
    /// return if what follows the root is wrong.
    pub fn finish(&mut self) -> Result<(), ParseError> {
        let rest = self.advance()?;
        if rest.is_some() || !self.machine.is_closed() || self.input.remaining() > 0 {
            return Err(self.fail(ParseRule::UnexpectedEnd, self.input.text().len()));
        }
        self.machine.reset(false);
        self.input.count_anew();
        Ok(())
    }

    /// Bytes pushed but not yet part of an event that was returned. White space between stanzas counts until it is
    /// polled.
    pub fn buffered(&self) -> usize {
        self.input.remaining()
    }

    /// Forgets everything but the buffers and the limits: a restarted stream (bytes not yet consumed stay). White
    /// space that ends the old stream is skipped (HDR-13); offsets count from here.
    pub fn restart(&mut self) {
        self.failed = None;
        self.machine.reset(true);
        self.input.count_anew();
    }

    /// Other limits from the next stanza on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.machine.set_limits(limits);
    }
}

/// The text and the nodes of what was found.
pub(super) fn view<'a>(
    machine: &'a mut Machine,
    input: &'a str,
    scratch: &'a mut String,
    found: &Found,
) -> (&'a str, &'a [Entry]) {
    let tree = &mut machine.tree;
    let (span, is_open) = match found {
        Found::Open(span) => (span.clone(), true),
        Found::Element(span) => (span.clone(), false),
        Found::Close => return ("", &[]),
    };
    let mut text = &input[span];
    if is_open && !tree.nodes[0].has(Entry::EMPTY) {
        // A start tag becomes an element that is complete.
        scratch.clear();
        scratch.push_str(&text[..text.len() - 1]);
        scratch.push_str("/>");
        tree.nodes[0].flags |= Entry::EMPTY;
        tree.nodes[0].end += 1;
        tree.finish(scratch.len());
        scratch.push_str(tree.tail());
        text = scratch;
    } else {
        tree.finish(text.len());
        if !tree.tail().is_empty() {
            scratch.clear();
            scratch.push_str(text);
            scratch.push_str(tree.tail());
            text = scratch;
        }
    }
    (text, &machine.tree.nodes)
}
