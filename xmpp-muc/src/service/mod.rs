//! The host of rooms.

use xmpp_core::{BareJid, FullJid, Random, Timestamp, xml::Element};

use crate::{Effect, Event, RoomConfig, ServiceConfig};

/// A chat service: the rooms of one domain, such as `rooms.example.com`.
///
/// The order of calls: any `handle_*`, then [`Service::poll_effect`] until it gives nothing, each effect carried out
/// before the next; [`Service::poll_event`] likewise; then wait for a stanza or for [`Service::poll_timeout`]. Both
/// queues grow until they are polled.
///
/// Every request gets an answer at once, except one that is sent on to another occupant, which gets it from there
/// or after [`Limits::query_timeout`](crate::Limits::query_timeout).
pub struct Service {
    _private: (),
}

impl Service {
    /// An empty service at the domain `jid`.
    pub fn new(_jid: BareJid, _config: ServiceConfig, _random: Box<dyn Random + Send>) -> Self {
        todo!()
    }

    /// A stanza to the service, to a room or to an occupant, from the session `from`.
    ///
    /// The stanza's `to` says which; one of another domain is ignored. `from` is what the router knows of the
    /// sender; the stanza's own `from` is not read (MUC SE4).
    pub fn handle_stanza(&mut self, _now: Timestamp, _from: &FullJid, _stanza: &Element) {
        todo!()
    }

    /// As [`Service::handle_stanza`], for a stanza that comes from an account or a server rather than from a
    /// session: the answer to a request that was sent on to a bare JID (MUC IQ4), or a bounced invitation.
    pub fn handle_account_stanza(&mut self, _now: Timestamp, _from: &BareJid, _stanza: &Element) {
        todo!()
    }

    /// The session is gone and can receive nothing: it leaves all rooms, and the others are told.
    pub fn handle_session_lost(&mut self, _now: Timestamp, _session: &FullJid) {
        todo!()
    }

    /// Time has passed. Calling too early is harmless.
    pub fn handle_timeout(&mut self, _now: Timestamp) {
        todo!()
    }

    /// When to call [`Service::handle_timeout`] at the latest.
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

    /// Everybody in every room is told that the service goes down and is removed (MUC LV6). From then on every
    /// request is refused with `service-unavailable`.
    pub fn shutdown(&mut self, _now: Timestamp) {
        todo!()
    }

    /// Makes a room that nobody has to create by joining it; it is unlocked.
    ///
    /// # Errors
    ///
    /// [`CreateError`] names what is in the way; nothing is changed then.
    pub fn create_room(
        &mut self,
        _now: Timestamp,
        _room: &BareJid,
        _owner: BareJid,
        _config: RoomConfig,
    ) -> Result<(), CreateError> {
        todo!()
    }

    /// The service's address.
    pub fn jid(&self) -> &BareJid {
        todo!()
    }

    /// The rooms and the number of their occupants, in the order of their addresses.
    pub fn rooms(&self) -> impl Iterator<Item = (&BareJid, usize)> {
        [].into_iter()
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

/// Why [`Service::create_room`] did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The address is not a room of this service: another domain, or no localpart.
    #[error("not an address of this service's rooms")]
    ForeignAddress,
    /// There is such a room.
    #[error("the room exists")]
    Exists,
    /// The service has as many rooms as it may.
    #[error("the service is full")]
    Full,
    /// The service was shut down.
    #[error("the service was shut down")]
    ShutDown,
}
