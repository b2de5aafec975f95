//! One bucket, and who waits for it.

use std::{collections::VecDeque, time::Duration};

use xmpp_core::{Timestamp, TokenBucket, TokenRate};

use crate::hub::client::Key;

/// A token bucket with a queue: whoever finds it empty waits behind those who came before.
#[derive(Debug)]
pub(super) struct Lane {
    bucket: TokenBucket,
    waiting: VecDeque<Key>,
    /// Turns come together, at multiples of this.
    tick: Duration,
    /// When the first of them has its turn.
    pub(super) wakes: Option<Timestamp>,
}

impl Lane {
    pub(super) fn new(rate: TokenRate) -> Self {
        Self {
            bucket: TokenBucket::new(rate),
            waiting: VecDeque::new(),
            tick: Duration::from_millis(1),
            wakes: None,
        }
    }

    /// Has those who wait come in groups, so often, instead of one after the other.
    pub(super) fn in_groups(mut self, tick: Duration) -> Self {
        self.tick = tick;
        self
    }

    /// Whether tokens may be taken now, by somebody whose `turn` it is or where nobody waits.
    pub(super) fn is_free(&mut self, now: Timestamp, turn: bool) -> bool {
        (turn || self.waiting.is_empty()) && self.bucket.ready_at(now).is_none()
    }

    /// Takes `tokens` where [`Lane::is_free`].
    pub(super) fn take(&mut self, now: Timestamp, tokens: u64) {
        let taken = self.bucket.take(now, tokens);
        debug_assert!(taken.is_ok(), "asked before");
    }

    /// Queues `key`: at the end, or first if it had its turn already.
    pub(super) fn queue(&mut self, key: Key, turn: bool) {
        if turn {
            self.waiting.push_front(key);
        } else {
            self.waiting.push_back(key);
        }
    }

    /// When the first who waits has its turn.
    pub(super) fn next_turn(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.waiting.front()?;
        Some(self.bucket.ready_at(now).map_or(now, |at| {
            let tick = u64::try_from(self.tick.as_millis()).unwrap_or(u64::MAX);
            let at = at.as_millis();
            Timestamp::from_millis(at.checked_next_multiple_of(tick).unwrap_or(at))
        }))
    }

    /// Takes the first out of the queue.
    pub(super) fn pop(&mut self) -> Option<Key> {
        self.waiting.pop_front()
    }

    /// `key` does not wait any more.
    pub(super) fn forget(&mut self, key: Key) {
        self.waiting.retain(|waiting| *waiting != key);
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether at least half of the burst is there.
    pub(super) fn is_half_full(&mut self, now: Timestamp) -> bool {
        let half = self.bucket.rate().burst / 2;
        self.bucket.has(now, half)
    }

    /// Whether a new one is just the same.
    pub(super) fn is_unused(&mut self, now: Timestamp) -> bool {
        self.waiting.is_empty() && self.bucket.is_full(now)
    }
}
