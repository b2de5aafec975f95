//! One room.

mod activity;
mod admin;
mod affiliations;
mod archive;
mod avatar;
mod disco;
mod flood;
mod ghosts;
mod hat_commands;
mod hats;
mod history;
mod identities;
mod invite;
mod iq;
mod join;
mod leave;
mod lists;
mod message;
mod moderation;
mod occupants;
mod owner;
mod persist;
mod presence;
mod private;
mod queries;
mod query;
mod registration;
mod rename;
mod resend;
mod retraction;
mod standing;
mod state;
mod subject;
mod take_back;
mod undo;
mod versions;
mod voice;

use std::fmt;

use xmpp_core::{
    BareJid, FullJid, Jid, Random, Timestamp,
    xml::{Element, ns},
};

pub(crate) use disco::STABLE_ID;
pub(crate) use presence::{decline_subscription, kick_stranger};
pub(crate) use state::RoomState;
pub(crate) use take_back::take_back_end;
pub(crate) use undo::Undo;

use crate::{
    ArchiveAnswer, ArchiveReadError, ArchiveReadId, Commit, DestroyCause, Effect, Event,
    RestoreError, RoomConfig, RoomSnapshot, ServiceConfig, StoreEvent, StoredMessage,
    context::{Context, Outbox},
    ids::OccupantSecret,
    request::{Request, errors, is_of_room},
    snapshot::StoredState,
};

/// One room: stanzas in, effects out. It can be used alone; [`Service`](crate::Service) runs many.
///
/// The order of calls: any `handle_*`, then [`Room::poll_effect`] until it gives nothing, each effect carried out
/// before the next; [`Room::poll_event`] likewise; then wait for a stanza or for [`Room::poll_timeout`].
pub struct Room {
    state: RoomState,
    surroundings: Surroundings,
}

/// What a machine owns beside its rooms.
pub(crate) struct Surroundings {
    pub(crate) service: ServiceConfig,
    pub(crate) out: Outbox,
    random: Box<dyn Random + Send>,
    /// The latest time seen: an earlier one counts as this one.
    now: Timestamp,
}

impl Surroundings {
    pub(crate) fn new(service: ServiceConfig, random: Box<dyn Random + Send>) -> Self {
        Self {
            service,
            out: Outbox::default(),
            random,
            now: Timestamp::default(),
        }
    }

    /// Stores something that is no room's act.
    pub(crate) fn store(&mut self, event: StoreEvent) {
        self.at(self.now).store(event);
    }

    /// What one call works with.
    pub(crate) fn at(&mut self, now: Timestamp) -> Context<'_> {
        self.now = self.now.max(now);
        self.out.end_act();
        Context {
            now: self.now,
            random: &mut *self.random,
            out: &mut self.out,
            service: &self.service,
        }
    }
}

impl Room {
    /// An unlocked, empty room `jid` with its first owner.
    ///
    /// The room is made by this call, not by the first join, so that no 201 is sent; it is not deleted before
    /// somebody has been inside. `service` gives the bounds and policies that a service has for all its rooms.
    pub fn new(
        jid: BareJid,
        owner: &BareJid,
        config: RoomConfig,
        service: ServiceConfig,
        random: Box<dyn Random + Send>,
    ) -> Self {
        let mut surroundings = Surroundings::new(service, random);
        let mut cx = surroundings.at(Timestamp::default());
        let secret = OccupantSecret::new(cx.random);
        let mut state = RoomState::new(jid, config, secret);
        state.open(&mut cx, owner);
        Self {
            state,
            surroundings,
        }
    }

    /// A stanza to the room or to one of its occupants, from the session `from`.
    ///
    /// `from` is what the router knows of the sender; the stanza's own `from` is not read (MUC SE4). A stanza whose
    /// `to` is another room's is ignored.
    pub fn handle_stanza(&mut self, now: Timestamp, from: &FullJid, stanza: &Element) {
        let mut cx = self.surroundings.at(now);
        let Some(to) = stanza.attr("to").and_then(|to| Jid::new(&to).ok()) else {
            return;
        };
        if !is_of_room(&to, &self.state.jid) {
            return;
        }
        cx.seen(from);
        if self.state.gone.is_some() {
            refuse_unknown(&mut cx, Request::new(from, &to, stanza));
        } else {
            self.state.handle_stanza(&mut cx, from, &to, stanza);
        }
    }

    /// As [`Room::handle_stanza`], for a stanza that comes from an account or a server rather than from a session:
    /// the answer to a request that was sent on to a bare JID (MUC IQ4), or a bounced invitation.
    pub fn handle_account_stanza(&mut self, now: Timestamp, from: &BareJid, stanza: &Element) {
        let mut cx = self.surroundings.at(now);
        self.state.handle_account_stanza(&mut cx, from, stanza);
    }

    /// The session can receive nothing any more, and [`Room::handle_session_lost`] will follow; until then it is told nothing.
    pub fn handle_session_unreachable(&mut self, session: &FullJid) {
        self.state.session_unreachable(session);
    }

