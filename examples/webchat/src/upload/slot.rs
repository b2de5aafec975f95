//! A slot: all that was promised about one file, in a URL that nobody else can make.

use std::fmt::{self, Write as _};

use example_support::percent_encode;
use serde::{Deserialize, Serialize};
use xmpp_core::{Random, Timestamp};

use super::{BadName, FileName, MediaType, SlotKey};

/// Bytes of an id. 128 random bits cannot be guessed: whoever knows the URL may read the file, and nobody else.
const ID_BYTES: usize = 16;

/// Names an upload, on disk too. In hexadecimal, so that file systems which do not tell upper from lower case do not
/// find a file by another id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId([u8; ID_BYTES]);

/// Leave to upload one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Under which it is stored.
    pub id: UploadId,
    /// Under which it is shown.
    pub name: FileName,
    /// Exactly how many bytes it has.
    pub size: u64,
    /// Of which type it is.
    pub media_type: MediaType,
    /// When the upload must have begun.
    pub expires: Timestamp,
    /// From when it must not be served any more (XEP-0363 §5.3), beside what the server's own rules say.
    pub until: Option<Timestamp>,
}

/// The query of a PUT URL.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SlotQuery {
    size: u64,
    r#type: String,
    expires: u64,
    until: Option<u64>,
    sig: String,
}

/// Why a URL is no slot of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSlotUrl {
    /// The id is none.
    #[error("no such id")]
    Id,
    /// The name is none that is given out.
    #[error(transparent)]
    Name(#[from] BadName),
    /// The type is none.
    #[error("no such type")]
    Type,
    /// Something was changed, or it was signed with another key.
    #[error("the signature does not fit")]
    Forged,
}

impl UploadId {
    /// An id that nobody had and nobody can guess.
    pub fn generate(random: &mut (impl Random + ?Sized)) -> Self {
        let mut id = [0; ID_BYTES];
        random.fill(&mut id);
        Self(id)
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut id = [0; ID_BYTES];
        read_hex(text, &mut id)?;
        Some(Self(id))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Not whole: who has an id has the file.
impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", hex(&self.0[..3]))
    }
}

impl Slot {
    /// Where the file is got from, under the public URL `base`, which ends in `/`.
    pub fn get_url(&self, base: &str) -> String {
        let mut url = format!("{base}upload/{}/", self.id);
        percent_encode(self.name.as_str(), &mut url);
        url
    }

    /// Where the file is put, once.
    pub fn put_url(&self, base: &str, key: &SlotKey) -> String {
        let mut url = self.get_url(base);
        // Writing to a string does not fail.
        let _ = write!(url, "?size={}&type=", self.size);
        percent_encode(self.media_type.as_str(), &mut url);
        let _ = write!(url, "&expires={}", self.expires.as_millis());
        if let Some(until) = self.until {
            let _ = write!(url, "&until={}", until.as_millis());
        }
        let _ = write!(url, "&sig={}", hex(&key.sign(&self.signed())));
        url
    }

