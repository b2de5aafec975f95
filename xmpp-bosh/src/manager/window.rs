//! Requests that were received and not answered yet, in rid order.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use xmpp_core::{Timestamp, stream::StreamItem};

use crate::{Attributes, BodyType, RequestId, Rid};

/// A request that was received in order and has no answer yet.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) rid: Rid,
    /// The HTTP request to answer, while its connection lives.
    pub(super) connection: Option<RequestId>,
    /// When it arrived, or was repeated.
    pub(super) since: Timestamp,
    /// What the session has not taken yet.
    pub(super) input: VecDeque<StreamItem>,
    pub(super) kind: SlotKind,
    pub(super) repeats: u32,
    pub(super) key: Option<String>,
}

/// What sets a request apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotKind {
    Plain,
    /// Creates the session.
    Create,
    /// Asks for a pause (BOSH 6.6).
    Pause,
    /// Ends the session.
    Terminate,
}

impl Slot {
    /// Whether the session has taken all of it.
    pub(super) fn is_consumed(&self) -> bool {
        self.input.is_empty()
    }
}

/// A request that came before its turn (BOSH 9.3).
#[derive(Debug)]
pub(super) struct Early {
    pub(super) connection: Option<RequestId>,
    pub(super) since: Timestamp,
    pub(super) attributes: Attributes,
    pub(super) children: Vec<xmpp_core::xml::Element>,
    pub(super) repeats: u32,
}

/// Requests in rid order.
#[derive(Debug)]
pub(super) struct Window {
    /// The lowest rid that has not been received.
    pub(super) next: Rid,
    /// Received in order, not answered.
    pub(super) slots: VecDeque<Slot>,
    /// Received, with a gap before.
    ///
    /// Boxed, because a map reserves room for eleven.
    pub(super) early: BTreeMap<Rid, Box<Early>>,
    /// Since when there is a gap.
    pub(super) gap_since: Option<Timestamp>,
}

impl Window {
    /// A window that begins with `next`.
    pub(super) const fn new(next: Rid) -> Self {
        Self {
            next,
            slots: VecDeque::new(),
            early: BTreeMap::new(),
            gap_since: None,
        }
    }

    /// Whether a new `rid` lies in the window of `requests` (BOSH 9.2), one more for those that may
    /// exceed it (BOSH 7.1).
    pub(super) fn admits(&self, rid: Rid, requests: u64, attributes: &Attributes) -> bool {
        let extra = u64::from(attributes.is_extra());
        rid >= self.next && rid < self.next.plus(requests + extra)
    }

    /// What came before its turn and has it now.
    pub(super) fn pop_early(&mut self) -> Option<Early> {
        self.early.remove(&self.next).map(|early| *early)
    }

    pub(super) fn slot(&mut self, rid: Rid) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.rid == rid)
    }

    /// Puts a slot back where its rid belongs.
    fn put_back(&mut self, slot: Slot) {
        let at = self.slots.partition_point(|other| other.rid < slot.rid);
        self.slots.insert(at, slot);
    }

    pub(super) fn take(&mut self, rid: Rid) -> Option<Slot> {
        let at = self.slots.iter().position(|slot| slot.rid == rid)?;
        self.slots.remove(at)
    }

    /// The requests that can be answered, lowest rid first: connected, and taken by the session as
    /// everything before them. The creating one also before the session has taken it.
    pub(super) fn answerable(&self) -> impl Iterator<Item = &Slot> {
        self.slots
            .iter()
            .take_while(|slot| slot.is_consumed() || slot.kind == SlotKind::Create)
            .filter(|slot| slot.connection.is_some())
    }

    /// The lowest rid that can be answered.
    pub(super) fn first_answerable(&self) -> Option<Rid> {
        self.answerable().next().map(|slot| slot.rid)
    }

    /// Those of them that are held, which the creating one is not: it waits for the stream's
    /// features.
    pub(super) fn held(&self) -> impl Iterator<Item = &Slot> {
        self.answerable()
            .filter(|slot| slot.kind != SlotKind::Create)
    }

    /// The lowest rid of those.
    pub(super) fn first_held(&self) -> Option<Rid> {
        self.held().next().map(|slot| slot.rid)
    }

    /// How many received requests wait for an answer on a living connection.
    pub(super) fn connected(&self) -> usize {
        let early = self.early.values().filter(|e| e.connection.is_some());
        let slots = self.slots.iter().filter(|s| s.connection.is_some());
        slots.count() + early.count()
    }

    /// When some request must be answered, empty if need be and whether it was taken or not
    /// (BOSH 4.5).
    pub(super) fn wait_deadline(&self, wait: Duration, creation: Duration) -> Option<Timestamp> {
        self.slots
            .iter()
            .filter(|slot| slot.connection.is_some())
            .map(|slot| {
                let wait = match slot.kind {
                    SlotKind::Create => wait.min(creation),
                    _ => wait,
                };
                slot.since.saturating_add(wait)
            })
            .min()
    }

    /// The lowest rid that has a connection.
    pub(super) fn first_connected(&self) -> Option<Rid> {
        let mut slots = self.slots.iter();
        slots
            .find(|slot| slot.connection.is_some())
            .map(|slot| slot.rid)
    }

    /// What was not taken of the requests up to `rid`, which is forgotten here.
    pub(super) fn take_input(&mut self, rid: Rid) -> impl Iterator<Item = StreamItem> {
        let slots = self
            .slots
            .iter_mut()
            .take_while(move |slot| slot.rid <= rid);
        slots.flat_map(|slot| slot.input.drain(..))
    }

    /// Whether the highest rid received is one that may exceed `requests` (BOSH 7.1).
    pub(super) fn ends_with_extra(&self) -> bool {
        let slot = |slot: &Slot| matches!(slot.kind, SlotKind::Pause | SlotKind::Terminate);
        match self.early.last_key_value() {
            Some((_, early)) => early.attributes.is_extra(),
            None => self.slots.back().is_some_and(slot),
        }
    }

    /// The session is over: gaps need not be filled any more, and nothing is taken.
    pub(super) fn close(&mut self) {
        for slot in &mut self.slots {
            slot.input.clear();
        }
        for (rid, early) in std::mem::take(&mut self.early) {
            self.next = rid.plus(1);
            self.slots.push_back(Slot {
                rid,
                connection: early.connection,
                since: early.since,
                input: VecDeque::new(),
                kind: SlotKind::of(&early.attributes),
                repeats: early.repeats,
                key: early.attributes.key,
            });
        }
        self.gap_since = None;
    }

    /// Puts aside a slot that nobody waits for: the request `rid` as it was before its answer.
    pub(super) fn reopen(&mut self, rid: Rid, since: Timestamp, repeats: u32, key: Option<String>) {
        self.put_back(Slot {
            rid,
            connection: None,
            since,
            input: VecDeque::new(),
            kind: SlotKind::Plain,
            repeats,
            key,
        });
    }
}

impl SlotKind {
    pub(super) fn of(attributes: &Attributes) -> Self {
        if attributes.kind == Some(BodyType::Terminate) {
            Self::Terminate
        } else if attributes.pause.is_some() {
            Self::Pause
        } else {
            Self::Plain
        }
    }
}
