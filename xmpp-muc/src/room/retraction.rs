//! Authors take their messages back (XEP-0424; MUC MO3), and what is left in the archive (MUC MO2).

use std::sync::Arc;

use xmpp_core::{
    BareJid, Timestamp,
    xml::{Element, ElementRef, WriteXml, Writer, ns},
};
use xmpp_stanza::DateTime;

use super::{
    archive::{Waiting, check_may_wait, fault_of},
    history,
    state::{RoomState, note_asker},
    subject,
};
use crate::{
    ArchiveAnswer, ArchiveReadError, ArchiveRequest, Fanout, StoreEvent, StoredMessage,
    context::Context,
    request::{Asker, Request, errors},
    wire::{FASTEN, MODERATE_0, RETRACT_0, write_occupant_id, write_stanza_id},
};

/// A message that is to go.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Its stanza-id.
    pub(super) id: Arc<str>,
    stanza: Element,
}

/// A retraction that waits for the archive.
#[derive(Debug)]
pub(super) struct Takeback {
    pub(super) asker: Asker,
    /// The retraction as it came, and where it was sent.
    stanza: Element,
    to: BareJid,
}

/// Who did it, for a tombstone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moderator<'a> {
    pub(super) address: &'a str,
    pub(super) occupant_id: &'a str,
}

impl Target {
    fn new(id: Arc<str>, stanza: &Fanout) -> Self {
        Self {
            id,
            stanza: Element::from_xml(stanza),
        }
    }

    pub(super) fn of_history(entry: &history::Entry) -> Self {
        Self::new(entry.id.clone(), &entry.stanza)
    }

