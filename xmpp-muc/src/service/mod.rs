//! The host of rooms.

mod disco;
mod persist;
mod search;
#[cfg(test)]
mod tests;
mod tombstones;
mod view;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use xmpp_core::{
    BareJid, FullJid, Jid, JidError, Random, Timers, Timestamp,
    xml::{Element, ns},
};

use persist::wants_answer;
use tombstones::Tombstones;

pub use self::view::OccupantView;
use crate::{
    Creation, DestroyCause, Effect, Event, Hat, HatError, RoomConfig, ServiceConfig,
    context::Context,
    ids::OccupantSecret,
    rate::{Allowance, ByUser},
    request::{Fault, Request, errors},
    room::{RoomState, Surroundings, refuse_unknown},
};

/// A chat service: the rooms of one domain, such as `rooms.example.com`.
///
/// The order of calls: any `handle_*`, then [`Service::poll_effect`] until it gives nothing, each effect carried out
/// before the next; [`Service::poll_event`] likewise; then wait for a stanza or for [`Service::poll_timeout`]. Both
/// queues grow until they are polled.
///
/// Every request gets an answer at once, except one that is sent on to another occupant, which gets it from there
/// or after [`Limits::query_timeout`](crate::Limits::query_timeout).
pub struct Service {
    jid: BareJid,
    /// In the order of their addresses, so that lists have a stable order.
    rooms: BTreeMap<BareJid, RoomState>,
    /// The rooms that the service lists (MUC DI2).
    listed: BTreeSet<BareJid>,
    /// When each room wants to be called.
    timers: Timers<BareJid>,
    surroundings: Surroundings,
    /// How many rooms each user may still make (MUC FL4).
    creations: ByUser<Allowance>,
    /// How often each user may still search (MUC DI9).
    searches: ByUser<Allowance>,
    /// Rooms whose stored state cannot be read (MUC PE5).
    blocked: BTreeSet<BareJid>,
    tombstones: Tombstones,
    down: bool,
}

impl Service {
    /// An empty service at the domain `jid`.
    pub fn new(jid: BareJid, config: ServiceConfig, random: Box<dyn Random + Send>) -> Self {
        Self {
            jid,
            rooms: BTreeMap::new(),
            listed: BTreeSet::new(),
            timers: Timers::default(),
            surroundings: Surroundings::new(config, random),
            creations: ByUser::default(),
            searches: ByUser::default(),
            blocked: BTreeSet::new(),
            tombstones: Tombstones::default(),
            down: false,
        }
    }

    /// A stanza to the service, to a room or to an occupant, from the session `from`.
    ///
    /// The stanza's `to` says which; one of another domain is ignored. `from` is what the router knows of the
    /// sender; the stanza's own `from` is not read (MUC SE4).
    pub fn handle_stanza(&mut self, now: Timestamp, from: &FullJid, stanza: &Element) {
        let mut cx = self.surroundings.at(now);
        cx.seen(from);
        let Some(to) = stanza.attr("to") else {
            return;
        };
        let to = match Jid::new(&to) {
            Ok(to) => to,
            Err(error) => {
                refuse_address(&mut cx, &self.jid, from, stanza, error);
                return;
            }
        };
        if to.domain() != self.jid.domain() {
            return;
        }
        let request = Request::new(from, &to, stanza);
        if self.down {
            if stanza.name() != "presence" || stanza.attr("type").is_none() {
                request.refuse(&mut cx, errors::service_unavailable());
            }
        } else if to.local().is_none() {
            self.handle_own(now, request);
        } else {
            self.handle_room(now, request, stanza);
        }
    }

    /// As [`Service::handle_stanza`], for a stanza that comes from an account or a server rather than from a
    /// session: the answer to a request that was sent on to a bare JID (MUC IQ4), or a bounced invitation.
    pub fn handle_account_stanza(&mut self, now: Timestamp, from: &BareJid, stanza: &Element) {
        let Some(to) = stanza.attr("to").and_then(|to| Jid::new(&to).ok()) else {
            return;
        };
        self.with_room(now, &to.to_bare(), |room, cx| {
            room.handle_account_stanza(cx, from, stanza);
        });
    }

