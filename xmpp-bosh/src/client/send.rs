//! What goes out, and when.

use std::time::Duration;

use xmpp_core::stream::{OutItem, Session, StreamHeader};

use super::{
    Attachment, Client, ClientCloseReason, ClientEvent, State,
    outstanding::{Progress, RequestKind},
};
use crate::{Attributes, BodyType, BoshVersion, RequestId, Rid, TerminalCondition, payload::Chunk};

/// What needs a body of its own.
#[derive(Debug)]
pub(super) enum Boundary {
    /// The stream opens: it creates the session, or restarts the stream (BOSH 13.1).
    Open(Box<StreamHeader>),
    /// The stream ends, with an error or without.
    Close(Chunk),
}

impl Client {
    /// Puts the session's output into requests while there is room.
    pub(super) fn send_output<S: Session>(&mut self, session: &mut S) {
        while !self.detaching {
            if let Some(boundary) = self.boundary.take() {
                if !self.send_boundary(boundary) {
                    return;
                }
                continue;
            }
            if self.state != State::Idle && !self.has_room(0) {
                return;
            }
            let chunk = self.collect(session);
            if !chunk.is_empty() {
                self.send(RequestKind::Payload, Attributes::default(), &chunk);
            } else if self.boundary.is_none() {
                return;
            }
        }
    }

    /// Whether a new request may be made: at most `requests` under way, and no rid further from the
    /// lowest one without an answer, or the connection manager might forget that answer (BOSH 7.1,
    /// 9.2, 9.4). `extra` is 1 for a request that may exceed this.
    fn has_room(&self, extra: u64) -> bool {
        let live = matches!(self.state, State::Established);
        let lowest = self.queue.lowest().unwrap_or(self.next);
        live && self.next < lowest.plus(self.terms.requests + extra) && self.next <= Rid::MAX
    }

    /// The payload of the next body. Stops at what needs a body of its own.
    fn collect<S: Session>(&mut self, session: &mut S) -> Chunk {
        let limit = self.config.max_request_bytes;
        let mut chunk = self.front.take().unwrap_or_default();
        let mut error = Chunk::default();
        while chunk.xml.len() < limit {
            let Some(item) = session.poll_item() else {
                break;
            };
            match item {
                OutItem::Open(header) => {
                    self.boundary = Some(Boundary::Open(Box::new(header.clone())));
                    break;
                }
                OutItem::Error(_) => {
                    error.push(item);
                }
                OutItem::Close => {
                    self.boundary = Some(Boundary::Close(error));
                    break;
                }
                _ => {
                    let mut one = Chunk::default();
                    one.push(item);
                    if !chunk.xml.is_empty() && chunk.xml.len() + one.xml.len() > limit {
                        self.front = Some(one);
                        break;
                    }
                    chunk.append(one);
                }
            }
        }
        chunk
    }

    /// False when there is no room for it yet.
    fn send_boundary(&mut self, boundary: Boundary) -> bool {
        match boundary {
            Boundary::Open(header) if self.state == State::Idle => self.send_creation(&header),
            Boundary::Close(_) if self.state == State::Idle => {
                self.close(ClientCloseReason::Local);
            }
            Boundary::Open(header) if self.has_room(0) => {
                self.restarting = true;
                let attributes = Attributes {
                    to: header.to,
                    from: header.from,
                    lang: header.lang,
                    restart: true,
                    ..Attributes::default()
                };
                self.send(RequestKind::Payload, attributes, &Chunk::default());
            }
            Boundary::Close(error) if self.has_room(1) => {
                let condition = (!error.is_empty()).then_some(TerminalCondition::RemoteStreamError);
                let attributes = Attributes {
                    kind: Some(BodyType::Terminate),
                    condition,
                    ..Attributes::default()
                };
                self.send(RequestKind::Terminate, attributes, &error);
                self.state = State::Ending;
            }
            // Over, or not yet.
            boundary => {
                if self.state != State::Over {
                    self.boundary = Some(boundary);
                }
                return false;
            }
        }
        true
    }

    /// Asks for a session (BOSH 2).
    fn send_creation(&mut self, header: &StreamHeader) {
        self.state = State::Creating;
        self.restarting = true;
        let mut newkey = None;
        if self.config.keys {
            let mut keys = crate::key::KeySequence::new(&mut self.random);
            newkey = Some(keys.announce());
            self.keys = Some(keys);
        }
        let attributes = Attributes {
            to: header.to.clone(),
            from: header.from.clone(),
            lang: header.lang.clone(),
            xmpp_version: header.version.clone(),
            ver: Some(BoshVersion::NEWEST),
            wait: Some(self.config.wait.as_secs()),
            hold: Some(u64::from(self.config.hold)),
            content: self.config.content.clone(),
            route: self.config.route.clone(),
            ack: self.config.acks.then_some(1),
            newkey,
            ..Attributes::default()
        };
        self.push(RequestKind::Create, attributes, &Chunk::default());
    }

