//! The key that slots are signed with, and the file that keeps it over restarts.

use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use xmpp_core::Random;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a key, and of a signature.
const LENGTH: usize = 32;

/// Signs and verifies slots with HMAC-SHA256. It does not print, and is wiped when dropped.
#[derive(Clone)]
pub struct SlotKey(Zeroizing<[u8; LENGTH]>);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file cannot be read or made.
    #[error("the key of uploads, '{}': {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else. It is left alone.
    #[error("'{}' is no key of uploads: 64 hexadecimal digits are wanted; remove it to have one made", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
    },
}

impl SlotKey {
    /// A new key.
    pub fn generate(random: &mut (impl Random + ?Sized)) -> Self {
        let mut key = Zeroizing::new([0; LENGTH]);
        random.fill(&mut *key);
        Self(key)
    }

    /// The key in the file at `path`, which is made, readable for its owner only, when there is none. Whoever can read it
    /// can upload anything.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] when the file cannot be used.
    pub fn at(path: &Path, random: &mut (impl Random + ?Sized)) -> Result<Self, KeyFileError> {
        let fail = |source| KeyFileError::Io {
            path: path.to_owned(),
            source,
        };
        match fs::File::open(path) {
            Ok(file) => {
                let mut text = Zeroizing::new(String::new());
                file.take(2 * LENGTH as u64 + 2)
                    .read_to_string(&mut text)
                    .map_err(fail)?;
                Self::from_hex(text.trim_end()).ok_or_else(|| KeyFileError::Invalid {
                    path: path.to_owned(),
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate(random);
                key.write(path).map_err(fail)?;
                Ok(key)
            }
            Err(error) => Err(fail(error)),
        }
    }

    /// The signature of `message`.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; LENGTH] {
        self.mac(message).finalize().into_bytes().into()
    }

    /// Whether `signature` is that of `message`, in a time that does not tell how much of it is right.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.mac(message).verify_slice(signature).is_ok()
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(message);
        mac
    }

    fn from_hex(text: &str) -> Option<Self> {
        let mut key = Zeroizing::new([0; LENGTH]);
        super::slot::read_hex(text, &mut *key)?;
        Some(Self(key))
    }

    /// Whole or not at all, and never for others to read.
    fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = super::slot::hex(&*self.0);
        text.push('\n');
        let part = path.with_extension("key.part");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&part)?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        text.zeroize();
        written?;
        fs::rename(part, path)?;
        match path.parent() {
            Some(folder) => super::folder::sync_folder(folder),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SlotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SlotKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure_random;

    #[test]
    fn signatures_are_of_one_key_and_one_message() {
        let (a, b) = (
            SlotKey::generate(&mut secure_random()),
            SlotKey::generate(&mut secure_random()),
        );
        let signature = a.sign(b"text");
        assert!(a.verify(b"text", &signature));
        assert!(!a.verify(b"texT", &signature));
        assert!(!b.verify(b"text", &signature));
        assert!(!a.verify(b"text", &signature[..31]));
        assert!(!a.verify(b"text", &[]));
        assert_eq!(format!("{a:?}"), "SlotKey(…)");
    }

    /// RFC 4231, test case 2, so that a key file means the same after an upgrade: HMAC pads short keys with zeros.
    #[test]
    fn it_is_hmac_sha256() {
        let mut key = Zeroizing::new([0; LENGTH]);
        key[..4].copy_from_slice(b"Jefe");
        let signature = SlotKey(key).sign(b"what do ya want for nothing?");
        assert_eq!(
            super::super::slot::hex(&signature),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("upload.key");
        let first = SlotKey::at(&path, &mut secure_random()).expect("a key");
        let second = SlotKey::at(&path, &mut secure_random()).expect("the same key");
        assert!(second.verify(b"text", &first.sign(b"text")));
        let files = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(files, 1, "no file is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("upload.key");
        for text in ["", "abc", &"x".repeat(64), &"a".repeat(66)] {
            fs::write(&path, text).expect("written");
            let error = SlotKey::at(&path, &mut secure_random()).expect_err(text);
            assert!(matches!(error, KeyFileError::Invalid { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).expect("the file"), text);
        }
    }
}
