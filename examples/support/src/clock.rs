//! The wall clock, a monotonic clock, and the operating system's generator.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rand::{rand_core::UnwrapErr, rngs::SysRng};
use xmpp_core::{CryptoRandom, Timestamp};

/// The wall clock as it was at the start, and a monotonic clock from then on, so that timers survive a clock that
/// is set back.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    wall_at_start: Timestamp,
}

impl Clock {
    /// Reads both clocks.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where time enters the program"
    )]
    pub fn start() -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: Instant::now(),
            wall_at_start: Timestamp::from_millis(0).saturating_add(wall),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.wall_at_start.saturating_add(self.started.elapsed())
    }

    /// The runtime's idea of `at`.
    pub fn instant(&self, at: Timestamp) -> tokio::time::Instant {
        let since_start = at.since(self.wall_at_start);
        // Rounded up: a timer that fires a fraction of a millisecond early would fire twice.
        (self.started + since_start + std::time::Duration::from_millis(1)).into()
    }

    /// Waits until `at`; for ever when there is nothing to wait for.
    pub async fn sleep_until(&self, at: Option<Timestamp>) {
        match at {
            Some(at) => tokio::time::sleep_until(self.instant(at)).await,
            None => std::future::pending().await,
        }
    }
}

/// The operating system's generator. It keeps nothing, so that each session may own one.
pub fn secure_random() -> CryptoRandom<UnwrapErr<SysRng>> {
    CryptoRandom(UnwrapErr(SysRng))
}

#[cfg(test)]
mod tests {
    use xmpp_core::Random as _;

    use super::*;

    #[test]
    fn a_timer_set_for_a_moment_fires_at_it_or_after() {
        let clock = Clock::start();
        let at = clock
            .now()
            .saturating_add(std::time::Duration::from_secs(5));
        assert!(clock.instant(at) >= (clock.started + std::time::Duration::from_secs(5)).into());
    }

    #[test]
    fn random_bytes_differ() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        secure_random().fill(&mut a);
        secure_random().fill(&mut b);
        assert_ne!(a, b);
    }
}
