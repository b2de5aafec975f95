//! What is written.

use std::sync::Arc;

use rusqlite::{
    Connection, Transaction, TransactionBehavior, ffi::SQLITE_CONSTRAINT_NOTNULL, params,
};
use xmpp_core::{BareJid, xml::Fanout};
use xmpp_muc::{RoomSnapshot, StoredMessage};

use super::messages::Messages;

/// A change of what is stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// The state of a room, the archive aside, is now this one; a room that is not there is made.
    Room {
        /// The room.
        room: BareJid,
        /// The whole state.
        snapshot: Arc<RoomSnapshot>,
    },
    /// The room is gone, and everything of it (MUC LV3, DE1).
    Deleted {
        /// The room.
        room: BareJid,
    },
    /// A new last message of the room's archive.
    Message(Arc<StoredMessage>),
    /// A message of the archive becomes a tombstone. One that is not there any more stays away.
    Replaced {
        /// The room.
        room: BareJid,
        /// The message's id.
        id: Arc<str>,
        /// What stands in its place.
        stanza: Arc<Fanout>,
    },
}

/// What became of the commits of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// All are durable.
    All,
    /// All are durable but these, counted from 0, of which nothing is stored.
    AllBut(Vec<usize>),
    /// Nothing is stored.
    Nothing,
}

impl Committed {
    /// Whether the commit at `index` is durable.
    pub fn contains(&self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(failed) => !failed.contains(&index),
            Self::Nothing => false,
        }
    }
}

/// Why something is not stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the room is not stored")]
    NoRoom,
    #[error("the room's state cannot be written: {0}")]
    Snapshot(#[from] serde_json::Error),
}

/// Makes the commits durable in one transaction: each of them wholly or not at all.
pub(super) fn commit(
    db: &mut Connection,
    messages: &mut Messages,
    commits: &[Vec<Change>],
) -> Committed {
    let written = (|| {
        let mut tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut failed = Vec::new();
        for (index, changes) in commits.iter().enumerate() {
            match apply_all(&mut tx, messages, changes) {
                Ok(()) => {}
                // Where the disk is full, SQLite may have taken back the whole transaction.
                Err(error) if tx.is_autocommit() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "not stored");
                    failed.push(index);
                }
            }
        }
        tx.commit()?;
        Ok::<_, WriteError>(failed)
    })();
    match written {
        Ok(failed) if failed.is_empty() => Committed::All,
        Ok(failed) => Committed::AllBut(failed),
        Err(error) => {
            tracing::error!(%error, commits = commits.len(), "not stored");
            Committed::Nothing
        }
    }
}

fn apply_all(
    tx: &mut Transaction<'_>,
    messages: &mut Messages,
    changes: &[Change],
) -> Result<(), WriteError> {
    // One statement is all or nothing by itself. A savepoint has every page copied that is changed.
    if let [change] = changes {
        return apply(tx, messages, change);
    }
    let savepoint = tx.savepoint()?;
    for change in changes {
        apply(&savepoint, messages, change)?;
    }
    savepoint.commit()?;
    Ok(())
}

fn apply(db: &Connection, messages: &mut Messages, change: &Change) -> Result<(), WriteError> {
    match change {
        Change::Room { room, snapshot } => {
            db.prepare_cached(
                "INSERT INTO rooms (jid, snapshot) VALUES (?1, ?2)
                 ON CONFLICT (jid) DO UPDATE SET snapshot = excluded.snapshot",
            )?
            .execute(params![room.as_str(), serde_json::to_string(&**snapshot)?])?;
        }
        // Its messages can be found by nobody from here on; see `retention`.
        Change::Deleted { room } => {
            db.prepare_cached("UPDATE rooms SET jid = NULL, snapshot = NULL WHERE jid = ?1")?
                .execute([room.as_str()])?;
        }
        Change::Message(message) => {
            messages
                .append(db, message)
                .map_err(|error| match error.sqlite_error() {
                    Some(error) if error.extended_code == SQLITE_CONSTRAINT_NOTNULL => {
                        WriteError::NoRoom
                    }
                    _ => error.into(),
                })?;
        }
        Change::Replaced { room, id, stanza } => messages.replace(db, room, id, stanza)?,
    }
    Ok(())
}
