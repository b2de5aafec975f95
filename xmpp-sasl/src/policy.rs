//! What may be used, and what is preferred.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::error::LoginError;
use crate::info::{MechanismInfo, MechanismName, Strength};
use crate::pin::Pin;

/// What may be used and what is preferred, for a registry or for one session.
///
/// Above any order of preference stands one rule: **a mechanism is a candidate only when the credentials
/// in hand, the channel's security and the allow-list permit it.** A policy can only take away from
/// that.
///
/// ```
/// use xmpp_sasl::{Policy, Strength};
///
/// // An account for which SCRAM has worked before, on a machine that is slow.
/// let policy = Policy::new()
///     .minimum_strength(Strength::ChallengeResponse)
///     .pin("SCRAM-SHA-256")
///     .scram_iterations(4_096..=100_000)
///     .priority("SCRAM-SHA-1", 99);
/// # let _ = policy;
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    allowed: Option<BTreeSet<String>>,
    denied: BTreeSet<String>,
    opted_in: BTreeSet<String>,
    priorities: BTreeMap<String, i32>,
    minimum: Strength,
    mutual: bool,
    signed_offer: bool,
    pinned: Option<Pin>,
    iterations: (u32, u32),
}

pub(crate) static DEFAULT: Policy = Policy::new();

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl Policy {
    /// Everything that the one rule permits, in the default order.
    pub const fn new() -> Self {
        Self {
            allowed: None,
            denied: BTreeSet::new(),
            opted_in: BTreeSet::new(),
            priorities: BTreeMap::new(),
            minimum: Strength::Anonymous,
            mutual: false,
            signed_offer: false,
            pinned: None,
            iterations: (4_096, 1_000_000),
        }
    }

    /// The allow-list: nothing but `names`. It replaces an earlier one. A mechanism named here needs no
    /// [`opt_in`](Self::opt_in).
    #[must_use]
    pub fn allow_only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.allowed = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Puts `name` on the deny-list, which wins over the allow-list.
    #[must_use]
    pub fn deny(mut self, name: impl Into<String>) -> Self {
        self.denied.insert(name.into());
        self
    }

    /// Lets a client use `name` although it gives away the password: PLAIN needs this (SAS-2).
    #[must_use]
    pub fn opt_in(mut self, name: impl Into<String>) -> Self {
        self.opted_in.insert(name.into());
        self
    }

    /// Gives `name` a priority of its own; of two candidates the higher number wins.
    #[must_use]
    pub fn priority(mut self, name: impl Into<String>, priority: i32) -> Self {
        self.priorities.insert(name.into(), priority);
        self
    }

    /// Nothing weaker than `strength`. [`Strength::ChannelBound`] requires channel binding (or a certificate).
    #[must_use]
    pub const fn minimum_strength(mut self, strength: Strength) -> Self {
        self.minimum = strength;
        self
    }

    /// Clients: only mechanisms in which the server proves that it knows the account
    /// ([`MechanismInfo::authenticates_server`]). It is not the same as a minimum of [`Strength::Mutual`]: EXTERNAL is
    /// stronger than that and proves nothing about the account, DIGEST-MD5 is weaker and does.
    #[must_use]
    pub const fn require_mutual_authentication(mut self) -> Self {
        self.mutual = true;
        self
    }

    /// Clients: only logins in which the server signs the list of mechanisms that it offers (XEP-0474). Mechanisms
    /// that cannot are refused, and one that can fails with
    /// [`DowngradeError::Unsigned`](crate::DowngradeError::Unsigned) where the server does not. Few servers do so today.
    #[must_use]
    pub const fn require_signed_offer(mut self) -> Self {
        self.signed_offer = true;
        self
    }

    /// This account has used `before` before: nothing weaker from now on, so that nobody can take the strong
    /// mechanisms out of the offer and wait for the password. Give a [`Pin`] of
    /// [`ClientLogin::pin`](crate::ClientLogin::pin), or a name; a name that is not registered permits nothing but
    /// itself.
    #[must_use]
    pub fn pin(mut self, before: impl Into<Pin>) -> Self {
        self.pinned = Some(before.into());
        self
    }

    /// How many rounds of PBKDF2 a client lets a server ask for; 4,096 to 1,000,000 unless it is said here.
    #[must_use]
    pub const fn scram_iterations(mut self, bounds: RangeInclusive<u32>) -> Self {
        self.iterations = (*bounds.start(), *bounds.end());
        self
    }

    /// How many rounds of PBKDF2 are accepted: at least the first, at most the second number.
    pub fn iteration_bounds(&self) -> (u32, u32) {
        self.iterations
    }

    /// The priority of the mechanism of this description under this policy.
    pub fn priority_of(&self, info: &MechanismInfo) -> i32 {
        self.priorities
            .get(info.name().as_str())
            .copied()
            .unwrap_or(info.priority())
    }

    pub(crate) fn is_allowed(&self, name: &MechanismName) -> bool {
        self.allowed
            .as_ref()
            .is_none_or(|allowed| allowed.contains(name.as_str()))
    }

    pub(crate) fn is_denied(&self, name: &MechanismName) -> bool {
        self.denied.contains(name.as_str())
    }

    pub(crate) fn has_opted_in(&self, name: &MechanismName) -> bool {
        self.opted_in.contains(name.as_str())
            || self
                .allowed
                .as_ref()
                .is_some_and(|allowed| allowed.contains(name.as_str()))
    }

    pub(crate) fn minimum(&self) -> Strength {
        self.minimum
    }

    pub(crate) fn requires_mutual_authentication(&self) -> bool {
        self.mutual
    }

    pub(crate) fn requires_signed_offer(&self) -> bool {
        self.signed_offer
    }

    /// What was used before, if it is known.
    pub fn pinned(&self) -> Option<&Pin> {
        self.pinned.as_ref()
    }
}

/// Whether a server's count is within [`Policy::iteration_bounds`].
pub(crate) fn check_iterations((minimum, maximum): (u32, u32), got: u32) -> Result<(), LoginError> {
    if got < minimum {
        return Err(LoginError::TooFewIterations { got, minimum });
    }
    if got > maximum {
        return Err(LoginError::TooManyIterations { got, maximum });
    }
    Ok(())
}
