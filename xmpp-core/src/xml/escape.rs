//! From what a text means to what stands in XML.

use super::{scan, work};

/// Appends `value`, escaped for an attribute value in single or double quotes.
///
/// Characters that XML 1.0 forbids become U+FFFD.
#[inline]
pub(crate) fn escape_attr(value: &str, out: &mut String) {
    if scan::is_plain(value.as_bytes()) {
        out.push_str(value);
    } else {
        escape_special_attr(value, out);
    }
}

#[inline(never)]
fn escape_special_attr(value: &str, out: &mut String) {
    escape(value, out, |b| match b {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'\'' => "&apos;",
        b'"' => "&quot;",
        b'\t' => "&#x9;",
        b'\n' => "&#xA;",
        b'\r' => "&#xD;",
        0..=0x1f => "\u{fffd}",
        _ => "",
    });
}

/// Appends `text`, escaped for character data.
///
/// Characters that XML 1.0 forbids become U+FFFD.
#[inline]
pub(crate) fn escape_text(text: &str, out: &mut String) {
    if scan::is_plain(text.as_bytes()) {
        out.push_str(text);
    } else {
        escape_special_text(text, out);
    }
}

#[inline(never)]
fn escape_special_text(text: &str, out: &mut String) {
    escape(text, out, |b| match b {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'\r' => "&#xD;",
        b'\t' | b'\n' => "",
        0..=0x1f => "\u{fffd}",
        _ => "",
    });
}

/// Appends `value`; where `replace` gives something for a byte, that stands in its place.
#[inline]
fn escape(value: &str, out: &mut String, replace: impl Fn(u8) -> &'static str) {
    let bytes = value.as_bytes();
    work::add(bytes.len() + 1);
    let mut copied = 0;
    let mut i = scan::special(bytes, 0);
    while let Some(&b) = bytes.get(i) {
        let mut end = i + 1;
        let mut replacement = replace(b);
        // U+FFFE and U+FFFF.
        if b == 0xef && matches!(bytes[i..], [_, 0xbf, 0xbe | 0xbf, ..]) {
            end = i + 3;
            replacement = "\u{fffd}";
        }
        if !replacement.is_empty() {
            out.push_str(&value[copied..i]);
            out.push_str(replacement);
            copied = end;
        }
        i = scan::special(bytes, end);
    }
    out.push_str(&value[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (String, String) {
        let (mut value, mut content) = (String::from("="), String::from("="));
        escape_attr(text, &mut value);
        escape_text(text, &mut content);
        (value, content)
    }

    #[test]
    fn what_is_escaped_at_any_place() {
        let special = [
            ("&", "&amp;", "&amp;"),
            ("<", "&lt;", "&lt;"),
            (">", "&gt;", "&gt;"),
            ("'", "&apos;", "'"),
            ("\"", "&quot;", "\""),
            ("\t", "&#x9;", "\t"),
            ("\n", "&#xA;", "\n"),
            ("\r", "&#xD;", "&#xD;"),
            ("\0", "\u{fffd}", "\u{fffd}"),
            ("\u{1f}", "\u{fffd}", "\u{fffd}"),
            ("\u{fffe}", "\u{fffd}", "\u{fffd}"),
            ("\u{ffff}", "\u{fffd}", "\u{fffd}"),
            ("\u{ff21}", "\u{ff21}", "\u{ff21}"),
            ("\u{fffd}", "\u{fffd}", "\u{fffd}"),
            (
                "\u{7f}\u{85}\u{1f600}",
                "\u{7f}\u{85}\u{1f600}",
                "\u{7f}\u{85}\u{1f600}",
            ),
        ];
        for (text, value, content) in special {
            for before in 0..40 {
                for after in [0, 1, 2, 15, 16, 17, 40] {
                    let (b, a) = ("b".repeat(before), "a".repeat(after));
                    assert_eq!(
                        both(&format!("{b}{text}{a}{text}")),
                        (
                            format!("={b}{value}{a}{value}"),
                            format!("={b}{content}{a}{content}")
                        )
                    );
                }
            }
        }
    }
}
