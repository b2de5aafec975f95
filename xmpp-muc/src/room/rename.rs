//! Nick changes (XEP-0045 §7.6; MUC PR3 to PR5, MS6, MS7).

use xmpp_core::{FullJid, xml::Element};

use super::{
    join::{check_nick, nick_codes},
    occupants::{Audience, Occupant, OccupantNumber},
    presence::{available, with_self},
    state::RoomState,
};
use crate::{
    Role, StatusCode,
    context::Context,
    nick::NickKey,
    request::{Fault, Request, errors},
    wire::PresenceStanza,
};

impl RoomState {
    /// A session inside sends presence to another nick. Gives whether it is under that nick now.
    pub(super) fn change_nick(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
        address: &FullJid,
    ) -> bool {
        let target = self.check_change(cx, number, address);
        let target = target.and_then(|target| {
            self.flood.count_nick_change(cx, &request.from.to_bare())?;
            Ok(target)
        });
        let target = match target {
            Ok(target) => target,
            Err(error) => {
                request.refuse(cx, error); // PR4: the old nick stays, the others see nothing
                return false;
            }
        };
        let Some(sessions) = self.occupants.get(number).map(|o| o.sessions.len()) else {
            return false;
        };
        match target {
            Target::Own(into) => self.merge(cx, request, number, into),
            Target::Free(key) if sessions > 1 => self.split(cx, request, number, address, key),
            Target::Free(key) | Target::Same(key) => self.rename(cx, request, number, address, key),
        }
    }

    fn check_change(
        &self,
        cx: &Context<'_>,
        number: OccupantNumber,
        address: &FullJid,
    ) -> Result<Target, Fault> {
        let key = check_nick(cx, address.resource())?;
        let Some(occupant) = self.occupants.get(number) else {
            return Err(errors::not_inside());
        };
        if self.config.lock_nicks && self.reserved_nick(&occupant.user) != Some(address.resource())
        {
            return Err(errors::nick_locked()); // RG9, PR4
        }
        if occupant.role == Role::Visitor && !self.config.visitor_nick_change {
            return Err(errors::not_allowed()); // PR7
        }
        match self.occupants.by_key(&key) {
            Some((holder, _)) if holder == number => return Ok(Target::Same(key)),
            Some((holder, other)) if other.user == occupant.user => {
                return if other.sessions.len() < cx.service.limits.sessions_per_nick {
                    Ok(Target::Own(holder))
                } else {
                    Err(errors::resource_constraint())
                };
            }
            Some(_) => return Err(errors::conflict()),
            None => {}
        }
        match self.affiliations.reserved_by(&key) {
            Some(user) if *user != occupant.user => Err(errors::conflict()),
            _ => Ok(Target::Free(key)),
        }
    }

    /// An occupant takes a free nick with its only session, or writes its own in another way with all of them (MUC
    /// PR3, PR5).
    fn rename(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
        address: &FullJid,
        key: NickKey,
    ) -> bool {
        if !self.presence_fits(cx, request, number) {
            return false;
        }
        self.say_renamed(cx, number, address.resource());
        self.occupants.rename(number, address.clone(), key);
        self.take_presence(cx, request, number);
        self.tell_others(cx, number);
        let codes = nick_codes(&request, address);
        self.tell_self(cx, number, request.from, request.id().as_deref(), &codes);
        self.tell_own_sessions(cx, number, Some(request.from), &[]);
        true
    }

    /// The room gives an occupant the nick that is reserved for it, with 210 (MUC RG5, RG9). Nothing happens while
    /// somebody else has it.
    pub(super) fn rename_to_reserved(
        &mut self,
        cx: &mut Context<'_>,
        number: OccupantNumber,
        address: &FullJid,
    ) {
        let Some(key) = NickKey::new(address.resource()) else {
            return;
        };
        let is_taken = self
            .occupants
            .by_key(&key)
            .is_some_and(|(holder, _)| holder != number);
        let has_it = self
            .occupants
            .get(number)
            .is_none_or(|occupant| occupant.address == *address);
        if is_taken || has_it {
            return;
        }
        self.say_renamed(cx, number, address.resource());
        self.occupants.rename(number, address.clone(), key);
        self.tell_others(cx, number);
        self.tell_own_sessions(cx, number, None, &[StatusCode::NICK_ASSIGNED]);
    }

    /// The old nick goes, for everybody who knew of it.
    fn say_renamed(&mut self, cx: &mut Context<'_>, number: OccupantNumber, nick: &str) {
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        for session in &occupant.sessions {
            say_renamed_to_self(cx, occupant, &session.jid, nick);
        }
        if self.config.presence_broadcast.contains(occupant.role) {
            let audience = self
                .occupants
                .audience(self.config.non_anonymous(), Some(number));
            self.say_renamed_to_others(cx, number, &audience, nick);
        }
    }

