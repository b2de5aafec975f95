//! Bytes as text.

use std::fmt;

use base64_simd::STANDARD;
use xmpp_core::xml::{ValueWriter, XmlText, XmlTextError};

/// Bytes that stand in XML as Base64 ([RFC 4648
/// §4](https://www.rfc-editor.org/rfc/rfc4648#section-4)).
///
/// White space between the characters is passed over, as `xs:base64Binary` allows; everything else
/// is strict: the alphabet, the padding, the unused bits.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Base64(pub Vec<u8>);

/// The number of bytes only: they are many, or secret.
impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for Base64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Base64 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl XmlText for Base64 {
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        if let Some(bytes) = decode(text.as_bytes()) {
            return Ok(Self(bytes));
        }
        // White space is rare: it is looked for where there is something wrong.
        let space = |b: u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        let packed: Vec<u8> = text.bytes().filter(|b| !space(*b)).collect();
        decode(&packed)
            .map(Self)
            .ok_or_else(|| XmlTextError("not Base64".to_owned()))
    }

    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        f(&STANDARD.encode_to_string(&self.0))
    }

    fn write_xml_text(&self, out: &mut ValueWriter<'_>) {
        out.push_base64(&self.0);
    }
}

/// The bytes of a text without white space; `None` if anything is wrong with it.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode_to_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    #[test]
    fn texts_are_read_as_the_base64_crate_reads_them() {
        let bytes: Vec<u8> = (0..60u8).map(|i| i.wrapping_mul(151)).collect();
        for len in 0..bytes.len() {
            let text = BASE64_STANDARD.encode(&bytes[..len]);
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&bytes[..len]));
            for at in 0..text.len() {
                for other in [b'=', b'A', b'B', b'/', b'-', b' ', 0x80, 0xff] {
                    let mut changed = text.clone().into_bytes();
                    changed[at] = other;
                    assert_eq!(decode(&changed), BASE64_STANDARD.decode(&changed).ok());
                }
            }
            for cut in 0..text.len() {
                let cut = &text.as_bytes()[..cut];
                assert_eq!(decode(cut), BASE64_STANDARD.decode(cut).ok());
            }
        }
    }

    #[test]
    fn white_space_is_passed_over_and_nothing_else() {
        let read = |text: &str| Base64::from_xml_text(text).map(|bytes| bytes.0);
        assert_eq!(read(" Zm9v\n\tYmE= "), Ok(b"fooba".to_vec()));
        assert_eq!(read(""), Ok(Vec::new()));
        // Base64 laxness: no padding, bits left over, another alphabet, text after the padding.
        for text in [
            "Zm9vYmE",
            "Zm9vYmF=",
            "Zm9v-_==",
            "Zm9v====",
            "Zg==Zg==",
            "=",
            "Z\u{a0}g=",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(Base64(b"foo".to_vec()).with_xml_text(str::to_owned), "Zm9v");
        assert_eq!(format!("{:?}", Base64(vec![1, 2])), "Base64(2 bytes)");
    }
}
