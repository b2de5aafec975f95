//! How much is said in a room (XEP-0502 0.1.0; MUC FL8).

use std::time::Duration;

use xmpp_core::{
    Timestamp,
    xml::{ElementRef, ns},
};

use crate::RoomConfig;

/// Finished hours that count.
const HOURS: usize = 24;
const HOUR: Duration = Duration::from_hours(1);

/// Messages in each of the last hours, the current one first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity {
    counts: [u32; HOURS + 1],
    /// When the current hour began; nothing has been counted before.
    began: Option<Timestamp>,
    /// Finished hours, up to [`HOURS`].
    finished: usize,
}

impl Activity {
    /// The room is there: its first hour begins. One that was made before any time was known waits for a message.
    pub(super) fn start(&mut self, now: Timestamp) {
        if now > Timestamp::default() {
            self.began.get_or_insert(now);
        }
    }

    /// A message that everybody got. Only those count that people read as one of their own.
    pub(super) fn note(&mut self, now: Timestamp, message: ElementRef<'_>) {
        let speaks = message.child("body", ns::CLIENT).is_some();
        if speaks && message.child("replace", ns::CORRECT).is_none() {
            self.turn(now);
            self.counts[0] = self.counts[0].saturating_add(1);
        }
    }

    /// Messages in an hour on average, as the field of disco has it; nothing before the first hour is over, and
    /// nothing about rooms that are not open to everybody.
    pub(super) fn rate(&self, now: Timestamp, config: &RoomConfig) -> Option<String> {
        let is_told =
            config.persistent && config.public && !config.members_only && config.password.is_none();
        let mut activity = self.clone();
        activity.turn(now);
        if !is_told || activity.finished == 0 {
            return None;
        }
        let sum: u64 = activity.counts[1..].iter().map(|n| u64::from(*n)).sum();
        let hundredths = sum * 100 / HOURS as u64;
        Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
    }

    /// Begins as many new hours as have passed.
    fn turn(&mut self, now: Timestamp) {
        let began = *self.began.get_or_insert(now);
        let passed = now.since(began).as_secs() / HOUR.as_secs();
        for _ in 0..passed.min(HOURS as u64 + 1) {
            self.counts.rotate_right(1);
            self.counts[0] = 0;
            self.finished = (self.finished + 1).min(HOURS);
        }
        self.began = Some(began.saturating_add(Duration::from_secs(passed * HOUR.as_secs())));
    }
}
