//! A session's idea of time.

use std::time::Duration;

use crate::Timestamp;

/// The latest time seen, and when something is over: the login, later the wait for the peer's end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    now: Timestamp,
    at: Option<Timestamp>,
}

impl Deadline {
    /// A deadline `timeout` after `now`.
    pub(super) fn new(now: Timestamp, timeout: Duration) -> Self {
        let at = Some(now.saturating_add(timeout));
        Self { now, at }
    }

    /// Takes note of the time; an earlier one counts as the latest seen.
    pub(super) fn see(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Whether it has passed.
    pub(super) fn is_over(&self) -> bool {
        self.at.is_some_and(|at| at <= self.now)
    }

    /// When it is, if there is one.
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Another one, `timeout` after the latest time seen.
    pub(super) fn set(&mut self, timeout: Duration) {
        self.at = Some(self.now.saturating_add(timeout));
    }

    /// None any more.
    pub(super) fn clear(&mut self) {
        self.at = None;
    }
}
