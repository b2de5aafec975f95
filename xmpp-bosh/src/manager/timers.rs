//! One timer for each session.

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::Timestamp;

use crate::Sid;

/// When which session has something to do.
#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(Timestamp, Sid)>,
    by_sid: BTreeMap<Sid, Timestamp>,
}

impl Timers {
    /// Sets, moves or (with `None`) removes the timer of `sid`.
    pub(super) fn set(&mut self, sid: &Sid, at: Option<Timestamp>) {
        let old = match at {
            Some(at) => self.by_sid.insert(sid.clone(), at),
            None => self.by_sid.remove(sid),
        };
        if old == at {
            return;
        }
        if let Some(old) = old {
            self.order.remove(&(old, sid.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, sid.clone()));
        }
    }

    /// The earliest.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes the sid of one timer that is due.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<Sid> {
        let (at, _) = self.order.first()?;
        if *at > now {
            return None;
        }
        let (_, sid) = self.order.pop_first()?;
        self.by_sid.remove(&sid);
        Some(sid)
    }
}
