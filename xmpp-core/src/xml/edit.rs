//! Changing a parsed element: a list of cuts and insertions, applied in one pass.

use std::borrow::Cow;

use super::{
    Element, ElementRef, WriteXml, Writer,
    element::{Shape, Shared, attribute_span, write_attributes, write_content},
    table::{Entry, Kind},
};

/// Changes to a parsed element, applied when it is written: nothing is copied before.
///
/// ```
/// use xmpp_core::xml::{Edit, Element, Fanout, ns};
///
/// let forged = Element::parse("<message xmlns='jabber:client' to='r@muc.example'><body>Hi</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='admin'/></message>")?;
/// let own = Element::parse("<occupant-id xmlns='urn:xmpp:occupant-id:0' id='a7'/>")?;
/// let edit = Edit::new(&forged)
///     .set_attr("from", "r@muc.example/nick")
///     .remove_attr("to")
///     .remove_children(|child| child.is("occupant-id", ns::OCCUPANT_ID))
///     .append(&own);
/// assert_eq!(Fanout::new(&edit).as_str(),
///     "<message from='r@muc.example/nick'><body>Hi</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='a7'/></message>");
/// # Ok::<(), xmpp_core::xml::ParseError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is changed until the edit is written"]
pub struct Edit<'a> {
    element: ElementRef<'a>,
    attributes: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
    /// Indices of child elements to leave out, in order.
    removed: Vec<usize>,
    /// More children, written where the element's namespace is the default one.
    appended: String,
}

impl<'a> Edit<'a> {
    /// No changes yet.
    pub fn new(element: impl Into<ElementRef<'a>>) -> Self {
        Self {
            element: element.into(),
            attributes: Vec::new(),
            removed: Vec::new(),
            appended: String::new(),
        }
    }

    /// Gives the element the attribute `name` (in no namespace, or `xml:lang`), in place of one that it has.
    pub fn set_attr(
        mut self,
        name: impl Into<Cow<'a, str>>,
        value: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.change(name.into(), Some(value.into()));
        self
    }

    /// Takes the attribute `name` (in no namespace, or `xml:lang`) away.
    pub fn remove_attr(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.change(name.into(), None);
        self
    }

    fn change(&mut self, name: Cow<'a, str>, value: Option<Cow<'a, str>>) {
        debug_assert!(
            !name.starts_with("xmlns"),
            "a declaration is not an attribute"
        );
        match self.attributes.iter_mut().find(|(n, _)| *n == name) {
            Some(change) => change.1 = value,
            None => self.attributes.push((name, value)),
        }
    }

    /// Takes away the child elements for which `remove` says so.
    pub fn remove_children(mut self, mut remove: impl FnMut(ElementRef<'a>) -> bool) -> Self {
        let more = self
            .element
            .children()
            .filter(|child| remove(*child))
            .map(ElementRef::index);
        if self.removed.is_empty() {
            self.removed.extend(more);
        } else {
            let more: Vec<usize> = more.collect();
            self.removed.extend(more);
            self.removed.sort_unstable();
            self.removed.dedup();
        }
        self
    }

    /// Adds a child behind the others.
    pub fn append(mut self, child: &impl WriteXml) -> Self {
        child.write_xml(&mut Writer::within(&mut self.appended, self.element.ns()));
        self
    }

    /// The element as changed.
    pub fn to_element(&self) -> Element {
        Element::from_xml(self)
    }

    fn is_changed(&self, entry: &Entry) -> bool {
        let name = &self.element.document()[entry.name_span()];
        entry.kind == Kind::Attribute && self.attributes.iter().any(|(changed, _)| changed == name)
    }

    fn set(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .filter_map(|(name, value)| Some((&**name, value.as_deref()?)))
    }

    /// As received, but for what is changed.
    fn write_plain(&self, shape: &Shape, w: &mut Writer<'_>) {
        let element = self.element;
        let (text, entry) = (element.document(), element.entry());
        let ns = element.ns();
        let is_default = w.is_default_ns(ns);
        let name = entry.name_span();
        w.raw()
            .push_str(&text[entry.element_span().start..name.end]);
        if !is_default && shape.declaration.is_none() {
            w.raw_attr("xmlns", ns);
        }
        for (name, value) in self.set() {
            w.raw_attr(name, value);
        }
        let out = w.raw();
        let mut from = name.end;
        for attribute in element.tag_entries() {
            let is_own = attribute.kind == Kind::Declaration && attribute.prefix_len == 0;
            let (start, end) = attribute_span(text, attribute);
            if self.is_changed(attribute) || is_own && is_default {
                out.push_str(&text[from..start]);
                from = end;
            }
        }
        let tag_end = element
            .tag_entries()
            .last()
            .map_or(name.end, |a| a.end as usize + 1);
        out.push_str(&text[from.min(tag_end)..tag_end]);
        out.push('>');
        let content_from = out.len();
        if !entry.has(Entry::EMPTY) {
            let mut from = tag_end + find(text, tag_end, b'>') + 1;
            let end = entry.end as usize;
            let end = memchr::memrchr(b'<', &text.as_bytes()[..end]).unwrap_or(end);
            for &index in &self.removed {
                let child = element.table()[index].element_span();
                out.push_str(&text[from..child.start]);
                from = child.end;
            }
            out.push_str(&text[from..end]);
        }
        out.push_str(&self.appended);
        if out.len() == content_from {
            out.pop();
            out.push_str("/>");
        } else {
            out.push_str("</");
            out.push_str(&text[name]);
            out.push('>');
        }
    }

    fn write_anew(&self, w: &mut Writer<'_>) {
        let element = self.element;
        let tag = w.start_with(element.name(), element.ns());
        for (name, value) in self.set() {
            w.attr(name, value);
        }
        let shared = Shared::of(element);
        write_attributes(element, &shared, w, |entry| !self.is_changed(entry));
        let mut removed = self.removed.iter().peekable();
        write_content(element, &shared, w, |i| {
            removed.next_if(|&&index| index == i).is_some()
        });
        if !self.appended.is_empty() {
            w.raw().push_str(&self.appended);
        }
        w.end(tag);
    }
}

fn find(text: &str, from: usize, byte: u8) -> usize {
    memchr::memchr(byte, &text.as_bytes()[from..]).unwrap_or_default()
}

impl WriteXml for Edit<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let shape = Shape::of(self.element);
        if shape.is_plain {
            self.write_plain(&shape, w);
        } else {
            self.write_anew(w);
        }
    }
}
