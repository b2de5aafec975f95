//! Presences: which rule a presence falls under, updates, and how the room tells about an occupant.

use std::sync::Arc;

use xmpp_core::{
    BareJid, FullJid,
    xml::{Element, ElementRef, ns},
};

use super::{
    occupants::{Occupant, OccupantNumber},
    state::RoomState,
};
use crate::{
    Affiliation, Fanout, Role, StatusCode,
    context::Context,
    request::{Fault, Request, errors},
    wire::{self, KeptPresence, PresenceStanza},
};

impl RoomState {
    /// MUC EN1, NI4, EN14 to EN16, LV1 to LV4, PR1, PR8, ET10.
    pub(super) fn handle_presence(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        match request.stanza_type().as_deref() {
            None => self.handle_available(cx, request),
            Some("unavailable") => self.leave(cx, request),
            Some("error") => self.handle_bounce(cx, request),
            Some("probe") => self.probe(cx, request),
            Some("subscribe") => decline_subscription(cx, &self.jid, request.from),
            Some("subscribed" | "unsubscribe" | "unsubscribed") => {}
            Some(_) => request.refuse(cx, errors::bad_request()),
        }
    }

    fn handle_available(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let muc = request.stanza.child("x", ns::MUC);
        let address = request.to.to_full();
        let inside = self
            .occupants
            .by_session(request.from)
            .map(|(number, occupant)| (number, occupant.address.clone()));
        match (inside, address, muc) {
            (None, Some(address), Some(muc)) => self.join(cx, request, &address, muc),
            (None, Some(address), None) => kick_stranger(cx, request.from, &address),
            // NI4: the bare room is no nick.
            (None, None, _) => request.refuse(cx, errors::jid_malformed()),
            (Some((number, own)), address, muc) => {
                let renames = address.filter(|address| *address != own);
                if muc.is_some()
                    && let Err(error) = self.flood.count_entry(cx, &request.from.to_bare())
                {
                    request.refuse(cx, error); // FL1
                    return;
                }
                let stays = match renames {
                    Some(address) => self.change_nick(cx, request, number, &address),
                    None => self.update_presence(cx, request, number, muc.is_some()),
                };
                if stays && let Some(muc) = muc {
                    self.resynchronise(cx, request, muc); // EN15, EN16
                }
            }
        }
    }

    /// MUC PR1, and the part of EN15 that concerns the others. Gives whether the presence was taken.
    fn update_presence(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
        resync: bool,
    ) -> bool {
        if !resync && self.has_to_wait(cx, request, number) {
            return true;
        }
        let Some(changed) = self.take_presence(cx, request, number) else {
            return false;
        };
        if changed {
            self.tell_others(cx, number);
        }
        if resync {
            // The one who asked gets its copy at the end of the roster.
            if changed {
                self.tell_own_sessions(cx, number, Some(request.from), &[]);
            }
            return true;
        }
        self.tell_self(cx, number, request.from, request.id().as_deref(), &[]);
        if changed {
            self.tell_own_sessions(cx, number, Some(request.from), &[]);
        }
        true
    }

    /// MUC FL2: whether an update comes too soon after the last one. One that would be refused doesn't wait.
    fn has_to_wait(
        &mut self,
        cx: &Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
    ) -> bool {
        let role = self.occupants.get(number).map_or(Role::None, |o| o.role);
        match self.keep_presence(cx, request.stanza, role) {
            Ok(kept) => self.delay_presence(cx, request, &kept),
            Err(_) => false,
        }
    }

    /// Keeps the presence that a session sent. Gives whether the one that is shown changed (MUC MS3), or nothing
    /// when it was refused.
    pub(super) fn take_presence(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        number: OccupantNumber,
    ) -> Option<bool> {
        let role = self.occupants.get(number)?.role;
        let kept = match self.keep_presence(cx, request.stanza, role) {
            Ok(kept) => kept,
            Err(error) => {
                request.refuse(cx, error);
                return None;
            }
        };
        self.flood.forget(request.from);
        self.put_presence(number, request.from, kept, priority(request.stanza))
    }

    /// Makes a checked presence that of a session. Gives whether the one that is shown changed.
    pub(super) fn put_presence(
        &mut self,
        number: OccupantNumber,
        session: &FullJid,
        kept: Element,
        priority: i8,
    ) -> Option<bool> {
        let occupant = self.occupants.get(number)?;
        let before = occupant.primary().presence.clone();
        let occupant = self.occupants.change(number)?;
        let session = occupant
            .sessions
            .iter_mut()
            .find(|known| known.jid == *session)?;
        session.presence = kept;
        session.priority = priority;
        Some(occupant.primary().presence != before)
    }

    /// What the room keeps of a presence (MUC EN19, PR7), within its bounds (MUC FL3).
    pub(super) fn keep_presence(
        &self,
        cx: &Context<'_>,
        stanza: ElementRef<'_>,
        role: Role,
    ) -> Result<Element, Fault> {
        if status_bytes(stanza) > cx.service.limits.status_bytes {
            return Err(errors::too_large("status"));
        }
        let kept = wire::keep(&KeptPresence {
            stanza,
            room: &self.jid,
            status: role != Role::Visitor || self.config.visitor_status,
        });
        if wire::size(&kept) > cx.service.limits.presence_bytes {
            return Err(errors::too_large("presence"));
        }
        Ok(kept)
    }

