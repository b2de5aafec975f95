//! What is kept for how long. The rest goes in small steps, so that nobody waits for it.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use xmpp_core::Timestamp;

/// Messages deleted in one step: a few milliseconds' work.
const STEP: i64 = 500;

/// How much of each room's archive is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Messages that are older are deleted; `None` keeps them whatever their age.
    pub age: Option<Duration>,
    /// More messages than these are not kept in a room, the newest ones stay; `None` sets no bound.
    pub messages: Option<u32>,
}

/// One round through what there is; begun anew from time to time.
#[derive(Debug)]
pub(super) struct Round {
    retention: Retention,
    now: Timestamp,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// What is left of rooms that were deleted.
    Deleted,
    Old,
    /// What is too much in the first room after the one of this key.
    TooMany(i64),
    Done,
}

impl Round {
    pub(super) fn new(retention: Retention, now: Timestamp) -> Self {
        Self {
            retention,
            now,
            stage: Stage::Deleted,
        }
    }

    /// Whether the next step deletes what is left of rooms, for which all that was said in them must be in the archive.
    pub(super) fn is_at_rooms(&self) -> bool {
        matches!(self.stage, Stage::Deleted)
    }

    /// Deletes a little; gives whether there may be more to do.
    pub(super) fn step(&mut self, db: &Connection) -> rusqlite::Result<bool> {
        match self.stage {
            Stage::Deleted => {
                if !forget_deleted(db)? {
                    self.stage = Stage::Old;
                }
            }
            Stage::Old => {
                let more = match self.retention.age {
                    Some(age) => forget_old(db, super::millis(self.now), age)?,
                    None => false,
                };
                if !more {
                    self.stage = Stage::TooMany(0);
                }
            }
            Stage::TooMany(after) => self.stage = self.forget_too_many(db, after)?,
            Stage::Done => {}
        }
        Ok(!matches!(self.stage, Stage::Done))
    }

    fn forget_too_many(&self, db: &Connection, after: i64) -> rusqlite::Result<Stage> {
        let Some(max) = self.retention.messages else {
            return Ok(Stage::Done);
        };
        let room: Option<i64> = db
            .prepare_cached("SELECT min(key) FROM rooms WHERE key > ?1 AND jid IS NOT NULL")?
            .query_row([after], |row| row.get(0))?;
        let Some(room) = room else {
            return Ok(Stage::Done);
        };
        // The newest one that has to go.
        let newest: Option<i64> = db
            .prepare_cached(
                "SELECT seq FROM entries WHERE room = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2",
            )?
            .query_row(params![room, max], |row| row.get(0))
            .optional()?;
        let Some(newest) = newest else {
            return Ok(Stage::TooMany(room));
        };
        let deleted = db
            .prepare_cached(
                "DELETE FROM entries WHERE room = ?1 AND seq IN (
                     SELECT seq FROM entries WHERE room = ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3)",
            )?
            .execute(params![room, newest, STEP])?;
        Ok(Stage::TooMany(if is_full(deleted) { after } else { room }))
    }
}

/// Whether there may be more of it.
fn is_full(deleted: usize) -> bool {
    i64::try_from(deleted).is_ok_and(|deleted| deleted >= STEP)
}

fn forget_deleted(db: &Connection) -> rusqlite::Result<bool> {
    let room: Option<i64> = db
        .prepare_cached("SELECT key FROM rooms INDEXED BY rooms_deleted WHERE jid IS NULL LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(room) = room else {
        return Ok(false);
    };
    let deleted = db
        .prepare_cached(
            "DELETE FROM entries WHERE room = ?1 AND seq IN (
                 SELECT seq FROM entries WHERE room = ?1 ORDER BY seq LIMIT ?2)",
        )?
        .execute(params![room, STEP])?;
    if !is_full(deleted) {
        db.prepare_cached("DELETE FROM rooms WHERE key = ?1")?
            .execute([room])?;
    }
    Ok(true)
}

fn forget_old(db: &Connection, now: i64, age: Duration) -> rusqlite::Result<bool> {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let deleted = db
        .prepare_cached(
            "DELETE FROM entries WHERE (room, seq) IN (
                 SELECT room, seq FROM entries INDEXED BY entries_by_time WHERE time < ?1 LIMIT ?2)",
        )?
        .execute(params![now.saturating_sub(age), STEP])?;
    Ok(is_full(deleted))
}
