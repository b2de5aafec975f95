//! The cursor: reading an element.

use std::{borrow::Cow, fmt};

use super::super::{
    Namespace, ns,
    ns::KNOWN,
    table::{Entry, Kind, NsId},
    unescape,
    writer::to_document,
};
use super::{Attrs, Children, Element, Nodes, Walk, compare, extract};

/// A cursor at one element of a parsed document; `Copy`.
#[derive(Clone, Copy)]
pub struct ElementRef<'a> {
    text: &'a str,
    nodes: &'a [Entry],
    index: u32,
    /// Whose document this is, unless a parser lends it.
    owner: Option<&'a Element>,
}

impl<'a> ElementRef<'a> {
    #[inline]
    pub(super) fn owned(text: &'a str, nodes: &'a [Entry], index: u32, owner: &'a Element) -> Self {
        Self {
            text,
            nodes,
            index,
            owner: Some(owner),
        }
    }

    /// The root of a document that is not in an [`Element`].
    #[inline]
    pub(in super::super) fn lent(text: &'a str, nodes: &'a [Entry]) -> Self {
        Self {
            text,
            nodes,
            index: 0,
            owner: None,
        }
    }

    /// The same document, another element.
    #[inline]
    pub(in super::super) fn with_index(self, index: usize) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "tables are indexed by u32")]
        Self {
            index: index as u32,
            ..self
        }
    }

    /// The document's text.
    #[inline]
    pub(in super::super) fn document(self) -> &'a str {
        self.text
    }

    /// The document's nodes.
    #[inline]
    pub(in super::super) fn table(self) -> &'a [Entry] {
        self.nodes
    }

    #[inline]
    pub(in super::super) fn index(self) -> usize {
        self.index as usize
    }

    pub(super) fn index_u32(self) -> u32 {
        self.index
    }

    #[inline]
    pub(in super::super) fn entry(self) -> &'a Entry {
        &self.nodes[self.index as usize]
    }

    /// Attributes and declarations.
    #[inline]
    pub(in super::super) fn tag_entries(self) -> &'a [Entry] {
        &self.nodes[self.index as usize + 1..self.content_index()]
    }

    /// Index of the first node of the content.
    #[inline]
    pub(in super::super) fn content_index(self) -> usize {
        let first = self.index as usize + 1;
        let entry = self.entry();
        if entry.tags < Entry::MANY {
            return first + entry.tags as usize;
        }
        let rest = &self.nodes[first..entry.next as usize];
        first + rest.iter().take_while(|e| e.in_tag()).count()
    }

    /// The name of a namespace of this document.
    #[inline]
    pub(in super::super) fn ns_name(self, ns: NsId) -> &'a str {
        match ns.as_local() {
            None => ns.as_known().map_or("", |id| KNOWN[id as usize]),
            Some(i) => {
                let first = self.nodes[0].next as usize;
                self.nodes
                    .get(first + i)
                    .map_or("", |local| &self.text[local.span()])
            }
        }
    }

    #[inline]
    pub(in super::super) fn is_ns(self, id: NsId, ns: Namespace) -> bool {
        if id.is(ns.id()) {
            return true;
        }
        // Only a namespace that is not known can have the name of one that is not known.
        id.as_local().is_some() && ns.id() == Namespace::UNKNOWN && self.ns_name(id) == ns.as_str()
    }

    #[inline]
    pub(in super::super) fn is_local_name(self, entry: &Entry, name: &str) -> bool {
        &self.text.as_bytes()[entry.local_span()] == name.as_bytes()
    }

    /// Bytes of the element as it was received, from its `<` to its last `>`.
    pub fn byte_len(self) -> usize {
        let entry = self.entry();
        (entry.end - entry.start) as usize + 1
    }

    /// Local name.
    #[inline]
    pub fn name(self) -> &'a str {
        &self.text[self.entry().local_span()]
    }

    /// Prefix as written.
    pub fn prefix(self) -> Option<&'a str> {
        let prefix = &self.text[self.entry().prefix_span()];
        (!prefix.is_empty()).then_some(prefix)
    }

    /// Namespace name, empty for none.
    #[inline]
    pub fn ns(self) -> &'a str {
        self.ns_name(self.entry().ns)
    }

    /// The default namespace that the element itself declares.
    pub(crate) fn declared_default_ns(self) -> Option<&'a str> {
        self.tag_entries()
            .iter()
            .find(|e| e.kind == Kind::Declaration && e.prefix_len == 0 && e.name_len == 5)
            .map(|e| self.ns_name(e.ns))
    }

    /// Whether it has this namespace.
    #[inline]
    pub fn has_ns(self, ns: Namespace) -> bool {
        self.is_ns(self.entry().ns, ns)
    }

    /// Whether it has this local name and namespace.
    #[inline]
    pub fn is(self, name: &str, ns: Namespace) -> bool {
        let entry = self.entry();
        self.is_ns(entry.ns, ns) && self.is_local_name(entry, name)
    }

    /// The value of the attribute `name` in no namespace, unescaped and normalised.
    #[inline]
    pub fn attr(self, name: &str) -> Option<Cow<'a, str>> {
        self.find_attr(name, |ns| ns.is(ns::NONE.id()))
    }

    /// The value of the attribute `name` in the namespace `ns`.
    pub fn attr_ns(self, name: &str, ns: Namespace) -> Option<Cow<'a, str>> {
        self.find_attr(name, |id| self.is_ns(id, ns))
    }

    #[inline]
    fn find_attr(self, name: &str, is_ns: impl Fn(NsId) -> bool) -> Option<Cow<'a, str>> {
        let mut i = self.index as usize + 1;
        while let Some(entry) = self.nodes.get(i) {
            match entry.kind {
                Kind::Attribute if self.is_local_name(entry, name) && is_ns(entry.ns) => {
                    return Some(self.value(entry));
                }
                Kind::Attribute | Kind::Declaration => i += 1,
                _ => break,
            }
        }
        None
    }

    /// The value of an attribute.
    #[inline]
    pub(in super::super) fn value(self, entry: &Entry) -> Cow<'a, str> {
        let raw = &self.text[entry.value_span()];
        if entry.has(Entry::ESCAPED) {
            unescape::value(raw)
        } else {
            Cow::Borrowed(raw)
        }
    }

    /// The value of an attribute, in `scratch` if it does not stand in the text as it is.
    #[inline]
    pub(super) fn value_in<'b>(self, entry: &Entry, scratch: &'b mut String) -> &'b str
    where
        'a: 'b,
    {
        let raw = &self.text[entry.value_span()];
        if !entry.has(Entry::ESCAPED) {
            return raw;
        }
        scratch.clear();
        if unescape::push_value(raw, scratch) {
            scratch
        } else {
            raw
        }
    }

    /// What a run of text means.
    #[inline]
    pub(in super::super) fn run(self, entry: &Entry) -> Cow<'a, str> {
        let raw = &self.text[entry.span()];
        if entry.has(Entry::ESCAPED) {
            unescape::text(raw)
        } else {
            Cow::Borrowed(raw)
        }
    }

    /// Attributes without namespace declarations, in the order of the text.
    #[inline]
    pub fn attrs(self) -> Attrs<'a> {
        Attrs::new(self)
    }

    /// Child nodes: elements and runs of text.
    #[inline]
    pub fn nodes(self) -> Nodes<'a> {
        Nodes::new(self)
    }

    /// This element and all that is in it, in the order of the text, however deep, without recursion.
    #[inline]
    pub fn walk(self) -> Walk<'a> {
        Walk::new(self)
    }

    /// Child elements.
    #[inline]
    pub fn children(self) -> Children<'a> {
        Children::new(self)
    }

    /// First child element of that name and namespace.
    #[inline]
    pub fn child(self, name: &str, ns: Namespace) -> Option<ElementRef<'a>> {
        self.children().find(|child| child.is(name, ns))
    }

    /// Direct character data, joined.
    #[inline]
    pub fn text(self) -> Cow<'a, str> {
        let mut text = Cow::Borrowed("");
        let mut i = self.content_index();
        while i < self.entry().next as usize {
            let entry = &self.nodes[i];
            if entry.kind == Kind::Text {
                let run = self.run(entry);
                if text.is_empty() {
                    text = run;
                } else {
                    text.to_mut().push_str(&run);
                }
            }
            i = entry.next as usize;
        }
        text
    }

    /// As [`ElementRef::text`], but text that must be unescaped or joined is put into `scratch` instead of a new
    /// allocation.
    #[inline]
    pub fn text_in<'b>(self, scratch: &'b mut String) -> &'b str
    where
        'a: 'b,
    {
        scratch.clear();
        let mut only: Option<&'a str> = None;
        let mut i = self.content_index();
        while i < self.entry().next as usize {
            let entry = &self.nodes[i];
            if entry.kind == Kind::Text {
                let raw = &self.text[entry.span()];
                // The first run waits: where it is all there is, nothing need be copied.
                scratch.push_str(only.take().unwrap_or_default());
                if !(entry.has(Entry::ESCAPED) && unescape::push_text(raw, scratch)) {
                    if scratch.is_empty() {
                        only = Some(raw);
                    } else {
                        scratch.push_str(raw);
                    }
                }
            }
            i = entry.next as usize;
        }
        only.unwrap_or(scratch)
    }

    /// The `xml:lang` in force within the document.
    pub fn lang(self) -> Option<Cow<'a, str>> {
        let mut at = self;
        loop {
            if let Some(lang) = at.attr_ns("lang", ns::XML) {
                return Some(lang);
            }
            at = at.parent()?;
        }
    }

    /// The element around this one, if this is not the root of its document. An [`Element`] made from a child still
    /// stands in its document.
    pub(in super::super) fn parent(self) -> Option<Self> {
        let parent = self.entry().link as usize;
        (parent < self.nodes.len()).then(|| self.with_index(parent))
    }

    /// An owned handle at this element; shares the document (see [`Element::shrink`]) unless a parser lends it.
    pub fn to_element(self) -> Element {
        match self.owner {
            Some(owner) => owner.at(self.index),
            None if self.index == 0 => Element::from_parts(self.text.into(), self.nodes.into()),
            None => extract::extract(self),
        }
    }
}

/// The element as XML; without its content and its attributes' values if a namespace says that it may hold a
/// password or a proof of one.
impl fmt::Debug for ElementRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.entry();
        let secret = [ns::SASL, ns::SASL2, ns::FAST, ns::REGISTER].map(Namespace::id);
        let subtree = &self.nodes[self.index as usize..entry.next as usize];
        if subtree
            .iter()
            .any(|e| e.kind == Kind::Element && secret.iter().any(|&id| e.ns.is(id)))
        {
            return write!(f, "<{} xmlns='{}' (redacted)/>", self.name(), self.ns());
        }
        fmt::Display::fmt(self, f)
    }
}

/// Valid XML on its own.
impl fmt::Display for ElementRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_document(self))
    }
}

/// Equal by expanded names, attributes as a set, text and children in order.
impl PartialEq for ElementRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        compare::equal(*self, *other)
    }
}

impl Eq for ElementRef<'_> {}

impl PartialEq<Element> for ElementRef<'_> {
    fn eq(&self, other: &Element) -> bool {
        *self == other.root()
    }
}
