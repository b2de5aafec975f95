//! Any calls in any order: neither machine panics, hangs or loses track.

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use testkit::{ScriptedSession, Seeded};
use xmpp_bosh::{
    Client, ClientConfig, ClientEvent, Manager, ManagerConfig, ManagerEvent, RequestId, Sid,
    TerminalCondition,
};
use xmpp_core::Timestamp;

/// A call at a manager, or something that happens to its only session.
#[derive(Clone, Debug)]
enum Op {
    /// A body with this rid, counted from the creation.
    Post(u64, &'static str, &'static str),
    Raw(Vec<u8>),
    Lost(u64),
    Written(u64),
    Say,
    Busy(bool),
    Close,
    Terminate,
    Advance(u64),
    Pump,
}

fn op() -> impl Strategy<Value = Op> {
    let attributes = prop::sample::select(vec![
        "",
        "",
        "",
        "ack='7'",
        "pause='5'",
        "pause='500'",
        "type='terminate'",
        "xmlns:x='urn:xmpp:xbosh' x:restart='1'",
        "key='k'",
        "newkey='n'",
        "rid='1'",
        "hold='x'",
    ]);
    let payloads = prop::sample::select(vec![
        "",
        "",
        "<message xmlns='jabber:client' id='1'/>",
        "<presence/><iq/>",
        "<!---->",
        "<a>",
    ]);
    prop_oneof![
        8 => (0..12u64, attributes, payloads).prop_map(|(rid, a, p)| Op::Post(rid, a, p)),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Op::Raw),
        3 => (1..20u64).prop_map(Op::Lost),
        3 => (1..20u64).prop_map(Op::Written),
        4 => Just(Op::Say),
        1 => any::<bool>().prop_map(Op::Busy),
        1 => Just(Op::Close),
        1 => Just(Op::Terminate),
        3 => (0..90_000u64).prop_map(Op::Advance),
        2 => Just(Op::Pump),
    ]
}

/// A manager that is called without sense; what must hold is asserted on the way.
struct Manage {
    manager: Manager,
    now: Timestamp,
    sessions: BTreeMap<Sid, ScriptedSession>,
    sid: String,
    asked: u64,
    /// Requests that are owed an answer.
    waiting: BTreeSet<u64>,
}

impl Manage {
    fn new(hold: u8) -> Self {
        let mut manage = Self {
            manager: Manager::new(ManagerConfig::default(), Box::new(Seeded::new(1))),
            now: Timestamp::from_millis(77),
            sessions: BTreeMap::new(),
            sid: String::new(),
            asked: 0,
            waiting: BTreeSet::new(),
        };
        manage.post(
            format!(
                "<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='x' ver='1.6' \
                 wait='30' hold='{hold}' ack='1'/>"
            )
            .as_bytes(),
        );
        manage
    }

    fn post(&mut self, body: &[u8]) {
        self.asked += 1;
        self.waiting.insert(self.asked);
        self.manager
            .handle_request(self.now, RequestId::new(self.asked), body);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(event) = self.manager.poll_event() {
            match event {
                ManagerEvent::Created { sid, .. } => {
                    sid.as_str().clone_into(&mut self.sid);
                    self.sessions.insert(sid.clone(), ScriptedSession::server());
                    self.pump(&sid);
                }
                ManagerEvent::Pump { sid } => self.pump(&sid),
                ManagerEvent::Closed { sid, .. } => {
                    let session = self.sessions.remove(&sid);
                    assert!(session.is_some(), "a session that is over ended once more");
                }
                other => panic!("{other:?}"),
            }
        }
        while let Some(response) = self.manager.poll_response() {
            let id = response.id.as_u64();
            assert!(self.waiting.remove(&id), "{id} is owed nothing");
            if response.status == 200 {
                common::parse(&response.body);
            }
        }
    }

    fn pump(&mut self, sid: &Sid) {
        if let Some(session) = self.sessions.get_mut(sid) {
            self.manager.pump(self.now, sid, session);
        }
    }

    fn session(&mut self) -> Option<&mut ScriptedSession> {
        self.sessions.values_mut().next()
    }

    fn advance(&mut self, millis: u64) {
        let end = self.now.saturating_add(Duration::from_millis(millis));
        let mut steps = 0;
        while let Some(at) = self.manager.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.manager.handle_timeout(self.now);
            self.settle();
            steps += 1;
            assert!(steps < 100, "a timer that is always due");
        }
        self.now = end;
    }

    fn run(&mut self, op: Op) {
        let sid = Sid::from(self.sid.as_str());
        match op {
            Op::Post(rid, attributes, payload) => {
                let rid = 99 + rid;
                let body = format!(
                    "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{}' \
                     {attributes}>{payload}</body>",
                    self.sid
                );
                self.post(body.as_bytes());
            }
            Op::Raw(bytes) => self.post(&bytes),
            Op::Lost(id) => {
                self.waiting.remove(&id);
                self.manager.handle_lost(self.now, RequestId::new(id));
            }
            Op::Written(id) => self.manager.handle_written(RequestId::new(id)),
            Op::Say => {
                if let Some(session) = self.session() {
                    session.stanza("<message id='s'/>");
                    self.pump(&sid);
                }
            }
            Op::Busy(busy) => {
                if let Some(session) = self.session() {
                    session.busy = busy;
                }
            }
            Op::Close => {
                if let Some(session) = self.session() {
                    session.close(Some("conflict"));
                    self.pump(&sid);
                }
            }
            Op::Terminate => {
                let condition = TerminalCondition::SystemShutdown;
                let known = self.sessions.contains_key(&sid);
                let ended = self.manager.terminate(self.now, &sid, condition);
                assert_eq!(ended.is_ok(), known);
            }
            Op::Advance(millis) => self.advance(millis),
            Op::Pump => self.pump(&sid),
        }
        self.settle();
    }

    /// Everything comes to an end when nobody asks any more.
    fn finish(mut self) {
        for id in 1..=self.asked {
            if !self.waiting.contains(&id) {
                self.manager.handle_written(RequestId::new(id));
            }
        }
        self.settle();
        for _ in 0..10 {
            self.advance(100_000);
            for id in 1..=self.asked {
                self.manager.handle_written(RequestId::new(id));
            }
        }
        assert!(self.waiting.is_empty(), "no answer to {:?}", self.waiting);
        assert_eq!(self.manager.sessions(), 0, "a session that never ends");
        assert_eq!(self.manager.poll_timeout(), None);
    }
}

