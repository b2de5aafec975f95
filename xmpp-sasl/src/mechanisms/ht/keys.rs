//! What a server knows of a user's hashed tokens.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::info::MechanismName;
use crate::lookup::Refusal;

/// Bytes of the shortest token: the draft's §5 wants 128 random bits, and no text has more than eight a byte.
const MIN_TOKEN: usize = 16;

/// The tokens of one user at one client, as the answer to a lookup: the current one, and the next one while the
/// client has not shown yet that it got it (XEP-0484 §5.1). Redacted in `Debug` and zeroed on drop.
#[derive(Clone, Debug, Default)]
pub struct HtTokens {
    pub(super) slots: [Option<HtKey>; 2],
}

impl HtTokens {
    /// The current and the next token. Without any it is as if the user did not exist.
    pub fn new(current: Option<HtKey>, next: Option<HtKey>) -> Self {
        Self {
            slots: [next, current],
        }
    }
}

/// A token as the server knows it. Redacted in `Debug` and zeroed on drop.
#[derive(Clone)]
pub struct HtKey {
    pub(super) mechanism: MechanismName,
    pub(super) token: Zeroizing<String>,
    pub(super) refusal: Option<Refusal>,
}

impl HtKey {
    /// A good token, issued for `mechanism`.
    ///
    /// # Errors
    ///
    /// It has fewer than 16 bytes.
    pub fn new(mechanism: MechanismName, token: impl Into<String>) -> Result<Self, TooShortToken> {
        let token = Zeroizing::new(token.into());
        if token.len() < MIN_TOKEN {
            return Err(TooShortToken);
        }
        Ok(Self {
            mechanism,
            token,
            refusal: None,
        })
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    /// A token that is good no more. Only who proves to have it is told so.
    #[must_use]
    pub fn refused(mut self, refusal: Refusal) -> Self {
        self.refusal = Some(refusal);
        self
    }
}

impl fmt::Debug for HtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtKey")
            .field("mechanism", &self.mechanism)
            .field("refusal", &self.refusal)
            .finish_non_exhaustive()
    }
}

/// A token of fewer than 16 bytes: it cannot hold the 128 random bits that it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has at least 16 bytes")]
pub struct TooShortToken;

/// The token that a client has logged in by: what [`ServerLogin::export`](crate::ServerLogin::export) gives
/// after a login by a hashed token, for [`FastRecord::used`](crate::FastRecord::used).
#[derive(Clone)]
pub struct HtUsed {
    pub(super) mechanism: MechanismName,
    pub(super) token: Zeroizing<String>,
}

impl HtUsed {
    /// The mechanism that the token was issued for.
    pub fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    /// Whether it is `token`, in a time that depends on its length only.
    pub fn is(&self, token: &str) -> bool {
        self.token.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

impl fmt::Debug for HtUsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtUsed")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}
