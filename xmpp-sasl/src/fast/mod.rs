//! The life of FAST tokens on a server ([XEP-0484](https://xmpp.org/extensions/xep-0484.html)): issue, use,
//! rotation, revocation. What is stored, the caller stores; how it travels is the protocol's.

mod record;
mod token;

use std::time::Duration;

pub use record::FastRecord;
pub use token::{FastToken, IssuedToken};

use crate::info::MechanismName;

/// How long tokens live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastPolicy {
    lifetime: Duration,
    rotation: Duration,
}

impl Default for FastPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl FastPolicy {
    /// Tokens live for 14 days, and a login by one that is older than a day brings the next one.
    pub const fn new() -> Self {
        Self {
            lifetime: Duration::from_hours(14 * 24),
            rotation: Duration::from_hours(24),
        }
    }

    /// How long a token is good. A client that stays away longer needs its password again.
    #[must_use]
    pub const fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The age from which a token is replaced at the next login.
    #[must_use]
    pub const fn with_rotation(mut self, age: Duration) -> Self {
        self.rotation = age;
        self
    }
}

/// What a client says beside its login by a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FastAttempt {
    count: Option<u32>,
    early_data: bool,
    invalidate: bool,
    request: Option<MechanismName>,
}

impl FastAttempt {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The attempt's number (`count`).
    #[must_use]
    pub fn with_count(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }

    /// It came in the early data of TLS 1.3, which anybody may replay: a count is required.
    #[must_use]
    pub fn in_early_data(mut self) -> Self {
        self.early_data = true;
        self
    }

    /// The token shall be good no more afterwards (`invalidate`).
    #[must_use]
    pub fn invalidating(mut self) -> Self {
        self.invalidate = true;
        self
    }

    /// It asks for a new token for `mechanism` (`<request-token/>`). Whether the mechanism is on offer, the
    /// caller has checked.
    #[must_use]
    pub fn requesting(mut self, mechanism: MechanismName) -> Self {
        self.request = Some(mechanism);
        self
    }
}
