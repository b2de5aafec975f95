//! A file as it lies on disk: one line about it, then its bytes.

use std::{
    fs,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use serde::{Deserialize, Serialize};
use xmpp_core::Timestamp;

use super::{FileName, MediaType, Slot};

/// What the line starts with.
const MAGIC: &str = "webchat-upload 1 ";
/// The longest line, its end included: names and types are short.
const MAX_LINE: usize = 4096;

/// A file that may be served.
#[derive(Debug)]
pub struct Stored {
    /// Under which it is shown.
    pub name: FileName,
    /// Of which type it is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub size: u64,
    /// When it was uploaded.
    pub stored: Timestamp,
    /// When it will be removed.
    pub until: Timestamp,
    /// The open file, at its first byte.
    pub file: fs::File,
    /// Where its first byte stands.
    pub(super) offset: u64,
}

impl Stored {
    /// Moves to byte `start`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn seek(&mut self, start: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.offset + start))?;
        Ok(())
    }
}

/// The line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) r#type: String,
    pub(super) size: u64,
    /// In milliseconds since 1970.
    pub(super) stored: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<u64>,
}

impl Line {
    pub(super) fn new(slot: &Slot, now: Timestamp) -> Self {
        Self {
            name: slot.name.as_str().to_owned(),
            r#type: slot.media_type.as_str().to_owned(),
            size: slot.size,
            stored: now.as_millis(),
            until: slot.until.map(Timestamp::as_millis),
        }
    }

    /// The line with its end.
    pub(super) fn text(&self) -> io::Result<String> {
        Ok(format!("{MAGIC}{}\n", serde_json::to_string(self)?))
    }

    /// When the file is to be removed, where files are kept for `retention`.
    pub(super) fn until(&self, retention: std::time::Duration) -> Timestamp {
        let kept = Timestamp::from_millis(self.stored).saturating_add(retention);
        let asked = self.until.map(Timestamp::from_millis);
        asked.map_or(kept, |asked| asked.min(kept))
    }
}

/// Opens the file at `path`: its line, and the file at its first byte. What is no whole file of ours is
/// [`io::ErrorKind::InvalidData`].
pub(super) fn open(path: &Path) -> io::Result<(Line, u64, fs::File)> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let mut file = fs::File::open(path)?;
    let mut head = Vec::with_capacity(MAX_LINE);
    (&mut file).take(MAX_LINE as u64).read_to_end(&mut head)?;
    let end = head.iter().position(|b| *b == b'\n').ok_or_else(invalid)?;
    let json = head[..end]
        .strip_prefix(MAGIC.as_bytes())
        .ok_or_else(invalid)?;
    let line: Line = serde_json::from_slice(json)?;
    let offset = end as u64 + 1;
    if file.metadata()?.len() != offset.saturating_add(line.size) {
        return Err(invalid());
    }
    file.seek(SeekFrom::Start(offset))?;
    Ok((line, offset, file))
}
