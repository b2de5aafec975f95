//! From what stands in the text to what it means: references, CDATA, line ends, white space.

use std::borrow::Cow;

use super::chars::is_char;

/// Character data: references resolved, CDATA unwrapped, line ends normalised (XML 1.0 §2.11).
///
/// `raw` has been through the parser.
pub(super) fn text(raw: &str) -> Cow<'_, str> {
    let mut rest = raw;
    let Some(first) = memchr::memchr3(b'&', b'\r', b'<', rest.as_bytes()) else {
        return Cow::Borrowed(raw);
    };
    let mut out = String::with_capacity(raw.len());
    let mut next = Some(first);
    while let Some(at) = next {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = match rest.as_bytes()[0] {
            b'&' => reference(rest, &mut out),
            b'\r' => line_end(rest, '\n', &mut out),
            _ => cdata(rest, &mut out),
        };
        next = memchr::memchr3(b'&', b'\r', b'<', rest.as_bytes());
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The value of an attribute: references resolved, white space normalised (XML 1.0 §3.3.3).
///
/// `raw` has been through the parser.
pub(super) fn value(raw: &str) -> Cow<'_, str> {
    let special = |b: &u8| matches!(b, b'&' | b'\t' | b'\n' | b'\r');
    let mut rest = raw;
    let Some(first) = rest.as_bytes().iter().position(special) else {
        return Cow::Borrowed(raw);
    };
    let mut out = String::with_capacity(raw.len());
    let mut next = Some(first);
    while let Some(at) = next {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = match rest.as_bytes()[0] {
            b'&' => reference(rest, &mut out),
            b'\r' => line_end(rest, ' ', &mut out),
            _ => {
                out.push(' ');
                &rest[1..]
            }
        };
        next = rest.as_bytes().iter().position(special);
    }
    out.push_str(rest);
    Cow::Owned(out)
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
    let (name, rest) = rest[1..].split_once(';').unwrap_or(("", ""));
    out.push(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "apos" => '\'',
        "quot" => '"',
        _ => number(name).unwrap_or(char::REPLACEMENT_CHARACTER),
    });
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
