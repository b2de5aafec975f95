//! The messages of DIGEST-MD5: lists of directives ([RFC 2831 §7.1](https://www.rfc-editor.org/rfc/rfc2831#section-7.1)).

use crate::error::Malformed;

/// The directives of one message, each of them once.
#[derive(Debug)]
pub(super) struct Directives(Vec<Directive>);

#[derive(Debug)]
struct Directive {
    name: String,
    value: String,
    quoted: bool,
}

impl Directives {
    /// Reads a message of at most `maximum` bytes. A directive that occurs twice is refused, known or not.
    pub(super) fn parse(message: &[u8], maximum: usize) -> Result<Self, Malformed> {
        if message.len() > maximum {
            return Err(Malformed::TooLong);
        }
        let mut rest = std::str::from_utf8(message).map_err(|_| Malformed::Utf8)?;
        let mut found: Vec<Directive> = Vec::new();
        loop {
            // Elements may be empty, with white space around them (RFC 2831 §7.1, `#rule`).
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            if rest.is_empty() {
                return Ok(Self(found));
            }
            let directive;
            (directive, rest) = Directive::parse(rest).ok_or(Malformed::Attributes)?;
            if found.iter().any(|known| known.name == directive.name) {
                return Err(Malformed::Attributes);
            }
            found.push(directive);
        }
    }

    /// The value of a directive that has to be quoted.
    pub(super) fn quoted(&self, name: &str) -> Result<Option<&str>, Malformed> {
        self.value(name, true)
    }

    /// The value of a directive that must not be quoted.
    pub(super) fn token(&self, name: &str) -> Result<Option<&str>, Malformed> {
        self.value(name, false)
    }

    /// Whether names and passwords are in UTF-8; another charset cannot be said (RFC 2831 §2.1.1).
    pub(super) fn is_utf8(&self) -> Result<bool, Malformed> {
        match self.token("charset")? {
            None => Ok(false),
            Some(charset) if charset.eq_ignore_ascii_case("utf-8") => Ok(true),
            Some(_) => Err(Malformed::Unsupported),
        }
    }

    fn value(&self, name: &str, quoted: bool) -> Result<Option<&str>, Malformed> {
        match self.0.iter().find(|directive| directive.name == name) {
            Some(directive) if directive.quoted != quoted => Err(Malformed::Attributes),
            found => Ok(found.map(|directive| directive.value.as_str())),
        }
    }
}

impl Directive {
    /// The first directive of `text`, and what follows it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (name, rest) = text.split_once('=')?;
        let name = name.trim_end_matches([' ', '\t', '\r', '\n']);
        if name.is_empty() || !name.bytes().all(is_token) {
            return None;
        }
        let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let quoted = rest.strip_prefix('"');
        let (value, rest) = if let Some(rest) = quoted {
            unquote(rest)?
        } else {
            let end = rest.bytes().position(|byte| !is_token(byte));
            let (value, rest) = rest.split_at(end.unwrap_or(rest.len()));
            if value.is_empty() {
                return None;
            }
            (value.to_owned(), rest)
        };
        let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
        let name = name.to_ascii_lowercase();
        let quoted = quoted.is_some();
        Some((
            Self {
                name,
                value,
                quoted,
            },
            rest,
        ))
    }
}

/// The string up to its closing quote, and what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next().map(|(_, c)| c).filter(|c| !c.is_control())?),
            c if c.is_control() => return None,
            c => value.push(c),
        }
    }
    None
}

/// Visible ASCII without the separators of RFC 2831 §7.1.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte)
}

/// `text` in quotes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Directives, Malformed> {
        Directives::parse(text.as_bytes(), 4096)
    }

    #[test]
    fn lists_are_read_as_the_grammar_has_them() {
        let read = parse(" , realm = \"a \\\"b\\\\\" ,\tNC=00000001\r\n,, x-y=\"\" ,").unwrap();
        assert_eq!(read.quoted("realm"), Ok(Some("a \"b\\")));
        assert_eq!(read.token("nc"), Ok(Some("00000001")));
        assert_eq!(read.quoted("x-y"), Ok(Some("")));
        assert_eq!(read.quoted("nonce"), Ok(None));
        // Quoted or not is not a matter of taste.
        assert_eq!(read.token("realm"), Err(Malformed::Attributes));
        assert_eq!(read.quoted("nc"), Err(Malformed::Attributes));
        let text = "n\u{fc}\"rse\\";
        let read = parse(&format!("realm={}", quote(text))).unwrap();
        assert_eq!(read.quoted("realm"), Ok(Some(text)));
    }

    #[test]
    fn what_the_grammar_lacks_is_refused() {
        for text in [
            "realm",
            "=x",
            "realm=",
            "realm=,nc=1",
            "realm=\"x",
            "realm=\"x\\\"",
            "realm=\"x\" y",
            "realm=\"x\"y",
            "realm=\"x\"nc=1",
            "realm=x y=z",
            "realm=a b",
            "re alm=\"x\"",
            "\"realm\"=\"x\"",
            "realm=\"x\ny\"",
            "realm=\"x\\\ny\"",
            "realm=a/b",
            "realm=a,b",
            "nonce=\"a\",nonce=\"a\"",
            "x=1,X=2",
        ] {
            assert_eq!(parse(text).unwrap_err(), Malformed::Attributes, "{text:?}");
        }
        assert_eq!(
            Directives::parse(b"x=\"\xff\"", 99).unwrap_err(),
            Malformed::Utf8
        );
        assert_eq!(
            Directives::parse(b"x=y", 2).unwrap_err(),
            Malformed::TooLong
        );
        assert!(Directives::parse(b"x=y", 3).is_ok());
    }
}
