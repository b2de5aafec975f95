//! When which session wants to know the time.

use std::collections::BTreeSet;

use xmpp_core::Timestamp;

use super::client::Key;

#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Timestamp, Key)>);

impl Timers {
    /// Replaces the timer `old` of a session by `new`.
    pub(super) fn set(&mut self, key: Key, old: Option<Timestamp>, new: Option<Timestamp>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.0.remove(&(old, key));
        }
        if let Some(new) = new {
            self.0.insert((new, key));
        }
    }

    /// The earliest timer.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes out a session whose time has come.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<Key> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, key)| key)
    }
}
