//! Percent-encoding ([RFC 3986 §2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1)) of UTF-8.

use std::fmt;

use super::XmppUriError;

/// What stands unencoded besides letters, digits and `-._~`, by the grammar of RFC 5122 §2.2.
pub(super) const UNRESERVED: &[u8] = b"";
pub(super) const LOCAL: &[u8] = b"!$()*+,;=";
pub(super) const RESOURCE: &[u8] = b"!$&'()*+,:;=";
pub(super) const FRAGMENT: &[u8] = b"!$&'()*+,:;=@/?";

/// Shows `text` with every byte encoded that is neither unreserved nor one of `allowed`.
pub(super) fn encode<'a>(text: &'a str, allowed: &'a [u8]) -> impl fmt::Display + 'a {
    struct Encoded<'a>(&'a str, &'a [u8]);

    impl fmt::Display for Encoded<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let stays = |b: u8| {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'-' | b'.' | b'_' | b'~')
                    || self.1.contains(&b)
            };
            for b in self.0.bytes() {
                if stays(b) {
                    fmt::Write::write_char(f, char::from(b))?;
                } else {
                    write!(f, "%{b:02X}")?;
                }
            }
            Ok(())
        }
    }

    Encoded(text, allowed)
}

/// The text of a component of a URI or IRI.
pub(super) fn decode(component: &str) -> Result<String, XmppUriError> {
    let never_unencoded = |b: u8| {
        matches!(
            b,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
    };
    let mut out = Vec::with_capacity(component.len());
    let mut bytes = component.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let mut digit = || u8::try_from(char::from(bytes.next()?).to_digit(16)?).ok();
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(XmppUriError::Encoding);
            };
            out.push(high << 4 | low);
        } else if b <= b' ' || b == 0x7f || never_unencoded(b) {
            return Err(XmppUriError::Character);
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).map_err(|_| XmppUriError::Encoding)
}
