//! What goes out: which request gets which answer, and when (BOSH 4).

use std::sync::Arc;

use xmpp_core::{
    Timestamp,
    stream::{OutItem, Session},
};

use super::{
    CloseReason, ManagerConfig,
    answers::{Answer, AnswerKind},
    end::End,
    out::{Out, error_answer},
    record::{Record, State},
    window::{Slot, SlotKind},
};
use crate::{Attributes, BodyType, Rid, TerminalCondition, payload::Chunk};

/// What an answer consists of.
pub(super) enum Content {
    Empty,
    Payload(Chunk),
    /// The end of the session, with what is left to deliver.
    End,
    /// An error of the binding.
    Error(TerminalCondition),
}

impl Record {
    /// Moves input into the session and its output into answers.
    pub(super) fn pump<S: Session>(
        &mut self,
        now: Timestamp,
        session: &mut S,
        config: &ManagerConfig,
        out: &mut Out,
    ) {
        self.pump_announced = false;
        if self.state != State::Live {
            return;
        }
        self.feed(now, session);
        let ended = self.fill(now, session, config, out);
        if ended {
            let end = self.end.take().unwrap_or_default();
            let terminated = |slot: &Slot| slot.kind == SlotKind::Terminate;
            let reason = if self.window.slots.iter().any(terminated) {
                CloseReason::ByClient
            } else {
                CloseReason::ByServer
            };
            return self.end_now(now, end, reason, config, out);
        }
        self.release(now, config, out);
    }

    /// Feeds what arrived, in rid order (BOSH 4.2), while the session takes it.
    fn feed<S: Session>(&mut self, now: Timestamp, session: &mut S) {
        let slots = self.window.slots.iter_mut().map(|slot| &mut slot.input);
        for input in std::iter::once(&mut self.unfed).chain(slots) {
            if session.is_closed() {
                input.clear();
            }
            while session.ready()
                && let Some(item) = input.pop_front()
            {
                session.handle_item(now, item);
                // Each body is parsed on its own: there is no parser to start anew.
                session.take_restart();
            }
            if !input.is_empty() {
                break;
            }
        }
        self.limits = session.limits();
    }

    /// Puts output into answers as long as there are both. True when the session has said its last.
    fn fill<S: Session>(
        &mut self,
        now: Timestamp,
        session: &mut S,
        config: &ManagerConfig,
        out: &mut Out,
    ) -> bool {
        loop {
            self.blocked = self.answers.in_flight();
            if self.blocked {
                return false;
            }
            let Some(slot) = self.window.answerable().next() else {
                return false;
            };
            if slot.kind == SlotKind::Pause {
                // Its answer holds no payload (BOSH 6.6).
                return false;
            }
            let rid = slot.rid;
            let created = slot.kind != SlotKind::Create;
            let (chunk, ended) = self.collect(session, created, config.max_response_bytes);
            if ended {
                if !chunk.is_empty() {
                    self.front.push_front(chunk);
                }
                return true;
            }
            if chunk.is_empty() {
                return false;
            }
            self.answer(now, rid, Content::Payload(chunk), config, out);
        }
    }

    /// The payload of the next answer, of at most `limit` bytes unless one stanza is larger; and
    /// whether the session has said its last.
    fn collect<S: Session>(
        &mut self,
        session: &mut S,
        created: bool,
        limit: usize,
    ) -> (Chunk, bool) {
        let mut chunk = Chunk::default();
        while let Some(next) = self.front.front() {
            if !chunk.xml.is_empty() && chunk.xml.len() + next.xml.len() > limit {
                return (chunk, false);
            }
            chunk.append(self.front.pop_front().unwrap_or_default());
        }
        while chunk.xml.len() < limit {
            let Some(item) = session.poll_item() else {
                return (chunk, session.is_closed());
            };
            match item {
                OutItem::Open(header) => chunk.header = Some(Box::new(header.clone())),
                OutItem::Error(_) => {
                    let mut error = Chunk::default();
                    error.push(item);
                    self.end = Some(End::stream_error(error, created));
                }
                OutItem::Close => return (chunk, true),
                _ => {
                    let before = chunk.xml.len();
                    let prefixed = std::mem::take(&mut chunk.stream_prefix);
                    chunk.push(item);
                    if before > 0 && chunk.xml.len() > limit {
                        self.front.push_back(Chunk {
                            xml: chunk.xml.split_off(before),
                            stream_prefix: chunk.stream_prefix,
                            header: None,
                        });
                        chunk.stream_prefix = prefixed;
                        return (chunk, false);
                    }
                    chunk.stream_prefix |= prefixed;
                }
            }
        }
        (chunk, false)
    }

    /// Answers what need not or must not wait.
    fn release(&mut self, now: Timestamp, config: &ManagerConfig, out: &mut Out) {
        let pausing = self.window.held().any(|slot| slot.kind == SlotKind::Pause);
        let hold = if pausing {
            // All pending ones and the pause request itself (BOSH 6.6).
            0
        } else {
            self.terms.hold
        };
        if self.report.is_some()
            && let Some(rid) = self.window.first_held()
        {
            // BOSH 5.3.
            self.answer(now, rid, Content::Empty, config, out);
        }
        // BOSH 4.6.
        while self.window.held().count() > hold {
            let Some(rid) = self.window.first_held() else {
                break;
            };
            self.answer(now, rid, Content::Empty, config, out);
        }
    }

