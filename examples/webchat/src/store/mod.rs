//! What outlives the process: rooms and their archives, in SQLite.
//!
//! Each domain has a folder and in it one database, `rooms.db`. A commit is on the disk before anybody hears of it: the
//! hub waits for [`Committed`] with everything that the commit lets out (MUC GC8, PE2). Commits that come while another
//! one is under way share the next transaction, and so its wait for the disk.
//!
//! What sharing is worth (`cargo bench -p webchat --bench store`): 6,400 messages a second with a transaction for each, 45,000 with 8 in
//! one, 200,000 with 64, 370,000 with 512. Messages get their entries in the archive later, many at a time (`messages`). A page of 50 out of
//! 100,000 messages takes 4 to 5 ms, most of it for counting, on the thread that reads.
//!
//! - [`Database`]: the file, with calls that block.
//! - `Store`: the threads that make them: one writes, one reads archives, so that no commit waits for a reader.

mod archive;
mod changes;
mod database;
mod folder;
mod messages;
mod retention;
mod schema;
#[cfg(test)]
mod tests;
mod worker;

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;
use xmpp_core::Timestamp;

pub(crate) use self::worker::{Done, Store};
pub use self::{
    changes::{Change, Committed},
    database::{Database, StoredRoom},
    retention::Retention,
};

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder, or the files in it.
    #[error("cannot use the folder '{}': {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has it.
    #[error("the folder '{}' is in use by another process", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file may not be written.
    #[error("'{}' is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file is broken.
    #[error("'{}' is damaged ({detail}): put a copy in its place, or move it away to begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The file is none of this program's.
    #[error("'{}' is the database of another program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is one of a later version of this program.
    #[error("'{}' was written by a newer version of this program (schema {found}; this one knows {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The newest one that this program knows.
        known: i64,
    },
    /// The folder is on a file system that cannot share memory between processes.
    #[error("'{}' has no write-ahead log: its file system does not allow one", path.display())]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
    },
    /// There cannot be another thread.
    #[error("cannot start a thread: {source}")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
    /// Anything else.
    #[error("cannot open '{}': {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl OpenError {
    fn of(path: &Path, error: schema::Unusable) -> Self {
        let path = path.to_owned();
        match error {
            schema::Unusable::Foreign => Self::Foreign { path },
            schema::Unusable::Newer(found) => Self::Newer {
                path,
                found,
                known: schema::current(),
            },
            schema::Unusable::Sqlite(source) => match source.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged {
                    path,
                    detail: source.to_string(),
                },
                Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
                _ => Self::Database { path, source },
            },
        }
    }
}

/// A time as SQL compares it.
fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
