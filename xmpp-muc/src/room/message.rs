//! Messages to the room (XEP-0045 §7.4; MUC GC1 to GC9).

use std::sync::Arc;

use xmpp_core::{
    BareJid, Timestamp,
    xml::{Element, ElementRef, Payload as _, PayloadError, ns},
};
use xmpp_stanza::Delay;

use super::{
    history,
    registration::registration_form,
    resend::Fingerprint,
    retraction::{self, Target},
    state::RoomState,
    subject,
    voice::voice_form,
};
use crate::{
    Affiliation, Fanout, MucUser, Role, StoreEvent, StoredMessage,
    context::Context,
    ids::random_id,
    request::{Request, errors},
    wire::{MessageStanza, Replay},
};

impl RoomState {
    /// MUC GC6, GC7, PM1, PM2, LV4.
    pub(super) fn handle_message(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let message_type = request.stanza_type();
        let message_type = message_type.as_deref().unwrap_or("normal");
        if message_type == "error" {
            self.handle_message_error(cx, request);
            return;
        }
        if self.is_locked_for(cx, &request.from.to_bare()) {
            request.refuse(cx, errors::item_not_found()); // CR3
            return;
        }
        if request.to.is_full() {
            self.handle_private(cx, request, message_type);
        } else if message_type == "groupchat" {
            self.handle_groupchat(cx, request);
        } else {
            self.handle_other_message(cx, request, message_type);
        }
    }

    /// MUC GC5, GC6, SU3, SU4, MO3: whether it may be said at all.
    fn handle_groupchat(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let Some((_, author)) = self.occupants.by_session(request.from) else {
            request.refuse(cx, errors::not_inside());
            return;
        };
        let role = author.role;
        let fingerprint = Fingerprint::of(author.nick(), request.stanza);
        if self.is_sent_again(cx, request, fingerprint) {
            return;
        }
        if subject::is_change(request.stanza) {
            if !self.may_change_subject(cx, request, role) {
                return;
            }
        } else if !self.has_voice(role) {
            request.refuse(cx, errors::forbidden());
            return;
        }
        if speaks(request.stanza)
            && let Some(seconds) = self.must_wait(cx, &request.from.to_bare())
        {
            request.refuse(cx, errors::slow_down(seconds));
            return;
        }
        match retraction::target_of(request.stanza) {
            Some(target) => self.retract(cx, request, &target),
            None => self.reflect(cx, request, None),
        }
    }

    /// Stores a message and shows it to all, its author included; `retracts` leaves history and archive by it
    /// (MUC GC1, GC3, GC4, GC8, GC9, SU5, MO3).
    pub(super) fn reflect(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        retracts: Option<&Target>,
    ) {
        let Some((_, author)) = self.occupants.by_session(request.from) else {
            return;
        };
        let (from, occupant_id) = (author.address.clone(), author.id.clone());
        let stanza_id = random_id(cx.random);
        let id = match request.id() {
            Some(id) if !id.is_empty() => Arc::from(&*id),
            _ => random_id(cx.random),
        };
        let mut message = MessageStanza {
            room: &self.jid,
            from: &from,
            message_type: Some("groupchat"),
            id: Some(&id),
            content: request.stanza,
            occupant_id: &occupant_id,
            stanza_id: Some(&stanza_id),
            private: false,
            delay: None,
        };
        let live = Arc::new(Fanout::new(&message));
        if live.as_str().len() > cx.service.limits.message_bytes {
            request.refuse(cx, errors::too_large("message"));
            return;
        }
        let size = live.as_str().len();
        if let Err(error) = self.flood.count_message(cx, &request.from.to_bare(), size) {
            request.refuse(cx, error); // FL1
            return;
        }
        let changes_subject = subject::is_change(request.stanza);
        let replay = (!changes_subject && is_kept(request.stanza)).then(|| {
            message.delay = Some(cx.now);
            Arc::new(Fanout::new(&message))
        });
        if let Some(replay) = &replay {
            let entry = entry_of(request.stanza, replay.clone(), cx.now, stanza_id.clone());
            let entry = history::Entry {
                occupant_id: occupant_id.clone(),
                ..entry
            };
            self.keep_in_history(cx, entry);
        }
        if self.config.archive && is_archived(request.stanza) {
            cx.store(StoreEvent::Message(Arc::new(StoredMessage::new(
                self.jid.clone(),
                stanza_id,
                cx.now,
                request.from.clone(),
                from.clone().into(),
                live.clone(),
            ))));
        }
        if let Some(target) = retracts {
            self.bury_message(cx, target, &id, None);
        }
        if changes_subject {
            let before = self.subject.clone();
            self.set_subject(cx.now, request.stanza, &from, &occupant_id);
            self.store_room(cx);
            let after = self.subject.as_ref().map(|subject| subject.stanza.clone());
            if let Some(commit) = cx.commit() {
                commit.undo.subject = after.map(|after| (before, after));
            }
        }
        if let Some(fingerprint) = Fingerprint::of(from.resource(), request.stanza) {
            let limits = &cx.service.limits;
            self.resends.push(fingerprint, cx.now, live.clone(), limits);
        }
        if speaks(request.stanza) {
            self.note_spoken(cx, request.from.to_bare());
        }
        if let Some(commit) = cx.commit() {
            commit.undo.replay = replay;
            commit.undo.live = Some(live.clone());
        }
        self.activity.note(cx.now, request.stanza);
        cx.deliver_written(self.occupants.everyone(), live);
    }

    /// MUC GC5, RP6.
    pub(super) fn has_voice(&self, role: Role) -> bool {
        match role {
            Role::Moderator | Role::Participant => true,
            Role::Visitor => !self.config.moderated,
            Role::None => false,
        }
    }