/// A call at a client.
#[derive(Clone, Debug)]
enum Call {
    /// An answer to the request made so many requests ago.
    Answer(usize, u16, &'static str),
    Lost(usize),
    Say,
    Open,
    Close,
    Pause(u64),
    Detach,
    Busy(bool),
    Advance(u64),
}

fn call() -> impl Strategy<Value = Call> {
    let status = prop::sample::select(vec![200, 200, 200, 200, 0, 404, 503]);
    let answers = prop::sample::select(vec![
        "",
        "<html/>",
        "<body xmlns='http://jabber.org/protocol/httpbind'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' sid='s' wait='9' requests='2' hold='1'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' sid='s' wait='0' requests='1' ver='1.6'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' sid='s' wait='9' requests='3' hold='2' \
         ver='1.6' maxpause='60' inactivity='30'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' type='error'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='x'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' report='7' time='x' ack='-1'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind'><message xmlns='jabber:client'/></body>",
        "<body xmlns='http://jabber.org/protocol/httpbind'><message",
    ]);
    prop_oneof![
        8 => (0..4usize, status, answers).prop_map(|(n, s, a)| Call::Answer(n, s, a)),
        2 => (0..4usize).prop_map(Call::Lost),
        3 => Just(Call::Say),
        1 => Just(Call::Open),
        1 => Just(Call::Close),
        1 => (0..90u64).prop_map(Call::Pause),
        1 => Just(Call::Detach),
        1 => any::<bool>().prop_map(Call::Busy),
        3 => (0..90_000u64).prop_map(Call::Advance),
    ]
}

fn call_client(calls: Vec<Call>, keys: bool) {
    let config = ClientConfig {
        keys,
        ..ClientConfig::default()
    };
    let mut client = Client::new(config, Box::new(Seeded::new(2)));
    let mut session = ScriptedSession::client("localhost");
    let mut now = Timestamp::from_millis(1);
    let mut made = Vec::new();
    // Requests under way, by rid.
    let mut open: BTreeMap<u64, RequestId> = BTreeMap::new();
    let mut bodies: BTreeMap<u64, String> = BTreeMap::new();
    let mut over = false;
    for call in calls {
        match call {
            Call::Answer(ago, status, body) => {
                if let Some(&(rid, id)) = made.iter().rev().nth(ago) {
                    open.remove(&rid);
                    client.handle_response(now, id, status, body.as_bytes());
                }
            }
            Call::Lost(ago) => {
                if let Some(&(rid, id)) = made.iter().rev().nth(ago) {
                    if open.get(&rid) == Some(&id) {
                        open.remove(&rid);
                    }
                    client.handle_lost(now, id);
                }
            }
            Call::Say => session.stanza("<message id='c'/>"),
            Call::Open => session.open("localhost"),
            Call::Close => session.close(None),
            Call::Pause(seconds) => {
                // Often not granted.
                let _ = client.pause(now, Duration::from_secs(seconds));
            }
            Call::Detach => {
                let _ = client.detach(now);
            }
            Call::Busy(busy) => session.busy = busy,
            Call::Advance(millis) => {
                let end = now.saturating_add(Duration::from_millis(millis));
                let mut steps = 0;
                while let Some(at) = client.poll_timeout().filter(|at| *at <= end) {
                    now = now.max(at);
                    client.handle_timeout(now);
                    steps += 1;
                    assert!(steps < 1000, "a timer that is always due");
                }
                now = end;
            }
        }
        client.pump(now, &mut session);
        while let Some(event) = client.poll_event() {
            assert!(!over, "{event:?} after the end");
            match event {
                ClientEvent::Pump => client.pump(now, &mut session),
                ClientEvent::Closed(_) | ClientEvent::Detached(_) => over = true,
                _ => {}
            }
        }
        while let Some(request) = client.poll_request() {
            assert!(!over, "a request after the end");
            let rid = request.rid.as_u64();
            // BOSH 9.8, 7.1.
            let first = bodies.entry(rid).or_insert_with(|| request.body.clone());
            assert_eq!(*first, request.body);
            open.insert(rid, request.id);
            made.push((rid, request.id));
            assert!(open.len() <= 4, "{open:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_manager_takes_any_calls(
        hold in 0..3u8,
        ops in prop::collection::vec(op(), 0..40),
    ) {
        let mut manage = Manage::new(hold);
        for op in ops {
            manage.run(op);
        }
        manage.finish();
    }

    #[test]
    fn a_client_takes_any_calls(calls in prop::collection::vec(call(), 0..40), keys: bool) {
        call_client(calls, keys);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = xmpp_bosh::Body::parse_request(&bytes, xmpp_core::xml::Limits::SERVER_FROM_CLIENT);
    }
}
