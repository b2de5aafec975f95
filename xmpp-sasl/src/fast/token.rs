//! One token, on the server that issued it.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{FastAttempt, FastPolicy};
use crate::base64;
use crate::info::MechanismName;
use crate::lookup::Refusal;
use crate::mechanisms::ht::{HtKey, HtToken, HtUsed, TooShortToken};
use crate::random::Random;
use crate::timestamp::Timestamp;

/// Random bytes of a token: twice what the draft's §5 wants.
const RANDOM_BYTES: usize = 32;

/// A token that a server has issued, as it is stored. It is as good as a password: keep it as secret. Redacted
/// in `Debug` and zeroed on drop.
#[derive(Clone)]
pub struct FastToken {
    pub(super) key: HtKey,
    issued: Timestamp,
    expiry: Timestamp,
    pub(super) count: u32,
}

impl FastToken {
    /// A token from what was stored of it.
    ///
    /// # Errors
    ///
    /// It has fewer than 16 bytes.
    pub fn from_parts(
        token: impl Into<String>,
        mechanism: MechanismName,
        issued: Timestamp,
        expiry: Timestamp,
        count: u32,
    ) -> Result<Self, TooShortToken> {
        Ok(Self {
            key: HtKey::new(mechanism, token)?,
            issued,
            expiry,
            count,
        })
    }

    pub(super) fn issue(
        mechanism: MechanismName,
        now: Timestamp,
        policy: &FastPolicy,
        random: &mut dyn Random,
    ) -> Self {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        random.fill(&mut *bytes);
        let token = base64::encode(*bytes);
        let expiry = now.saturating_add(policy.lifetime);
        Self::from_parts(token, mechanism, now, expiry, 0).expect("32 bytes are more than 16")
    }

    /// The token.
    pub fn token(&self) -> &str {
        self.key.token()
    }

    /// The mechanism that it was issued for.
    pub fn mechanism(&self) -> &MechanismName {
        self.key.mechanism()
    }

    /// When it was issued.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// From when on it is good no more.
    pub fn expiry(&self) -> Timestamp {
        self.expiry
    }

    /// The highest count of a login with it.
    pub fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn is(&self, used: &HtUsed) -> bool {
        used.is(self.token()) && used.mechanism() == self.mechanism()
    }

    /// XEP-0484 §3.4 and §5.1: why it is not good for this attempt.
    pub(super) fn refusal(&self, now: Timestamp, attempt: &FastAttempt) -> Option<Refusal> {
        let replayed = attempt
            .count
            .map_or(attempt.early_data, |count| count <= self.count);
        if replayed {
            Some(Refusal::Replayed)
        } else if now >= self.expiry {
            Some(Refusal::CredentialsExpired)
        } else {
            None
        }
    }

    pub(super) fn issued_token(&self) -> IssuedToken {
        IssuedToken {
            token: Zeroizing::new(self.token().to_owned()),
            mechanism: self.mechanism().clone(),
            expiry: self.expiry,
        }
    }
}

impl fmt::Debug for FastToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastToken")
            .field("mechanism", self.mechanism())
            .field("expiry", &self.expiry)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// Equal when all that is stored is; tokens are compared in constant time.
impl PartialEq for FastToken {
    fn eq(&self, other: &Self) -> bool {
        bool::from(self.token().as_bytes().ct_eq(other.token().as_bytes()))
            && self.mechanism() == other.mechanism()
            && (self.issued, self.expiry, self.count) == (other.issued, other.expiry, other.count)
    }
}

impl Eq for FastToken {}

/// A token to be sent to the client with its success. Redacted in `Debug` and zeroed on drop.
#[derive(Clone)]
#[must_use]
pub struct IssuedToken {
    token: Zeroizing<String>,
    mechanism: MechanismName,
    expiry: Timestamp,
}

impl IssuedToken {
    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The mechanism that it is for.
    pub fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    /// From when on it is good no more.
    pub fn expiry(&self) -> Timestamp {
        self.expiry
    }

    /// The client's credential of it.
    pub fn into_credential(self, authcid: impl Into<String>) -> HtToken {
        HtToken::new(authcid, &**self.token, self.mechanism).with_expiry(self.expiry)
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken")
            .field("mechanism", &self.mechanism)
            .field("expiry", &self.expiry)
            .finish_non_exhaustive()
    }
}