    /// The session can receive nothing any more, and [`Service::handle_session_lost`] will follow when all that it sent before was
    /// handed in. Until then rooms tell it nothing: where many are cut off at once, they do not hear of each other's end.
    pub fn handle_session_unreachable(&mut self, session: &FullJid) {
        for room in self
            .surroundings
            .out
            .rooms_of
            .get(session)
            .into_iter()
            .flatten()
        {
            if let Some(room) = self.rooms.get_mut(room) {
                room.session_unreachable(session);
            }
        }
    }

    /// The session is gone and can receive nothing: it leaves all rooms, and the others are told.
    ///
    /// If it was the last session of a temporary identity ([`ServiceConfig::temporary`]), the identity ends too. Call
    /// this for every session of a temporary domain, whether or not it is in a room.
    pub fn handle_session_lost(&mut self, now: Timestamp, session: &FullJid) {
        let rooms = self.surroundings.out.rooms_of.get(session).cloned();
        for room in rooms.unwrap_or_default() {
            self.with_room(now, &room, |room, cx| room.session_lost(cx, session));
        }
        for (id, room) in self.surroundings.out.forget_reads(session) {
            if let Some(room) = self.rooms.get_mut(&room) {
                room.forget_read(id);
            }
        }
        if let Some(rooms) = self.surroundings.out.identities.lost(session) {
            self.clear(now, &session.to_bare(), rooms);
        }
    }

    /// A temporary user is gone, with all sessions that it may have had (MUC FL9): whatever rooms keep of it goes.
    /// Without this call [`Service::handle_session_lost`] for the last of its sessions does the same. Users who are
    /// not temporary ([`ServiceConfig::temporary`]) are left alone.
    pub fn handle_identity_gone(&mut self, now: Timestamp, user: &BareJid) {
        let cx = self.surroundings.at(now);
        if !cx.is_temporary(user) {
            return;
        }
        let (sessions, mut rooms) = cx.out.identities.gone(user);
        for session in sessions {
            rooms.extend(cx.out.rooms_of.get(&session).into_iter().flatten().cloned());
        }
        self.clear(now, user, rooms);
    }

    fn clear(&mut self, now: Timestamp, user: &BareJid, rooms: BTreeSet<BareJid>) {
        for room in rooms {
            self.with_room(now, &room, |room, cx| room.identity_gone(cx, user));
        }
    }

