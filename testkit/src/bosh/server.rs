//! The server's end: a connection manager, scripted sessions behind it, and room for planted
//! defects.

use std::collections::{BTreeMap, BTreeSet};

use xmpp_bosh::{
    CloseReason, Manager, ManagerConfig, ManagerEvent, RequestId, Response, Sid, TerminalCondition,
};
use xmpp_core::Timestamp;

use super::setup::{Bug, Setup};
use crate::{ScriptedSession, Seeded};

/// Connection manager and sessions.
pub(super) struct Server {
    manager: Manager,
    pub(super) sessions: BTreeMap<String, ScriptedSession>,
    pub(super) closed: Vec<(String, CloseReason)>,
    bug: Option<Bug>,
    /// What the planted defects need to know of the requests that came.
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    rids: BTreeSet<u64>,
    last: Option<u64>,
    replays: BTreeSet<RequestId>,
    answered: BTreeSet<RequestId>,
    kept_back: Option<Response>,
    spare: Option<String>,
}

impl Server {
    pub(super) fn new(setup: &Setup, random: Seeded) -> Self {
        let config = ManagerConfig {
            max_response_bytes: setup.max_body,
            ..ManagerConfig::default()
        };
        Self {
            manager: Manager::new(config, Box::new(random)),
            sessions: BTreeMap::new(),
            closed: Vec::new(),
            bug: setup.bug,
            seen: Seen::default(),
        }
    }

    pub(super) fn request(&mut self, now: Timestamp, id: RequestId, rid: u64, body: &str) {
        let body = self.spoil_request(id, rid, body);
        self.manager.handle_request(now, id, body.as_bytes());
        self.settle(now);
    }

    pub(super) fn written(&mut self, now: Timestamp, id: RequestId) {
        if self.bug == Some(Bug::HandedTakenBack) {
            self.manager.handle_lost(now, id);
        } else {
            self.manager.handle_written(id);
        }
        self.settle(now);
    }

    pub(super) fn lost(&mut self, now: Timestamp, id: RequestId) {
        let answered = self.seen.answered.contains(&id);
        match self.bug {
            Some(Bug::UnhandedNotTakenBack) if answered => self.manager.handle_written(id),
            Some(Bug::DeadConnectionsAnswered) if !answered => {}
            Some(Bug::LossIsTheEnd) => {
                for sid in self.sessions.keys() {
                    let condition = TerminalCondition::RemoteConnectionFailed;
                    // One that is over already is no matter.
                    let _ = self
                        .manager
                        .terminate(now, &Sid::from(sid.as_str()), condition);
                }
            }
            _ => self.manager.handle_lost(now, id),
        }
        self.settle(now);
    }

    /// Whether answers to connections that died unnoticed are to be reported as written.
    pub(super) fn ignores_the_dead(&self) -> bool {
        self.bug == Some(Bug::DeadConnectionsAnswered)
    }

    pub(super) fn timeout(&mut self, now: Timestamp) {
        self.manager.handle_timeout(now);
        self.settle(now);
    }

    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        self.manager.poll_timeout()
    }

    /// The session says a stanza.
    pub(super) fn say(&mut self, now: Timestamp, sid: &str, xml: &str) -> bool {
        let Some(session) = self.sessions.get_mut(sid) else {
            return false;
        };
        session.stanza(xml);
        self.manager.pump(now, &Sid::from(sid), session);
        self.settle(now);
        true
    }

    /// How many items a session has said that no answer has taken.
    pub(super) fn unsaid(&self, sid: &str) -> usize {
        self.sessions.get(sid).map_or(0, ScriptedSession::unsaid)
    }

    pub(super) fn response(&mut self) -> Option<Response> {
        let mut response = match self.bug {
            Some(Bug::AnswersSwapped) => self.swapped()?,
            Some(Bug::EmptyAnswersPutOff) => self.put_off()?,
            _ => self.manager.poll_response()?,
        };
        self.spoil_response(&mut response);
        self.seen.answered.insert(response.id);
        Some(response)
    }

    fn settle(&mut self, now: Timestamp) {
        while let Some(event) = self.manager.poll_event() {
            match event {
                ManagerEvent::Created { sid, .. } => {
                    let mut session = ScriptedSession::server();
                    self.manager.pump(now, &sid, &mut session);
                    self.sessions.insert(sid.as_str().to_owned(), session);
                }
                ManagerEvent::Pump { sid } => {
                    if let Some(session) = self.sessions.get_mut(sid.as_str()) {
                        self.manager.pump(now, &sid, session);
                    }
                }
                ManagerEvent::Closed { sid, reason } => {
                    self.closed.push((sid.as_str().to_owned(), reason));
                }
                _ => {}
            }
        }
    }

    fn spoil_request(&mut self, id: RequestId, rid: u64, body: &str) -> String {
        let seen = &mut self.seen;
        let repeated = !seen.rids.insert(rid);
        if repeated {
            seen.replays.insert(id);
        }
        let last = seen.last.unwrap_or(rid);
        seen.last = Some(last.max(rid));
        let with_rid = |new: u64| body.replace(&format!("rid='{rid}'"), &format!("rid='{new}'"));
        match self.bug {
            Some(Bug::RepeatsProcessed) if repeated && body.contains(" sid='") => {
                with_rid(last + 1)
            }
            // The one that came too soon takes the place of the one that is missing, and the other
            // way round.
            Some(Bug::ArrivalOrder) if rid == last + 2 => {
                seen.last = Some(last + 1);
                seen.rids.remove(&rid);
                seen.rids.insert(last + 1);
                with_rid(last + 1)
            }
            _ => body.to_owned(),
        }
    }

    fn spoil_response(&mut self, response: &mut Response) {
        match self.bug {
            Some(Bug::RepeatsAnsweredEmpty) if self.seen.replays.contains(&response.id) => {
                response.body = "<body xmlns='http://jabber.org/protocol/httpbind'/>".into();
            }
            Some(Bug::FirstStanzaTwice) => {
                let spare = self.seen.spare.take();
                let Some(start) = response.body.find("<message") else {
                    return;
                };
                let end = response
                    .body
                    .find("</message>")
                    .map(|at| at + "</message>".len());
                self.seen.spare = end.map(|end| response.body[start..end].to_owned());
                if let Some(spare) = spare {
                    let (before, behind) = response.body.split_at(start);
                    response.body = [before, &spare, behind].concat().into();
                    self.seen.spare = None;
                }
            }
            _ => {}
        }
    }

    /// An answer without stanzas waits for the next one.
    fn put_off(&mut self) -> Option<Response> {
        let response = self.manager.poll_response()?;
        let empty = !response.body.contains(" sid='")
            && !response.body.contains("terminate")
            && !response.body.contains("<message");
        let kept = self.seen.kept_back.take();
        if empty && kept.is_none() {
            self.seen.kept_back = Some(response);
            return self.manager.poll_response();
        }
        if let Some(kept) = kept {
            self.seen.kept_back = Some(response);
            return Some(kept);
        }
        Some(response)
    }

    /// Every second answer waits for the next one, and they change their bodies.
    fn swapped(&mut self) -> Option<Response> {
        let mut response = self.manager.poll_response()?;
        let within = !response.body.contains(" sid='") && !response.body.contains("terminate");
        if !within {
            return Some(response);
        }
        match self.seen.kept_back.take() {
            None => {
                self.seen.kept_back = Some(response);
                self.manager.poll_response()
            }
            Some(mut kept) => {
                std::mem::swap(&mut kept.body, &mut response.body);
                self.manager.handle_written(kept.id);
                Some(response)
            }
        }
    }
}
