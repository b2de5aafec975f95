//! What a manager has to say, and which HTTP requests it still owes an answer or a fate.

use std::{collections::VecDeque, sync::Arc};

use super::{CloseReason, ManagerEvent, Response, Table};
use crate::{Attributes, BodyType, RequestId, Rid, Sid, TerminalCondition};

/// Answers and events to be polled, and the HTTP requests that are alive.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub(super) responses: VecDeque<Response>,
    pub(super) events: VecDeque<ManagerEvent>,
    /// Where each HTTP request belongs, from its arrival until it is reported as written or lost.
    places: Table<RequestId, (Sid, Rid)>,
}

impl Out {
    /// Remembers that `id` carries `rid` of `sid`.
    pub(super) fn place(&mut self, id: RequestId, sid: &Sid, rid: Rid) {
        self.places.insert(id, (sid.clone(), rid));
    }

    /// Where `id` belongs.
    pub(super) fn place_of(&self, id: RequestId) -> Option<(Sid, Rid)> {
        self.places.get(&id).cloned()
    }

    /// Where `id` belongs, which is forgotten.
    pub(super) fn leave(&mut self, id: RequestId) -> Option<(Sid, Rid)> {
        self.places.remove(&id)
    }

    /// Queues an answer.
    pub(super) fn respond(
        &mut self,
        id: RequestId,
        status: u16,
        content_type: &Arc<str>,
        body: &Arc<str>,
    ) {
        self.responses.push_back(Response {
            id,
            status,
            content_type: Arc::clone(content_type),
            body: Arc::clone(body),
            close: false,
        });
    }

    /// Queues the order to close the connection without an answer (BOSH 14.1).
    pub(super) fn close(&mut self, id: RequestId) {
        self.responses.push_back(Response {
            id,
            status: 400,
            content_type: DEFAULT_CONTENT_TYPE.into(),
            body: "".into(),
            close: true,
        });
    }

    /// Queues an error outside of every session (BOSH 12.1).
    pub(super) fn refuse(&mut self, id: RequestId, legacy: bool, condition: TerminalCondition) {
        let (status, body) = error_answer(legacy, condition);
        self.respond(id, status, &DEFAULT_CONTENT_TYPE.into(), &body.into());
    }

    /// Drops an answer that nobody polled and nobody can receive.
    pub(super) fn forget_response(&mut self, id: RequestId) {
        self.responses.retain(|response| response.id != id);
    }

    pub(super) fn closed(&mut self, sid: &Sid, reason: CloseReason) {
        self.events.push_back(ManagerEvent::Closed {
            sid: sid.clone(),
            reason,
        });
    }
}

/// What a response has for `Content-Type` when the client asked for nothing else (BOSH 1.5).
pub(super) const DEFAULT_CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// Status and body that tell `condition`: an HTTP status for clients without `ver`, where there is
/// one (BOSH 12.1).
pub(super) fn error_answer(legacy: bool, condition: TerminalCondition) -> (u16, String) {
    match condition.legacy_status() {
        Some(status) if legacy => (status, String::new()),
        _ => (200, crate::terminate_body(condition)),
    }
}

/// The body of a recoverable error (BOSH 9.6).
pub(super) fn recoverable_body() -> String {
    let mut out = String::new();
    Attributes {
        kind: Some(BodyType::Error),
        ..Attributes::default()
    }
    .write("", false, &mut out);
    out
}
