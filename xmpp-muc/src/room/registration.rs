//! Registration with a room: membership and a reserved nick (XEP-0045 §7.10, §9.9, XEP-0077; MUC RG1 to RG8, DI7).

use std::sync::Arc;

use xmpp_core::{
    BareJid, FullJid, StanzaErrorCondition,
    xml::{ElementRef, Payload as _, ns},
};
use xmpp_stanza::{
    DataForm, DataFormType, DiscoInfo, FieldType, FormField, Identity, Registration,
};

use super::{affiliations::Entry, leave::Actor, state::RoomState};
use crate::{
    Affiliation, NickRegistration,
    context::Context,
    ids::random_id,
    nick::NickKey,
    request::{Fault, Request, errors},
    wire::RoomMessage,
};

/// What such a form is about.
const REGISTER: &str = "http://jabber.org/protocol/muc#register";
const NICK: &str = "muc#register_roomnick";
const ALLOW: &str = "muc#register_allow";
const JID: &str = "muc#jid";
/// The node of disco that tells a user's reserved nick (XEP-0045 §7.12).
pub(super) const RESERVED_NICK: &str = "x-roomuser-item";

/// Who wants to register and waits for an admin (MUC RG7), oldest first.
#[derive(Debug, Default)]
pub(crate) struct Registrations {
    pending: Vec<Pending>,
}

#[derive(Clone, Debug)]
struct Pending {
    user: BareJid,
    nick: Arc<str>,
    key: NickKey,
}

impl Registrations {
    /// Forgets what a user asked for.
    pub(crate) fn forget(&mut self, user: &BareJid) {
        self.pending.retain(|pending| pending.user != *user);
    }
}

/// The form about registration in a message, if there is one.
pub(super) fn registration_form(message: ElementRef<'_>) -> Option<DataForm> {
    let form = DataForm::from_element(message.child("x", ns::DATA_FORMS)?).ok()?;
    (form.about() == Some(REGISTER)).then_some(form)
}

impl RoomState {
    /// Whether registration is there at all, for disco (MUC DI4).
    pub(super) fn offers_registration(&self, cx: &Context<'_>) -> bool {
        cx.service.registration && self.config.registration != NickRegistration::Closed
    }

    /// A `get` of jabber:iq:register (MUC RG1, RG2).
    pub(super) fn answer_registration(&self, cx: &mut Context<'_>, request: Request<'_>) {
        let user = request.from.to_bare();
        let answer = self.check_offered(cx).and_then(|()| {
            if let Some(nick) = self.reserved_nick(&user) {
                return Ok(Registration {
                    registered: true,
                    username: Some(nick.to_owned()),
                    ..Registration::default()
                });
            }
            self.check_may_register(cx, request)?;
            Ok(Registration {
                form: Some(registration_offer()),
                ..Registration::default()
            })
        });
        match answer {
            Ok(answer) => request.reply(cx, &answer),
            Err(error) => request.refuse(cx, error),
        }
    }

    /// A `set` of jabber:iq:register (MUC RG3 to RG7).
    pub(super) fn handle_registration(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        let done = self
            .check_offered(cx)
            .and_then(|()| Registration::from_element(payload).map_err(|_| errors::bad_request()))
            .and_then(|query| {
                if query.is_removal() {
                    self.unregister(cx, request)
                } else {
                    self.try_to_register(cx, request, &query)
                }
            });
        if let Err(error) = done {
            request.refuse(cx, error);
        }
    }

    /// MUC DI7: the asker's own reserved nick.
    pub(super) fn answer_reserved_nick(&self, cx: &mut Context<'_>, request: Request<'_>) {
        if !cx.service.registration {
            request.refuse(cx, StanzaErrorCondition::FeatureNotImplemented);
            return;
        }
        let mut info = DiscoInfo::new().with_node(RESERVED_NICK);
        if let Some(nick) = self.reserved_nick(&request.from.to_bare()) {
            info = info.with_identity(Identity::new("conference", "text").with_name(nick));
        }
        request.reply(cx, &info);
    }

    /// The nick that is reserved for a user.
    pub(super) fn reserved_nick(&self, user: &BareJid) -> Option<&str> {
        self.affiliations.get(user)?.nick.as_deref()
    }

    /// MUC RG9: in a room that locks nicks down a user enters under the reserved one, whatever it asked for.
    pub(super) fn locked_address(&self, user: &BareJid) -> Option<FullJid> {
        let nick = self
            .reserved_nick(user)
            .filter(|_| self.config.lock_nicks)?;
        self.jid.with_resource(nick).ok()
    }

