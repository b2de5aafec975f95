//! Recorded requests of Converse.js (Strophe.js) and stanza.js against the connection manager and a
//! server session: the whole of what these clients sent, logins included.

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use testkit::Seeded;
use xmpp_bosh::{CloseReason, Manager, ManagerConfig, ManagerEvent, RequestId, Sid};
use xmpp_core::{
    Timestamp,
    stream::{BindAnswer, Channel, ServerConfig, ServerEvent, ServerSession, Session},
    xml::{Element, ns},
};

/// A server that knows nothing but logins, and answers every IQ with an error (point 6).
struct Server {
    manager: Manager,
    config: Arc<ServerConfig>,
    now: Timestamp,
    sessions: BTreeMap<Sid, ServerSession>,
    /// The stanzas that each user sent.
    stanzas: BTreeMap<String, Vec<Element>>,
    closed: Vec<CloseReason>,
    users: BTreeMap<String, User>,
    /// Requests that wait for an answer.
    waiting: BTreeMap<u64, String>,
    posting: String,
}

#[derive(Default)]
struct User {
    sid: Option<Sid>,
    /// The address of the recording, and the one that we gave.
    recorded: String,
    jid: String,
    answers: Vec<String>,
}

impl Server {
    fn new(domain: &str) -> Self {
        let config = ServerConfig::new(domain)
            .expect("a domain")
            .allow_anonymous()
            .require_tls(false);
        Self {
            manager: Manager::new(ManagerConfig::default(), Box::new(Seeded::new(5))),
            config: Arc::new(config),
            now: Timestamp::from_millis(1_000_000),
            sessions: BTreeMap::new(),
            stanzas: BTreeMap::new(),
            closed: Vec::new(),
            users: BTreeMap::new(),
            waiting: BTreeMap::new(),
            posting: String::new(),
        }
    }

    fn user(&mut self, name: &str) -> &mut User {
        self.users.entry(name.to_owned()).or_default()
    }

    /// A recorded request, under the sid and the address that our server gave.
    fn post(&mut self, id: u64, name: &str, body: &str) {
        name.clone_into(&mut self.posting);
        let user = self.user(name);
        // What was negotiated with that server and is not offered here (XEP-0198).
        let mut body = body.to_owned();
        while let Some((start, end)) = stream_management(&body) {
            body.replace_range(start..end, "");
        }
        if let Some(at) = body.find(" sid=\"") {
            let end = at + 6 + body[at + 6..].find('"').expect("a closed attribute");
            let sid = user.sid.as_ref().expect("a session was created");
            body.replace_range(at + 6..end, sid.as_str());
        }
        if !user.recorded.is_empty() {
            let bare = |jid: &str| jid.split('/').next().unwrap_or_default().to_owned();
            body = body.replace(&user.recorded, &user.jid);
            body = body.replace(&bare(&user.recorded), &bare(&user.jid));
        }
        self.waiting.insert(id, name.to_owned());
        self.manager
            .handle_request(self.now, RequestId::new(id), body.as_bytes());
        self.settle();
    }

    fn lost(&mut self, id: u64) {
        self.waiting.remove(&id);
        self.manager.handle_lost(self.now, RequestId::new(id));
        self.settle();
    }

    fn advance_to(&mut self, at: Timestamp) {
        while let Some(due) = self.manager.poll_timeout().filter(|due| *due <= at) {
            self.now = due.max(self.now);
            self.manager.handle_timeout(self.now);
            self.settle();
        }
        self.now = at.max(self.now);
    }

