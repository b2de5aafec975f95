//! Requests to the archive (XEP-0313 §4, §5; MUC MA1, MA2, MA6, MA7).

use xmpp_core::{
    FullJid, Jid, StanzaErrorCondition,
    xml::{ElementRef, Payload as _},
};
use xmpp_stanza::{ArchiveFilter, ArchiveFilterError, ArchiveQuery};

use super::{MAX_ID, Waiting, check_may_wait, page};
use crate::{
    ArchiveAuthor, ArchiveRequest, ArchiveSelection,
    context::Context,
    request::{Asker, Fault, Request, errors},
    room::RoomState,
};

/// A query that waits for its page.
#[derive(Debug)]
pub(in crate::room) struct Query {
    pub(super) asker: Asker,
    pub(super) queryid: Option<String>,
    /// Whether the newest comes first (MUC MA7).
    pub(super) flip: bool,
    /// Whether only the number was asked for.
    pub(super) count_only: bool,
    /// Whether it was allowed because the asker saw real addresses.
    pub(super) by_jid: bool,
}

impl RoomState {
    /// MUC MA1: which fields a query may have.
    pub(in crate::room) fn answer_archive_form(&self, cx: &mut Context<'_>, request: Request<'_>) {
        if let Err(error) = self.check_may_read(cx, &request.from.to_bare()) {
            request.refuse(cx, error);
            return;
        }
        let form = ArchiveQuery {
            form: Some(ArchiveFilter::description()),
            ..ArchiveQuery::default()
        };
        request.reply(cx, &form);
    }

    /// A query for a page.
    pub(in crate::room) fn query_archive(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        match self.check_query(cx, request, payload) {
            Ok((request, query)) => self.read_archive(cx, request, Waiting::Query(query)),
            Err(error) => request.refuse(cx, error),
        }
    }

    /// A query for the first and the last entry.
    pub(in crate::room) fn query_metadata(&mut self, cx: &mut Context<'_>, request: Request<'_>) {
        let user = request.from.to_bare();
        let checked = self
            .check_may_read(cx, &user)
            .and_then(|()| check_may_wait(cx, request));
        match checked {
            Ok(()) => {
                let waiting = Waiting::Metadata(Asker::new(request));
                self.read_archive(cx, ArchiveRequest::Metadata, waiting);
            }
            Err(error) => request.refuse(cx, error),
        }
    }

    fn check_query(
        &self,
        cx: &Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) -> Result<(ArchiveRequest, Query), Fault> {
        let user = request.from.to_bare();
        self.check_may_read(cx, &user)?;
        let query = ArchiveQuery::from_element(payload).map_err(|_| errors::bad_request())?;
        if query.node.is_some_and(|node| !node.is_empty()) {
            return Err(errors::item_not_found());
        }
        if query.queryid.as_ref().is_some_and(|id| id.len() > MAX_ID) {
            return Err(errors::too_large("queryid")); // every result repeats it
        }
        let filter = match &query.form {
            Some(form) => ArchiveFilter::from_form(form).map_err(|error| match error {
                ArchiveFilterError::UnknownField { .. } => {
                    StanzaErrorCondition::FeatureNotImplemented.into()
                }
                _ => errors::bad_request(),
            })?,
            None => ArchiveFilter::default(),
        };
        let mut selection = self.selection(cx, request.from, filter)?;
        let page = page::of(query.page, &mut selection, cx.service.limits.archive_page)?;
        check_may_wait(cx, request)?;
        let waiting = Query {
            asker: Asker::new(request),
            queryid: query.queryid,
            flip: query.flip_page,
            count_only: page.max == 0,
            by_jid: matches!(selection.with, Some(ArchiveAuthor::User(_))),
        };
        Ok((ArchiveRequest::Page(selection, page), waiting))
    }

    /// The filter in the store's terms.
    fn selection(
        &self,
        cx: &Context<'_>,
        session: &FullJid,
        filter: ArchiveFilter,
    ) -> Result<ArchiveSelection, Fault> {
        let is_long = |id: &String| id.len() > MAX_ID;
        if [&filter.after_id, &filter.before_id]
            .into_iter()
            .flatten()
            .any(is_long)
            || filter.ids.iter().any(is_long)
        {
            return Err(errors::item_not_found());
        }
        if filter.ids.len() > cx.service.limits.archive_ids {
            return Err(errors::too_large("list of ids"));
        }
        Ok(ArchiveSelection {
            with: match filter.with {
                Some(with) => self.author(session, with)?,
                None => None,
            },
            start: filter.start.map(Into::into),
            end: filter.end.map(Into::into),
            after_id: filter.after_id,
            before_id: filter.before_id,
            ids: filter.ids,
        })
    }

    /// MUC MA6: everybody may name an occupant JID; the room itself stands for all. A real address may name who sees
    /// such, and the refusal is the same whether or not anything matches.
    fn author(&self, session: &FullJid, with: Jid) -> Result<Option<ArchiveAuthor>, Fault> {
        if with.bare_str() == self.jid.as_str() {
            Ok(with.to_full().map(ArchiveAuthor::Occupant))
        } else if self.may_see_authors(session) {
            Ok(Some(ArchiveAuthor::User(with)))
        } else {
            Err(errors::forbidden())
        }
    }
}
