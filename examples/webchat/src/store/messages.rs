//! Messages, in the order in which they were accepted, and the entries by which they are found.
//!
//! A message changes a page of each index, in as many places as there are rooms and people who talk, and each page that
//! a transaction changed is written as a whole. So a commit only appends to a table without indexes; the entries follow
//! for many messages at a time, so that a page of theirs is written once that many of them changed.

use rusqlite::{Connection, Transaction, params};
use xmpp_core::{BareJid, xml::Fanout};
use xmpp_muc::StoredMessage;

/// So many messages get their entries without waiting for more: some milliseconds' work, during which commits wait.
pub(super) const MOST: usize = 2048;

/// Gives the room's message of an id another stanza, whether it has an entry or is behind the last that has one.
const REPLACE: &str = "WITH room (key) AS (SELECT key FROM rooms WHERE jid = ?1)
    UPDATE messages SET stanza = ?3 WHERE seq IN (
        SELECT seq FROM entries WHERE room = (SELECT key FROM room) AND id = ?2
        UNION ALL
        SELECT seq FROM messages WHERE seq > ?4 AND room = (SELECT key FROM room) AND id = ?2)";

/// Where the table of messages ends, and up to where they have entries.
#[derive(Debug)]
pub(super) struct Messages {
    /// Larger than any that was, so that no message is taken for one that was deleted.
    next: i64,
    /// The last one with an entry.
    indexed: i64,
}

impl Messages {
    pub(super) fn open(db: &Connection) -> rusqlite::Result<Self> {
        let (last, indexed): (i64, i64) = db.query_row(
            "SELECT coalesce((SELECT max(seq) FROM messages), 0), seq FROM indexed",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Self {
            next: last.max(indexed) + 1,
            indexed,
        })
    }

    /// Appends a message. That of a room which is not stored fails with `SQLITE_CONSTRAINT_NOTNULL`.
    pub(super) fn append(
        &mut self,
        db: &Connection,
        message: &StoredMessage,
    ) -> rusqlite::Result<()> {
        let seq = self.next;
        // Also if this or the transaction fails: gaps do no harm.
        self.next += 1;
        // Of VALUES there is one row, so that SQLite has nothing to take back when it fails.
        db.prepare_cached(
            "INSERT INTO messages (seq, room, id, time, author, occupant, stanza)
                 VALUES (?1, (SELECT key FROM rooms WHERE jid = ?2), ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            seq,
            message.room.as_str(),
            &*message.id,
            super::millis(message.time),
            message.author.as_str(),
            message.from.as_str(),
            message.stanza.as_str(),
        ])?;
        Ok(())
    }

    /// Another stanza for a message that is there.
    pub(super) fn replace(
        &self,
        db: &Connection,
        room: &BareJid,
        id: &str,
        stanza: &Fanout,
    ) -> rusqlite::Result<()> {
        db.prepare_cached(REPLACE)?.execute(params![
            room.as_str(),
            id,
            stanza.as_str(),
            self.indexed
        ])?;
        Ok(())
    }

    /// How many messages have no entry, at most.
    pub(super) fn unindexed(&self) -> usize {
        usize::try_from(self.next - 1 - self.indexed).unwrap_or(usize::MAX)
    }

    /// Gives all messages entries, as far as the transaction is concerned. Of two messages with one id in one room, which no
    /// room makes, the first one stays.
    pub(super) fn index(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        // A statement that ignores what cannot be need not be taken back halfway, for which SQLite would copy all that it changes.
        let indexed = tx
            .prepare_cached(
                "INSERT OR IGNORE INTO entries (room, seq, time, author, occupant, id)
                     SELECT room, seq, time, author, occupant, id FROM messages WHERE seq > ?1 ORDER BY seq",
            )?
            .execute([self.indexed])?;
        if indexed != self.unindexed() {
            let lost = tx
                .prepare_cached(
                    "DELETE FROM messages WHERE seq > ?1
                         AND NOT EXISTS (SELECT 1 FROM entries AS e WHERE e.room = messages.room AND e.seq = messages.seq)",
                )?
                .execute([self.indexed])?;
            if lost > 0 {
                tracing::error!(lost, "messages had the ids of others");
            }
        }
        tx.prepare_cached("UPDATE indexed SET seq = ?1")?
            .execute([self.next - 1])?;
        Ok(())
    }

