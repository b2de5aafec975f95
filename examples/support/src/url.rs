//! Text in URLs.

use std::fmt::Write as _;

/// Writes `text` with everything but the unreserved characters of RFC 3986 as `%XX`. They are `attr-char`s of RFC 8187
/// too, so that one encoding serves paths, queries, fragments, forms and headers.
pub fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte.into());
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
