//! Writing one value into XML.

use std::fmt;

use super::escape::{escape_attr, escape_text};

/// Takes one value, of an attribute or of text, and escapes it for its place: what
/// [`XmlText::write_xml_text`](super::XmlText::write_xml_text) writes to.
pub struct ValueWriter<'w> {
    out: &'w mut String,
    is_attr: bool,
}

/// Without the output, which may hold secrets.
impl fmt::Debug for ValueWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueWriter").finish_non_exhaustive()
    }
}

impl<'w> ValueWriter<'w> {
    #[inline]
    pub(super) fn attr(out: &'w mut String) -> Self {
        Self { out, is_attr: true }
    }

    #[inline]
    pub(super) fn text(out: &'w mut String) -> Self {
        Self {
            out,
            is_attr: false,
        }
    }

    /// Adds a piece, escaped.
    #[inline]
    pub fn push(&mut self, text: &str) {
        if self.is_attr {
            escape_attr(text, self.out);
        } else {
            escape_text(text, self.out);
        }
    }

    /// Adds bytes as Base64 ([RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4)), without a string in
    /// between.
    pub fn push_base64(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(BLOCK) {
            let mut text = [0; BLOCK / 3 * 4];
            let len = encode(block, &mut text);
            // Always text: the alphabet is ASCII.
            self.out
                .push_str(std::str::from_utf8(&text[..len]).unwrap_or_default());
        }
    }
}

/// Bytes that are encoded at a time; only the last block of a value needs padding.
const BLOCK: usize = 48;

/// Encodes a block; says how long the text is.
fn encode(block: &[u8], text: &mut [u8; BLOCK / 3 * 4]) -> usize {
    let (threes, rest) = block.as_chunks::<3>();
    let (fours, _) = text.as_chunks_mut::<4>();
    let mut fours = fours.iter_mut();
    for (&[a, b, c], four) in threes.iter().zip(&mut fours) {
        *four = characters([a, b, c]);
    }
    let mut len = threes.len() * 4;
    let last = match *rest {
        [a] => Some((characters([a, 0, 0]), 2)),
        [a, b] => Some((characters([a, b, 0]), 3)),
        _ => None,
    };
    if let (Some((mut last, used)), Some(four)) = (last, fours.next()) {
        last[used..].fill(b'=');
        *four = last;
        len += 4;
    }
    len
}

#[inline]
fn characters([a, b, c]: [u8; 3]) -> [u8; 4] {
    let bits = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
    let ([a, b], [c, d]) = (PAIRS[bits >> 12], PAIRS[bits & 0xfff]);
    [a, b, c, d]
}

/// The two characters of twelve bits.
static PAIRS: [[u8; 2]; 4096] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut pairs = [[0; 2]; 4096];
    let mut i = 0;
    while i < pairs.len() {
        pairs[i] = [alphabet[i >> 6], alphabet[i & 63]];
        i += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    #[test]
    fn base64_is_what_the_base64_crate_makes_of_any_length() {
        let bytes: Vec<u8> = (0..200u8).map(|i| i.wrapping_mul(151)).collect();
        for len in 0..bytes.len() {
            let mut out = String::new();
            ValueWriter::text(&mut out).push_base64(&bytes[..len]);
            assert_eq!(out, BASE64_STANDARD.encode(&bytes[..len]), "{len} bytes");
        }
    }
}
