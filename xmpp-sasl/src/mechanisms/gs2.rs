//! The header that GS2 mechanisms begin with ([RFC 5801 §4]) and how it writes names.
//!
//! [RFC 5801 §4]: https://www.rfc-editor.org/rfc/rfc5801#section-4

use crate::error::Malformed;

/// `gs2-cb-flag = ("p=" cb-name) / "n" / "y"`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BindingFlag<'a> {
    /// The client cannot do channel binding.
    No,
    /// It can, and believes that the server cannot.
    NotOffered,
    /// It does, by this type.
    Used(&'a str),
}

/// `gs2-header = gs2-cb-flag "," [gs2-authzid] ","`, and what follows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// As received.
    pub(super) text: &'a str,
    pub(super) flag: BindingFlag<'a>,
    pub(super) authzid: Option<String>,
    pub(super) rest: &'a str,
}

impl<'a> Header<'a> {
    pub(super) fn parse(message: &'a str) -> Result<Self, Malformed> {
        let mut parts = message.splitn(3, ',');
        let (Some(flag), Some(authzid), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Malformed::Gs2Header);
        };
        let flag = match flag {
            "n" => BindingFlag::No,
            "y" => BindingFlag::NotOffered,
            _ => match flag.strip_prefix("p=") {
                Some(name) if is_binding_name(name) => BindingFlag::Used(name),
                _ => return Err(Malformed::Gs2Header),
            },
        };
        let authzid = match authzid {
            "" => None,
            _ => Some(unescape(
                authzid.strip_prefix("a=").ok_or(Malformed::Gs2Header)?,
            )?),
        };
        Ok(Self {
            text: &message[..message.len() - rest.len()],
            flag,
            authzid,
            rest,
        })
    }

    /// Of a mechanism that has no variant with channel binding: `n` and `y` say the same to it, `p=` asks for one.
    pub(super) fn parse_unbound(message: &'a str) -> Result<Self, Malformed> {
        if message.starts_with("p=") {
            return Err(Malformed::Gs2Header);
        }
        Self::parse(message)
    }
}

/// The header with this flag.
pub(super) fn header(flag: &str, authzid: Option<&str>) -> String {
    authzid.map_or_else(
        || format!("{flag},,"),
        |authzid| format!("{flag},a={},", escape(authzid)),
    )
}

/// `cb-name = 1*(ALPHA / DIGIT / "." / "-")`
fn is_binding_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// `saslname`: `,` is written `=2C` and `=` is written `=3D`.
pub(super) fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

pub(super) fn unescape(name: &str) -> Result<String, Malformed> {
    let mut parts = name.split('=');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Upper case only: another spelling would be another AuthMessage for the same name.
        let (c, rest) = if let Some(rest) = part.strip_prefix("2C") {
            (',', rest)
        } else if let Some(rest) = part.strip_prefix("3D") {
            ('=', rest)
        } else {
            return Err(Malformed::Escape);
        };
        out.push(c);
        out.push_str(rest);
    }
    if out.is_empty() || out.contains('\0') {
        Err(Malformed::Escape)
    } else {
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_unescaped() {
        for (name, text) in [
            ("user", "user"),
            ("a,b=c", "a=2Cb=3Dc"),
            ("==2C", "=3D=3D2C"),
            ("ü", "ü"),
        ] {
            assert_eq!(escape(name), text);
            assert_eq!(unescape(text).unwrap(), name);
        }
        for text in ["", "a=2cb", "a=3d", "a=", "=", "a=2", "=2D", "a\0b"] {
            assert_eq!(unescape(text), Err(Malformed::Escape), "{text:?}");
        }
    }
}
