//! What the rooms want done, in their order, and the store that this order waits for.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use xmpp_core::{BareJid, FullJid, Jid, Timestamp, xml::Element};
use xmpp_muc::{
    ArchiveAnswer, ArchiveReadError, ArchiveReadId, Commit, Effect, Fanout, RoomSnapshot,
    StoreEvent,
};
use xmpp_stanza::Iq;

use super::{Hub, Output, census, client::Key};
use crate::store::{Change, Committed, StoredRoom};

/// What an effect that waits takes beside its stanza, about.
const EFFECT_BYTES: usize = 256;

/// Names a [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// Commits that are to be made durable in one transaction, in this order: each wholly or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// For [`Hub::handle_committed`].
    pub ticket: Ticket,
    /// The commits.
    pub commits: Vec<Vec<Change>>,
}

/// The rooms' effects that wait for the store, with all that came after them.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    effects: VecDeque<Effect>,
    /// The batch that is being stored, and how many of the first commits among the effects are in it.
    in_flight: Option<(Ticket, usize)>,
    last_ticket: u64,
    /// What the effects take.
    bytes: usize,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    fn push(&mut self, effect: Effect) {
        self.bytes += cost(&effect);
        self.effects.push_back(effect);
    }

    /// The next effect that nothing stands in the way of.
    fn pop(&mut self) -> Option<Effect> {
        if matches!(self.effects.front(), Some(Effect::Store(_))) {
            return None;
        }
        let effect = self.effects.pop_front()?;
        self.bytes -= cost(&effect);
        Some(effect)
    }

    /// All commits that wait, once the first effect is one: they share a transaction.
    fn submit(&mut self, snapshot: impl Fn(&BareJid) -> Option<RoomSnapshot>) -> Option<Batch> {
        if self.in_flight.is_some() || !matches!(self.effects.front(), Some(Effect::Store(_))) {
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
    fn settle(&mut self, ticket: Ticket, result: &Committed) -> Vec<Commit> {
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

impl Hub {
    /// A batch has been made durable, or what became of it instead.
    pub fn handle_committed(&mut self, now: Timestamp, ticket: Ticket, result: &Committed) {
        self.at(now);
        // The last one first: each takes back what it found before.
        for commit in self.waiting.settle(ticket, result).into_iter().rev() {
            tracing::debug!(room = %commit.room(), "not stored");
            self.rooms.handle_store_failed(self.now, &commit);
        }
        self.carry_out_effects();
    }

    /// The answer to [`Output::ReadArchive`].
    pub fn handle_archive_read(
        &mut self,
        now: Timestamp,
        id: ArchiveReadId,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        self.at(now);
        self.rooms.handle_archive_read(self.now, id, answer);
        self.carry_out_effects();
    }

    /// Puts stored rooms back, before anybody is let in (MUC PE3, PE4). The address of one that cannot be restored is
    /// kept: nobody enters, and nothing is written over what is stored (MUC PE5).
    pub fn restore(&mut self, now: Timestamp, rooms: Vec<StoredRoom>) {
        self.at(now);
        for StoredRoom {
            room,
            snapshot,
            history,
        } in rooms
        {
            let restored = match snapshot {
                None => Err("its state cannot be read".to_owned()),
                Some(snapshot) if *snapshot.room() != room => {
                    Err(format!("its state is that of {}", snapshot.room()))
                }
                Some(snapshot) => self
                    .rooms
                    .restore_room(self.now, snapshot, history)
                    .map_err(|error| error.to_string()),
            };
            if let Err(error) = restored {
                tracing::error!(%room, error, "nobody can enter this room");
                self.rooms.block_room(room);
            }
        }
        self.carry_out_effects();
    }

    /// Whether so much waits for the store that rooms take nothing more.
    pub(super) fn is_store_behind(&self) -> bool {
        self.waiting.bytes > self.max_waiting
    }

    /// Does what the rooms want done, as far as the store has come.
    pub(super) fn carry_out_effects(&mut self) {
        loop {
            while let Some(effect) = self.rooms.poll_effect() {
                self.waiting.push(effect);
            }
            let Some(effect) = self.waiting.pop() else {
                break;
            };
            match effect {
                Effect::Deliver { stanza, to } => {
                    for to in to.iter() {
                        self.deliver(&stanza, to);
                    }
                }
                Effect::Send { stanza, to } => self.send_from_room(&stanza, &to),
                Effect::ReadArchive(read) => self.outputs.push_back(Output::ReadArchive(read)),
                _ => {}
            }
        }
        while let Some(event) = self.rooms.poll_event() {
            self.room_event(event);
        }
        if self.has_moved || self.rooms.room_count() != self.counted.rooms {
            self.count();
        }
    }

    /// Brings the counters of the server in line with the rooms here.
    pub(super) fn count(&mut self) {
        let now = census::Rooms {
            rooms: self.rooms.room_count(),
            occupants: self.rooms.rooms().map(|(_, occupants)| occupants).sum(),
        };
        self.census.rooms_changed(self.counted, now);
        self.counted = now;
        self.has_moved = false;
    }

    /// Has stored what waits for it. Commits that come in one turn share a transaction.
    pub(super) fn commit(&mut self) {
        let rooms = &self.rooms;
        if let Some(batch) = self.waiting.submit(|room| rooms.snapshot(room)) {
            self.outputs.push_back(Output::Commit(batch));
        }
    }

    fn deliver(&mut self, stanza: &Fanout, to: &FullJid) {
        if let Some(key) = self.session_of(to) {
            self.send(key, &stanza.to(to.as_str()));
        }
    }

    fn send_from_room(&mut self, stanza: &Fanout, to: &Jid) {
        if to.as_str() == self.commands.asker().as_str() {
            return self.room_answered(stanza);
        }
        if to.is_bare() && stanza.as_str().starts_with("<iq") {
            return self.ask_account(stanza, &to.to_bare());
        }
        let keys: Vec<Key> = match to.to_full() {
            Some(full) => self.session_of(&full).into_iter().collect(),
            // An invitation, for instance.
            None => self.users.sessions(&to.to_bare()).collect(),
        };
        for key in keys {
            self.send(key, &stanza.to(to.as_str()));
        }
    }
}

impl Hub {
    /// A request that a room sends on to an account (MUC IQ4).
    fn ask_account(&mut self, stanza: &Fanout, user: &BareJid) {
        let element = Element::from_xml(&stanza.to(user.as_str()));
        let Ok(iq) = Iq::from_element(element.root()) else {
            return;
        };
        if let Some(answer) = self.answer_for_account(user, &iq) {
            let answer = Element::from_xml(&answer);
            self.rooms.handle_account_stanza(self.now, user, &answer);
        }
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
