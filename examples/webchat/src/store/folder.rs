//! The folder of a domain: made with narrow rights, and used by one process at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::OpenError;

/// The database's file.
const DATABASE: &str = "rooms.db";
/// The file that says that a process is here. It stays when the process ends; what counts is who has it locked.
const LOCK: &str = "lock";

/// A domain's folder, held by this process until this is dropped (or the process ends, however it does).
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes hold of the folder; makes it if it is not there.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let fail = |source| OpenError::Folder {
            path: path.to_owned(),
            source,
        };
        make(path).map_err(fail)?;
        let lock = private_file(&path.join(LOCK)).map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // SQLite gives its other files the rights of this one.
        private_file(&path.join(DATABASE)).map_err(fail)?;
        // The names of new files must outlive a power cut as their content does.
        sync(path).map_err(fail)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// Makes the folder and those above it; what is said in rooms is nobody else's business on this machine.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    for above in path.ancestors().skip(1) {
        let above = if above.as_os_str().is_empty() {
            Path::new(".")
        } else {
            above
        };
        sync(above)?;
    }
    Ok(())
}

/// A file that only this user may read; a new one is empty.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time() {
        let data = tempfile::tempdir().expect("a folder");
        let path = data.path().join("webchat-data/chat.example");
        let held = Folder::open(&path).expect("free");
        let error = Folder::open(&path).expect_err("held");
        assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
        assert!(error.to_string().contains("chat.example"), "{error}");
        drop(held);
        Folder::open(&path).expect("free again");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_may_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().expect("a folder");
        let path = data.path().join("webchat-data");
        let folder = Folder::open(&path).expect("free");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&folder.database()), 0o600);
    }
}
