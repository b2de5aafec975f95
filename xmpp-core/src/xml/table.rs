//! The node table: what the parser writes and the cursors read.

use super::ns::KNOWN;

/// A namespace of a parsed document: an index in the table of known names, or in the document's own list.
///
/// Ids of two documents are not comparable unless they are known, hence no `PartialEq`.
#[derive(Clone, Copy, Debug)]
pub(super) struct NsId(u16);

impl NsId {
    const LOCAL: u16 = 0x8000;
    /// Different namespaces outside the table of known ones that a document may have.
    pub(super) const MAX_LOCALS: usize = 0x7fff;

    pub(super) const NONE: Self = Self(0);
    pub(super) const XML: Self = Self(1);

    pub(super) const fn known(id: u16) -> Self {
        Self(id)
    }

    #[expect(clippy::cast_possible_truncation, reason = "less than MAX_LOCALS")]
    pub(super) const fn local(index: usize) -> Self {
        Self(Self::LOCAL | index as u16)
    }

    /// The index in the table of known names.
    #[inline]
    pub(super) const fn as_known(self) -> Option<u16> {
        if self.0 < Self::LOCAL {
            Some(self.0)
        } else {
            None
        }
    }

    /// The index in the document's own list.
    #[inline]
    pub(super) const fn as_local(self) -> Option<usize> {
        if self.0 < Self::LOCAL {
            None
        } else {
            Some((self.0 ^ Self::LOCAL) as usize)
        }
    }

    /// A number for each namespace of one document.
    pub(super) const fn raw(self) -> u16 {
        self.0
    }

    /// Whether both are the same known namespace, or the same entry of one document's list.
    #[inline]
    pub(super) const fn is_same_id(self, other: Self) -> bool {
        self.0 == other.0
    }

    #[inline]
    pub(super) const fn is(self, known: u16) -> bool {
        self.0 == known
    }
}

// The first entries of the table are relied on.
const _: () = assert!(KNOWN[0].is_empty() && KNOWN[1].len() == 36 && KNOWN[2].len() == 29);
const _: () = assert!(KNOWN.len() < NsId::LOCAL as usize);

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Element,
    Attribute,
    /// A namespace declaration; stands among the attributes.
    Declaration,
    Text,
    /// A namespace name that is not in the table of known ones; these stand behind the root's subtree.
    Namespace,
}

/// One node of a document. In the table, an element is followed by its attributes and declarations in the order of
/// the text, then by its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Element, attribute, declaration: its name. Text, namespace: its first byte.
    pub(super) start: u32,
    /// Element: behind its last `>`. Attribute, declaration: behind its value. Text, namespace: behind its last byte.
    pub(super) end: u32,
    /// Element: its parent. Attribute, declaration: the first byte of its value.
    pub(super) link: u32,
    /// Element: index behind its subtree.
    pub(super) next: u32,
    /// Element, attribute, declaration: length of the name, prefix included.
    pub(super) name_len: u16,
    /// Length of the prefix; 0 for none.
    pub(super) prefix_len: u8,
    /// Element: number of its attributes and declarations; [`Entry::MANY`] if there are that many or more.
    pub(super) tags: u8,
    /// Element, attribute: its namespace. Declaration: the one that it declares.
    pub(super) ns: NsId,
    pub(super) kind: Kind,
    pub(super) flags: u8,
}

const _: () = assert!(size_of::<Entry>() == 24);

impl Entry {
    /// A filler.
    pub(super) const NONE: Self = Self {
        start: 0,
        end: 0,
        link: 0,
        next: 0,
        name_len: 0,
        prefix_len: 0,
        tags: 0,
        ns: NsId::NONE,
        kind: Kind::Text,
        flags: 0,
    };

    pub(super) const MANY: u8 = u8::MAX;

