//! What an element holds, one by one.

use std::{borrow::Cow, fmt, slice};

use super::super::table::{Entry, Kind};
use super::ElementRef;

/// One attribute.
#[derive(Clone, Copy)]
pub struct Attr<'a> {
    element: ElementRef<'a>,
    entry: &'a Entry,
}

impl<'a> Attr<'a> {
    /// Local name.
    #[inline]
    pub fn name(self) -> &'a str {
        &self.element.document()[self.entry.local_span()]
    }

    /// Namespace name, empty for none.
    #[inline]
    pub fn ns(self) -> &'a str {
        self.element.ns_name(self.entry.ns)
    }

    /// Value, unescaped and normalised.
    #[inline]
    pub fn value(self) -> Cow<'a, str> {
        self.element.value(self.entry)
    }

    /// As [`Attr::value`], but a value that must be unescaped is put into `scratch` instead of a new allocation.
    #[inline]
    pub fn value_in<'b>(self, scratch: &'b mut String) -> &'b str
    where
        'a: 'b,
    {
        self.element.value_in(self.entry, scratch)
    }
}

impl fmt::Debug for Attr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attr")
            .field("name", &self.name())
            .field("ns", &self.ns())
            .field("value", &self.value())
            .finish()
    }
}

/// A child node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// An element.
    Element(ElementRef<'a>),
    /// A run of character data, unescaped.
    Text(Cow<'a, str>),
}

/// Iterator over attributes.
#[derive(Clone, Debug)]
pub struct Attrs<'a> {
    element: ElementRef<'a>,
    rest: slice::Iter<'a, Entry>,
}

impl<'a> Attrs<'a> {
    #[inline]
    pub(super) fn new(element: ElementRef<'a>) -> Self {
        Self {
            element,
            rest: element.tag_entries().iter(),
        }
    }
}

impl<'a> Iterator for Attrs<'a> {
    type Item = Attr<'a>;

    #[inline]
    fn next(&mut self) -> Option<Attr<'a>> {
        loop {
            let entry = self.rest.next()?;
            if entry.kind == Kind::Attribute {
                return Some(Attr {
                    element: self.element,
                    entry,
                });
            }
        }
    }
}

/// Iterator over child nodes.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    element: ElementRef<'a>,
    next: usize,
    end: usize,
}

impl<'a> Nodes<'a> {
    #[inline]
    pub(super) fn new(element: ElementRef<'a>) -> Self {
        Self {
            element,
            next: element.content_index(),
            end: element.entry().next as usize,
        }
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    #[inline]
    fn next(&mut self) -> Option<Node<'a>> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let entry = &self.element.table()[index];
        self.next = entry.next as usize;
        Some(if entry.kind == Kind::Text {
            Node::Text(self.element.run(entry))
        } else {
            Node::Element(self.element.with_index(index))
        })
    }
}

/// Iterator over child elements.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    element: ElementRef<'a>,
    next: usize,
    end: usize,
}

impl<'a> Children<'a> {
    #[inline]
    pub(super) fn new(element: ElementRef<'a>) -> Self {
        Self {
            element,
            next: element.content_index(),
            end: element.entry().next as usize,
        }
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = ElementRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<ElementRef<'a>> {
        while self.next < self.end {
            let index = self.next;
            let entry = &self.element.table()[index];
            self.next = entry.next as usize;
            if entry.kind == Kind::Element {
                return Some(self.element.with_index(index));
            }
        }
        None
    }
}
