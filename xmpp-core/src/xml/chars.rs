//! Classes of characters: names (XML 1.0, fifth edition, §2.3) and forbidden characters (§2.2).

use super::scan;

/// May stand in a name, colon excepted.
pub(super) const NAME: u8 = 1;
/// May begin a name, colon excepted.
pub(super) const START: u8 = 2;
/// White space.
pub(super) const SPACE: u8 = 4;
/// First byte of a character beyond ASCII, to be looked at whole.
pub(super) const WIDE: u8 = 8;

/// The colon.
pub(super) const COLON: u8 = 16;

/// What a byte is in markup.
pub(super) static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "counts to 255")]
        let b = i as u8;
        table[i] = match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => NAME | START,
            b'0'..=b'9' | b'-' | b'.' => NAME,
            b' ' | b'\t' | b'\n' | b'\r' => SPACE,
            0x80..=0xff => WIDE,
            b':' => COLON,
            _ => 0,
        };
        i += 1;
    }
    table
};

/// Whether `b` is white space.
#[inline]
pub(super) fn is_space(b: u8) -> bool {
    CLASS[b as usize] & SPACE != 0
}

/// `NameStartChar` beyond ASCII.
pub(super) fn is_wide_name_start(c: char) -> bool {
    matches!(c,
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

/// `NameChar` beyond ASCII.
pub(super) fn is_wide_name(c: char) -> bool {
    is_wide_name_start(c) || matches!(c, '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Whether `name` is a name without a colon (`NCName` of Namespaces in XML 1.0 §3).
pub(super) fn is_ncname(name: &str) -> bool {
    let is = |c: char, class: u8, wide: fn(char) -> bool| match u8::try_from(c) {
        Ok(b) if b.is_ascii() => CLASS[b as usize] & class != 0,
        _ => wide(c),
    };
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| is(c, START, is_wide_name_start))
        && chars.all(|c| is(c, NAME, is_wide_name))
}

/// `Char`: what a character reference may name.
pub(super) fn is_char(code: u32) -> Option<char> {
    char::from_u32(code).filter(
        |&c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}'),
    )
}

/// The character at `i` and its length; `None` if `b` ends within it. `b` is part of a valid `str` that starts where a
/// character starts.
pub(super) fn wide_char(b: &[u8], i: usize) -> Option<(char, usize)> {
    let len = match b.get(i)? {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let text = std::str::from_utf8(b.get(i..i + len)?).ok()?;
    text.chars().next().map(|c| (c, len))
}

/// What [`examine`] found.
pub(super) struct Examined {
    /// Length of the part before the first forbidden character.
    pub(super) allowed: usize,
    /// No tab, line feed or carriage return stands at this place or behind it.
    pub(super) controls_end: usize,
}

/// Looks for characters that XML forbids and for the white space that needs normalising.
pub(super) fn examine(b: &[u8]) -> Examined {
    let mut found = Examined {
        allowed: b.len(),
        controls_end: 0,
    };
    let (blocks, rest) = b.as_chunks::<BLOCK>();
    for (n, block) in blocks.iter().enumerate() {
        if scan::is_suspicious(block) && !look(b, n * BLOCK..(n + 1) * BLOCK, &mut found) {
            return found;
        }
    }
    // The rest together with what comes before it, if that makes a block.
    if !rest.is_empty() && b.last_chunk().is_none_or(scan::is_suspicious) {
        look(b, b.len() - rest.len()..b.len(), &mut found);
    }
    found
}

const BLOCK: usize = scan::SUSPICIOUS_BLOCK;

/// Looks at each byte of a part; `false` if there is a forbidden character.
fn look(b: &[u8], part: std::ops::Range<usize>, found: &mut Examined) -> bool {
    for i in part {
        match b[i] {
            b'\t' | b'\n' | b'\r' => found.controls_end = i + 1,
            // U+FFFE and U+FFFF.
            0xef if !matches!(b.get(i + 1..i + 3), Some([0xbf, 0xbe | 0xbf])) => {}
            0..0x20 | 0xef => {
                found.allowed = i;
                return false;
            }
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_are_found_at_any_place() {
        for bad in ["\0", "\u{1}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
            for before in 0..80 {
                for after in [0, 1, 40] {
                    let text = format!("{}{bad}{}", "a".repeat(before), "b".repeat(after));
                    assert_eq!(
                        examine(text.as_bytes()).allowed,
                        before,
                        "{bad:?} at {before}"
                    );
                }
            }
        }
        let fine = "\t\n\r\u{7f}\u{85}\u{fffd}\u{d7ff}\u{e000}\u{10ffff}".repeat(9);
        assert_eq!(examine(fine.as_bytes()).allowed, fine.len());
    }

    #[test]
    fn the_last_control_is_found() {
        for before in 0..80 {
            for after in 0..80 {
                let text = format!("{}\r{}", "a".repeat(before), "b".repeat(after));
                assert_eq!(examine(text.as_bytes()).controls_end, before + 1);
            }
        }
        assert_eq!(examine(b"abc def").controls_end, 0);
    }
}
