//! What a room takes back when it could not be stored (MUC ET14).

use std::sync::Arc;

use xmpp_core::FullJid;

use super::Effect;
use crate::{
    Fanout,
    context::Context,
    request::{Refusal, Request, errors},
};

/// What one commit changed in the memory of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undo {
    /// Who asked for the act.
    pub(crate) asker: Option<Asker>,
    /// A message: as the history replays it.
    pub(crate) replay: Option<Arc<Fanout>>,
}

impl Undo {
    /// Whether an effect shows what was not stored.
    pub(super) fn shows(&self, effect: &Effect) -> bool {
        let Effect::Send { stanza, .. } = effect else {
            return false;
        };
        self.replay
            .as_ref()
            .is_some_and(|replay| Arc::ptr_eq(replay, stanza))
    }
}

/// Whoever is to be told that a request failed.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    to: FullJid,
    name: &'static str,
    /// Where it sent its request, as it wrote it.
    addressee: String,
    id: Option<String>,
}

impl Asker {
    pub(crate) fn new(request: Request<'_>) -> Self {
        Self {
            to: request.from.clone(),
            name: match request.stanza.name() {
                "iq" => "iq",
                "presence" => "presence",
                _ => "message",
            },
            addressee: request.addressee().into_owned(),
            id: request.id().map(std::borrow::Cow::into_owned),
        }
    }

    /// MUC ET14.
    pub(crate) fn refuse(&self, cx: &mut Context<'_>, room: &xmpp_core::BareJid) {
        let error = xmpp_core::StanzaError::from(errors::store_failed()).with_by(room.clone());
        let stanza = Refusal {
            name: self.name,
            from: &self.addressee,
            id: self.id.as_deref(),
            empty_x: self.name == "presence",
            echo: &[],
            error: &error,
        };
        cx.send(self.to.clone(), &stanza);
    }
}
