//! What the rooms want done, in their order, and the store that this order waits for.

use std::sync::Arc;

use xmpp_core::{BareJid, FullJid, Jid, Timestamp, xml::Element};
use xmpp_muc::{ArchiveAnswer, ArchiveReadError, ArchiveReadId, Effect, Fanout, RoomSnapshot};
use xmpp_stanza::Iq;

use super::{Hub, Output, census, client::Key, waiting::Ticket};
use crate::store::{Committed, StoredRoom};

/// What is on its way to many, some of whom have it.
///
/// Where it is all there is to do, a few get it and are attended to before the next few: what a session and its connection
/// are made of is then looked up once, and not again when it has left the processor's cache.
#[derive(Debug)]
pub(super) struct Spreading {
    stanza: Arc<Fanout>,
    to: Arc<[FullJid]>,
    /// The first of those who do not have it.
    next: usize,
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
            mut snapshot,
            history,
        } in rooms
        {
            // Owners have no say in it, so that what holds is what the options say today.
            if let Some(config) = snapshot.as_mut().and_then(RoomSnapshot::config_mut) {
                config.archive = self.rooms.config().room.archive;
            }
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
        self.waiting.bytes() > self.max_waiting
    }

    /// Does what the rooms want done, as far as the store has come.
    pub(super) fn carry_out_effects(&mut self) {
        loop {
            while let Some(effect) = self.rooms.poll_effect() {
                match effect {
                    Effect::Store(commit) if !self.stores => {
                        for effect in commit.then {
                            self.waiting.push(effect);
                        }
                    }
                    effect => self.waiting.push(effect),
                }
            }
            let Some(effect) = self.waiting.pop() else {
                break;
            };
            self.spread(usize::MAX);
            match effect {
                Effect::Deliver { stanza, to } => {
                    self.spreading = Some(Spreading {
                        stanza,
                        to,
                        next: 0,
                    });
                    // What else is there to do may have more for the same receivers, and goes out with this.
                    if !self.waiting.is_empty() || !self.marked.is_empty() {
                        self.spread(usize::MAX);
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
        self.count();
    }

    /// Hands what is on its way to so many more of its receivers. False when nothing is.
    pub(super) fn spread(&mut self, receivers: usize) -> bool {
        let Some(Spreading { stanza, to, next }) = self.spreading.take() else {
            return false;
        };
        let end = next.saturating_add(receivers).min(to.len());
        for to in &to[next..end] {
            self.deliver(&stanza, to);
        }
        if end < to.len() {
            let next = end;
            self.spreading = Some(Spreading { stanza, to, next });
        }
        true
    }

    /// Brings the counters of the server in line with the rooms here.
    pub(super) fn count(&mut self) {
        let now = census::Rooms {
            rooms: self.rooms.room_count(),
            occupants: self.rooms.occupant_count(),
        };
        if now != self.counted {
            self.census.rooms_changed(self.counted, now);
            self.counted = now;
        }
    }

    /// Has stored what waits for it. Commits that come in one turn share a transaction.
    pub(super) fn commit(&mut self) {
        let rooms = &self.rooms;
        if let Some(batch) = self.waiting.submit(self.now, |room| rooms.snapshot(room)) {
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
