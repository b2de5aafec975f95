//! What a room wants done, and what it reports.

use std::sync::Arc;

use xmpp_core::{BareJid, FullJid, Jid, Timestamp};

use crate::{Affiliation, Fanout, RoomConfig};

/// Something the host of a room must do.
///
/// Effects are carried out in the order in which [`poll_effect`](crate::Service::poll_effect) gives them, and a
/// [`Effect::Store`] is durable before any later effect is begun: what a sender sees reflected is stored (MUC GC8,
/// PE2). A host without a store skips them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Effect {
    /// Make this durable before going on.
    Store(StoreEvent),
    /// Send one stanza to each of these sessions.
    Deliver {
        /// The stanza, without `to`.
        stanza: Arc<Fanout>,
        /// The receivers; the list is shared between deliveries until somebody enters or leaves.
        to: Arc<[FullJid]>,
    },
    /// Send a stanza to one receiver.
    Send {
        /// The stanza, without `to`.
        stanza: Arc<Fanout>,
        /// The receiver.
        to: Jid,
    },
}

/// A change to what outlives a process.
///
/// [`StoreEvent::Message`] comes only from rooms with [`RoomConfig::archive`]; the others come from every room, so
/// that the host decides by [`RoomConfig::persistent`] what it keeps.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreEvent {
    /// A room was made.
    RoomCreated {
        /// The room.
        room: BareJid,
        /// Its first owner.
        owner: BareJid,
    },
    /// A room is gone, with its archive and everything else that was stored for it (MUC LV3, DE1).
    RoomDeleted {
        /// The room.
        room: BareJid,
    },
    /// A message of the archive (XEP-0313; MUC MA3).
    Message(Box<StoredMessage>),
    /// The room's configuration is now this one.
    Config {
        /// The room.
        room: BareJid,
        /// The whole configuration.
        config: Box<RoomConfig>,
    },
    /// The affiliation of a user is now this one.
    Affiliation {
        /// The room.
        room: BareJid,
        /// The user, or a domain for a ban of all its users.
        user: BareJid,
        /// The new affiliation; [`Affiliation::None`] removes the entry.
        affiliation: Affiliation,
        /// The nick reserved for the user.
        nick: Option<Arc<str>>,
        /// Why, where it was given.
        reason: Option<Arc<str>>,
    },
}

/// One entry for a room's archive.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredMessage {
    /// The room.
    pub room: BareJid,
    /// The stanza-id that the room gave: the archive's id (MUC GC4).
    pub id: Arc<str>,
    /// When the room accepted it.
    pub time: Timestamp,
    /// The author's real address. Who may see it is decided on reading (MUC MA5).
    pub author: FullJid,
    /// The stanza as delivered, without `to`: `from` is the author's occupant JID of that time, with stanza-id and
    /// occupant-id (MUC MA4).
    pub stanza: Arc<Fanout>,
}

/// Something the host of a room may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A room was made.
    RoomCreated {
        /// The room.
        room: BareJid,
    },
    /// A room is gone.
    RoomDestroyed {
        /// The room.
        room: BareJid,
        /// Why.
        cause: DestroyCause,
    },
    /// A session entered a room. [`handle_session_lost`](crate::Service::handle_session_lost) is due when it ends.
    Entered {
        /// The room and the nick.
        occupant: FullJid,
        /// The session's real address.
        session: FullJid,
    },
    /// A session is no longer in a room.
    Left {
        /// The room and the last nick.
        occupant: FullJid,
        /// The session's real address.
        session: FullJid,
    },
}

/// Why a room is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DestroyCause {
    /// A temporary room lost its last occupant (MUC LV3).
    Empty,
    /// An owner destroyed it (MUC DE1).
    Owner,
    /// It was never configured (MUC CR5, CR6).
    NeverConfigured,
    /// The host asked for it.
    Host,
}
