//! Parsed elements: an owned handle and a cursor into it.

mod compare;
mod cursor;
mod extract;
mod iter;
mod walk;
mod write;

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

pub(super) use self::write::{Shape, attribute_span, write_attributes};
pub use self::{
    cursor::ElementRef,
    iter::{Attr, Attrs, Children, Node, Nodes},
    walk::{Run, Step, Walk},
};
use super::{
    Limits, Namespace, ParseError, ParseRule, WriteXml, Writer, chars, ns,
    parser::{Machine, Mode, view},
    table::Entry,
};

/// An owned, immutable XML element: text as received and a node table, shared by reference counting.
///
/// Cloning is cheap. A child taken with [`ElementRef::to_element`] keeps the whole document alive;
/// [`Element::shrink`] gives it one of its own.
#[derive(Clone)]
pub struct Element {
    text: Arc<str>,
    nodes: Arc<[Entry]>,
    index: u32,
}

const _: () = {
    const fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<Element>();
};

impl Element {
    pub(super) fn from_parts(text: Arc<str>, nodes: Arc<[Entry]>) -> Self {
        Self {
            text,
            nodes,
            index: 0,
        }
    }

    /// Parses one standalone document (default [`super::Limits`] of a client).
    ///
    /// # Errors
    ///
    /// [`ParseError`] names the rule that `xml` breaks, and where.
    pub fn parse(xml: &str) -> Result<Self, ParseError> {
        Self::parse_in(xml, Limits::CLIENT, ns::NONE)
    }

    /// Parses one document within `limits`, where `default_ns` is the default namespace where none is declared.
    ///
    /// # Errors
    ///
    /// [`ParseError`] names the rule that `xml` breaks, and where.
    pub fn parse_in(xml: &str, limits: Limits, default_ns: Namespace) -> Result<Self, ParseError> {
        let examined = chars::examine(xml.as_bytes());
        let text = &xml[..examined.allowed];
        let error = |rule, at: usize| ParseError {
            rule,
            offset: at as u64,
        };
        let mut machine = Machine::new(Mode::Document, limits);
        machine.set_default_namespace(default_ns);
        let mut pos = 0;
        let mut element = None;
        loop {
            match machine.next(text, &mut pos, examined.controls_end) {
                Ok(Some(found)) => {
                    let mut scratch = String::new();
                    let (text, nodes) = view(&mut machine, text, &mut scratch, &found);
                    element = Some(Self::from_parts(text.into(), nodes.into()));
                }
                Ok(None) if text.len() < xml.len() => {
                    return Err(error(ParseRule::ForbiddenCharacter, text.len()));
                }
                Ok(None) => break,
                Err(fault) => return Err(error(fault.rule, fault.at)),
            }
        }
        element
            .filter(|_| machine.is_closed() && pos == text.len())
            .ok_or(error(ParseRule::UnexpectedEnd, text.len()))
    }

    /// Builds an element by writing it: `Element::build(ns::CLIENT, |w| { … one element … })`; `default_ns` is the
    /// default namespace at that place.
    ///
    /// # Panics
    ///
    /// If what is written is not one element.
    pub fn build(default_ns: Namespace, write: impl FnOnce(&mut Writer<'_>)) -> Self {
        let mut text = String::with_capacity(512);
        write(&mut Writer::new(&mut text, default_ns));
        match Self::parse_in(&text, Limits::NONE, default_ns) {
            Ok(element) => element,
            Err(error) => panic!("what was written is not one element: {error}"),
        }
    }

    /// The element form of a typed value.
    ///
    /// # Panics
    ///
    /// If `value` does not write one element, against the contract of [`WriteXml`].
    pub fn from_xml(value: &impl WriteXml) -> Self {
        Self::build(ns::CLIENT, |w| value.write_xml(w))
    }

    /// The cursor at the root.
    #[inline]
    pub fn root(&self) -> ElementRef<'_> {
        ElementRef::owned(&self.text, &self.nodes, self.index, self)
    }

    /// A handle at another element of the same document.
    pub(super) fn at(&self, index: u32) -> Self {
        Self {
            index,
            ..self.clone()
        }
    }

    /// A copy that shares nothing with a larger stanza. An `xml:lang` that an outer element gives is left behind.
    #[must_use]
    pub fn shrink(&self) -> Self {
        if self.index == 0 {
            self.clone()
        } else {
            extract::extract(self.root())
        }
    }

    /// Bytes of memory that this handle keeps alive: its document's text and node table.
    pub fn memory(&self) -> usize {
        self.text.len() + size_of_val::<[Entry]>(&self.nodes)
    }

    /// Local name.
    #[inline]
    pub fn name(&self) -> &str {
        self.root().name()
    }

    /// Prefix as written.
    pub fn prefix(&self) -> Option<&str> {
        self.root().prefix()
    }

    /// Namespace name, empty for none.
    #[inline]
    pub fn ns(&self) -> &str {
        self.root().ns()
    }

    /// Whether it has this namespace.
    #[inline]
    pub fn has_ns(&self, ns: Namespace) -> bool {
        self.root().has_ns(ns)
    }

    /// Whether it has this local name and namespace.
    #[inline]
    pub fn is(&self, name: &str, ns: Namespace) -> bool {
        self.root().is(name, ns)
    }

    /// The value of the attribute `name` in no namespace, unescaped.
    #[inline]
    pub fn attr(&self, name: &str) -> Option<Cow<'_, str>> {
        self.root().attr(name)
    }

    /// The value of the attribute `name` in the namespace `ns`.
    pub fn attr_ns(&self, name: &str, ns: Namespace) -> Option<Cow<'_, str>> {
        self.root().attr_ns(name, ns)
    }

    /// Attributes without namespace declarations.
    pub fn attrs(&self) -> Attrs<'_> {
        self.root().attrs()
    }

    /// Child nodes: elements and runs of text.
    pub fn nodes(&self) -> Nodes<'_> {
        self.root().nodes()
    }

    /// First child element of that name and namespace.
    #[inline]
    pub fn child(&self, name: &str, ns: Namespace) -> Option<ElementRef<'_>> {
        self.root().child(name, ns)
    }

    /// Child elements.
    #[inline]
    pub fn children(&self) -> Children<'_> {
        self.root().children()
    }

    /// Direct character data, joined.
    #[inline]
    pub fn text(&self) -> Cow<'_, str> {
        self.root().text()
    }

    /// The `xml:lang` in force within the document.
    pub fn lang(&self) -> Option<Cow<'_, str>> {
        self.root().lang()
    }
}

/// As [`ElementRef`]'s.
impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

/// Valid XML on its own.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.root(), f)
    }
}

/// Equal by expanded names, attributes as a set, text and children in order.
impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl Eq for Element {}

impl PartialEq<ElementRef<'_>> for Element {
    fn eq(&self, other: &ElementRef<'_>) -> bool {
        self.root() == *other
    }
}

impl FromStr for Element {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        Self::parse(s)
    }
}

impl WriteXml for Element {
    fn write_xml(&self, w: &mut Writer<'_>) {
        self.root().write_xml(w);
    }
}

impl<'a> From<&'a Element> for ElementRef<'a> {
    fn from(element: &'a Element) -> Self {
        element.root()
    }
}
