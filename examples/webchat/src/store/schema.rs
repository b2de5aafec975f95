//! The tables, and how a file of an older version becomes one of today's.

use rusqlite::{Connection, TransactionBehavior};

/// Marks a file as ours (`PRAGMA application_id`): "wcht".
const APPLICATION: i64 = 0x7763_6874;

/// One step per version of the schema; a step that was released is never changed. `PRAGMA user_version` counts the
/// steps that a file has behind it.
const STEPS: [&str; 3] = [
    // A room that is deleted loses its address at once and its messages bit by bit.
    //
    // `seq` is the archive's order: that of acceptance. The time may jump back with the machine's clock, and the id is
    // random. Nobody outside sees it.
    //
    // The indexes hold all that a selection looks at, so that counting reads no message, and a page only its own.
    "CREATE TABLE rooms (
        key      INTEGER PRIMARY KEY,
        jid      TEXT UNIQUE,
        snapshot TEXT,
        CHECK ((jid IS NULL) = (snapshot IS NULL))
    ) STRICT;
    CREATE INDEX rooms_deleted ON rooms (key) WHERE jid IS NULL;
    CREATE TABLE messages (
        seq      INTEGER PRIMARY KEY,
        room     INTEGER NOT NULL REFERENCES rooms (key),
        id       TEXT NOT NULL,
        time     INTEGER NOT NULL,
        user     TEXT NOT NULL,
        author   TEXT NOT NULL,
        occupant TEXT NOT NULL,
        stanza   TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX messages_by_id ON messages (room, id);
    CREATE INDEX messages_by_room ON messages (room, seq, time);
    CREATE INDEX messages_by_occupant ON messages (room, occupant, seq, time);
    CREATE INDEX messages_by_user ON messages (room, user, seq, time);
    CREATE INDEX messages_by_time ON messages (time);",
    // `fresh` holds what was said last, until it is moved to `messages`; its order is that of acceptance, too.
    //
    // One index serves all selections but those by id: the fewer there are, the less a message costs.
    "CREATE TABLE fresh (
        seq      INTEGER PRIMARY KEY,
        room     INTEGER NOT NULL,
        id       TEXT NOT NULL,
        time     INTEGER NOT NULL,
        user     TEXT NOT NULL,
        author   TEXT NOT NULL,
        occupant TEXT NOT NULL,
        stanza   TEXT NOT NULL
    ) STRICT;
    DROP INDEX messages_by_occupant;
    DROP INDEX messages_by_user;
    DROP INDEX messages_by_room;
    CREATE INDEX messages_by_room ON messages (room, seq, time, user, occupant);",
    // A message is written once, to the end of `messages`, which has no index; `entries` is what finds it, and is written
    // later (`messages.rs`). `indexed` has the last `seq` whose entry was written, even if both are gone by now. An entry has
    // all that a selection looks at, and whoever deletes it deletes its message.
    //
    // What is checked at a transaction's end cannot fail before: SQLite then keeps no copy of the pages that a statement changes.
    "ALTER TABLE messages RENAME TO old;
    CREATE TABLE messages (
        seq      INTEGER PRIMARY KEY,
        room     INTEGER NOT NULL,
        id       TEXT NOT NULL,
        time     INTEGER NOT NULL,
        author   TEXT NOT NULL,
        occupant TEXT NOT NULL,
        stanza   TEXT NOT NULL
    ) STRICT;
    INSERT INTO messages (seq, room, id, time, author, occupant, stanza)
        SELECT seq, room, id, time, author, occupant, stanza FROM old;
    DROP TABLE old;
    CREATE TABLE entries (
        room     INTEGER NOT NULL REFERENCES rooms (key) DEFERRABLE INITIALLY DEFERRED,
        seq      INTEGER NOT NULL,
        time     INTEGER NOT NULL,
        author   TEXT NOT NULL,
        occupant TEXT NOT NULL,
        id       TEXT NOT NULL,
        PRIMARY KEY (room, seq)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO entries (room, seq, time, author, occupant, id)
        SELECT room, seq, time, author, occupant, id FROM messages ORDER BY room, seq;
    CREATE UNIQUE INDEX entries_by_id ON entries (room, id);
    CREATE INDEX entries_by_time ON entries (time);
    CREATE TRIGGER entries_deleted AFTER DELETE ON entries BEGIN
        DELETE FROM messages WHERE seq = OLD.seq;
    END;
    CREATE TABLE indexed (seq INTEGER NOT NULL) STRICT;
    INSERT INTO indexed SELECT coalesce(max(seq), 0) FROM messages;
    INSERT INTO messages (room, id, time, author, occupant, stanza)
        SELECT room, id, time, author, occupant, stanza FROM fresh ORDER BY seq;
    DROP TABLE fresh;",
];

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// It belongs to another program.
    Foreign,
    /// A newer version of this program wrote it, with so many steps.
    Newer(i64),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Brings a file to today's schema; an empty one gets it from the start. All or nothing.
pub(super) fn prepare(db: &mut Connection) -> Result<(), Unusable> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number = |pragma| tx.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_new = application == 0 && version == 0 && tables == 0;
    if !is_new && application != APPLICATION {
        return Err(Unusable::Foreign);
    }
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(missing) = STEPS.get(done..) else {
        return Err(Unusable::Newer(version));
    };
    for step in missing {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", version_of(STEPS.len()))?;
    tx.commit()?;
    Ok(())
}