    /// The session is gone and can receive nothing: it leaves, and the others are told.
    pub fn handle_session_lost(&mut self, now: Timestamp, session: &FullJid) {
        let mut cx = self.surroundings.at(now);
        for (id, _) in cx.out.forget_reads(session) {
            self.state.forget_read(id);
        }
        self.state.session_lost(&mut cx, session);
        if cx.out.identities.lost(session).is_some() {
            self.state.identity_gone(&mut cx, &session.to_bare());
        }
    }

    /// A temporary user is gone, with all sessions that it may have had ([`TemporaryIdentities`]); others stay.
    ///
    /// [`TemporaryIdentities`]: crate::TemporaryIdentities
    pub fn handle_identity_gone(&mut self, now: Timestamp, user: &BareJid) {
        let mut cx = self.surroundings.at(now);
        if cx.is_temporary(user) {
            cx.out.identities.gone(user);
            self.state.identity_gone(&mut cx, user);
        }
    }

    /// Time has passed. Calling too early is harmless.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let mut cx = self.surroundings.at(now);
        self.state.handle_timeout(&mut cx);
    }

    /// When to call [`Room::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.state.poll_timeout(&self.surroundings.service)
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.surroundings.out.poll_effect()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.surroundings.out.events.pop_front()
    }

    /// A commit could not be stored; see
    /// [`Service::handle_store_failed`](crate::Service::handle_store_failed).
    pub fn handle_store_failed(&mut self, now: Timestamp, commit: &Commit) {
        let mut cx = self.surroundings.at(now);
        cx.out.strip(commit);
        if self.state.gone.is_none() {
            self.state.take_back(&mut cx, commit);
        } else {
            take_back_end(&mut cx, commit);
        }
    }

    /// The answer to an [`ArchiveRead`](crate::ArchiveRead); see
    /// [`Service::handle_archive_read`](crate::Service::handle_archive_read).
    pub fn handle_archive_read(
        &mut self,
        now: Timestamp,
        id: ArchiveReadId,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        let mut cx = self.surroundings.at(now);
        if cx.out.reads.remove(&id).is_some() {
            self.state.handle_archive_read(&mut cx, id, answer);
        }
    }

    /// The room's durable state, all but the archive; `None` when it is gone.
    pub fn snapshot(&self) -> Option<RoomSnapshot> {
        self.state.gone.is_none().then(|| self.state.snapshot())
    }

    /// The room of a snapshot, with nobody inside; see [`Service::restore_room`](crate::Service::restore_room) for
    /// `history`.
    ///
    /// # Errors
    ///
    /// [`RestoreError::Version`] or [`RestoreError::Invalid`].
    pub fn restore(
        now: Timestamp,
        snapshot: RoomSnapshot,
        history: Vec<StoredMessage>,
        service: ServiceConfig,
        random: Box<dyn Random + Send>,
    ) -> Result<Self, RestoreError> {
        let (jid, state) = snapshot.into_state()?;
        let StoredState::Room(content) = state else {
            return Err(RestoreError::Invalid);
        };
        let mut surroundings = Surroundings::new(service, random);
        let state = RoomState::restore(&mut surroundings.at(now), jid, *content, history)?;
        Ok(Self {
            state,
            surroundings,
        })
    }

    /// Everybody is told that the service goes down and is removed (MUC LV6).
    pub fn shutdown(&mut self, now: Timestamp) {
        let mut cx = self.surroundings.at(now);
        self.state.shutdown(&mut cx);
    }

    /// Ends the room; everybody inside is told.
    pub fn destroy(&mut self, now: Timestamp) {
        let mut cx = self.surroundings.at(now);
        self.state.destroy(&mut cx, DestroyCause::Host, None);
    }

    /// The room's address.
    pub fn jid(&self) -> &BareJid {
        &self.state.jid
    }

    /// Its configuration.
    pub fn config(&self) -> &RoomConfig {
        &self.state.config
    }

    /// The number of occupants; several sessions under one nick are one.
    pub fn occupants(&self) -> usize {
        self.state.occupants()
    }

    /// Whether the room was destroyed; it then answers everything with `item-not-found`.
    pub fn is_gone(&self) -> bool {
        self.state.gone.is_some()
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Answers what is sent to a room that is not there (MUC ET5, LV2, EN14, CL1).
pub(crate) fn refuse_unknown(cx: &mut Context<'_>, request: Request<'_>) {
    if request.stanza.name() == "presence" {
        match request.stanza_type().as_deref() {
            None => {}
            Some("subscribe") => {
                decline_subscription(cx, &request.to.to_bare(), request.from);
                return;
            }
            Some("unavailable" | "error" | "subscribed" | "unsubscribe" | "unsubscribed") => return,
            Some("probe") => {
                request.refuse(cx, errors::item_not_found());
                return;
            }
            Some(_) => {
                request.refuse(cx, errors::bad_request());
                return;
            }
        }
        let joins = request.stanza.child("x", ns::MUC).is_some();
        match request.to.to_full() {
            None => request.refuse(cx, errors::jid_malformed()), // NI4
            Some(address) if !joins => kick_stranger(cx, request.from, &address), // EN14
            Some(_) => request.refuse(cx, errors::item_not_found()),
        }
    } else {
        request.refuse(cx, errors::item_not_found());
    }
}
