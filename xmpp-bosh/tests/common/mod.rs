//! A connection manager on a bench: requests go in by hand, scripted sessions stand behind it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by several test programs, none of which uses all of it"
)]

use std::{collections::BTreeMap, time::Duration};

use testkit::{ScriptedSession, Seeded};
use xmpp_bosh::{
    Body, CloseReason, Creation, Manager, ManagerConfig, ManagerEvent, RequestId, Response, Sid,
};
use xmpp_core::{Timestamp, xml::Limits};

/// The rid of the creation request.
pub const RID: u64 = 1_573_741_820;
pub const EMPTY: &str = "<body xmlns='http://jabber.org/protocol/httpbind'/>";

pub struct Bench {
    pub manager: Manager,
    pub now: Timestamp,
    pub sessions: BTreeMap<Sid, ScriptedSession>,
    pub creations: Vec<Creation>,
    pub closed: Vec<CloseReason>,
    /// Whether answers are handed over as soon as they are there.
    pub hand_over: bool,
    /// The sid of the newest session.
    pub sid: String,
    answers: BTreeMap<u64, Response>,
    order: Vec<u64>,
    last_id: u64,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(ManagerConfig::default())
    }

    pub fn with(config: ManagerConfig) -> Self {
        Self {
            manager: Manager::new(config, Box::new(Seeded::new(1))),
            now: Timestamp::from_millis(1_000_000),
            sessions: BTreeMap::new(),
            creations: Vec::new(),
            closed: Vec::new(),
            hand_over: true,
            sid: String::new(),
            answers: BTreeMap::new(),
            order: Vec::new(),
            last_id: 0,
        }
    }

    /// A bench with one session of the usual kind: hold 1, 2 requests, wait 60.
    pub fn created() -> Self {
        let mut bench = Self::new();
        bench.create("");
        bench
    }

    /// Creates a session as Strophe does, with more attributes; gives the answer.
    pub fn create(&mut self, attributes: &str) -> String {
        let defaults = [
            ("wait=", "wait='60'"),
            ("hold=", "hold='1'"),
            ("ver=", "ver='1.6'"),
            (" to=", "to='localhost'"),
        ];
        let mut all = format!(" {attributes}");
        for (name, default) in defaults {
            if !all.contains(name) {
                all.push(' ');
                all.push_str(default);
            }
        }
        let id = self.post(&format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' \
             rid='{RID}' xmpp:version='1.0'{all}/>"
        ));
        self.answer(id)
    }

    /// Posts a body.
    pub fn post(&mut self, body: &str) -> u64 {
        self.post_bytes(body.as_bytes())
    }

    pub fn post_bytes(&mut self, body: &[u8]) -> u64 {
        self.last_id += 1;
        self.manager
            .handle_request(self.now, RequestId::new(self.last_id), body);
        self.settle();
        self.last_id
    }

    /// Posts a body of the session: the `n`th request after the creation.
    pub fn send(&mut self, n: u64, attributes: &str, payload: &str) -> u64 {
        let (rid, sid) = (RID + n, self.sid.clone());
        self.post(&format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' \
             rid='{rid}' sid='{sid}' {attributes}>{payload}</body>"
        ))
    }

    /// Posts an empty body of the session.
    pub fn poll(&mut self, n: u64) -> u64 {
        self.send(n, "", "")
    }

    /// Posts one message with this id.
    pub fn message(&mut self, n: u64, id: &str) -> u64 {
        self.send(n, "", &message(id))
    }

    /// The server says a message with this id.
    pub fn say(&mut self, id: &str) {
        self.session()
            .stanza(&format!("<message id='{id}' to='a@localhost/r'/>"));
        self.pump();
    }

    /// The newest session.
    pub fn session(&mut self) -> &mut ScriptedSession {
        self.sessions
            .get_mut(self.sid.as_str())
            .expect("a session was created")
    }

    pub fn pump(&mut self) {
        let sid = Sid::from(self.sid.as_str());
        if let Some(session) = self.sessions.get_mut(&sid) {
            self.manager.pump(self.now, &sid, session);
        }
        self.settle();
    }

    pub fn lose(&mut self, id: u64) {
        self.manager.handle_lost(self.now, RequestId::new(id));
        self.settle();
    }

    pub fn written(&mut self, id: u64) {
        self.manager.handle_written(RequestId::new(id));
        self.settle();
    }

    /// Time passes, timers included.
    pub fn advance(&mut self, millis: u64) {
        let end = self.now.saturating_add(Duration::from_millis(millis));
        while let Some(at) = self.manager.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.manager.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    fn settle(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(event) = self.manager.poll_event() {
                quiet = false;
                match event {
                    ManagerEvent::Created { sid, creation, .. } => {
                        self.creations.push(*creation);
                        sid.as_str().clone_into(&mut self.sid);
                        let mut session = ScriptedSession::server();
                        self.manager.pump(self.now, &sid, &mut session);
                        self.sessions.insert(sid, session);
                    }
                    ManagerEvent::Pump { sid } => {
                        if let Some(session) = self.sessions.get_mut(&sid) {
                            self.manager.pump(self.now, &sid, session);
                        }
                    }
                    ManagerEvent::Closed { reason, .. } => self.closed.push(reason),
                    other => panic!("unexpected {other:?}"),
                }
            }
            while let Some(response) = self.manager.poll_response() {
                quiet = false;
                let id = response.id.as_u64();
                self.order.push(id);
                let twice = self.answers.insert(id, response);
                assert!(twice.is_none(), "request {id} was answered twice");
                if self.hand_over {
                    self.manager.handle_written(RequestId::new(id));
                }
            }
            if quiet {
                return;
            }
        }
    }

    /// The answer to a request, which must be there.
    pub fn answer(&self, id: u64) -> String {
        self.response(id).body.to_string()
    }

    pub fn response(&self, id: u64) -> &Response {
        self.answers
            .get(&id)
            .unwrap_or_else(|| panic!("request {id} has no answer"))
    }

    pub fn is_held(&self, id: u64) -> bool {
        !self.answers.contains_key(&id)
    }

    /// The requests in the order of their answers.
    pub fn order(&self) -> &[u64] {
        &self.order
    }

    /// The ids of the stanzas in an answer.
    pub fn ids(&self, id: u64) -> Vec<String> {
        ids(&self.answer(id))
    }

    /// The ids of the stanzas that the session took.
    pub fn taken(&mut self) -> Vec<String> {
        self.session().take_ids()
    }
}

/// A message of that id, as clients send it.
pub fn message(id: &str) -> String {
    format!("<message xmlns='jabber:client' id='{id}'/>")
}

/// The ids of the stanzas in a body.
pub fn ids(body: &str) -> Vec<String> {
    parse(body)
        .children
        .iter()
        .filter_map(|child| child.attr("id").map(std::borrow::Cow::into_owned))
        .collect()
}

pub fn parse(body: &str) -> Body {
    Body::parse_response(body.as_bytes(), Limits::CLIENT)
        .unwrap_or_else(|error| panic!("not a body: {error}: {body}"))
}

/// The body that ends a session with this condition.
pub fn terminate(condition: &str) -> String {
    format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='{condition}'/>"
    )
}
