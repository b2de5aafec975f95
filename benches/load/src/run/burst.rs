//! Those who come all at once.

use std::time::Duration;

use tokio::time::Instant;

use crate::board::Event;

/// A burst: due, under way, or over.
pub(super) struct Coming {
    sessions: u32,
    joined: u32,
    settled: u32,
    due: Instant,
    begun: Option<Instant>,
    over: Option<Instant>,
}

impl Coming {
    pub(super) fn new(sessions: u32, due: Instant) -> Self {
        Self {
            sessions,
            joined: 0,
            settled: 0,
            due,
            begun: None,
            over: None,
        }
    }

    /// When it is to begin, if it has not.
    pub(super) fn begins(&self) -> Option<Instant> {
        self.begun.is_none().then_some(self.due)
    }

    /// It begins; gives when.
    pub(super) fn begin(&mut self) -> Instant {
        *self.begun.get_or_insert_with(Instant::now)
    }

    /// How many are not in yet, or have not seen everybody else.
    pub(super) fn missing(&self) -> u32 {
        self.sessions - self.joined.min(self.settled)
    }

    /// Takes note of what happened to one of them; true when that was the last thing.
    pub(super) fn note(&mut self, event: &Event) -> bool {
        match event {
            Event::Joined => self.joined += 1,
            Event::Settled => self.settled += 1,
            _ => return false,
        }
        if self.missing() == 0 {
            self.over = Some(Instant::now());
        }
        self.over.is_some()
    }

    /// How long it took until all were in.
    pub(super) fn took(&self) -> Option<Duration> {
        Some(self.over?.duration_since(self.begun?))
    }
}
