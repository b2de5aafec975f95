//! Persistent rooms that were destroyed, and where to go instead (MUC DE2).

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::{BareJid, Timestamp};

use crate::snapshot::Tombstone;

/// The tombstones of a service, bounded: above the bound the one that ends first goes.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    by_room: BTreeMap<BareJid, Tombstone>,
    queue: BTreeSet<(Timestamp, BareJid)>,
}

impl Tombstones {
    /// Sets one. Gives the room whose tombstone went for it, if there were too many.
    pub(super) fn insert(
        &mut self,
        room: BareJid,
        tombstone: Tombstone,
        max: usize,
    ) -> Option<BareJid> {
        self.remove(&room);
        self.queue.insert((tombstone.until, room.clone()));
        self.by_room.insert(room, tombstone);
        if self.by_room.len() <= max {
            return None;
        }
        let (_, room) = self.queue.pop_first()?;
        self.by_room.remove(&room);
        Some(room)
    }

    pub(super) fn get(&self, room: &BareJid) -> Option<&Tombstone> {
        self.by_room.get(room)
    }

    /// Gives whether there was one.
    pub(super) fn remove(&mut self, room: &BareJid) -> bool {
        let Some(tombstone) = self.by_room.remove(room) else {
            return false;
        };
        self.queue.remove(&(tombstone.until, room.clone()));
        true
    }

    /// Takes out a room whose tombstone's time is over.
    pub(super) fn expired(&mut self, now: Timestamp) -> Option<BareJid> {
        if self.deadline()? > now {
            return None;
        }
        let (_, room) = self.queue.pop_first()?;
        self.by_room.remove(&room);
        Some(room)
    }

    /// When the first one ends.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.queue.first().map(|(until, _)| *until)
    }
}
