//! The site's side.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::key::TokenKey;
use crate::timestamp::Timestamp;

/// Signs tokens, for sites written in Rust and for tests. It is the counterpart of
/// [`TokenVerifier`](super::TokenVerifier).
///
/// ```
/// use std::time::Duration;
/// use xmpp_sasl::Timestamp;
/// use xmpp_sasl::tokens::{TokenClaims, TokenKey, TokenSigner, TokenVerifier};
///
/// let key = TokenKey::new([7; 32])?.with_id("2026-01");
/// let signer = TokenSigner::new(key.clone(), "chat", "chat.example");
/// let now = Timestamp::from_millis(1_800_000_000_000);
/// let expiry = now.saturating_add(Duration::from_secs(60));
/// let token = signer.sign(&TokenClaims::new("juliet", expiry));
///
/// let verifier = TokenVerifier::new("chat", "chat.example").with_key(key);
/// assert_eq!(verifier.verify(&token, now)?.subject(), "juliet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TokenSigner {
    key: TokenKey,
    audience: String,
    domain: String,
}

impl TokenSigner {
    /// Signs by `key` for the service `audience` in `domain`.
    pub fn new(key: TokenKey, audience: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            key,
            audience: audience.into(),
            domain: domain.into(),
        }
    }

    /// A token of `claims`. It logs in whoever shows it.
    pub fn sign(&self, claims: &TokenClaims) -> String {
        let mut header = Map::new();
        header.insert("alg".to_owned(), "HS256".into());
        header.insert("typ".to_owned(), "JWT".into());
        if let Some(id) = self.key.id() {
            header.insert("kid".to_owned(), id.into());
        }
        let mut body = Map::new();
        body.insert("sub".to_owned(), claims.subject.as_str().into());
        body.insert("aud".to_owned(), self.audience.as_str().into());
        body.insert("domain".to_owned(), self.domain.as_str().into());
        body.insert("exp".to_owned(), seconds(claims.expiry).into());
        if let Some(not_before) = claims.not_before {
            body.insert("nbf".to_owned(), seconds(not_before).into());
        }
        if let Some(id) = &claims.id {
            body.insert("jti".to_owned(), id.as_str().into());
        }
        let part = |object| URL_SAFE_NO_PAD.encode(Value::Object(object).to_string());
        let signed = [part(header), part(body)].join(".");
        let signature = URL_SAFE_NO_PAD.encode(*self.key.sign(&signed));
        [signed, signature].join(".")
    }
}

/// Whole seconds; what is left of the last one is cut off.
fn seconds(time: Timestamp) -> u64 {
    time.as_millis() / 1_000
}

/// What a token says of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaims {
    subject: String,
    expiry: Timestamp,
    not_before: Option<Timestamp>,
    id: Option<String>,
}

impl TokenClaims {
    /// The user `subject` (in XMPP the localpart), until `expiry`. A minute is enough for a page that logs in at
    /// once.
    pub fn new(subject: impl Into<String>, expiry: Timestamp) -> Self {
        Self {
            subject: subject.into(),
            expiry,
            not_before: None,
            id: None,
        }
    }

    /// It is not good before this.
    #[must_use]
    pub fn not_before(mut self, time: Timestamp) -> Self {
        self.not_before = Some(time);
        self
    }

    /// A name of its own, random, so that it is good once (`jti`).
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}
