//! Parsed elements: an owned handle and a cursor into it.

use std::{borrow::Cow, fmt, str::FromStr};

use super::{Namespace, ParseError, WriteXml, Writer};

/// An owned, immutable XML element: text as received and a node table, shared by reference counting.
#[derive(Clone)]
pub struct Element {/* private */}

impl Element {
    /// Parses one standalone document (default [`super::Limits`] of a client).
    pub fn parse(_xml: &str) -> Result<Self, ParseError> {
        todo!()
    }
    /// Builds an element by writing it: `Element::build(ns::CLIENT, |w| { … one element … })`; `default_ns` is the default
    /// namespace at that place. Panics if what is written is not one element.
    pub fn build(_default_ns: Namespace, _write: impl FnOnce(&mut Writer<'_>)) -> Self {
        todo!()
    }
    /// The element form of a typed value.
    pub fn from_xml(_value: &impl WriteXml) -> Self {
        todo!()
    }
    /// The cursor at the root.
    pub fn root(&self) -> ElementRef<'_> {
        todo!()
    }
    /// A copy that shares nothing with a larger stanza.
    pub fn shrink(&self) -> Self {
        todo!()
    }
    // Every method of `ElementRef` by delegation: name ns is attr attr_ns attrs children child nodes text lang
    /// Local name.
    pub fn name(&self) -> &str {
        todo!()
    }
    /// Namespace name, empty for none.
    pub fn ns(&self) -> &str {
        todo!()
    }
    /// Whether it has this local name and namespace.
    pub fn is(&self, _name: &str, _ns: Namespace) -> bool {
        todo!()
    }
    /// The value of the attribute `name` in no namespace, unescaped.
    pub fn attr(&self, _name: &str) -> Option<Cow<'_, str>> {
        todo!()
    }
    /// First child element of that name and namespace.
    pub fn child(&self, _name: &str, _ns: Namespace) -> Option<ElementRef<'_>> {
        todo!()
    }
    /// Child elements.
    pub fn children(&self) -> Children<'_> {
        todo!()
    }
    /// Direct character data, joined.
    pub fn text(&self) -> Cow<'_, str> {
        todo!()
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
/// Valid XML on its own.
impl fmt::Display for Element {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
/// Equal by expanded names, attributes as a set, text and children in order.
impl PartialEq for Element {
    fn eq(&self, _other: &Self) -> bool {
        todo!()
    }
}
impl Eq for Element {}
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

/// A cursor at one element of a parsed document; `Copy`.
#[derive(Clone, Copy, Debug)]
pub struct ElementRef<'a> {
    _p: &'a (),
}

impl<'a> ElementRef<'a> {
    /// Local name.
    pub fn name(self) -> &'a str {
        todo!()
    }
    /// Prefix as written.
    pub fn prefix(self) -> Option<&'a str> {
        todo!()
    }
    /// Namespace name, empty for none.
    pub fn ns(self) -> &'a str {
        todo!()
    }
    /// Whether it has this namespace.
    pub fn has_ns(self, _ns: Namespace) -> bool {
        todo!()
    }
    /// Whether it has this local name and namespace.
    pub fn is(self, _name: &str, _ns: Namespace) -> bool {
        todo!()
    }
    /// The value of the attribute `name` in no namespace, unescaped and normalised.
    pub fn attr(self, _name: &str) -> Option<Cow<'a, str>> {
        todo!()
    }
    /// The value of the attribute `name` in the namespace `ns`.
    pub fn attr_ns(self, _name: &str, _ns: Namespace) -> Option<Cow<'a, str>> {
        todo!()
    }
    /// Attributes without namespace declarations.
    pub fn attrs(self) -> Attrs<'a> {
        todo!()
    }
    /// Child nodes: elements and runs of text.
    pub fn nodes(self) -> Nodes<'a> {
        todo!()
    }
    /// Child elements.
    pub fn children(self) -> Children<'a> {
        todo!()
    }
    /// First child element of that name and namespace.
    pub fn child(self, _name: &str, _ns: Namespace) -> Option<ElementRef<'a>> {
        todo!()
    }
    /// Direct character data, joined.
    pub fn text(self) -> Cow<'a, str> {
        todo!()
    }
    /// The `xml:lang` in force within the document.
    pub fn lang(self) -> Option<Cow<'a, str>> {
        todo!()
    }
    /// An owned handle at this element; shares the document (see [`Element::shrink`]).
    pub fn to_element(self) -> Element {
        todo!()
    }
}

impl WriteXml for ElementRef<'_> {
    fn write_xml(&self, _w: &mut Writer<'_>) {
        todo!()
    }
}

/// One attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attr<'a> {
    _p: &'a (),
}
impl<'a> Attr<'a> {
    /// Local name.
    pub fn name(self) -> &'a str {
        todo!()
    }
    /// Namespace name, empty for none.
    pub fn ns(self) -> &'a str {
        todo!()
    }
    /// Value, unescaped and normalised.
    pub fn value(self) -> Cow<'a, str> {
        todo!()
    }
}

/// A child node.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    /// An element.
    Element(ElementRef<'a>),
    /// A run of character data, unescaped.
    Text(Cow<'a, str>),
}

/// Iterator over attributes.
#[derive(Clone, Debug)]
pub struct Attrs<'a> {
    _p: &'a (),
}
impl<'a> Iterator for Attrs<'a> {
    type Item = Attr<'a>;
    fn next(&mut self) -> Option<Attr<'a>> {
        todo!()
    }
}
/// Iterator over child nodes.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    _p: &'a (),
}
impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;
    fn next(&mut self) -> Option<Node<'a>> {
        todo!()
    }
}
/// Iterator over child elements.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    _p: &'a (),
}
impl<'a> Iterator for Children<'a> {
    type Item = ElementRef<'a>;
    fn next(&mut self) -> Option<ElementRef<'a>> {
        todo!()
    }
}
