//! The client's message of OAUTHBEARER ([RFC 7628 §3.1]), read and written.
//!
//! ```abnf
//! kvsep       = %x01
//! key         = 1*(ALPHA)
//! value       = *(VCHAR / SP / HTAB / CR / LF )
//! kvpair      = key "=" value kvsep
//! client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
//! ```
//!
//! [RFC 7628 §3.1]: https://www.rfc-editor.org/rfc/rfc7628#section-3.1

use crate::error::Malformed;
use crate::mechanisms::gs2::{self, Header};

/// Between the pairs; alone it is the answer to the server's error.
pub(super) const SEPARATOR: char = '\u{1}';

/// Pairs of one message (SEC-6). Four are in use: `host`, `port`, `auth`, and `mthd` of earlier drafts.
const MAX_PAIRS: usize = 32;

/// What a client says.
pub(super) struct Initial<'a> {
    pub(super) authzid: Option<String>,
    pub(super) host: Option<&'a str>,
    pub(super) port: Option<u16>,
    /// `None`: it asks where to get one (RFC 7628 §4.3).
    pub(super) token: Option<&'a str>,
}

impl<'a> Initial<'a> {
    pub(super) fn parse(message: &'a str) -> Result<Self, Malformed> {
        let Header { authzid, rest, .. } = Header::parse_unbound(message)?;
        let pairs = rest
            .strip_prefix(SEPARATOR)
            .and_then(|rest| rest.strip_suffix(SEPARATOR))
            .ok_or(Malformed::Separators)?;
        let pairs = Pairs::parse(pairs)?;
        let token = match pairs.get("auth").ok_or(Malformed::Attributes)? {
            "" => None,
            header => Some(bearer(header)?),
        };
        let port = pairs.get("port").map(port).transpose()?;
        let host = pairs.get("host");
        Ok(Self {
            authzid,
            host,
            port,
            token,
        })
    }

    /// `token` is checked already.
    pub(super) fn write(self) -> String {
        let header = gs2::header("n", self.authzid.as_deref());
        let pair = |text: String| format!("{text}\u{1}");
        let host = self.host.map(|host| pair(format!("host={host}")));
        let port = self.port.map(|port| pair(format!("port={port}")));
        let (host, port) = (host.unwrap_or_default(), port.unwrap_or_default());
        let token = self.token.unwrap_or_default();
        [
            &*header,
            "\u{1}",
            &*host,
            &*port,
            "auth=Bearer ",
            token,
            "\u{1}\u{1}",
        ]
        .concat()
    }
}

/// `credentials = "Bearer" 1*SP b64token` ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)),
/// where the token may be of any visible characters: those of RFC 8959 have a colon.
fn bearer(header: &str) -> Result<&str, Malformed> {
    let (scheme, token) = header.split_once(' ').ok_or(Malformed::Authorization)?;
    let token = token.trim_start_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") && is_token(token) {
        Ok(token)
    } else {
        Err(Malformed::Authorization)
    }
}

/// At least one `VCHAR`.
pub(super) fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A decimal number without sign or leading zero, below 2^16.
fn port(text: &str) -> Result<u16, Malformed> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    canonical
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(Malformed::Attributes)
}

struct Pairs<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Pairs<'a> {
    /// `*kvpair`, none of them twice; what nobody knows is read over.
    fn parse(mut text: &'a str) -> Result<Self, Malformed> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        while !text.is_empty() {
            let (pair, rest) = text.split_once(SEPARATOR).ok_or(Malformed::Separators)?;
            let (key, value) = pair.split_once('=').ok_or(Malformed::Attributes)?;
            let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
            if !is_key
                || !value.bytes().all(is_value)
                || pairs.iter().any(|(known, _)| *known == key)
            {
                return Err(Malformed::Attributes);
            }
            if pairs.len() == MAX_PAIRS {
                return Err(Malformed::TooLong);
            }
            pairs.push((key, value));
            text = rest;
        }
        Ok(Self(pairs))
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| *value)
    }
}

fn is_value(byte: u8) -> bool {
    byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
