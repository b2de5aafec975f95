//! One database: in a file, or in memory.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use xmpp_core::{BareJid, Timestamp};
use xmpp_muc::{ArchiveAnswer, ArchiveReadError, ArchiveRequest, RoomSnapshot, StoredMessage};

use super::{
    Change, Committed, OpenError, Retention, archive, changes, folder::Folder, messages::Messages,
    retention::Round, schema,
};

/// How long another program (a backup, a shell) may hold the file locked before something fails.
const BUSY: Duration = Duration::from_secs(10);
/// Milliseconds within which a message that is sent again is recognised.
const RECENT: i64 = 5 * 60 * 1000;
/// Prepared statements that are kept: about as many as there are kinds of archive queries.
const STATEMENTS: usize = 128;
/// What the write-ahead log may keep of the disk once it was larger.
const LOG_BYTES: i64 = 16 * 1024 * 1024;
/// Pages of the log, of 4 KiB, after which it is written into the file: as many as fit into [`LOG_BYTES`]. A page that was
/// written often until then is written once.
const LOG_PAGES: i64 = 4000;
/// KiB of pages that are kept, where they are used: of every room in which somebody speaks, the ends of its indices are.
const CACHE_KIB: i64 = 8000;

/// What is stored of the rooms of one domain. Its calls block.
#[derive(Debug)]
pub struct Database {
    db: Connection,
    folder: Option<Folder>,
    messages: Messages,
}

/// A room as it was found.
#[derive(Debug)]
pub struct StoredRoom {
    /// The room.
    pub room: BareJid,
    /// Its state; `None` where it cannot be read, which is in the log.
    pub snapshot: Option<RoomSnapshot>,
    /// Its last messages.
    pub history: Vec<StoredMessage>,
}

