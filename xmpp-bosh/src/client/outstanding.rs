//! Requests that have no processed answer yet.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use xmpp_core::Timestamp;

use super::Request;
use crate::{Body, RequestId, Rid};

/// A request, from its making until its answer is processed in its turn.
#[derive(Debug)]
pub(super) struct Outstanding {
    pub(super) rid: Rid,
    /// Its bytes, the same for every attempt (BOSH 9.8).
    pub(super) body: String,
    pub(super) kind: RequestKind,
    pub(super) attempts: u32,
    /// The newest attempt.
    pub(super) id: Option<RequestId>,
    pub(super) state: Progress,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    Create,
    Empty,
    Payload,
    Pause,
    Terminate,
}

/// How far a request is.
#[derive(Debug)]
pub(super) enum Progress {
    /// Under way; without an answer by then it counts as lost.
    Sent { until: Timestamp },
    /// To be sent (again) then.
    Due { at: Timestamp },
    /// Answered; the answers to lower rids are missing.
    Answered(Box<Body>),
}

/// All of them, in rid order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    requests: VecDeque<Outstanding>,
    attempts: BTreeMap<RequestId, Rid>,
    next_id: u64,
}

impl Queue {
    /// Adds a request, to be sent now.
    pub(super) fn push(&mut self, now: Timestamp, rid: Rid, kind: RequestKind, body: String) {
        self.requests.push_back(Outstanding {
            rid,
            body,
            kind,
            attempts: 0,
            id: None,
            state: Progress::Due { at: now },
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The lowest rid without a processed answer.
    pub(super) fn lowest(&self) -> Option<Rid> {
        self.requests.front().map(|request| request.rid)
    }

    pub(super) fn get(&self, rid: Rid) -> Option<&Outstanding> {
        self.requests.iter().find(|request| request.rid == rid)
    }

    pub(super) fn get_mut(&mut self, rid: Rid) -> Option<&mut Outstanding> {
        self.requests.iter_mut().find(|request| request.rid == rid)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Outstanding> {
        self.requests.iter_mut()
    }

    pub(super) fn any(&self, kind: RequestKind) -> bool {
        self.requests.iter().any(|request| request.kind == kind)
    }

    /// The rid that this attempt was for, unless its answer is processed.
    pub(super) fn rid_of(&self, id: RequestId) -> Option<Rid> {
        self.attempts.get(&id).copied()
    }

    /// Takes the lowest request if it is answered (BOSH 4.8).
    pub(super) fn pop_answered(&mut self) -> Option<(Rid, RequestKind, Body)> {
        match self.requests.front()?.state {
            Progress::Answered(_) => {}
            _ => return None,
        }
        let request = self.requests.pop_front()?;
        self.attempts.retain(|_, rid| *rid != request.rid);
        match request.state {
            Progress::Answered(body) => Some((request.rid, request.kind, *body)),
            _ => None,
        }
    }

    /// The next request that is due, as an attempt under a new name.
    pub(super) fn send_due(&mut self, now: Timestamp, patience: Duration) -> Option<Request> {
        let due = self
            .requests
            .iter_mut()
            .find(|request| matches!(request.state, Progress::Due { at } if at <= now))?;
        let id = RequestId::new(self.next_id);
        self.next_id += 1;
        self.attempts.insert(id, due.rid);
        due.attempts += 1;
        due.state = Progress::Sent {
            until: now.saturating_add(patience),
        };
        Some(Request {
            id,
            rid: due.rid,
            body: due.body.clone(),
            replaces: due.id.replace(id),
        })
    }

    /// The next point in time at which one is due or counts as lost.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.requests
            .iter()
            .filter_map(|request| match request.state {
                Progress::Sent { until } => Some(until),
                Progress::Due { at } => Some(at),
                Progress::Answered(_) => None,
            })
            .min()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.requests.clear();
        self.attempts.clear();
    }
}
