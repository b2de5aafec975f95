//! The children of a stanza.

use std::{borrow::Cow, slice};

use xmpp_core::xml::{
    Element, ElementRef, LangMap, Namespace, Payload, PayloadError, WriteXml, Writer, ns,
};

/// The child elements of a stanza, in order. They stay elements until a typed one is asked for;
/// what nobody knows is kept and written back.
///
/// Those of a stanza that was received share its document: any one of them, kept, keeps all of the
/// stanza ([`Element::memory`] says how much that is). [`Element::shrink`] one that is kept for
/// longer. A typed payload owns what it read and keeps nothing, but for its fields that are an
/// [`Element`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payloads(Vec<Element>);

impl Payloads {
    /// No children.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The children of a stanza that was received. They share its document; see [`Payloads`].
    pub fn of(stanza: ElementRef<'_>) -> Self {
        Self(stanza.children().map(ElementRef::to_element).collect())
    }

    /// The first payload of the type `P`, `None` when there is no such element.
    ///
    /// # Errors
    ///
    /// A [`PayloadError`] when there is such an element, but it breaks its schema.
    pub fn get<P: Payload>(&self) -> Result<Option<P>, PayloadError> {
        self.all().next().transpose()
    }

    /// Every payload of the type `P`.
    pub fn all<P: Payload>(&self) -> impl Iterator<Item = Result<P, PayloadError>> {
        self.iter()
            .filter(|child| P::matches(*child))
            .map(P::from_element)
    }

    /// Whether there is an element of the type `P`, valid or not.
    pub fn has<P: Payload>(&self) -> bool {
        self.iter().any(P::matches)
    }

    /// The first child of that name and namespace.
    pub fn child(&self, name: &str, ns: Namespace) -> Option<ElementRef<'_>> {
        self.iter().find(|child| child.is(name, ns))
    }

    /// Adds a payload at the end.
    pub fn push(&mut self, payload: &impl WriteXml) {
        self.0.push(Element::from_xml(payload));
    }

    /// Adds an element at the end.
    pub fn push_element(&mut self, element: Element) {
        self.0.push(element);
    }

    /// Adds a payload in the place of the first one of its type, and removes any others.
    pub fn set<P: Payload>(&mut self, payload: &P) {
        let place = self.iter().position(P::matches).unwrap_or(self.0.len());
        self.remove::<P>();
        self.0.insert(place, Element::from_xml(payload));
    }

    /// Removes every element of the type `P`, and says how many there were.
    pub fn remove<P: Payload>(&mut self) -> usize {
        self.retain(|child| !P::matches(child))
    }

    /// Keeps the children that `keep` wants, and says how many it did not.
    pub fn retain(&mut self, mut keep: impl FnMut(ElementRef<'_>) -> bool) -> usize {
        let before = self.0.len();
        self.0.retain(|child| keep(child.root()));
        before - self.0.len()
    }

    /// The children, in order.
    pub fn iter(&self) -> impl Iterator<Item = ElementRef<'_>> {
        self.0.iter().map(Element::root)
    }

    /// The children as owned handles.
    pub fn as_slice(&self) -> &[Element] {
        &self.0
    }

    /// The number of children.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no children.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of the first child `name` of the stanza's own namespace without an `xml:lang`, else
    /// of the first.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut first = None;
        for child in self.iter().filter(|child| child.is(name, ns::CLIENT)) {
            if child.attr_ns("lang", ns::XML).is_none() {
                return Some(child.text());
            }
            first = first.or(Some(child));
        }
        first.map(ElementRef::text)
    }

    /// The texts of the children `name` of the stanza's own namespace by language.
    pub(crate) fn texts(&self, name: &str) -> LangMap {
        let mut map = LangMap::new();
        for child in self.iter().filter(|child| child.is(name, ns::CLIENT)) {
            map.read(child);
        }
        map
    }

    /// Puts children `name` in the place of those that are there.
    pub(crate) fn set_texts(&mut self, name: &str, texts: &LangMap) {
        let place = self
            .iter()
            .position(|child| child.is(name, ns::CLIENT))
            .unwrap_or(self.0.len());
        self.retain(|child| !child.is(name, ns::CLIENT));
        let elements = texts.iter().map(|(lang, text)| {
            Element::build(ns::CLIENT, |w| {
                let tag = w.start(name, ns::CLIENT);
                if !lang.is_empty() {
                    w.attr("xml:lang", lang);
                }
                w.text(text);
                w.end(tag);
            })
        });
        self.0.splice(place..place, elements);
    }

    pub(crate) fn write(&self, w: &mut Writer<'_>) {
        for child in self.iter() {
            w.element(child);
        }
    }
}

impl<'a> IntoIterator for &'a Payloads {
    type Item = ElementRef<'a>;
    type IntoIter = std::iter::Map<slice::Iter<'a, Element>, fn(&'a Element) -> ElementRef<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(Element::root)
    }
}

impl FromIterator<Element> for Payloads {
    fn from_iter<I: IntoIterator<Item = Element>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}
