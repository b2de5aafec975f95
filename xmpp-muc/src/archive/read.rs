//! What a room asks of the store.

use std::{fmt, sync::Arc};

use xmpp_core::{BareJid, FullJid, Jid, Timestamp};

/// A question to the store of a room's archive.
///
/// It is an effect like the others and begins when everything stored before it is durable, so that it sees that;
/// whether it sees what is stored while it runs makes no difference (MUC MA8). The host answers when it can, in any
/// order, with [`handle_archive_read`](crate::Service::handle_archive_read); nothing waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveRead {
    /// Names this question in the answer; never used twice by one service.
    pub id: ArchiveReadId,
    /// Whose archive it is.
    pub room: BareJid,
    /// What is wanted.
    pub request: ArchiveRequest,
}

/// The name of an [`ArchiveRead`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchiveReadId(pub(crate) u64);

impl fmt::Display for ArchiveReadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is wanted from an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchiveRequest {
    /// A page of the entries that pass a filter.
    Page(ArchiveSelection, ArchivePage),
    /// The first and the last entry of the whole archive: none, one when they are the same, or two.
    Metadata,
    /// The one entry with this id. An unknown id is an empty answer or
    /// [`ArchiveReadError::UnknownId`](crate::ArchiveReadError::UnknownId).
    Message(Arc<str>),
}

/// Which entries pass: those that satisfy all of what is given ([XEP-0313 §4.1]).
///
/// [XEP-0313 §4.1]: https://xmpp.org/extensions/xep-0313.html#filter
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveSelection {
    /// Of this author alone.
    pub with: Option<ArchiveAuthor>,
    /// Accepted at this time or later.
    pub start: Option<Timestamp>,
    /// Accepted at this time or earlier.
    pub end: Option<Timestamp>,
    /// Behind the entry with this id, in the order of the archive. An id that the archive does not hold is
    /// [`ArchiveReadError::UnknownId`](crate::ArchiveReadError::UnknownId).
    pub after_id: Option<String>,
    /// Before the entry with this id; else as `after_id`.
    pub before_id: Option<String>,
    /// These entries alone, if it is not empty. Given in the order of the archive, not in this one; an id that the
    /// archive does not hold is [`ArchiveReadError::UnknownId`](crate::ArchiveReadError::UnknownId). At most
    /// [`Limits::archive_ids`](crate::Limits::archive_ids).
    pub ids: Vec<String>,
}

/// An author, as a query may name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveAuthor {
    /// An occupant JID: entries with this [`from`](crate::StoredMessage::from).
    Occupant(FullJid),
    /// A real address: entries with this [`author`](crate::StoredMessage::author), or for a bare JID with an author
    /// of that account.
    User(Jid),
}

/// Which part of the entries that pass ([XEP-0059]).
///
/// [XEP-0059]: https://xmpp.org/extensions/xep-0059.html
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivePage {
    /// No more entries than these; zero when only their number is asked. Never above
    /// [`Limits::archive_page`](crate::Limits::archive_page).
    pub max: usize,
    /// Where the page lies.
    pub anchor: ArchiveAnchor,
}

/// Where a page lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveAnchor {
    /// At the beginning: the oldest entries that pass.
    First,
    /// The oldest ones behind the entry with this id, whether that one passes the filter or not. An id that the
    /// archive does not hold is [`ArchiveReadError::UnknownId`](crate::ArchiveReadError::UnknownId).
    After(String),
    /// The newest ones before the entry with this id; else as `After`.
    Before(String),
    /// At the end: the newest ones.
    Last,
}
