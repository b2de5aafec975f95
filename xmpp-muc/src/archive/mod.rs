//! The archive of a room (XEP-0313; MUC MA1 to MA8): what a room stores, and what it asks of the store.

mod answer;
mod read;
mod stored;

pub use answer::{ArchiveAnswer, ArchiveReadError};
pub use read::{
    ArchiveAnchor, ArchiveAuthor, ArchivePage, ArchiveRead, ArchiveReadId, ArchiveRequest,
    ArchiveSelection,
};
pub use stored::StoredMessage;
