//! The secret that signs.

use std::fmt;

use hmac::Hmac;
use hmac::digest::{FixedOutput as _, KeyInit as _, Update as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of the shortest secret ([RFC 7518 §3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const MIN_SECRET: usize = 32;

/// A secret that a site and a server share, with a name where there are several. Redacted in `Debug` and zeroed
/// on drop.
///
/// To replace one: give the verifier the new key beside the old one, let the site sign by the new one, and take
/// the old one away when its last token has expired.
#[derive(Clone)]
pub struct TokenKey {
    id: Option<String>,
    secret: Zeroizing<Vec<u8>>,
}

impl TokenKey {
    /// A key without a name: 32 random bytes or more. (Of a text that somebody has thought of, an attacker who
    /// has one token can find the rest.)
    ///
    /// # Errors
    ///
    /// The secret has fewer than 32 bytes.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, WeakKey> {
        let secret = Zeroizing::new(secret.into());
        if secret.len() < MIN_SECRET {
            return Err(WeakKey);
        }
        Ok(Self { id: None, secret })
    }

    /// Names the key: tokens say it as `kid`.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The name.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// `HMAC-SHA-256(secret, data)`.
    pub(super) fn sign(&self, data: &str) -> Zeroizing<[u8; 32]> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(data.as_bytes());
        Zeroizing::new(mac.finalize_fixed().into())
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A secret of fewer than 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret for signed tokens has at least 32 bytes")]
pub struct WeakKey;
