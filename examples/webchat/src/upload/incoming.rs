//! A file on its way in.

use std::{fmt, fs, io};

use tokio::io::{AsyncWriteExt as _, BufWriter};

use super::folder::{Place, blocking, sync_folder};

/// Bytes collected before they are written.
const BUFFER: usize = 256 * 1024;

/// A file that is being uploaded. Dropped before [`Incoming::finish`], it leaves nothing.
pub struct Incoming {
    file: BufWriter<tokio::fs::File>,
    /// Bytes that are still to come.
    left: u64,
    // Last: the file is closed before its place is given back.
    place: Place,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// The slot's time is over.
    #[error("the slot has expired")]
    Expired,
    /// The slot was used, or is being used.
    #[error("the slot has been used")]
    Used,
    /// There is no place for so many bytes.
    #[error("the store is full")]
    Full,
    /// More bytes came than were promised.
    #[error("more bytes than promised")]
    TooMany,
    /// Fewer bytes came than were promised.
    #[error("fewer bytes than promised")]
    TooFew,
    /// The file cannot be written.
    #[error(transparent)]
    Io(io::Error),
}

impl Incoming {
    pub(super) async fn create(place: Place, size: u64, head: String) -> Result<Self, NotTaken> {
        let path = place.shared().part(place.id());
        let opened = blocking(move || {
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(path)
        });
        let file = tokio::fs::File::from_std(opened.await.map_err(NotTaken::of)?);
        let mut file = BufWriter::with_capacity(BUFFER, file);
        file.write_all(head.as_bytes())
            .await
            .map_err(NotTaken::of)?;
        Ok(Self {
            file,
            left: size,
            place,
        })
    }

    /// How many bytes are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next bytes of the file.
    ///
    /// # Errors
    ///
    /// [`NotTaken::TooMany`] when they are more than promised, else what the system says.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), NotTaken> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or(NotTaken::TooMany)?;
        self.file.write_all(bytes).await.map_err(NotTaken::of)
    }

    /// That was all: when this returns, the file lies there, whatever happens to the machine.
    ///
    /// # Errors
    ///
    /// [`NotTaken::TooFew`] when bytes are missing, else what the system says.
    pub async fn finish(mut self) -> Result<(), NotTaken> {
        if self.left > 0 {
            return Err(NotTaken::TooFew);
        }
        self.file.flush().await.map_err(NotTaken::of)?;
        let file = self.file.into_inner().into_std().await;
        let place = self.place;
        // In one piece: whoever gives up waiting leaves either a whole file that is counted, or nothing.
        blocking(move || {
            file.sync_all()?;
            let shared = place.shared();
            fs::rename(shared.part(place.id()), shared.whole(place.id()))?;
            let synced = sync_folder(shared.folder());
            place.keep();
            synced
        })
        .await
        .map_err(NotTaken::of)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("id", &self.place.id())
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl NotTaken {
    fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}
