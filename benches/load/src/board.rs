//! What all sessions together have got, and whom to tell about it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};

use crate::{
    histogram::Histogram,
    room::{Faults, MessageId, Room},
};

/// What happened to a session, or in a room.
#[derive(Debug)]
pub(crate) enum Event {
    /// This one may send stanzas.
    Ready(u32),
    /// It is in its room.
    Joined,
    /// It has seen everybody who is to be in its room.
    Settled,
    /// Everybody in this room has one more message.
    Complete(u32),
    /// It is over.
    Ended { session: u32, reason: String },
}

/// What is counted between two marks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) deliveries: u64,
    pub(crate) said: u64,
    pub(crate) presences: u64,
    /// HTTP answers.
    pub(crate) responses: u64,
    /// Those with a delivery in them.
    pub(crate) carrying: u64,
    /// HTTP requests that got no answer.
    pub(crate) lost_requests: u64,
    pub(crate) latencies: Histogram,
    /// Of those that were under way while the burst was.
    pub(crate) in_burst: Histogram,
}

/// Shared by all sessions.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    inner: Arc<Mutex<Inner>>,
    events: mpsc::UnboundedSender<Event>,
}

#[derive(Debug)]
struct Inner {
    rooms: Vec<Room>,
    counts: Counts,
    burst: Option<Burst>,
    /// Those that read nothing, by room and seat: since when, and when the room was told that they are gone.
    deaf: HashMap<(u32, u32), (Instant, Option<Instant>)>,
}

/// When the burst was.
#[derive(Debug)]
struct Burst {
    start: Instant,
    end: Option<Instant>,
}

impl Board {
    pub(crate) fn new(rooms: Vec<Room>) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (events, received) = mpsc::unbounded_channel();
        let inner = Inner {
            rooms,
            counts: Counts::default(),
            burst: None,
            deaf: HashMap::new(),
        };
        let board = Self {
            inner: Arc::new(Mutex::new(inner)),
            events,
        };
        (board, received)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listens any more when the run was given up.
        let _ = self.events.send(event);
    }

    /// Somebody says something.
    pub(crate) fn say(&self, room: u32, seat: u32, at: Instant) -> MessageId {
        let mut inner = self.inner();
        inner.counts.said += 1;
        inner.rooms[room as usize].say(seat, at)
    }

    /// Somebody hears something.
    pub(crate) fn hear(&self, room: u32, seat: u32, id: MessageId) {
        let mut inner = self.inner();
        let now = Instant::now();
        let Some(delivery) = inner.rooms[room as usize].hear(seat, id, now) else {
            return;
        };
        inner.counts.deliveries += 1;
        let in_burst = inner.burst.as_ref().is_some_and(|burst| {
            // It was said before the end, and came after the beginning.
            let said = now.checked_sub(delivery.latency);
            burst.start <= now
                && burst
                    .end
                    .is_none_or(|end| said.is_none_or(|said| said <= end))
        });
        if in_burst {
            inner.counts.in_burst.record(delivery.latency);
        } else {
            inner.counts.latencies.record(delivery.latency);
        }
        if delivery.complete {
            self.tell(Event::Complete(room));
        }
    }

    pub(crate) fn burst_begins(&self, start: Instant) {
        self.inner().burst = Some(Burst { start, end: None });
    }

    pub(crate) fn burst_ends(&self, end: Instant) {
        if let Some(burst) = &mut self.inner().burst {
            burst.end = Some(end);
        }
    }

    /// The one at this seat reads nothing from now on.
    pub(crate) fn deafen(&self, room: u32, seat: u32) {
        let since = (Instant::now(), None);
        self.inner().deaf.insert((room, seat), since);
    }

    /// A room tells that the one at this seat is gone.
    pub(crate) fn left(&self, room: u32, seat: u32) {
        if let Some((_, left)) = self.inner().deaf.get_mut(&(room, seat)) {
            left.get_or_insert_with(Instant::now);
        }
    }

    /// How long the one at this seat was there after it had stopped reading; `None` if it still is.
    pub(crate) fn stayed(&self, room: u32, seat: u32) -> Option<Duration> {
        let (since, left) = *self.inner().deaf.get(&(room, seat))?;
        Some(left?.duration_since(since))
    }

    pub(crate) fn presence(&self) {
        self.inner().counts.presences += 1;
    }

    pub(crate) fn lost_request(&self) {
        self.inner().counts.lost_requests += 1;
    }

    /// An HTTP answer was read; `before` is how many deliveries there were until then.
    pub(crate) fn response(&self, before: u64) {
        let counts = &mut self.inner().counts;
        counts.responses += 1;
        counts.carrying += u64::from(counts.deliveries > before);
    }

    pub(crate) fn deliveries(&self) -> u64 {
        self.inner().counts.deliveries
    }

    /// What was counted since the last time.
    pub(crate) fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.inner().counts)
    }

    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for room in &self.inner().rooms {
            faults.add(room.faults());
        }
        faults
    }
}