    /// The presence of an occupant as others get it, who see the real JID or do not.
    pub(super) fn shown(&mut self, number: OccupantNumber, seeing: bool) -> Option<Arc<Fanout>> {
        Some(self.occupants.get_mut(number)?.shown(seeing))
    }

    /// Sends an occupant's presence to everybody else, if its role is broadcast (MUC CO8, PR6).
    pub(super) fn tell_others(&mut self, cx: &mut Context<'_>, number: OccupantNumber) {
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        if !self.config.presence_broadcast.contains(occupant.role) {
            return;
        }
        let audience = self
            .occupants
            .audience(self.config.non_anonymous(), Some(number));
        for (list, seeing) in [(audience.seeing, true), (audience.blind, false)] {
            if !list.is_empty()
                && let Some(shown) = self.shown(number, seeing)
            {
                cx.deliver_written(list, shown);
            }
        }
    }

    /// Sends an occupant its own presence to one of its sessions, with 110 (MUC ST5) and its own real JID (MS3).
    pub(super) fn tell_self(
        &self,
        cx: &mut Context<'_>,
        number: OccupantNumber,
        session: &FullJid,
        id: Option<&str>,
        codes: &[StatusCode],
    ) {
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        let codes = with_self(codes);
        let stanza = PresenceStanza {
            id,
            codes: &codes,
            ..available(occupant, Some(session))
        };
        cx.send(session.clone(), &stanza);
    }

    /// As [`RoomState::tell_self`], to all sessions of the occupant but one.
    pub(super) fn tell_own_sessions(
        &self,
        cx: &mut Context<'_>,
        number: OccupantNumber,
        except: Option<&FullJid>,
        codes: &[StatusCode],
    ) {
        let Some(occupant) = self.occupants.get(number) else {
            return;
        };
        for session in &occupant.sessions {
            if Some(&session.jid) != except {
                self.tell_self(cx, number, &session.jid, None, codes);
            }
        }
    }

    /// MUC PR8: an occupant may ask for another's presence.
    fn probe(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let Some((asker, occupant)) = self.occupants.by_session(request.from) else {
            request.refuse(cx, errors::not_inside());
            return;
        };
        let seeing = self.config.non_anonymous() || occupant.role == Role::Moderator;
        let probed = match request.to.resource() {
            None => Some(asker),
            Some(nick) => self.occupants.by_nick(nick).map(|(number, _)| number),
        };
        if probed == Some(asker) {
            self.tell_self(cx, asker, request.from, request.id().as_deref(), &[]);
            return;
        }
        let visible = probed.filter(|number| {
            self.occupants
                .get(*number)
                .is_some_and(|probed| self.config.presence_broadcast.contains(probed.role))
        });
        match visible.and_then(|number| self.shown(number, seeing)) {
            Some(shown) => cx.send_written(request.from.clone(), shown),
            None => request.refuse(cx, errors::item_not_found()),
        }
    }
}

/// An occupant's shown presence, without codes.
pub(super) fn available<'a>(
    occupant: &'a Occupant,
    jid: Option<&'a FullJid>,
) -> PresenceStanza<'a> {
    PresenceStanza {
        content: Some(occupant.primary().presence.root()),
        occupant_id: Some(&occupant.id),
        hats: &occupant.hats,
        jid,
        ..PresenceStanza::new(&occupant.address, occupant.affiliation, occupant.role)
    }
}

/// Bytes of a presence's status texts, all languages together.
pub(super) fn status_bytes(stanza: ElementRef<'_>) -> usize {
    stanza
        .children()
        .filter(|child| child.is("status", ns::CLIENT))
        .map(|child| child.text().len())
        .sum()
}

/// The codes with 110.
pub(super) fn with_self(codes: &[StatusCode]) -> Vec<StatusCode> {
    let mut codes = codes.to_vec();
    codes.push(StatusCode::SELF_PRESENCE);
    codes
}

/// The priority in a presence; one that is none counts as zero.
pub(super) fn priority(stanza: ElementRef<'_>) -> i8 {
    stanza
        .child("priority", ns::CLIENT)
        .and_then(|priority| priority.text().trim().parse().ok())
        .unwrap_or(0)
}

/// MUC EN14: who sends presence as if inside is told that it is not.
pub(crate) fn kick_stranger(cx: &mut Context<'_>, session: &FullJid, address: &FullJid) {
    let stanza = PresenceStanza {
        reason: Some("You are not in the room"),
        codes: &[
            StatusCode::SELF_PRESENCE,
            StatusCode::KICKED,
            StatusCode::ERROR,
        ],
        ..PresenceStanza::new(address, Affiliation::None, Role::None)
    };
    cx.send(session.clone(), &stanza);
}

/// MUC PR8: a room subscribes to nobody.
pub(crate) fn decline_subscription(cx: &mut Context<'_>, room: &BareJid, from: &FullJid) {
    cx.send(from.clone(), &wire::Unsubscribed { room });
}
