//! What one commit changed in the memory of a room, should it not be stored (MUC ET14).

use std::sync::Arc;

use xmpp_core::{BareJid, FullJid, Timestamp};

use super::{
    affiliations, avatar::Avatar, hats::Hats, history, leave::Departed, occupants::OccupantNumber,
    subject::Subject,
};
use crate::{Affiliation, Effect, Fanout, Role, RoomConfig, privileges::Standing, request::Asker};

/// What a room has to take back. Each part is what was there before, beside what the commit made of it: what somebody
/// changed again since then stays as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undo {
    /// Who asked for the act.
    pub(super) asker: Option<Asker>,
    /// A message: as the history replays it.
    pub(super) replay: Option<Arc<Fanout>>,
    /// A message: as all get it.
    pub(super) live: Option<Arc<Fanout>>,
    /// Whose clock it started, and what that showed before (MUC FL6).
    pub(super) spoke: Option<(BareJid, Option<Timestamp>)>,
    /// A message that was taken out of the history.
    pub(super) retracted: Option<history::Entry>,
    /// The subject before, and the stanza of the one that was set.
    pub(super) subject: Option<(Option<Subject>, Arc<Fanout>)>,
    pub(super) affiliations: Vec<(BareJid, Option<affiliations::Entry>, affiliations::Entry)>,
    /// The configuration before and after.
    pub(super) config: Option<Box<(RoomConfig, RoomConfig)>>,
    /// Roles that were remembered before and after.
    pub(super) remembered: Vec<(BareJid, Option<Role>, Option<Role>)>,
    /// Until when the room was locked.
    pub(super) locked_until: Option<Timestamp>,
    /// Roles and affiliations of occupants before and after.
    pub(super) standings: Vec<(OccupantNumber, Standing, Standing)>,
    /// Who wore which hat before.
    pub(super) hats: Option<Hats>,
    /// The pictures before, or that there was none.
    pub(super) avatars: Vec<Option<Avatar>>,
    /// Occupants that were taken out.
    pub(super) out: Vec<Gone>,
}

/// An occupant that is out although the reason for it was not stored.
#[derive(Clone, Debug)]
pub(crate) struct Gone {
    pub(super) address: FullJid,
    pub(super) user: BareJid,
    /// What it was at the end.
    pub(super) affiliation: Affiliation,
    pub(super) occupant_id: Arc<str>,
    pub(super) sessions: Arc<[FullJid]>,
    pub(super) was_shown: bool,
}

impl Gone {
    pub(super) fn new(departed: &Departed) -> Self {
        let occupant = &departed.occupant;
        Self {
            address: occupant.address.clone(),
            user: occupant.user.clone(),
            affiliation: occupant.affiliation,
            occupant_id: occupant.id.clone(),
            sessions: occupant.session_jids(),
            was_shown: departed.was_shown,
        }
    }
}

impl Undo {
    /// Whether an effect shows a message that was not stored.
    pub(crate) fn shows(&self, effect: &Effect) -> bool {
        let Effect::Send { stanza, .. } = effect else {
            return false;
        };
        let written = [&self.replay, &self.live];
        written
            .into_iter()
            .flatten()
            .any(|written| Arc::ptr_eq(written, stanza))
    }

    /// Puts the subject before in the place of one that was not stored: who enters gets exactly one (MUC SU1).
    pub(crate) fn amend(&self, effect: &mut Effect, room: &BareJid) {
        if let Effect::Send { stanza, .. } = effect
            && let Some((before, after)) = &self.subject
            && Arc::ptr_eq(after, stanza)
        {
            *stanza = super::subject::stanza_of(before.as_ref(), room);
        }
    }
}
