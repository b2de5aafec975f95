//! Text in its places: HTML, URLs; and names that nobody guesses.

use std::fmt::Write as _;

use example_support::{percent_encode, secure_random};
use xmpp_core::Random as _;

/// As text or in an attribute of HTML.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// As a value in the query or the fragment of a URL.
pub(crate) fn url(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    percent_encode(text, &mut escaped);
    escaped
}

/// 256 random bits in hexadecimal digits.
pub(crate) fn random_name() -> String {
    let mut bytes = [0; 32];
    secure_random().fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}
