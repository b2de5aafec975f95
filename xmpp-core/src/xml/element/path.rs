//! Finding what is deeper, and texts by language.

use super::super::{LangMap, Namespace, table::Kind};
use super::{Element, ElementRef};

impl<'a> ElementRef<'a> {
    /// The first element at `path`: names and namespaces of a child, of a child of that, and so on. The way need not lead
    /// through the first child of a name. An empty path leads to the element itself.
    ///
    /// ```
    /// use xmpp_core::xml::{Element, ns};
    ///
    /// let result = Element::parse("<message xmlns='jabber:client'><result xmlns='urn:xmpp:mam:2'><forwarded xmlns='urn:xmpp:forward:0'>\
    ///     <message xmlns='jabber:client' id='7'/></forwarded></result></message>")?;
    /// let archived = result.path(&[("result", ns::MAM), ("forwarded", ns::FORWARD), ("message", ns::CLIENT)]);
    /// assert_eq!(archived.unwrap().attr("id").as_deref(), Some("7"));
    /// # Ok::<(), xmpp_core::xml::ParseError>(())
    /// ```
    pub fn path(self, path: &[(&str, Namespace)]) -> Option<ElementRef<'a>> {
        self.paths(path).next()
    }

    /// Every element at `path` (see [`ElementRef::path`]), in the order of the document.
    pub fn paths<'p>(self, path: &'p [(&'p str, Namespace)]) -> Paths<'a, 'p> {
        Paths {
            element: self,
            path,
            parent: self.index(),
            depth: 0,
            next: self.content_index(),
            is_done: false,
        }
    }

    /// Every element inside this one, in the order of the document: each before what is in it.
    pub fn descendants(self) -> Descendants<'a> {
        Descendants {
            element: self,
            next: self.index() + 1,
        }
    }

    /// The texts of the children `name` by language ([RFC 6120 §8.1.5]): each under the `xml:lang` that it has itself,
    /// one without under the empty string. That one has the language of this element, [`ElementRef::lang`], else of the
    /// stream that it came by; [`LangMap::best_in`] takes it into account.
    ///
    /// [RFC 6120 §8.1.5]: https://www.rfc-editor.org/rfc/rfc6120#section-8.1.5
    pub fn texts(self, name: &str, ns: Namespace) -> LangMap {
        let mut map = LangMap::new();
        for child in self.children().filter(|child| child.is(name, ns)) {
            map.read(child);
        }
        map
    }
}

impl Element {
    /// As [`ElementRef::path`].
    pub fn path(&self, path: &[(&str, Namespace)]) -> Option<ElementRef<'_>> {
        self.root().path(path)
    }

    /// As [`ElementRef::paths`].
    pub fn paths<'p>(&self, path: &'p [(&'p str, Namespace)]) -> Paths<'_, 'p> {
        self.root().paths(path)
    }

    /// As [`ElementRef::descendants`].
    pub fn descendants(&self) -> Descendants<'_> {
        self.root().descendants()
    }

    /// As [`ElementRef::texts`].
    pub fn texts(&self, name: &str, ns: Namespace) -> LangMap {
        self.root().texts(name, ns)
    }
}

/// Iterator over the elements at a path.
#[derive(Clone, Debug)]
pub struct Paths<'a, 'p> {
    /// Where the path begins.
    element: ElementRef<'a>,
    path: &'p [(&'p str, Namespace)],
    /// The element whose children are looked at.
    parent: usize,
    /// Steps from the beginning to it.
    depth: usize,
    /// The next node in it.
    next: usize,
    is_done: bool,
}

impl<'a> Iterator for Paths<'a, '_> {
    type Item = ElementRef<'a>;

    fn next(&mut self) -> Option<ElementRef<'a>> {
        let table = self.element.table();
        while !self.is_done {
            let Some(&(name, ns)) = self.path.get(self.depth) else {
                // The empty path.
                self.is_done = true;
                return Some(self.element);
            };
            let parent = &table[self.parent];
            if self.next >= parent.next as usize {
                self.is_done = self.depth == 0;
                self.depth = self.depth.saturating_sub(1);
                self.parent = parent.link as usize;
                continue;
            }
            let node = &table[self.next];
            let here = self.element.with_index(self.next);
            if node.kind != Kind::Element || !here.is(name, ns) {
                self.next = node.next as usize;
            } else if self.depth + 1 == self.path.len() {
                self.next = node.next as usize;
                return Some(here);
            } else {
                self.depth += 1;
                self.parent = self.next;
                self.next = here.content_index();
            }
        }
        None
    }
}

/// Iterator over all that is inside an element.
#[derive(Clone, Debug)]
pub struct Descendants<'a> {
    element: ElementRef<'a>,
    next: usize,
}

impl<'a> Iterator for Descendants<'a> {
    type Item = ElementRef<'a>;

    fn next(&mut self) -> Option<ElementRef<'a>> {
        let end = self.element.entry().next as usize;
        while self.next < end {
            let index = self.next;
            self.next += 1;
            if self.element.table()[index].kind == Kind::Element {
                return Some(self.element.with_index(index));
            }
        }
        None
    }
}
