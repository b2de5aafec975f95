//! `xmpp:` URIs ([RFC 5122](https://www.rfc-editor.org/rfc/rfc5122)) and their queries (XEP-0147: XMPP URI Scheme Query
//! Components, version 1.2).

mod encoding;

use std::{fmt, str::FromStr};

use self::encoding::{FRAGMENT, LOCAL, RESOURCE, UNRESERVED, decode, encode};
use super::{BareJid, Jid, JidError};

/// A link to an XMPP entity: an address, the account to reach it from, and what to do there.
///
/// It reads URIs and IRIs (characters beyond ASCII as they are), and prints as a URI.
///
/// ```
/// use xmpp_core::XmppUri;
/// let uri: XmppUri = "xmpp:coven@chat.shakespeare.example?join;password=cauldron%20burn".parse()?;
/// assert_eq!(uri.jid().unwrap().as_str(), "coven@chat.shakespeare.example");
/// assert_eq!(uri.query_type(), Some("join"));
/// assert_eq!(uri.value("password"), Some("cauldron burn"));
/// # Ok::<(), xmpp_core::XmppUriError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct XmppUri {
    account: Option<BareJid>,
    jid: Option<Jid>,
    query: Option<Query>,
    fragment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Query {
    kind: String,
    pairs: Vec<(String, String)>,
}

/// Why a text is no `xmpp:` URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum XmppUriError {
    /// It is longer than [`XmppUri::MAX_BYTES`].
    #[error("longer than {} bytes", XmppUri::MAX_BYTES)]
    TooLong,
    /// The scheme is not `xmpp`.
    #[error("the scheme is not 'xmpp'")]
    Scheme,
    /// Neither an address nor an account is named.
    #[error("no address")]
    NoAddress,
    /// The account (behind `//`) is no bare JID with a localpart.
    #[error("the account has no localpart")]
    Account,
    /// A pair of the query has no `=`.
    #[error("a pair of the query has no '='")]
    Pair,
    /// A character that no URI has unencoded, like a space or `<`.
    #[error("a character that has to be percent-encoded")]
    Character,
    /// A `%` without two hexadecimal digits, or bytes that are no UTF-8.
    #[error("invalid percent-encoding")]
    Encoding,
    /// The account or the address is no JID.
    #[error(transparent)]
    Jid(#[from] JidError),
}

impl XmppUri {
    /// Bytes of the longest URI that is read.
    pub const MAX_BYTES: usize = 16_384;

    /// A link to `jid`.
    pub fn new(jid: impl Into<Jid>) -> Self {
        Self {
            account: None,
            jid: Some(jid.into()),
            query: None,
            fragment: None,
        }
    }

    /// The same link, to be followed from this account ([RFC 5122
    /// §2.3](https://www.rfc-editor.org/rfc/rfc5122#section-2.3)).
    ///
    /// # Errors
    ///
    /// [`XmppUriError::Account`] when it has no localpart.
    pub fn with_account(mut self, account: BareJid) -> Result<Self, XmppUriError> {
        account.local().ok_or(XmppUriError::Account)?;
        self.account = Some(account);
        Ok(self)
    }

    /// The same link with a query of this type, for instance `join`, and without pairs.
    #[must_use]
    pub fn with_query(mut self, kind: impl Into<String>) -> Self {
        self.query = Some(Query {
            kind: kind.into(),
            pairs: Vec::new(),
        });
        self
    }

    /// The same link with one more pair in its query.
    #[must_use]
    pub fn with_pair(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let query = self.query.get_or_insert_with(|| Query {
            kind: String::new(),
            pairs: Vec::new(),
        });
        query.pairs.push((key.into(), value.into()));
        self
    }

    /// The same link with this fragment.
    #[must_use]
    pub fn with_fragment(mut self, fragment: impl Into<String>) -> Self {
        self.fragment = Some(fragment.into());
        self
    }

    /// The account to act from; without one, the user's own.
    pub const fn account(&self) -> Option<&BareJid> {
        self.account.as_ref()
    }

    /// The address; only a link that names an account can be without.
    pub const fn jid(&self) -> Option<&Jid> {
        self.jid.as_ref()
    }

