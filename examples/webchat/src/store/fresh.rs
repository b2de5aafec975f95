//! Messages that are durable, and not yet in the archive's table with its indexes.
//!
//! A message changes a page of each index, in as many places as there are rooms and people who talk, and each page that
//! a transaction changed is written as a whole. So a commit only appends to a table without indexes; from there the
//! messages go to the archive many at a time, which writes a page once that many of them changed.

use rusqlite::{Connection, Transaction, params};
use xmpp_muc::StoredMessage;

/// So many messages are moved without waiting for more: ten to twenty milliseconds' work, during which commits wait.
pub(super) const MOST: usize = 2048;

/// Appends a message. That of a room which is not stored fails with `SQLITE_CONSTRAINT_NOTNULL`.
pub(super) fn insert(db: &Connection, message: &StoredMessage) -> rusqlite::Result<()> {
    // Of VALUES there is one row, so that SQLite has nothing to take back when it fails.
    db.prepare_cached(
        "INSERT INTO fresh (room, id, time, user, author, occupant, stanza)
             VALUES ((SELECT key FROM rooms WHERE jid = ?1), ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        message.room.as_str(),
        &*message.id,
        super::millis(message.time),
        message.author.bare_str(),
        message.author.as_str(),
        message.from.as_str(),
        message.stanza.as_str(),
    ])?;
    Ok(())
}

/// How many there are.
pub(super) fn count(db: &Connection) -> rusqlite::Result<usize> {
    let count: i64 = db.query_row("SELECT count(*) FROM fresh", [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Moves all of them to the archive, in their order, as far as the transaction is concerned. Of two messages with one id in
/// one room, which no room makes, the first one stays.
pub(super) fn move_all(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let moved = tx
        .prepare_cached(
            "INSERT INTO messages (room, id, time, user, author, occupant, stanza)
                 SELECT room, id, time, user, author, occupant, stanza FROM fresh WHERE true ORDER BY seq
             ON CONFLICT (room, id) DO NOTHING",
        )?
        .execute([])?;
    let deleted = tx.prepare_cached("DELETE FROM fresh")?.execute([])?;
    if moved != deleted {
        tracing::error!(lost = deleted - moved, "messages had the ids of others");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{changes, schema, tests};

    fn with_room() -> Connection {
        let mut db = Connection::open_in_memory().expect("memory");
        schema::prepare(&mut db).expect("tables");
        changes::commit(&mut db, &[vec![tests::room()]]);
        db
    }

    fn ids(db: &Connection, table: &str) -> Vec<String> {
        let sql = format!("SELECT id FROM {table} ORDER BY seq");
        let mut statement = db.prepare(&sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("ids")
    }

    fn move_in_one(db: &Connection) {
        let tx = db.unchecked_transaction().expect("a transaction");
        move_all(&tx).expect("moved");
        tx.commit().expect("kept");
    }

    #[test]
    fn messages_are_moved_in_their_order_and_behind_those_before() {
        let db = with_room();
        for id in ["z", "a", "m"] {
            insert(&db, &tests::message(id)).expect("a room");
        }
        assert_eq!(count(&db).expect("a count"), 3);
        assert!(ids(&db, "messages").is_empty());
        move_in_one(&db);
        insert(&db, &tests::message("b")).expect("a room");
        move_in_one(&db);
        assert_eq!(ids(&db, "messages"), ["z", "a", "m", "b"]);
        assert_eq!(count(&db).expect("a count"), 0);
    }

    /// It would otherwise stand in the way of all that come after it.
    #[test]
    fn a_second_message_with_an_id_of_the_room_keeps_no_other_from_the_archive() {
        let db = with_room();
        for id in ["a", "a", "b"] {
            insert(&db, &tests::message(id)).expect("a room");
        }
        move_in_one(&db);
        assert_eq!(ids(&db, "messages"), ["a", "b"]);
    }
}
