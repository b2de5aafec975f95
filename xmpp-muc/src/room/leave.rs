//! Leaving a room, in whatever way (XEP-0045 §7.14, §18.1.2; MUC LV1 to LV7, MS4, MS5).

use xmpp_core::{
    BareJid, FullJid, StanzaError, StanzaErrorCondition,
    xml::{ElementRef, Payload as _},
};

use super::{
    occupants::{Audience, Occupant},
    state::RoomState,
    undo::Gone,
};
use crate::{
    Affiliation, Destroy, DestroyCause, Event, Mav, Role, StatusCode,
    context::Context,
    request::Request,
    wire::{ActorView, PresenceStanza},
};

/// Why somebody goes, as the unavailable presence tells it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Farewell<'a> {
    /// The stanza whose status text goes along (MUC LV1).
    pub(super) content: Option<ElementRef<'a>>,
    pub(super) codes: &'a [StatusCode],
    pub(super) actor: Option<Actor<'a>>,
    pub(super) reason: Option<&'a str>,
}

/// Who did it (MUC AD6).
#[derive(Clone, Copy, Debug)]
pub(super) struct Actor<'a> {
    /// The nick, if inside.
    pub(super) nick: Option<&'a str>,
    pub(super) user: &'a BareJid,
}

impl<'a> Actor<'a> {
    /// As one kind of receiver may see it.
    pub(super) fn view(self, seeing: bool) -> ActorView<'a> {
        ActorView {
            nick: self.nick,
            jid: seeing.then_some(self.user),
        }
    }
}

/// An occupant that is out and of whom the others do not know yet.
#[derive(Debug)]
pub(super) struct Departed {
    pub(super) occupant: Occupant,
    /// The role it had decides whether the others knew of it.
    pub(super) was_shown: bool,
    /// The version of the affiliations that its going makes, if it does (MUC MV2).
    pub(super) mav: Option<Mav>,
}

