//! Mediated invitations and declines (XEP-0045 §7.8, §9.5; MUC IN1 to IN8, AD11).

use std::{collections::VecDeque, sync::Arc, time::Duration};

use xmpp_core::{BareJid, Jid, Timestamp};

use super::{admin::Done, affiliations::Entry, leave::Actor, state::RoomState};
use crate::{
    Affiliation, Decline, Invite, MucUser,
    context::Context,
    ids::random_id,
    request::{Fault, Refusal, Request, errors},
    wire::RoomMessage,
};

/// How long an invitation may be declined.
const LIFETIME: Duration = Duration::from_hours(1);
/// How long a failed one comes back to the inviter (MUC IN6).
const BOUNCE: Duration = Duration::from_mins(5);

/// The invitations that the room sent lately, oldest first, bounded.
#[derive(Debug, Default)]
pub(crate) struct Invitations {
    sent: VecDeque<Invitation>,
}

#[derive(Clone, Debug)]
struct Invitation {
    guest: BareJid,
    inviter: BareJid,
    id: Arc<str>,
    time: Timestamp,
}

impl Invitations {
    fn forget_old(&mut self, now: Timestamp) {
        while self
            .sent
            .front()
            .is_some_and(|oldest| now.since(oldest.time) >= LIFETIME)
        {
            self.sent.pop_front();
        }
    }

    fn count(&self, wanted: impl Fn(&Invitation) -> bool) -> usize {
        self.sent.iter().filter(|sent| wanted(sent)).count()
    }

    /// The latest invitation for somebody, taken off the record.
    fn take(&mut self, wanted: impl Fn(&Invitation) -> bool) -> Option<Invitation> {
        let at = self.sent.iter().rposition(wanted)?;
        self.sent.remove(at)
    }
}

impl RoomState {
    /// Invitations on their way to the room: all of them are sent on, or none (MUC IN1).
    pub(super) fn handle_invites(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        user: &MucUser,
    ) {
        let inviter = request.from.to_bare();
        if cx.is_temporary(&inviter) && !cx.service.temporary.may_invite {
            request.refuse(cx, errors::not_allowed()); // FL9
            return;
        }
        let guests = match self.check_invites(cx, &inviter, &user.invites) {
            Ok(guests) => guests,
            Err(fault) => {
                request.refuse(cx, fault);
                return;
            }
        };
        let Some((_, occupant)) = self.occupants.by_session(request.from) else {
            return;
        };
        let nick = occupant.nick().to_owned();
        let from: Jid = if self.config.non_anonymous() {
            inviter.clone().into() // IN2
        } else {
            occupant.address.clone().into()
        };
        // IN5: who is invited to a members-only room becomes a member of it.
        let mut done = Vec::new();
        if self.config.members_only {
            for guest in &guests {
                if self.affiliations.of(guest) == Affiliation::None {
                    let entry = Entry::from(Affiliation::Member);
                    self.store_affiliation(cx, guest, &entry);
                    self.apply_affiliation(cx, guest, entry, &mut done);
                }
            }
        }
        let id = match request.id() {
            Some(id) if !id.is_empty() => Arc::from(&*id),
            _ => random_id(cx.random),
        };
        for one in &mut done {
            if let Done::Absent { invite, .. } = one {
                *invite = false; // this invitation is the one of AD11
            }
        }
        for (guest, invite) in guests.into_iter().zip(&user.invites) {
            self.send_invite(cx, &inviter, from.clone(), &guest, invite.clone(), &id);
        }
        let actor = Actor {
            nick: Some(&nick),
            user: &inviter,
        };
        self.tell_done(cx, done, Some(actor));
    }

    /// MUC IN1, IN3, IN5, IN8.
    fn check_invites(
        &mut self,
        cx: &Context<'_>,
        inviter: &BareJid,
        asked: &[Invite],
    ) -> Result<Vec<BareJid>, Fault> {
        let affiliation = self.standing_affiliation(cx, inviter);
        let may_invite = !self.config.members_only
            || affiliation >= Affiliation::Admin
            || (self.config.allow_invites && affiliation == Affiliation::Member);
        if !may_invite {
            return Err(errors::forbidden());
        }
        let guests: Vec<BareJid> = asked
            .iter()
            .map(|invite| invite.to.as_ref().map(Jid::to_bare))
            .map(|guest| guest.filter(BareJid::is_prepared))
            .collect::<Option<_>>()
            .ok_or_else(errors::jid_malformed)?;
        let limits = &cx.service.limits;
        let is_long = |text: &Option<String>| {
            text.as_ref()
                .is_some_and(|text| text.chars().count() > limits.reason_chars)
        };
        if asked.iter().any(|invite| is_long(&invite.reason)) {
            return Err(errors::too_large("reason"));
        }
        let thread = |invite: &Invite| invite.r#continue.as_ref()?.thread.as_ref().map(String::len);
        if asked
            .iter()
            .filter_map(thread)
            .any(|bytes| bytes > limits.reason_chars)
        {
            return Err(errors::too_large("thread"));
        }
        self.invitations.forget_old(cx.now);
        let from_inviter = self.invitations.count(|sent| sent.inviter == *inviter);
        if from_inviter + guests.len() > limits.invitations {
            return Err(errors::resource_constraint());
        }
        for guest in &guests {
            if *guest == self.jid || self.affiliations.of(guest) == Affiliation::Outcast {
                return Err(errors::not_allowed());
            }
            if self.invitations.count(|sent| sent.guest == *guest) >= limits.invitations {
                return Err(errors::resource_constraint());
            }
        }
        if self.config.members_only && self.affiliations.len() + guests.len() > limits.affiliations
        {
            return Err(errors::resource_constraint());
        }
        Ok(guests)
    }

