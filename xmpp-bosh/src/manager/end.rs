//! How sessions end (BOSH 8, 12).

use xmpp_core::{
    Timestamp,
    stream::{StreamError, StreamErrorCondition},
};

use super::{
    CloseReason, ManagerConfig,
    deliver::Content,
    out::{Out, error_answer},
    record::{Arrival, Record, State},
    window::SlotKind,
};
use crate::{Attributes, Body, Rid, TerminalCondition, payload::Chunk};

/// What the client is to be told.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    /// None for an end in good order.
    pub(super) condition: Option<TerminalCondition>,
    /// The stream error, if there is one (ERR-5).
    pub(super) error: Chunk,
}

impl From<TerminalCondition> for End {
    fn from(condition: TerminalCondition) -> Self {
        Self {
            condition: Some(condition),
            error: Chunk::default(),
        }
    }
}

impl End {
    /// The end for a stream error. Before the creation request was answered, an error that BOSH has
    /// a condition for is told as that (BOSH 12.3, 12.4).
    pub(super) fn stream_error(error: Chunk, created: bool) -> Self {
        let condition = match stream_condition(&error) {
            Some(StreamErrorCondition::HostUnknown) if !created => TerminalCondition::HostUnknown,
            Some(StreamErrorCondition::HostGone) if !created => TerminalCondition::HostGone,
            Some(StreamErrorCondition::ImproperAddressing) if !created => {
                TerminalCondition::ImproperAddressing
            }
            _ => {
                return Self {
                    condition: Some(TerminalCondition::RemoteStreamError),
                    error,
                };
            }
        };
        Self::from(condition)
    }
}

fn stream_condition(error: &Chunk) -> Option<StreamErrorCondition> {
    let body = error.to_body(Attributes::default());
    let body = Body::parse_response(body.as_bytes(), xmpp_core::xml::Limits::CLIENT).ok()?;
    let error = body.children.first()?;
    Some(StreamError::from_element(error.root()).condition)
}

impl Record {
    /// Ends the session, whatever the server session had to say.
    pub(super) fn end_now(
        &mut self,
        now: Timestamp,
        end: End,
        reason: CloseReason,
        config: &ManagerConfig,
        out: &mut Out,
    ) {
        if self.state != State::Live {
            return;
        }
        out.closed(&self.sid, reason);
        self.window.close();
        self.state = State::Ending;
        self.end = Some(end);
        self.pause = None;
        self.idle_since = now;
        self.conclude(now, config, out);
    }

    /// Tells the client the end: what is still to be delivered goes first, in answers of its own,
    /// because some clients discard what stands in the last one (point 7). The oldest request gets
    /// the end, the others an empty body (BOSH 8.2).
    pub(super) fn conclude(&mut self, now: Timestamp, config: &ManagerConfig, out: &mut Out) {
        // A client that terminated sends no further request.
        let last_chance = self
            .window
            .slots
            .iter()
            .any(|slot| slot.kind == SlotKind::Terminate);
        self.tell(now, last_chance, config, out);
    }

    /// As [`Record::conclude`]; as the `last_chance` it waits neither for the fate of an earlier
    /// answer nor for a further request.
    pub(super) fn tell(
        &mut self,
        now: Timestamp,
        last_chance: bool,
        config: &ManagerConfig,
        out: &mut Out,
    ) {
        if self.state != State::Ending {
            return;
        }
        loop {
            if !last_chance && self.answers.in_flight() {
                return;
            }
            let Some(rid) = self.window.first_answerable() else {
                return;
            };
            let alone = self.window.answerable().count() == 1;
            let deliverable = self.front.front().is_some_and(|c| !c.xml.is_empty());
            if !deliverable || (last_chance && alone) {
                self.answer(now, rid, Content::End, config, out);
                break;
            }
            let chunk = self.front.pop_front().unwrap_or_default();
            self.answer(now, rid, Content::Payload(chunk), config, out);
        }
        while let Some(rid) = self.window.first_answerable() {
            self.answer(now, rid, Content::Empty, config, out);
        }
        self.state = State::Over;
    }

    /// Ends the session because of the request that just arrived, which has no place in it.
    pub(super) fn refuse(&mut self, at: &Arrival<'_>, condition: TerminalCondition, out: &mut Out) {
        let (status, body) = error_answer(self.is_legacy(), condition);
        out.respond(at.id, status, &self.terms.content_type, &body.into());
        self.fail_others(at, None, condition, out);
    }

    /// Ends the session because of the request `rid`, which has its place already.
    pub(super) fn fail(
        &mut self,
        at: &Arrival<'_>,
        rid: Rid,
        condition: TerminalCondition,
        out: &mut Out,
    ) {
        self.fail_others(at, Some(rid), condition, out);
    }

    /// Tells `condition` to the request `offender`, and to all others that another one ended the
    /// session (BOSH 12.7).
    fn fail_others(
        &mut self,
        at: &Arrival<'_>,
        offender: Option<Rid>,
        condition: TerminalCondition,
        out: &mut Out,
    ) {
        if self.state != State::Live {
            return;
        }
        out.closed(&self.sid, CloseReason::Terminated(condition));
        self.window.close();
        self.state = State::Over;
        self.idle_since = at.now;
        self.pause = None;
        self.end = Some(End::from(condition));
        self.front.clear();
        while let Some(rid) = self.window.first_answerable() {
            let told = if offender == Some(rid) {
                condition
            } else {
                TerminalCondition::OtherRequest
            };
            self.answer(at.now, rid, Content::Error(told), at.config, out);
        }
    }

    pub(super) fn is_legacy(&self) -> bool {
        self.terms.version.is_none()
    }
}
