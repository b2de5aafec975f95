//! The BOSH client.

mod config;
mod event;
mod outstanding;
mod receive;
mod send;
mod terms;

use std::{collections::VecDeque, fmt, time::Duration};

use xmpp_core::{
    Random, Timestamp,
    stream::{Session, StreamHeader, StreamItem},
};

pub use self::{
    config::ClientConfig,
    event::{Attachment, ClientCloseReason, ClientEvent, Request},
};
use self::{
    outstanding::{Progress, Queue},
    send::Boundary,
    terms::Terms,
};
use crate::{BodyError, Misuse, RequestId, Rid, Sid, key::KeySequence, payload::Chunk};

/// A BOSH client: one session ([XEP-0124](https://xmpp.org/extensions/xep-0124.html),
/// [XEP-0206](https://xmpp.org/extensions/xep-0206.html)).
///
/// It creates the session when the client session that it [pumps](Self::pump) opens its stream. It
/// keeps one request at the connection manager, processes answers in the order of their requests,
/// and repeats what was lost, byte for byte. The recommended order of calls:
///
/// 1. Something happened: an answer ([`handle_response`](Self::handle_response)), a failure
///    ([`handle_lost`](Self::handle_lost)), a timer ([`handle_timeout`](Self::handle_timeout)), or
///    the session got something to say: [`pump`](Self::pump).
/// 2. [`poll_event`](Self::poll_event) until `None`; pump on [`ClientEvent::Pump`].
/// 3. [`poll_request`](Self::poll_request) until `None`, and make each.
/// 4. [`poll_timeout`](Self::poll_timeout), and wait.
pub struct Client {
    config: ClientConfig,
    random: Box<dyn Random + Send>,
    now: Timestamp,
    state: State,
    terms: Terms,
    sid: Option<Sid>,
    /// What the server said of itself last.
    header: StreamHeader,
    /// The rid of the next new request.
    next: Rid,
    queue: Queue,
    requests: VecDeque<Request>,
    events: VecDeque<ClientEvent>,
    inbox: VecDeque<StreamItem>,
    /// Output that needs a body of its own.
    boundary: Option<Boundary>,
    /// One element too many for the last body.
    front: Option<Chunk>,
    /// A stream header was sent, and the server's has not been given to the session yet.
    restarting: bool,
    keys: Option<KeySequence>,
    /// When an empty request may go out, in a session that polls or pauses.
    poll_at: Option<Timestamp>,
    detaching: bool,
    pump_announced: bool,
    /// What was wrong with the last answer that was none.
    unreadable: Option<BodyError>,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The client session has not opened its stream yet.
    Idle,
    /// The creation request is under way.
    Creating,
    Established,
    /// A terminate request is under way.
    Ending,
    Over,
}

impl Client {
    /// A client without a session. `random` makes the rid, and keys.
    pub fn new(config: ClientConfig, mut random: Box<dyn Random + Send>) -> Self {
        let next = Rid::random(&mut random);
        Self {
            terms: Terms::before(&config),
            config,
            random,
            now: Timestamp::default(),
            state: State::Idle,
            sid: None,
            header: StreamHeader::default(),
            next,
            queue: Queue::default(),
            requests: VecDeque::new(),
            events: VecDeque::new(),
            inbox: VecDeque::new(),
            boundary: None,
            front: None,
            restarting: false,
            keys: None,
            poll_at: None,
            detaching: false,
            pump_announced: false,
            unreadable: None,
        }
    }

    /// A client that goes on with a session that another one began. Its first request is empty.
    pub fn attach(
        now: Timestamp,
        config: ClientConfig,
        attachment: Attachment,
        random: Box<dyn Random + Send>,
    ) -> Self {
        let mut client = Self::new(config, random);
        client.now = now;
        client.state = State::Established;
        client.terms.wait = attachment.wait;
        client.terms.requests = attachment.requests.max(1);
        client.terms.legacy = false;
        client.sid = Some(attachment.sid);
        client.next = attachment.rid;
        client.ask_if_idle();
        client
    }

