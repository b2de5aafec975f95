//! What nearly all of a stream is made of, read without a branch for what is rare: tags with ASCII names, one space before
//! each attribute and values without references; text without references; end tags without white space.
//!
//! These functions only ever say yes. Where anything is otherwise, or cut by the end of the text, they change nothing and
//! the general code reads the token from its first byte, so that every verdict and every resumed token is its own. (Input that
//! comes byte by byte never comes here: the tests of chunking compare the two.)

use std::num::NonZeroUsize;

use super::super::{
    scan,
    table::{Entry, Kind, NsId, known_id},
    work,
};
use super::reference::Reference;
use super::tree::{NOWHERE, Open, Tree, offset};

/// Attributes of a tag that is read here.
const TAGS: usize = 12;

/// Bytes of a name that is read here.
const NAME: usize = 255;

impl Tree {
    /// A start tag whose name stands at `at`: the place behind it.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "lengths are checked")]
    pub(super) fn plain_start_tag(&mut self, b: &[u8], at: usize) -> Option<NonZeroUsize> {
        if self.elements >= self.limits.elements
            || self.open.len() >= self.limits.depth
            || self.tag_only
        {
            return None;
        }
        let node = self.nodes.len();
        let depth = self.open.len();
        let parent = self.open.last().map_or(u32::MAX, |open| open.node);
        let spare: &mut [Entry; TAGS + 1] = self.nodes.spare()?;

        let name_end = scan::plain_name_end(b, at);
        let mut declared = 0;
        let mut seen = 0u64;
        let mut count = 0;
        let mut i = name_end;
        let (end, empty) = loop {
            match *b.get(i)? {
                b' ' => {}
                b'>' => break (i + 1, 0),
                b'/' if *b.get(i + 1)? == b'>' => break (i + 2, Entry::EMPTY),
                _ => return None,
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
            if len == 0 || len > NAME {
                return None;
            }
            count += 1;
            let mut kind = Kind::Attribute;
            if len == 5 && b[local..equals] == *b"xmlns" {
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
            *spare.get_mut(count)? = Entry {
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
        };

        // The tag is complete. What may still be wrong is for the general code to say.
        let name_len = name_end - at;
        let outer_default = self.default_ns;
        let mut default_ns = outer_default;
        let mut flags = empty;
        let mut declarations = 0;
        if count > self.limits.attributes || name_len > NAME {
            return None;
        }
        if declared != 0 {
            if self.limits.declarations == 0
                || self.declarations >= self.limits.declarations_in_scope
            {
                return None;
            }
            let value = spare[declared].value_span();
            default_ns = match known_id(&b[value.clone()]) {
                // XML's own may not be declared.
                Some(1 | 2) => return None,
                Some(id) => NsId::known(id),
                None => self.scope.resolve(b, value, false).ok()?,
            };
            spare[declared].ns = default_ns;
            declarations = 1;
            flags |= Entry::OWN_DEFAULT;
        }
        spare[0] = Entry {
            start: offset(at),
            link: parent,
            name_len: name_len as u16,
            tags: count as u8,
            ns: default_ns,
            kind: Kind::Element,
            flags,
            ..Entry::NONE
        };
        self.nodes.keep(count + 1);
        self.elements += 1;
        self.declarations += declarations;
        self.default_ns = default_ns;
        let open = Open {
            node: offset(node),
            scope_len: offset(self.scope.len()),
            declarations: offset(declarations),
            outer_default,
            reach: depth as u16 + 1,
            flags: 0,
        };
        if empty == 0 {
            self.open.push(open);
        } else {
            self.complete(open, end);
        }
        NonZeroUsize::new(end)
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
        let next = offset(self.nodes.len() + 1);
        let spare: &mut [Entry; 1] = self.nodes.spare()?;
        spare[0] = Entry {
            start: offset(i),
            end: offset(less),
            next,
            kind: Kind::Text,
            ..Entry::NONE
        };
        work::add(1);
        self.nodes.keep(1);
        Some(less)
    }
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
