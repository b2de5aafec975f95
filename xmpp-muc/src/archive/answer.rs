//! What the store answers.

use crate::StoredMessage;

/// What an archive holds of what was asked.
///
/// | asked | `entries` | `total`, `index` | `complete` |
/// |---|---|---|---|
/// | a page | at most `max`, oldest first | as below | whether nothing that passes the filter lies beyond the page in the direction of paging: behind it for `First` and `After`, before it for `Last` and `Before` |
/// | metadata | the first and the last entry of the archive; one, if they are the same; none, if it is empty | not read | not read |
/// | one message | it, or none | not read | not read |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveAnswer {
    /// The entries in the order of the archive, oldest first, also when the page was asked for from the end.
    pub entries: Vec<StoredMessage>,
    /// How many entries pass the filter, on all pages together, where that is known at a bearable cost. A page with
    /// `max` 0 asks for nothing else.
    pub total: Option<u64>,
    /// The position of the first entry of this page among all that pass the filter, counted from 0, where known.
    pub index: Option<u64>,
    /// Whether there is no further page.
    pub complete: bool,
}

/// Why an archive did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveReadError {
    /// The question names an entry that the archive does not hold: `item-not-found`, and the client starts anew.
    #[error("no such entry in the archive")]
    UnknownId,
    /// The store failed: `internal-server-error`, and the client may try again.
    #[error("the archive could not be read")]
    Failed,
}
