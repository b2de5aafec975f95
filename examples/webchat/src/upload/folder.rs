//! The folder that files lie in.

use std::{
    collections::{HashMap, HashSet},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use xmpp_core::Timestamp;

use super::{
    FileName, Incoming, MediaType, NotTaken, Slot, Stored, UploadId,
    stored::{self, Line},
};

/// How the name of a whole file ends, and that of one that is being written.
const WHOLE: &str = ".file";
const PART: &str = ".part";

/// The folder of uploaded files. Clones are the same folder.
///
/// A file lies there whole or not at all: it is written under another name, synced and renamed. Its name is its slot's
/// random id; nothing that a peer says is ever part of a path.
#[derive(Clone)]
pub struct Folder(Arc<Shared>);

/// How many bytes the files of a folder have, as it stands at the moment.
#[derive(Clone, Debug, Default)]
pub struct Usage(Arc<AtomicU64>);

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It cannot be made or read.
    #[error("the folder of uploads, '{}': {source}", path.display())]
    Io {
        /// The folder, or what is in it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another program has it.
    #[error("the folder of uploads, '{}', is in use by another server", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

pub(super) struct Shared {
    path: PathBuf,
    capacity: u64,
    retention: Duration,
    usage: Usage,
    index: Mutex<Index>,
    /// Locked as long as the folder is in use.
    _lock: fs::File,
}

#[derive(Default)]
struct Index {
    files: HashMap<UploadId, Entry>,
    /// What is being written.
    arriving: HashSet<UploadId>,
    /// Bytes of the files, and of those that are being written, as they will be.
    bytes: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    bytes: u64,
    until: Timestamp,
}

impl Folder {
    /// Opens the folder at `path`, which is made if there is none: removes what was left half-written, and what has
    /// expired, and counts the rest. It takes up to `capacity` bytes and keeps each file for `retention`.
    ///
    /// # Errors
    ///
    /// [`FolderError`] when the folder cannot be used.
    pub async fn open(
        path: PathBuf,
        capacity: u64,
        retention: Duration,
        now: Timestamp,
    ) -> Result<Self, FolderError> {
        let folder = blocking(move || Self::open_now(path, capacity, retention)).await?;
        folder.remove_expired(now).await;
        Ok(folder)
    }

    /// The folder, for who does not keep it open.
    pub(super) fn downgrade(&self) -> Weak<Shared> {
        Arc::downgrade(&self.0)
    }

    /// The folder, if it is still in use.
    pub(super) fn upgrade(folder: &Weak<Shared>) -> Option<Self> {
        folder.upgrade().map(Self)
    }

    /// The count of bytes, which goes on with the folder.
    pub fn usage(&self) -> Usage {
        self.0.usage.clone()
    }

    /// Begins to write the file of `slot`.
    ///
    /// # Errors
    ///
    /// [`NotTaken`] when the slot cannot be used now.
    pub async fn begin(&self, now: Timestamp, slot: &Slot) -> Result<Incoming, NotTaken> {
        let line = Line::new(slot, now);
        let head = line.text().map_err(NotTaken::Io)?;
        let entry = Entry {
            bytes: slot.size.saturating_add(head.len() as u64),
            until: line.until(self.0.retention),
        };
        if now > slot.expires || entry.until <= now {
            return Err(NotTaken::Expired);
        }
        let place = Place::reserve(&self.0, slot.id, entry)?;
        Incoming::create(place, slot.size, head).await
    }

    /// The file that was uploaded as `name` under `id`; `None` when there is none, or none any more.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub async fn get(
        &self,
        now: Timestamp,
        id: UploadId,
        name: &str,
    ) -> io::Result<Option<Stored>> {
        let entry = self.0.index().files.get(&id).copied();
        let Some(entry) = entry.filter(|entry| entry.until > now) else {
            return Ok(None);
        };
        let path = self.0.whole(id);
        let opened = blocking(move || stored::open(&path)).await;
        let (line, offset, file) = match opened {
            Ok(opened) => opened,
            // Removed by hand, or between two looks.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // What the link calls it is what was signed: nobody gives somebody else's file another name.
        if line.name != name {
            return Ok(None);
        }
        let invalid = || io::Error::from(io::ErrorKind::InvalidData);
        Ok(Some(Stored {
            name: FileName::new(&line.name).map_err(|_| invalid())?,
            media_type: MediaType::parse(&line.r#type).ok_or_else(invalid)?,
            size: line.size,
            stored: Timestamp::from_millis(line.stored),
            until: entry.until,
            file,
            offset,
        }))
    }

    /// Removes what has expired; how many files that were.
    pub async fn remove_expired(&self, now: Timestamp) -> usize {
        let expired: Vec<UploadId> = {
            let index = self.0.index();
            let expired = index.files.iter().filter(|(_, entry)| entry.until <= now);
            expired.map(|(id, _)| *id).collect()
        };
        let mut removed = 0;
        for id in expired {
            let path = self.0.whole(id);
            match blocking(move || fs::remove_file(path)).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    // It is not served any more, and tried again next time.
                    tracing::warn!(?id, %error, "an expired upload cannot be removed");
                }
                _ => {
                    let mut index = self.0.index();
                    if let Some(entry) = index.files.remove(&id) {
                        index.bytes = index.bytes.saturating_sub(entry.bytes);
                        removed += 1;
                    }
                    self.0.count(&index);
                }
            }
        }
        removed
    }

    fn open_now(path: PathBuf, capacity: u64, retention: Duration) -> Result<Self, FolderError> {
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Io { path, source }
        };
        make_private(&path).map_err(fail(&path))?;
        let lock = fs::File::create(path.join("lock")).map_err(fail(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(FolderError::InUse { path }),
            Err(fs::TryLockError::Error(error)) => return Err(fail(&path)(error)),
        }
        let mut index = Index::default();
        for found in fs::read_dir(&path).map_err(fail(&path))? {
            let found = found.map_err(fail(&path))?;
            let name = found.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(PART) {
                fs::remove_file(found.path()).map_err(fail(&found.path()))?;
                tracing::info!("an upload that was broken off is removed");
            } else if let Some(id) = name.strip_suffix(WHOLE).and_then(UploadId::parse) {
                let entry = Entry::read(&found, retention).map_err(fail(&found.path()))?;
                index.bytes = index.bytes.saturating_add(entry.bytes);
                index.files.insert(id, entry);
            }
        }
        let shared = Shared {
            path,
            capacity,
            retention,
            usage: Usage::default(),
            index: Mutex::default(),
            _lock: lock,
        };
        shared.count(&index);
        *shared.index() = index;
        Ok(Self(Arc::new(shared)))
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder")
            .field("path", &self.0.path)
            .field("bytes", &self.0.usage.bytes())
            .finish_non_exhaustive()
    }
}

impl Usage {
    /// Bytes of the files that lie there, and of those that are being written as they will be.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Entry {
    /// What is known of a file that was found. One that cannot be read takes its place until it expires.
    fn read(found: &fs::DirEntry, retention: Duration) -> io::Result<Self> {
        let metadata = found.metadata()?;
        let until = match stored::open(&found.path()) {
            Ok((line, ..)) => line.until(retention),
            Err(error) => {
                tracing::warn!(path = %found.path().display(), %error, "an upload that cannot be served");
                let written = metadata.modified()?;
                let since = written.duration_since(std::time::UNIX_EPOCH);
                Timestamp::from_millis(0)
                    .saturating_add(since.unwrap_or_default())
                    .saturating_add(retention)
            }
        };
        Ok(Self {
            bytes: metadata.len(),
            until,
        })
    }
}

impl Shared {
    pub(super) fn whole(&self, id: UploadId) -> PathBuf {
        self.path.join(format!("{id}{WHOLE}"))
    }

    pub(super) fn part(&self, id: UploadId) -> PathBuf {
        self.path.join(format!("{id}{PART}"))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.path
    }

    /// The index. A thread that panicked with it left it whole: every change is one insertion or removal.
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, index: &Index) {
        self.usage.0.store(index.bytes, Ordering::Relaxed);
    }
}

