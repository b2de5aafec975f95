//! The inner loops, sixteen bytes at a time. What is searched is mostly short: a call of `memchr` costs more than it
//! saves until a text turns out to be long.
#![expect(
    clippy::inline_always,
    reason = "inner loops of one hot path; measured"
)]

use wide::u8x16;

use super::{
    chars::{CLASS, NAME},
    work,
};

const LANES: usize = 16;

/// Sixteen bytes at `i`, if there are that many.
#[inline(always)]
fn load(b: &[u8], i: usize) -> Option<u8x16> {
    b.get(i..)?
        .first_chunk()
        .map(|bytes: &[u8; LANES]| u8x16::new(*bytes))
}

#[inline(always)]
fn splat(b: u8) -> u8x16 {
    u8x16::splat(b)
}

/// The first place from `i` on that is not an ASCII name character (`b.len()` if all are).
#[inline(always)]
pub(super) fn name_end(b: &[u8], mut i: usize) -> usize {
    // Names are mostly short and mostly letters: their length is told without a branch for each byte.
    if let Some(x) = load(b, i) {
        // Setting bit 5 maps upper to lower case and nothing else to a letter.
        let distance = (x | splat(0x20)) - splat(b'a');
        let letters = distance.min(splat(25)).simd_eq(distance).to_bitmask();
        i += letters.trailing_ones() as usize;
    }
    tail(b, i, |c| CLASS[c as usize] & NAME == 0)
}

/// The first place from `i` on that is not an ASCII name character; `i` itself if no letter stands there.
#[inline(always)]
pub(super) fn plain_name_end(b: &[u8], mut i: usize) -> usize {
    if let Some(x) = load(b, i) {
        let letter = (x | splat(0x20)) - splat(b'a');
        let letter = letter.min(splat(25)).simd_eq(letter);
        // `-`, `.`, `/` and the digits stand in one row.
        let other = x - splat(b'-');
        let other = other.min(splat(12)).simd_eq(other) & !x.simd_eq(splat(b'/'));
        let rest = !(letter | other | x.simd_eq(splat(b'_'))).to_bitmask() & 0xffff;
        if letter.to_bitmask() & 1 == 0 {
            return i;
        }
        if rest != 0 {
            return i + rest.trailing_zeros() as usize;
        }
        i += LANES;
    } else if !b.get(i).is_some_and(u8::is_ascii_alphabetic) {
        return i;
    }
    tail(b, i, |c| CLASS[c as usize] & NAME == 0)
}

/// The first `quote`, `<`, `&` or control character from `i` on (`b.len()` if there is none).
#[inline(always)]
pub(super) fn plain_value_end(b: &[u8], i: usize, quote: u8) -> usize {
    let stop = |c| c == quote || c == b'<' || c == b'&' || c < 0x20;
    if quote == b'\'' {
        // `&` and `'` differ in one bit.
        let stops = |x: u8x16| {
            (x | splat(1)).simd_eq(splat(b'\''))
                | x.simd_eq(splat(b'<'))
                | x.min(splat(0x1f)).simd_eq(x)
        };
        find(b, i, stops, stop)
    } else {
        let stops = |x: u8x16| {
            x.simd_eq(splat(b'"'))
                | x.simd_eq(splat(b'&'))
                | x.simd_eq(splat(b'<'))
                | x.min(splat(0x1f)).simd_eq(x)
        };
        find(b, i, stops, stop)
    }
}

/// The first place from `i` on where `stop` holds (`b.len()` if there is none); `stops` tells it for sixteen bytes.
#[inline(always)]
fn find(b: &[u8], i: usize, stops: impl Fn(u8x16) -> u8x16, stop: impl Fn(u8) -> bool) -> usize {
    let (blocks, rest) = b.get(i..).unwrap_or_default().as_chunks::<LANES>();
    let mut at = i;
    for block in blocks {
        let found = stops(u8x16::new(*block)).to_bitmask();
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += LANES;
    }
    match b.last_chunk() {
        // The rest together with what comes before it.
        Some(block) => {
            let found = stops(u8x16::new(*block)).to_bitmask() >> (LANES - rest.len());
            at + (found.trailing_zeros() as usize).min(rest.len())
        }
        None => at + rest.iter().position(|&c| stop(c)).unwrap_or(rest.len()),
    }
}

