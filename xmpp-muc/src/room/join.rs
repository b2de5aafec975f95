//! Entering a room (XEP-0045 §7.2; MUC EN1 to EN19, MS1).

use xmpp_core::{
    BareJid, FullJid, StanzaErrorCondition,
    xml::{Element, ElementRef, Payload as _, ns},
};

use super::{
    occupants::{Occupant, OccupantNumber, Session},
    presence::{available, priority, with_self},
    state::RoomState,
};
use crate::{
    Affiliation, HistoryRequest, Mav, Muc, Role, StatusCode,
    context::Context,
    nick::NickKey,
    privileges::default_role,
    request::{Fault, Request, errors},
    wire::PresenceStanza,
};

/// How many admins and owners may enter above the limit (MUC EN12).
const RESERVE: usize = 5;

/// Somebody who may enter.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(super) key: NickKey,
    pub(super) affiliation: Affiliation,
    pub(super) role: Role,
    /// The occupant that this is one more session of.
    pub(super) under: Option<OccupantNumber>,
}

impl RoomState {
    /// A join to an existing room.
    pub(super) fn join(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        address: &FullJid,
        muc: ElementRef<'_>,
    ) {
        let user = request.from.to_bare();
        let locked = self.locked_address(&user); // RG9
        let address = locked.as_ref().unwrap_or(address);
        let admission = self
            .admit(cx, request.from, address, muc)
            .and_then(|admission| {
                self.keep_presence(cx, request.stanza, admission.role)?;
                self.flood.count_entry(cx, &user)?; // FL1
                Ok(admission)
            });
        match admission {
            Ok(admission) => {
                let admission = self.inherit(cx, &user, admission);
                self.enter(cx, request, address, muc, admission, false);
                self.show_pending(cx, request.from); // RG7
            }
            Err(error) => request.refuse(cx, error),
        }
    }

    /// Whether somebody may enter, checked in the one order of MUC EN9.
    pub(crate) fn admit(
        &self,
        cx: &Context<'_>,
        from: &FullJid,
        address: &FullJid,
        muc: ElementRef<'_>,
    ) -> Result<Admission, Fault> {
        if self.gone.is_some() {
            return Err(errors::item_not_found());
        }
        let key = check_nick(cx, address.resource())?;
        let user = from.to_bare();
        let affiliation = self.standing_affiliation(cx, &user);
        if affiliation == Affiliation::Outcast {
            return Err(errors::forbidden()); // EN11
        }
        if self.is_locked_for(cx, &user) {
            return Err(errors::item_not_found()); // CR3
        }
        let Some(default) =
            default_role(affiliation, self.config.moderated, self.config.members_only)
        else {
            return Err(StanzaErrorCondition::RegistrationRequired.into()); // ET3
        };
        self.check_password(muc)?;
        let under = self.check_room_for(cx, &user, &key, affiliation)?;
        if cx.rooms_beside(&user, &self.jid) >= cx.service.limits.rooms_per_user {
            return Err(errors::resource_constraint()); // FL4
        }
        let role = match under.and_then(|number| self.occupants.get(number)) {
            Some(occupant) => occupant.role, // MS8: one role per nick
            None => self.remembered_role(&user, affiliation, default),
        };
        Ok(Admission {
            key,
            affiliation,
            role,
            under,
        })
    }

    /// MUC EN10.
    fn check_password(&self, muc: ElementRef<'_>) -> Result<(), Fault> {
        let Some(password) = &self.config.password else {
            return Ok(());
        };
        let given = muc.child("password", ns::MUC).map(ElementRef::text);
        if given.is_some_and(|given| password.matches(&given)) {
            Ok(())
        } else {
            Err(StanzaErrorCondition::NotAuthorized.into())
        }
    }

