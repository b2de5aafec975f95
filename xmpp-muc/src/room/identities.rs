//! What becomes of a room when a temporary identity ends (MUC FL9, RG10, RS4).

use xmpp_core::BareJid;

use super::{affiliations::Entry, join::Admission, occupants::Occupant, state::RoomState};
use crate::{Affiliation, Role, Succession, context::Context};

impl RoomState {
    /// The last session of a temporary user is over: whatever the room keeps of it goes.
    pub(crate) fn identity_gone(&mut self, cx: &mut Context<'_>, user: &BareJid) {
        for number in self.occupants.of_user(user) {
            let sessions = self.occupants.get(number).map(Occupant::session_jids);
            for session in sessions.iter().flat_map(|sessions| sessions.iter()) {
                self.session_lost(cx, session);
            }
        }
        if self.gone.is_some() {
            return;
        }
        let had_role = self.remembered.remove(user).is_some();
        if self.hats.forget(user) || had_role {
            self.store_room(cx);
        }
        self.voice.forget(user);
        self.registrations.forget(user);
        self.end_affiliation(cx, user);
    }

    /// A stored room is back: what it kept of temporary users who are not there goes. An owner stays until somebody
    /// inherits, if there is no other (RS4).
    pub(super) fn forget_strangers(&mut self, cx: &mut Context<'_>) {
        let is_owned = self
            .affiliations
            .owners_in_order()
            .any(|owner| lives(cx, owner));
        let users: Vec<_> = self
            .traces()
            // The ban of a whole domain stays.
            .filter(|user| user.local().is_some() && cx.is_temporary(user))
            .cloned()
            .collect();
        for user in users {
            if lives(cx, &user) {
                cx.trace(&user, &self.jid);
                continue;
            }
            self.remembered.remove(&user);
            self.hats.forget(&user);
            let affiliation = self.affiliations.get(&user).map(|entry| entry.affiliation);
            let kept = if affiliation == Some(Affiliation::Owner) && !is_owned {
                Affiliation::Owner
            } else {
                Affiliation::None
            };
            let old = self.affiliations.set(&user, kept.into());
            let from = old.map_or(Affiliation::None, |entry| entry.affiliation);
            if from != kept {
                self.next_version(cx, &user, from, kept);
            }
        }
    }

    /// Everybody of whom the room keeps something.
    pub(super) fn traces(&self) -> impl Iterator<Item = &BareJid> {
        self.affiliations
            .users()
            .chain(self.remembered.keys())
            .chain(self.hats.users())
    }

    fn end_affiliation(&mut self, cx: &mut Context<'_>, user: &BareJid) {
        let Some(entry) = self.affiliations.get(user) else {
            return;
        };
        let must_be_replaced = entry.affiliation == Affiliation::Owner
            && self
                .affiliations
                .owners_in_order()
                .all(|owner| owner == user || !lives(cx, owner));
        if !must_be_replaced {
            self.change_affiliations(cx, &[(user.clone(), Affiliation::None)]);
            return;
        }
        if let Some(heir) = self.heir(cx, user) {
            self.bequeath(cx, &heir);
        } else {
            // RS4: the room keeps its owner until somebody enters who may have it; the reserved nick is free now.
            let entry = Entry::from(Affiliation::Owner);
            self.store_affiliation(cx, user, &entry);
            self.affiliations.set(user, entry);
        }
    }

    /// A room whose owners are all gone belongs to whoever enters it next. Administrators own it anyway.
    pub(super) fn inherit(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        admission: Admission,
    ) -> Admission {
        let is_free = !cx.service.temporary.domains.is_empty()
            && admission.affiliation != Affiliation::Owner
            && self
                .affiliations
                .owners_in_order()
                .all(|owner| !lives(cx, owner));
        if !is_free {
            return admission;
        }
        self.bequeath(cx, user);
        Admission {
            affiliation: Affiliation::Owner,
            role: Role::Moderator,
            ..admission
        }
    }

    /// Makes somebody the owner in the place of those who are gone: the new owner first, so that there is always one.
    fn bequeath(&mut self, cx: &mut Context<'_>, heir: &BareJid) {
        let gone = self
            .affiliations
            .owners_in_order()
            .filter(|owner| *owner != heir && !lives(cx, owner))
            .map(|owner| (owner.clone(), Affiliation::None));
        let changes: Vec<_> = std::iter::once((heir.clone(), Affiliation::Owner))
            .chain(gone)
            .collect();
        self.change_affiliations(cx, &changes);
    }

    /// Changes of the room's own making: stored, then told as any change of affiliation is.
    fn change_affiliations(&mut self, cx: &mut Context<'_>, changes: &[(BareJid, Affiliation)]) {
        let mut entries = Vec::with_capacity(changes.len());
        for (user, affiliation) in changes {
            let entry = self.entry(user, *affiliation);
            self.store_affiliation(cx, user, &entry);
            entries.push((user, entry));
        }
        let mut done = Vec::new();
        for (user, entry) in entries {
            self.apply_affiliation(cx, user, entry, &mut done);
        }
        self.tell_done(cx, done, None);
    }

    /// The occupant that the service's policy makes the next owner.
    fn heir(&self, cx: &Context<'_>, user: &BareJid) -> Option<BareJid> {
        let by_rank = cx.service.temporary.succession == Succession::HighestAffiliation;
        let administrators = &cx.service.administrators;
        self.occupants
            .iter()
            .map(|(_, occupant)| occupant)
            .filter(|occupant| occupant.user != *user && !administrators.contains(&occupant.user))
            // Of equal ones the last is the greatest: in reverse order of entry that is the first to have come.
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .max_by_key(|occupant| {
                let rank = if by_rank {
                    occupant.affiliation
                } else {
                    Affiliation::None
                };
                (rank, !cx.is_temporary(&occupant.user))
            })
            .map(|occupant| occupant.user.clone())
    }
}

/// Whether somebody may come back: a temporary user without a session never does.
fn lives(cx: &Context<'_>, user: &BareJid) -> bool {
    !cx.is_temporary(user) || cx.out.identities.is_there(user)
}
