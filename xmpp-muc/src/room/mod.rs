//! One room.

use xmpp_core::{BareJid, FullJid, Random, Timestamp, xml::Element};

use crate::{Effect, Event, RoomConfig, ServiceConfig};

/// One room: stanzas in, effects out. It can be used alone; [`Service`](crate::Service) runs many.
///
/// The order of calls: any `handle_*`, then [`Room::poll_effect`] until it gives nothing, each effect carried out
/// before the next; [`Room::poll_event`] likewise; then wait for a stanza or for [`Room::poll_timeout`].
pub struct Room {
    _private: (),
}

impl Room {
    /// An unlocked, empty room `jid` with its first owner.
    ///
    /// The room is made by this call, not by the first join, so that no 201 is sent. `service` gives the bounds and
    /// policies that a service has for all its rooms.
    pub fn new(
        _jid: BareJid,
        _owner: BareJid,
        _config: RoomConfig,
        _service: ServiceConfig,
        _random: Box<dyn Random + Send>,
    ) -> Self {
        todo!()
    }

    /// A stanza to the room or to one of its occupants, from the session `from`.
    ///
    /// `from` is what the router knows of the sender; the stanza's own `from` is not read (MUC SE4). A stanza whose
    /// `to` is another room's is ignored.
    pub fn handle_stanza(&mut self, _now: Timestamp, _from: &FullJid, _stanza: &Element) {
        todo!()
    }

    /// As [`Room::handle_stanza`], for a stanza that comes from an account or a server rather than from a session:
    /// the answer to a request that was sent on to a bare JID (MUC IQ4), or a bounced invitation.
    pub fn handle_account_stanza(&mut self, _now: Timestamp, _from: &BareJid, _stanza: &Element) {
        todo!()
    }

    /// The session is gone and can receive nothing: it leaves, and the others are told.
    pub fn handle_session_lost(&mut self, _now: Timestamp, _session: &FullJid) {
        todo!()
    }

    /// Time has passed. Calling too early is harmless.
    pub fn handle_timeout(&mut self, _now: Timestamp) {
        todo!()
    }

    /// When to call [`Room::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        todo!()
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        todo!()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }

    /// Everybody is told that the service goes down and is removed (MUC LV6).
    pub fn shutdown(&mut self, _now: Timestamp) {
        todo!()
    }

    /// The room's address.
    pub fn jid(&self) -> &BareJid {
        todo!()
    }

    /// Its configuration.
    pub fn config(&self) -> &RoomConfig {
        todo!()
    }

    /// The number of occupants; several sessions under one nick are one.
    pub fn occupants(&self) -> usize {
        todo!()
    }

    /// Whether the room was destroyed; it then answers everything with `item-not-found`.
    pub fn is_gone(&self) -> bool {
        todo!()
    }
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Room").finish_non_exhaustive()
    }
}