    /// An admin's answer to somebody's request (MUC RG7): it counts once, and for a request that waits.
    pub(super) fn answer_registration_request(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        form: &DataForm,
    ) {
        if let Err(error) = self.decide(cx, request, form) {
            request.refuse(cx, error);
        }
    }

    /// Shows an admin who enters what waits for an answer.
    pub(super) fn show_pending(&self, cx: &mut Context<'_>, session: &FullJid) {
        if self.registrations.pending.is_empty() || !self.approves(cx, &session.to_bare()) {
            return;
        }
        for pending in &self.registrations.pending {
            let form = approval_form(pending);
            let id = random_id(cx.random);
            cx.send(
                session.clone(),
                &RoomMessage {
                    room: &self.jid,
                    id: Some(&id),
                    payload: &form,
                },
            );
        }
    }

    fn decide(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        form: &DataForm,
    ) -> Result<(), Fault> {
        let admin = request.from.to_bare();
        if !self.approves(cx, &admin) {
            return Err(errors::forbidden());
        }
        if form.form_type != DataFormType::Submit {
            return Err(errors::bad_request());
        }
        let Ok(Some(allow)) = form.flag(ALLOW) else {
            return Err(errors::bad_request());
        };
        let key = form.value(NICK).and_then(NickKey::new);
        let user = form.value(JID).map(str::parse::<BareJid>);
        let at = self.registrations.pending.iter().position(|pending| {
            Some(&pending.key) == key.as_ref()
                && match &user {
                    Some(Ok(user)) => *user == pending.user,
                    Some(Err(_)) => false,
                    None => true, // a client that sends back only the registered fields
                }
        });
        let Some(at) = at else {
            return Err(errors::item_not_found());
        };
        let pending = self.registrations.pending.remove(at);
        if !allow {
            return Ok(());
        }
        // Much may have happened since it was asked.
        if self.affiliations.of(&pending.user) == Affiliation::Outcast {
            return Err(errors::not_allowed());
        }
        let nick = self.check_reservation(cx, &pending.user, &pending.nick)?;
        self.check_bounds(cx, &pending.user)?;
        let own = self.occupants.by_session(request.from);
        let own = own.map(|(_, occupant)| occupant.nick().to_owned());
        let actor = Actor {
            nick: own.as_deref(),
            user: &admin,
        };
        self.register(cx, &pending.user, nick, None, Some(actor));
        Ok(())
    }

    /// MUC RG2: registration that is nowhere offered.
    fn check_offered(&self, cx: &Context<'_>) -> Result<(), Fault> {
        if cx.service.registration && self.gone.is_none() {
            Ok(())
        } else {
            Err(errors::service_unavailable())
        }
    }

    /// MUC RG2, FL9: who may register at all. A room that asks for a password registers nobody who may not have it.
    fn check_may_register(&self, cx: &Context<'_>, request: Request<'_>) -> Result<(), Fault> {
        let user = request.from.to_bare();
        let affiliation = self.standing_affiliation(cx, &user);
        let barred = cx.is_temporary(&user) && !cx.service.temporary.may_register;
        let closed = self.config.registration == NickRegistration::Closed;
        let shut_out = self.config.password.is_some()
            && affiliation < Affiliation::Member
            && self.occupants.by_session(request.from).is_none();
        if affiliation == Affiliation::Outcast || barred || closed || shut_out {
            return Err(errors::not_allowed());
        }
        Ok(())
    }

    fn try_to_register(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        query: &Registration,
    ) -> Result<(), Fault> {
        self.check_may_register(cx, request)?;
        let user = request.from.to_bare();
        let form = query.form.as_ref().filter(|_| !query.remove);
        let nick = form
            .filter(|form| form.expect_submission(REGISTER).is_ok())
            .and_then(|form| form.value(NICK))
            .filter(|nick| !nick.is_empty())
            .ok_or_else(errors::bad_request)?; // RG3
        let nick = self.check_reservation(cx, &user, nick)?; // RG4
        self.check_bounds(cx, &user)?;
        if self.needs_approval(cx, &user) {
            self.ask_for_approval(cx, request, user, nick)
        } else {
            self.register(cx, &user, nick, Some(request), None);
            Ok(())
        }
    }

    /// What membership gives beside a nick is never to be had for the asking: the door of a members-only room, the
    /// voice of a moderated one.
    fn needs_approval(&self, cx: &Context<'_>, user: &BareJid) -> bool {
        let config = &self.config;
        let asks = config.members_only
            || config.moderated
            || config.registration == NickRegistration::Approval;
        asks && self.standing_affiliation(cx, user) < Affiliation::Member
    }

    fn approves(&self, cx: &Context<'_>, user: &BareJid) -> bool {
        self.standing_affiliation(cx, user) >= Affiliation::Admin
    }

