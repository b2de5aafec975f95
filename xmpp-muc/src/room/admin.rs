//! Changes of roles and affiliations by muc#admin (XEP-0045 §8 to §10; MUC AD1 to AD14, RS1, RS2, RS6): all items or
//! none.

use std::{collections::BTreeSet, sync::Arc};

use xmpp_core::{
    BareJid, Jid,
    xml::{ElementRef, Payload as _, PayloadError},
};

use super::{
    affiliations::Entry,
    join::check_nick,
    leave::{Actor, Departed, Farewell},
    occupants::OccupantNumber,
    standing::Announcement,
    state::RoomState,
};
use crate::{
    AdminItem, Affiliation, Mav, MucAdmin, Role, StatusCode,
    context::Context,
    privileges::{Refusal, Standing, may_change_affiliation, may_change_role},
    request::{Fault, Request, errors},
};

/// One item that was found to be allowed.
#[derive(Debug)]
enum Change {
    Role {
        target: OccupantNumber,
        role: Role,
        reason: Option<Arc<str>>,
    },
    Affiliation {
        user: BareJid,
        entry: Entry,
    },
}

/// What was done and has to be told.
#[derive(Debug)]
pub(super) enum Done {
    /// Out of the room, with the code that says why.
    Out(Departed, StatusCode, Option<Arc<str>>),
    /// Still inside, with another role or affiliation.
    Changed(Announcement),
    /// Not inside: who sees real JIDs hears of it (MUC AD13), and a new member of a members-only room is invited (MUC
    /// AD11).
    Absent {
        user: BareJid,
        affiliation: Affiliation,
        invite: bool,
        mav: Mav,
    },
}

impl RoomState {
    /// A `set` of muc#admin.
    pub(super) fn change_occupants(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        let changes = match self.check_items(cx, request, payload) {
            Ok(changes) => changes,
            Err(error) => {
                request.refuse(cx, error);
                return;
            }
        };
        let user = request.from.to_bare();
        let nick = self
            .occupants
            .by_session(request.from)
            .map(|(_, occupant)| occupant.nick().to_owned());
        let actor = Actor {
            nick: nick.as_deref(),
            user: &user,
        };
        // AD4: what is stored comes before anything that shows it; the kicked hear of it before the kicker.
        for change in &changes {
            if let Change::Affiliation { user, entry } = change {
                self.store_affiliation(cx, user, entry);
            }
        }
        let mut done = Vec::new();
        for change in changes {
            self.apply(cx, change, &mut done);
        }
        for done in &done {
            if let Done::Out(departed, StatusCode::KICKED, reason) = done {
                let farewell = farewell(&[StatusCode::KICKED], Some(actor), reason.as_deref());
                self.tell_departed(cx, departed, farewell);
            }
        }
        request.result(cx);
        self.tell_done(cx, done, Some(actor));
        self.check_empty(cx);
    }

    /// Tells what was done, to the target first (MUC AD4); without an actor it was the room's own doing.
    pub(super) fn tell_done(
        &mut self,
        cx: &mut Context<'_>,
        done: Vec<Done>,
        actor: Option<Actor<'_>>,
    ) {
        for done in done {
            match done {
                Done::Out(departed, code, reason) => {
                    let codes = [code];
                    let farewell = farewell(&codes, actor, reason.as_deref());
                    if code != StatusCode::KICKED {
                        self.tell_departed(cx, &departed, farewell);
                    }
                    self.tell_others_of_departed(cx, &departed, farewell);
                }
                Done::Changed(announcement) => self.announce(cx, &announcement, actor),
                Done::Absent {
                    user,
                    affiliation,
                    invite,
                    mav,
                } => {
                    if invite && let Some(actor) = actor {
                        self.invite_member(cx, &user, actor);
                    }
                    self.tell_of_absent(cx, &user, affiliation, &mav, None);
                }
            }
        }
    }