    /// Answers what has waited for `wait` (BOSH 4.5), and what stands before it in rid order (BOSH
    /// 4.3).
    pub(super) fn release_expired(
        &mut self,
        now: Timestamp,
        config: &ManagerConfig,
        out: &mut Out,
    ) {
        while self
            .window
            .wait_deadline(self.terms.wait, config.creation_wait)
            .is_some_and(|deadline| deadline <= now)
        {
            let Some(rid) = self.window.first_connected() else {
                return;
            };
            self.answer(now, rid, Content::Empty, config, out);
        }
    }

    /// Answers the request `rid`, which is answerable, and keeps the answer (BOSH 4.4, 9.4).
    pub(super) fn answer(
        &mut self,
        now: Timestamp,
        rid: Rid,
        content: Content,
        config: &ManagerConfig,
        out: &mut Out,
    ) {
        // A session that takes nothing does not keep its client waiting.
        self.unfed.extend(self.window.take_input(rid));
        let Some(slot) = self.window.take(rid) else {
            return;
        };
        let Some(id) = slot.connection else {
            return;
        };
        let terminal = matches!(content, Content::End);
        let mut attributes = if terminal {
            Attributes::default()
        } else {
            self.attributes(&slot, now)
        };
        let mut status = 200;
        let mut payload = None;
        let body: Arc<str> = match content {
            Content::Empty => Chunk::default().to_body(attributes).into(),
            Content::Payload(chunk) => {
                let body = chunk.to_body(attributes).into();
                payload = Some(chunk);
                body
            }
            Content::Error(condition) => {
                let (error_status, body) = error_answer(self.is_legacy(), condition);
                status = error_status;
                body.into()
            }
            Content::End => {
                let end = self.end.clone().unwrap_or_default();
                let mut chunk = Chunk::default();
                for waiting in self.front.drain(..) {
                    chunk.append(waiting);
                }
                let mut whole = chunk.clone();
                whole.append(end.error);
                payload = Some(chunk);
                match end.condition.and_then(TerminalCondition::legacy_status) {
                    Some(error_status) if self.is_legacy() => {
                        status = error_status;
                        "".into()
                    }
                    _ => {
                        attributes.kind = Some(BodyType::Terminate);
                        attributes.condition = end.condition;
                        whole.to_body(attributes).into()
                    }
                }
            }
        };
        let carries = terminal || payload.is_some();
        if carries {
            self.settle_below(rid, now, config);
        }
        self.pace.answered(carries);
        self.idle_since = now;
        out.respond(id, status, &self.terms.content_type, &body);
        let answer = Answer {
            status,
            body,
            payload,
            carriers: vec![id],
            handed: false,
            kind: if terminal {
                AnswerKind::End
            } else {
                AnswerKind::of(slot.kind)
            },
            at: now,
            repeats: slot.repeats,
            key: slot.key,
        };
        self.keep(rid, answer, config);
    }

    fn attributes(&mut self, slot: &Slot, now: Timestamp) -> Attributes {
        if slot.kind == SlotKind::Create {
            return self.terms.announce(&self.sid, slot.rid);
        }
        let mut attributes = Attributes::default();
        // The highest rid received without a gap, unless it is the one answered (BOSH 5.1).
        let received = self.window.next.minus(1);
        if self.terms.acks && received != slot.rid {
            attributes.ack = Some(received.as_u64());
        }
        if let Some(missing) = self.report.take()
            && let Some(answer) = self.answers.get(missing)
        {
            attributes.report = Some(missing.as_u64());
            let since = now.since(answer.at).as_millis();
            attributes.time = Some(u64::try_from(since).unwrap_or(u64::MAX));
        }
        attributes
    }

    /// Requests below `rid` that lost their connection get an empty answer, should they be
    /// repeated: what they might have carried goes out under `rid`, and a payload behind it would
    /// be out of order.
    fn settle_below(&mut self, rid: Rid, now: Timestamp, config: &ManagerConfig) {
        while let Some(first) = self.window.slots.front()
            && first.rid < rid
            && first.connection.is_none()
            && first.is_consumed()
        {
            let Some(slot) = self.window.slots.pop_front() else {
                return;
            };
            let answer = Answer {
                status: 200,
                body: Chunk::default().to_body(Attributes::default()).into(),
                payload: None,
                carriers: Vec::new(),
                handed: true,
                kind: AnswerKind::of(slot.kind),
                at: now,
                repeats: slot.repeats,
                key: slot.key,
            };
            self.keep(slot.rid, answer, config);
        }
    }

    fn keep(&mut self, rid: Rid, answer: Answer, config: &ManagerConfig) {
        let count = self.terms.requests;
        self.answers
            .insert(rid, answer, count, config.max_cached_bytes);
    }
}

impl AnswerKind {
    const fn of(slot: SlotKind) -> Self {
        match slot {
            SlotKind::Create => Self::Creation,
            SlotKind::Pause => Self::Pause,
            SlotKind::Plain | SlotKind::Terminate => Self::Plain,
        }
    }
}