    /// Time has passed. Calling too early is harmless.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let now = self.surroundings.at(now).now;
        self.clear_tombstones(now);
        let mut due = Vec::new();
        while let Some(room) = self.timers.pop(now) {
            if let Some(state) = self.rooms.get_mut(&room) {
                state.timer = None;
            }
            due.push(room);
        }
        for room in due {
            self.with_room(now, &room, RoomState::handle_timeout);
        }
    }

    /// When to call [`Service::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let room = self.timers.next();
        room.into_iter().chain(self.tombstones.deadline()).min()
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.surroundings.out.poll_effect()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.surroundings.out.events.pop_front()
    }

    /// Everybody in every room is told that the service goes down and is removed (MUC LV6). From then on every
    /// request is refused with `service-unavailable`.
    pub fn shutdown(&mut self, now: Timestamp) {
        self.down = true;
        let rooms: Vec<_> = self.rooms.keys().cloned().collect();
        for room in rooms {
            self.with_room(now, &room, RoomState::shutdown);
        }
    }

    /// Makes a room that nobody has to create by joining it; it is unlocked.
    ///
    /// # Errors
    ///
    /// [`CreateError`] names what is in the way; nothing is changed then.
    pub fn create_room(
        &mut self,
        now: Timestamp,
        room: &BareJid,
        owner: &BareJid,
        config: RoomConfig,
    ) -> Result<(), CreateError> {
        if self.down {
            return Err(CreateError::ShutDown);
        }
        if room.domain() != self.jid.domain() || room.local().is_none() {
            return Err(CreateError::ForeignAddress);
        }
        if self.rooms.contains_key(room) || self.blocked.contains(room) {
            return Err(CreateError::Exists);
        }
        let mut cx = self.surroundings.at(now);
        if self.rooms.len() >= cx.service.limits.rooms {
            return Err(CreateError::Full);
        }
        let secret = OccupantSecret::new(cx.random);
        let mut state = RoomState::new(room.clone(), config, secret);
        state.open(&mut cx, owner);
        self.tombstones.remove(room);
        self.rooms.insert(room.clone(), state);
        self.settle(room);
        Ok(())
    }

    /// Ends a room; everybody inside is told. Gives whether there was one.
    pub fn destroy_room(&mut self, now: Timestamp, room: &BareJid) -> bool {
        let exists = self.rooms.contains_key(room);
        self.with_room(now, room, |room, cx| {
            room.destroy(cx, DestroyCause::Host, None);
        });
        exists
    }

    /// Gives a room other hats, in the place of all it has (MUC HA3). Wearers keep those that stay.
    ///
    /// # Errors
    ///
    /// [`HatError`]; nothing is changed then.
    pub fn set_hats(
        &mut self,
        now: Timestamp,
        room: &BareJid,
        hats: Vec<Hat>,
    ) -> Result<(), HatError> {
        self.change_hats(now, room, |room, cx| room.set_hats(cx, hats))
    }

    /// Gives a user a hat of the room, inside or not, for as long as nobody takes it off (MUC HA3).
    ///
    /// # Errors
    ///
    /// [`HatError`]; nothing is changed then.
    pub fn assign_hat(
        &mut self,
        now: Timestamp,
        room: &BareJid,
        user: &BareJid,
        uri: &str,
    ) -> Result<(), HatError> {
        self.change_hats(now, room, |room, cx| room.change_hat(cx, user, uri, true))
    }

    /// Takes a hat off a user.
    ///
    /// # Errors
    ///
    /// [`HatError`]; nothing is changed then.
    pub fn unassign_hat(
        &mut self,
        now: Timestamp,
        room: &BareJid,
        user: &BareJid,
        uri: &str,
    ) -> Result<(), HatError> {
        self.change_hats(now, room, |room, cx| room.change_hat(cx, user, uri, false))
    }

    fn change_hats(
        &mut self,
        now: Timestamp,
        room: &BareJid,
        change: impl FnOnce(&mut RoomState, &mut Context<'_>) -> Result<(), HatError>,
    ) -> Result<(), HatError> {
        let mut done = Err(HatError::NoRoom);
        self.with_room(now, room, |room, cx| done = change(room, cx));
        done
    }

    /// The service's address.
    pub fn jid(&self) -> &BareJid {
        &self.jid
    }

    /// How the service is configured.
    pub fn config(&self) -> &ServiceConfig {
        &self.surroundings.service
    }

    /// How many rooms there are.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// How many occupants all rooms have together. It is kept, not counted.
    pub fn occupant_count(&self) -> usize {
        self.surroundings.out.totals.occupants
    }

    /// Changes [`Limits::rooms`](crate::Limits::rooms) while the service runs: a host of several services shares
    /// one limit among them. Rooms that are there stay.
    pub fn set_room_limit(&mut self, rooms: usize) {
        self.surroundings.service.limits.rooms = rooms;
    }

    /// The rooms and the number of their occupants, in the order of their addresses.
    pub fn rooms(&self) -> impl Iterator<Item = (&BareJid, usize)> {
        self.rooms.iter().map(|(jid, room)| (jid, room.occupants()))
    }

    /// A stanza to a room or an occupant.
    fn handle_room(&mut self, now: Timestamp, request: Request<'_>, stanza: &Element) {
        let room = request.to.to_bare();
        if self.rooms.contains_key(&room) {
            self.with_room(now, &room, |room, cx| {
                room.handle_stanza(cx, request.from, request.to, stanza);
            });
            return;
        }
        if self.blocked.contains(&room) {
            self.refuse_blocked(now, request);
            return;
        }
        self.clear_tombstones(now);
        let joins = stanza.name() == "presence"
            && stanza.attr("type").is_none()
            && stanza.child("x", ns::MUC).is_some()
            && request.to.is_full();
        let mut cx = self.surroundings.at(now);
        if let Some(tombstone) = self.tombstones.get(&room) {
            let may_replace = cx.service.administrators.contains(request.from.bare_str());
            if !(joins && may_replace) {
                if wants_answer(request) {
                    request.refuse(&mut cx, tombstone.refusal()); // DE2
                }
                return;
            }
        }
        if !joins {
            refuse_unknown(&mut cx, request);
            return;
        }
        match self.create(now, request, stanza) {
            Ok(()) => self.settle(&room),
            Err(error) => request.refuse(&mut self.surroundings.at(now), error),
        }
    }

    /// A first join makes the room (MUC CR1 to CR3, EN9): nothing is there before the join is admitted.
    fn create(
        &mut self,
        now: Timestamp,
        request: Request<'_>,
        stanza: &Element,
    ) -> Result<(), Fault> {
        let (Some(address), Some(muc)) = (request.to.to_full(), stanza.child("x", ns::MUC)) else {
            return Err(errors::bad_request());
        };
        let room_count = self.rooms.len();
        let mut cx = self.surroundings.at(now);
        let user = request.from.to_bare();
        if !may_create(&cx, &user) {
            return Err(errors::not_allowed()); // CR2
        }
        if room_count >= cx.service.limits.rooms {
            return Err(errors::resource_constraint()); // FL4
        }
        if cx.service.lock_new_rooms && cx.out.totals.locked >= cx.service.limits.locked_rooms {
            return Err(errors::resource_constraint());
        }
        let secret = OccupantSecret::new(cx.random);
        let mut room = RoomState::new(address.to_bare(), cx.service.room.clone(), secret);
        let rate = cx.service.limits.creations;
        let mut left = (!cx.service.administrators.contains(&user)).then(|| {
            self.creations.of(
                &user,
                cx.now,
                || Allowance::events(rate),
                Allowance::is_whole,
            )
        });
        if left.as_mut().is_some_and(|left| !left.is_left(cx.now)) {
            return Err(errors::resource_constraint());
        }
        room.create(&mut cx, request, &address, muc)?;
        self.tombstones.remove(&address.to_bare());
        if let Some(left) = left {
            let _ = left.take(cx.now, 1); // there was one: only what was made counts
        }
        self.rooms.insert(address.to_bare(), room);
        Ok(())
    }

    /// Lends a room its surroundings and takes note of what became of it.
    fn with_room(
        &mut self,
        now: Timestamp,
        jid: &BareJid,
        act: impl FnOnce(&mut RoomState, &mut Context<'_>),
    ) {
        let Some(room) = self.rooms.get_mut(jid) else {
            return;
        };
        act(room, &mut self.surroundings.at(now));
        self.settle(jid);
    }

    /// Brings timers and lists in line with a room's state; removes one that is gone.
    fn settle(&mut self, jid: &BareJid) {
        let Some(room) = self.rooms.get_mut(jid) else {
            return;
        };
        let totals = &mut self.surroundings.out.totals;
        totals.remove(room.counted);
        if room.gone.is_some() {
            let tombstone = room.tombstone.clone();
            self.timers.set(jid, &mut room.timer, None);
            self.rooms.remove(jid);
            if let Some(tombstone) = tombstone {
                self.bury(jid.clone(), tombstone);
            }
            self.listed.remove(jid);
            return;
        }
        room.counted = room.totals();
        totals.add(room.counted);
        let timeout = room.poll_timeout(&self.surroundings.service);
        self.timers.set(jid, &mut room.timer, timeout);
        if room.is_listed() {
            if !self.listed.contains(jid) {
                self.listed.insert(jid.clone());
            }
        } else {
            self.listed.remove(jid);
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("jid", &self.jid)
            .field("rooms", &self.rooms.len())
            .finish_non_exhaustive()
    }
}

/// Why [`Service::create_room`] did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The address is not a room of this service: another domain, or no localpart.
    #[error("not an address of this service's rooms")]
    ForeignAddress,
    /// There is such a room, or there was one whose state cannot be read
    /// ([`Service::block_room`]).
    #[error("the room exists")]
    Exists,
    /// The service has as many rooms as it may.
    #[error("the service is full")]
    Full,
    /// The service was shut down.
    #[error("the service was shut down")]
    ShutDown,
}

/// MUC CR2, RS6.
fn may_create(cx: &Context<'_>, user: &BareJid) -> bool {
    if cx.service.administrators.contains(user) {
        return true;
    }
    let barred = cx.is_temporary(user) && !cx.service.temporary.may_create; // FL9
    !barred
        && match &cx.service.creation {
            Creation::Anyone => true,
            Creation::Domains(domains) => domains.contains(user.domain()),
            Creation::Nobody => false,
        }
}

/// MUC NI1: the nick or the room id is none; nothing is created.
fn refuse_address(
    cx: &mut Context<'_>,
    service: &BareJid,
    from: &FullJid,
    stanza: &Element,
    error: JidError,
) {
    let to: Jid = service.clone().into();
    let presence = stanza.name() == "presence";
    if presence && stanza.attr("type").is_some() {
        return;
    }
    let error = errors::jid_malformed().with_text(error.to_string());
    Request::new(from, &to, stanza).refuse(cx, error);
}

/// A runtime may move the machines between threads.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Service>();
    is_send::<crate::Room>();
};