impl RoomState {
    /// MUC LV1, LV2.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        // FL3: a parting text that is too long is left out; whoever leaves leaves.
        let fits = super::presence::status_bytes(request.stanza) <= cx.service.limits.status_bytes;
        let farewell = Farewell {
            content: Some(request.stanza).filter(|_| fits),
            ..Farewell::default()
        };
        self.remove_session(cx, request.from, farewell, true);
    }

    /// The session takes nothing any more; its end is still to come.
    pub(crate) fn session_unreachable(&mut self, session: &FullJid) {
        self.occupants.set_unreachable(session);
    }

    /// The session can receive nothing any more: only the others are told.
    pub(crate) fn session_lost(&mut self, cx: &mut Context<'_>, session: &FullJid) {
        self.remove_session(cx, session, Farewell::default(), false);
    }

    /// MUC LV4: a presence or message came back from a session as undeliverable.
    pub(super) fn handle_bounce(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let condition = request
            .stanza
            .children()
            .find(|child| StanzaError::matches(*child))
            .and_then(|error| StanzaError::from_element(error).ok())
            .map(|error| error.condition);
        if condition.is_some_and(means_gone) {
            let farewell = Farewell {
                codes: &[StatusCode::ERROR],
                ..Farewell::default()
            };
            self.remove_session(cx, request.from, farewell, true);
        }
    }

    /// Takes one session out: alone if its occupant has others (MUC MS4), with the occupant if not.
    pub(super) fn remove_session(
        &mut self,
        cx: &mut Context<'_>,
        session: &FullJid,
        farewell: Farewell<'_>,
        tell_it: bool,
    ) {
        let Some((number, occupant)) = self.occupants.by_session(session) else {
            return; // LV2, LV7
        };
        if occupant.sessions.len() == 1 {
            if let Some(departed) = self.take_out(cx, number) {
                if tell_it {
                    self.tell_departed(cx, &departed, farewell);
                }
                self.tell_others_of_departed(cx, &departed, farewell);
            }
            self.check_empty(cx);
            return;
        }
        if tell_it {
            let codes = super::presence::with_self(farewell.codes);
            let stanza = PresenceStanza {
                content: farewell.content,
                occupant_id: Some(&occupant.id),
                hats: &occupant.hats,
                jid: Some(session),
                codes: &codes,
                ..PresenceStanza::new(&occupant.address, occupant.affiliation, Role::None)
            };
            cx.send(session.clone(), &stanza);
        }
        let address = occupant.address.clone();
        let before = self.shown_presence(number);
        self.occupants.remove_session(session);
        self.flood.forget(session);
        self.ghosts.forget(session);
        cx.left(&self.jid, &address, session);
        self.orphan_queries(cx, std::slice::from_ref(session));
        if self.shown_presence(number) != before {
            self.tell_others(cx, number); // MS3: another session is the primary now
            self.tell_own_sessions(cx, number, None, &[]);
        }
    }

    /// Takes an occupant with all its sessions out; nobody is told yet. An affiliation that goes with it is set
    /// before.
    pub(super) fn take_out(
        &mut self,
        cx: &mut Context<'_>,
        number: super::occupants::OccupantNumber,
    ) -> Option<Departed> {
        let occupant = self.occupants.remove(number)?;
        for session in &occupant.sessions {
            self.flood.forget(&session.jid);
            self.ghosts.forget(&session.jid);
            cx.left(&self.jid, &occupant.address, &session.jid);
        }
        let was_shown = self.config.presence_broadcast.contains(occupant.role);
        self.orphan_queries(cx, &occupant.session_jids());
        let departed = Departed {
            occupant,
            was_shown,
            mav: None,
        };
        if let Some(commit) = cx.commit() {
            commit.undo.out.push(Gone::new(&departed));
        }
        Some(departed)
    }

    /// Tells each session of somebody who is out, with 110.
    pub(super) fn tell_departed(
        &self,
        cx: &mut Context<'_>,
        departed: &Departed,
        farewell: Farewell<'_>,
    ) {
        let occupant = &departed.occupant;
        let codes = super::presence::with_self(farewell.codes);
        let seeing = self.config.non_anonymous() || occupant.role == Role::Moderator;
        for session in &occupant.sessions {
            let stanza = PresenceStanza {
                content: farewell.content,
                occupant_id: Some(&occupant.id),
                hats: &occupant.hats,
                jid: Some(&session.jid),
                actor: farewell.actor.map(|actor| actor.view(seeing)),
                reason: farewell.reason,
                codes: &codes,
                ..PresenceStanza::new(&occupant.address, occupant.affiliation, Role::None)
            };
            cx.send(session.jid.clone(), &stanza);
        }
    }

    /// Tells those who stay, if they knew of the one who is out.
    pub(super) fn tell_others_of_departed(
        &mut self,
        cx: &mut Context<'_>,
        departed: &Departed,
        farewell: Farewell<'_>,
    ) {
        if !departed.was_shown {
            if let Some(mav) = &departed.mav {
                let occupant = &departed.occupant;
                self.tell_of_absent(cx, &occupant.user, occupant.affiliation, mav, None);
            }
            return;
        }
        let occupant = &departed.occupant;
        let affiliation = occupant.affiliation;
        let Audience { seeing, blind } = self.occupants.audience(self.config.non_anonymous(), None);
        for (list, seeing) in [(seeing, true), (blind, false)] {
            let stanza = PresenceStanza {
                content: farewell.content,
                occupant_id: Some(&occupant.id),
                hats: &occupant.hats,
                jid: seeing.then(|| &occupant.primary().jid),
                actor: farewell.actor.map(|actor| actor.view(seeing)),
                reason: farewell.reason,
                codes: farewell.codes,
                mav: departed.mav.as_ref().filter(|_| seeing),
                ..PresenceStanza::new(&occupant.address, affiliation, Role::None)
            };
            cx.deliver(list, &stanza);
        }
    }

    /// Everybody goes, told alone and without the others' departures (MUC LV6, DE1).
    pub(super) fn dismiss_all(
        &mut self,
        cx: &mut Context<'_>,
        codes: &[StatusCode],
        destroy: Option<&Destroy>,
    ) {
        let codes = super::presence::with_self(codes);
        for number in self.occupants.numbers() {
            let Some(Departed { occupant, .. }) = self.take_out(cx, number) else {
                continue;
            };
            for session in &occupant.sessions {
                let stanza = PresenceStanza {
                    occupant_id: Some(&occupant.id),
                    destroy,
                    codes: &codes,
                    ..PresenceStanza::new(&occupant.address, Affiliation::None, Role::None)
                };
                cx.send(session.jid.clone(), &stanza);
            }
        }
    }

    /// MUC LV6.
    pub(crate) fn shutdown(&mut self, cx: &mut Context<'_>) {
        self.dismiss_all(cx, &[StatusCode::SHUTDOWN], None);
        self.empty_since = None;
    }

    /// MUC DE1, CR5: the room ends with everybody in it told where to go.
    pub(crate) fn destroy(
        &mut self,
        cx: &mut Context<'_>,
        cause: DestroyCause,
        destroy: Option<&Destroy>,
    ) {
        if self.gone.is_some() {
            return;
        }
        self.delete(cx, cause); // PE2: before anybody is told
        self.leave_tombstone(cx, cause, destroy);
        let empty = Destroy::default();
        self.dismiss_all(cx, &[], Some(destroy.unwrap_or(&empty)));
        cx.event(Event::RoomDestroyed {
            room: self.jid.clone(),
            cause,
        });
    }
}

/// The conditions by which a session shows that it is not there any more (MUC LV4).
pub(super) const fn means_gone(condition: StanzaErrorCondition) -> bool {
    use StanzaErrorCondition as C;
    matches!(
        condition,
        C::Gone
            | C::ItemNotFound
            | C::RecipientUnavailable
            | C::Redirect
            | C::RemoteServerNotFound
            | C::RemoteServerTimeout
            | C::ServiceUnavailable
            | C::JidMalformed
            | C::InternalServerError
    )
}
