//! Rooms that come from a store and go there (MUC PE1 to PE6).

use xmpp_core::{BareJid, Timestamp};

use super::Service;
use crate::{
    ArchiveAnswer, ArchiveReadError, ArchiveReadId, Commit, RestoreError, RoomSnapshot, StoreEvent,
    StoredMessage,
    request::{Request, errors},
    room::{RoomState, take_back_end},
    snapshot::{StoredState, Tombstone},
};

impl Service {
    /// A commit could not be stored; the host has carried out nothing of its `then`.
    ///
    /// It is as if it had not happened (MUC ET14): a message leaves the history, affiliations, roles, subject and
    /// configuration are what they were, whoever asked gets `internal-server-error` with type `wait`, and nobody else
    /// sees anything. Where that cannot be:
    ///
    /// - Who was taken out of the room by it (banned, say) gets an unavailable presence with 333, as those inside do,
    ///   and may enter again.
    /// - A room whose creation was not stored is gone, and its address is free.
    /// - A room whose end was not stored is [blocked](Service::block_room), until the host restores it.
    /// - Hats stay as they are in memory and go to the store with the room's next change.
    ///
    /// Where several commits fail, the newest is handed over first. Before that the host calls [`Commit::strip`] on
    /// what it has polled and not carried out.
    pub fn handle_store_failed(&mut self, now: Timestamp, commit: &Commit) {
        self.surroundings.out.strip(commit);
        let room = commit.room();
        if self.rooms.contains_key(room) {
            self.with_room(now, room, |room, cx| room.take_back(cx, commit));
            return;
        }
        let is_end = |event: &StoreEvent| matches!(event, StoreEvent::RoomDeleted { .. });
        if commit.events.iter().any(is_end) {
            self.tombstones.remove(room);
            self.block_room(room.clone());
        }
        take_back_end(&mut self.surroundings.at(now), commit);
    }

    /// The answer to an [`ArchiveRead`](crate::ArchiveRead). One to a question that nobody waits for any more, or
    /// that was answered, is ignored.
    pub fn handle_archive_read(
        &mut self,
        now: Timestamp,
        id: ArchiveReadId,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        if let Some((room, _)) = self.surroundings.out.reads.remove(&id) {
            self.with_room(now, &room, |room, cx| {
                room.handle_archive_read(cx, id, answer);
            });
        }
    }

    /// The durable state of a room, all but its archive, or its tombstone; `None` when there is neither.
    pub fn snapshot(&self, room: &BareJid) -> Option<RoomSnapshot> {
        let tombstone = || {
            let tombstone = StoredState::Tombstone(self.tombstones.get(room)?.clone());
            Some(RoomSnapshot::new(room.clone(), tombstone))
        };
        self.rooms
            .get(room)
            .map(RoomState::snapshot)
            .or_else(tombstone)
    }

    /// Puts a stored room back, with nobody inside (MUC PE3, PE4).
    ///
    /// `history` is the end of its archive, oldest first: as many entries as the room's
    /// [`max_history_fetch`](crate::RoomConfig::max_history_fetch) and at least those of the last five minutes, by
    /// which a message that is sent again is recognised. More does no harm. A temporary room goes when nobody enters
    /// within [`linger`](crate::ServiceConfig::linger). A room that was [blocked](Service::block_room) is so no more.
    ///
    /// The limit of [`Limits::rooms`](crate::Limits::rooms) does not hold here: what exists is not lost.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] says what is wrong; nothing is changed then. The host should block the room.
    pub fn restore_room(
        &mut self,
        now: Timestamp,
        snapshot: RoomSnapshot,
        history: Vec<StoredMessage>,
    ) -> Result<(), RestoreError> {
        if self.down {
            return Err(RestoreError::ShutDown);
        }
        let (jid, state) = snapshot.into_state()?;
        if jid.domain() != self.jid.domain() || jid.local().is_none() {
            return Err(RestoreError::ForeignAddress);
        }
        if self.rooms.contains_key(&jid) {
            return Err(RestoreError::Exists);
        }
        let mut cx = self.surroundings.at(now);
        match state {
            StoredState::Room(content) => {
                let room = RoomState::restore(&mut cx, jid.clone(), *content, history)?;
                self.rooms.insert(jid.clone(), room);
                self.tombstones.remove(&jid);
                self.settle(&jid);
            }
            StoredState::Tombstone(tombstone) => self.bury(jid.clone(), tombstone),
        }
        self.blocked.remove(&jid);
        Ok(())
    }

    /// The stored state of a room cannot be read now: its address is not free and nobody enters; every request gets
    /// `internal-server-error` with type `wait` (MUC PE5). [`Service::restore_room`] ends that.
    pub fn block_room(&mut self, room: BareJid) {
        if !self.rooms.contains_key(&room) {
            self.blocked.insert(room);
        }
    }

    /// MUC DE2.
    pub(super) fn bury(&mut self, room: BareJid, tombstone: Tombstone) {
        let max = self.surroundings.service.limits.tombstones;
        if let Some(forgotten) = self.tombstones.insert(room, tombstone, max) {
            self.surroundings
                .store(StoreEvent::RoomDeleted { room: forgotten });
        }
    }

    /// Tombstones whose time is over are forgotten.
    pub(super) fn clear_tombstones(&mut self, now: Timestamp) {
        while let Some(room) = self.tombstones.expired(now) {
            self.surroundings.store(StoreEvent::RoomDeleted { room });
        }
    }

    /// MUC PE5.
    pub(super) fn refuse_blocked(&mut self, now: Timestamp, request: Request<'_>) {
        if wants_answer(request) {
            request.refuse(&mut self.surroundings.at(now), errors::store_failed());
        }
    }
}

/// Whether a stanza is a request: of presences only a join or an update is.
pub(super) fn wants_answer(request: Request<'_>) -> bool {
    request.stanza.name() != "presence" || request.stanza_type().is_none()
}
