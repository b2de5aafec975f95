//! The header that GS2 mechanisms begin with ([RFC 5801 §4]) and how it writes names.
//!
//! [RFC 5801 §4]: https://www.rfc-editor.org/rfc/rfc5801#section-4

use crate::error::Malformed;

/// `gs2-header = gs2-cb-flag "," [gs2-authzid] ","` of a mechanism without channel binding, and what follows
/// it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unbound<'a> {
    pub(super) authzid: Option<String>,
    pub(super) rest: &'a str,
}

impl<'a> Unbound<'a> {
    /// `n` and `y` say the same to a mechanism that has no variant with channel binding; `p=` asks for one.
    pub(super) fn parse(message: &'a str) -> Result<Self, Malformed> {
        let mut parts = message.splitn(3, ',');
        let (Some("n" | "y"), Some(authzid), Some(rest)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(Malformed::Gs2Header);
        };
        let authzid = match authzid {
            "" => None,
            _ => Some(unescape(
                authzid.strip_prefix("a=").ok_or(Malformed::Gs2Header)?,
            )?),
        };
        Ok(Self { authzid, rest })
    }
}

/// The header of a client that binds no channel.
pub(super) fn unbound(authzid: Option<&str>) -> String {
    authzid.map_or_else(
        || "n,,".to_owned(),
        |authzid| format!("n,a={},", escape(authzid)),
    )
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