    /// Attribute, declaration, text: what stands in the text is not the value itself.
    pub(super) const ESCAPED: u8 = 1;
    /// Element, attribute, text: holds CDATA or a carriage return, so that it is not to be passed on as it stands.
    pub(super) const UNSAFE: u8 = 2;
    /// Element: it or something in it uses a prefix that is declared outside of it.
    pub(super) const OUTER_PREFIX: u8 = 4;
    /// Element: declares a default namespace.
    pub(super) const OWN_DEFAULT: u8 = 8;
    /// Element: written as `<name/>`.
    pub(super) const EMPTY: u8 = 16;
    /// Namespace: the span is in the parser's tail, not in the text yet.
    pub(super) const IN_TAIL: u8 = 32;

    #[inline]
    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The span of a text, or of the name of a namespace.
    #[inline]
    pub(super) fn span(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The span of an element, from `<` to `>`.
    #[inline]
    pub(super) fn element_span(&self) -> std::ops::Range<usize> {
        self.start as usize - 1..self.end as usize
    }

    /// The name with its prefix.
    #[inline]
    pub(super) fn name_span(&self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + self.name_len as usize
    }

    /// The name without its prefix.
    #[inline]
    pub(super) fn local_span(&self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        let skip = if self.prefix_len == 0 {
            0
        } else {
            self.prefix_len as usize + 1
        };
        start + skip..start + self.name_len as usize
    }

    /// The prefix.
    #[inline]
    pub(super) fn prefix_span(&self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + self.prefix_len as usize
    }

    /// Attribute, declaration: the value as it stands.
    #[inline]
    pub(super) fn value_span(&self) -> std::ops::Range<usize> {
        self.link as usize..self.end as usize
    }

    /// Whether this stands between the name of an element and its content.
    #[inline]
    pub(super) fn in_tag(&self) -> bool {
        matches!(self.kind, Kind::Attribute | Kind::Declaration)
    }
}

/// The id of `name` in the table of known namespaces.
#[inline]
pub(super) fn known_id(name: &[u8]) -> Option<u16> {
    let mut slot = hash(name);
    loop {
        let id = SLOTS[slot];
        if id == EMPTY_SLOT {
            return None;
        }
        if KNOWN[id as usize].as_bytes() == name {
            return Some(id);
        }
        slot = (slot + 1) % SLOT_COUNT;
    }
}

const SLOT_COUNT: usize = 1024;
const EMPTY_SLOT: u16 = u16::MAX;

/// Every known namespace by its hash, built by the compiler.
static SLOTS: [u16; SLOT_COUNT] = {
    assert!(KNOWN.len() <= SLOT_COUNT / 4, "enlarge the table of hashes");
    let mut slots = [EMPTY_SLOT; SLOT_COUNT];
    let mut i = 0;
    while i < KNOWN.len() {
        let mut slot = hash(KNOWN[i].as_bytes());
        while slots[slot] != EMPTY_SLOT {
            slot = (slot + 1) % SLOT_COUNT;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the table is short")]
        {
            slots[slot] = i as u16;
        }
        i += 1;
    }
    slots
};

/// Known names differ in their length or in one of their last sixteen bytes but for a few; those share a chain.
#[inline]
const fn hash(name: &[u8]) -> usize {
    let len = name.len();
    let (mut a, mut b) = (len as u64, 0);
    if len >= 16 {
        a ^= word(name, len - 8);
        b = word(name, len - 16);
    } else if len >= 8 {
        a ^= word(name, len - 8);
        b = word(name, 0);
    } else {
        let mut i = 0;
        while i < len {
            b = b << 8 | name[i] as u64;
            i += 1;
        }
    }
    let mixed = (a ^ b.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize
}

#[inline]
const fn word(b: &[u8], i: usize) -> u64 {
    let (_, b) = b.split_at(i);
    match b.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_namespace_is_found_and_no_other() {
        for (i, name) in KNOWN.iter().enumerate() {
            assert_eq!(
                known_id(name.as_bytes()).map(usize::from),
                Some(i),
                "{name}"
            );
            assert_eq!(known_id(format!("{name}x").as_bytes()), None);
            assert_eq!(known_id(format!("x{name}").as_bytes()), None);
        }
    }
}
