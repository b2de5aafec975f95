//! Changing a parsed element: a list of cuts and insertions, applied in one pass.

mod change;
#[cfg(test)]
mod tests;
mod write;

use std::{borrow::Cow, collections::BTreeMap};

use self::change::{Around, Change, Fate, Inside};
use super::{Element, ElementRef, WriteXml, chars::is_ncname, ns};

/// Changes to a parsed element and to what is in it, applied when it is written: nothing is copied before, and then
/// everything once, however many changes there are.
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
///
/// What is deeper is changed [at](Edit::at) its place, which a cursor into the same document names:
///
/// ```
/// use xmpp_core::xml::{Edit, Element, ns};
///
/// let iq = Element::parse("<iq xmlns='jabber:client'><query xmlns='jabber:iq:roster'><item jid='a@b'/><item jid='c@d'/></query></iq>")?;
/// let items: Vec<_> = iq.paths(&[("query", ns::ROSTER), ("item", ns::ROSTER)]).collect();
/// let edit = Edit::new(&iq)
///     .remove(items[0])
///     .at(items[1], |item| item.set_attr("name", "C").append(&Element::build(ns::ROSTER, |w| w.text_element("group", ns::ROSTER, "Friends"))));
/// assert_eq!(edit.to_element().to_string(),
///     "<iq xmlns='jabber:client'><query xmlns='jabber:iq:roster'><item name='C' jid='c@d'><group>Friends</group></item></query></iq>");
/// # Ok::<(), xmpp_core::xml::ParseError>(())
/// ```
///
/// A change at an element of another document, or at one that is not inside the edited one, is passed over; so is one with
/// a name that is none. What is inserted at one place stands there in the order of the calls.
///
/// Bytes are passed on as they were received where that is safe, as in a [`Patch`](super::Patch).
#[derive(Clone, Debug)]
#[must_use = "nothing is changed until the edit is written"]
pub struct Edit<'a> {
    element: ElementRef<'a>,
    /// The index of the element whose attributes and content are changed next.
    at: usize,
    changes: BTreeMap<usize, Change<'a>>,
}

impl<'a> Edit<'a> {
    /// No changes yet.
    pub fn new(element: impl Into<ElementRef<'a>>) -> Self {
        let element = element.into();
        Self {
            element,
            at: element.index(),
            changes: BTreeMap::new(),
        }
    }

    /// Changes `element`, which is inside the edited one: what `change` does, it does there.
    pub fn at(mut self, element: ElementRef<'a>, change: impl FnOnce(Self) -> Self) -> Self {
        if !self.holds(element) && !self.is_root(element) {
            return self;
        }
        let outer = std::mem::replace(&mut self.at, element.index());
        let mut changed = change(self);
        changed.at = outer;
        changed
    }

    /// Gives the element the attribute `name` (in no namespace, or `xml:lang`), in place of one that it has.
    pub fn set_attr(self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.change_attr(name.into(), Some(value.into()))
    }

    /// Takes the attribute `name` (in no namespace, or `xml:lang`) away.
    pub fn remove_attr(self, name: impl Into<Cow<'a, str>>) -> Self {
        self.change_attr(name.into(), None)
    }

    fn change_attr(self, name: Cow<'a, str>, value: Option<Cow<'a, str>>) -> Self {
        let xml = name.strip_prefix("xml:").map(str::to_owned);
        match xml {
            Some(local) => self.change_attr_in(local.into(), ns::XML.into(), value),
            None => self.change_attr_in(name, ns::NONE.into(), value),
        }
    }

    /// Gives the element the attribute `name` in the namespace `ns`, under a prefix of its own.
    pub fn set_attr_ns(
        self,
        name: impl Into<Cow<'a, str>>,
        ns: impl Into<Cow<'a, str>>,
        value: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.change_attr_in(name.into(), ns.into(), Some(value.into()))
    }

    /// Takes the attribute `name` in the namespace `ns` away.
    pub fn remove_attr_ns(
        self,
        name: impl Into<Cow<'a, str>>,
        ns: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.change_attr_in(name.into(), ns.into(), None)
    }

