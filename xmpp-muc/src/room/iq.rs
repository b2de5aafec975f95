//! IQs to the room itself (MUC IQ1, CL1, CL2).

use xmpp_core::xml::{ElementRef, ns};

use super::{moderation::is_moderation, state::RoomState};
use crate::{
    context::Context,
    request::{Request, errors},
};

impl RoomState {
    /// Every request gets an answer, at once or from the occupant that is asked; every answer is passed on or dropped.
    pub(super) fn handle_iq(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let stanza_type = request.stanza_type();
        let set = match stanza_type.as_deref() {
            Some("get") => false,
            Some("set") => true,
            Some("result" | "error") => {
                if self.handle_ghost_answer(cx, request) {
                    return;
                }
                self.handle_answer(cx, request.from.as_ref(), request.stanza);
                return;
            }
            _ => {
                request.refuse(cx, errors::bad_request());
                return;
            }
        };
        if self.is_locked_for(cx, &request.from.to_bare()) {
            request.refuse(cx, errors::item_not_found()); // CR3
            return;
        }
        let Some(payload) = only_child(request.stanza) else {
            request.refuse(cx, errors::bad_request());
            return;
        };
        if request.to.is_full() {
            self.handle_query(cx, request, payload, set);
        } else {
            self.handle_room_iq(cx, request, payload, set);
        }
    }

    /// IQ1: the room answers; it reflects nothing.
    fn handle_room_iq(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
        set: bool,
    ) {
        match (set, payload.name()) {
            (false, "query") if payload.has_ns(ns::DISCO_INFO) => {
                self.answer_disco_info(cx, request, payload);
            }
            (false, "query") if payload.has_ns(ns::DISCO_ITEMS) => {
                self.answer_disco_items(cx, request, payload);
            }
            (false, "ping") if payload.has_ns(ns::PING) => request.result(cx),
            (false, "query") if payload.has_ns(ns::MUC_ADMIN) => {
                self.answer_list(cx, request, payload);
            }
            (true, "query") if payload.has_ns(ns::MUC_ADMIN) => {
                self.change_occupants(cx, request, payload);
            }
            (false, "query") if payload.has_ns(ns::MUC_OWNER) => self.answer_form(cx, request),
            (true, "query") if payload.has_ns(ns::MUC_OWNER) => {
                self.configure(cx, request, payload);
            }
            (true, "command") if payload.has_ns(ns::COMMANDS) => {
                self.handle_command(cx, request, payload);
            }
            (false, "query") if payload.has_ns(ns::REGISTER) => {
                self.answer_registration(cx, request);
            }
            (true, "query") if payload.has_ns(ns::REGISTER) => {
                self.handle_registration(cx, request, payload);
            }
            (false, "query") if payload.has_ns(ns::MAM) && self.config.archive => {
                self.answer_archive_form(cx, request);
            }
            (true, "query") if payload.has_ns(ns::MAM) && self.config.archive => {
                self.query_archive(cx, request, payload);
            }
            (false, "metadata") if payload.has_ns(ns::MAM) && self.config.archive => {
                self.query_metadata(cx, request);
            }
            (false, "vCard") if payload.has_ns(ns::VCARD_TEMP) => self.answer_avatar(cx, request),
            (true, "vCard") if payload.has_ns(ns::VCARD_TEMP) => {
                self.set_avatar(cx, request, payload);
            }
            (true, _) if is_moderation(payload) => self.moderate(cx, request, payload),
            _ => request.refuse(cx, errors::service_unavailable()),
        }
    }
}

/// The payload of a request: it has exactly one (RFC 6120 §8.2.3).
fn only_child(stanza: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let mut children = stanza.children();
    let payload = children.next()?;
    children.next().is_none().then_some(payload)
}
