//! A room's state out of the process and back (MUC PE1 to PE4), and what could not be stored (MUC ET14).

use xmpp_core::Timestamp;

use super::{affiliations::Entry, state::RoomState, subject::Subject};
use crate::{
    Affiliation, Commit, RestoreError, RoomSnapshot, StoredMessage,
    context::Context,
    snapshot::{KeptSubject, ListedUser, VERSION},
};

impl RoomState {
    /// MUC PE1.
    pub(crate) fn snapshot(&self) -> RoomSnapshot {
        RoomSnapshot {
            version: VERSION,
            room: self.jid.clone(),
            secret: self.secret.clone(),
            config: self.config.clone(),
            affiliations: self
                .affiliations
                .iter()
                .map(|(user, entry)| ListedUser {
                    user: user.clone(),
                    affiliation: entry.affiliation,
                    nick: entry.nick.clone(),
                    reason: entry.reason.clone(),
                })
                .collect(),
            remembered: self
                .remembered
                .iter()
                .map(|(user, role)| (user.clone(), *role))
                .collect(),
            subject: self.subject.as_ref().map(|subject| KeptSubject {
                stanza: subject.stanza.clone(),
                text: subject.text.clone(),
            }),
            locked_until: self.locked_until,
        }
    }

    /// The room of a snapshot, empty, with the end of its archive as history (MUC PE3, PE4).
    pub(crate) fn restore(
        cx: &mut Context<'_>,
        snapshot: RoomSnapshot,
        history: Vec<StoredMessage>,
    ) -> Result<Self, RestoreError> {
        if snapshot.version != VERSION {
            return Err(RestoreError::Version(snapshot.version));
        }
        let mut room = Self::new(snapshot.room, snapshot.config, snapshot.secret);
        for listed in snapshot.affiliations {
            let entry = Entry {
                affiliation: listed.affiliation,
                nick: listed.nick,
                reason: listed.reason,
            };
            room.affiliations.set(&listed.user, entry);
        }
        if room.affiliations.list(Affiliation::Owner).next().is_none() {
            return Err(RestoreError::Invalid); // RS4
        }
        room.remembered = snapshot.remembered.into_iter().collect();
        room.forget_strangers(cx);
        room.subject = snapshot.subject.map(|subject| Subject {
            stanza: subject.stanza,
            text: subject.text,
        });
        room.locked_until = snapshot.locked_until;
        for message in history {
            room.remember_stored(cx, &message);
        }
        room.start_linger(cx.now);
        Ok(room)
    }

    /// An empty temporary room goes unless somebody comes (MUC LV3).
    fn start_linger(&mut self, now: Timestamp) {
        if !self.config.persistent && self.locked_until.is_none() {
            self.empty_since = Some(now);
        }
    }

    /// MUC ET14: what could not be stored is taken back, and whoever asked for it is told.
    pub(crate) fn take_back(&mut self, cx: &mut Context<'_>, commit: &Commit) {
        if let Some(replay) = &commit.undo.replay {
            self.history.remove(replay);
        }
        if let Some(asker) = &commit.undo.asker {
            asker.refuse(cx, &self.jid);
        }
    }
}
