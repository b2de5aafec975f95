//! What a room works with while it handles one input, and what comes out.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::Bound,
    sync::Arc,
};

use xmpp_core::{BareJid, FullJid, Jid, Random, Timestamp, xml::WriteXml};

use crate::{
    ArchiveRead, ArchiveReadId, ArchiveRequest, Commit, Effect, Event, Fanout, ServiceConfig,
    StoreEvent, temporary::Identities,
};

/// One call's worth of surroundings.
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) random: &'a mut dyn Random,
    pub(crate) out: &'a mut Outbox,
    pub(crate) service: &'a ServiceConfig,
}

impl Context<'_> {
    /// Sends one stanza to one receiver.
    pub(crate) fn send(&mut self, to: impl Into<Jid>, stanza: &impl WriteXml) {
        self.send_written(to, Arc::new(Fanout::new(stanza)));
    }

    /// Sends a stanza that is written already.
    pub(crate) fn send_written(&mut self, to: impl Into<Jid>, stanza: Arc<Fanout>) {
        let to = to.into();
        self.out.push(Effect::Send { stanza, to });
    }

    /// Sends one stanza to many; nothing is written when there is nobody.
    pub(crate) fn deliver(&mut self, to: Arc<[FullJid]>, stanza: &impl WriteXml) {
        if !to.is_empty() {
            self.deliver_written(to, Arc::new(Fanout::new(stanza)));
        }
    }

    /// As [`Context::deliver`], for a stanza that is written already.
    pub(crate) fn deliver_written(&mut self, to: Arc<[FullJid]>, stanza: Arc<Fanout>) {
        if !to.is_empty() {
            self.out.push(Effect::Deliver { stanza, to });
        }
    }

    /// Stores something. What this act has stored already and what it stores later goes into one commit, and what
    /// it sends from now on waits for that.
    pub(crate) fn store(&mut self, event: StoreEvent) {
        let room = event.room();
        let commit = self
            .out
            .open
            .get_or_insert_with(|| Box::new(Commit::new(room.clone())));
        commit.events.push(event);
    }

    /// Asks the store of a room's archive for a session.
    pub(crate) fn read(
        &mut self,
        room: &BareJid,
        session: &FullJid,
        request: ArchiveRequest,
    ) -> ArchiveReadId {
        let id = ArchiveReadId(self.out.next_read);
        self.out.next_read += 1;
        let asked = (room.clone(), session.clone());
        self.out.reads.insert(id, asked);
        self.out.push(Effect::ReadArchive(Box::new(ArchiveRead {
            id,
            room: room.clone(),
            request,
        })));
        id
    }

    /// The commit of this act, if it has stored something.
    pub(crate) fn commit(&mut self) -> Option<&mut Commit> {
        self.out.open.as_deref_mut()
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.out.events.push_back(event);
    }

    /// In how many rooms a user is beside this one, with all its sessions (MUC FL4).
    pub(crate) fn rooms_beside(&self, user: &BareJid, room: &BareJid) -> usize {
        let first = format!("{user}/");
        let all: BTreeSet<&BareJid> = self
            .out
            .rooms_of
            .range::<str, _>((Bound::Included(&*first), Bound::Unbounded))
            .take_while(|(session, _)| session.as_str().starts_with(&first))
            .flat_map(|(_, rooms)| rooms)
            .collect();
        all.len() - usize::from(all.contains(room))
    }

    /// Whether a user's address ends with its session (MUC FL9).
    pub(crate) fn is_temporary(&self, user: &BareJid) -> bool {
        self.service.is_temporary(user.domain(), user.as_str())
    }

    /// Notes that a session is there, if it is one of a temporary identity (MUC FL9).
    pub(crate) fn seen(&mut self, session: &FullJid) {
        if self
            .service
            .is_temporary(session.domain(), session.bare_str())
        {
            self.out.identities.seen(session);
        }
    }

    /// Notes that a room keeps something of this user's, if it is a temporary identity.
    pub(crate) fn trace(&mut self, user: &BareJid, room: &BareJid) {
        if self.is_temporary(user) {
            self.out.identities.trace(user, room);
        }
    }

    /// Notes that a session is in a room now.
    pub(crate) fn entered(&mut self, room: &BareJid, occupant: &FullJid, session: &FullJid) {
        self.out
            .rooms_of
            .entry(session.clone())
            .or_default()
            .insert(room.clone());
        self.event(Event::Entered {
            occupant: occupant.clone(),
            session: session.clone(),
        });
    }

    /// Notes that a session is in a room no more.
    pub(crate) fn left(&mut self, room: &BareJid, occupant: &FullJid, session: &FullJid) {
        if let Some(rooms) = self.out.rooms_of.get_mut(session) {
            rooms.remove(room);
            if rooms.is_empty() {
                self.out.rooms_of.remove(session);
            }
        }
        self.event(Event::Left {
            occupant: occupant.clone(),
            session: session.clone(),
        });
    }
}

/// What is counted over all rooms together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    /// Occupants.
    pub(crate) occupants: usize,
    /// Reserved nicks (MUC RG8).
    pub(crate) reservations: usize,
    /// Rooms that wait for their first form (MUC FL4).
    pub(crate) locked: usize,
}

impl Totals {
    pub(crate) fn add(&mut self, room: Self) {
        self.occupants += room.occupants;
        self.reservations += room.reservations;
        self.locked += room.locked;
    }

    pub(crate) fn remove(&mut self, room: Self) {
        self.occupants -= room.occupants;
        self.reservations -= room.reservations;
        self.locked -= room.locked;
    }
}

/// The queues of a machine, and who is where.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    effects: VecDeque<Effect>,
    /// What the act under way stores, if anything, with its effects since then.
    open: Option<Box<Commit>>,
    pub(crate) events: VecDeque<Event>,
    /// The rooms that a session is in, so that its loss costs no search.
    pub(crate) rooms_of: BTreeMap<FullJid, BTreeSet<BareJid>>,
    /// What all rooms together have.
    pub(crate) totals: Totals,
    /// The questions to archives that wait: whose archive, and for which session.
    pub(crate) reads: BTreeMap<ArchiveReadId, (BareJid, FullJid)>,
    next_read: u64,
    /// The temporary users that are known.
    pub(crate) identities: Identities,
}

impl Outbox {
    /// Ends an act: what comes next does not belong to its commit.
    pub(crate) fn end_act(&mut self) {
        if let Some(commit) = self.open.take() {
            self.effects.push_back(Effect::Store(commit));
        }
    }

    /// How many questions to archives wait for a session.
    pub(crate) fn reads_of(&self, session: &FullJid) -> usize {
        self.reads
            .values()
            .filter(|(_, asker)| asker == session)
            .count()
    }

    /// Forgets the questions of a session. Gives them with their rooms.
    pub(crate) fn forget_reads(&mut self, session: &FullJid) -> Vec<(ArchiveReadId, BareJid)> {
        self.reads
            .extract_if(.., |_, (_, asker)| asker == session)
            .map(|(id, (room, _))| (id, room))
            .collect()
    }

    /// The next thing to do.
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.end_act();
        self.effects.pop_front()
    }

    /// Takes out what is waiting and would show what a commit could not store.
    pub(crate) fn strip(&mut self, failed: &Commit) {
        self.end_act();
        failed.strip(&mut self.effects);
    }

    fn push(&mut self, effect: Effect) {
        match &mut self.open {
            Some(commit) => commit.then.push(effect),
            None => self.effects.push_back(effect),
        }
    }
}