    /// One of several sessions takes a free nick: it is another occupant from now on, the old nick stays with the
    /// rest (MUC MS6).
    fn split(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
        address: &FullJid,
        key: NickKey,
    ) -> bool {
        if !self.presence_fits(cx, request, number) {
            return false;
        }
        let Some(occupant) = self.occupants.get(number) else {
            return false;
        };
        if self.occupants.len() >= self.max_users(cx) {
            request.refuse(cx, errors::full());
            return false;
        }
        say_renamed_to_self(cx, occupant, request.from, address.resource());
        let newcomer = Occupant {
            address: address.clone(),
            key,
            user: occupant.user.clone(),
            id: occupant.id.clone(),
            hats: occupant.hats.clone(),
            role: occupant.role,
            affiliation: occupant.affiliation,
            sessions: Vec::new(),
            written: [None, None],
        };
        let before = self.shown_presence(number);
        let Some(session) = self.occupants.remove_session(request.from) else {
            return false;
        };
        let new = self.occupants.insert(Occupant {
            sessions: vec![session],
            ..newcomer
        });
        self.take_presence(cx, request, new);
        self.tell_others(cx, new);
        let codes = nick_codes(&request, address);
        self.tell_self(cx, new, request.from, request.id().as_deref(), &codes);
        self.after_move(cx, request, number, new, before.as_ref());
        true
    }

    /// A session moves under another nick of its own user (MUC MS7).
    fn merge(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
        into: OccupantNumber,
    ) -> bool {
        if !self.presence_fits(cx, request, number) {
            return false;
        }
        let (Some(occupant), Some(target)) = (self.occupants.get(number), self.occupants.get(into))
        else {
            return false;
        };
        say_renamed_to_self(cx, occupant, request.from, target.nick());
        let before = self.shown_presence(into);
        let gains_sight = self.sees_jids(number) < self.sees_jids(into);
        if occupant.sessions.len() == 1 {
            let shown = self.config.presence_broadcast.contains(occupant.role);
            let Some(mut gone) = self.occupants.remove(number) else {
                return false;
            };
            if shown {
                // The old nick is empty: to the others it leaves.
                let audience = self.occupants.audience(self.config.non_anonymous(), None);
                for (list, seeing) in [(audience.seeing, true), (audience.blind, false)] {
                    let stanza = PresenceStanza {
                        occupant_id: Some(&gone.id),
                        hats: &gone.hats,
                        jid: seeing.then(|| &gone.primary().jid),
                        ..PresenceStanza::new(&gone.address, gone.affiliation, Role::None)
                    };
                    cx.deliver(list, &stanza);
                }
            }
            if let Some(session) = gone.sessions.pop() {
                self.occupants.add_session(into, session);
            }
        } else {
            let old = self.shown_presence(number);
            if let Some(session) = self.occupants.remove_session(request.from) {
                self.occupants.add_session(into, session);
            }
            self.after_move(cx, request, number, into, old.as_ref());
        }
        self.take_presence(cx, request, into);
        if self.shown_presence(into) != before {
            self.tell_others(cx, into);
        }
        self.tell_self(cx, into, request.from, request.id().as_deref(), &[]);
        self.tell_own_sessions(cx, into, Some(request.from), &[]);
        if gains_sight {
            self.send_roster(cx, into, request.from); // PR9: this nick is a moderator's
        }
        true
    }

    /// A nick that one of its sessions left is another occupant to that session from now on, and may be shown by
    /// another of its sessions (MUC MS3, MS6).
    fn after_move(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        old: OccupantNumber,
        new: OccupantNumber,
        before: Option<&Element>,
    ) {
        if self.shown_presence(old).as_ref() != before {
            self.tell_others(cx, old);
            self.tell_own_sessions(cx, old, None, &[]);
            return;
        }
        let is_shown = self
            .occupants
            .get(old)
            .is_some_and(|occupant| self.config.presence_broadcast.contains(occupant.role));
        if is_shown
            && let Some(seeing) = self.sees_jids(new)
            && let Some(shown) = self.shown(old, seeing)
        {
            cx.send_written(request.from.clone(), shown);
        }
    }

    /// Refuses a presence that is too large before anything has changed.
    fn presence_fits(
        &self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
    ) -> bool {
        let role = self.occupants.get(number).map_or(Role::None, |o| o.role);
        match self.keep_presence(cx, request.stanza, role) {
            Ok(_) => true,
            Err(error) => {
                request.refuse(cx, error);
                false
            }
        }
    }

    /// Whether an occupant sees real JIDs (MUC EN8).
    pub(super) fn sees_jids(&self, number: OccupantNumber) -> Option<bool> {
        let occupant = self.occupants.get(number)?;
        Some(self.config.non_anonymous() || occupant.role == Role::Moderator)
    }

    fn say_renamed_to_others(
        &self,
        cx: &mut Context<'_>,
        number: OccupantNumber,
        audience: &Audience,
        nick: &str,
    ) {
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        for (list, seeing) in [(&audience.seeing, true), (&audience.blind, false)] {
            let stanza = PresenceStanza {
                unavailable: true,
                content: None,
                nick: Some(nick),
                codes: &[StatusCode::NICK_CHANGED],
                ..available(occupant, seeing.then(|| &occupant.primary().jid))
            };
            cx.deliver(list.clone(), &stanza);
        }
    }
}

/// The old nick goes, to a session of its own.
fn say_renamed_to_self(cx: &mut Context<'_>, occupant: &Occupant, session: &FullJid, nick: &str) {
    let codes = with_self(&[StatusCode::NICK_CHANGED]);
    let stanza = PresenceStanza {
        unavailable: true,
        content: None,
        nick: Some(nick),
        codes: &codes,
        ..available(occupant, Some(session))
    };
    cx.send(session.clone(), &stanza);
}

/// Where a session goes.
#[derive(Debug)]
enum Target {
    /// A nick nobody has.
    Free(NickKey),
    /// Its own nick, written in another way.
    Same(NickKey),
    /// Another nick of the same user.
    Own(OccupantNumber),
}
