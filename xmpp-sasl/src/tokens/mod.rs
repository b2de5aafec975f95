//! Signed tokens: a site logs its users in without asking anybody.
//!
//! The site and the server share a secret. The site signs a short-lived token for the user of its page; the page
//! shows it to the server, by OAUTHBEARER, by X-OAUTH2 or as the password of PLAIN; the server verifies it and
//! looks nothing up. The form is a JSON Web Token ([RFC 7519]) with HMAC-SHA-256, because every language has a
//! library for it — and needs none:
//!
//! ```php
//! $b = fn($x) => rtrim(strtr(base64_encode($x), '+/', '-_'), '=');
//! $claims = ['sub' => 'juliet', 'domain' => 'chat.example', 'aud' => 'chat', 'exp' => time() + 60];
//! $head = $b('{"alg":"HS256","kid":"2026-01"}');
//! $body = $b(json_encode($claims));
//! $token = "$head.$body." . $b(hash_hmac('sha256', "$head.$body", $key, true));
//! ```
//!
//! ```python
//! b = lambda x: base64.urlsafe_b64encode(x).rstrip(b"=")
//! claims = {"sub": "juliet", "domain": "chat.example", "aud": "chat", "exp": time.time() + 60}
//! head = b(b'{"alg":"HS256","kid":"2026-01"}')
//! body = b(json.dumps(claims).encode())
//! token = b".".join([head, body, b(hmac.digest(key, head + b"." + body, "sha256"))]).decode()
//! ```
//!
//! ```js
//! const b = (x) => Buffer.from(x).toString("base64url");
//! const claims = { sub: "juliet", domain: "chat.example", aud: "chat", exp: Date.now() / 1000 + 60 };
//! const head = b('{"alg":"HS256","kid":"2026-01"}');
//! const body = b(JSON.stringify(claims));
//! const token = `${head}.${body}.${createHmac("sha256", key).update(`${head}.${body}`).digest("base64url")}`;
//! ```
//!
//! The server, where [`Lookup::Token`](crate::Lookup::Token) or
//! [`Lookup::Password`](crate::Lookup::Password) asks:
//!
//! ```
//! use xmpp_sasl::tokens::{TokenKey, TokenVerifier};
//! use xmpp_sasl::{Answer, Lookup, Timestamp};
//!
//! # fn f(lookup: Lookup, now: Timestamp) -> Result<Answer, Box<dyn std::error::Error>> {
//! let key = TokenKey::new([7; 32])?.with_id("2026-01");
//! let verifier = TokenVerifier::new("chat", "chat.example").with_key(key);
//! let answer = match lookup {
//!     Lookup::Token(check) => match verifier.verify(check.token(), now) {
//!         Ok(token) => token.answer(),
//!         Err(error) => error.answer(),
//!     },
//!     Lookup::Password(check) => match verifier.verify(check.password(), now) {
//!         Ok(token) => token.answer_for(&check),
//!         Err(error) => error.answer(),
//!     },
//!     _ => Answer::UnknownUser,
//! };
//! # Ok(answer) }
//! ```
//!
//! # What is checked
//!
//! In this order; the first that fails is the [`TokenError`].
//!
//! 1. The length: 4,096 bytes unless [`TokenVerifier::with_max_length`] says otherwise. Three parts in base64url
//!    with one spelling. The header is a JSON object without a member written twice, at any depth.
//! 2. `alg` is `HS256`. The server's side fixes the algorithm: `none` and all others are refused before anything
//!    else is looked at.
//! 3. No `crit`; `typ` is `JWT` or left out. Other members of the header are ignored.
//! 4. `kid` names one of the keys; it may be left out where there is one key, or one without a name.
//! 5. The signature, in constant time. Nothing of the claims has been read before.
//! 6. The claims are a JSON object, likewise. `sub`, `aud`, `domain` and `exp` are required, `nbf` and `jti` are
//!    known, others are ignored.
//! 7. `aud` (a text or a list with it) and `domain` are the verifier's, byte for byte; `exp` has not come, `nbf`
//!    has; a [`TokenVerifier::with_leeway`] of up to five minutes covers clocks that differ, 30 s by default.
//!
//! With the feature `tokens`.
//!
//! [RFC 7519]: https://www.rfc-editor.org/rfc/rfc7519

mod error;
mod json;
mod key;
mod signer;
mod verifier;

pub use error::TokenError;
pub use key::{TokenKey, WeakKey};
pub use signer::{TokenClaims, TokenSigner};
pub use verifier::{TokenVerifier, VerifiedToken};