    /// MUC AD1 to AD3, AD10, RS1, RS2, RS6, and the tables of section 9.
    fn check_items(
        &self,
        cx: &Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) -> Result<Vec<Change>, Fault> {
        let query = MucAdmin::from_element(payload).map_err(|error| match error {
            PayloadError::InvalidValue { place: "jid", .. } => errors::jid_malformed(), // AD3
            _ => errors::bad_request(),
        })?;
        if query.items.is_empty() || query.items.len() > cx.service.limits.items {
            return Err(errors::bad_request());
        }
        let actor = request.from.to_bare();
        // RS6: an administrator of the service need not be inside.
        let outside = if cx.service.administrators.contains(&actor) {
            Role::Moderator
        } else {
            Role::None
        };
        let standing = Standing {
            role: self
                .occupants
                .by_session(request.from)
                .map_or(outside, |(_, occupant)| occupant.role),
            affiliation: self.standing_affiliation(cx, &actor),
        };
        if standing.role != Role::Moderator && standing.affiliation < Affiliation::Admin {
            return Err(errors::forbidden()); // nothing about anybody inside is told (SE5)
        }
        let mut changes = Vec::with_capacity(query.items.len());
        let mut targets = BTreeSet::new();
        for item in query.items {
            let reason = check_reason(cx, item.reason.as_deref())?;
            let change = match (&item.affiliation, &item.role, &item.jid, &item.nick) {
                (None, Some(role), None, Some(nick)) => {
                    self.check_role(cx, request, standing, nick, *role, reason)?
                }
                (Some(affiliation), None, Some(jid), _) => {
                    self.check_affiliation(cx, standing, &actor, jid, *affiliation, &item, reason)?
                }
                _ => return Err(errors::bad_request()), // AD1
            };
            let target = match &change {
                Change::Role { target, .. } => format!("{target:?}"),
                Change::Affiliation { user, .. } => user.to_string(),
            };
            if !targets.insert(target) {
                return Err(errors::bad_request()); // AD1: the same target twice
            }
            changes.push(change);
        }
        self.check_end_state(cx, &changes)?;
        Ok(changes)
    }

