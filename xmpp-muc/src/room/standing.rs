//! What a new role or affiliation does, and who hears of it (MUC AD7 to AD9, AD11 to AD14, PR6, PR9, RS5).

use std::sync::Arc;

use xmpp_core::{
    BareJid,
    xml::{WriteXml, Writer, ns},
};

use super::{
    admin::Done,
    affiliations::Entry,
    leave::Actor,
    occupants::OccupantNumber,
    presence::{available, with_self},
    state::RoomState,
};
use crate::{
    Affiliation, Mav, Role, StatusCode, StoreEvent,
    context::Context,
    privileges::{Standing, default_role},
    wire::PresenceStanza,
};

/// Another affiliation for an occupant.
struct AffiliationChange {
    from: Affiliation,
    to: Affiliation,
    reason: Option<Arc<str>>,
    mav: Option<Mav>,
}

/// An occupant has another role or affiliation, and nobody knows yet.
#[derive(Debug)]
pub(super) struct Announcement {
    pub(super) target: OccupantNumber,
    /// Whether the others knew of it before (MUC PR6).
    was_shown: bool,
    becomes_moderator: bool,
    reason: Option<Arc<str>>,
    /// The version of the affiliations that this makes, if it does (MUC MV2).
    mav: Option<Mav>,
}

impl RoomState {
    pub(super) fn store_affiliation(&self, cx: &mut Context<'_>, user: &BareJid, entry: &Entry) {
        let old = self.affiliations.get(user);
        let is_nobody = old.is_none() && entry.affiliation == Affiliation::None;
        if old != Some(entry) && !is_nobody {
            cx.store(StoreEvent::Affiliation {
                room: self.jid.clone(),
                user: user.clone(),
                affiliation: entry.affiliation,
                nick: entry.nick.clone(),
                reason: entry.reason.clone(),
            });
            if let Some(commit) = cx.commit() {
                let change = (user.clone(), old.cloned(), entry.clone());
                commit.undo.affiliations.push(change);
            }
        }
    }

    /// Lists a user under another affiliation, with all that follows for its nicks.
    pub(super) fn apply_affiliation(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        entry: Entry,
        done: &mut Vec<Done>,
    ) {
        let (affiliation, reason) = (entry.affiliation, entry.reason.clone());
        if affiliation != Affiliation::None {
            cx.trace(user, &self.jid);
        }
        let old = self.affiliations.set(user, entry);
        let from = old.map_or(Affiliation::None, |entry| entry.affiliation);
        if from == affiliation {
            return; // AD14
        }
        let mav = self.next_version(cx, user, from, affiliation);
        self.remembered.remove(user); // EN18
        let mut inside = self.occupants.of_user(user);
        let is_domain = user.local().is_none();
        if affiliation == Affiliation::Outcast && is_domain {
            // RS3: the ban of a domain meets all its users who are not listed themselves.
            inside = self
                .occupants
                .iter()
                .filter(|(_, occupant)| {
                    self.affiliations.of(&occupant.user) == Affiliation::Outcast
                })
                .filter(|(_, occupant)| !cx.service.administrators.contains(&occupant.user))
                .map(|(number, _)| number)
                .collect();
        }
        // What is said of single users would not tell that it is the domain.
        if inside.is_empty() || is_domain {
            done.push(Done::Absent {
                user: user.clone(),
                affiliation,
                invite: self.config.members_only
                    && from <= Affiliation::None
                    && affiliation >= Affiliation::Member,
                mav: mav.clone(),
            });
        }
        // RS3: without an entry of its own a user falls under the ban of its domain.
        let affiliation = if cx.service.administrators.contains(user) {
            affiliation
        } else {
            affiliation.min(self.affiliations.of(user))
        };
        // Said once, whatever nicks there are.
        let mut mav = Some(mav).filter(|_| !is_domain);
        for number in inside {
            let change = AffiliationChange {
                from,
                to: affiliation,
                reason: reason.clone(),
                mav: mav.take(),
            };
            self.apply_to_occupant(cx, number, change, done);
        }
    }

    fn apply_to_occupant(
        &mut self,
        cx: &mut Context<'_>,
        number: OccupantNumber,
        change: AffiliationChange,
        done: &mut Vec<Done>,
    ) {
        let AffiliationChange {
            from,
            to: affiliation,
            reason,
            mav,
        } = change;
        let Some(role) = self.occupants.get(number).map(|occupant| occupant.role) else {
            return;
        };
        let default = default_role(affiliation, self.config.moderated, self.config.members_only);
        let Some(default) = default else {
            // AD8, AD12: out, and shown with the affiliation that it has now.
            self.occupants
                .set_standing(number, Standing { role, affiliation });
            let code = if affiliation == Affiliation::Outcast {
                StatusCode::BANNED
            } else {
                StatusCode::AFFILIATION_LOST
            };
            if let Some(mut departed) = self.take_out(cx, number) {
                departed.mav = mav;
                done.push(Done::Out(departed, code, reason));
            }
            return;
        };
        let role = match (from, affiliation) {
            (_, Affiliation::Admin | Affiliation::Owner) => Role::Moderator, // AD9
            (Affiliation::Admin | Affiliation::Owner, _) | (_, Affiliation::None) => default, // RS5, AD12
            _ => role.max(default), // AD9: a visitor becomes participant
        };
        let standing = Standing { role, affiliation };
        if let Some(mut announcement) = self.change_standing(cx, number, standing, reason) {
            announcement.mav = mav;
            done.push(Done::Changed(announcement));
        }
    }

