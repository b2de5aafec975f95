//! An element and all that is in it, in the order of the text, without recursion.

use std::borrow::Cow;

use super::super::{
    table::{Entry, Kind},
    unescape,
};
use super::ElementRef;

/// What [`ElementRef::walk`] meets.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// An element begins.
    Start(ElementRef<'a>),
    /// A run of character data.
    Text(Run<'a>),
    /// The element ends that began last and has not ended.
    End(ElementRef<'a>),
}

/// A run of character data as it was received; unescaped when it is read.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    raw: &'a str,
    is_escaped: bool,
}

impl<'a> Run<'a> {
    #[inline]
    fn new(text: &'a str, entry: &Entry) -> Self {
        Self {
            raw: &text[entry.span()],
            is_escaped: entry.has(Entry::ESCAPED),
        }
    }

    /// What it means.
    #[inline]
    pub fn value(self) -> Cow<'a, str> {
        if self.is_escaped {
            unescape::text(self.raw)
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// As [`Run::value`], but text that must be unescaped is put into `scratch` instead of a new allocation.
    #[inline]
    pub fn value_in<'b>(self, scratch: &'b mut String) -> &'b str
    where
        'a: 'b,
    {
        if !self.is_escaped {
            return self.raw;
        }
        scratch.clear();
        if unescape::push_text(self.raw, scratch) {
            scratch
        } else {
            self.raw
        }
    }
}

/// Iterator over an element and all that is in it. It takes the same memory however deep the element is.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    root: ElementRef<'a>,
    /// The innermost element that has begun and not ended.
    open: usize,
    /// Where it ends.
    end: usize,
    next: usize,
    is_over: bool,
}

impl<'a> Walk<'a> {
    #[inline]
    pub(super) fn new(root: ElementRef<'a>) -> Self {
        Self {
            root,
            open: root.index(),
            end: usize::MAX,
            next: root.index(),
            is_over: false,
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Step<'a>;

    #[inline]
    fn next(&mut self) -> Option<Step<'a>> {
        if self.next >= self.end {
            if self.is_over {
                return None;
            }
            let ended = self.root.with_index(self.open);
            if self.open == self.root.index() {
                self.is_over = true;
            } else {
                // An element's link is its parent.
                self.open = ended.entry().link as usize;
                self.end = self.root.table()[self.open].next as usize;
            }
            return Some(Step::End(ended));
        }
        let entry = &self.root.table()[self.next];
        if entry.kind == Kind::Text {
            self.next += 1;
            return Some(Step::Text(Run::new(self.root.document(), entry)));
        }
        let element = self.root.with_index(self.next);
        self.open = self.next;
        self.end = entry.next as usize;
        self.next = element.content_index();
        Some(Step::Start(element))
    }
}
