//! SASLprep: how user names and passwords are brought to one form before they are compared.

use std::borrow::Cow;

use stringprep::tables;
use unicode_normalization::UnicodeNormalization as _;

/// Prepares `text` by SASLprep ([RFC 4013]) as a *stored string*: code points that Unicode 3.2 does not
/// assign are refused ([RFC 3454 §7]). RFC 5802 prepares passwords so, on both sides.
///
/// ```
/// use xmpp_sasl::saslprep_stored;
///
/// assert_eq!(saslprep_stored("I\u{ad}X")?, "IX"); // a soft hyphen maps to nothing
/// assert_eq!(saslprep_stored("\u{2168}")?, "IX"); // Roman numeral nine
/// assert!(saslprep_stored("\u{7}").is_err()); // a control character
/// # Ok::<(), xmpp_sasl::PrepareError>(())
/// ```
///
/// # Errors
///
/// [`PrepareError`] where the profile prohibits something.
///
/// [RFC 4013]: https://www.rfc-editor.org/rfc/rfc4013
/// [RFC 3454 §7]: https://www.rfc-editor.org/rfc/rfc3454#section-7
pub fn saslprep_stored(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    prepare(text, false)
}

/// Prepares `text` by SASLprep ([RFC 4013]) as a *query*: unassigned code points stay as they are, so that
/// a newer peer's names are looked up and not found. RFC 5802 prepares user names so.
///
/// # Errors
///
/// [`PrepareError`] where the profile prohibits something.
///
/// [RFC 4013]: https://www.rfc-editor.org/rfc/rfc4013
pub fn saslprep_query(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    prepare(text, true)
}

/// What SASLprep refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Nothing is left.
    #[error("empty")]
    Empty,
    /// A control character, a private-use one and the like (RFC 4013 §2.3).
    #[error("prohibited character")]
    Prohibited,
    /// Left-to-right and right-to-left mixed as RFC 3454 §6 forbids.
    #[error("prohibited mixture of writing directions")]
    Bidirectional,
    /// A code point that Unicode 3.2 does not assign, in a stored string (RFC 4013 §2.5).
    #[error("unassigned code point")]
    Unassigned,
}

/// As [`saslprep_query`], and something must be left.
pub(crate) fn name(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    not_empty(saslprep_query(text)?)
}

/// As [`saslprep_stored`], and something must be left.
pub(crate) fn password(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    not_empty(saslprep_stored(text)?)
}

/// As [`saslprep_query`], for a password shown to be compared (RFC 4616 §2), and something must be left.
pub(crate) fn presented_password(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    not_empty(saslprep_query(text)?)
}

fn not_empty(text: Cow<'_, str>) -> Result<Cow<'_, str>, PrepareError> {
    if text.is_empty() {
        Err(PrepareError::Empty)
    } else {
        Ok(text)
    }
}

fn prepare(text: &str, query: bool) -> Result<Cow<'_, str>, PrepareError> {
    // Printable ASCII is its own result.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(Cow::Borrowed(text));
    }
    // Spaces first: U+200B is in both tables.
    let mapped: String = text
        .chars()
        .map(|c| {
            if tables::non_ascii_space_character(c) {
                ' '
            } else {
                c
            }
        })
        .filter(|&c| !tables::commonly_mapped_to_nothing(c))
        .collect();
    if !query && mapped.contains(tables::unassigned_code_point) {
        return Err(PrepareError::Unassigned);
    }
    let normalized = normalize(&mapped);
    if normalized.contains(is_prohibited) {
        return Err(PrepareError::Prohibited);
    }
    if breaks_bidi_rule(&normalized) {
        return Err(PrepareError::Bidirectional);
    }
    Ok(Cow::Owned(normalized))
}

/// NFKC as Unicode 3.2 has it: what was assigned later is no part of it, and separates what stands on its
/// two sides.
fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .find(tables::unassigned_code_point)
            .unwrap_or(rest.len());
        out.extend(rest[..end].nfkc());
        rest = &rest[end..];
        let end = rest
            .find(|c| !tables::unassigned_code_point(c))
            .unwrap_or(rest.len());
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    out
}

/// [RFC 4013 §2.3](https://www.rfc-editor.org/rfc/rfc4013#section-2.3).
fn is_prohibited(c: char) -> bool {
    tables::non_ascii_space_character(c)
        || tables::ascii_control_character(c)
        || tables::non_ascii_control_character(c)
        || tables::private_use(c)
        || tables::non_character_code_point(c)
        || tables::inappropriate_for_plain_text(c)
        || tables::inappropriate_for_canonical_representation(c)
        || tables::change_display_properties_or_deprecated(c)
        || tables::tagging_character(c)
}

/// [RFC 3454 §6](https://www.rfc-editor.org/rfc/rfc3454#section-6).
fn breaks_bidi_rule(text: &str) -> bool {
    text.contains(tables::bidi_r_or_al)
        && (text.contains(tables::bidi_l)
            || !text.starts_with(tables::bidi_r_or_al)
            || !text.ends_with(tables::bidi_r_or_al))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4013_section_3_examples() {
        assert_eq!(saslprep_stored("I\u{ad}X").unwrap(), "IX");
        assert_eq!(saslprep_stored("user").unwrap(), "user");
        assert_eq!(saslprep_stored("USER").unwrap(), "USER");
        assert_eq!(saslprep_stored("\u{aa}").unwrap(), "a");
        assert_eq!(saslprep_stored("\u{2168}").unwrap(), "IX");
        assert_eq!(saslprep_stored("\u{7}"), Err(PrepareError::Prohibited));
        assert_eq!(
            saslprep_stored("\u{627}1"),
            Err(PrepareError::Bidirectional)
        );
    }

    #[test]
    fn non_ascii_space_becomes_space() {
        assert_eq!(saslprep_stored("a\u{a0}b\u{3000}c").unwrap(), "a b c");
        assert_eq!(saslprep_stored("a b").unwrap(), "a b");
    }

    #[test]
    fn unassigned_code_points_are_for_queries_only() {
        // U+0221 is the RFC's own example of an unassigned one; U+1F130 came later, with a
        // compatibility mapping that Unicode 3.2 does not know.
        for text in ["\u{221}", "\u{1f130}", "x\u{1f600}"] {
            assert_eq!(saslprep_stored(text), Err(PrepareError::Unassigned));
            assert_eq!(saslprep_query(text).unwrap(), text);
        }
    }

    #[test]
    fn agrees_with_the_stringprep_crate_on_what_unicode_3_2_assigns() {
        for c in ('\0'..=char::MAX).filter(|&c| !tables::unassigned_code_point(c)) {
            let text = format!("a{c}b");
            let theirs = stringprep::saslprep(&text).ok();
            assert_eq!(
                saslprep_stored(&text).ok(),
                theirs,
                "U+{:04X}",
                u32::from(c)
            );
        }
    }

    #[test]
    fn what_maps_to_nothing_is_refused_where_something_must_be_left() {
        assert_eq!(saslprep_query("\u{ad}").unwrap(), "");
        assert_eq!(name("\u{ad}"), Err(PrepareError::Empty));
        assert_eq!(password(""), Err(PrepareError::Empty));
        assert_eq!(presented_password(""), Err(PrepareError::Empty));
        assert_eq!(name("a").unwrap(), "a");
    }
}