    pub(super) fn send_pause(&mut self, pause: Duration) {
        if !self.has_room(1) || self.queue.any(RequestKind::Pause) {
            return;
        }
        let attributes = Attributes {
            pause: Some(pause.as_secs()),
            ..Attributes::default()
        };
        self.send(RequestKind::Pause, attributes, &Chunk::default());
        self.poll_at = Some(self.now.saturating_add(pause * 4 / 5));
    }

    /// A request within the session.
    fn send(&mut self, kind: RequestKind, mut attributes: Attributes, payload: &Chunk) {
        attributes.sid = self.sid.as_ref().map(|sid| sid.as_str().to_owned());
        if let Some(keys) = &mut self.keys {
            let (key, newkey) = keys.next(&mut self.random);
            attributes.key = Some(key);
            attributes.newkey = newkey;
        }
        // Only while answers are missing (BOSH 5.2).
        if self.config.acks
            && let Some(lowest) = self.queue.lowest()
        {
            attributes.ack = Some(lowest.minus(1).as_u64());
        }
        if kind != RequestKind::Pause {
            self.poll_at = None;
        }
        self.push(kind, attributes, payload);
    }

    fn push(&mut self, kind: RequestKind, mut attributes: Attributes, payload: &Chunk) {
        attributes.rid = Some(self.next.as_u64());
        let body = payload.to_body(attributes);
        self.queue.push(self.now, self.next, kind, body);
        self.next = self.next.plus(1);
    }

    /// Keeps one request at the connection manager (BOSH 6.1), at intervals where the session
    /// polls, and none while a pause or a hand-over is on.
    pub(super) fn ask_if_idle(&mut self) {
        // What the session has to say goes first: a pump is due.
        let idle = self.state == State::Established && !self.pump_announced;
        if !idle || !self.queue.is_empty() || !self.inbox.is_empty() {
            return;
        }
        if self.detaching {
            self.state = State::Over;
            let attachment = Attachment {
                sid: self.sid.clone().unwrap_or_else(|| "".into()),
                rid: self.next,
                wait: self.terms.wait,
                requests: self.terms.requests,
            };
            self.events.push_back(ClientEvent::Detached(attachment));
        } else if self.poll_at.is_none_or(|at| at <= self.now) {
            self.send(RequestKind::Empty, Attributes::default(), &Chunk::default());
        }
    }

    /// Everything that can go out goes out.
    pub(super) fn proceed(&mut self) {
        self.ask_if_idle();
        let patience = self.terms.wait + self.config.grace.max(self.terms.wait / 10);
        while let Some(request) = self.queue.send_due(self.now, patience) {
            if let Some(replaced) = request.replaces {
                // An attempt that nobody has made yet need not be made.
                self.requests.retain(|waiting| waiting.id != replaced);
            }
            self.requests.push_back(request);
        }
    }

    /// The attempt `id` at `rid` failed: it is made again, at once the first time, later with
    /// growing waits (BOSH 9.8).
    pub(super) fn attempt_failed(&mut self, rid: Rid, id: RequestId) {
        let max_attempts = self.config.max_attempts;
        let Some(request) = self.queue.get(rid) else {
            return;
        };
        let current = request.id == Some(id) && matches!(request.state, Progress::Sent { .. });
        if !current {
            return;
        }
        if request.attempts >= max_attempts {
            let reason = match (self.state, self.unreadable.take()) {
                (State::Creating, Some(error)) => ClientCloseReason::NotBosh(Some(error)),
                _ => ClientCloseReason::ConnectionLost,
            };
            return self.close(reason);
        }
        let wait = match request.attempts {
            0 | 1 => Duration::ZERO,
            n => Duration::from_secs(1 << (n - 2).min(5)).min(Duration::from_secs(30)),
        };
        let at = self.now.saturating_add(self.scatter(wait));
        if let Some(request) = self.queue.get_mut(rid) {
            request.state = Progress::Due { at };
        }
    }

    /// `wait`, up to a quarter longer, so that many clients do not come back at the same moment.
    fn scatter(&mut self, wait: Duration) -> Duration {
        let mut bits = [0u8; 1];
        self.random.fill(&mut bits);
        wait + wait / 1024 * u32::from(bits[0])
    }

    /// The connection manager answered `rid` a while ago, and knows from our `ack` that the answer
    /// has not come (BOSH 5.4). No answer can be processed before that one, so it is asked for when
    /// the report arrives.
    pub(super) fn repeat_missing(&mut self, rid: Rid) {
        let now = self.now;
        if let Some(request) = self.queue.get_mut(rid)
            && matches!(request.state, Progress::Sent { .. })
        {
            request.state = Progress::Due { at: now };
        }
    }

    /// The request `rid` is sent again at once, and all before it that have no answer (BOSH 9.9).
    pub(super) fn repeat_up_to(&mut self, rid: Rid) {
        let now = self.now;
        for request in self.queue.iter_mut().filter(|request| request.rid <= rid) {
            if !matches!(request.state, Progress::Answered(_)) {
                request.state = Progress::Due { at: now };
            }
        }
    }
}