/// The version that this program writes.
pub(super) fn current() -> i64 {
    version_of(STEPS.len())
}

fn version_of(steps: usize) -> i64 {
    i64::try_from(steps).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::messages::Messages;

    fn memory() -> Connection {
        Connection::open_in_memory().expect("memory")
    }

    #[test]
    fn a_prepared_file_is_left_as_it_is() {
        let mut db = memory();
        prepare(&mut db).expect("a new one");
        db.execute("INSERT INTO rooms (jid, snapshot) VALUES ('a@b', '{}')", [])
            .expect("a room");
        prepare(&mut db).expect("an old one");
        let rooms: i64 = db
            .query_row("SELECT count(*) FROM rooms", [], |row| row.get(0))
            .expect("a count");
        assert_eq!(rooms, 1);
    }

    /// A file as the program wrote it that knew so many steps, with what else is in it.
    fn of_version(steps: usize, content: &str) -> Connection {
        let db = memory();
        for step in &STEPS[..steps] {
            db.execute_batch(step).expect("the tables of then");
        }
        db.execute_batch(content).expect("the rows of then");
        db.pragma_update(None, "application_id", APPLICATION)
            .expect("a pragma");
        db.pragma_update(None, "user_version", version_of(steps))
            .expect("a pragma");
        db
    }

    /// The ids in a table, in the archive's order.
    fn ids(db: &Connection, table: &str) -> Vec<(i64, String)> {
        let sql = format!("SELECT seq, id FROM {table} ORDER BY seq");
        let mut statement = db.prepare(&sql).expect("a statement");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.expect("rows").collect::<Result<_, _>>().expect("ids")
    }

    #[test]
    fn a_file_of_the_first_version_keeps_what_is_in_it() {
        let mut db = of_version(
            1,
            "INSERT INTO rooms (jid, snapshot) VALUES ('a@b', '{}');
             INSERT INTO messages (room, id, time, user, author, occupant, stanza)
                 VALUES (1, 'x', 5, 'u@b', 'u@b/r', 'a@b/n', '<message/>');",
        );
        prepare(&mut db).expect("an older one");
        let found: (String, String, i64) = db
            .query_row(
                "SELECT occupant, author, seq FROM entries WHERE room = 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .expect("the message");
        assert_eq!(found, ("a@b/n".to_owned(), "u@b/r".to_owned(), 1));
        let shape = |db: &Connection| -> Vec<String> {
            let mut statement = db
                .prepare("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name")
                .expect("a statement");
            let rows = statement.query_map([], |row| row.get(0)).expect("rows");
            rows.collect::<Result<_, _>>().expect("the schema")
        };
        let mut new = memory();
        prepare(&mut new).expect("a new one");
        assert_eq!(shape(&db), shape(&new));
    }

    #[test]
    fn messages_that_the_second_version_had_not_moved_yet_follow_those_that_it_had() {
        let mut db = of_version(
            2,
            "INSERT INTO rooms (jid, snapshot) VALUES ('a@b', '{}');
             INSERT INTO messages (seq, room, id, time, user, author, occupant, stanza)
                 VALUES (3, 1, 'x', 5, 'u@b', 'u@b/r', 'a@b/n', '<message/>'),
                        (7, 1, 'w', 5, 'u@b', 'u@b/r', 'a@b/n', '<message/>');
             INSERT INTO fresh (room, id, time, user, author, occupant, stanza)
                 VALUES (1, 'v', 5, 'u@b', 'u@b/r', 'a@b/n', '<message/>'),
                        (1, 'x', 5, 'u@b', 'u@b/r', 'a@b/n', '<message/>'),
                        (1, 'u', 5, 'u@b', 'u@b/r', 'a@b/n', '<message/>');",
        );
        prepare(&mut db).expect("an older one");
        let name = |(seq, id): (i64, &str)| (seq, id.to_owned());
        assert_eq!(ids(&db, "entries"), [(3, "x"), (7, "w")].map(name));
        let mut messages = Messages::open(&db).expect("the messages");
        assert_eq!(messages.unindexed(), 3);
        let tx = db.unchecked_transaction().expect("a transaction");
        messages.index(&tx).expect("entries");
        tx.commit().expect("kept");
        messages.set_indexed();
        let all = [(3, "x"), (7, "w"), (8, "v"), (10, "u")].map(name);
        assert_eq!(ids(&db, "entries"), all);
        assert_eq!(ids(&db, "messages"), all, "nor is one whose id was there");
    }

    #[test]
    fn a_newer_file_and_a_foreign_one_are_left_alone() {
        let mut db = memory();
        prepare(&mut db).expect("a new one");
        db.pragma_update(None, "user_version", current() + 1)
            .expect("a pragma");
        let newer = prepare(&mut db);
        assert!(matches!(newer, Err(Unusable::Newer(v)) if v == current() + 1));

        let mut db = memory();
        db.execute_batch("CREATE TABLE other (x)").expect("a table");
        assert!(matches!(prepare(&mut db), Err(Unusable::Foreign)));
        let tables: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .expect("a count");
        assert_eq!(tables, 1);
    }
}