/// The first `quote`, `<` or `&` from `i` on (`b.len()` if there is none).
#[inline(always)]
pub(super) fn value_end(b: &[u8], mut i: usize, quote: u8) -> usize {
    for _ in 0..6 {
        let Some(x) = load(b, i) else {
            return tail(b, i, |c| c == quote || c == b'<' || c == b'&');
        };
        let found = x.simd_eq(splat(quote)) | x.simd_eq(splat(b'<')) | x.simd_eq(splat(b'&'));
        let found = found.to_bitmask();
        if found != 0 {
            return i + found.trailing_zeros() as usize;
        }
        i += LANES;
    }
    let end = memchr::memchr3(quote, b'<', b'&', &b[i..]).map_or(b.len(), |n| i + n);
    work::add(end - i);
    end
}

/// The first `<`, `&` or `>` from `i` on (`b.len()` if there is none).
#[inline(always)]
pub(super) fn text_end(b: &[u8], mut i: usize) -> usize {
    for _ in 0..6 {
        let Some(x) = load(b, i) else {
            return tail(b, i, |c| c == b'<' || c == b'&' || c == b'>');
        };
        let found = x.simd_eq(splat(b'<')) | x.simd_eq(splat(b'&')) | x.simd_eq(splat(b'>'));
        let found = found.to_bitmask();
        if found != 0 {
            return i + found.trailing_zeros() as usize;
        }
        i += LANES;
    }
    let end = memchr::memchr3(b'<', b'&', b'>', &b[i..]).map_or(b.len(), |n| i + n);
    work::add(end - i);
    end
}

/// What [`is_suspicious`] looks at.
pub(super) const SUSPICIOUS_BLOCK: usize = 4 * LANES;

/// Whether `b` has bytes below 0x20, or 0xef, with which U+FFFE and U+FFFF begin.
#[inline]
pub(super) fn is_suspicious(b: &[u8; SUSPICIOUS_BLOCK]) -> bool {
    let mut any = splat(0);
    for i in 0..4 {
        if let Some(x) = load(b, i * LANES) {
            any |= x.min(splat(0x1f)).simd_eq(x) | x.simd_eq(splat(0xef));
        }
    }
    any.to_bitmask() != 0
}

/// Whether a byte may have to be escaped.
static SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = b < 0x20 || matches!(b, 0x22 | 0x26 | 0x27 | 0x3c | 0x3e | 0xef);
        b += 1;
    }
    table
};

/// The first place from `i` on that may have to be escaped: `&`, `<`, `>`, quotes, controls, 0xef (`b.len()` if there is
/// none).
#[inline]
pub(super) fn special(b: &[u8], i: usize) -> usize {
    find(b, i, specials, |c| SPECIAL[c as usize])
}

/// Whether nothing in `b` may have to be escaped: what [`special`] looks for is not there.
#[inline]
pub(super) fn is_plain(b: &[u8]) -> bool {
    let (Some(first), Some(last)) = (b.first_chunk::<LANES>(), b.last_chunk::<LANES>()) else {
        return is_plain_short(b);
    };
    let is_plain = |block: &[u8; LANES]| !specials(u8x16::new(*block)).any();
    let (blocks, _) = b[LANES..].as_chunks::<LANES>();
    is_plain(first) && blocks.iter().all(is_plain) && is_plain(last)
}

