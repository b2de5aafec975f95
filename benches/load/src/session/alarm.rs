//! A timer that is cheap to move.

use std::pin::Pin;

use example_support::Clock;
use tokio::time::{Sleep, sleep_until};
use xmpp_core::Timestamp;

/// Waits for a deadline that moves forth with every request: the runtime's timer is only set again when it has fired,
/// or fires too late.
pub(super) struct Alarm {
    clock: Clock,
    timer: Option<(Timestamp, Pin<Box<Sleep>>)>,
}

impl Alarm {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, timer: None }
    }

    /// Returns at `deadline` or after it. Dropped before, it loses nothing.
    pub(super) async fn at(&mut self, deadline: Option<Timestamp>) {
        let Some(deadline) = deadline else {
            return std::future::pending().await;
        };
        loop {
            let (set_for, timer) = self.timer.get_or_insert_with(|| {
                (
                    deadline,
                    Box::pin(sleep_until(self.clock.instant(deadline))),
                )
            });
            if deadline < *set_for {
                *set_for = deadline;
                timer.as_mut().reset(self.clock.instant(deadline));
            }
            timer.as_mut().await;
            self.timer = None;
            if self.clock.now() >= deadline {
                return;
            }
        }
    }
}
