//! What is made durable together, and what waits for it.

use std::collections::VecDeque;

use xmpp_core::BareJid;

use super::{Effect, StoreEvent};
use crate::room::Undo;

/// The durable part of one act of a room, with the effects that show it.
///
/// The order is what a host has to keep (MUC GC8, PE2): first [`Commit::events`] become durable, all of them or
/// none; then [`Commit::then`] is carried out; then whatever [`poll_effect`] gave after it. Commits that come one
/// after the other may be made durable in one transaction, as long as nothing of theirs is shown before.
///
/// A host without a store carries out `then` at once.
///
/// When the store fails, nothing of `then` is carried out; the commit is handed back to
/// [`handle_store_failed`], which tells whoever asked. Effects that the host has taken from the
/// room after it and that still wait may show what was not stored (a newcomer's history, say): [`Commit::strip`]
/// takes those out.
///
/// [`poll_effect`]: crate::Service::poll_effect
/// [`handle_store_failed`]: crate::Service::handle_store_failed
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Commit {
    /// What to store, in this order, all or none.
    pub events: Vec<StoreEvent>,
    /// What to do once it is durable, in this order. No [`Effect::Store`] is among it.
    pub then: Vec<Effect>,
    /// Whose act it is.
    pub(crate) room: BareJid,
    /// What the room remembers of it.
    pub(crate) undo: Undo,
}

impl Commit {
    pub(crate) fn new(room: BareJid) -> Self {
        Self {
            events: Vec::new(),
            then: Vec::new(),
            room,
            undo: Undo::default(),
        }
    }

    /// The room whose act it is.
    pub fn room(&self) -> &BareJid {
        &self.room
    }

    /// Takes out of `waiting`, effects that were polled after this commit and are not carried out yet, all that
    /// would show what this commit could not store.
    pub fn strip(&self, waiting: &mut VecDeque<Effect>) {
        waiting.retain(|effect| !self.undo.shows(effect));
        for effect in waiting {
            self.undo.amend(effect, &self.room);
            if let Effect::Store(commit) = effect {
                commit.then.retain(|effect| !self.undo.shows(effect));
                for effect in &mut commit.then {
                    self.undo.amend(effect, &self.room);
                }
            }
        }
    }
}
