//! Moderators remove messages (XEP-0425; MUC MO1, MO2).
//!
//! Version 0.3 of the text (`urn:xmpp:message-moderate:1`) and version 0.2 (`…:0`, inside `apply-to`) are both
//! understood, and the room's message says it in both ways, as Prosody's and ejabberd's do: each client reads the one
//! that it knows.

use std::sync::Arc;

use xmpp_core::{
    BareJid,
    xml::{ElementRef, Payload as _, WriteXml, Writer, ns},
};
use xmpp_stanza::Moderation;

use super::{
    archive::{Waiting, check_may_wait, fault_of},
    retraction::{Moderator, Target},
    state::RoomState,
};
use crate::{
    ArchiveAnswer, ArchiveReadError, ArchiveRequest, Fanout, Role, StoreEvent, StoredMessage,
    context::Context,
    ids::random_id,
    request::{Asker, Fault, Request, errors},
    wire::{FASTEN, MODERATE_0, RETRACT_0, write_occupant_id, write_stanza_id},
};

/// What a moderator asked for.
#[derive(Debug)]
pub(super) struct Sentence {
    pub(super) asker: Asker,
    id: String,
    reason: Option<String>,
}

/// Whether the payload of a request is one to moderate, of either version.
pub(super) fn is_moderation(payload: ElementRef<'_>) -> bool {
    payload.is("moderate", ns::MODERATE)
        || (payload.is("apply-to", FASTEN) && payload.child("moderate", MODERATE_0).is_some())
}

impl RoomState {
    /// MUC MO1.
    pub(super) fn moderate(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) {
        let sentence = match self.check_sentence(cx, request, payload) {
            Ok(sentence) => sentence,
            Err(error) => {
                request.refuse(cx, error);
                return;
            }
        };
        if let Some(entry) = self.history.find(&sentence.id) {
            let target = Target::of_history(entry);
            self.remove_message(cx, &sentence, &target);
        } else if !self.config.archive {
            request.refuse(cx, errors::item_not_found());
        } else if let Err(error) = check_may_wait(cx, request) {
            request.refuse(cx, error);
        } else {
            let question = ArchiveRequest::Message(sentence.id.as_str().into());
            self.read_archive(cx, question, Waiting::Moderation(sentence));
        }
    }

    fn check_sentence(
        &self,
        cx: &Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
    ) -> Result<Sentence, Fault> {
        self.check_moderates(request.from)?;
        let Moderation { id, reason, .. } = read(payload).ok_or_else(errors::bad_request)?;
        let too_long = |reason: &String| reason.chars().count() > cx.service.limits.reason_chars;
        if reason.as_ref().is_some_and(too_long) {
            return Err(errors::too_large("reason"));
        }
        Ok(Sentence {
            asker: Asker::new(request),
            id,
            reason: reason.filter(|reason| !reason.is_empty()),
        })
    }

    fn check_moderates(&self, session: &xmpp_core::FullJid) -> Result<(), Fault> {
        match self.occupants.by_session(session) {
            Some((_, occupant)) if occupant.role == Role::Moderator => Ok(()),
            _ => Err(errors::forbidden()),
        }
    }

    /// The archive has answered. Whether the asker is still a moderator is decided now (MUC SE4).
    pub(super) fn carry_on_moderation(
        &mut self,
        cx: &mut Context<'_>,
        sentence: &Sentence,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    ) {
        let target = self
            .check_moderates(&sentence.asker.session)
            .and_then(|()| Target::of_answer(answer).map_err(fault_of))
            .and_then(|target| target.ok_or_else(errors::item_not_found));
        match target {
            Ok(target) if target.is_tombstone() => sentence.asker.reply(cx, NOTHING),
            Ok(target) if !target.is_message(&self.jid) => {
                sentence.asker.refuse(cx, errors::not_allowed());
            }
            Ok(target) => self.remove_message(cx, sentence, &target),
            Err(error) => sentence.asker.refuse(cx, error),
        }
    }

    /// Stored, then told to all, then answered (MUC MO1, MO2).
    fn remove_message(&mut self, cx: &mut Context<'_>, sentence: &Sentence, target: &Target) {
        let Some((_, occupant)) = self.occupants.by_session(&sentence.asker.session) else {
            return;
        };
        let (address, occupant_id) = (occupant.address.clone(), occupant.id.clone());
        let moderator = Moderator {
            address: address.as_str(),
            occupant_id: &occupant_id,
        };
        let id = random_id(cx.random);
        let notice = Arc::new(Fanout::new(&ModerationStanza {
            room: &self.jid,
            id: &id,
            target: &target.id,
            moderator,
            reason: sentence.reason.as_deref(),
        }));
        if self.config.archive {
            cx.store(StoreEvent::Message(Arc::new(StoredMessage::new(
                self.jid.clone(),
                id.clone(),
                cx.now,
                sentence.asker.session.clone(),
                self.jid.clone().into(),
                notice.clone(),
            ))));
        }
        self.bury_message(cx, target, &id, Some(moderator));
        if let Some(commit) = cx.commit() {
            commit.undo.asker = Some(sentence.asker.clone());
        }
        cx.deliver_written(self.occupants.everyone(), notice);
        sentence.asker.reply(cx, NOTHING);
    }
}

/// The payload of an empty result.
const NOTHING: Option<&xmpp_core::xml::Element> = None;

/// Which message is to go, and why; `None` for anything but a retraction.
fn read(payload: ElementRef<'_>) -> Option<Moderation> {
    let moderation = if payload.has_ns(ns::MODERATE) {
        Moderation::from_element(payload).ok()?
    } else {
        let moderate = payload.child("moderate", MODERATE_0)?;
        let reason = moderate.children().find(|child| child.name() == "reason");
        Moderation {
            id: payload.attr("id")?.into_owned(),
            retract: moderate.child("retract", RETRACT_0).is_some(),
            reason: reason.map(|reason| reason.text().into_owned()),
        }
    };
    Some(moderation).filter(|moderation| moderation.retract)
}

/// The room tells all that a moderator removed a message.
struct ModerationStanza<'a> {
    room: &'a BareJid,
    /// The stanza-id of this message, and its id.
    id: &'a str,
    target: &'a str,
    moderator: Moderator<'a>,
    reason: Option<&'a str>,
}

impl WriteXml for ModerationStanza<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.room.as_str());
        w.attr("type", "groupchat");
        w.attr("id", self.id);
        self.write_retract(w);
        self.write_apply_to(w);
        write_stanza_id(w, self.room, self.id);
        w.end(message);
    }
}

impl ModerationStanza<'_> {
    /// Version 0.3.
    fn write_retract(&self, w: &mut Writer<'_>) {
        let retract = w.start("retract", ns::RETRACT);
        w.attr("id", self.target);
        let moderated = w.start("moderated", ns::MODERATE);
        w.attr("by", self.moderator.address);
        write_occupant_id(w, self.moderator.occupant_id);
        w.end(moderated);
        if let Some(reason) = self.reason {
            w.text_element("reason", ns::RETRACT, reason);
        }
        w.end(retract);
    }

    /// Version 0.2.
    fn write_apply_to(&self, w: &mut Writer<'_>) {
        let apply = w.start("apply-to", FASTEN);
        w.attr("id", self.target);
        let moderated = w.start("moderated", MODERATE_0);
        w.attr("by", self.moderator.address);
        w.empty_element("retract", RETRACT_0);
        if let Some(reason) = self.reason {
            w.text_element("reason", MODERATE_0, reason);
        }
        w.end(moderated);
        w.end(apply);
    }
}
