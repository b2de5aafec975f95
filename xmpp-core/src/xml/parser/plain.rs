//! What nearly all of a stream is made of, read without a branch for what is rare: tags with ASCII names, one space before
//! each attribute and no white space in values but spaces; text without references; end tags without white space.
//!
//! These functions only ever say yes. Where anything is otherwise, or cut by the end of the text, they change nothing and
//! the general code reads the token from its first byte, so that every verdict and every resumed token is its own. (Input that
//! comes byte by byte never comes here: the tests of chunking compare the two.)

use std::ops::Range;

use super::super::{
    ns, scan,
    table::{Entry, Kind, NsId},
    work,
};
use super::{
    reference::Reference,
    scope::Scope,
    tree::{NOWHERE, Open, Step, Tree, offset},
};

/// Attributes of a tag that is read here.
const TAGS: usize = 12;

/// Bytes of a name that is read here.
const NAME: usize = 255;

impl Tree {
    /// A start tag whose name stands at `at`, and the whole element if there is nothing in it but plain text.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "lengths are checked")]
    pub(super) fn plain_start_tag(&mut self, b: &[u8], at: usize) -> Option<Step> {
        let depth = self.open.len();
        if self.elements >= self.limits.elements || depth >= self.limits.depth || self.tag_only {
            return None;
        }
        let node = self.nodes.len();
        let parent = self.open.last().map_or(u32::MAX, |open| open.node);
        let spare = self.nodes.spare()?;

        let name = at..scan::plain_name_end(b, at);
        let tag = attributes(b, name.end, spare)?;
        // The tag is complete. What may still be wrong is for the general code to say.
        if tag.count > self.limits.attributes || name.len() > NAME {
            return None;
        }
        let outer_default = self.default_ns;
        let mut default_ns = outer_default;
        let mut flags = tag.empty;
        let mut declarations = 0;
        if tag.declared != 0 {
            let declaration = &mut spare[tag.declared];
            if self.limits.declarations == 0
                || self.declarations >= self.limits.declarations_in_scope
                || declaration.value_span().len() > self.limits.namespace_bytes
            {
                return None;
            }
            default_ns = declared(&mut self.scope, b, declaration.value_span())?;
            declaration.ns = default_ns;
            declarations = 1;
            flags |= Entry::OWN_DEFAULT;
        }

        let mut next = node + 1 + tag.count;
        let mut done = None;
        if tag.empty != 0 {
            done = Some(tag.end);
        } else if let Some(Leaf { less, close }) = leaf(b, tag.end, &name, self.controls_end) {
            if less > tag.end {
                next += 1;
                spare[tag.count + 1] = run(tag.end, less, next);
            }
            done = Some(close);
        }
        spare[0] = Entry {
            start: offset(at),
            end: offset(done.unwrap_or(0)),
            link: parent,
            next: offset(next),
            name_len: name.len() as u16,
            tags: tag.count as u8,
            ns: default_ns,
            kind: Kind::Element,
            flags,
            ..Entry::NONE
        };
        self.nodes.keep(next - node);
        self.elements += 1;
        if let Some(close) = done {
            return Some(if depth == 0 {
                Step::Done(close)
            } else {
                Step::Content(close)
            });
        }
        self.declarations += declarations;
        self.default_ns = default_ns;
        self.open.push(Open {
            node: offset(node),
            scope_len: offset(self.scope.len()),
            declarations: offset(declarations),
            outer_default,
            reach: depth as u16 + 1,
            flags: 0,
        });
        Some(Step::Content(tag.end))
    }

    /// Text at `i`, where no run has begun: the place of the `<` behind it.
    #[inline(always)]
    pub(super) fn plain_text(&mut self, b: &[u8], i: usize) -> Option<usize> {
        if self.run != NOWHERE || i < self.controls_end {
            return None;
        }
        let less = scan::text_end(b, i);
        if *b.get(less)? != b'<' || matches!(*b.get(less + 1)?, b'!' | b'?') {
            return None;
        }
        let next = self.nodes.len() + 1;
        let spare: &mut [Entry; 1] = self.nodes.spare()?;
        spare[0] = run(i, less, next);
        work::add(1);
        self.nodes.keep(1);
        Some(less)
    }
}

/// What stands in a tag behind its name.
struct Attributes {
    /// How many there are, the declaration included.
    count: usize,
    /// Which of them declares the default namespace, 0 for none.
    declared: usize,
    /// Behind the tag.
    end: usize,
    /// [`Entry::EMPTY`] for the tag of an empty element, else 0.
    empty: u8,
}

