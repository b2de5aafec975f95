//! The server's side.

use std::time::Duration;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::error::TokenError;
use super::json::{Json, Object};
use super::key::TokenKey;
use crate::lookup::{Answer, PasswordCheck, Refusal};
use crate::timestamp::Timestamp;

const MAX_LENGTH: usize = 4_096;
const MAX_LEEWAY: Duration = Duration::from_mins(5);
/// Bytes of `sub`; in XMPP no part of an address is longer.
const MAX_SUBJECT: usize = 1_023;
/// Bytes of `jti`, which the caller has to keep.
const MAX_ID: usize = 255;

/// Verifies signed tokens for one service in one domain.
///
/// It needs at least one key ([`with_key`](Self::with_key)); without, every token is refused.
#[derive(Clone, Debug)]
pub struct TokenVerifier {
    audience: String,
    domain: String,
    keys: Vec<TokenKey>,
    leeway: Duration,
    max_length: usize,
}

impl TokenVerifier {
    /// Accepts tokens whose `aud` is or holds `audience` and whose `domain` is `domain`, byte for byte. A
    /// server of several domains has a verifier for each.
    pub fn new(audience: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            domain: domain.into(),
            keys: Vec::new(),
            leeway: Duration::from_secs(30),
            max_length: MAX_LENGTH,
        }
    }

    /// Adds a key; it replaces one of the same name.
    #[must_use]
    pub fn with_key(mut self, key: TokenKey) -> Self {
        self.keys.retain(|known| known.id() != key.id());
        self.keys.push(key);
        self
    }

    /// How far the site's clock may be from ours; 30 s unless it is said here, at most five minutes.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// How many bytes a token may have; 4,096 unless it is said here.
    #[must_use]
    pub fn with_max_length(mut self, bytes: usize) -> Self {
        self.max_length = bytes;
        self
    }

    /// Whose token this is, at the time `now`.
    ///
    /// # Errors
    ///
    /// The first check that fails ([`tokens`](crate::tokens) has the list).
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<VerifiedToken, TokenError> {
        if token.len() > self.max_length {
            return Err(TokenError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Syntax)?;
        let (header, body) = signed.split_once('.').ok_or(TokenError::Syntax)?;
        if body.contains('.') {
            return Err(TokenError::Syntax);
        }
        let header = Json::object(&decode(header)?).ok_or(TokenError::Syntax)?;
        let key = self.key(&header)?;
        let right = key.sign(signed);
        if !bool::from(decode(signature)?.ct_eq(&*right)) {
            return Err(TokenError::Signature);
        }
        let claims = Json::object(&decode(body)?).ok_or(TokenError::Claims)?;
        self.claims(&claims, now)
    }

    /// As [`verify`](Self::verify), and the token is good once: it must have a `jti`, and `remember` must not
    /// know it.
    ///
    /// `remember` gets the name and the time until which it must be kept, and returns whether it is new. It is
    /// asked last, so that nobody can fill a memory with tokens that are not good. Where the memory lies behind
    /// a request, use [`verify`](Self::verify), [`VerifiedToken::id`] and
    /// [`VerifiedToken::remember_until`].
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify); [`TokenError::Used`].
    pub fn verify_once(
        &self,
        token: &str,
        now: Timestamp,
        remember: impl FnOnce(&str, Timestamp) -> bool,
    ) -> Result<VerifiedToken, TokenError> {
        let token = self.verify(token, now)?;
        let id = token.id().ok_or(TokenError::Missing("jti"))?;
        if remember(id, token.remember_until()) {
            Ok(token)
        } else {
            Err(TokenError::Used)
        }
    }

    fn key(&self, header: &Object) -> Result<&TokenKey, TokenError> {
        if header.get("alg").and_then(Json::text) != Some("HS256") {
            return Err(TokenError::Algorithm);
        }
        // RFC 7519 §5.1: in any case of letters.
        let is_jwt = |typ: &Json| {
            typ.text()
                .is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))
        };
        if header.contains_key("crit") || header.get("typ").is_some_and(|typ| !is_jwt(typ)) {
            return Err(TokenError::Header);
        }
        let named = |id: Option<&str>| self.keys.iter().find(|key| key.id() == id);
        let key = match (header.get("kid"), &self.keys[..]) {
            (Some(id), _) => named(Some(id.text().ok_or(TokenError::Header)?)),
            (None, [only]) => Some(only),
            (None, _) => named(None),
        };
        key.ok_or(TokenError::UnknownKey)
    }

    fn claims(&self, claims: &Object, now: Timestamp) -> Result<VerifiedToken, TokenError> {
        let claim = |name| claims.get(name).ok_or(TokenError::Missing(name));
        let subject = text(claim("sub")?, MAX_SUBJECT)?;
        let is_ours = |audience: &Json| audience.text() == Some(&self.audience);
        match claim("aud")? {
            Json::List(list) if list.iter().any(|item| item.text().is_none()) => {
                return Err(TokenError::Claims);
            }
            Json::List(list) if list.iter().any(is_ours) => {}
            audience @ Json::Text(_) if is_ours(audience) => {}
            Json::Text(_) | Json::List(_) => return Err(TokenError::Audience),
            _ => return Err(TokenError::Claims),
        }
        let domain = text(claim("domain")?, MAX_SUBJECT)?;
        if domain != self.domain {
            return Err(TokenError::Domain);
        }
        let time = |json: &Json| json.time().ok_or(TokenError::Claims);
        let expiry = time(claim("exp")?)?;
        let not_before = claims.get("nbf").map(time).transpose()?;
        let id = claims.get("jti").map(|id| text(id, MAX_ID)).transpose()?;
        let remember_until = expiry.saturating_add(self.leeway);
        if now >= remember_until {
            return Err(TokenError::Expired);
        }
        if not_before.is_some_and(|time| now.saturating_add(self.leeway) < time) {
            return Err(TokenError::NotYet);
        }
        Ok(VerifiedToken {
            subject: subject.to_owned(),
            domain: domain.to_owned(),
            expiry,
            remember_until,
            id: id.map(str::to_owned),
        })
    }
}

/// The URL-safe alphabet, no padding, no stray bits.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Syntax)
}

/// Some text without control characters, of at most `max` bytes.
fn text(json: &Json, max: usize) -> Result<&str, TokenError> {
    json.text()
        .filter(|text| !text.is_empty() && text.len() <= max && !text.contains(char::is_control))
        .ok_or(TokenError::Claims)
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    subject: String,
    domain: String,
    expiry: Timestamp,
    remember_until: Timestamp,
    id: Option<String>,
}

impl VerifiedToken {
    /// Who logs in.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// In which domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// When the token expires. What it has opened need not end then.
    pub fn expiry(&self) -> Timestamp {
        self.expiry
    }

    /// The token's own name, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// How long the name must be remembered so that the token is good once: until it has expired by any clock.
    pub fn remember_until(&self) -> Timestamp {
        self.remember_until
    }

    /// The answer to [`Lookup::Token`](crate::Lookup::Token).
    pub fn answer(&self) -> Answer {
        Answer::Grant {
            authcid: self.subject.clone(),
        }
    }

    /// The answer to [`Lookup::Password`](crate::Lookup::Password), where the token came as a password: the user
    /// name beside it must be the token's.
    pub fn answer_for(&self, check: &PasswordCheck) -> Answer {
        if check.authcid() == self.subject {
            Answer::Accept
        } else {
            Answer::Refuse(Refusal::WrongCredentials)
        }
    }
}
