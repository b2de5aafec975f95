//! The XML declaration (XML 1.0 §2.8, RFC 6120 §11.5, HDR-12).

use super::super::{
    chars::is_space,
    error::{Fault, ParseRule, fault},
};

/// Whether `b` may be the beginning of an XML declaration; `None` while it is too short to tell.
pub(super) fn is_declaration(b: &[u8]) -> Option<bool> {
    const BEGIN: &[u8] = b"<?xml";
    if b.len() <= BEGIN.len() {
        return if BEGIN.starts_with(b) {
            None
        } else {
            Some(false)
        };
    }
    Some(b.starts_with(BEGIN) && (is_space(b[5]) || b[5] == b'?'))
}

/// Checks a declaration. `b` is all of it, from `<?xml` to the first `>`; it is ours to say whether that ends it.
pub(super) fn check(b: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader { b, i: 5 };
    let malformed = |at| fault(ParseRule::MalformedXmlDeclaration, at);
    if !b.ends_with(b"?>") {
        return malformed(b.len() - 1);
    }
    let mut wanted: &[&[u8]] = &[b"version", b"encoding", b"standalone"];
    let mut first = true;
    loop {
        let spaced = reader.skip_space();
        if reader.rest() == b"?>" {
            return if first { malformed(reader.i) } else { Ok(()) };
        }
        let name_at = reader.i;
        let Some((name, value_at, value)) = reader.attribute().filter(|_| spaced) else {
            return malformed(reader.i.min(b.len()));
        };
        let Some(place) = wanted.iter().position(|&w| w == name) else {
            return malformed(name_at);
        };
        if first && place != 0 {
            return malformed(name_at);
        }
        first = false;
        wanted = &wanted[place + 1..];
        match name {
            b"version" if value != b"1.0" => return fault(ParseRule::XmlVersion, value_at),
            b"encoding" if !is_encoding_name(value) => return malformed(value_at),
            b"encoding" if !value.eq_ignore_ascii_case(b"utf-8") => {
                return fault(ParseRule::Encoding, value_at);
            }
            b"standalone" if value == b"no" => return fault(ParseRule::NotStandalone, value_at),
            b"standalone" if value != b"yes" => return malformed(value_at),
            _ => {}
        }
    }
}

/// `EncName ::= [A-Za-z] ([A-Za-z0-9._] | '-')*`
fn is_encoding_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name
            .iter()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'))
}

struct Reader<'a> {
    b: &'a [u8],
    i: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.b[self.i..]
    }

    fn skip_space(&mut self) -> bool {
        let from = self.i;
        while self.rest().first().is_some_and(|&c| is_space(c)) {
            self.i += 1;
        }
        self.i > from
    }

    /// A name, the place of a value and the value.
    fn attribute(&mut self) -> Option<(&'a [u8], usize, &'a [u8])> {
        let len = self
            .rest()
            .iter()
            .take_while(|c| c.is_ascii_lowercase())
            .count();
        let name = &self.rest()[..len];
        self.i += len;
        self.skip_space();
        if self.rest().first() != Some(&b'=') {
            return None;
        }
        self.i += 1;
        self.skip_space();
        let quote = *self.rest().first().filter(|c| matches!(c, b'\'' | b'"'))?;
        self.i += 1;
        let at = self.i;
        let len = memchr::memchr(quote, self.rest())?;
        let value = &self.rest()[..len];
        self.i += len + 1;
        Some((name, at, value))
    }
}
