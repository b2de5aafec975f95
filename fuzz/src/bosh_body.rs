//! Any body: read by both sides, and by a connection manager in mid-session.

use std::{collections::BTreeSet, sync::Arc};

use testkit::ScriptedSession;
use xmpp_bosh::{Body, Manager, ManagerConfig, ManagerEvent, RequestId, Sid, TerminalCondition};
use xmpp_core::{
    Random, Timestamp,
    stream::{BindAnswer, Channel, ServerConfig, ServerEvent, ServerSession, Session as _},
    xml::{Element, Limits},
};

/// The input is the body of an HTTP request or response. `SID` in it stands for the session's.
pub fn bosh_body(data: &[u8]) {
    for body in [
        Body::parse_request(data, Limits::SERVER_FROM_CLIENT),
        Body::parse_response(data, Limits::CLIENT),
    ]
    .into_iter()
    .flatten()
    {
        for child in &body.children {
            let alone = Element::parse(&child.to_string()).expect("a child stands alone");
            assert_eq!(&alone, child);
        }
    }
    in_mid_session(data);
    before_a_script(data, true);
    before_a_script(data, false);
}

fn in_mid_session(data: &[u8]) {
    let mut now = Timestamp::from_millis(1_700_000_000_000);
    let mut manager = Manager::new(ManagerConfig::default(), Box::new(Counter(0)));
    let create =
        b"<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='example.org' ver='1.6' \
                   wait='1' hold='1' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>";
    manager.handle_request(now, RequestId::new(1), create);
    let Some(ManagerEvent::Created { sid, .. }) = manager.poll_event() else {
        panic!("a valid creation request makes a session");
    };
    let config = ServerConfig::new("example.org").expect("a domain");
    let config = Arc::new(config.allow_anonymous().require_tls(false));
    let mut session = ServerSession::new(config, Channel::plain(), now, Box::new(Counter(1)));
    let mut unanswered = 1;
    settle(&mut manager, &sid, &mut session, now, &mut unanswered);
    let requests = data.split(|&b| b == 0).take(16);
    for (id, part) in (2..).zip(requests) {
        let body = String::from_utf8_lossy(part).replace("SID", sid.as_str());
        manager.handle_request(now, RequestId::new(id), body.as_bytes());
        unanswered += 1;
        settle(&mut manager, &sid, &mut session, now, &mut unanswered);
    }
    // Whatever came: no request stays without an answer for ever, and the session ends.
    for _ in 0..1000 {
        let Some(next) = manager.poll_timeout() else {
            break;
        };
        now = now.max(next);
        manager.handle_timeout(now);
        session.handle_timeout(now);
        settle(&mut manager, &sid, &mut session, now, &mut unanswered);
    }
    assert_eq!(unanswered, 0, "a request without an answer");
    assert_eq!(manager.sessions(), 0, "a session that never ends");
}

/// What the owner of both machines does after every input.
fn settle(
    manager: &mut Manager,
    sid: &Sid,
    session: &mut ServerSession,
    now: Timestamp,
    unanswered: &mut u64,
) {
    manager.pump(now, sid, session);
    while let Some(event) = manager.poll_event() {
        if let ManagerEvent::Created { sid: other, .. } = event {
            // The input asked for a further session: refused, as a server that is full does.
            let _ = manager.terminate(now, &other, TerminalCondition::PolicyViolation);
        }
    }
    while let Some(event) = session.poll_event() {
        if let ServerEvent::Bind { id, .. } = event {
            let _ = session.resolve(id, BindAnswer::Accept);
        }
        manager.pump(now, sid, session);
    }
    while let Some(response) = manager.poll_response() {
        *unanswered -= 1;
        manager.handle_written(response.id);
    }
}

/// The parts of `data` between zero bytes are posted before a session that takes everything and always
/// has something to say, or, if not `taken`, before one that nobody pumps.
fn before_a_script(data: &[u8], taken: bool) {
    let mut now = Timestamp::from_millis(1_700_000_000_000);
    let mut manager = Manager::new(ManagerConfig::default(), Box::new(Counter(0)));
    let create =
        b"<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='example.org' ver='1.6' \
                   wait='1' hold='1' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>";
    manager.handle_request(now, RequestId::new(1), create);
    let Some(ManagerEvent::Created { sid, .. }) = manager.poll_event() else {
        panic!("a valid creation request makes a session");
    };
    let mut session = ScriptedSession::server();
    let mut pump = |manager: &mut Manager, now: Timestamp| {
        if taken {
            session.stanza("<message id='s'><body>&lt;/body&gt;</body></message>");
            manager.pump(now, &sid, &mut session);
        }
    };
    pump(&mut manager, now);
    let request = data.split(|&b| b == 0).map(|part| {
        String::from_utf8_lossy(part)
            .replace("SID", sid.as_str())
            .into_bytes()
    });
    let mut asked = 1;
    let mut owed = BTreeSet::from([RequestId::new(1)]);
    for body in request.take(16) {
        asked += 1;
        owed.insert(RequestId::new(asked));
        manager.handle_request(now, RequestId::new(asked), &body);
        pump(&mut manager, now);
    }
    // Whatever came: no request stays without an answer for ever.
    for _ in 0..1000 {
        while let Some(event) = manager.poll_event() {
            if let ManagerEvent::Pump { .. } = event {
                pump(&mut manager, now);
            }
        }
        while let Some(response) = manager.poll_response() {
            assert!(owed.remove(&response.id), "a second answer to a request");
            if response.status == 200 {
                let body = Body::parse_response(response.body.as_bytes(), Limits::CLIENT);
                assert!(body.is_ok(), "{body:?}");
            }
            manager.handle_written(response.id);
        }
        let Some(next) = manager.poll_timeout() else {
            break;
        };
        now = now.max(next);
        manager.handle_timeout(now);
    }
    assert!(owed.is_empty(), "a request without an answer");
    assert_eq!(manager.sessions(), 0, "a session that never ends");
}

struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            self.0 = self.0.wrapping_mul(5).wrapping_add(7);
            *byte = self.0;
        }
    }
}