    /// The next request to make.
    pub fn poll_request(&mut self) -> Option<Request> {
        self.requests.pop_front()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// An answer arrived, complete as far as HTTP can tell.
    pub fn handle_response(&mut self, now: Timestamp, id: RequestId, status: u16, body: &[u8]) {
        self.tick(now);
        self.take_response(id, status, body);
        self.proceed();
    }

    /// The request failed, or its answer broke off.
    pub fn handle_lost(&mut self, now: Timestamp, id: RequestId) {
        self.tick(now);
        if let Some(rid) = self.queue.rid_of(id) {
            self.attempt_failed(rid, id);
        }
        self.proceed();
    }

    /// Time has passed. Too early is harmless.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.tick(now);
        let mut lost = Vec::new();
        for request in self.queue.iter_mut() {
            if let (Progress::Sent { until }, Some(id)) = (&request.state, request.id)
                && *until <= self.now
            {
                lost.push((request.rid, id));
            }
        }
        for (rid, id) in lost {
            self.attempt_failed(rid, id);
        }
        self.proceed();
    }

    /// When to call [`Client::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let idle = self.state == State::Established && self.queue.is_empty();
        let poll = self.poll_at.filter(|_| idle && self.inbox.is_empty());
        [self.queue.deadline(), poll].into_iter().flatten().min()
    }

    /// Gives what arrived to `session` while it is ready, and puts what it has to say into requests
    /// while there is room for them.
    ///
    /// Call it at the beginning, on [`ClientEvent::Pump`], and after everything that gives the
    /// session something to say. Timers and events of the session stay with the caller.
    pub fn pump<S: Session>(&mut self, now: Timestamp, session: &mut S) {
        self.tick(now);
        self.pump_announced = false;
        while session.ready()
            && let Some(item) = self.inbox.pop_front()
        {
            session.handle_item(self.now, item);
            session.take_restart();
        }
        self.send_output(session);
        self.proceed();
    }

    /// Asks for a pause: the connection manager answers everything, and waits this long for the
    /// next request (BOSH 6.5). The client sends nothing until the session has something to say, or
    /// four fifths of the time have passed.
    ///
    /// # Errors
    ///
    /// [`Misuse::PauseNotGranted`] when the connection manager offers none or none that long,
    /// [`Misuse::NotEstablished`] outside of a session.
    pub fn pause(&mut self, now: Timestamp, pause: Duration) -> Result<(), Misuse> {
        self.tick(now);
        if self.state != State::Established {
            return Err(Misuse::NotEstablished);
        }
        let granted = self.terms.max_pause.is_some_and(|max| pause <= max);
        if !granted || pause.as_secs() == 0 {
            return Err(Misuse::PauseNotGranted);
        }
        self.send_pause(pause);
        self.proceed();
        Ok(())
    }

    /// Begins to hand the session on: no new request is made, and when nothing is under way any
    /// more [`ClientEvent::Detached`] tells what the next owner needs. That owner has to come
    /// within `inactivity`.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotEstablished`] outside of a session.
    pub fn detach(&mut self, now: Timestamp) -> Result<(), Misuse> {
        self.tick(now);
        if self.state != State::Established {
            return Err(Misuse::NotEstablished);
        }
        self.detaching = true;
        if !self.queue.is_empty()
            && let Some(pause) = self.terms.max_pause
        {
            // Otherwise the request that is held comes back after `wait` only.
            self.send_pause(pause.min(self.terms.inactivity.unwrap_or(pause)));
        }
        self.proceed();
        Ok(())
    }

    /// The identifier of the session, once it exists.
    pub fn sid(&self) -> Option<&Sid> {
        self.sid.as_ref()
    }

    /// Time never runs backwards.
    fn tick(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    fn announce_pump(&mut self) {
        if !self.pump_announced {
            self.pump_announced = true;
            self.events.push_back(ClientEvent::Pump);
        }
    }

    fn close(&mut self, reason: ClientCloseReason) {
        if self.state != State::Over {
            self.state = State::Over;
            self.queue.clear();
            self.requests.clear();
            self.events.push_back(ClientEvent::Closed(reason));
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("state", &self.state)
            .field("sid", &self.sid)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn assert_send<T: Send>() {}
    assert_send::<Client>();
};