/// The ends of a short text overlap in one register.
#[inline]
fn is_plain_short(b: &[u8]) -> bool {
    let mut both = [b'.'; LANES];
    if let (Some(first), Some(last)) = (b.first_chunk::<8>(), b.last_chunk::<8>()) {
        both[..8].copy_from_slice(first);
        both[8..].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (b.first_chunk::<4>(), b.last_chunk::<4>()) {
        both[..4].copy_from_slice(first);
        both[4..8].copy_from_slice(last);
    } else {
        for (to, from) in both.iter_mut().zip(b) {
            *to = *from;
        }
    }
    !specials(u8x16::new(both)).any()
}

/// The bytes that [`special`] looks for.
#[inline(always)]
fn specials(x: u8x16) -> u8x16 {
    // The quotes and `&` are three of 0x20 to 0x27, `<` and `>` differ in one bit.
    let markup = (x | splat(2)).simd_eq(splat(b'>'))
        | x.simd_eq(splat(b'"'))
        | (x | splat(1)).simd_eq(splat(b'\''));
    markup | x.min(splat(0x1f)).simd_eq(x) | x.simd_eq(splat(0xef))
}

/// Whether the `len` bytes at `i` and at `j` are the same.
#[inline(always)]
pub(super) fn same(b: &[u8], i: usize, j: usize, len: usize) -> bool {
    if len <= LANES
        && let (Some(x), Some(y)) = (load(b, i), load(b, j))
    {
        return x.simd_eq(y).to_bitmask().trailing_ones() as usize >= len;
    }
    work::add(len);
    b.get(i..i + len) == b.get(j..j + len)
}

#[inline(always)]
fn tail(b: &[u8], mut i: usize, stop: impl Fn(u8) -> bool) -> usize {
    while let Some(&c) = b.get(i) {
        work::add(1);
        if stop(c) {
            break;
        }
        i += 1;
    }
    i
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(alphabet: &[u8], f: impl Fn(&[u8], usize) -> usize, stop: impl Fn(u8) -> bool) {
        let mut state = 1u64;
        let mut next = |n: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % n
        };
        for _ in 0..4000 {
            let len = next(120);
            let rare = next(60) + 1;
            let text: Vec<u8> = (0..len)
                .map(|_| {
                    if next(rare) == 0 {
                        alphabet[next(alphabet.len())]
                    } else {
                        b'm'
                    }
                })
                .collect();
            let from = next(len + 1);
            let expected = (from..len).find(|&i| stop(text[i])).unwrap_or(len);
            assert_eq!(
                f(&text, from),
                expected,
                "{:?} from {from}",
                text.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn scanners_agree_with_a_byte_by_byte_search() {
        let all: Vec<u8> = (0..=255).collect();
        check(&all, name_end, |c| CLASS[c as usize] & NAME == 0);
        check(
            &all,
            |b, i| value_end(b, i, b'\''),
            |c| matches!(c, b'\'' | b'<' | b'&'),
        );
        check(
            &all,
            |b, i| value_end(b, i, b'"'),
            |c| matches!(c, b'"' | b'<' | b'&'),
        );
        check(&all, text_end, |c| matches!(c, b'<' | b'&' | b'>'));
        for quote in [b'\'', b'"'] {
            check(
                &all,
                |b, i| plain_value_end(b, i, quote),
                |c| c == quote || c == b'<' || c == b'&' || c < 0x20,
            );
        }
        check(&all, special, |c| c < 0x20 || b"\"&'<>\xef".contains(&c));
    }

    #[test]
    fn a_plain_text_is_one_without_any_special_byte() {
        for len in 0..70 {
            let mut text = vec![b'm'; len];
            assert!(is_plain(&text), "{len}");
            for at in 0..len {
                for byte in 0..=255 {
                    text[at] = byte;
                    assert_eq!(
                        is_plain(&text),
                        special(&text, 0) == len,
                        "{byte:#x} at {at} of {len}"
                    );
                }
                text[at] = b'm';
            }
        }
    }
}
