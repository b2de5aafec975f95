//! What a room wants done, and what it reports.

mod commit;

use std::sync::Arc;

use xmpp_core::{BareJid, FullJid, Jid};

use crate::{Affiliation, ArchiveRead, Fanout, RoomConfig, StoredMessage};

pub use commit::Commit;

/// Something the host of a room must do.
///
/// Effects are carried out in the order in which [`poll_effect`](crate::Service::poll_effect) gives them, and an
/// [`Effect::Store`] is durable before anything in it or behind it is shown: what a sender sees reflected is stored
/// (MUC GC8, PE2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Effect {
    /// Make [`Commit::events`] durable, then carry out [`Commit::then`], then go on. A host without a store carries
    /// out `then` at once.
    Store(Box<Commit>),
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
    /// Read the room's archive and answer with
    /// [`handle_archive_read`](crate::Service::handle_archive_read). It comes only from rooms with
    /// [`RoomConfig::archive`].
    ReadArchive(Box<ArchiveRead>),
}

/// A change to what outlives a process.
///
/// [`StoreEvent::Message`] and [`StoreEvent::Replaced`] come only from rooms with [`RoomConfig::archive`]; the others
/// come from every room, so that the host decides by [`RoomConfig::persistent`] what it keeps.
///
/// A host that stores a room's state as a whole does the same for [`StoreEvent::RoomCreated`],
/// [`StoreEvent::Config`], [`StoreEvent::Affiliation`] and [`StoreEvent::Room`]: it takes
/// [`Service::snapshot`](crate::Service::snapshot), once for all events of a commit.
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
    /// A room is gone, with its archive and everything else that was stored for it (MUC LV3, DE1). If a
    /// [`StoreEvent::Room`] follows, its snapshot is a tombstone (MUC DE2); that one goes by another `RoomDeleted`.
    RoomDeleted {
        /// The room.
        room: BareJid,
    },
    /// A message of the archive (XEP-0313; MUC MA3).
    Message(Arc<StoredMessage>),
    /// The stanza of an archived message is now this tombstone: the message was retracted (MUC MO2). The other
    /// fields of the entry and its place stay. Nothing of the old stanza may remain readable.
    Replaced {
        /// The room.
        room: BareJid,
        /// The id of the entry.
        id: Arc<str>,
        /// The tombstone.
        stanza: Arc<Fanout>,
    },
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
    /// Anything else that outlives a process has changed, such as the subject: take
    /// [`Service::snapshot`](crate::Service::snapshot).
    ///
    /// The snapshot is that of the moment it is taken: it may hold changes of later acts too, which does no harm,
    /// as their own commits follow.
    Room {
        /// The room.
        room: BareJid,
    },
}

impl StoreEvent {
    /// The room that it is about.
    pub fn room(&self) -> &BareJid {
        match self {
            Self::RoomCreated { room, .. }
            | Self::RoomDeleted { room }
            | Self::Replaced { room, .. }
            | Self::Config { room, .. }
            | Self::Affiliation { room, .. }
            | Self::Room { room } => room,
            Self::Message(message) => &message.room,
        }
    }
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
    /// Its creation could not be stored (MUC ET14).
    NotStored,
}
