//! What the host may look at.

use xmpp_core::{BareJid, FullJid};

use super::Service;
use crate::{Affiliation, Role, RoomConfig};

/// An occupant as the service knows it, real addresses included: for the host's own administration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OccupantView {
    /// The nick.
    pub nick: String,
    /// The real bare JID.
    pub user: BareJid,
    /// The role.
    pub role: Role,
    /// The affiliation.
    pub affiliation: Affiliation,
    /// The sessions under the nick, in order of entry.
    pub sessions: Vec<FullJid>,
}

impl Service {
    /// How a room is configured; `None` when there is no such room.
    pub fn room_config(&self, room: &BareJid) -> Option<&RoomConfig> {
        self.rooms.get(room).map(|room| &room.config)
    }

    /// How many occupants a room has; none when there is no such room.
    pub fn occupants_in(&self, room: &BareJid) -> usize {
        self.rooms.get(room).map_or(0, |room| room.occupants.len())
    }

    /// Who is in a room, in order of entry; nobody when there is no such room.
    pub fn occupants(&self, room: &BareJid) -> impl Iterator<Item = OccupantView> {
        let occupants = self.rooms.get(room).into_iter();
        occupants
            .flat_map(|room| room.occupants.iter())
            .map(|(_, occupant)| OccupantView {
                nick: occupant.nick().to_owned(),
                user: occupant.user.clone(),
                role: occupant.role,
                affiliation: occupant.affiliation,
                sessions: occupant.sessions.iter().map(|s| s.jid.clone()).collect(),
            })
    }
}
