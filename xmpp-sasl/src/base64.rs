//! Strict base64.
//!
//! [RFC 4648 §4]: the standard alphabet, padding required, no whitespace, no line breaks, and the
//! unused bits of the last character zero. Anything else is refused, because two decoders that
//! disagree about a message disagree about what was signed. Profiles that carry SASL in text (the `=`
//! of [RFC 6120 §6.4.2], for instance) add their own rules around it.
//!
//! ```
//! use xmpp_sasl::base64;
//!
//! assert_eq!(base64::encode(b"fo"), "Zm8=");
//! assert_eq!(base64::decode("Zm8=")?, b"fo");
//! assert!(base64::decode("Zm8").is_err()); // no padding
//! assert!(base64::decode("Zm9=").is_err()); // stray bits
//! # Ok::<(), base64::DecodeError>(())
//! ```
//!
//! [RFC 4648 §4]: https://www.rfc-editor.org/rfc/rfc4648#section-4
//! [RFC 6120 §6.4.2]: https://www.rfc-editor.org/rfc/rfc6120#section-6.4.2

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

/// The text is not base64 as [RFC 4648 §4] writes it.
///
/// [RFC 4648 §4]: https://www.rfc-editor.org/rfc/rfc4648#section-4
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64 (RFC 4648 section 4)")]
pub struct DecodeError;

/// The base64 of `data`, with padding; empty for empty input.
pub fn encode(data: impl AsRef<[u8]>) -> String {
    STANDARD.encode(data)
}

/// Appends the base64 of `data` to `out`.
pub fn encode_to(data: impl AsRef<[u8]>, out: &mut String) {
    STANDARD.encode_string(data, out);
}

/// The bytes that `text` stands for; empty text gives no bytes.
///
/// # Errors
///
/// [`DecodeError`] for a character outside the alphabet, whitespace, missing or superfluous padding,
/// data after the padding, and stray bits.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, DecodeError> {
    STANDARD.decode(text).map_err(|_| DecodeError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4648_section_10_vectors_in_both_directions() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain), text);
            assert_eq!(decode(text).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn anything_lax_is_refused() {
        for text in [
            "Zg=",
            "Zg",
            "Zg===",
            "Zh==",
            "Zm9=",
            "Zm9v\n",
            " Zm9v",
            "Zm 9v",
            "Zm9v=",
            "Zg==Zg==",
            "Zg==x",
            "=",
            "==",
            "====",
            "Zm9-",
            "Zm9_",
            "Z",
            "Zm\u{f6}=",
            "Zm9v\0",
        ] {
            assert_eq!(decode(text), Err(DecodeError), "{text:?}");
        }
    }
}
