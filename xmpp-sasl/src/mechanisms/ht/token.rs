//! A client's hashed token.

use std::fmt;

use zeroize::Zeroizing;

use crate::info::MechanismName;
use crate::timestamp::Timestamp;

/// A token that a server has issued (XEP-0484), as a credential for the one mechanism that it was issued for.
/// Redacted in `Debug` and zeroed on drop.
///
/// ```
/// use xmpp_sasl::{Credentials, HtToken, MechanismName};
///
/// let mechanism = MechanismName::from_static("HT-SHA-256-EXPR");
/// let token = HtToken::new("juliet", "WXZzciBwYmFmdmZn", mechanism);
/// let credentials = Credentials::password("juliet", "r0m30myr0m30").with(token);
/// # let _ = credentials;
/// ```
///
/// When the server refuses it, throw it away and log in by another credential (XEP-0484 §4.1).
#[derive(Clone)]
pub struct HtToken {
    authcid: String,
    token: Zeroizing<String>,
    mechanism: MechanismName,
    expiry: Option<Timestamp>,
    count: u32,
}

impl HtToken {
    /// The token `token` of the user `authcid`, issued for `mechanism`.
    pub fn new(
        authcid: impl Into<String>,
        token: impl Into<String>,
        mechanism: MechanismName,
    ) -> Self {
        Self {
            authcid: authcid.into(),
            token: Zeroizing::new(token.into()),
            mechanism,
            expiry: None,
            count: 0,
        }
    }

    /// Says how long it is good.
    #[must_use]
    pub fn with_expiry(mut self, expiry: Timestamp) -> Self {
        self.expiry = Some(expiry);
        self
    }

    /// Says how many logins have been tried with it: of a token that was stored and read again.
    #[must_use]
    pub fn with_count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// The user.
    pub fn authcid(&self) -> &str {
        &self.authcid
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The mechanism that it was issued for.
    pub fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    /// Until when it is good, if that was said.
    pub fn expiry(&self) -> Option<Timestamp> {
        self.expiry
    }

    /// Whether it has become too old by `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expiry.is_some_and(|expiry| now >= expiry)
    }

    /// How many logins have been tried with it.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Counts a login that is about to be tried, and gives the number to send with it where the server wants
    /// one (XEP-0484 §3.4, `count`). Store it before the message leaves: a number sent twice is refused.
    pub fn next_count(&mut self) -> u32 {
        self.count = self.count.saturating_add(1);
        self.count
    }
}

impl fmt::Debug for HtToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtToken")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}
