//! What was said in one room, and what each of its occupants has got of it.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::sequence::{Arrival, Sequence};

/// Names a message of a room: who said it, and how many that one said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageId {
    /// The seat of the sender.
    pub seat: u32,
    /// Counted from 0 for each seat.
    pub number: u32,
}

/// What is wrong with what arrived. All are zero when all is well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Faults {
    /// Deliveries that did not come.
    pub lost: u64,
    /// Deliveries that came more than once.
    pub doubled: u64,
    /// Deliveries after one that should have come later: of the same sender, or as others in the room saw it.
    pub reordered: u64,
    /// Deliveries of what nobody said.
    pub invented: u64,
}

impl Faults {
    /// Whether nothing is wrong.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn add(&mut self, more: Self) {
        self.lost += more.lost;
        self.doubled += more.doubled;
        self.reordered += more.reordered;
        self.invented += more.invented;
    }
}

/// A delivery that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Since the message was said.
    pub latency: Duration,
    /// Everybody has the message now.
    pub complete: bool,
}

/// Messages that everybody has and that are remembered all the same, to tell what comes twice from what nobody said.
const REMEMBERED: usize = 1024;

/// A room. The order in which the first receiver of each message sees them is the room's; every other must see the
/// same, and each sender's messages must stand in it in the order in which they were said.
#[derive(Debug)]
pub struct Room {
    seats: Vec<Seat>,
    /// Said, and seen by nobody yet.
    unseen: Vec<(MessageId, Instant)>,
    /// In the room's order, without those that were forgotten.
    seen: VecDeque<Seen>,
    /// How many were forgotten, from the first on.
    forgotten: u32,
    faults: Faults,
}

#[derive(Clone, Debug, Default)]
struct Seat {
    said: u32,
    /// This one's messages, as the room saw them.
    voice: Sequence,
    /// The room's messages, as this one saw them.
    ear: Sequence,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    id: MessageId,
    said: Instant,
    /// Occupants that do not have it yet.
    missing: u32,
}

impl Room {
    /// A room of `occupants` that are to get every message.
    pub fn new(occupants: u32) -> Self {
        Self {
            seats: vec![Seat::default(); occupants as usize],
            unseen: Vec::new(),
            seen: VecDeque::new(),
            forgotten: 0,
            faults: Faults::default(),
        }
    }