    fn check_role(
        &self,
        cx: &Context<'_>,
        request: Request<'_>,
        actor: Standing,
        nick: &str,
        role: Role,
        reason: Option<Arc<str>>,
    ) -> Result<Change, Fault> {
        if actor.role != Role::Moderator {
            return Err(errors::forbidden());
        }
        let Some((target, occupant)) = self.occupants.by_nick(nick) else {
            return Err(errors::item_not_found()); // AD3
        };
        let own = occupant.session(request.from).is_some();
        let standing = Standing {
            affiliation: self.standing_affiliation(cx, &occupant.user),
            ..occupant.standing()
        };
        may_change_role(actor, standing, own, role).map_err(refusal)?;
        Ok(Change::Role {
            target,
            role,
            reason,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one item")]
    fn check_affiliation(
        &self,
        cx: &Context<'_>,
        actor: Standing,
        actor_jid: &BareJid,
        jid: &Jid,
        affiliation: Affiliation,
        item: &AdminItem,
        reason: Option<Arc<str>>,
    ) -> Result<Change, Fault> {
        let user = jid.to_bare(); // AD3: a full JID counts as its bare JID
        if !user.is_prepared() {
            return Err(errors::jid_malformed()); // the lists have JIDs that compare
        }
        let old = self.affiliations.get(&user);
        let from = old.map_or(Affiliation::None, |entry| entry.affiliation);
        may_change_affiliation(actor.affiliation, user == *actor_jid, from, affiliation)
            .map_err(refusal)?;
        if cx.service.administrators.contains(&user) && affiliation < Affiliation::Owner {
            return Err(errors::not_allowed()); // RS6
        }
        let nick = match item.nick.as_deref() {
            _ if affiliation <= Affiliation::None => None, // AD8
            None => old.and_then(|entry| entry.nick.clone()),
            Some("") => None,
            Some(nick) => Some(self.check_reservation(cx, &user, nick)?),
        };
        Ok(Change::Affiliation {
            user,
            entry: Entry {
                affiliation,
                nick,
                reason,
            },
        })
    }

    /// MUC AD10, NI2: whether a nick may be reserved for a user.
    pub(super) fn check_reservation(
        &self,
        cx: &Context<'_>,
        user: &BareJid,
        nick: &str,
    ) -> Result<Arc<str>, Fault> {
        let prepared = self
            .jid
            .with_resource(nick)
            .map_err(|_| errors::jid_malformed())?;
        let key = check_nick(cx, prepared.resource())?;
        let in_use = self
            .occupants
            .by_key(&key)
            .is_some_and(|(_, occupant)| occupant.user != *user);
        let reserved = self
            .affiliations
            .reserved_by(&key)
            .is_some_and(|owner| owner != user);
        if in_use || reserved {
            return Err(errors::conflict());
        }
        Ok(prepared.resource().into())
    }

    /// MUC AD2, RS1, RS4: what holds when all is done.
    fn check_end_state(&self, cx: &Context<'_>, changes: &[Change]) -> Result<(), Fault> {
        let mut owners = self.affiliations.owners();
        let mut listed = self.affiliations.len();
        let mut nicks = BTreeSet::new();
        for change in changes {
            let Change::Affiliation { user, entry } = change else {
                continue;
            };
            let from = self
                .affiliations
                .get(user)
                .map_or(Affiliation::None, |entry| entry.affiliation);
            owners += usize::from(entry.affiliation == Affiliation::Owner);
            owners -= usize::from(from == Affiliation::Owner);
            listed += usize::from(entry.affiliation != Affiliation::None);
            listed -= usize::from(from != Affiliation::None);
            let key = entry.nick.as_deref().and_then(crate::nick::NickKey::new);
            if key.is_some_and(|key| !nicks.insert(key)) {
                return Err(errors::conflict());
            }
        }
        if owners == 0 {
            return Err(errors::conflict()); // RS1
        }
        if listed > cx.service.limits.affiliations.max(self.affiliations.len()) {
            return Err(errors::resource_constraint());
        }
        Ok(())
    }

    fn apply(&mut self, cx: &mut Context<'_>, change: Change, done: &mut Vec<Done>) {
        match change {
            Change::Role {
                target,
                role: Role::None,
                reason,
            } => {
                if let Some(departed) = self.take_out(cx, target) {
                    done.push(Done::Out(departed, StatusCode::KICKED, reason)); // AD5
                }
            }
            Change::Role {
                target,
                role,
                reason,
            } => {
                let Some(occupant) = self.occupants.get(target) else {
                    return;
                };
                if occupant.role == role {
                    return; // AD14
                }
                let user = occupant.user.clone();
                let standing = Standing {
                    role,
                    affiliation: occupant.affiliation,
                };
                self.remember(cx, &user, standing);
                done.extend(
                    self.change_standing(cx, target, standing, reason)
                        .map(Done::Changed),
                );
            }
            Change::Affiliation { user, entry } => {
                self.apply_affiliation(cx, &user, entry, done);
            }
        }
    }

    /// MUC EN18: what a moderator decided in a moderated room is remembered, within a bound.
    pub(super) fn remember(&mut self, cx: &mut Context<'_>, user: &BareJid, standing: Standing) {
        let known = self.remembered.contains_key(user);
        let room = self.remembered.len() < cx.service.limits.affiliations;
        if self.config.moderated && standing.affiliation < Affiliation::Admin && (known || room) {
            cx.trace(user, &self.jid);
            let before = self.remembered.insert(user.clone(), standing.role);
            if before != Some(standing.role) {
                self.store_room(cx);
                if let Some(commit) = cx.commit() {
                    let change = (user.clone(), before, Some(standing.role));
                    commit.undo.remembered.push(change);
                }
            }
        }
    }
}

/// MUC AD6, FL3.
fn check_reason(cx: &Context<'_>, reason: Option<&str>) -> Result<Option<Arc<str>>, Fault> {
    match reason {
        Some(reason) if reason.chars().count() > cx.service.limits.reason_chars => {
            Err(errors::too_large("reason")) // AD6
        }
        Some("") | None => Ok(None),
        Some(reason) => Ok(Some(reason.into())),
    }
}

pub(super) fn farewell<'a>(
    codes: &'a [StatusCode],
    actor: Option<Actor<'a>>,
    reason: Option<&'a str>,
) -> Farewell<'a> {
    Farewell {
        content: None,
        codes,
        actor,
        reason,
    }
}

fn refusal(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Forbidden => errors::forbidden(),
        Refusal::NotAllowed => errors::not_allowed(),
        Refusal::Conflict => errors::conflict(),
    }
}
