//! What preparation does with one character, looked up in blocks of 256 that are worked out when first needed.
//!
//! A block costs 0.4 ms at most, once, and 1 KiB; all of Unicode would be 4.4 MB and 0.14 s. The alternative, tables in
//! the source, would say what some version of Unicode said when they were made; these are always those of the crates.

use std::sync::OnceLock;

use super::{
    bidi,
    chars::{self, Precis},
    domain,
    prepare::NFC,
};

/// Flags, and above them the character that a localpart or a label maps this one to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    /// A localpart leaves it alone, wherever it stands, but for normalization and direction.
    pub(super) const LOCAL: u32 = 1;
    /// A localpart maps it to one character which it leaves alone.
    pub(super) const LOCAL_MAPS: u32 = 1 << 1;
    /// A resourcepart leaves it alone, but for normalization.
    pub(super) const RESOURCE: u32 = 1 << 2;
    /// A label leaves it alone, but for normalization, and at the start if it is a mark.
    pub(super) const LABEL: u32 = 1 << 3;
    /// A label maps it to one character which it leaves alone.
    pub(super) const LABEL_MAPS: u32 = 1 << 4;
    /// Normalization leaves it alone after any other character.
    pub(super) const STARTER: u32 = 1 << 5;
    /// It reads from right to left.
    pub(super) const RIGHT_TO_LEFT: u32 = 1 << 6;
    /// It is a combining mark.
    pub(super) const MARK: u32 = 1 << 7;
    const FLAGS: u32 = 8;

    /// Whether it has this flag.
    pub(super) const fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    /// The character it is mapped to, where a flag says that it is.
    pub(super) fn mapped(self) -> Option<char> {
        char::from_u32(self.0 >> Self::FLAGS)
    }
}

/// What preparation does with `c`.
pub(super) fn entry(c: char) -> Entry {
    static BLOCKS: [OnceLock<Box<[Entry; 256]>>; 0x1100] = [const { OnceLock::new() }; 0x1100];
    let c = u32::from(c);
    let block = BLOCKS[(c >> 8) as usize].get_or_init(|| {
        let mut entries = Box::new([Entry(0); 256]);
        for (entry, c) in entries.iter_mut().zip(c & !0xff..) {
            *entry = char::from_u32(c).map_or(Entry(0), work_out);
        }
        entries
    });
    block[(c & 0xff) as usize]
}

/// The entry of `c`, from what the preparation of texts does.
fn work_out(c: char) -> Entry {
    if chars::is_without_meaning(c) {
        return Entry(0);
    }
    let mut entry = 0;
    let starter = is_starter(c);
    let lower = one(chars::ordinary_width(c).to_lowercase());
    if is_local(c) && lower == Some(c) {
        entry |= Entry::LOCAL;
    } else if let Some(lower) = lower
        && is_local(chars::ordinary_width(c))
        && is_local(lower)
        && one(lower.to_lowercase()) == Some(lower)
        && is_starter(lower)
    {
        entry |= Entry::LOCAL_MAPS | u32::from(lower) << Entry::FLAGS;
    }
    if matches!(chars::precis(c), Precis::Valid | Precis::Freeform) && !chars::is_other_space(c) {
        entry |= Entry::RESOURCE;
    }
    match label_of(c) {
        Some(same) if same == c => entry |= Entry::LABEL,
        Some(mapped) if is_starter(mapped) && !chars::is_mark(mapped) => {
            let map = u32::from(mapped) << Entry::FLAGS;
            if entry >> Entry::FLAGS == 0 {
                entry |= Entry::LABEL_MAPS | map;
            } else if entry & !0 << Entry::FLAGS == map {
                entry |= Entry::LABEL_MAPS;
            }
        }
        _ => {}
    }
    let flags = [
        (Entry::STARTER, starter),
        (
            Entry::RIGHT_TO_LEFT,
            bidi::is_right_to_left(c) || lower.is_some_and(bidi::is_right_to_left),
        ),
        (Entry::MARK, chars::is_mark(c)),
    ];
    for (flag, set) in flags {
        entry |= if set { flag } else { 0 };
    }
    Entry(entry)
}

fn is_local(c: char) -> bool {
    chars::precis(c) == Precis::Valid
        && chars::ordinary_width(c) == c
        && !super::prepare::is_excluded(c)
}

/// What `c` becomes inside a label, if that is one character and no separator.
fn label_of(c: char) -> Option<char> {
    let label = domain::step(&format!("a{c}a")).ok()?;
    one(label.strip_prefix('a')?.strip_suffix('a')?.chars()).filter(|mapped| *mapped != '.')
}

/// Whether normalization leaves `c` alone after any other character: in NFC, no mark to be sorted or composed.
fn is_starter(c: char) -> bool {
    use unicode_normalization::{IsNormalized, char::canonical_combining_class, is_nfc_quick};
    NFC.is_normalized(c.encode_utf8(&mut [0; 4]))
        && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes
        && canonical_combining_class(c) == 0
}

fn one(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}
