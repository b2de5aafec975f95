//! What was stored of a room, and what was said in it.

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::BareJid;
use xmpp_muc::{Affiliation, Role, RoomConfig};

/// A room as its store has it.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// Unknown for a room that the host itself made.
    pub(super) config: Option<RoomConfig>,
    pub(super) affiliations: BTreeMap<BareJid, Affiliation>,
    /// The stanza-ids of all messages in the order in which they were first heard.
    pub(super) said: BTreeMap<String, u64>,
    /// Those that may not be read any more (MUC MO2).
    pub(super) retracted: BTreeSet<String>,
}

impl Room {
    /// The affiliation that counts for a user (MUC EN11, RS3).
    pub(super) fn affiliation(&self, user: &BareJid) -> Affiliation {
        match self.affiliations.get(user) {
            Some(affiliation) => *affiliation,
            None => match self.affiliations.get(&user.to_domain()) {
                Some(Affiliation::Outcast) => Affiliation::Outcast,
                _ => Affiliation::None,
            },
        }
    }

    pub(super) fn owners(&self) -> usize {
        let is_owner = |affiliation: &&Affiliation| **affiliation == Affiliation::Owner;
        self.affiliations.values().filter(is_owner).count()
    }

    /// Whether the others see who has this role (MUC CO8); `None` where it is not known.
    pub(super) fn shows(&self, role: &str) -> Option<bool> {
        let role: Role = role.parse().expect("a role");
        let config = self.config.as_ref()?;
        Some(config.presence_broadcast.contains(role))
    }

    /// The place of a message in the order of the room (MUC GC2).
    pub(super) fn hear(&mut self, id: &str) -> u64 {
        let next = self.said.len() as u64;
        *self.said.entry(id.to_owned()).or_insert(next)
    }

    /// The place of a message that was said before.
    pub(super) fn place(&self, id: &str) -> Option<u64> {
        self.said.get(id).copied()
    }
}