    fn settle(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(event) = self.manager.poll_event() {
                quiet = false;
                match event {
                    ManagerEvent::Created { sid, .. } => {
                        let random = Box::new(Seeded::new(self.sessions.len() as u64));
                        let session = ServerSession::new(
                            self.config.clone(),
                            Channel::plain(),
                            self.now,
                            random,
                        );
                        self.sessions.insert(sid.clone(), session);
                        let name = self.posting.clone();
                        self.user(&name).sid = Some(sid.clone());
                        self.pump(&sid);
                    }
                    ManagerEvent::Pump { sid } => self.pump(&sid),
                    ManagerEvent::Closed { sid, reason } => {
                        self.closed.push(reason);
                        if let Some(session) = self.sessions.get_mut(&sid) {
                            session.handle_eof(self.now);
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
            while let Some(response) = self.manager.poll_response() {
                quiet = false;
                let id = response.id.as_u64();
                let name = self.waiting.remove(&id);
                let name = name.unwrap_or_else(|| panic!("{id} was answered twice"));
                assert_eq!(response.status, 200);
                self.user(&name).answers.push(response.body.to_string());
                self.manager.handle_written(response.id);
            }
            if quiet {
                return;
            }
        }
    }

    fn pump(&mut self, sid: &Sid) {
        let Some(session) = self.sessions.get_mut(sid) else {
            return;
        };
        loop {
            self.manager.pump(self.now, sid, session);
            let Some(event) = session.poll_event() else {
                return;
            };
            let user = self
                .users
                .iter_mut()
                .find(|(_, u)| u.sid.as_ref() == Some(sid));
            let (name, user) = user.expect("a session has a user");
            match event {
                ServerEvent::Bind { id, .. } => {
                    session.resolve(id, BindAnswer::Accept).expect("it asked");
                }
                ServerEvent::Bound { jid } => jid.as_str().clone_into(&mut user.jid),
                ServerEvent::Stanza(stanza) => {
                    let asks = stanza.is("iq", ns::CLIENT)
                        && matches!(stanza.attr("type").as_deref(), Some("get" | "set"));
                    if asks {
                        let answer = Element::build(ns::CLIENT, |w| {
                            let iq = w.start("iq", ns::CLIENT);
                            w.attr("type", "error");
                            w.opt_attr("id", stanza.attr("id").as_deref());
                            w.end(iq);
                        });
                        session.send(&answer).expect("a bound session");
                    }
                    self.stanzas.entry(name.clone()).or_default().push(stanza);
                }
                ServerEvent::Authenticated { .. } | ServerEvent::Closed { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Where an element of XEP-0198 stands in a body.
fn stream_management(body: &str) -> Option<(usize, usize)> {
    let at = body.find("xmlns=\"urn:xmpp:sm:3\"")?;
    let start = body[..at].rfind('<')?;
    let end = at + body[at..].find("/>")? + 2;
    Some((start, end))
}

/// Plays a recording; gives the server as it stands afterwards.
fn replay(domain: &str, recording: &str) -> Server {
    let mut server = Server::new(domain);
    let start = server.now;
    for line in recording.lines() {
        let mut fields = line.splitn(5, '\t');
        let mut field = || fields.next().expect("five fields");
        let at = Duration::from_millis(field().parse().expect("milliseconds"));
        let id: u64 = field().parse().expect("a number");
        let name = field();
        server.advance_to(start.saturating_add(at));
        match field() {
            "post" => server.post(id, name, &field().replace("\\n", "\n").replace("\\t", "\t")),
            "lost" => server.lost(id),
            "jid" => field().clone_into(&mut server.user(name).recorded),
            other => panic!("{other}"),
        }
    }
    server
}

/// How many stanzas of these names stand in the recording's bodies, repeats of a rid counted once,
/// those of logins aside.
fn recorded_stanzas(recording: &str, name: &str) -> usize {
    let mut rids = BTreeSet::new();
    let mut count = 0;
    for line in recording.lines() {
        let fields: Vec<&str> = line.splitn(5, '\t').collect();
        if fields[3] != "post" || fields[2] != name {
            continue;
        }
        let body = common::parse(&fields[4].replace("\\n", "\n").replace("\\t", "\t"));
        if rids.insert(body.attributes.rid) {
            let stanzas = body.children.iter().filter(|child| {
                matches!(child.name(), "iq" | "message" | "presence")
                    && child.child("bind", ns::BIND).is_none()
                    && child.child("session", ns::SESSION).is_none()
            });
            count += stanzas.count();
        }
    }
    count
}

fn check(domain: &str, recording: &str, users: usize) -> Server {
    let server = replay(domain, recording);
    assert_eq!(server.users.len(), users);
    for (name, user) in &server.users {
        assert!(user.answers[0].contains("<mechanism>ANONYMOUS</mechanism>"));
        assert!(user.jid.contains(domain), "{name} is not bound");
        let stanzas = server.stanzas.get(name).map_or(0, Vec::len);
        assert_eq!(stanzas, recorded_stanzas(recording, name), "{name}");
        for answer in &user.answers {
            common::parse(answer);
        }
    }
    assert!(
        server
            .closed
            .iter()
            .all(|reason| *reason == CloseReason::ByClient),
        "{:?}",
        server.closed
    );
    server
}

#[test]
fn converse_two_users_join_and_talk() {
    let recording = include_str!("fixtures/min-converse14-basic-bosh.tsv");
    check("anon.lab.test", recording, 2);
}

#[test]
fn converse_repeats_after_a_dropped_answer_and_an_http_error() {
    check(
        "anon.lab.test",
        include_str!("fixtures/converse14-drop-bosh.tsv"),
        2,
    );
    check(
        "anon.lab.test",
        include_str!("fixtures/ejabberd-converse14-drop-bosh.tsv"),
        2,
    );
}

#[test]
fn converse_survives_two_reloads() {
    let recording = include_str!("fixtures/converse14-reload-bosh.tsv");
    let server = check("anon.lab.test", recording, 1);
    assert_eq!(server.closed, [CloseReason::ByClient]);
}

#[test]
fn stanza_js_logs_in_and_talks() {
    check(
        "anon.lab.test",
        include_str!("fixtures/stanza12-bosh-anon.tsv"),
        1,
    );
}
