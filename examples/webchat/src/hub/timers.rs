//! When which session wants to know the time.

use std::collections::BTreeSet;

use xmpp_core::Timestamp;

use super::client::Key;

#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Timestamp, Key)>);

impl Timers {
    /// Sets the timer of a session, or moves it to an earlier time. One that goes off too early is set anew then: nearly
    /// every stanza moves the time, and hardly any is ever reached.
    pub(super) fn bring_forward(&mut self, key: Key, timer: &mut Option<Timestamp>, at: Timestamp) {
        if timer.is_none_or(|timer| at < timer) {
            self.remove(key, timer.replace(at));
            self.0.insert((at, key));
        }
    }

    /// Takes out a session that stands at `timer`.
    pub(super) fn remove(&mut self, key: Key, timer: Option<Timestamp>) {
        if let Some(timer) = timer {
            self.0.remove(&(timer, key));
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