    /// The slot that a PUT URL stands for.
    ///
    /// # Errors
    ///
    /// [`BadSlotUrl`] when it is none of ours, in every detail.
    pub fn from_url(
        id: &str,
        name: &str,
        query: &SlotQuery,
        key: &SlotKey,
    ) -> Result<Self, BadSlotUrl> {
        let slot = Self {
            id: UploadId::parse(id).ok_or(BadSlotUrl::Id)?,
            name: FileName::new(name)?,
            size: query.size,
            media_type: MediaType::parse(&query.r#type).ok_or(BadSlotUrl::Type)?,
            expires: Timestamp::from_millis(query.expires),
            until: query.until.map(Timestamp::from_millis),
        };
        let mut signature = [0; 32];
        read_hex(&query.sig, &mut signature).ok_or(BadSlotUrl::Forged)?;
        if key.verify(&slot.signed(), &signature) {
            Ok(slot)
        } else {
            Err(BadSlotUrl::Forged)
        }
    }

    /// What is signed: every field, each of a fixed length or with its length before it, so that no two slots are the
    /// same bytes.
    fn signed(&self) -> Vec<u8> {
        let mut bytes = b"webchat upload slot 1".to_vec();
        bytes.extend(self.id.0);
        bytes.extend(self.size.to_be_bytes());
        bytes.extend(self.expires.as_millis().to_be_bytes());
        bytes.push(self.until.is_some().into());
        bytes.extend(self.until.map_or(0, Timestamp::as_millis).to_be_bytes());
        for text in [self.media_type.as_str(), self.name.as_str()] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }
}

/// Without the signature, which lets anyone upload.
impl fmt::Debug for SlotQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotQuery")
            .field("size", &self.size)
            .field("type", &self.r#type)
            .field("expires", &self.expires)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The bytes that [`hex`] wrote; `None` for anything else, an upper-case digit too.
pub(super) fn read_hex(text: &str, bytes: &mut [u8]) -> Option<()> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure_random;

    const BASE: &str = "https://chat.example/anon/";

    fn slot() -> Slot {
        Slot {
            id: UploadId([0xa7; ID_BYTES]),
            name: FileName::new("très cool.jpg").expect("a name"),
            size: 23_456,
            media_type: MediaType::parse("image/jpeg").expect("a type"),
            expires: Timestamp::from_millis(1_800_000_300_000),
            until: None,
        }
    }

    /// The parts of a PUT URL as an HTTP server hands them over.
    fn parts(url: &str) -> (String, String, SlotQuery) {
        let (path, query) = url.split_once('?').expect("a query");
        let mut segments = path.rsplit('/');
        let name = segments.next().expect("a name");
        let id = segments.next().expect("an id").to_owned();
        let name = format!("{name}=")
            .replace("%C3%A8", "è")
            .replace("%20", " ");
        let uri = format!("/?{query}").parse().expect("a URI");
        let axum::extract::Query(query) =
            axum::extract::Query::<SlotQuery>::try_from_uri(&uri).expect("a query");
        (id, name.trim_end_matches('=').to_owned(), query)
    }

    #[test]
    fn a_slot_comes_back_from_its_url() {
        let key = SlotKey::generate(&mut secure_random());
        for until in [None, Some(Timestamp::from_millis(1_800_000_100_000))] {
            let slot = Slot { until, ..slot() };
            let url = slot.put_url(BASE, &key);
            assert!(url.starts_with("https://chat.example/anon/upload/a7a7"));
            assert!(url.bytes().all(|b| b.is_ascii_graphic()), "{url}");
            let (id, name, query) = parts(&url);
            assert_eq!(Slot::from_url(&id, &name, &query, &key), Ok(slot));
            assert!(!format!("{query:?}").contains(&query.sig));
        }
    }

    #[test]
    fn the_get_url_keeps_the_ending() {
        assert_eq!(
            slot().get_url(BASE),
            "https://chat.example/anon/upload/a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7/tr%C3%A8s%20cool.jpg"
        );
    }

    /// SECURITY: a slot enlarged, or changed in any other way.
    #[test]
    fn whatever_is_changed_the_signature_does_not_fit() {
        let key = SlotKey::generate(&mut secure_random());
        let url = slot().put_url(BASE, &key);
        let (id, name, good) = parts(&url);
        let check = |id: &str, name: &str, change: &dyn Fn(&mut SlotQuery)| {
            let mut query = good.clone();
            change(&mut query);
            Slot::from_url(id, name, &query, &key).map(|_| ())
        };
        let same = |_: &mut SlotQuery| {};
        let forged = Err(BadSlotUrl::Forged);
        assert_eq!(check(&id, &name, &same), Ok(()));
        assert_eq!(check(&id, "other.jpg", &same), forged);
        assert_eq!(check(&"08".repeat(ID_BYTES), &name, &same), forged);
        assert_eq!(check(&id, &name, &|q| q.size += 1), forged);
        assert_eq!(check(&id, &name, &|q| q.expires += 1), forged);
        assert_eq!(check(&id, &name, &|q| q.until = Some(0)), forged);
        let html = |q: &mut SlotQuery| q.r#type = "text/html".into();
        assert_eq!(check(&id, &name, &html), forged);
        assert_eq!(check(&id, &name, &|q| q.sig.clear()), forged);
        assert_eq!(check(&id, &name, &|q| q.sig = "00".repeat(32)), forged);
        let upper = |q: &mut SlotQuery| q.sig = "AB".repeat(32);
        assert_eq!(check(&id, &name, &upper), forged);
        assert_eq!(
            check(&id, "../../etc/passwd", &same),
            Err(BadSlotUrl::Name(BadName::Path))
        );
        assert_eq!(check("..", &name, &same), Err(BadSlotUrl::Id));
        assert_eq!(check(&id.to_uppercase(), &name, &same), Err(BadSlotUrl::Id));
        let no_type = |q: &mut SlotQuery| q.r#type.clear();
        assert_eq!(check(&id, &name, &no_type), Err(BadSlotUrl::Type));
        let other = SlotKey::generate(&mut secure_random());
        assert_eq!(
            Slot::from_url(&id, &name, &good, &other),
            Err(BadSlotUrl::Forged)
        );
    }

    #[test]
    fn ids_are_read_in_one_way_only() {
        let id = UploadId::generate(&mut secure_random());
        assert_eq!(UploadId::parse(&id.to_string()), Some(id));
        for text in [
            "",
            "..",
            &"0".repeat(31),
            &"0".repeat(33),
            &"A".repeat(32),
            &"g".repeat(32),
            &"é".repeat(16),
            "0000000000000000000000000000/../",
        ] {
            assert_eq!(UploadId::parse(text), None, "{text}");
        }
        assert!(format!("{id:?}").len() < 12);
    }

    /// Fields with their lengths: what moves from one field to the next is another slot.
    #[test]
    fn no_two_slots_are_signed_alike() {
        let one = Slot {
            media_type: MediaType::parse("a/bc").expect("a type"),
            name: FileName::new("d").expect("a name"),
            ..slot()
        };
        let other = Slot {
            media_type: MediaType::parse("a/b").expect("a type"),
            name: FileName::new("cd").expect("a name"),
            ..slot()
        };
        assert_ne!(one.signed(), other.signed());
    }
}