    /// MUC EN12, MS1, MS8, NI3, RG8: the occupant to join as one more session, or none for a new one.
    fn check_room_for(
        &self,
        cx: &Context<'_>,
        user: &BareJid,
        key: &NickKey,
        affiliation: Affiliation,
    ) -> Result<Option<OccupantNumber>, Fault> {
        let holder = self.occupants.by_key(key);
        if let Some((number, occupant)) = holder
            && occupant.user == *user
        {
            return if occupant.sessions.len() < cx.service.limits.sessions_per_nick {
                Ok(Some(number))
            } else {
                Err(errors::resource_constraint())
            };
        }
        let reserve = if affiliation >= Affiliation::Admin {
            RESERVE
        } else {
            0
        };
        if self.occupants.len() >= self.max_users(cx) + reserve {
            return Err(errors::full());
        }
        let reserved = self
            .affiliations
            .reserved_by(key)
            .is_some_and(|owner| owner != user);
        if holder.is_some() || reserved {
            return Err(errors::conflict());
        }
        Ok(None)
    }

    pub(super) fn max_users(&self, cx: &Context<'_>) -> usize {
        let limit = cx.service.limits.occupants;
        self.config.max_users.map_or(limit, |max| max.min(limit)) as usize
    }

    /// The default role, or what a moderator made of it in a moderated room, at most one step up (MUC EN17, EN18).
    fn remembered_role(&self, user: &BareJid, affiliation: Affiliation, default: Role) -> Role {
        if !self.config.moderated || affiliation >= Affiliation::Admin {
            return default;
        }
        let ceiling = match default {
            Role::None | Role::Visitor => Role::Participant,
            Role::Participant | Role::Moderator => Role::Moderator,
        };
        self.remembered
            .get(user)
            .map_or(default, |role| (*role).min(ceiling))
    }

    /// Brings an admitted session in: roster, self-presence, history, subject to it; its presence to the others
    /// (MUC EN2 to EN8, MS1).
    pub(crate) fn enter(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        address: &FullJid,
        muc: ElementRef<'_>,
        admission: Admission,
        created: bool,
    ) {
        let presence = match self.keep_presence(cx, request.stanza, admission.role) {
            Ok(presence) => presence,
            Err(error) => {
                request.refuse(cx, error);
                return;
            }
        };
        let session = Session {
            jid: request.from.clone(),
            presence,
            priority: priority(request.stanza),
            queries: 0,
            is_unreachable: false,
        };
        self.empty_since = None;
        let number = match admission.under {
            Some(number) => {
                self.add_session(cx, number, session);
                number
            }
            None => self.add_occupant(cx, address, admission, session),
        };
        let own = self
            .occupants
            .get(number)
            .map_or_else(|| address.clone(), |occupant| occupant.address.clone());
        cx.entered(&self.jid, &own, request.from);
        self.ghosts.watch(cx, request.from);
        let mut codes = self.entry_codes(&request, &own);
        if created {
            codes.push(StatusCode::ROOM_CREATED);
        }
        self.welcome(cx, request, number, muc, &codes);
    }

    /// A new nick: the others learn of it (MUC EN4, EN5).
    fn add_occupant(
        &mut self,
        cx: &mut Context<'_>,
        address: &FullJid,
        admission: Admission,
        session: Session,
    ) -> OccupantNumber {
        let user = session.jid.to_bare();
        let number = self.occupants.insert(Occupant {
            address: address.clone(),
            key: admission.key,
            id: self.occupant_id(&user),
            hats: self.hats_of(&user),
            user,
            role: admission.role,
            affiliation: admission.affiliation,
            sessions: vec![session],
            written: [None, None],
        });
        self.tell_others(cx, number);
        number
    }

    /// One more session under a nick: the others learn of it only if the shown presence changes (MUC MS1).
    fn add_session(&mut self, cx: &mut Context<'_>, number: OccupantNumber, session: Session) {
        let newcomer = session.jid.clone();
        let before = self.shown_presence(number);
        self.occupants.add_session(number, session);
        if self.shown_presence(number) != before {
            self.tell_others(cx, number);
        }
        self.tell_own_sessions(cx, number, Some(&newcomer), &[]);
    }

    pub(super) fn shown_presence(&self, number: OccupantNumber) -> Option<Element> {
        self.occupants
            .get(number)
            .map(|occupant| occupant.primary().presence.clone())
    }