    /// How many are in the room.
    pub fn occupants(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    /// A message is said now.
    ///
    /// # Panics
    ///
    /// If the room has no such seat.
    pub fn say(&mut self, seat: u32, now: Instant) -> MessageId {
        let said = &mut self.seats[seat as usize].said;
        let id = MessageId {
            seat,
            number: *said,
        };
        *said += 1;
        self.unseen.push((id, now));
        id
    }

    /// A message reached the occupant at `seat`. `None` when it is no delivery that was still to be made.
    ///
    /// # Panics
    ///
    /// If the room has no such seat.
    pub fn hear(&mut self, seat: u32, id: MessageId, now: Instant) -> Option<Delivery> {
        let Some(place) = self.place(self.seats[seat as usize].ear.next(), id) else {
            self.faults.invented += 1;
            return None;
        };
        match self.seats[seat as usize].ear.take(place) {
            Arrival::InOrder | Arrival::Ahead => {}
            Arrival::Late => self.faults.reordered += 1,
            Arrival::Doubled => {
                self.faults.doubled += 1;
                return None;
            }
        }
        let seen = &mut self.seen[(place - self.forgotten) as usize];
        seen.missing -= 1;
        let delivery = Delivery {
            latency: now.duration_since(seen.said),
            complete: seen.missing == 0,
        };
        while self.seen.len() > REMEMBERED && self.seen.front().is_some_and(|s| s.missing == 0) {
            self.seen.pop_front();
            self.forgotten += 1;
        }
        Some(delivery)
    }

    /// What is wrong so far. What is still under way counts as lost.
    pub fn faults(&self) -> Faults {
        let mut faults = self.faults;
        let total = self.end();
        let unseen = self.unseen.len() as u64 * u64::from(self.occupants());
        faults.lost = unseen + self.seats.iter().map(|s| s.ear.lost(total)).sum::<u64>();
        faults
    }

    /// Where a message stands in the room's order, `expected` being the likely place. One that nobody has seen
    /// before goes to the end.
    fn place(&mut self, expected: u32, id: MessageId) -> Option<u32> {
        let index = expected.checked_sub(self.forgotten);
        if index.is_some_and(|at| self.seen.get(at as usize).is_some_and(|s| s.id == id)) {
            return Some(expected);
        }
        if let Some(at) = self.unseen.iter().position(|(unseen, _)| *unseen == id) {
            let (_, said) = self.unseen.remove(at);
            if self.seats[id.seat as usize].voice.take(id.number) == Arrival::Late {
                self.faults.reordered += 1;
            }
            let missing = self.occupants();
            self.seen.push_back(Seen { id, said, missing });
            return Some(self.end() - 1);
        }
        let at = self.seen.iter().rposition(|seen| seen.id == id)?;
        Some(self.forgotten + u32::try_from(at).ok()?)
    }

    /// The place of the next message that somebody sees first.
    fn end(&self) -> u32 {
        self.forgotten + u32::try_from(self.seen.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 0;
    const B: u32 = 1;

    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_message_is_complete_when_everybody_has_it() {
        let mut room = Room::new(2);
        let said = now();
        let id = room.say(A, said);
        let later = said + Duration::from_millis(7);
        let first = room.hear(B, id, later).expect("a delivery");
        assert_eq!(first.latency, Duration::from_millis(7));
        assert!(!first.complete);
        assert!(room.hear(A, id, later).expect("a delivery").complete);
        assert!(room.faults().is_none());
    }

    #[test]
    fn what_somebody_did_not_get_is_lost() {
        let mut room = Room::new(2);
        let [x, y, z] = [(); 3].map(|()| room.say(A, now()));
        for id in [x, y, z] {
            room.hear(A, id, now());
        }
        room.hear(B, x, now());
        room.hear(B, z, now());
        assert_eq!(room.faults().lost, 1);
        // Never seen by anybody: lost for all.
        room.say(B, now());
        assert_eq!(room.faults().lost, 3);
    }

    #[test]
    fn what_somebody_got_twice_is_doubled_and_no_delivery() {
        let mut room = Room::new(2);
        let id = room.say(A, now());
        room.hear(B, id, now());
        assert_eq!(room.hear(B, id, now()), None);
        assert!(room.hear(A, id, now()).expect("a delivery").complete);
        assert_eq!(room.hear(A, id, now()), None);
        let doubled = Faults {
            doubled: 2,
            ..Faults::default()
        };
        assert_eq!(room.faults(), doubled);
    }

    #[test]
    fn what_everybody_has_is_forgotten_after_a_while_and_the_count_goes_on() {
        let mut room = Room::new(2);
        let mut first = None;
        for _ in 0..5000 {
            let id = room.say(A, now());
            first.get_or_insert(id);
            assert!(room.hear(A, id, now()).is_some());
            assert!(room.hear(B, id, now()).expect("a delivery").complete);
            assert!(room.seen.len() <= REMEMBERED);
        }
        let last = room.say(B, now());
        room.hear(A, last, now());
        assert_eq!(room.faults().lost, 1);
        room.hear(B, last, now());
        assert!(room.faults().is_none());
        // So late, it cannot be told from what nobody said, but it is noticed.
        assert_eq!(room.hear(A, first.expect("said"), now()), None);
        assert_eq!(room.faults().invented, 1);
    }

    #[test]
    fn two_who_see_different_orders_are_noticed() {
        let mut room = Room::new(2);
        let (x, y) = (room.say(A, now()), room.say(B, now()));
        for (seat, id) in [(A, x), (A, y), (B, y), (B, x)] {
            assert!(room.hear(seat, id, now()).is_some());
        }
        let reordered = Faults {
            reordered: 1,
            ..Faults::default()
        };
        assert_eq!(room.faults(), reordered);
    }

    #[test]
    fn a_sender_whose_messages_change_places_for_everybody_is_noticed() {
        let mut room = Room::new(2);
        let (x, y) = (room.say(A, now()), room.say(A, now()));
        for (seat, id) in [(A, y), (A, x), (B, y), (B, x)] {
            assert!(room.hear(seat, id, now()).is_some());
        }
        assert_eq!(room.faults().reordered, 1);
        assert_eq!(room.faults().lost, 0);
    }

    #[test]
    fn what_nobody_said_is_invented() {
        let mut room = Room::new(2);
        let id = room.say(A, now());
        for (seat, number) in [(A, 1), (B, 0), (9, 0)] {
            assert_eq!(room.hear(A, MessageId { seat, number }, now()), None);
        }
        room.hear(A, id, now());
        room.hear(B, id, now());
        assert_eq!(room.faults().invented, 3);
        assert_eq!(room.faults().lost, 0);
    }
}