    fn change_attr_in(
        mut self,
        name: Cow<'a, str>,
        ns: Cow<'a, str>,
        value: Option<Cow<'a, str>>,
    ) -> Self {
        let is_declaration = ns == ns::XMLNS.as_str() || ns == ns::NONE.as_str() && name == "xmlns";
        if is_ncname(&name) && !is_declaration {
            self.inside().attributes.push(ns, name, value);
        }
        self
    }

    /// Gives the element another name and namespace. What is in it keeps its own.
    pub fn rename(mut self, name: impl Into<Cow<'a, str>>, ns: impl Into<Cow<'a, str>>) -> Self {
        let (name, ns) = (name.into(), ns.into());
        let is_reserved = ns == ns::XML.as_str() || ns == ns::XMLNS.as_str();
        if is_ncname(&name) && !is_reserved {
            self.inside().name = Some((name, ns));
        }
        self
    }

    /// Puts character data in the place of all that is in the element, also of what was inserted before.
    pub fn set_text(mut self, text: impl Into<Cow<'a, str>>) -> Self {
        let inside = self.inside();
        inside.text = Some(text.into());
        inside.first.clear();
        inside.last.clear();
        self
    }

    /// Adds a child before all that is in the element.
    ///
    /// # Panics
    ///
    /// If `child` does not write one element, against the contract of [`WriteXml`]; so do the others that insert.
    pub fn prepend(mut self, child: &impl WriteXml) -> Self {
        self.inside().first.push(Element::from_xml(child));
        self
    }

    /// Adds a child behind all that is in the element. Panics as [`Edit::prepend`].
    pub fn append(mut self, child: &impl WriteXml) -> Self {
        self.inside().last.push(Element::from_xml(child));
        self
    }

    /// Takes away the child elements for which `remove` says so.
    pub fn remove_children(mut self, mut remove: impl FnMut(ElementRef<'a>) -> bool) -> Self {
        for child in self.element.with_index(self.at).children() {
            if remove(child) {
                self.changes.entry(child.index()).or_default().fate = Fate::Removed;
            }
        }
        self
    }

    /// Takes `element` away, which is inside the edited one.
    pub fn remove(mut self, element: ElementRef<'a>) -> Self {
        if self.holds(element) {
            self.changes.entry(element.index()).or_default().fate = Fate::Removed;
        }
        self
    }

    /// Puts `new` in the place of `element`, which is inside the edited one. Panics as [`Edit::prepend`].
    pub fn replace(mut self, element: ElementRef<'a>, new: &impl WriteXml) -> Self {
        if self.holds(element) {
            self.changes.entry(element.index()).or_default().fate =
                Fate::Replaced(Element::from_xml(new));
        }
        self
    }

    /// Adds `new` before `element`, which is inside the edited one and may be taken away. Panics as [`Edit::prepend`].
    pub fn insert_before(mut self, element: ElementRef<'a>, new: &impl WriteXml) -> Self {
        if self.holds(element) {
            self.around(element).before.push(Element::from_xml(new));
        }
        self
    }

    /// Adds `new` behind `element`, which is inside the edited one and may be taken away. Panics as [`Edit::prepend`].
    pub fn insert_after(mut self, element: ElementRef<'a>, new: &impl WriteXml) -> Self {
        if self.holds(element) {
            self.around(element).after.push(Element::from_xml(new));
        }
        self
    }

    /// The element as changed.
    pub fn to_element(&self) -> Element {
        Element::from_xml(self)
    }

    fn inside(&mut self) -> &mut Inside<'a> {
        let change = self.changes.entry(self.at).or_default();
        change.inside.get_or_insert_default()
    }

    fn around(&mut self, element: ElementRef<'a>) -> &mut Around {
        let change = self.changes.entry(element.index()).or_default();
        change.around.get_or_insert_default()
    }

    fn is_root(&self, element: ElementRef<'a>) -> bool {
        self.is_same_document(element) && element.index() == self.element.index()
    }

    /// Whether `element` is inside the edited one.
    fn holds(&self, element: ElementRef<'a>) -> bool {
        let inside = self.element.index() + 1..self.element.entry().next as usize;
        self.is_same_document(element) && inside.contains(&element.index())
    }

    fn is_same_document(&self, element: ElementRef<'a>) -> bool {
        std::ptr::eq(self.element.document(), element.document())
    }
}