    /// The type of the query, for instance `join`, decoded; empty if the query has pairs alone.
    pub fn query_type(&self) -> Option<&str> {
        self.query.as_ref().map(|query| query.kind.as_str())
    }

    /// The pairs of the query, decoded, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query.iter().flat_map(|query| &query.pairs);
        pairs.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of the first pair with this key.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs()
            .find(|(k, _)| *k == key)
            .map(|(_, value)| value)
    }

    /// The fragment, decoded.
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }
}

impl FromStr for XmppUri {
    type Err = XmppUriError;

    fn from_str(text: &str) -> Result<Self, XmppUriError> {
        if text.len() > Self::MAX_BYTES {
            return Err(XmppUriError::TooLong);
        }
        let (scheme, rest) = text.split_once(':').ok_or(XmppUriError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("xmpp") {
            return Err(XmppUriError::Scheme);
        }
        // Cut first, decode then: an encoded delimiter delimits nothing.
        let (rest, fragment) = cut(rest, '#');
        let (path, query) = cut(rest, '?');
        let (account, path) = match path.strip_prefix("//") {
            Some(rest) => {
                let (account, path) = cut(rest, '/');
                (Some(account), path)
            }
            None => (None, Some(path)),
        };
        let account = account
            .map(|account| {
                let (local, domain) = account.split_once('@').ok_or(XmppUriError::Account)?;
                Ok::<_, XmppUriError>(BareJid::from_parts(
                    Some(&decode(local)?),
                    &decode(domain)?,
                )?)
            })
            .transpose()?;
        let jid = path.filter(|path| !path.is_empty()).map(jid).transpose()?;
        if jid.is_none() && account.is_none() {
            return Err(XmppUriError::NoAddress);
        }
        Ok(Self {
            account,
            jid,
            query: query.map(Query::read).transpose()?,
            fragment: fragment.map(decode).transpose()?,
        })
    }
}

fn jid(path: &str) -> Result<Jid, XmppUriError> {
    let (bare, resource) = cut(path, '/');
    let (local, domain) = match bare.split_once('@') {
        Some((local, domain)) => (Some(decode(local)?), domain),
        None => (None, bare),
    };
    let resource = resource.map(decode).transpose()?;
    Ok(Jid::from_parts(
        local.as_deref(),
        &decode(domain)?,
        resource.as_deref(),
    )?)
}

impl Query {
    fn read(text: &str) -> Result<Self, XmppUriError> {
        let mut parts = text.split(';');
        let kind = decode(parts.next().unwrap_or_default())?;
        let pairs = parts.map(|pair| {
            let (key, value) = pair.split_once('=').ok_or(XmppUriError::Pair)?;
            Ok((decode(key)?, decode(value)?))
        });
        Ok(Self {
            kind,
            pairs: pairs.collect::<Result<_, XmppUriError>>()?,
        })
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

impl fmt::Display for XmppUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("xmpp:")?;
        if let Some(account) = &self.account {
            f.write_str("//")?;
            write_bare(f, account.local(), account.domain())?;
        }
        if let Some(jid) = &self.jid {
            if self.account.is_some() {
                f.write_str("/")?;
            }
            write_bare(f, jid.local(), jid.domain())?;
            if let Some(resource) = jid.resource() {
                write!(f, "/{}", encode(resource, RESOURCE))?;
            }
        }
        if let Some(query) = &self.query {
            write!(f, "?{}", encode(&query.kind, UNRESERVED))?;
            for (key, value) in &query.pairs {
                let (key, value) = (encode(key, UNRESERVED), encode(value, UNRESERVED));
                write!(f, ";{key}={value}")?;
            }
        }
        match &self.fragment {
            Some(fragment) => write!(f, "#{}", encode(fragment, FRAGMENT)),
            None => Ok(()),
        }
    }
}

fn write_bare(f: &mut fmt::Formatter<'_>, local: Option<&str>, domain: &str) -> fmt::Result {
    if let Some(local) = local {
        write!(f, "{}@", encode(local, LOCAL))?;
    }
    // An IPv6 address stands in its brackets as it is.
    if domain.starts_with('[') {
        return f.write_str(domain);
    }
    write!(f, "{}", encode(domain, UNRESERVED))
}

#[cfg(test)]
mod tests;