/// Reads from behind the name of an element to the end of its tag. Each attribute becomes an entry, from the second on.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "lengths are checked")]
fn attributes(b: &[u8], mut i: usize, spare: &mut [Entry; TAGS + 2]) -> Option<Attributes> {
    let mut seen = 0u64;
    let (mut count, mut declared) = (0, 0);
    loop {
        let (end, empty) = match *b.get(i)? {
            b' ' => (0, 0),
            b'>' => (i + 1, 0),
            b'/' if *b.get(i + 1)? == b'>' => (i + 2, Entry::EMPTY),
            _ => return None,
        };
        if end != 0 {
            return Some(Attributes {
                count,
                declared,
                end,
                empty,
            });
        }
        let start = i + 1;
        let mut local = start;
        let mut equals = scan::plain_name_end(b, start);
        let mut ns = NsId::NONE;
        if *b.get(equals)? == b':' {
            if &b[start..equals] != b"xml" {
                return None;
            }
            local = equals + 1;
            equals = scan::plain_name_end(b, local);
            ns = NsId::XML;
        }
        let len = equals - local;
        let &[b'=', quote @ (b'\'' | b'"')] = b.get(equals..)?.first_chunk::<2>()? else {
            return None;
        };
        let value = equals + 2;
        let mut close = scan::plain_value_end(b, value, quote);
        let mut flags = 0;
        if *b.get(close)? != quote {
            close = escaped_value_end(b, close, quote)?;
            flags = Entry::ESCAPED;
        }
        count += 1;
        if len == 0 || len > NAME || count > TAGS {
            return None;
        }
        let mut kind = Kind::Attribute;
        if len == 5 && local == start && b[local..equals] == *b"xmlns" {
            if flags != 0 || declared != 0 {
                return None;
            }
            declared = count;
            kind = Kind::Declaration;
        } else {
            let bit = name_bit(len, b[local]);
            if seen & bit != 0 {
                return None;
            }
            seen |= bit;
        }
        spare[count] = Entry {
            start: offset(start),
            end: offset(close),
            link: offset(value),
            name_len: (equals - start) as u16,
            prefix_len: (local - start).saturating_sub(1) as u8,
            ns,
            kind,
            flags,
            ..Entry::NONE
        };
        work::add(close - start);
        i = close + 1;
    }
}

/// The namespace whose name stands at `value`, if it may be declared as the default one.
#[inline(always)]
fn declared(scope: &mut Scope, b: &[u8], value: Range<usize>) -> Option<NsId> {
    let name = scope.resolve(b, value, false).ok()?;
    // What belongs to `xml` and `xmlns` may not.
    let is_reserved = name.is(ns::XML.id()) || name.is(ns::XMLNS.id());
    (!is_reserved).then_some(name)
}

/// A run of text, with the index of what comes behind it.
#[inline(always)]
fn run(start: usize, end: usize, next: usize) -> Entry {
    Entry {
        start: offset(start),
        end: offset(end),
        next: offset(next),
        kind: Kind::Text,
        ..Entry::NONE
    }
}

/// An element without anything but text.
struct Leaf {
    /// The `<` of its end tag.
    less: usize,
    /// Behind its end tag.
    close: usize,
}

/// The element that is called as it says at `name` and whose content begins at `i`, if it is one with text alone.
#[inline(always)]
fn leaf(b: &[u8], i: usize, name: &Range<usize>, controls_end: usize) -> Option<Leaf> {
    let less = if *b.get(i)? == b'<' {
        i
    } else if i >= controls_end {
        scan::text_end(b, i)
    } else {
        return None;
    };
    work::add(less - i + 1);
    let at = less + 2;
    let close = at + name.len();
    (*b.get(less..)?.first_chunk()? == *b"</"
        && *b.get(close)? == b'>'
        && scan::same(b, name.start, at, name.len()))
    .then_some(Leaf {
        less,
        close: close + 1,
    })
}

/// The end of a value in which something other than its end was found at `i`: references may stand in it.
#[cold]
#[inline(never)]
fn escaped_value_end(b: &[u8], mut i: usize, quote: u8) -> Option<usize> {
    loop {
        match *b.get(i)? {
            c if c == quote => return Some(i),
            b'&' => {
                let mut reference = Reference::default();
                let end = reference.go_on(b, i + 1).ok()??;
                i = scan::plain_value_end(b, end, quote);
            }
            _ => return None,
        }
    }
}

/// Two attributes with one expanded name have the same local name: one bit for its length and its first byte, so that
/// most tags need no search for duplicates.
#[inline(always)]
pub(super) fn name_bit(len: usize, first: u8) -> u64 {
    1 << ((len.wrapping_mul(11) ^ usize::from(first)) % 64)
}