/// The place that a file which is being written has in the folder; given back when dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    id: UploadId,
    entry: Entry,
    kept: bool,
}

impl Place {
    fn reserve(shared: &Arc<Shared>, id: UploadId, entry: Entry) -> Result<Self, NotTaken> {
        let mut index = shared.index();
        if index.files.contains_key(&id) || index.arriving.contains(&id) {
            return Err(NotTaken::Used);
        }
        let bytes = index.bytes.saturating_add(entry.bytes);
        if bytes > shared.capacity {
            return Err(NotTaken::Full);
        }
        index.bytes = bytes;
        index.arriving.insert(id);
        shared.count(&index);
        Ok(Self {
            shared: Arc::clone(shared),
            id,
            entry,
            kept: false,
        })
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn id(&self) -> UploadId {
        self.id
    }

    /// The file lies there whole.
    pub(super) fn keep(mut self) {
        let mut index = self.shared.index();
        index.arriving.remove(&self.id);
        index.files.insert(self.id, self.entry);
        drop(index);
        self.kept = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = fs::remove_file(self.shared.part(self.id))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(id = ?self.id, %error, "a broken upload cannot be removed");
        }
        let mut index = self.shared.index();
        index.arriving.remove(&self.id);
        index.bytes = index.bytes.saturating_sub(self.entry.bytes);
        self.shared.count(&index);
    }
}

