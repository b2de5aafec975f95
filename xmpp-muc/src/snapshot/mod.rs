//! What outlives a process of a room (MUC PE1, PE4, PE6).

#[cfg(feature = "serde")]
pub(crate) mod form;
mod tombstone;

use std::{fmt, sync::Arc};

use xmpp_core::{BareJid, Timestamp};

pub(crate) use tombstone::Tombstone;

use crate::{Affiliation, Fanout, Role, RoomConfig, ids::OccupantSecret};

/// The version that this library writes; it reads this one.
pub(crate) const VERSION: u32 = 1;

/// The durable state of one room, all but its archive (MUC PE1): configuration, affiliations with reserved nicks and
/// reasons, hats, subject with author and time, remembered roles, lock, and the secret of its occupant-ids. Who is
/// inside is not part of it (MUC PE3). Of a destroyed room it is the tombstone (MUC DE2).
///
/// [`Service::snapshot`](crate::Service::snapshot) makes one, [`Service::restore_room`](crate::Service::restore_room)
/// takes it back. It is meant to be kept as it is: with the feature `serde` it can be serialised, and it says itself
/// which version of the format it has. Fields that a later version of the same format adds have defaults, so that
/// older text stays readable.
///
/// It holds two secrets by necessity, the room's password and the key of its occupant-ids, without which everybody
/// would have another identity after a restart. They are in the serialised form, which therefore belongs where the
/// messages are kept; `Debug` does not print them.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RoomSnapshot {
    pub(crate) version: u32,
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) room: BareJid,
    pub(crate) state: StoredState,
}

/// What there is at an address.
#[derive(Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub(crate) enum StoredState {
    /// A room.
    Room(Box<RoomContent>),
    /// What is left of one.
    Tombstone(Tombstone),
}

/// The durable state of a room.
///
/// A concern that comes later adds one field with a struct of its own and `serde(default)`.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct RoomContent {
    pub(crate) secret: OccupantSecret,
    pub(crate) config: RoomConfig,
    pub(crate) affiliations: Vec<ListedUser>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) remembered: Vec<RememberedRole>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) versions: KeptVersions,
    /// The vCard with the room's picture (MUC AV1).
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) avatar: Option<String>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) hats: Vec<WornHats>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) subject: Option<KeptSubject>,
    #[cfg_attr(feature = "serde", serde(default, with = "form::time"))]
    pub(crate) locked_until: Option<Timestamp>,
}

/// One affiliated user.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct ListedUser {
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) user: BareJid,
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) affiliation: Affiliation,
    #[cfg_attr(feature = "serde", serde(default, with = "form::shared"))]
    pub(crate) nick: Option<Arc<str>>,
    #[cfg_attr(feature = "serde", serde(default, with = "form::shared"))]
    pub(crate) reason: Option<Arc<str>>,
}

/// A role that a moderator gave or took (MUC EN18).
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct RememberedRole {
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) user: BareJid,
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) role: Role,
}

/// The latest versions of the affiliations (MUC PE4, MV2).
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct KeptVersions {
    #[cfg_attr(feature = "serde", serde(default, with = "form::shared"))]
    pub(crate) base: Option<Arc<str>>,
    pub(crate) steps: Vec<KeptStep>,
}

/// One change of an affiliation.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct KeptStep {
    pub(crate) until: String,
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) user: BareJid,
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) from: Affiliation,
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) to: Affiliation,
}

/// The hats of a user, by their URIs (MUC HA3).
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct WornHats {
    #[cfg_attr(feature = "serde", serde(with = "form::text"))]
    pub(crate) user: BareJid,
    pub(crate) uris: Vec<String>,
}

/// The subject, as newcomers get it: author and time are in it.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct KeptSubject {
    #[cfg_attr(feature = "serde", serde(with = "form::stanza"))]
    pub(crate) stanza: Arc<Fanout>,
    pub(crate) text: String,
}

impl RoomSnapshot {
    pub(crate) fn new(room: BareJid, state: StoredState) -> Self {
        Self {
            version: VERSION,
            room,
            state,
        }
    }

    /// What is in it, if this library reads its version.
    pub(crate) fn into_state(self) -> Result<(BareJid, StoredState), RestoreError> {
        if self.version == VERSION {
            Ok((self.room, self.state))
        } else {
            Err(RestoreError::Version(self.version))
        }
    }

    /// The room.
    pub fn room(&self) -> &BareJid {
        &self.room
    }

    /// Its configuration; `None` for a tombstone.
    pub fn config(&self) -> Option<&RoomConfig> {
        match &self.state {
            StoredState::Room(content) => Some(&content.config),
            StoredState::Tombstone(_) => None,
        }
    }

    /// As [`RoomSnapshot::config`], to change it before the room is put back: fields that the host decides about
    /// ([`ServiceConfig::withheld_fields`](crate::ServiceConfig::withheld_fields)) may have changed since.
    pub fn config_mut(&mut self) -> Option<&mut RoomConfig> {
        match &mut self.state {
            StoredState::Room(content) => Some(&mut content.config),
            StoredState::Tombstone(_) => None,
        }
    }

    /// Until when a destroyed room is remembered; `None` for a room that is there.
    pub fn tombstone_until(&self) -> Option<Timestamp> {
        match &self.state {
            StoredState::Room(_) => None,
            StoredState::Tombstone(tombstone) => Some(tombstone.until),
        }
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
    /// What is in it cannot be the state of a room: it has no owner (MUC RS4), or it is a tombstone where a room is
    /// wanted.
    #[error("not the state of a room")]
    Invalid,
}