    /// Sends one invitation from the room, with the room's own password (MUC IN1, IN4), and keeps it on record.
    fn send_invite(
        &mut self,
        cx: &mut Context<'_>,
        inviter: &BareJid,
        from: Jid,
        guest: &BareJid,
        invite: Invite,
        id: &Arc<str>,
    ) {
        let user = MucUser {
            invites: vec![Invite {
                from: Some(from),
                to: None,
                ..invite
            }],
            password: self.config.password.clone(),
            ..MucUser::default()
        };
        cx.send(
            guest.clone(),
            &RoomMessage {
                room: &self.jid,
                id: Some(id),
                payload: &user,
            },
        );
        if self.invitations.sent.len() >= cx.service.limits.invitations_on_record {
            self.invitations.sent.pop_front();
        }
        self.invitations.sent.push_back(Invitation {
            guest: guest.clone(),
            inviter: inviter.clone(),
            id: id.clone(),
            time: cx.now,
        });
    }

    /// MUC AD11: a new member of a members-only room is invited.
    pub(super) fn invite_member(
        &mut self,
        cx: &mut Context<'_>,
        member: &BareJid,
        actor: Actor<'_>,
    ) {
        let occupant = actor
            .nick
            .and_then(|nick| self.jid.with_resource(nick).ok());
        let from: Option<Jid> = match occupant {
            Some(occupant) if !self.config.non_anonymous() => Some(occupant.into()),
            _ if self.config.non_anonymous() => Some(actor.user.clone().into()),
            _ => None,
        };
        let from = from.unwrap_or_else(|| self.jid.clone().into());
        let id = random_id(cx.random);
        self.send_invite(cx, actor.user, from, member, Invite::default(), &id);
    }

    /// MUC IN7: a decline goes to the inviter, if there was such an invitation.
    pub(super) fn handle_decline(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        decline: Decline,
    ) {
        let guest = request.from.to_bare();
        let Some(to) = decline.to.clone() else {
            request.refuse(cx, errors::jid_malformed());
            return;
        };
        let limit = cx.service.limits.reason_chars;
        let reason = decline.reason.as_ref();
        if reason.is_some_and(|reason| reason.chars().count() > limit) {
            request.refuse(cx, errors::too_large("reason"));
            return;
        }
        // The inviter is named as the invitation named it: by its occupant JID or its bare JID.
        let inviter = if to.bare_str() == self.jid.as_str() {
            let named = to.resource().and_then(|nick| self.occupants.by_nick(nick));
            named.map(|(_, occupant)| occupant.user.clone())
        } else {
            Some(to.to_bare())
        };
        self.invitations.forget_old(cx.now);
        let on_record = inviter.filter(|inviter| {
            let invitation = self
                .invitations
                .take(|sent| sent.guest == guest && sent.inviter == *inviter);
            invitation.is_some()
        });
        let Some(inviter) = on_record else {
            return;
        };
        let from: Jid = match self.occupants.by_session(request.from) {
            Some((_, occupant)) if !self.config.non_anonymous() => occupant.address.clone().into(),
            _ => guest.into(),
        };
        let user = MucUser {
            decline: Some(Decline {
                from: Some(from),
                to: None,
                reason: decline.reason,
            }),
            ..MucUser::default()
        };
        let id = request.id();
        let stanza = RoomMessage {
            room: &self.jid,
            id: id.as_deref(),
            payload: &user,
        };
        for number in self.occupants.of_user(&inviter) {
            if let Some(occupant) = self.occupants.get(number) {
                cx.deliver(occupant.session_jids(), &stanza);
                return;
            }
        }
        cx.send(inviter, &stanza);
    }

    /// MUC IN6: an invitation came back; its inviter is told if it is still inside.
    pub(super) fn handle_bounced_invite(&mut self, cx: &mut Context<'_>, from: &BareJid, id: &str) {
        let now = cx.now;
        let invitation = self
            .invitations
            .take(|sent| sent.guest == *from && *sent.id == *id && now.since(sent.time) < BOUNCE);
        let Some(invitation) = invitation else {
            return;
        };
        let error =
            xmpp_core::StanzaError::from(errors::item_not_found()).with_by(self.jid.clone());
        let stanza = Refusal {
            name: "message",
            from: self.jid.as_str(),
            id: Some(&invitation.id),
            empty_x: false,
            echo: &[],
            error: &error,
        };
        for number in self.occupants.of_user(&invitation.inviter) {
            if let Some(occupant) = self.occupants.get(number) {
                cx.deliver(occupant.session_jids(), &stanza);
                return;
            }
        }
    }
}
