//! Configuration and destruction by the owner (XEP-0045 §10; MUC CF1 to CF9, CR4, CR5, DE1).

use std::collections::BTreeSet;

use xmpp_core::{
    BareJid,
    xml::{ElementRef, Payload as _},
};
use xmpp_stanza::{DataForm, DataFormType};

use super::{
    admin::Done, affiliations::Entry, leave::Actor, occupants::OccupantNumber, state::RoomState,
};
use crate::{
    Affiliation, Destroy, DestroyCause, DestroyRequest, MucOwner, Password, Role, RoleSet,
    RoomConfig, StatusCode, StoreEvent,
    context::Context,
    ids::random_id,
    privileges::Standing,
    request::{Fault, Request, errors},
    room_form::{PASSWORD_CHARS, Policy, ROOM_CONFIG, RoomForm},
    wire::RoomNotice,
};

impl RoomState {
    /// MUC CF1.
    pub(super) fn answer_form(&self, cx: &mut Context<'_>, request: Request<'_>) {
        if self.standing_affiliation(cx, &request.from.to_bare()) != Affiliation::Owner {
            request.refuse(cx, errors::forbidden());
            return;
        }
        let form = Some(self.room_form().to_form(policy(cx)));
        let answer = MucOwner {
            form,
            destroy: None,
        };
        request.reply(cx, &answer);
    }

    /// A `set` of muc#owner: a form, or the end of the room.
    pub(super) fn configure(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        if self.standing_affiliation(cx, &request.from.to_bare()) != Affiliation::Owner {
            request.refuse(cx, errors::forbidden());
            return;
        }
        match MucOwner::from_element(payload) {
            Ok(MucOwner {
                form: Some(form),
                destroy: None,
            }) => self.handle_form(cx, request, &form),
            Ok(MucOwner {
                form: None,
                destroy: Some(destroy),
            }) => self.handle_destroy(cx, request, destroy),
            _ => request.refuse(cx, errors::bad_request()), // CF3
        }
    }

    /// MUC DE1.
    fn handle_destroy(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        destroy: DestroyRequest,
    ) {
        let limit = cx.service.limits.reason_chars;
        if destroy
            .reason
            .as_ref()
            .is_some_and(|reason| reason.chars().count() > limit)
        {
            request.refuse(cx, errors::too_large("reason"));
            return;
        }
        let password = destroy.password.as_ref().map(Password::reveal);
        if password.is_some_and(|password| password.chars().count() > PASSWORD_CHARS) {
            request.refuse(cx, errors::too_large("password"));
            return;
        }
        let destroy = Destroy {
            jid: destroy.jid,
            password: destroy.password,
            reason: destroy.reason,
        };
        self.destroy(cx, DestroyCause::Owner, Some(&destroy));
        request.result(cx);
    }

    fn handle_form(&mut self, cx: &mut Context<'_>, request: Request<'_>, form: &DataForm) {
        if form.form_type == DataFormType::Cancel {
            if self.locked_until.is_some() {
                self.destroy(cx, DestroyCause::NeverConfigured, None); // CR5
            }
            request.result(cx); // CF5
            return;
        }
        if form.expect_submission(ROOM_CONFIG).is_err() {
            request.refuse(cx, errors::bad_request()); // CF3
            return;
        }
        let old = self.room_form();
        match old
            .submitted(form, policy(cx))
            .map_err(|field| errors::not_acceptable(format!("{} cannot have this value", field.0)))
            .and_then(|new| check_owners(cx, new))
            .and_then(|new| check_persistence(cx, request, &old, new))
        {
            Ok(new) => {
                if let Some(until) = self.locked_until.take() {
                    self.store_room(cx); // CR4
                    if let Some(commit) = cx.commit() {
                        commit.undo.locked_until = Some(until);
                    }
                }
                self.take_form(cx, request, &old, new);
            }
            Err(error) => request.refuse(cx, error), // CF4: nothing is changed
        }
    }

