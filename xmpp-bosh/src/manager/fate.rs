//! What became of answers and of connections (BOSH points 1 and 3).

use xmpp_core::Timestamp;

use super::{
    CloseReason, ManagerConfig,
    answers::AnswerKind,
    out::Out,
    record::{Record, State},
    window::SlotKind,
};
use crate::{RequestId, Rid};

impl Record {
    /// The answer to `rid` was handed over on the HTTP request `id`.
    pub(super) fn written(
        &mut self,
        now: Timestamp,
        rid: Rid,
        id: RequestId,
        config: &ManagerConfig,
        out: &mut Out,
    ) {
        let Some(answer) = self.answers.get_mut(rid) else {
            return;
        };
        if !answer.carriers.contains(&id) {
            // It has no answer yet.
            return;
        }
        out.leave(id);
        answer.carriers.retain(|&carrier| carrier != id);
        let was_in_flight = answer.is_in_flight();
        answer.handed = true;
        answer.payload = None;
        answer.at = now;
        self.idle_since = now;
        if !was_in_flight {
            return;
        }
        match self.state {
            State::Live if self.blocked || !self.front.is_empty() => self.announce_pump(out),
            State::Ending => self.conclude(now, config, out),
            _ => {}
        }
    }

    /// The connection of the HTTP request `id`, which carried `rid` or its answer, died.
    pub(super) fn lost(
        &mut self,
        now: Timestamp,
        rid: Rid,
        id: RequestId,
        config: &ManagerConfig,
        out: &mut Out,
    ) {
        self.idle_since = now;
        if let Some(early) = self.window.early.get_mut(&rid) {
            early.connection = early.connection.filter(|&held| held != id);
            return;
        }
        if let Some(slot) = self.window.slot(rid) {
            slot.connection = slot.connection.filter(|&held| held != id);
            if slot.kind == SlotKind::Create && slot.connection.is_none() {
                self.forget_creation(out);
            }
            return;
        }
        let Some(answer) = self.answers.get_mut(rid) else {
            return;
        };
        answer.carriers.retain(|&carrier| carrier != id);
        if answer.handed || !answer.carriers.is_empty() {
            return;
        }
        if answer.kind == AnswerKind::Creation {
            if rid.plus(1) == self.window.next && self.window.early.is_empty() {
                return self.forget_creation(out);
            }
            // The client knows the sid, so it has the answer.
            answer.handed = true;
            answer.payload = None;
            return;
        }
        if answer.is_in_flight() {
            self.take_back(now, rid, config, out);
        }
    }

    /// Nobody has the answer to `rid`, and nobody can have it: as if it had not been given (point
    /// 1). Its payload goes first, whichever request comes (point 3).
    fn take_back(&mut self, now: Timestamp, rid: Rid, config: &ManagerConfig, out: &mut Out) {
        let Some(answer) = self.answers.remove(rid) else {
            return;
        };
        if let Some(payload) = answer.payload.filter(|payload| !payload.is_empty()) {
            self.front.push_front(payload);
        }
        self.window.reopen(rid, now, answer.repeats, answer.key);
        if answer.kind == AnswerKind::End && self.state == State::Over {
            self.state = State::Ending;
        }
        match self.state {
            State::Live => self.announce_pump(out),
            _ => self.conclude(now, config, out),
        }
    }

    /// Nobody was told the sid.
    fn forget_creation(&mut self, out: &mut Out) {
        if self.state == State::Live {
            out.closed(&self.sid, CloseReason::CreationLost);
        }
        self.gone = true;
    }
}
