//! A clock of its own, and what happens when.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use xmpp_core::Timestamp;

/// Events in the order of their time; those of the same time in the order in which they were
/// planned.
#[derive(Debug)]
pub struct Schedule<E> {
    now: Timestamp,
    planned: u64,
    heap: BinaryHeap<Reverse<Entry<E>>>,
}

#[derive(Debug)]
struct Entry<E> {
    at: Timestamp,
    number: u64,
    event: E,
}

impl<E> Schedule<E> {
    /// An empty schedule; the clock shows `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            now,
            planned: 0,
            heap: BinaryHeap::new(),
        }
    }

    /// What the clock shows.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Plans `event`; a time that has passed means now.
    pub fn at(&mut self, at: Timestamp, event: E) {
        self.planned += 1;
        self.heap.push(Reverse(Entry {
            at: at.max(self.now),
            number: self.planned,
            event,
        }));
    }

    /// Plans `event` for so many milliseconds from now.
    pub fn after(&mut self, millis: u64, event: E) {
        self.at(
            self.now.saturating_add(Duration::from_millis(millis)),
            event,
        );
    }

    /// The next event; the clock moves to its time.
    pub fn pop(&mut self) -> Option<E> {
        let Reverse(entry) = self.heap.pop()?;
        self.now = entry.at;
        Some(entry.event)
    }

    /// When the next event is due.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Moves the clock on without an event.
    pub fn advance_to(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_time_order_then_as_planned() {
        let mut schedule = Schedule::new(Timestamp::from_millis(1000));
        schedule.after(20, 'c');
        schedule.after(10, 'a');
        schedule.after(10, 'b');
        let mut order = String::new();
        while let Some(event) = schedule.pop() {
            order.push(event);
        }
        assert_eq!(order, "abc");
        assert_eq!(schedule.now(), Timestamp::from_millis(1020));
    }
}