    /// Makes a checked submission the configuration: stored, answered, shown (MUC CF6).
    fn take_form(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        old: &RoomForm,
        new: RoomForm,
    ) {
        let lists = changed_lists(old, &new);
        let codes = codes(&old.config, &new.config, !lists.is_empty());
        if old.config != new.config {
            cx.store(StoreEvent::Config {
                room: self.jid.clone(),
                config: Box::new(new.config.clone()),
            });
            if let Some(commit) = cx.commit() {
                let change = (old.config.clone(), new.config.clone());
                commit.undo.config = Some(Box::new(change));
            }
        }
        for (user, affiliation) in &lists {
            self.store_affiliation(cx, user, &self.entry(user, *affiliation));
        }
        request.result(cx);
        let blind = self.blind_until(&new.config);
        let shown = new.config.presence_broadcast;
        let old_config = std::mem::replace(&mut self.config, new.config);
        // Until all is done, who was shown to the others is what the old configuration says.
        self.config.presence_broadcast = old_config.presence_broadcast;
        self.history
            .shrink_to(self.history_cap(cx), cx.service.limits.history_bytes);
        let mut done = Vec::new();
        for (user, affiliation) in lists {
            let entry = self.entry(&user, affiliation);
            self.apply_affiliation(cx, &user, entry, &mut done);
        }
        self.apply_config(cx, &old_config, shown, &mut done);
        self.config.presence_broadcast = shown;
        let user = request.from.to_bare();
        let nick = self
            .occupants
            .by_session(request.from)
            .map(|(_, occupant)| occupant.nick().to_owned());
        let actor = Actor {
            nick: nick.as_deref(),
            user: &user,
        };
        self.tell_done(cx, done, Some(actor));
        if !codes.is_empty() {
            let notice = RoomNotice {
                room: &self.jid,
                id: &random_id(cx.random),
                codes: &codes,
            };
            cx.deliver(self.occupants.everyone(), &notice);
        }
        self.show_jids(cx, blind);
        self.check_empty(cx);
    }

    /// What a change of configuration does to those inside: removals (MUC CF8, CO13), voice (CO12), visibility (CO8).
    fn apply_config(
        &mut self,
        cx: &mut Context<'_>,
        old: &RoomConfig,
        shown: RoleSet,
        done: &mut Vec<Done>,
    ) {
        let closes = self.config.members_only && !old.members_only;
        let opens = !self.config.moderated && old.moderated;
        if opens {
            self.remembered.clear();
        }
        for number in self.occupants.numbers() {
            let Some(occupant) = self.occupants.get(number) else {
                continue;
            };
            let (role, affiliation) = (occupant.role, occupant.affiliation);
            if closes && affiliation < Affiliation::Member {
                if let Some(departed) = self.take_out(cx, number) {
                    done.push(Done::Out(departed, StatusCode::MEMBERS_ONLY, None));
                }
                continue;
            }
            let role = if opens && role == Role::Visitor {
                Role::Participant
            } else {
                role
            };
            let is_shown = shown.contains(role);
            let was_shown = old.presence_broadcast.contains(occupant.role);
            if role != occupant.role || is_shown != was_shown {
                let standing = Standing { role, affiliation };
                let announcement = self.change_standing(cx, number, standing, None);
                // One is enough: it tells what the occupant is in the end.
                let is_told = |done: &Done| matches!(done, Done::Changed(a) if a.target == number);
                if !done.iter().any(is_told) {
                    done.extend(announcement.map(Done::Changed));
                }
            }
        }
    }

    /// Who does not see real JIDs yet, and will under a new configuration (MUC PR9).
    fn blind_until(&self, new: &RoomConfig) -> Vec<OccupantNumber> {
        if !new.non_anonymous() || self.config.non_anonymous() {
            return Vec::new();
        }
        self.occupants
            .iter()
            .filter(|(_, occupant)| occupant.role != Role::Moderator)
            .map(|(number, _)| number)
            .collect()
    }