    /// MUC EN6 but 201: what the newcomer must know about the room, and whether it has the nick it typed.
    fn entry_codes(&self, request: &Request<'_>, own: &FullJid) -> Vec<StatusCode> {
        let mut codes = Vec::with_capacity(4);
        if self.config.non_anonymous() {
            codes.push(StatusCode::NON_ANONYMOUS);
        }
        if self.config.public_logging {
            codes.push(StatusCode::LOGGING_ON);
        }
        codes.extend(nick_codes(request, own));
        codes
    }

    /// A session inside asks for everything again (MUC EN15).
    pub(super) fn resynchronise(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        muc: ElementRef<'_>,
    ) {
        let Some((number, occupant)) = self.occupants.by_session(request.from) else {
            return;
        };
        let own = occupant.address.clone();
        let codes = self.entry_codes(&request, &own);
        self.welcome(cx, request, number, muc, &codes);
    }

    /// MUC EN2: everybody else, oneself, history, subject.
    fn welcome(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
        muc: ElementRef<'_>,
        codes: &[StatusCode],
    ) {
        let session = request.from;
        let Some(role) = self.occupants.get(number).map(|occupant| occupant.role) else {
            return;
        };
        self.send_affiliations(cx, request, muc, role);
        self.send_roster(cx, number, session);
        let mav = self.version_now(cx);
        self.tell_entered(cx, number, request, codes, &mav);
        let wanted = Muc::from_element(muc)
            .ok()
            .and_then(|muc| muc.history)
            .unwrap_or_default();
        self.send_history(cx, session, &wanted);
        self.send_subject(cx, session);
    }

    /// The self-presence at the end of the roster (MUC EN5 to EN7, MV2).
    fn tell_entered(
        &self,
        cx: &mut Context<'_>,
        number: OccupantNumber,
        request: Request<'_>,
        codes: &[StatusCode],
        mav: &Mav,
    ) {
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        let (codes, id) = (with_self(codes), request.id());
        let stanza = PresenceStanza {
            id: id.as_deref(),
            codes: &codes,
            mav: Some(mav),
            ..available(occupant, Some(request.from))
        };
        cx.send(request.from.clone(), &stanza);
    }

    /// One presence for every other occupant whose role is broadcast (MUC EN3).
    pub(super) fn send_roster(
        &mut self,
        cx: &mut Context<'_>,
        own: OccupantNumber,
        session: &FullJid,
    ) {
        let Some(role) = self.occupants.get(own).map(|occupant| occupant.role) else {
            return;
        };
        let seeing = self.config.non_anonymous() || role == Role::Moderator;
        let broadcast = self.config.presence_broadcast;
        for (number, other) in self.occupants.iter_mut() {
            if number != own && broadcast.contains(other.role) {
                cx.send_written(session.clone(), other.shown(seeing));
            }
        }
    }

    fn send_history(&self, cx: &mut Context<'_>, session: &FullJid, wanted: &HistoryRequest) {
        let now = cx.now;
        for stanza in self.history.select(wanted, now, session) {
            cx.send_written(session.clone(), stanza.clone());
        }
    }
}

/// MUC ST9: 210 when the nick is not the one that was typed, because it was prepared or belongs to other sessions.
pub(super) fn nick_codes(request: &Request<'_>, own: &FullJid) -> Vec<StatusCode> {
    let typed = request.addressee();
    match typed.split_once('/') {
        Some((_, nick)) if nick != own.resource() => vec![StatusCode::NICK_ASSIGNED],
        _ => Vec::new(),
    }
}

/// MUC NI2, NI5: whether a prepared resourcepart may be a nick.
pub(super) fn check_nick(cx: &Context<'_>, nick: &str) -> Result<NickKey, Fault> {
    let Some(key) = NickKey::new(nick) else {
        return Err(errors::jid_malformed());
    };
    let limit = cx.service.limits.nick_chars;
    if nick.chars().count() > limit {
        return Err(errors::not_acceptable(format!(
            "a nick has at most {limit} characters"
        )));
    }
    Ok(key)
}