impl Database {
    /// Takes hold of a folder, which is made if it is not there, and opens the database in it.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says what is in the way. Nothing is repaired, and nothing is begun anew over what is there.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let folder = Folder::open(folder)?;
        let path = folder.database();
        let fail = |error| OpenError::of(&path, error);
        let mut db = Connection::open(&path).map_err(|error| fail(error.into()))?;
        configure(&db).map_err(|error| fail(error.into()))?;
        if db.is_readonly("main").unwrap_or(true) {
            return Err(OpenError::ReadOnly { path });
        }
        let mode: String = db
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
            .map_err(|error| fail(error.into()))?;
        if mode != "wal" {
            return Err(OpenError::NoWriteAheadLog { path });
        }
        let complaint: String = db
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| fail(error.into()))?;
        if complaint != "ok" {
            return Err(OpenError::Damaged {
                path,
                // The line before says which database, as if there were several.
                detail: complaint.lines().last().unwrap_or_default().to_owned(),
            });
        }
        schema::prepare(&mut db).map_err(fail)?;
        let messages = Messages::open(&db).map_err(|error| fail(error.into()))?;
        Ok(Self {
            db,
            folder: Some(folder),
            messages,
        })
    }

    /// One that ends with the process.
    ///
    /// # Panics
    ///
    /// If there is no memory for an empty database.
    pub fn in_memory() -> Self {
        const EMPTY: &str = "an empty database in memory needs nothing that could be missing";
        let mut db = Connection::open_in_memory().expect(EMPTY);
        configure(&db).expect(EMPTY);
        schema::prepare(&mut db).expect(EMPTY);
        let messages = Messages::open(&db).expect(EMPTY);
        Self {
            db,
            folder: None,
            messages,
        }
    }

    /// A second connection, to read the archive while the first one writes. `None` for one in memory.
    pub(super) fn reader(&self) -> Result<Option<Reader>, OpenError> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let path = folder.database();
        let open = || {
            // It never writes, but must be able to take part in the write-ahead log.
            let db = Connection::open_with_flags(
                &path,
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            configure(&db)?;
            db.pragma_update(None, "query_only", true)?;
            Ok(Reader { db })
        };
        open()
            .map(Some)
            .map_err(|error: rusqlite::Error| OpenError::of(&path, error.into()))
    }

    /// Makes commits durable, in this order: each wholly or not at all.
    pub fn commit(&mut self, commits: &[Vec<Change>]) -> Committed {
        changes::commit(&mut self.db, &mut self.messages, commits)
    }

    /// How many messages wait for [`Database::index`], at most.
    pub(super) fn unindexed(&self) -> usize {
        self.messages.unindexed()
    }

    /// Lets the archive find what [`Database::commit`] stored.
    pub(super) fn index(&mut self) -> rusqlite::Result<()> {
        if self.unindexed() > 0 {
            self.whole()?.commit()?;
            self.messages.set_indexed();
        }
        Ok(())
    }

    /// A transaction in which the archive has all that was committed. If it is not committed itself, nothing has changed, and
    /// nothing was written either: that needs no place on the disk.
    fn whole(&self) -> rusqlite::Result<Transaction<'_>> {
        if self.unindexed() == 0 {
            return self.db.unchecked_transaction();
        }
        let tx = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?;
        self.messages.index(&tx)?;
        Ok(tx)
    }

    /// Reads the archive of a room.
    ///
    /// # Errors
    ///
    /// [`ArchiveReadError::UnknownId`], and [`ArchiveReadError::Failed`] after a line in the log.
    pub fn read(
        &self,
        room: &BareJid,
        request: &ArchiveRequest,
    ) -> Result<ArchiveAnswer, ArchiveReadError> {
        answer(self.whole(), room, request)
    }

    /// All rooms, each with its last messages: `history` of them, and those of the last five minutes, by which a
    /// message that is sent again is recognised.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the database cannot be read. A room whose state makes no sense is given without it.
    pub fn rooms(&self, history: usize, now: Timestamp) -> Result<Vec<StoredRoom>, OpenError> {
        self.read_rooms(history, now).map_err(|error| {
            let path = self.folder.as_ref().map(Folder::database);
            OpenError::of(&path.unwrap_or_default(), error.into())
        })
    }

    fn read_rooms(&self, history: usize, now: Timestamp) -> rusqlite::Result<Vec<StoredRoom>> {
        let db = self.whole()?;
        let recent = super::millis(now).saturating_sub(RECENT);
        let mut statement =
            db.prepare("SELECT key, jid, snapshot FROM rooms WHERE jid IS NOT NULL ORDER BY jid")?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (key, jid): (i64, String) = (row.get(0)?, row.get(1)?);
            let room = match BareJid::new(&jid) {
                Ok(room) => room,
                // Nobody can enter under an address that is none.
                Err(error) => {
                    tracing::error!(room = jid, %error, "a stored room has no usable address");
                    continue;
                }
            };
            let snapshot = match serde_json::from_str::<RoomSnapshot>(&row.get::<_, String>(2)?) {
                Ok(snapshot) => Some(snapshot),
                Err(error) => {
                    tracing::error!(%room, %error, "the state of the room cannot be read");
                    None
                }
            };
            let history = match snapshot {
                Some(_) => archive::latest(&db, &room, key, history, recent)?,
                None => Vec::new(),
            };
            found.push(StoredRoom {
                room,
                snapshot,
                history,
            });
        }
        Ok(found)
    }

    /// Deletes all that is not to be kept (any longer).
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn forget(&mut self, retention: Retention, now: Timestamp) -> Result<(), rusqlite::Error> {
        let mut round = Round::new(retention, now);
        while self.forget_some(&mut round)? {}
        Ok(())
    }

    pub(super) fn forget_some(&mut self, round: &mut Round) -> rusqlite::Result<bool> {
        if round.is_at_rooms() {
            self.index()?;
        }
        round.step(&self.db)
    }
}

/// The connection that reads.
#[derive(Debug)]
pub(super) struct Reader {
    db: Connection,
}

impl Reader {
    pub(super) fn read(
        &self,
        room: &BareJid,
        request: &ArchiveRequest,
    ) -> Result<ArchiveAnswer, ArchiveReadError> {
        answer(self.db.unchecked_transaction(), room, request)
    }
}

fn answer(
    tx: rusqlite::Result<Transaction<'_>>,
    room: &BareJid,
    request: &ArchiveRequest,
) -> Result<ArchiveAnswer, ArchiveReadError> {
    let answer = tx.map_err(archive::ReadError::from);
    answer
        .and_then(|tx| archive::read(&tx, room, request))
        .map_err(|error| {
            if !matches!(error, archive::ReadError::UnknownId) {
                tracing::error!(%room, %error, "the archive cannot be read");
            }
            error.into()
        })
}

fn configure(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    // With the write-ahead log, a commit is on the disk when it returns.
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // What was deleted is not left lying about in the file, nor is the place from which messages were moved.
    db.pragma_update(None, "secure_delete", true)?;
    db.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    // A negative number is one of KiB.
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // What a damaged file says of itself is not to be trusted.
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    Ok(())
}