/// A folder, and those it is in, that its owner alone can read.
fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes sure that the names in a folder outlive a power cut.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Other systems do not open folders.
    #[cfg(unix)]
    fs::File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Does what blocks where it may block.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down; so is whoever waits for this.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure_random;

    const DAY: Duration = Duration::from_hours(24);

    fn at(days: u32) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).saturating_add(days * DAY)
    }

    fn slot(size: u64) -> Slot {
        Slot {
            id: UploadId::generate(&mut secure_random()),
            name: FileName::new("a.txt").expect("a name"),
            size,
            media_type: MediaType::parse("text/plain").expect("a type"),
            expires: at(0).saturating_add(Duration::from_mins(5)),
            until: None,
        }
    }

    async fn open(dir: &Path, now: Timestamp) -> Folder {
        Folder::open(dir.join("upload"), 1000, 7 * DAY, now)
            .await
            .expect("a folder")
    }

    async fn put(folder: &Folder, slot: &Slot, content: &[u8]) -> Result<(), NotTaken> {
        let mut incoming = folder.begin(at(0), slot).await?;
        incoming.write(content).await?;
        incoming.finish().await
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir.join("upload"))
            .expect("the folder")
            .map(|found| {
                found
                    .expect("a file")
                    .file_name()
                    .into_string()
                    .expect("ASCII")
            })
            .filter(|name| name != "lock")
            .collect();
        names.sort();
        names
    }

    async fn has(folder: &Folder, now: Timestamp, slot: &Slot) -> bool {
        let got = folder.get(now, slot.id, "a.txt").await;
        got.expect("no error").is_some()
    }

    #[tokio::test]
    async fn a_file_comes_back_as_it_went_in() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = open(dir.path(), at(0)).await;
        let slot = slot(5);
        put(&folder, &slot, b"hello").await.expect("stored");
        assert_eq!(names(dir.path()), [format!("{}.file", slot.id)]);
        let mut stored = folder
            .get(at(1), slot.id, "a.txt")
            .await
            .expect("no error")
            .expect("the file");
        let mut text = String::new();
        stored.seek(1).expect("a position");
        io::Read::read_to_string(&mut stored.file, &mut text).expect("text");
        assert_eq!(text, "ello");
        assert_eq!((stored.size, stored.until), (5, at(7)));
        assert_eq!(stored.media_type.as_str(), "text/plain");
        let other = folder.get(at(1), slot.id, "a.html").await;
        assert!(other.expect("no error").is_none(), "another name");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode =
                |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode(&folder.0.path), 0o700);
            assert_eq!(mode(&folder.0.whole(slot.id)), 0o600);
        }
    }

    #[tokio::test]
    async fn what_is_broken_off_leaves_nothing_and_may_be_tried_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = open(dir.path(), at(0)).await;
        let slot = slot(5);
        assert!(matches!(
            put(&folder, &slot, b"hell").await,
            Err(NotTaken::TooFew)
        ));
        assert!(matches!(
            put(&folder, &slot, b"hello!").await,
            Err(NotTaken::TooMany)
        ));
        let mut incoming = folder.begin(at(0), &slot).await.expect("begun");
        incoming.write(b"he").await.expect("written");
        assert_eq!(names(dir.path()), [format!("{}.part", slot.id)]);
        assert!(folder.usage().bytes() > 5, "its place is reserved");
        assert!(!has(&folder, at(0), &slot).await, "not before it is whole");
        drop(incoming);
        assert_eq!(names(dir.path()), [""; 0]);
        assert_eq!(folder.usage().bytes(), 0);
        put(&folder, &slot, b"hello").await.expect("stored");
    }

    /// SECURITY: a slot reused.
    #[tokio::test]
    async fn a_slot_is_used_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let slot = slot(5);
        {
            let folder = open(dir.path(), at(0)).await;
            let first = folder.begin(at(0), &slot).await.expect("begun");
            let second = folder.begin(at(0), &slot).await;
            assert!(matches!(second, Err(NotTaken::Used)), "while it is used");
            drop(first);
            put(&folder, &slot, b"hello").await.expect("stored");
            let again = put(&folder, &slot, b"HELLO").await;
            assert!(matches!(again, Err(NotTaken::Used)), "after it was used");
        }
        let folder = open(dir.path(), at(0)).await;
        let again = put(&folder, &slot, b"HELLO").await;
        assert!(matches!(again, Err(NotTaken::Used)), "after a restart");
    }

    #[tokio::test]
    async fn a_slot_expires() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = open(dir.path(), at(0)).await;
        let late = folder.begin(at(1), &slot(5)).await;
        assert!(matches!(late, Err(NotTaken::Expired)));
        let past = Slot {
            until: Some(at(0)),
            ..slot(5)
        };
        let late = folder.begin(at(0), &past).await;
        assert!(matches!(late, Err(NotTaken::Expired)));
    }

    #[tokio::test]
    async fn the_folder_takes_no_more_than_its_bytes() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = open(dir.path(), at(0)).await;
        put(&folder, &slot(500), &[b'x'; 500])
            .await
            .expect("stored");
        let used = folder.usage().bytes();
        assert!(used > 500);
        let second = slot(1000 - used);
        assert!(
            matches!(folder.begin(at(0), &second).await, Err(NotTaken::Full)),
            "its line counts too"
        );
        let second = slot(200);
        let arriving = folder.begin(at(0), &second).await.expect("begun");
        let third = folder.begin(at(0), &slot(200)).await;
        assert!(matches!(third, Err(NotTaken::Full)), "what arrives counts");
        drop(arriving);
        folder.begin(at(0), &slot(200)).await.expect("begun");
    }

    #[tokio::test]
    async fn files_are_found_again_and_orphans_are_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let (kept, broken) = (slot(5), slot(50));
        let used = {
            let folder = open(dir.path(), at(0)).await;
            put(&folder, &kept, b"hello").await.expect("stored");
            put(&folder, &broken, &[0; 50]).await.expect("stored");
            let path = folder.0.whole(broken.id);
            fs::write(&path, "something else").expect("written");
            let millis = Duration::from_millis(at(0).as_millis());
            fs::File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_modified(std::time::UNIX_EPOCH + millis))
                .expect("set");
            let part = folder.0.part(slot(5).id);
            fs::write(part, "webchat-upload 1 {").expect("written");
            fs::write(dir.path().join("upload/README"), "by hand").expect("written");
            fs::metadata(folder.0.whole(kept.id)).expect("there").len() + 14
        };
        let folder = open(dir.path(), at(0)).await;
        let mut expected = vec![
            "README".to_owned(),
            format!("{}.file", kept.id),
            format!("{}.file", broken.id),
        ];
        expected.sort();
        assert_eq!(names(dir.path()), expected);
        assert_eq!(folder.usage().bytes(), used);
        assert!(has(&folder, at(1), &kept).await);
        let got = folder.get(at(1), broken.id, "a.txt").await;
        assert_eq!(
            got.expect_err("not served").kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[tokio::test]
    async fn files_expire() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = open(dir.path(), at(0)).await;
        let (kept, shorter) = (slot(5), slot(5));
        let shorter = Slot {
            until: Some(at(2)),
            ..shorter
        };
        put(&folder, &kept, b"hello").await.expect("stored");
        put(&folder, &shorter, b"hello").await.expect("stored");
        assert!(has(&folder, at(1), &shorter).await);
        assert!(!has(&folder, at(2), &shorter).await, "at that moment");
        assert_eq!(folder.remove_expired(at(1)).await, 0);
        assert_eq!(folder.remove_expired(at(2)).await, 1);
        assert_eq!(names(dir.path()), [format!("{}.file", kept.id)]);
        assert_eq!(folder.remove_expired(at(7)).await, 1);
        assert_eq!(folder.usage().bytes(), 0);
        put(&folder, &slot(5), b"hello").await.expect("stored");
        drop(folder);
        let folder = open(dir.path(), at(8)).await;
        assert_eq!(names(dir.path()), [""; 0], "at the start too");
        assert_eq!(folder.usage().bytes(), 0);
    }

    #[tokio::test]
    async fn two_servers_do_not_share_a_folder() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = open(dir.path(), at(0)).await;
        let second = Folder::open(dir.path().join("upload"), 1000, DAY, at(0)).await;
        assert!(
            matches!(second, Err(FolderError::InUse { .. })),
            "{second:?}"
        );
        drop(folder);
        open(dir.path(), at(0)).await;
    }
}
