//! Messages to the room (XEP-0045 §7.4; MUC GC1 to GC9).

use std::sync::Arc;

use xmpp_core::xml::{ElementRef, ns};

use super::{history, state::RoomState, subject};
use crate::{
    Fanout, Role, StoreEvent, StoredMessage,
    context::Context,
    ids::random_id,
    request::{Request, errors},
    wire::MessageStanza,
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

    /// MUC GC1, GC3 to GC6, GC8, GC9, SU3 to SU5.
    fn handle_groupchat(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let Some((_, author)) = self.occupants.by_session(request.from) else {
            request.refuse(cx, errors::not_inside());
            return;
        };
        let role = author.role;
        let changes_subject = subject::is_change(request.stanza);
        if changes_subject {
            if !self.may_change_subject(cx, request, role) {
                return;
            }
        } else if !self.has_voice(role) {
            request.refuse(cx, errors::forbidden());
            return;
        }
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
        if !changes_subject && is_kept(request.stanza) {
            message.delay = Some(cx.now);
            let replay = Arc::new(Fanout::new(&message));
            self.keep_in_history(cx, replay);
        }
        if self.config.archive && (changes_subject || is_kept(request.stanza)) {
            cx.store(StoreEvent::Message(Box::new(StoredMessage {
                room: self.jid.clone(),
                id: stanza_id.clone(),
                time: cx.now,
                author: request.from.clone(),
                stanza: live.clone(),
            })));
        }
        if changes_subject {
            self.set_subject(cx.now, request.stanza, &from, &occupant_id);
        }
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

    fn keep_in_history(&mut self, cx: &Context<'_>, stanza: Arc<Fanout>) {
        let bytes = stanza.as_str().len();
        let max = self.history_cap(cx);
        self.history.push(
            history::Entry {
                stanza,
                time: cx.now,
                bytes,
            },
            max,
            cx.service.limits.history_bytes,
        );
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
        _message_type: &str,
    ) {
        if self.occupants.by_session(request.from).is_none() {
            request.refuse(cx, errors::not_inside());
        } else {
            request.refuse(cx, errors::bad_request());
        }
    }
}

/// Whether a message belongs in the history and the archive: it has a body or asks for it, and does not ask for the
/// contrary (MUC HI5, MA3).
fn is_kept(message: ElementRef<'_>) -> bool {
    let hint = |name| message.child(name, ns::HINTS).is_some();
    let wanted = message.child("body", ns::CLIENT).is_some() || hint("store");
    wanted && !hint("no-store") && !hint("no-permanent-store")
}
