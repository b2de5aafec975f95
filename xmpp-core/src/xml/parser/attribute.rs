//! Start tags: one attribute.

use super::super::{
    chars::is_space,
    error::{Fault, ParseRule, fault},
    scan,
    table::{Entry, Kind, NsId},
    work,
};
use super::{
    plain::name_bit,
    tree::{Stage, Tree, offset},
};

/// The name that is being read, and the rest of its attribute.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    pub(super) start: usize,
    /// Length of the prefix; 0 while there is none.
    pub(super) prefix_len: usize,
    /// Length of the name, once it is complete.
    pub(super) name_len: usize,
    pub(super) value_start: usize,
    pub(super) quote: u8,
    /// A reference was seen in the value.
    pub(super) escaped: bool,
    pub(super) declares: Declares,
    /// Between attributes: white space was seen.
    pub(super) spaced: bool,
}

impl Pending {
    #[inline(always)]
    pub(super) fn at(start: usize) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }
}

/// What an attribute declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Declares {
    #[default]
    Nothing,
    Default,
    Prefix,
}

impl Tree {
    /// In an attribute: the place behind it, `None` if the text ends before.
    #[inline(always)]
    pub(super) fn attribute(
        &mut self,
        b: &[u8],
        mut i: usize,
        stage: Stage,
        mut pending: Pending,
    ) -> Result<Option<usize>, Fault> {
        if stage <= Stage::AttrName {
            match self.name(b, i, &mut pending, Stage::AttrName)? {
                Some(end) => i = end,
                None => return Ok(None),
            }
            self.attribute_name(b, &mut pending)?;
        }
        if stage <= Stage::Equals {
            loop {
                match b.get(i) {
                    Some(b'=') => break,
                    Some(&c) if is_space(c) => i += 1,
                    Some(_) => return fault(ParseRule::AttributeWithoutValue, i),
                    None => {
                        self.cut(Stage::Equals, i, pending);
                        return Ok(None);
                    }
                }
            }
            i += 1;
        }
        if stage <= Stage::Quote {
            loop {
                match b.get(i) {
                    Some(&c @ (b'\'' | b'"')) => {
                        pending.quote = c;
                        break;
                    }
                    Some(&c) if is_space(c) => i += 1,
                    Some(_) => return fault(ParseRule::AttributeWithoutValue, i),
                    None => {
                        self.cut(Stage::Quote, i, pending);
                        return Ok(None);
                    }
                }
            }
            i += 1;
            pending.value_start = i;
        }
        if stage <= Stage::Value {
            i = scan::value_end(b, i, pending.quote);
        }
        if stage == Stage::ValueReference || b.get(i) != Some(&pending.quote) {
            pending.escaped |= stage == Stage::ValueReference;
            match self.odd_value(b, i, &mut pending, stage)? {
                Some(end) => i = end,
                None => return Ok(None),
            }
        }
        self.end_attribute(b, &pending, i)?;
        Ok(Some(i + 1))
    }

    /// In a value with a reference, or with something forbidden, or cut: the place of its closing quote.
    #[cold]
    #[inline(never)]
    fn odd_value(
        &mut self,
        b: &[u8],
        mut i: usize,
        pending: &mut Pending,
        stage: Stage,
    ) -> Result<Option<usize>, Fault> {
        let mut in_reference = stage == Stage::ValueReference;
        loop {
            if in_reference {
                let Some(end) = self.reference.go_on(b, i)? else {
                    self.cut(Stage::ValueReference, b.len(), *pending);
                    return Ok(None);
                };
                i = scan::value_end(b, end, pending.quote);
            }
            match b.get(i) {
                Some(b'&') => {
                    pending.escaped = true;
                    self.reference.begin();
                    in_reference = true;
                    i += 1;
                }
                Some(b'<') => return fault(ParseRule::LessThanInValue, i),
                Some(_) => return Ok(Some(i)),
                None => {
                    self.cut(Stage::Value, i, *pending);
                    return Ok(None);
                }
            }
        }
    }

    /// The name of an attribute is complete.
    #[inline(always)]
    fn attribute_name(&mut self, b: &[u8], pending: &mut Pending) -> Result<(), Fault> {
        let &mut Pending {
            start,
            name_len,
            prefix_len,
            ..
        } = pending;
        let name = &b[start..start + name_len];
        if prefix_len == 0 && name == b"xmlns" {
            pending.declares = Declares::Default;
        } else if prefix_len == 5 && name.starts_with(b"xmlns:") {
            pending.declares = Declares::Prefix;
        } else {
            self.tag.attributes += 1;
            if self.tag.attributes > self.limits().attributes {
                return fault(ParseRule::Attributes, start);
            }
            let tag = &mut self.tag;
            let local = if prefix_len == 0 { 0 } else { prefix_len + 1 };
            let bit = name_bit(name_len - local, name[local]);
            tag.suspicious |= tag.seen & bit != 0;
            tag.seen |= bit;
            return Ok(());
        }
        self.count_declaration(start)
    }

    /// The value ends at `end`.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the lengths were checked")]
    fn end_attribute(&mut self, b: &[u8], pending: &Pending, end: usize) -> Result<(), Fault> {
        let mut escaped = pending.escaped;
        if pending.value_start < self.controls_end {
            work::add(end - pending.value_start);
            let value = &b[pending.value_start..end];
            escaped |= memchr::memchr3(b'\t', b'\n', b'\r', value).is_some();
        }
        let mut entry = Entry {
            start: offset(pending.start),
            end: offset(end),
            link: offset(pending.value_start),
            name_len: pending.name_len as u16,
            prefix_len: pending.prefix_len as u8,
            kind: Kind::Attribute,
            flags: if escaped { Entry::ESCAPED } else { 0 },
            ..Entry::NONE
        };
        if pending.declares != Declares::Nothing {
            entry.kind = Kind::Declaration;
            entry.ns = self.declare(b, pending, end, escaped)?;
        } else if pending.prefix_len != 0 {
            if &b[entry.prefix_span()] == b"xml" {
                entry.ns = NsId::XML;
            } else {
                self.tag.prefixed = true;
            }
        }
        self.push_node(entry)
    }
}
