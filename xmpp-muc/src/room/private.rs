//! Private messages, from occupant to occupant (XEP-0045 §7.5; MUC PM1 to PM4).

use xmpp_core::{
    StanzaError,
    xml::{ElementRef, Payload as _},
};

use super::state::RoomState;
use crate::{
    Fanout,
    context::Context,
    request::{Refusal, Request, errors},
    wire::MessageStanza,
};

impl RoomState {
    /// A message to an occupant JID.
    pub(super) fn handle_private(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        message_type: &str,
    ) {
        // PM2: an outsider gets one answer, whether or not there is such a nick.
        let Some((from, author)) = self.occupants.by_session(request.from) else {
            request.refuse(cx, errors::not_inside());
            return;
        };
        if !matches!(message_type, "chat" | "normal") {
            request.refuse(cx, errors::bad_request());
            return;
        }
        let nick = request.to.resource().unwrap_or_default();
        let Some((to, target)) = self.occupants.by_nick(nick) else {
            request.refuse(cx, errors::item_not_found());
            return;
        };
        if from != to && !self.config.allow_pm.allows(author.role) {
            request.refuse(cx, errors::forbidden()); // PM3
            return;
        }
        let id = request.id();
        let message = MessageStanza {
            room: &self.jid,
            from: &author.address,
            message_type: Some(message_type),
            id: id.as_deref(),
            content: request.stanza,
            occupant_id: &author.id,
            stanza_id: None,
            private: true,
            delay: None,
        };
        let message = Fanout::new(&message);
        if message.as_str().len() > cx.service.limits.message_bytes {
            request.refuse(cx, errors::too_large("message"));
            return;
        }
        let to = target.session_jids(); // MS2
        if let Err(error) =
            self.flood
                .count_message(cx, &request.from.to_bare(), message.as_str().len())
        {
            request.refuse(cx, error); // FL1
            return;
        }
        cx.deliver_written(to, message.into());
    }

    /// MUC PM4, LV4: an error comes back for something that the room sent. The author of a private message learns of
    /// it; whoever is not there any more is removed.
    pub(super) fn handle_message_error(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        if let Some((_, sender)) = self.occupants.by_session(request.from)
            && let Some(nick) = request.to.resource()
            && let Some((_, author)) = self.occupants.by_nick(nick)
            && author.address != sender.address
        {
            let error = error_of(request.stanza);
            let id = request.id();
            let error = error.with_by(sender.address.clone());
            let stanza = Refusal {
                name: "message",
                from: sender.address.as_str(),
                id: id.as_deref(),
                empty_x: false,
                echo: &[],
                error: &error,
            };
            cx.deliver(author.session_jids(), &stanza);
        }
        if request.to.is_bare()
            && let Some(id) = request.id()
        {
            self.handle_bounced_invite(cx, &request.from.to_bare(), &id);
        }
        self.handle_bounce(cx, request);
    }
}

/// The condition of an error stanza and nothing that the remote side wrote (MUC IQ5, PM4).
pub(super) fn error_of(stanza: ElementRef<'_>) -> StanzaError {
    let error = stanza
        .children()
        .find(|child| StanzaError::matches(*child))
        .and_then(|error| StanzaError::from_element(error).ok());
    match error {
        Some(error) => StanzaError::new(error.condition).with_type(error.error_type),
        None => StanzaError::new(xmpp_core::StanzaErrorCondition::UndefinedCondition),
    }
}