    /// That is committed.
    pub(super) fn set_indexed(&mut self) {
        self.indexed = self.next - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{changes, schema, tests};

    fn with_room() -> (Connection, Messages) {
        let mut db = Connection::open_in_memory().expect("memory");
        schema::prepare(&mut db).expect("tables");
        let mut messages = Messages::open(&db).expect("none");
        changes::commit(&mut db, &mut messages, &[vec![tests::room()]]);
        (db, messages)
    }

    fn ids(db: &Connection, table: &str) -> Vec<String> {
        let sql = format!("SELECT id FROM {table} ORDER BY seq");
        let mut statement = db.prepare(&sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("ids")
    }

    fn append(db: &Connection, messages: &mut Messages, ids: &[&str]) {
        for id in ids {
            messages.append(db, &tests::message(id)).expect("a room");
        }
    }

    fn index(db: &Connection, messages: &mut Messages) {
        let tx = db.unchecked_transaction().expect("a transaction");
        messages.index(&tx).expect("entries");
        tx.commit().expect("kept");
        messages.set_indexed();
    }

    fn stanza(text: &str) -> Fanout {
        let xml = format!("<message xmlns='jabber:client'><body>{text}</body></message>");
        Fanout::new(&xmpp_core::xml::Element::parse(&xml).expect("XML"))
    }

    #[test]
    fn messages_get_entries_in_their_order_and_behind_those_before() {
        let (db, mut messages) = with_room();
        append(&db, &mut messages, &["z", "a", "m"]);
        assert_eq!(messages.unindexed(), 3);
        assert!(ids(&db, "entries").is_empty());
        index(&db, &mut messages);
        append(&db, &mut messages, &["b"]);
        index(&db, &mut messages);
        assert_eq!(ids(&db, "entries"), ["z", "a", "m", "b"]);
        assert_eq!(ids(&db, "messages"), ["z", "a", "m", "b"]);
        assert_eq!(messages.unindexed(), 0);
    }

    /// It would otherwise stand in the way of all that come after it.
    #[test]
    fn a_second_message_with_an_id_of_the_room_keeps_no_other_from_the_archive() {
        let (db, mut messages) = with_room();
        append(&db, &mut messages, &["a", "a", "b"]);
        index(&db, &mut messages);
        append(&db, &mut messages, &["b", "c"]);
        index(&db, &mut messages);
        assert_eq!(ids(&db, "entries"), ["a", "b", "c"]);
        assert_eq!(
            ids(&db, "messages"),
            ["a", "b", "c"],
            "none without an entry"
        );
    }

    #[test]
    fn what_follows_deleted_messages_is_not_taken_for_them() {
        let (db, mut messages) = with_room();
        append(&db, &mut messages, &["a", "b"]);
        index(&db, &mut messages);
        db.execute("DELETE FROM entries", []).expect("deleted");
        assert!(
            ids(&db, "messages").is_empty(),
            "they go with their entries"
        );
        let mut messages = Messages::open(&db).expect("a new process");
        assert_eq!(messages.unindexed(), 0);
        append(&db, &mut messages, &["c"]);
        let mut messages = Messages::open(&db).expect("another one");
        assert_eq!(messages.unindexed(), 1);
        index(&db, &mut messages);
        assert_eq!(ids(&db, "entries"), ["c"]);
    }

    #[test]
    fn a_message_can_be_replaced_before_it_has_an_entry_and_after() {
        let (db, mut messages) = with_room();
        let room = tests::message("a").room;
        append(&db, &mut messages, &["a"]);
        index(&db, &mut messages);
        append(&db, &mut messages, &["b", "c"]);
        for (id, text) in [("a", "1"), ("b", "2"), ("d", "3")] {
            messages
                .replace(&db, &room, id, &stanza(text))
                .expect("replaced, or not there");
        }
        let other = "other@rooms.localhost".parse().expect("a JID");
        messages
            .replace(&db, &other, "c", &stanza("4"))
            .expect("not there");
        let mut statement = db
            .prepare("SELECT stanza FROM messages ORDER BY seq")
            .expect("a statement");
        let found: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .expect("rows")
            .collect::<Result<_, _>>()
            .expect("stanzas");
        let untouched = tests::message("c").stanza;
        let expected = [
            stanza("1").as_str().to_owned(),
            stanza("2").as_str().to_owned(),
            untouched.as_str().to_owned(),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_message_is_replaced_without_looking_at_all_of_them() {
        let (db, _) = with_room();
        let plan = tests::plan(&db, REPLACE);
        assert!(
            plan.iter().all(|step| !step.starts_with("SCAN")),
            "{plan:?}"
        );
    }
}
