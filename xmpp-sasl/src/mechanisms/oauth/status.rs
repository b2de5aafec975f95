//! What a server says of a token that it refuses ([RFC 7628 §3.2.2]): a small JSON object.
//!
//! [RFC 7628 §3.2.2]: https://www.rfc-editor.org/rfc/rfc7628#section-3.2.2

use std::fmt::{self, Write as _};

/// What a server says about getting a better token.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    pub(super) scope: Option<String>,
    pub(super) openid_configuration: Option<String>,
}

impl Hints {
    pub(super) fn write(&self, status: &str) -> String {
        let mut out = String::from("{\"status\":");
        write_text(status, &mut out);
        for (name, value) in [
            ("scope", &self.scope),
            ("openid-configuration", &self.openid_configuration),
        ] {
            if let Some(value) = value {
                out.extend([",\"", name, "\":"]);
                write_text(value, &mut out);
            }
        }
        out.push('}');
        out
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Why a server refuses a token, as it says.
///
/// The members are those of RFC 7628 §3.2.2, where the text is the flat JSON object that it should be; of any
/// other text there is [`text`](Self::text) alone. A hostile server may have written all of it: before a client
/// goes to a URL it should know why it trusts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OauthError {
    text: String,
    status: Option<String>,
    scope: Option<String>,
    openid_configuration: Option<String>,
}

impl OauthError {
    pub(super) fn read(text: &str) -> Self {
        let mut error = Reader { rest: text }.object().unwrap_or_default();
        text.clone_into(&mut error.text);
        error
    }

    /// The text as received, of at most 16,384 bytes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The error's code: `invalid_token`, `insufficient_scope`, `invalid_request`, or another one.
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// The OAuth scope that a token should have.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The URL of an `OpenID` provider configuration.
    pub fn openid_configuration(&self) -> Option<&str> {
        self.openid_configuration.as_deref()
    }
}

impl fmt::Display for OauthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a peer wrote is not let loose on a terminal.
        let status = self.status().unwrap_or("no status");
        write!(f, "{}", status.escape_default())
    }
}

/// A strict reader of flat JSON objects ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)). `None` is any
/// deviation, a value that is nested, and a known member that comes twice.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn object(mut self) -> Option<OauthError> {
        let mut error = OauthError::default();
        self.space();
        self.expect("{")?;
        self.space();
        if self.expect("}").is_none() {
            loop {
                self.member(&mut error)?;
                if self.expect("}").is_some() {
                    break;
                }
                self.expect(",")?;
                self.space();
            }
        }
        self.space();
        self.rest.is_empty().then_some(error)
    }

    fn member(&mut self, error: &mut OauthError) -> Option<()> {
        let name = self.text()?;
        self.space();
        self.expect(":")?;
        self.space();
        let value = self.value()?;
        self.space();
        let member = match &*name {
            "status" => &mut error.status,
            "scope" => &mut error.scope,
            "openid-configuration" => &mut error.openid_configuration,
            _ => return Some(()),
        };
        // Of the known members, one that is no text or comes twice spoils the object.
        member.replace(value?).is_none().then_some(())
    }

    /// A text, or nothing for the other flat values.
    #[expect(clippy::option_option, reason = "the outer one is an error")]
    fn value(&mut self) -> Option<Option<String>> {
        if self.rest.starts_with('"') {
            return self.text().map(Some);
        }
        for word in ["true", "false", "null"] {
            if self.expect(word).is_some() {
                return Some(None);
            }
        }
        self.number().map(|()| None)
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.expect("-");
        if self.expect("0").is_none() {
            self.digits()?;
        }
        if self.expect(".").is_some() {
            self.digits()?;
        }
        if self.expect("e").or_else(|| self.expect("E")).is_some() {
            let _ = self.expect("+").or_else(|| self.expect("-"));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let some = rest.len() < self.rest.len();
        self.rest = rest;
        some.then_some(())
    }

    fn text(&mut self) -> Option<String> {
        self.expect("\"")?;
        let mut out = String::new();
        loop {
            let c = self.next()?;
            match c {
                '"' => return Some(out),
                '\\' => out.push(self.escaped()?),
                c if c < ' ' => return None,
                c => out.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => match self.unit()? {
                high @ 0xD800..0xDC00 => {
                    self.expect("\\u")?;
                    let units = [high, self.unit()?];
                    char::decode_utf16(units).next()?.ok()?
                }
                unit => char::from_u32(unit.into())?,
            },
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        // `from_str_radix` would take a sign.
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn expect(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_are_read_from_a_flat_object_in_any_spelling() {
        let read = OauthError::read;
        let error = read(" {\r\n\"a\" : -1.5e3 ,\"status\":\t\"in\\u0076alid\\/\\ud83d\\ude00\"} ");
        assert_eq!(error.status(), Some("invalid/\u{1f600}"));
        let error = read("{\"b\":true,\"c\":null,\"scope\":\"x\",\"d\":\"\"}");
        assert_eq!((error.status(), error.scope()), (None, Some("x")));
        assert_eq!(
            read("{}"),
            OauthError {
                text: "{}".to_owned(),
                ..OauthError::default()
            }
        );
    }

    #[test]
    fn of_any_other_text_there_is_the_text_alone() {
        for text in [
            "",
            "invalid_token",
            "{\"status\":\"a\"",
            "{\"status\":\"a\",}",
            "{\"status\":\"a\"}x",
            "{\"status\":\"a\",\"status\":\"b\"}",
            "{\"status\":\"a\n\"}",
            "{\"status\":\"\\ud83d\"}",
            "{\"status\":\"\\u+041\"}",
            "{\"status\":1}",
            "{\"status\":\"a\",\"x\":01}",
            "{\"status\":\"a\",\"x\":1.}",
            "{\"status\":\"a\",\"x\":+1}",
            "{\"status\":\"a\",\"x\":}",
            "{\"status\":\"a\",\"x\":{}}",
            "{\"status\":\"a\",\"x\":nul}",
            "{\"status\":\"a\" \"x\":1}",
            "{status:\"a\"}",
            "[\"status\",\"a\"]",
        ] {
            let error = OauthError::read(text);
            assert_eq!((error.text(), error.status()), (text, None), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            status in ".*",
            scope in prop::option::of(".*"),
            openid_configuration in prop::option::of(".*"),
        ) {
            let hints = Hints { scope, openid_configuration };
            let error = OauthError::read(&hints.write(&status));
            prop_assert_eq!(error.status(), Some(&*status));
            prop_assert_eq!(error.scope, hints.scope);
            prop_assert_eq!(error.openid_configuration, hints.openid_configuration);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*|[\\[{}\":,\\\\u0-9a-f ]{0,40}") {
            let error = OauthError::read(&text);
            prop_assert_eq!(error.text(), text);
        }
    }
}
