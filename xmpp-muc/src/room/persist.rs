//! A room's state out of the process and back (MUC PE1 to PE4, DE2).

use xmpp_core::BareJid;

use super::{
    affiliations::Entry,
    avatar::Avatar,
    state::RoomState,
    subject::Subject,
    versions::{Step, Versions},
};
use crate::{
    Destroy, DestroyCause, RestoreError, RoomSnapshot, StoreEvent, StoredMessage,
    context::Context,
    snapshot::{
        KeptStep, KeptSubject, KeptVersions, ListedUser, RememberedRole, RoomContent, StoredState,
        Tombstone, WornHats,
    },
};

impl RoomState {
    /// MUC PE1.
    pub(crate) fn snapshot(&self) -> RoomSnapshot {
        let listed = self.affiliations.iter().map(|(user, entry)| ListedUser {
            user: user.clone(),
            affiliation: entry.affiliation,
            nick: entry.nick.clone(),
            reason: entry.reason.clone(),
        });
        let remembered = self.remembered.iter().map(|(user, role)| RememberedRole {
            user: user.clone(),
            role: *role,
        });
        let steps = self.versions.steps().map(|step| KeptStep {
            until: step.until.as_ref().to_owned(),
            user: step.user.clone(),
            from: step.from,
            to: step.to,
        });
        let worn = self.hats.iter().map(|(user, uris)| WornHats {
            user: user.clone(),
            uris: uris.to_vec(),
        });
        let content = RoomContent {
            secret: self.secret.clone(),
            config: self.config.clone(),
            affiliations: listed.collect(),
            remembered: remembered.collect(),
            versions: KeptVersions {
                base: self.versions.base().cloned(),
                steps: steps.collect(),
            },
            avatar: self.avatar.as_ref().map(Avatar::to_text),
            hats: worn.collect(),
            subject: self.subject.as_ref().map(|subject| KeptSubject {
                stanza: subject.stanza.clone(),
                text: subject.text.clone(),
            }),
            locked_until: self.locked_until,
        };
        RoomSnapshot::new(self.jid.clone(), StoredState::Room(Box::new(content)))
    }

    /// The room of a snapshot, empty, with the end of its archive as history (MUC PE3, PE4).
    pub(crate) fn restore(
        cx: &mut Context<'_>,
        jid: BareJid,
        content: RoomContent,
        history: Vec<StoredMessage>,
    ) -> Result<Self, RestoreError> {
        let mut room = Self::new(jid, content.config, content.secret);
        for listed in content.affiliations {
            let entry = Entry {
                affiliation: listed.affiliation,
                nick: listed.nick,
                reason: listed.reason,
            };
            room.affiliations.set(&listed.user, entry);
        }
        room.remembered = content
            .remembered
            .into_iter()
            .map(|remembered| (remembered.user, remembered.role))
            .collect();
        if room.affiliations.owners() == 0 {
            return Err(RestoreError::Invalid); // RS4
        }
        room.avatar = content.avatar.as_deref().and_then(Avatar::restore);
        room.activity.start(cx.now);
        let steps = content.versions.steps.into_iter().map(|step| Step {
            until: step.until.into(),
            user: step.user,
            from: step.from,
            to: step.to,
        });
        room.versions = Versions::restore(content.versions.base, steps);
        for worn in content.hats {
            room.hats.restore(worn.user, worn.uris);
        }
        room.forget_strangers(cx);
        room.subject = content.subject.map(|subject| Subject {
            stanza: subject.stanza,
            text: subject.text,
        });
        room.locked_until = content.locked_until;
        for message in history {
            room.remember_stored(cx, &message);
        }
        if !room.config.persistent && room.locked_until.is_none() {
            room.empty_since = Some(cx.now); // LV3: it goes unless somebody comes
        }
        Ok(room)
    }

    /// Something durable has changed that no other event names.
    pub(super) fn store_room(&self, cx: &mut Context<'_>) {
        cx.store(StoreEvent::Room {
            room: self.jid.clone(),
        });
    }

    /// MUC DE2.
    pub(super) fn leave_tombstone(
        &mut self,
        cx: &mut Context<'_>,
        cause: DestroyCause,
        destroy: Option<&Destroy>,
    ) {
        let time = cx.service.tombstone;
        let wanted = matches!(cause, DestroyCause::Owner | DestroyCause::Host);
        if wanted && self.config.persistent && !time.is_zero() {
            self.tombstone = Some(Tombstone::new(cx.now.saturating_add(time), destroy));
            self.store_room(cx);
        }
    }
}
