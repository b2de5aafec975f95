//! What a room takes back when it could not be stored (MUC ET14).

use std::sync::Arc;

use super::Effect;
use crate::{Fanout, request::Asker, room::Entry};

/// What one commit changed in the memory of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undo {
    /// Who asked for the act.
    pub(crate) asker: Option<Asker>,
    /// A message: as the history replays it.
    pub(crate) replay: Option<Arc<Fanout>>,
    /// A message: as all get it.
    pub(crate) live: Option<Arc<Fanout>>,
    /// A message that was taken out of the history.
    pub(crate) retracted: Option<Entry>,
}

impl Undo {
    /// Whether an effect shows what was not stored.
    pub(super) fn shows(&self, effect: &Effect) -> bool {
        let Effect::Send { stanza, .. } = effect else {
            return false;
        };
        let written = [&self.replay, &self.live];
        written
            .into_iter()
            .flatten()
            .any(|written| Arc::ptr_eq(written, stanza))
    }
}
