//! What all sessions together have got, and whom to tell about it.

use std::{cell::RefCell, rc::Rc};

use tokio::{sync::mpsc, time::Instant};

use crate::{
    histogram::Histogram,
    room::{Faults, MessageId, Room},
};

/// What happened to a session, or in a room.
#[derive(Debug)]
pub(crate) enum Event {
    /// It may send stanzas.
    Ready,
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
}

/// Shared by all sessions, which run on one thread.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    inner: Rc<RefCell<Inner>>,
    events: mpsc::UnboundedSender<Event>,
}

#[derive(Debug)]
struct Inner {
    rooms: Vec<Room>,
    counts: Counts,
}

impl Board {
    pub(crate) fn new(rooms: Vec<Room>) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (events, received) = mpsc::unbounded_channel();
        let inner = Inner {
            rooms,
            counts: Counts::default(),
        };
        let board = Self {
            inner: Rc::new(RefCell::new(inner)),
            events,
        };
        (board, received)
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listens any more when the run was given up.
        let _ = self.events.send(event);
    }

    /// Somebody says something.
    pub(crate) fn say(&self, room: u32, seat: u32, at: Instant) -> MessageId {
        let mut inner = self.inner.borrow_mut();
        inner.counts.said += 1;
        inner.rooms[room as usize].say(seat, at)
    }

    /// Somebody hears something.
    pub(crate) fn hear(&self, room: u32, seat: u32, id: MessageId) {
        let mut inner = self.inner.borrow_mut();
        let Some(delivery) = inner.rooms[room as usize].hear(seat, id, Instant::now()) else {
            return;
        };
        inner.counts.deliveries += 1;
        inner.counts.latencies.record(delivery.latency);
        if delivery.complete {
            self.tell(Event::Complete(room));
        }
    }

    pub(crate) fn presence(&self) {
        self.inner.borrow_mut().counts.presences += 1;
    }

    pub(crate) fn lost_request(&self) {
        self.inner.borrow_mut().counts.lost_requests += 1;
    }

    /// An HTTP answer was read; `before` is how many deliveries there were until then.
    pub(crate) fn response(&self, before: u64) {
        let counts = &mut self.inner.borrow_mut().counts;
        counts.responses += 1;
        counts.carrying += u64::from(counts.deliveries > before);
    }

    pub(crate) fn deliveries(&self) -> u64 {
        self.inner.borrow().counts.deliveries
    }

    /// What was counted since the last time.
    pub(crate) fn take_counts(&self) -> Counts {
        std::mem::take(&mut self.inner.borrow_mut().counts)
    }

    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for room in &self.inner.borrow().rooms {
            faults.add(room.faults());
        }
        faults
    }
}
