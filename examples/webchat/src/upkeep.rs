//! What the hub has kept outside of it: the list of bans; and its word that the server is to end.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Notify;

/// Where what the hub wants kept goes.
#[derive(Clone, Debug)]
pub(crate) struct Upkeep {
    /// `None`: nowhere.
    bans: Option<PathBuf>,
    /// Rings when the admin wants the server to end.
    pub(crate) asked_to_stop: Arc<Notify>,
}

impl Upkeep {
    /// Keeps things in the folder `data`, if there is one.
    pub(crate) fn new(data: Option<&Path>, asked_to_stop: Arc<Notify>) -> Self {
        Self {
            bans: data.map(|data| data.join("bans.json")),
            asked_to_stop,
        }
    }

    /// The bans that were kept.
    ///
    /// # Errors
    ///
    /// What is wrong with the file. One that is not there is empty.
    pub(crate) fn bans(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.bans else {
            return Ok(None);
        };
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read '{}': {error}", path.display())),
        }
    }

    /// Keeps the bans. It is done at once: a ban is a rare thing, and it has to hold after a crash.
    pub(crate) fn keep_bans(&self, text: &str) {
        let Some(path) = &self.bans else {
            return;
        };
        if let Err(error) = replace(path, text) {
            tracing::error!(%error, path = %path.display(), "the list of bans cannot be written");
        }
    }
}

/// Replaces a file as a whole or not at all; only the owner may read it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let next = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&next)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&next, path)
}
