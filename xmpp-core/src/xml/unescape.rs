//! From what stands in the text to what it means: references, CDATA, line ends, white space.

use std::borrow::Cow;

use super::{chars::is_char, work};

/// Character data: references resolved, CDATA unwrapped, line ends normalised (XML 1.0 §2.11).
///
/// `raw` has been through the parser.
pub(super) fn text(raw: &str) -> Cow<'_, str> {
    owned(raw, push_text)
}

/// The value of an attribute: references resolved, white space normalised (XML 1.0 §3.3.3).
///
/// `raw` has been through the parser.
pub(super) fn value(raw: &str) -> Cow<'_, str> {
    owned(raw, push_value)
}

/// Appends to a buffer what `raw` means; `false`, and nothing appended, where it means itself.
type Push = fn(&str, &mut String) -> bool;

fn owned(raw: &str, push: Push) -> Cow<'_, str> {
    let mut out = String::new();
    if push(raw, &mut out) {
        Cow::Owned(out)
    } else {
        Cow::Borrowed(raw)
    }
}

/// As [`text`], into a buffer.
pub(super) fn push_text(raw: &str, out: &mut String) -> bool {
    let next = |rest: &str| memchr::memchr3(b'&', b'\r', b'<', rest.as_bytes());
    resolve(raw, out, next, |rest, out| match rest.as_bytes()[0] {
        b'&' => reference(rest, out),
        b'\r' => line_end(rest, '\n', out),
        _ => cdata(rest, out),
    })
}

/// As [`value`], into a buffer.
pub(super) fn push_value(raw: &str, out: &mut String) -> bool {
    // White space to be normalised is rare; without any there is one byte to look for.
    let has_controls = raw.bytes().filter(|b| *b < b' ').count() > 0;
    let special = |b: &u8| matches!(b, b'&' | b'\t' | b'\n' | b'\r');
    let next = |rest: &str| {
        if has_controls {
            rest.as_bytes().iter().position(special)
        } else {
            memchr::memchr(b'&', rest.as_bytes())
        }
    };
    resolve(raw, out, next, |rest, out| match rest.as_bytes()[0] {
        b'&' => reference(rest, out),
        b'\r' => line_end(rest, ' ', out),
        _ => {
            out.push(' ');
            &rest[1..]
        }
    })
}

/// `next` finds what is special, `step` takes it from the start of the rest.
#[inline]
fn resolve(
    raw: &str,
    out: &mut String,
    next: impl Fn(&str) -> Option<usize>,
    step: impl for<'a> Fn(&'a str, &mut String) -> &'a str,
) -> bool {
    let mut rest = raw;
    let Some(mut at) = next(rest) else {
        return false;
    };
    // What is special never grows.
    out.reserve(raw.len());
    loop {
        work::add(at + 1);
        out.push_str(&rest[..at]);
        rest = step(&rest[at..], out);
        match next(rest) {
            Some(found) => at = found,
            None => break,
        }
    }
    out.push_str(rest);
    true
}

fn line_end<'a>(rest: &'a str, end: char, out: &mut String) -> &'a str {
    out.push(end);
    rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..])
}

fn cdata<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let inner = rest.strip_prefix("<![CDATA[").unwrap_or_default();
    let (mut inner, rest) = inner.split_once("]]>").unwrap_or((inner, ""));
    while let Some(at) = memchr::memchr(b'\r', inner.as_bytes()) {
        out.push_str(&inner[..at]);
        inner = line_end(&inner[at..], '\n', out);
    }
    out.push_str(inner);
    rest
}

fn reference<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let bytes = rest.as_bytes();
    for (name, char) in [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&apos;", '\''),
        ("&quot;", '"'),
    ] {
        if bytes.starts_with(name.as_bytes()) {
            out.push(char);
            return &rest[name.len()..];
        }
    }
    let (name, rest) = rest[1..].split_once(';').unwrap_or(("", ""));
    out.push(number(name).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

fn number(name: &str) -> Option<char> {
    let name = name.strip_prefix('#')?;
    let code = match name.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => name.parse(),
    };
    is_char(code.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_unescaped() {
        assert!(matches!(text("plain > text\n"), Cow::Borrowed(_)));
        assert_eq!(
            text("a&amp;b&lt;&gt;&apos;&quot;&#65;&#x1F600;&#00000000000065;"),
            "a&b<>'\"A😀A"
        );
        assert_eq!(text("1\r\n2\r3\n4\r\r\n5&#13;"), "1\n2\n3\n4\n\n5\r");
        assert_eq!(
            text("<![CDATA[a&amp;<b>\r\n]] >]]]>c<![CDATA[]]>&#x9;"),
            "a&amp;<b>\n]] >]c\t"
        );
    }

    #[test]
    fn attribute_values_are_normalised() {
        assert!(matches!(value("plain > value]]>"), Cow::Borrowed(_)));
        assert_eq!(
            value("1\r\n2\r3\n4\t5&#10;6&#9;7&#xd;8 &amp;#65;"),
            "1 2 3 4 5\n6\t7\r8 &#65;"
        );
    }
}
