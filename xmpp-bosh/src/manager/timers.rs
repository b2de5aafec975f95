//! One timer for each session.

use std::collections::BTreeSet;

use xmpp_core::Timestamp;

use crate::Sid;

/// When which session has something to do. Each session knows by itself where it stands here.
#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(Timestamp, Sid)>,
}

impl Timers {
    /// Sets, moves or (with `None`) removes the timer of `sid`, which stands at `timer` so far.
    pub(super) fn set(&mut self, sid: &Sid, timer: &mut Option<Timestamp>, at: Option<Timestamp>) {
        if *timer == at {
            return;
        }
        if let Some(old) = std::mem::replace(timer, at) {
            self.order.remove(&(old, sid.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, sid.clone()));
        }
    }

    /// Sets the timer of `sid`, or moves it to an earlier time. One that goes off too early is set anew then: nearly every
    /// request moves the time by a little, and hardly any is ever reached.
    pub(super) fn bring_forward(
        &mut self,
        sid: &Sid,
        timer: &mut Option<Timestamp>,
        at: Timestamp,
    ) {
        if timer.is_none_or(|timer| at < timer) {
            self.set(sid, timer, Some(at));
        }
    }

    /// The earliest.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes the sid of one timer that is due; its session has none from then on.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<Sid> {
        let (at, _) = self.order.first()?;
        if *at > now {
            return None;
        }
        self.order.pop_first().map(|(_, sid)| sid)
    }
}
