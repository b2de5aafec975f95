//! Answers that were given, kept for repeats.

use std::{collections::VecDeque, sync::Arc};

use xmpp_core::Timestamp;

use crate::{RequestId, Rid, payload::Chunk};

/// An answer to one rid.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Arc<str>,
    /// The payload in `body`, until it was handed over: it is not lost with a connection.
    pub(super) payload: Option<Chunk>,
    /// The HTTP requests that this answer was given to and that have not reported yet.
    pub(super) carriers: Vec<RequestId>,
    /// Whether it was handed to HTTP completely, at least once.
    pub(super) handed: bool,
    pub(super) kind: AnswerKind,
    pub(super) at: Timestamp,
    pub(super) repeats: u32,
    pub(super) key: Option<String>,
}

/// What an answer is, beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerKind {
    Plain,
    /// It carries the sid: without it nobody knows the session.
    Creation,
    /// It answers a pause request; these do not count among those kept (BOSH 9.4).
    Pause,
    /// It tells the client the end of the session.
    End,
}

impl Answer {
    /// Whether it carries something that would be lost with it.
    pub(super) fn is_in_flight(&self) -> bool {
        !self.handed && (self.payload.is_some() || self.kind == AnswerKind::End)
    }
}

/// The answers that are kept (BOSH 9.4), in rid order: a few.
#[derive(Debug, Default)]
pub(super) struct Answers {
    kept: VecDeque<(Rid, Answer)>,
    bytes: usize,
}

impl Answers {
    /// Keeps `answer`, and forgets what is beyond `count` answers or `max_bytes`.
    pub(super) fn insert(&mut self, rid: Rid, answer: Answer, count: u64, max_bytes: usize) {
        self.bytes += answer.body.len();
        match self.find(rid) {
            Ok(at) => {
                let old = std::mem::replace(&mut self.kept[at].1, answer);
                self.bytes -= old.body.len();
            }
            Err(at) => self.kept.insert(at, (rid, answer)),
        }
        while self.counting() > count || (self.bytes > max_bytes && self.kept.len() > 1) {
            match self.kept.front() {
                Some((oldest, answer)) if *oldest != rid && !answer.is_in_flight() => {
                    self.bytes -= answer.body.len();
                    self.kept.pop_front();
                }
                _ => break,
            }
        }
    }

    pub(super) fn get_mut(&mut self, rid: Rid) -> Option<&mut Answer> {
        let at = self.find(rid).ok()?;
        Some(&mut self.kept[at].1)
    }

    pub(super) fn remove(&mut self, rid: Rid) -> Option<Answer> {
        let at = self.find(rid).ok()?;
        let (_, answer) = self.kept.remove(at)?;
        self.bytes -= answer.body.len();
        Some(answer)
    }

    pub(super) fn get(&self, rid: Rid) -> Option<&Answer> {
        let at = self.find(rid).ok()?;
        Some(&self.kept[at].1)
    }

    /// Whether an answer with payload is on its way to HTTP. While it is, the next payload waits:
    /// were the first one lost, it would come behind the second.
    pub(super) fn in_flight(&self) -> bool {
        self.kept.iter().any(|(_, answer)| answer.is_in_flight())
    }

    /// Whether any answer, empty ones too, has not been reported as written or lost.
    pub(super) fn unreported(&self) -> bool {
        let mut kept = self.kept.iter();
        kept.any(|(_, answer)| !answer.carriers.is_empty())
    }

    fn counting(&self) -> u64 {
        self.kept
            .iter()
            .filter(|(_, answer)| answer.kind != AnswerKind::Pause)
            .count() as u64
    }

    /// Where `rid` is, or belongs.
    fn find(&self, rid: Rid) -> Result<usize, usize> {
        self.kept.binary_search_by_key(&rid, |(rid, _)| *rid)
    }
}