    /// Gives an occupant another standing; it is to be announced.
    pub(super) fn change_standing(
        &mut self,
        cx: &mut Context<'_>,
        target: OccupantNumber,
        standing: Standing,
        reason: Option<Arc<str>>,
    ) -> Option<Announcement> {
        let old = self.occupants.get(target)?.standing();
        let before = old.role;
        if let Some(commit) = cx.commit() {
            commit.undo.standings.push((target, old, standing));
        }
        self.occupants.set_standing(target, standing);
        Some(Announcement {
            target,
            was_shown: self.config.presence_broadcast.contains(before),
            becomes_moderator: before != Role::Moderator && standing.role == Role::Moderator,
            reason,
            mav: None,
        })
    }

    /// Tells an occupant's new standing: to it first, then to the others (MUC AD4, AD7, AD9, PR6, PR9).
    pub(super) fn announce(
        &mut self,
        cx: &mut Context<'_>,
        announcement: &Announcement,
        actor: Option<Actor<'_>>,
    ) {
        let number = announcement.target;
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        let reason = announcement.reason.as_deref();
        let sees = self.config.non_anonymous() || occupant.role == Role::Moderator;
        let codes = with_self(&[]);
        for session in &occupant.sessions {
            let stanza = PresenceStanza {
                codes: &codes,
                mav: announcement.mav.as_ref().filter(|_| sees),
                actor: actor.map(|actor| actor.view(sees)),
                reason,
                ..available(occupant, Some(&session.jid))
            };
            cx.send(session.jid.clone(), &stanza);
        }
        if announcement.becomes_moderator && !self.config.non_anonymous() {
            // PR9: real JIDs are shown to it from now on.
            for session in occupant.session_jids().iter() {
                self.send_roster(cx, number, session);
            }
        }
        self.announce_to_others(cx, announcement, actor);
    }

    fn announce_to_others(
        &mut self,
        cx: &mut Context<'_>,
        announcement: &Announcement,
        actor: Option<Actor<'_>>,
    ) {
        let number = announcement.target;
        let audience = self
            .occupants
            .audience(self.config.non_anonymous(), Some(number));
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        let is_shown = self.config.presence_broadcast.contains(occupant.role);
        if !is_shown
            && !announcement.was_shown
            && let Some(mav) = &announcement.mav
        {
            // Who follows the versions hears of the user, if not of the occupant.
            let (user, affiliation) = (occupant.user.clone(), occupant.affiliation);
            self.tell_of_absent(cx, &user, affiliation, mav, Some(number));
            return;
        }
        for (list, seeing) in [(audience.seeing, true), (audience.blind, false)] {
            let jid = seeing.then(|| &occupant.primary().jid);
            if is_shown {
                let stanza = PresenceStanza {
                    mav: announcement.mav.as_ref().filter(|_| seeing),
                    actor: actor.map(|actor| actor.view(seeing)),
                    reason: announcement.reason.as_deref(),
                    ..available(occupant, jid)
                };
                cx.deliver(list, &stanza);
            } else if announcement.was_shown {
                let stanza = PresenceStanza {
                    content: None,
                    unavailable: true,
                    mav: announcement.mav.as_ref().filter(|_| seeing),
                    ..available(occupant, jid)
                };
                cx.deliver(list, &stanza);
            }
        }
    }

    /// MUC AD13: the affiliation of somebody who is not here, for those who may see real JIDs.
    pub(super) fn tell_of_absent(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        affiliation: Affiliation,
        mav: &Mav,
        except: Option<OccupantNumber>,
    ) {
        let audience = self.occupants.audience(self.config.non_anonymous(), except);
        cx.deliver(
            audience.seeing,
            &AbsentNotice {
                room: &self.jid,
                user,
                affiliation,
                mav,
            },
        );
    }
}

struct AbsentNotice<'a> {
    room: &'a BareJid,
    user: &'a BareJid,
    affiliation: Affiliation,
    mav: &'a Mav,
}

impl WriteXml for AbsentNotice<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.room.as_str());
        let x = w.start("x", ns::MUC_USER);
        w.write(self.mav);
        let item = w.start("item", ns::MUC_USER);
        w.attr("affiliation", self.affiliation.as_str());
        w.attr("role", Role::None.as_str());
        w.attr("jid", self.user.as_str());
        w.end(item);
        w.end(x);
        w.end(message);
    }
}
