//! Where time and randomness enter the program; the machines get both as arguments.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rand::{rand_core::UnwrapErr, rngs::SysRng};
use xmpp_core::{CryptoRandom, Timestamp};

/// The wall clock as it was at the start, and a monotonic clock from then on.
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

    /// Waits until `at`; for ever when there is nothing to wait for.
    pub async fn sleep_until(&self, at: Option<Timestamp>) {
        match at {
            // Rounded up: a timer that fires a fraction of a millisecond early would fire twice.
            Some(at) => {
                let wait = at.since(self.now()) + std::time::Duration::from_millis(1);
                tokio::time::sleep(wait).await;
            }
            None => std::future::pending().await,
        }
    }
}

/// The operating system's generator.
pub fn secure_random() -> CryptoRandom<UnwrapErr<SysRng>> {
    CryptoRandom(UnwrapErr(SysRng))
}
