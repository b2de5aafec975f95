//! Taking back what could not be stored (MUC ET14).
//!
//! Nothing of the act was shown: its effects were behind the commit. So most of it is undone in silence, and the asker
//! gets an error. Who was taken out of the room by it cannot come back in silence, as its session may have ended since:
//! it is told that something went wrong (333) and may enter again.

use xmpp_core::FullJid;

use super::{
    state::RoomState,
    undo::{Gone, Undo},
};
use crate::{
    Affiliation, Commit, DestroyCause, Event, Role, StatusCode, StoreEvent, context::Context,
    request::errors, wire::PresenceStanza,
};

impl RoomState {
    /// Everything that a commit changed and that nobody has changed since.
    pub(crate) fn take_back(&mut self, cx: &mut Context<'_>, commit: &Commit) {
        let undo = &commit.undo;
        self.take_back_message(cx, undo);
        self.take_back_state(undo);
        for gone in &undo.out {
            self.tell_gone(cx, gone);
        }
        if let Some(asker) = &undo.asker {
            asker.refuse(cx, errors::store_failed());
        }
        let is_creation = |event: &StoreEvent| matches!(event, StoreEvent::RoomCreated { .. });
        if commit.events.iter().any(is_creation) {
            self.never_was(cx, undo);
        }
    }

    fn take_back_message(&mut self, cx: &mut Context<'_>, undo: &Undo) {
        if let Some(replay) = &undo.replay {
            self.history.remove(replay);
        }
        if let Some(live) = &undo.live {
            for asker in self.resends.take_back(live) {
                asker.refuse(cx, errors::store_failed());
            }
        }
        if let Some(entry) = &undo.retracted {
            self.history.put_back(entry.clone());
        }
        match &undo.spoke {
            Some((user, Some(before))) => drop(self.spoke.insert(user.clone(), *before)),
            Some((user, None)) => drop(self.spoke.remove(user)),
            None => {}
        }
        if let Some((before, after)) = &undo.subject
            && let Some(subject) = &self.subject
            && std::sync::Arc::ptr_eq(&subject.stanza, after)
        {
            self.subject.clone_from(before);
        }
    }

    fn take_back_state(&mut self, undo: &Undo) {
        for (user, before, after) in undo.affiliations.iter().rev() {
            let now = self.affiliations.get(user);
            let is_ours = match now {
                Some(now) => now == after,
                None => after.affiliation == Affiliation::None,
            };
            if is_ours {
                let nobody = Affiliation::None.into();
                let before = before.clone().unwrap_or(nobody);
                if before.affiliation != after.affiliation {
                    self.versions.take_back(user);
                }
                self.affiliations.set(user, before);
            }
        }
        for (user, before, after) in undo.remembered.iter().rev() {
            if self.remembered.get(user) == after.as_ref() {
                match before {
                    Some(before) => self.remembered.insert(user.clone(), *before),
                    None => self.remembered.remove(user),
                };
            }
        }
        if let Some(config) = &undo.config
            && self.config == config.1
        {
            self.config.clone_from(&config.0);
        }
        if let Some(avatar) = undo.avatars.first() {
            self.avatar.clone_from(avatar);
        }
        if let Some(hats) = &undo.hats {
            self.hats.clone_from(hats);
        }
        if undo.hats.is_some() || undo.config.is_some() {
            self.wear_hats();
        }
        if undo.locked_until.is_some() && self.locked_until.is_none() {
            self.locked_until = undo.locked_until;
        }
        for (number, before, after) in undo.standings.iter().rev() {
            let now = self.occupants.get(*number);
            if now.is_some_and(|occupant| occupant.standing() == *after) {
                self.occupants.set_standing(*number, *before);
            }
        }
    }

    /// Tells somebody who is out, and those who stay, that something went wrong.
    fn tell_gone(&mut self, cx: &mut Context<'_>, gone: &Gone) {
        let affiliation = self.standing_affiliation(cx, &gone.user);
        for session in gone.sessions.iter() {
            if self.occupants.by_session(session).is_none() {
                tell_failed(cx, gone, affiliation, session);
            }
        }
        // The nick may have another bearer, of whom the others know or are about to.
        if !gone.was_shown || self.occupants.by_nick(gone.address.resource()).is_some() {
            return;
        }
        let audience = self.occupants.audience(self.config.non_anonymous(), None);
        for (list, seeing) in [(audience.seeing, true), (audience.blind, false)] {
            let stanza = PresenceStanza {
                occupant_id: Some(&gone.occupant_id),
                jid: gone.sessions.first().filter(|_| seeing),
                codes: &[StatusCode::ERROR],
                ..PresenceStanza::new(&gone.address, affiliation, Role::None)
            };
            cx.deliver(list, &stanza);
        }
    }

    /// The room was never stored, so that it never was; whoever came in is out again.
    fn never_was(&mut self, cx: &mut Context<'_>, undo: &Undo) {
        let creator = undo.asker.as_ref().map(|asker| asker.session.clone());
        for number in self.occupants.numbers() {
            let Some(departed) = self.take_out(cx, number) else {
                continue;
            };
            let gone = Gone::new(&departed);
            for session in gone.sessions.iter() {
                // Its join is refused; it was never inside.
                if creator.as_ref() != Some(session) {
                    tell_failed(cx, &gone, gone.affiliation, session);
                }
            }
        }
        self.vanish_unstored(cx);
        cx.event(Event::RoomDestroyed {
            room: self.jid.clone(),
            cause: DestroyCause::NotStored,
        });
    }
}

/// The end of a room could not be stored: nobody is inside any more, and nobody knows why.
pub(crate) fn take_back_end(cx: &mut Context<'_>, commit: &Commit) {
    for gone in &commit.undo.out {
        for session in gone.sessions.iter() {
            tell_failed(cx, gone, gone.affiliation, session);
        }
    }
    if let Some(asker) = &commit.undo.asker {
        asker.refuse(cx, errors::store_failed());
    }
}

fn tell_failed(cx: &mut Context<'_>, gone: &Gone, affiliation: Affiliation, session: &FullJid) {
    let codes = super::presence::with_self(&[StatusCode::ERROR]);
    let stanza = PresenceStanza {
        occupant_id: Some(&gone.occupant_id),
        jid: Some(session),
        codes: &codes,
        ..PresenceStanza::new(&gone.address, affiliation, Role::None)
    };
    cx.send(session.clone(), &stanza);
}