    fn ask_for_approval(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        user: BareJid,
        nick: Arc<str>,
    ) -> Result<(), Fault> {
        let Some(key) = NickKey::new(&nick) else {
            return Err(errors::jid_malformed());
        };
        let others = |pending: &&Pending| pending.user != user;
        let pending = &self.registrations.pending;
        if pending
            .iter()
            .filter(others)
            .any(|pending| pending.key == key)
        {
            return Err(errors::conflict());
        }
        if pending.iter().filter(others).count() >= cx.service.limits.registration_requests {
            return Err(errors::resource_constraint());
        }
        self.registrations.forget(&user);
        request.result(cx); // received, XEP-0045 §7.10
        let pending = Pending { user, nick, key };
        let form = approval_form(&pending);
        self.registrations.pending.push(pending);
        let admins: Arc<[FullJid]> = self
            .occupants
            .iter()
            .filter(|(_, occupant)| occupant.affiliation >= Affiliation::Admin)
            .flat_map(|(_, occupant)| occupant.sessions.iter().map(|session| session.jid.clone()))
            .collect();
        let id = random_id(cx.random);
        cx.deliver(
            admins,
            &RoomMessage {
                room: &self.jid,
                id: Some(&id),
                payload: &form,
            },
        );
        Ok(())
    }

    /// MUC RG5: stored, answered, shown.
    fn register(
        &mut self,
        cx: &mut Context<'_>,
        user: &BareJid,
        nick: Arc<str>,
        request: Option<Request<'_>>,
        actor: Option<Actor<'_>>,
    ) {
        self.registrations.forget(user);
        let old = self.affiliations.get(user);
        let entry = Entry {
            affiliation: old
                .map_or(Affiliation::None, |old| old.affiliation)
                .max(Affiliation::Member),
            nick: Some(nick),
            reason: old.and_then(|old| old.reason.clone()),
        };
        self.store_affiliation(cx, user, &entry);
        if let Some(request) = request {
            request.result(cx);
        }
        let mut done = Vec::new();
        self.apply_affiliation(cx, user, entry, &mut done);
        self.tell_done(cx, done, actor);
        if let Some(address) = self.locked_address(user)
            && let Some(number) = self.occupants.of_user(user).into_iter().next()
        {
            self.rename_to_reserved(cx, number, &address);
        }
    }

    /// MUC RG6.
    fn unregister(&mut self, cx: &mut Context<'_>, request: Request<'_>) -> Result<(), Fault> {
        let user = request.from.to_bare();
        let waits = self.registrations.pending.iter().any(|p| p.user == user);
        self.registrations.forget(&user);
        let affiliation = match self.affiliations.get(&user) {
            Some(entry) if entry.affiliation == Affiliation::Outcast => {
                return Err(errors::not_allowed());
            }
            Some(entry) if entry.affiliation == Affiliation::Member => Affiliation::None,
            Some(entry) if entry.nick.is_some() => entry.affiliation,
            _ if waits => {
                request.result(cx);
                return Ok(());
            }
            _ => return Err(StanzaErrorCondition::RegistrationRequired.into()), // XEP-0077 §3.2
        };
        let entry = Entry::from(affiliation);
        self.store_affiliation(cx, &user, &entry);
        request.result(cx);
        let mut done = Vec::new();
        self.apply_affiliation(cx, &user, entry, &mut done);
        self.tell_done(cx, done, None);
        self.check_empty(cx);
        Ok(())
    }

    /// MUC RG8, FL4: the lists are bounded.
    fn check_bounds(&self, cx: &Context<'_>, user: &BareJid) -> Result<(), Fault> {
        let limits = &cx.service.limits;
        let is_new = self.affiliations.get(user).is_none();
        if is_new && self.affiliations.len() >= limits.affiliations {
            return Err(errors::resource_constraint());
        }
        if self.reserved_nick(user).is_none() && cx.out.totals.reservations >= limits.reservations {
            return Err(errors::resource_constraint());
        }
        Ok(())
    }
}

/// MUC RG1.
fn registration_offer() -> DataForm {
    DataForm::form(REGISTER)
        .with_title("Registration with the room")
        .with_field(
            FormField::typed(NICK, FieldType::TextSingle, None::<String>)
                .with_label("Nickname")
                .required(),
        )
}

/// MUC RG7. It names the real address: admins only.
fn approval_form(pending: &Pending) -> DataForm {
    DataForm::form(REGISTER)
        .with_title("Request for registration")
        .with_field(FormField::text(NICK, &*pending.nick).with_label("Nickname"))
        .with_field(
            FormField::typed(JID, FieldType::JidSingle, [pending.user.as_str()])
                .with_label("Address"),
        )
        .with_field(FormField::boolean(ALLOW, false).with_label("Register this user"))
}