    /// The answer of an archive that was asked for one message; `None` when there is no such.
    pub(super) fn of_answer(
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) -> Result<Option<Self>, ArchiveReadError> {
        match answer {
            Ok(answer) => Ok(answer.entries.first().map(Self::of_stored)),
            Err(ArchiveReadError::UnknownId) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of_stored(entry: &StoredMessage) -> Self {
        Self::new(entry.id.clone(), &entry.stanza)
    }

    /// Whether it is what somebody said, rather than a subject or what the room said.
    pub(super) fn is_message(&self, room: &BareJid) -> bool {
        self.stanza.attr("from").as_deref() != Some(room.as_str())
            && !subject::is_change(self.stanza.root())
    }

    /// Whether it is gone already.
    pub(super) fn is_tombstone(&self) -> bool {
        self.stanza.child("retracted", ns::RETRACT).is_some()
    }

    fn is_by(&self, occupant_id: &str) -> bool {
        self.stanza
            .child("occupant-id", ns::OCCUPANT_ID)
            .and_then(|id| id.attr("id"))
            .is_some_and(|id| id == occupant_id)
    }
}

/// The id of the message that a message takes back: of XEP-0424, or of its predecessor. What claims to be a moderator's
/// act takes nothing back; it is not passed on either.
pub(super) fn target_of(message: ElementRef<'_>) -> Option<String> {
    let current = message
        .child("retract", ns::RETRACT)
        .filter(|element| element.child("moderated", ns::MODERATE).is_none());
    let element = current.or_else(|| {
        message
            .child("apply-to", FASTEN)
            .filter(|element| element.child("retract", RETRACT_0).is_some())
            .filter(|element| element.child("moderated", MODERATE_0).is_none())
    })?;
    Some(element.attr("id")?.into_owned()).filter(|id| !id.is_empty())
}

impl RoomState {
    /// MUC MO3: a retraction of somebody who may speak.
    pub(super) fn retract(&mut self, cx: &mut Context<'_>, request: Request<'_>, id: &str) {
        let Some((_, author)) = self.occupants.by_session(request.from) else {
            return;
        };
        let by = author.id.clone();
        // By the room's id; or, as Converse.js names its own messages, by the sender's.
        let found = match self.history.find(id) {
            Some(entry) if *entry.occupant_id != *by => {
                request.refuse(cx, errors::forbidden());
                return;
            }
            Some(entry) => Some(entry),
            None => self.history.find_own(id, &by),
        };
        if let Some(entry) = found {
            let target = Target::of_history(entry);
            self.reflect(cx, request, Some(&target));
        } else if self.config.archive {
            self.retract_later(cx, request, id);
        } else {
            self.reflect(cx, request, None);
        }
    }

    /// The archive knows whose message it is.
    fn retract_later(&mut self, cx: &mut Context<'_>, request: Request<'_>, id: &str) {
        let checked = check_may_wait(cx, request).and_then(|()| {
            let stanza = request.stanza.to_element();
            if Fanout::new(&stanza).as_str().len() > cx.service.limits.message_bytes {
                return Err(errors::too_large("message")); // it is kept until the answer comes
            }
            Ok(stanza.shrink())
        });
        match checked {
            Ok(stanza) => {
                let takeback = Takeback {
                    asker: Asker::new(request),
                    stanza,
                    to: request.to.to_bare(),
                };
                let question = ArchiveRequest::Message(id.into());
                self.read_archive(cx, question, Waiting::Retraction(takeback));
            }
            Err(error) => request.refuse(cx, error),
        }
    }

    /// The archive has answered. Whether the author may still speak is decided now (MUC SE4).
    pub(super) fn carry_on_retraction(
        &mut self,
        cx: &mut Context<'_>,
        takeback: Takeback,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        let to = takeback.to.into();
        let request = Request::new(&takeback.asker.session, &to, &takeback.stanza);
        let Some((_, author)) = self.occupants.by_session(request.from) else {
            request.refuse(cx, errors::not_inside());
            return;
        };
        if !self.has_voice(author.role) {
            request.refuse(cx, errors::forbidden());
            return;
        }
        let target = match Target::of_answer(answer) {
            Ok(target) => target,
            Err(error) => {
                request.refuse(cx, fault_of(error));
                return;
            }
        };
        match target {
            Some(target) if !target.is_by(&author.id) => request.refuse(cx, errors::forbidden()),
            Some(target) if !target.is_tombstone() => self.reflect(cx, request, Some(&target)),
            _ => self.reflect(cx, request, None), // unknown, or gone already
        }
        note_asker(cx, request);
    }

    /// MUC MO2: the message leaves the history, and its place in the archive is a tombstone's. `id` is that of the
    /// message which says so.
    pub(super) fn bury_message(
        &mut self,
        cx: &mut Context<'_>,
        target: &Target,
        id: &str,
        moderator: Option<Moderator<'_>>,
    ) {
        let removed = self.history.take(&target.id);
        if !self.config.archive {
            return;
        }
        let tombstone = TombstoneStanza {
            room: &self.jid,
            target,
            time: cx.now,
            id,
            moderator,
        };
        cx.store(StoreEvent::Replaced {
            room: self.jid.clone(),
            id: target.id.clone(),
            stanza: Arc::new(Fanout::new(&tombstone)),
        });
        if let (Some(commit), Some(removed)) = (cx.commit(), removed) {
            commit.undo.retracted = Some(removed);
        }
    }
}

/// What an archive keeps of a message that is gone: who sent it where, and that it is gone.
struct TombstoneStanza<'a> {
    room: &'a BareJid,
    target: &'a Target,
    time: Timestamp,
    id: &'a str,
    moderator: Option<Moderator<'a>>,
}

impl WriteXml for TombstoneStanza<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let old = self.target.stanza.root();
        let message = w.start("message", ns::CLIENT);
        for name in ["from", "type", "id"] {
            w.opt_attr(name, old.attr(name).as_deref());
        }
        if let Some(author) = old
            .child("occupant-id", ns::OCCUPANT_ID)
            .and_then(|id| id.attr("id"))
        {
            write_occupant_id(w, &author);
        }
        write_stanza_id(w, self.room, &self.target.id);
        let retracted = w.start("retracted", ns::RETRACT);
        w.attr("id", self.id);
        w.attr("stamp", &DateTime::from(self.time).to_string());
        if let Some(moderator) = self.moderator {
            let moderated = w.start("moderated", ns::MODERATE);
            w.attr("by", moderator.address);
            write_occupant_id(w, moderator.occupant_id);
            w.end(moderated);
        }
        w.end(retracted);
        w.end(message);
    }
}
