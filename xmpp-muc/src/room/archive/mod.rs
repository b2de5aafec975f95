//! The room's archive as its users see it (XEP-0313; MUC MA1 to MA8): who may read, and which questions wait for the
//! store.

mod page;
mod query;
mod results;

use std::collections::BTreeMap;

use xmpp_core::{BareJid, FullJid};

use self::query::Query;
use super::{moderation::Sentence, retraction::Takeback, state::RoomState};
use crate::{
    Affiliation, ArchiveAnswer, ArchiveReadError, ArchiveReadId, ArchiveRequest, Role,
    context::Context,
    request::{Asker, Fault, Request, errors},
};

/// The whole of XEP-0313's form is understood (§7).
pub(super) const EXTENDED: &str = "urn:xmpp:mam:2#extended";
/// Bytes of an id that is kept or compared.
const MAX_ID: usize = 1023;

/// The questions that wait for the store.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    open: BTreeMap<ArchiveReadId, Waiting>,
}

/// What is to be done with an answer.
#[derive(Debug)]
pub(super) enum Waiting {
    /// A page for a user.
    Query(Query),
    /// The first and the last entry for a user.
    Metadata(Asker),
    /// A moderator wants a message gone that the history does not hold (MUC MO1).
    Moderation(Sentence),
    /// An author wants a message gone that the history does not hold (MUC MO3).
    Retraction(Takeback),
}

impl Waiting {
    fn session(&self) -> &FullJid {
        match self {
            Self::Query(query) => &query.asker.session,
            Self::Metadata(asker) => &asker.session,
            Self::Moderation(sentence) => &sentence.asker.session,
            Self::Retraction(takeback) => &takeback.asker.session,
        }
    }

    fn into_asker(self) -> Asker {
        match self {
            Self::Query(query) => query.asker,
            Self::Metadata(asker) => asker,
            Self::Moderation(sentence) => sentence.asker,
            Self::Retraction(takeback) => takeback.asker,
        }
    }
}

impl RoomState {
    /// Asks the store.
    pub(super) fn read_archive(
        &mut self,
        cx: &mut Context<'_>,
        request: ArchiveRequest,
        waiting: Waiting,
    ) {
        let id = cx.read(&self.jid, waiting.session(), request);
        self.reads.open.insert(id, waiting);
    }

    /// The store has answered.
    pub(crate) fn handle_archive_read(
        &mut self,
        cx: &mut Context<'_>,
        id: ArchiveReadId,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        match self.reads.open.remove(&id) {
            Some(Waiting::Query(query)) => self.answer_query(cx, &query, answer),
            Some(Waiting::Metadata(asker)) => self.answer_metadata(cx, &asker, answer),
            Some(Waiting::Moderation(sentence)) => self.carry_on_moderation(cx, &sentence, answer),
            Some(Waiting::Retraction(takeback)) => self.carry_on_retraction(cx, takeback, answer),
            None => {}
        }
    }

    /// A session is gone: what it asked needs no answer any more.
    pub(crate) fn forget_read(&mut self, id: ArchiveReadId) {
        self.reads.open.remove(&id);
    }

    /// The room is gone: whoever waits is told (MUC CL2).
    pub(super) fn refuse_reads(&mut self, cx: &mut Context<'_>) {
        for (id, waiting) in std::mem::take(&mut self.reads.open) {
            cx.out.reads.remove(&id);
            waiting.into_asker().refuse(cx, errors::item_not_found());
        }
    }

    /// MUC MA2: who could enter now may read.
    pub(super) fn check_may_read(&self, cx: &Context<'_>, user: &BareJid) -> Result<(), Fault> {
        let affiliation = self.standing_affiliation(cx, user);
        let is_affiliated = affiliation >= Affiliation::Member;
        let may = affiliation != Affiliation::Outcast
            && (is_affiliated || !self.config.members_only)
            && (is_affiliated || self.config.password.is_none() || self.is_inside(user));
        if may {
            Ok(())
        } else {
            Err(errors::forbidden())
        }
    }

    /// MUC MA5, MA6: whether a session sees real addresses now: it is inside, and a moderator if the room is
    /// semi-anonymous (MUC EN8).
    pub(super) fn may_see_authors(&self, session: &FullJid) -> bool {
        self.occupants
            .by_session(session)
            .is_some_and(|(_, occupant)| {
                self.config.non_anonymous() || occupant.role == Role::Moderator
            })
    }

    fn is_inside(&self, user: &BareJid) -> bool {
        !self.occupants.of_user(user).is_empty()
    }
}

/// Whether one more question of this request's session may wait, and what is kept of it is bounded (MUC ET12).
pub(super) fn check_may_wait(cx: &Context<'_>, request: Request<'_>) -> Result<(), Fault> {
    if request.id().is_some_and(|id| id.len() > MAX_ID) {
        return Err(errors::too_large("id"));
    }
    if cx.out.reads_of(request.from) >= cx.service.limits.archive_reads {
        return Err(errors::resource_constraint());
    }
    Ok(())
}

/// What a failed question means for the asker.
pub(super) fn fault_of(error: ArchiveReadError) -> Fault {
    match error {
        ArchiveReadError::UnknownId => errors::item_not_found(),
        ArchiveReadError::Failed => errors::store_failed(),
    }
}
