//! What outlives a process of a room (MUC PE1, PE4, PE6).

use std::{fmt, sync::Arc};

use xmpp_core::{BareJid, Timestamp};

use crate::{Affiliation, Fanout, Role, RoomConfig, ids::OccupantSecret};

/// The version that this library writes; it reads this one.
pub(crate) const VERSION: u32 = 1;

/// The durable state of one room, all but its archive (MUC PE1): configuration, affiliations with reserved nicks and
/// reasons, subject, remembered roles, lock, and the secret of its occupant-ids. Who is inside is not part of it
/// (MUC PE3).
///
/// [`Service::snapshot`](crate::Service::snapshot) makes one, [`Service::restore_room`](crate::Service::restore_room)
/// takes it back. It is meant to be kept as it is: with the feature `serde` it can be serialised, and it says itself
/// which version of the format it has.
///
/// It holds two secrets by necessity, the room's password and the key of its occupant-ids, without which everybody
/// would have another identity after a restart. They are in the serialised form, which therefore belongs where the
/// messages are kept; `Debug` does not print them.
#[derive(Clone)]
pub struct RoomSnapshot {
    pub(crate) version: u32,
    pub(crate) room: BareJid,
    pub(crate) secret: OccupantSecret,
    pub(crate) config: RoomConfig,
    pub(crate) affiliations: Vec<ListedUser>,
    pub(crate) remembered: Vec<(BareJid, Role)>,
    pub(crate) subject: Option<KeptSubject>,
    pub(crate) locked_until: Option<Timestamp>,
}

/// One affiliated user.
#[derive(Clone, Debug)]
pub(crate) struct ListedUser {
    pub(crate) user: BareJid,
    pub(crate) affiliation: Affiliation,
    pub(crate) nick: Option<Arc<str>>,
    pub(crate) reason: Option<Arc<str>>,
}

/// The subject, as newcomers get it: author and time are in it.
#[derive(Clone, Debug)]
pub(crate) struct KeptSubject {
    pub(crate) stanza: Arc<Fanout>,
    pub(crate) text: String,
}

impl RoomSnapshot {
    /// The room.
    pub fn room(&self) -> &BareJid {
        &self.room
    }

    /// Its configuration.
    pub fn config(&self) -> &RoomConfig {
        &self.config
    }

    /// The version of the format.
    pub fn version(&self) -> u32 {
        self.version
    }
}

impl fmt::Debug for RoomSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomSnapshot")
            .field("version", &self.version)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

/// Why a snapshot could not be restored. Nothing is changed then; see
/// [`Service::block_room`](crate::Service::block_room).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It was written by another version of this library.
    #[error("a snapshot of version {0}, which is not known here")]
    Version(u32),
    /// The room is not one of this service: another domain, or no localpart.
    #[error("not an address of this service's rooms")]
    ForeignAddress,
    /// There is such a room.
    #[error("the room exists")]
    Exists,
    /// The service was shut down.
    #[error("the service was shut down")]
    ShutDown,
    /// What is in it cannot be the state of a room: it has no owner (MUC RS4).
    #[error("not the state of a room")]
    Invalid,
}