    fn keep_in_history(&mut self, cx: &Context<'_>, entry: history::Entry) {
        let max = self.history_cap(cx);
        self.history
            .push(entry, max, cx.service.limits.history_bytes);
    }

    /// A message of the archive comes back into the history, and may be sent again (MUC PE4).
    pub(super) fn remember_stored(&mut self, cx: &Context<'_>, message: &StoredMessage) {
        let element = Element::from_xml(&*message.stanza);
        let stanza = element.root();
        if subject::is_change(stanza) || !is_kept(stanza) {
            return;
        }
        let replay = Replay {
            stanza,
            delay: Delay::new(self.jid.clone(), message.time),
        };
        let replay = Arc::new(Fanout::new(&replay));
        let entry = entry_of(stanza, replay, message.time, message.id.clone());
        self.keep_in_history(cx, entry);
        let limits = &cx.service.limits;
        let nick = message.from.resource().unwrap_or_default();
        if cx.now.since(message.time) <= limits.resend_window
            && let Some(fingerprint) = Fingerprint::of(nick, stanza)
        {
            let live = message.stanza.clone();
            self.resends.push(fingerprint, message.time, live, limits);
        }
    }

    /// How many messages the history holds (MUC HI6).
    pub(super) fn history_cap(&self, cx: &Context<'_>) -> usize {
        let wanted = self.config.max_history_fetch as usize;
        wanted.min(cx.service.limits.history_messages)
    }

    /// What else is sent to a room: nothing of it is a message to all (MUC GC7).
    fn handle_other_message(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        message_type: &str,
    ) {
        let is_normal = !matches!(message_type, "chat" | "headline");
        let user = request.stanza.child("x", ns::MUC_USER);
        let inside = self.occupants.by_session(request.from).is_some();
        let user = match user.filter(|_| is_normal).map(MucUser::from_element) {
            Some(Ok(user)) => user,
            Some(Err(PayloadError::InvalidValue { place: "to", .. })) if inside => {
                request.refuse(cx, errors::jid_malformed()); // IN1, ET9
                return;
            }
            _ => MucUser::default(),
        };
        if let Some(decline) = user.decline {
            self.handle_decline(cx, request, decline);
        } else if !inside {
            request.refuse(cx, errors::not_inside()); // IN3, VO2
        } else if !user.invites.is_empty() {
            self.handle_invites(cx, request, &user);
        } else if is_normal && let Some(form) = voice_form(request.stanza) {
            self.handle_voice_form(cx, request, form);
        } else if is_normal && let Some(form) = registration_form(request.stanza) {
            self.answer_registration_request(cx, request, &form);
        } else {
            request.refuse(cx, errors::bad_request());
        }
    }

    /// MUC FL6: how many seconds a user still has to wait before it may speak again, in slow mode.
    fn must_wait(&self, cx: &Context<'_>, user: &BareJid) -> Option<u64> {
        let pause = self.config.slow_mode;
        if pause.is_zero() || self.standing_affiliation(cx, user) >= Affiliation::Admin {
            return None;
        }
        let left = pause.saturating_sub(cx.now.since(*self.spoke.get(user)?));
        (!left.is_zero()).then(|| left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }

    /// MUC FL6: the clock of a user starts.
    fn note_spoken(&mut self, cx: &mut Context<'_>, user: BareJid) {
        let (now, pause) = (cx.now, self.config.slow_mode);
        if !pause.is_zero() {
            self.spoke.retain(|_, last| now.since(*last) < pause);
            let before = self.spoke.insert(user.clone(), now);
            if let Some(commit) = cx.commit() {
                commit.undo.spoke = Some((user, before));
            }
        }
    }
}

/// What the history keeps of a message beside its replay.
fn entry_of(
    message: ElementRef<'_>,
    stanza: Arc<Fanout>,
    time: Timestamp,
    id: Arc<str>,
) -> history::Entry {
    let attr = |element: Option<ElementRef<'_>>, name| {
        let value = element?.attr(name)?;
        (!value.is_empty()).then(|| Box::from(&*value))
    };
    let occupant_id: Option<Box<str>> = attr(message.child("occupant-id", ns::OCCUPANT_ID), "id");
    let own_ids = [
        attr(Some(message), "id"),
        attr(message.child("origin-id", ns::STANZA_ID), "id"),
    ];
    history::Entry {
        bytes: stanza.as_str().len(),
        stanza,
        time,
        id,
        occupant_id: occupant_id.unwrap_or_default().into(),
        own_ids,
    }
}

/// Whether a message says something to people.
fn speaks(message: ElementRef<'_>) -> bool {
    message.child("body", ns::CLIENT).is_some()
}

/// Whether a message belongs in the history: it has a body or asks for it, and does not ask for the contrary (MUC HI5).
fn is_kept(message: ElementRef<'_>) -> bool {
    (speaks(message) || has_hint(message, "store")) && !is_fleeting(message)
}

/// Whether a message belongs in the archive: what the history holds, subjects and retractions (MUC MA3).
fn is_archived(message: ElementRef<'_>) -> bool {
    let is_more = subject::is_change(message) || retraction::target_of(message).is_some();
    is_kept(message) || (is_more && !is_fleeting(message))
}

/// Whether a message asks not to be kept.
fn is_fleeting(message: ElementRef<'_>) -> bool {
    has_hint(message, "no-store") || has_hint(message, "no-permanent-store")
}

fn has_hint(message: ElementRef<'_>, name: &str) -> bool {
    message.child(name, ns::HINTS).is_some()
}
