//! The queue of what rooms want done, which waits for the store.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use xmpp_core::{BareJid, Timestamp, TokenBucket, TokenRate};
use xmpp_muc::{Commit, Effect, RoomSnapshot, StoreEvent};

use crate::store::{Change, Committed};

/// What an effect that waits takes beside its stanza, about.
const EFFECT_BYTES: usize = 256;

/// How often batches are made for long, and how many before that. A transaction costs much more than a message in it, so that
/// what comes faster shares one, as do the writes to those who are in several rooms: nothing waits longer for that than 31 ms. Where
/// less is said, nothing waits.
const BATCHES: TokenRate = TokenRate {
    per_second: 32,
    burst: 100,
};

/// Names a [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub(crate) u64);

/// Commits that are to be made durable in one transaction, in this order: each wholly or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// For [`Hub::handle_committed`](super::Hub::handle_committed).
    pub ticket: Ticket,
    /// The commits.
    pub commits: Vec<Vec<Change>>,
}

/// The rooms' effects that wait for the store, with all that came after them.
#[derive(Debug)]
pub(super) struct Waiting {
    effects: VecDeque<Effect>,
    /// The batch that is being stored, and how many of the first commits among the effects are in it.
    in_flight: Option<(Ticket, usize)>,
    last_ticket: u64,
    /// How many batches may be made.
    batches: TokenBucket,
    /// When the next one may be, where that is what commits wait for.
    due: Option<Timestamp>,
    /// What the effects take.
    bytes: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            effects: VecDeque::new(),
            in_flight: None,
            last_ticket: 0,
            batches: TokenBucket::new(BATCHES),
            due: None,
            bytes: 0,
        }
    }
}

impl Waiting {
    /// The memory it takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.bytes += cost(&effect);
        self.effects.push_back(effect);
    }

    /// The next effect that nothing stands in the way of.
    pub(super) fn pop(&mut self) -> Option<Effect> {
        if matches!(self.effects.front(), Some(Effect::Store(_))) {
            return None;
        }
        let effect = self.effects.pop_front()?;
        self.bytes -= cost(&effect);
        Some(effect)
    }

    /// When to ask again for what [`Waiting::submit`] held back.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.due
    }

    /// All commits that wait, once the first effect is one and it is time: they share a transaction.
    pub(super) fn submit(
        &mut self,
        now: Timestamp,
        snapshot: impl Fn(&BareJid) -> Option<RoomSnapshot>,
    ) -> Option<Batch> {
        if self.in_flight.is_some() || !matches!(self.effects.front(), Some(Effect::Store(_))) {
            return None;
        }
        self.due = self.batches.take(now, 1).err();
        if self.due.is_some() {
            return None;
        }
        let mut states = States {
            snapshot,
            taken: BTreeMap::new(),
        };
        let commits: Vec<_> = self
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Store(commit) => Some(states.changes(commit)),
                _ => None,
            })
            .collect();
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.in_flight = Some((ticket, commits.len()));
        Some(Batch { ticket, commits })
    }

    /// Lets out what the commits of a batch held back; gives those that failed.
    pub(super) fn settle(&mut self, ticket: Ticket, result: &Committed) -> Vec<Commit> {
        let Some((_, commits)) = self.in_flight.take_if(|(current, _)| *current == ticket) else {
            return Vec::new();
        };
        let mut ready = VecDeque::new();
        let mut failed = Vec::new();
        let mut settled = 0;
        while settled < commits
            && let Some(effect) = self.effects.pop_front()
        {
            match effect {
                Effect::Store(commit) => {
                    if result.contains(settled) {
                        ready.extend(commit.then);
                    } else {
                        commit.strip(&mut self.effects);
                        failed.push(*commit);
                    }
                    settled += 1;
                }
                effect => ready.push_back(effect),
            }
        }
        ready.append(&mut self.effects);
        self.effects = ready;
        self.bytes = self.effects.iter().map(cost).sum();
        failed
    }
}

/// The states of rooms as they are when a batch is made. They hold what all of its commits have changed, and nothing
/// that could not be stored before.
struct States<F> {
    snapshot: F,
    /// `None` for a room that is gone again.
    taken: BTreeMap<BareJid, Option<Arc<RoomSnapshot>>>,
}

impl<F: Fn(&BareJid) -> Option<RoomSnapshot>> States<F> {
    /// What a commit changes. The state of a room is written as a whole, once for all that changed in it.
    fn changes(&mut self, commit: &Commit) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut written = Vec::new();
        for event in &commit.events {
            let room = event.room();
            match event {
                StoreEvent::RoomDeleted { .. } => {
                    written.retain(|other| *other != room);
                    changes.push(Change::Deleted { room: room.clone() });
                }
                // Its last commit, in the same batch, will delete it.
                _ if matches!(self.taken.get(room), Some(None)) => {}
                StoreEvent::Message(message) => changes.push(Change::Message(message.clone())),
                StoreEvent::Replaced { id, stanza, .. } => changes.push(Change::Replaced {
                    room: room.clone(),
                    id: id.clone(),
                    stanza: stanza.clone(),
                }),
                _ if written.contains(&room) => {}
                _ => {
                    written.push(room);
                    changes.extend(self.state(room).map(|snapshot| Change::Room {
                        room: room.clone(),
                        snapshot,
                    }));
                }
            }
        }
        changes
    }

    fn state(&mut self, room: &BareJid) -> Option<Arc<RoomSnapshot>> {
        if let Some(taken) = self.taken.get(room) {
            return taken.clone();
        }
        let taken = (self.snapshot)(room).map(Arc::new);
        self.taken.insert(room.clone(), taken.clone());
        taken
    }
}

/// The memory that an effect takes while it waits, about.
fn cost(effect: &Effect) -> usize {
    let beside = match effect {
        Effect::Deliver { stanza, .. } | Effect::Send { stanza, .. } => stanza.as_str().len(),
        Effect::Store(commit) => {
            let stored = commit.events.iter().map(|event| match event {
                StoreEvent::Message(message) => message.stanza.as_str().len(),
                _ => EFFECT_BYTES,
            });
            stored.sum::<usize>() + commit.then.iter().map(cost).sum::<usize>()
        }
        _ => 0,
    };
    EFFECT_BYTES + beside
}
