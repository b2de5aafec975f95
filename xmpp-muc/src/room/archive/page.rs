//! Which page of an archive is wanted (XEP-0059; MUC MA7).

use xmpp_core::StanzaErrorCondition;
use xmpp_stanza::ResultSet;

use super::MAX_ID;
use crate::{
    ArchiveAnchor, ArchivePage, ArchiveSelection,
    request::{Fault, errors},
};

/// The page that a client asks for, at most `limit` long.
///
/// XEP-0059 gives no meaning to `before` and `after` together; here both bound the page, as `before-id` and
/// `after-id` do.
pub(super) fn of(
    asked: Option<ResultSet>,
    selection: &mut ArchiveSelection,
    limit: usize,
) -> Result<ArchivePage, Fault> {
    let asked = asked.unwrap_or_default();
    if asked.index.is_some() {
        return Err(StanzaErrorCondition::FeatureNotImplemented.into());
    }
    let ids = [&asked.after, &asked.before];
    if ids.into_iter().flatten().any(|id| id.len() > MAX_ID) {
        return Err(errors::item_not_found());
    }
    let max = asked.max.map_or(limit, |max| {
        usize::try_from(max).unwrap_or(limit).min(limit)
    });
    // An empty `after` names nothing: the page is the first one.
    let after = asked.after.filter(|after| !after.is_empty());
    let anchor = match (after, asked.before) {
        (None, None) => ArchiveAnchor::First,
        (Some(after), None) => ArchiveAnchor::After(after),
        (None, Some(before)) if before.is_empty() => ArchiveAnchor::Last,
        (None, Some(before)) => ArchiveAnchor::Before(before),
        (Some(after), Some(before)) => {
            if selection.after_id.replace(after).is_some() {
                return Err(errors::bad_request()); // one bound too many
            }
            if before.is_empty() {
                ArchiveAnchor::Last
            } else {
                ArchiveAnchor::Before(before)
            }
        }
    };
    Ok(ArchivePage { max, anchor })
}