    /// PR9: once everybody sees real JIDs, those who did not get the presences with them.
    fn show_jids(&mut self, cx: &mut Context<'_>, blind: Vec<OccupantNumber>) {
        for number in blind {
            let Some(occupant) = self.occupants.get(number) else {
                continue;
            };
            for session in occupant.session_jids().iter() {
                self.send_roster(cx, number, session);
            }
        }
    }

    /// The entry of a user under another affiliation; a reserved nick stays.
    pub(super) fn entry(&self, user: &BareJid, affiliation: Affiliation) -> Entry {
        Entry {
            affiliation,
            nick: self
                .affiliations
                .get(user)
                .and_then(|entry| entry.nick.clone())
                .filter(|_| affiliation != Affiliation::None),
            reason: None,
        }
    }

    fn room_form(&self) -> RoomForm {
        let list = |affiliation| -> BTreeSet<BareJid> {
            self.affiliations
                .list(affiliation)
                .map(|(user, _)| user.clone())
                .collect()
        };
        RoomForm {
            config: self.config.clone(),
            admins: list(Affiliation::Admin),
            owners: list(Affiliation::Owner),
        }
    }
}

/// MUC FL9: whether a temporary identity may keep a room beyond itself.
fn check_persistence(
    cx: &Context<'_>,
    request: Request<'_>,
    old: &RoomForm,
    new: RoomForm,
) -> Result<RoomForm, Fault> {
    let persists = new.config.persistent && !old.config.persistent;
    let barred = !cx.service.temporary.may_persist && cx.is_temporary(&request.from.to_bare());
    if persists && barred {
        Err(errors::not_allowed())
    } else {
        Ok(new)
    }
}

/// MUC RS1, RS6, and the bound on lists.
fn check_owners(cx: &Context<'_>, new: RoomForm) -> Result<RoomForm, Fault> {
    if new.owners.is_empty() {
        return Err(errors::conflict());
    }
    let administrators = &cx.service.administrators;
    if new
        .admins
        .iter()
        .any(|admin| administrators.contains(admin))
    {
        return Err(errors::not_allowed());
    }
    let listed = new.admins.len() + new.owners.len();
    if listed > cx.service.limits.affiliations {
        return Err(errors::resource_constraint());
    }
    Ok(new)
}

fn policy<'a>(cx: &Context<'a>) -> Policy<'a> {
    Policy {
        limits: &cx.service.limits,
        withheld: &cx.service.withheld_fields,
    }
}

/// Whom the new lists give another affiliation (MUC CO18): owners first, so that there is always one.
fn changed_lists(old: &RoomForm, new: &RoomForm) -> Vec<(BareJid, Affiliation)> {
    let owners = new
        .owners
        .difference(&old.owners)
        .map(|user| (user.clone(), Affiliation::Owner));
    let admins = new
        .admins
        .difference(&old.admins)
        .map(|user| (user.clone(), Affiliation::Admin));
    let nobodies = old
        .owners
        .union(&old.admins)
        .filter(|user| !new.owners.contains(*user) && !new.admins.contains(*user))
        .map(|user| (user.clone(), Affiliation::None));
    owners.chain(admins).chain(nobodies).collect()
}

/// MUC CF7.
fn codes(old: &RoomConfig, new: &RoomConfig, lists_changed: bool) -> Vec<StatusCode> {
    let mut codes = Vec::new();
    let rest = RoomConfig {
        public_logging: new.public_logging,
        whois: new.whois,
        ..old.clone()
    };
    if rest != *new || lists_changed {
        codes.push(StatusCode::CONFIGURATION_CHANGED);
    }
    match (old.public_logging, new.public_logging) {
        (false, true) => codes.push(StatusCode::LOGGING_ON),
        (true, false) => codes.push(StatusCode::LOGGING_OFF),
        _ => {}
    }
    match (old.non_anonymous(), new.non_anonymous()) {
        (false, true) => codes.push(StatusCode::NOW_NON_ANONYMOUS),
        (true, false) => codes.push(StatusCode::NOW_SEMI_ANONYMOUS),
        _ => {}
    }
    codes
}
