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
    #[inline]
    pub fn push_base64(&mut self, bytes: &[u8]) {
        base64_simd::STANDARD.encode_append(bytes, self.out);
    }
}

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
