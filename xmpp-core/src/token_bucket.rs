//! How much may come how fast.

use std::time::Duration;

use crate::Timestamp;

/// A steady rate, and how much may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRate {
    /// Tokens that come back in a second. Zero: none ever does.
    pub per_second: u64,
    /// Tokens that a full bucket holds.
    pub burst: u64,
}

impl TokenRate {
    /// `per_second` tokens with a burst of what comes in `burst`.
    pub fn new(per_second: u64, burst: Duration) -> Self {
        let millis = u64::try_from(burst.as_millis()).unwrap_or(u64::MAX);
        Self {
            per_second,
            burst: per_second.saturating_mul(millis) / 1000,
        }
    }
}

/// A token bucket on the caller's clock: what a peer sends takes tokens out, time puts them back.
///
/// Whatever is taken while the bucket is not empty is lent in full, so that one large stanza can pass a bucket that is
/// smaller than it; the debt is paid before anything else passes. On average no more passes than the rate allows.
///
/// ```
/// use std::time::Duration;
/// use xmpp_core::{Timestamp, TokenBucket, TokenRate};
/// // 100 kB a second, with a burst of two seconds
/// let mut bucket = TokenBucket::new(TokenRate::new(100_000, Duration::from_secs(2)));
/// let now = Timestamp::from_millis(0);
/// assert!(bucket.take(now, 250_000).is_ok());
/// let wait = bucket.take(now, 1).unwrap_err();
/// assert_eq!(wait, Timestamp::from_millis(501));
/// assert!(bucket.take(wait, 1).is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    rate: TokenRate,
    /// Thousandths of tokens that are there; below zero a debt.
    level: i128,
    /// Up to when time is counted.
    at: Timestamp,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(rate: TokenRate) -> Self {
        Self {
            rate,
            level: i128::from(rate.burst) * 1000,
            at: Timestamp::default(),
        }
    }

    /// Takes `tokens` if the bucket is not empty.
    ///
    /// # Errors
    ///
    /// When it is empty: nothing is taken. The time when it will not be, [`Timestamp`]'s last where that is never.
    pub fn take(&mut self, now: Timestamp, tokens: u64) -> Result<(), Timestamp> {
        match self.ready_at(now) {
            None => {
                self.level -= i128::from(tokens) * 1000;
                Ok(())
            }
            Some(at) => Err(at),
        }
    }

    /// When something can be taken; `None` for at once.
    pub fn ready_at(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.fill(now);
        if self.level > 0 {
            return None;
        }
        let never = Timestamp::from_millis(u64::MAX);
        let Some(rate) = std::num::NonZeroU64::new(self.rate.per_second) else {
            return Some(never);
        };
        // Tokens a second are thousandths of tokens a millisecond.
        let wait = self.level.unsigned_abs() / u128::from(rate.get()) + 1;
        let wait = u64::try_from(wait).unwrap_or(u64::MAX);
        Some(self.at.saturating_add(Duration::from_millis(wait)))
    }

    /// Whether at least `tokens` are in it.
    pub fn has(&mut self, now: Timestamp, tokens: u64) -> bool {
        self.fill(now);
        self.level >= i128::from(tokens) * 1000
    }

    /// Whether it is full: a new one is just the same.
    pub fn is_full(&mut self, now: Timestamp) -> bool {
        self.has(now, self.rate.burst)
    }

    /// The rate it was made with.
    pub fn rate(&self) -> TokenRate {
        self.rate
    }

    fn fill(&mut self, now: Timestamp) {
        let passed = now.since(self.at).as_millis();
        self.at = self.at.max(now);
        let gained = passed.saturating_mul(u128::from(self.rate.per_second));
        let gained = i128::try_from(gained).unwrap_or(i128::MAX);
        let full = i128::from(self.rate.burst) * 1000;
        self.level = self.level.saturating_add(gained).min(full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: TokenRate = TokenRate {
        per_second: 100,
        burst: 200,
    };

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis)
    }

    #[test]
    fn on_average_no_more_passes_than_the_rate() {
        let mut bucket = TokenBucket::new(RATE);
        let mut passed = 0;
        for ms in 0..60_000 {
            while bucket.take(at(ms), 7).is_ok() {
                passed += 7;
            }
        }
        let allowed = 200 + 100 * 60;
        assert!((allowed - 7..=allowed + 7).contains(&passed), "{passed}");
    }

    #[test]
    fn a_debt_is_paid_first() {
        let mut bucket = TokenBucket::new(RATE);
        assert_eq!(bucket.take(at(0), 1200), Ok(()));
        assert_eq!(bucket.take(at(9_999), 1), Err(at(10_001)));
        assert_eq!(bucket.take(at(10_000), 1), Err(at(10_001)));
        assert_eq!(bucket.take(at(10_001), 1), Ok(()));
    }

    #[test]
    fn it_holds_no_more_than_its_burst() {
        let mut bucket = TokenBucket::new(RATE);
        bucket.take(at(0), 200).expect("full");
        assert!(!bucket.is_full(at(1_999)));
        assert!(bucket.is_full(at(1_000_000)));
        bucket.take(at(1_000_000), 200).expect("full");
        assert!(bucket.take(at(1_000_000), 1).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = TokenBucket::new(RATE);
        bucket.take(at(5_000), 300).expect("full");
        assert_eq!(bucket.take(at(0), 1), Err(at(6_001)));
        assert_eq!(bucket.take(at(6_001), 1), Ok(()));
    }

    #[test]
    fn a_rate_of_zero_never_recovers() {
        let mut bucket = TokenBucket::new(TokenRate {
            per_second: 0,
            burst: 1,
        });
        assert_eq!(bucket.take(at(0), 1), Ok(()));
        assert_eq!(
            bucket.take(at(u64::MAX / 2 - 1_800_000_000_000), 1),
            Err(Timestamp::from_millis(u64::MAX))
        );
    }
}
