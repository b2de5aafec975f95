//! How often something may happen (MUC FL1, FL2, FL4).

use std::{collections::BTreeMap, time::Duration};

use xmpp_core::{BareJid, Timestamp, TokenBucket, TokenRate};

/// So many at once, and on average as many in every such time.
///
/// ```
/// use std::time::Duration;
/// use xmpp_muc::Rate;
/// let creations = Rate::new(10, Duration::from_hours(1));
/// assert_eq!(creations.count, 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u64,
    /// In which time; zero for no limit at all.
    pub every: Duration,
}

impl Rate {
    /// As often as anybody likes.
    pub const UNLIMITED: Self = Self::new(u64::MAX, Duration::ZERO);

    /// `count` at once and in every `every`.
    pub const fn new(count: u64, every: Duration) -> Self {
        Self { count, every }
    }
}

/// How often a user, a bare JID, may do things in one room (MUC FL1, FL2).
///
/// What goes beyond is refused with `resource-constraint`, except presences: of those that come too fast the latest is
/// sent when it is time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rates {
    /// Messages to all and to single occupants (200 in 10 s).
    pub messages: Rate,
    /// Bytes of those messages as delivered (1 MB in 10 s).
    pub message_bytes: Rate,
    /// Nick changes (5 in 30 s).
    pub nick_changes: Rate,
    /// Joins, also those of who is inside and asks for everything again (30 in a minute).
    pub entries: Rate,
    /// Changes of the shown presence (1 in 2 s).
    pub presences: Rate,
}

impl Rates {
    /// Nothing is slowed down: for a host that does so itself.
    pub const UNLIMITED: Self = Self {
        messages: Rate::UNLIMITED,
        message_bytes: Rate::UNLIMITED,
        nick_changes: Rate::UNLIMITED,
        entries: Rate::UNLIMITED,
        presences: Rate::UNLIMITED,
    };
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            messages: Rate::new(200, Duration::from_secs(10)),
            message_bytes: Rate::new(1_000_000, Duration::from_secs(10)),
            nick_changes: Rate::new(5, Duration::from_secs(30)),
            entries: Rate::new(30, Duration::from_mins(1)),
            presences: Rate::new(1, Duration::from_secs(2)),
        }
    }
}

/// What is left of a [`Rate`]; no bucket for an unlimited one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance(Option<TokenBucket>);

/// The bucket's tokens of one event: rates far below one a second stay exact.
const SCALE: u64 = 1_000_000;

impl Allowance {
    /// For single events. A bucket lends: it gives while it is not empty. One event less and a grain, and it gives
    /// exactly when a whole event is there.
    pub(crate) fn events(rate: Rate) -> Self {
        let grain = u64::from(rate.count > 0);
        let others = rate.count.saturating_sub(1);
        let burst = others.saturating_mul(SCALE).saturating_add(grain);
        Self::new(rate, burst)
    }

    /// For bytes: what is larger than the rate passes too, and is paid for before anything else does.
    pub(crate) fn bytes(rate: Rate) -> Self {
        Self::new(rate, rate.count.saturating_mul(SCALE))
    }

    fn new(rate: Rate, burst: u64) -> Self {
        if rate.every.is_zero() {
            return Self(None);
        }
        // Rounded up, so that nobody waits longer than the rate says.
        let tokens = u128::from(rate.count) * u128::from(SCALE);
        let per_second = (tokens * 1000).div_ceil(rate.every.as_millis().max(1));
        Self(Some(TokenBucket::new(TokenRate {
            per_second: u64::try_from(per_second).unwrap_or(u64::MAX),
            burst,
        })))
    }

    /// One more event, or so many bytes.
    ///
    /// # Errors
    ///
    /// The time before which there is no more.
    pub(crate) fn take(&mut self, now: Timestamp, count: u64) -> Result<(), Timestamp> {
        match &mut self.0 {
            Some(bucket) => bucket.take(now, count.saturating_mul(SCALE)),
            None => Ok(()),
        }
    }

    /// Whether one more event is allowed.
    pub(crate) fn is_left(&mut self, now: Timestamp) -> bool {
        let bucket = self.0.as_mut();
        bucket.is_none_or(|bucket| bucket.ready_at(now).is_none())
    }

    /// Whether a new one is the same.
    pub(crate) fn is_whole(&mut self, now: Timestamp) -> bool {
        self.0.as_mut().is_none_or(|bucket| bucket.is_full(now))
    }
}

/// What each user has left. Those who have everything left are not remembered for ever.
#[derive(Debug)]
pub(crate) struct ByUser<T> {
    users: BTreeMap<BareJid, T>,
    /// At how many it is time to look through them.
    look_at: usize,
}

impl<T> Default for ByUser<T> {
    fn default() -> Self {
        Self {
            users: BTreeMap::new(),
            look_at: 64,
        }
    }
}

impl<T> ByUser<T> {
    pub(crate) fn of(
        &mut self,
        user: &BareJid,
        now: Timestamp,
        new: impl FnOnce() -> T,
        is_whole: impl Fn(&mut T, Timestamp) -> bool,
    ) -> &mut T {
        if self.users.len() >= self.look_at && !self.users.contains_key(user) {
            self.users.retain(|_, left| !is_whole(left, now));
            self.look_at = 2 * self.users.len() + 64;
        }
        self.users.entry(user.clone()).or_insert_with(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
    }

    #[test]
    fn so_many_at_once_and_in_every_time() {
        let mut left = Allowance::events(Rate::new(3, Duration::from_hours(1)));
        for _ in 0..3 {
            assert_eq!(left.take(at(0), 1), Ok(()));
        }
        let next = left.take(at(0), 1).expect_err("no more");
        assert!(next > at(1199) && next <= at(1201), "{next:?}");
        assert!(left.take(at(1190), 1).is_err());
        assert!(!left.is_whole(at(3590)));
        assert!(left.is_whole(at(3600)));
        let mut passed = 0;
        for second in 3600..3600 * 11 {
            passed += u32::from(left.take(at(second), 1).is_ok());
        }
        assert!((30..=34).contains(&passed), "{passed}");
    }

    #[test]
    fn who_has_everything_left_is_forgotten() {
        let mut all = ByUser::default();
        let rate = Rate::new(1, Duration::from_secs(1));
        for second in 0..10_000 {
            let user = format!("u{second}@example.org").parse().expect("a JID");
            let left = all.of(
                &user,
                at(second),
                || Allowance::events(rate),
                Allowance::is_whole,
            );
            assert!(left.take(at(second), 1).is_ok());
        }
        assert!(all.users.len() <= 70, "{}", all.users.len());
    }

    #[test]
    fn unlimited_is_unlimited() {
        let mut left = Allowance::events(Rate::UNLIMITED);
        for _ in 0..1000 {
            assert_eq!(left.take(at(0), 1), Ok(()));
        }
        let mut bytes = Allowance::bytes(Rate::new(10, Duration::from_secs(1)));
        assert!(bytes.take(at(0), 30).is_ok(), "lent");
        assert!(bytes.take(at(1), 1).is_err());
        assert!(bytes.take(at(3), 1).is_ok());
        let mut nothing = Allowance::events(Rate::new(0, Duration::from_secs(1)));
        assert!(nothing.take(at(0), 1).is_err());
    }
}
