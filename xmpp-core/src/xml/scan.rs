//! The inner loops: eight bytes at a time where things are short, `memchr` where they are long.

use super::chars::{CLASS, NAME};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

#[inline]
const fn splat(b: u8) -> u64 {
    ONES * b as u64
}

/// The high bit of the first zero byte of `x`, and perhaps of later ones.
#[inline]
const fn first_zero(x: u64) -> u64 {
    x.wrapping_sub(ONES) & !x & HIGHS
}

#[inline]
fn word(b: &[u8], i: usize) -> Option<u64> {
    let bytes: &[u8; 8] = b.get(i..i.wrapping_add(8))?.try_into().ok()?;
    Some(u64::from_le_bytes(*bytes))
}

#[inline]
fn index(mask: u64) -> usize {
    (mask.trailing_zeros() / 8) as usize
}

/// The first place from `i` on that is not an ASCII name character (`b.len()` if all are).
#[inline]
pub(super) fn name_end(b: &[u8], mut i: usize) -> usize {
    // Names are mostly short and in lower case: one word tells their length without a branch for each byte.
    if let Some(x) = word(b, i) {
        // Bytes a-z have the high bit clear, are at least 0x61 and below 0x7b.
        let low = x & !HIGHS;
        let other = (x | !(low + splat(0x80 - b'a')) | (low + splat(0x80 - b'{'))) & HIGHS;
        if other != 0 {
            i += index(other);
            if CLASS[b[i] as usize] & NAME == 0 {
                return i;
            }
        } else {
            i += 8;
        }
    }
    while let Some(&c) = b.get(i) {
        if CLASS[c as usize] & NAME == 0 {
            break;
        }
        i += 1;
    }
    i
}

/// The first `quote`, `<` or `&` from `i` on (`b.len()` if there is none).
#[inline]
pub(super) fn value_end(b: &[u8], mut i: usize, quote: u8) -> usize {
    let quotes = splat(quote);
    for _ in 0..6 {
        let Some(x) = word(b, i) else {
            return tail(b, i, |c| c == quote || c == b'<' || c == b'&');
        };
        let found =
            first_zero(x ^ quotes) | first_zero(x ^ splat(b'<')) | first_zero(x ^ splat(b'&'));
        if found != 0 {
            return i + index(found);
        }
        i += 8;
    }
    memchr::memchr3(quote, b'<', b'&', &b[i..]).map_or(b.len(), |n| i + n)
}

/// The first `<`, `&` or `>` from `i` on (`b.len()` if there is none).
#[inline]
pub(super) fn text_end(b: &[u8], mut i: usize) -> usize {
    for _ in 0..4 {
        let Some(x) = word(b, i) else {
            return tail(b, i, |c| c == b'<' || c == b'&' || c == b'>');
        };
        // `<` (0x3c) and `>` (0x3e) differ in one bit.
        let found = first_zero((x | splat(2)) ^ splat(b'>')) | first_zero(x ^ splat(b'&'));
        if found != 0 {
            return i + index(found);
        }
        i += 8;
    }
    memchr::memchr3(b'<', b'&', b'>', &b[i..]).map_or(b.len(), |n| i + n)
}

#[inline]
fn tail(b: &[u8], mut i: usize, stop: impl Fn(u8) -> bool) -> usize {
    while let Some(&c) = b.get(i) {
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
    }
}
