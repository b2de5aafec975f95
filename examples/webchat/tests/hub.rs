//! The hub without sockets, on a clock of the test's own.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    time::Duration,
};

use clap::Parser;
use testkit::Seeded;
use webchat::{
    Options,
    hub::{Hub, Output, RequestId, SocketId, ToSocket},
    store::Database,
};
use xmpp_core::{
    Random, Timestamp,
    xml::{Element, ns},
};

/// Reproducible, so that every run is the same run.
fn random() -> Box<dyn Random + Send> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(Seeded::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

struct World {
    hub: Hub,
    store: Database,
    now: Timestamp,
    last_request: u64,
    answers: HashMap<RequestId, String>,
    messages: BTreeMap<u64, Vec<Element>>,
    closed: Vec<u64>,
    /// Sockets that are not read.
    deaf: Vec<SocketId>,
    sockets: Vec<SocketId>,
}

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

impl World {
    fn new(options: &[&str]) -> Self {
        let line = ["webchat"].iter().chain(options);
        let settings = Options::parse_from(line).settle().expect("usable options");
        let now = Timestamp::from_millis(1_800_000_000_000);
        Self {
            hub: Hub::new(&settings.hosts[0], random, now),
            store: Database::in_memory(),
            now,
            last_request: 0,
            answers: HashMap::new(),
            messages: BTreeMap::new(),
            closed: Vec::new(),
            deaf: Vec::new(),
            sockets: Vec::new(),
        }
    }

    /// Lets time pass, stopping wherever the hub wants to be told.
    fn wait(&mut self, duration: Duration) {
        let until = self.now.saturating_add(duration);
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.hub.handle_timeout(self.now);
            self.collect();
        }
        self.now = until;
        self.hub.handle_timeout(self.now);
        self.collect();
    }

    fn collect(&mut self) {
        while self.step() {}
    }

    /// Carries out one thing that the hub wants done.
    fn step(&mut self) -> bool {
        let Some(output) = self.hub.poll_output() else {
            return false;
        };
        match output {
            Output::Answer(response) => {
                self.answers.insert(response.id, response.body.to_string());
            }
            Output::Pending(socket) if self.deaf.contains(&socket) => {}
            Output::Pending(socket) => self.read(socket),
            Output::Commit(batch) => {
                let result = self.store.commit(&batch.commits);
                self.hub.handle_committed(self.now, batch.ticket, &result);
            }
            Output::KeepBans(_) | Output::ShutDown | Output::CheckToken(_) => {}
            Output::ReadArchive(read) => {
                let answer = self.store.read(&read.room, &read.request);
                self.hub.handle_archive_read(self.now, read.id, answer);
            }
        }
        true
    }

    fn read(&mut self, socket: SocketId) {
        let name = self.name(socket);
        while let Some(message) = self.hub.poll_message(socket) {
            match message {
                ToSocket::Text(text) => {
                    let element = Element::parse(&text).expect("a document");
                    self.messages.entry(name).or_default().push(element);
                }
                ToSocket::Close { .. } => self.closed.push(name),
            }
        }
    }

    fn name(&self, socket: SocketId) -> u64 {
        self.sockets
            .iter()
            .position(|s| *s == socket)
            .expect("a socket of ours") as u64
    }

    /// A POST; its answer may come later.
    fn post(&mut self, body: &str) -> RequestId {
        self.last_request += 1;
        let id = RequestId::new(self.last_request);
        self.hub.handle_request(self.now, id, HERE, body.as_bytes());
        self.collect();
        id
    }

    /// The answer to a request, which is then written.
    fn answer(&mut self, id: RequestId) -> Option<Element> {
        let body = self.answers.remove(&id)?;
        self.hub.handle_written(self.now, id);
        self.collect();
        Some(Element::parse(&body).expect("a body"))
    }

    fn ask(&mut self, body: &str) -> Element {
        let id = self.post(body);
        self.answer(id).expect("an answer at once")
    }

    fn say(&mut self, socket: SocketId, text: &str) {
        self.hub.handle_message(self.now, socket, text);
        self.collect();
    }

    fn take(&mut self, socket: SocketId) -> Vec<Element> {
        let name = self.name(socket);
        self.messages.remove(&name).unwrap_or_default()
    }

    /// A logged-in user over WebSocket.
    fn socket_user(&mut self) -> SocketId {
        const OPEN: &str =
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
        let socket = self.hub.handle_open(self.now, HERE).expect("let in");
        self.sockets.push(socket);
        self.say(socket, OPEN);
        self.say(
            socket,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>",
        );
        self.say(socket, OPEN);
        self.say(socket, "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        let last = self.take(socket).pop().expect("an answer");
        assert!(last.child("bind", ns::BIND).is_some(), "{last}");
        socket
    }

    /// A logged-in user over BOSH: sid and next rid.
    fn bosh_user(&mut self) -> (String, u64) {
        let created = self.ask("<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' ver='1.6' wait='59' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>");
        let sid = created.attr("sid").expect("a sid").into_owned();
        self.ask(&body(
            &sid,
            101,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>",
        ));
        self.ask(&format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='102' sid='{sid}' to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'/>"));
        let bound = self.ask(&body(&sid, 103, "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"));
        assert!(bound.to_string().contains("<jid>"), "{bound}");
        (sid, 104)
    }

    fn join(&mut self, socket: SocketId, nick: &str) {
        self.say(socket, &presence(nick));
    }
}

fn body(sid: &str, rid: u64, payload: &str) -> String {
    format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'>{payload}</body>"
    )
}

fn presence(nick: &str) -> String {
    format!(
        "<presence xmlns='jabber:client' to='lobby@rooms.localhost/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
}

fn message(text: &str) -> String {
    format!(
        "<message xmlns='jabber:client' type='groupchat' to='lobby@rooms.localhost'><body>{text}</body></message>"
    )
}

fn bodies<'a>(elements: impl IntoIterator<Item = &'a Element>) -> Vec<String> {
    elements
        .into_iter()
        .filter_map(|e| e.child("body", ns::CLIENT).map(|b| b.text().into_owned()))
        .collect()
}

fn children(body: &Element) -> Vec<Element> {
    body.children()
        .map(xmpp_core::xml::ElementRef::to_element)
        .collect()
}

/// Without flood control.
const CALM: [&str; 12] = [
    "--flood-session-rate",
    "0",
    "--flood-address-rate",
    "0",
    "--flood-room-rate",
    "0",
    "--flood-joins",
    "0",
    "--flood-logins",
    "0",
    "--flood-presences",
    "0",
];

/// A room with many in it: a message is handed to a few of them at a time.
fn crowd(options: &[&str]) -> (World, Vec<SocketId>) {
    let mut world = World::new(&[&CALM, options].concat());
    let sockets: Vec<_> = (0..100)
        .map(|n| {
            let socket = world.socket_user();
            world.join(socket, &format!("n{n}"));
            socket
        })
        .collect();
    world.messages.clear();
    (world, sockets)
}

const WITH_AND_WITHOUT_ARCHIVE: [&[&str]; 2] = [&[], &["--data", "none", "--archive-off"]];

/// MUC GC2
#[test]
fn a_message_to_many_reaches_each_once_and_behind_those_before_it() {
    for options in WITH_AND_WITHOUT_ARCHIVE {
        let (mut world, sockets) = crowd(options);
        let (sid, rid) = world.bosh_user();
        world.ask(&body(&sid, rid, &presence("anna")));
        for socket in &sockets {
            world.take(*socket);
        }
        let held = world.post(&body(&sid, rid + 1, ""));
        world.say(sockets[0], &message("1"));
        for socket in &sockets {
            assert_eq!(bodies(&world.take(*socket)), ["1"]);
        }
        let answer = world.answer(held).expect("something was said");
        assert_eq!(bodies(&children(&answer)), ["1"]);

        // What is said in one turn goes out together.
        let held = world.post(&body(&sid, rid + 2, ""));
        for (socket, text) in [(1, "2"), (2, "3"), (1, "4")] {
            let (now, socket) = (world.now, sockets[socket]);
            world.hub.handle_message(now, socket, &message(text));
        }
        world.collect();
        let first = bodies(&world.take(sockets[0]));
        assert_eq!(first.len(), 3);
        for socket in &sockets[1..] {
            assert_eq!(bodies(&world.take(*socket)), first);
        }
        let answer = world.answer(held).expect("something was said");
        assert_eq!(bodies(&children(&answer)), first);
    }
}

/// MUC GC2, LV1
#[test]
fn what_happens_while_a_message_is_handed_out_comes_behind_it_for_everybody() {
    for options in WITH_AND_WITHOUT_ARCHIVE {
        let (mut world, sockets) = crowd(options);
        world
            .hub
            .handle_message(world.now, sockets[0], &message("1"));
        for _ in 0..10 {
            assert!(world.step());
        }
        world.hub.handle_closed(world.now, sockets[98]);
        world
            .hub
            .handle_message(world.now, sockets[5], &message("2"));
        world.collect();
        for socket in sockets.iter().filter(|socket| **socket != sockets[98]) {
            let got = world.take(*socket);
            assert_eq!(bodies(&got), ["1", "2"]);
            let left = got.iter().position(|stanza| stanza.name() == "presence");
            let heard = got.iter().position(|stanza| !bodies([stanza]).is_empty());
            assert!(heard < left, "{got:?}");
        }

        world
            .hub
            .handle_message(world.now, sockets[0], &message("3"));
        for _ in 0..10 {
            assert!(world.step());
        }
        world.hub.shut_down(world.now);
        world.collect();
        for socket in sockets.iter().filter(|socket| **socket != sockets[98]) {
            assert_eq!(bodies(&world.take(*socket)), ["3"]);
        }
    }
}

/// BOSH 4.5: held for `wait`, then answered with nothing.
#[test]
fn a_request_is_held_until_there_is_something_or_wait_is_over() {
    let mut world = World::new(&[]);
    let (sid, rid) = world.bosh_user();
    let ben = world.socket_user();
    world.ask(&body(&sid, rid, &presence("anna")));
    world.join(ben, "ben");

    let held = world.post(&body(&sid, rid + 1, ""));
    let entered = world.answer(held).expect("ben has entered");
    assert_eq!(children(&entered).len(), 1, "{entered}");
    let held = world.post(&body(&sid, rid + 2, ""));
    world.wait(Duration::from_secs(30));
    assert!(world.answer(held).is_none());
    world.say(ben, &message("hello"));
    let answer = world.answer(held).expect("something was said");
    assert_eq!(bodies(&children(&answer)), ["hello"]);

    let held = world.post(&body(&sid, rid + 3, ""));
    world.wait(Duration::from_millis(58_999));
    assert!(world.answer(held).is_none());
    world.wait(Duration::from_millis(1));
    let answer = world.answer(held).expect("wait is over");
    assert!(children(&answer).is_empty(), "{answer}");
}

/// BOSH 6.2, MUC LV1: who stays away leaves.
#[test]
fn a_bosh_user_who_sends_nothing_leaves_the_room_after_the_inactivity() {
    let mut world = World::new(&["--bosh-inactivity", "20"]);
    let (sid, rid) = world.bosh_user();
    let ben = world.socket_user();
    world.join(ben, "ben");
    world.ask(&body(&sid, rid, &presence("anna")));
    world.take(ben);
    world.wait(Duration::from_secs(19));
    assert!(world.take(ben).is_empty());
    world.wait(Duration::from_secs(2));
    let left = world.take(ben);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].attr("type").as_deref(), Some("unavailable"));
    assert_eq!(world.hub.sessions(), 1);
}

/// BOSH 9.11, point 1: an answer that was not handed over is not lost.
#[test]
fn what_a_lost_answer_held_comes_with_the_next() {
    let mut world = World::new(&[]);
    let (sid, rid) = world.bosh_user();
    let ben = world.socket_user();
    world.join(ben, "ben");
    world.ask(&body(&sid, rid, &presence("anna")));
    let held = world.post(&body(&sid, rid + 1, ""));
    world.say(ben, &message("one"));
    assert!(world.answers.remove(&held).is_some());
    world.hub.handle_lost(world.now, held);
    world.say(ben, &message("two"));
    let answer = world.ask(&body(&sid, rid + 2, ""));
    assert_eq!(bodies(&children(&answer)), ["one", "two"]);
}

/// SECURITY, BOSH and WebSocket: bounded memory for those who do not read.
#[test]
fn a_websocket_that_is_not_read_is_ended_with_a_reason() {
    let mut world = World::new(&["--max-queue-bytes", "20000"]);
    let anna = world.socket_user();
    let ben = world.socket_user();
    world.join(anna, "anna");
    world.join(ben, "ben");
    world.deaf.push(ben);
    let text = "x".repeat(1000);
    for _ in 0..30 {
        world.say(anna, &message(&text));
    }
    let heard = world.take(anna);
    assert!(
        heard
            .iter()
            .any(|e| e.attr("type").as_deref() == Some("unavailable")),
        "ben leaves the room"
    );
    world.deaf.clear();
    world.take(ben);
    world.read(ben);
    let last_words = world.take(ben);
    let error = last_words
        .iter()
        .find(|e| e.is("error", ns::STREAMS))
        .expect("a reason");
    assert!(
        error
            .child("resource-constraint", ns::STREAM_ERRORS)
            .is_some(),
        "{error}"
    );
    // The client does not answer the <close/>.
    world.wait(Duration::from_secs(10));
    assert_eq!(world.closed, [1]);
    assert_eq!(world.hub.sessions(), 1);
}

/// A room outlives everybody's connections for a while, and then is gone with what was said.
#[test]
fn an_empty_room_keeps_its_history_for_those_who_return() {
    let mut world = World::new(&["--room-linger", "60"]);
    let anna = world.socket_user();
    world.join(anna, "anna");
    world.say(anna, &message("one"));
    world.hub.handle_closed(world.now, anna);
    world.wait(Duration::from_secs(59));
    let anna = world.socket_user();
    world.join(anna, "anna");
    assert_eq!(bodies(&world.take(anna)), ["one"]);
    world.hub.handle_closed(world.now, anna);
    world.wait(Duration::from_secs(61));
    let anna = world.socket_user();
    world.join(anna, "anna");
    assert!(bodies(&world.take(anna)).is_empty());
}

/// SECURITY, limits: login within 60 s.
#[test]
fn who_does_not_log_in_is_cut_off() {
    let mut world = World::new(&["--login-timeout", "30"]);
    let socket = world.hub.handle_open(world.now, HERE).expect("let in");
    world.sockets.push(socket);
    world.ask("<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' ver='1.6' wait='59' hold='1'/>");
    assert_eq!(world.hub.sessions(), 2);
    world.wait(Duration::from_mins(2));
    assert_eq!(world.hub.sessions(), 0);
    assert_eq!(world.closed, [0]);
}

#[test]
fn one_address_has_a_limited_number_of_sessions() {
    let mut world = World::new(&["--max-sessions-per-address", "2"]);
    let address: IpAddr = "192.0.2.7".parse().expect("an address");
    let first = world.hub.handle_open(world.now, address).expect("let in");
    world.hub.handle_open(world.now, address).expect("let in");
    assert!(world.hub.handle_open(world.now, address).is_none());
    world.hub.handle_request(
        world.now,
        RequestId::new(900),
        address,
        b"<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost' ver='1.6' wait='9' hold='1'/>",
    );
    while let Some(output) = world.hub.poll_output() {
        if let Output::Answer(response) = output {
            assert!(
                response.body.contains("policy-violation"),
                "{}",
                response.body
            );
        }
    }
    world.hub.handle_closed(world.now, first);
    assert!(world.hub.handle_open(world.now, address).is_some());
}

/// An older `now` counts as the last one seen, and nothing here panics on nonsense.
#[test]
fn nonsense_does_no_harm() {
    let mut world = World::new(&[]);
    let anna = world.socket_user();
    world.hub.handle_timeout(Timestamp::from_millis(0));
    world.hub.handle_written(world.now, RequestId::new(12345));
    world.hub.handle_lost(world.now, RequestId::new(12345));
    world.hub.handle_closed(world.now, anna);
    world.hub.handle_closed(world.now, anna);
    world
        .hub
        .handle_message(world.now, anna, "<presence xmlns='jabber:client'/>");
    assert!(world.hub.poll_message(anna).is_none());
    world.collect();
    assert_eq!(world.hub.sessions(), 0);
}

/// MUC LV6
#[test]
fn a_shutdown_tells_everybody_and_lets_nobody_in() {
    let mut world = World::new(&[]);
    let (sid, rid) = world.bosh_user();
    let ben = world.socket_user();
    world.ask(&body(&sid, rid, &presence("anna")));
    world.join(ben, "ben");
    let held = world.post(&body(&sid, rid + 1, ""));
    world.answer(held).expect("ben has entered");
    let held = world.post(&body(&sid, rid + 2, ""));
    world.take(ben);
    world.hub.shut_down(world.now);
    world.collect();
    let farewell = world.answer(held).expect("a farewell");
    // Strophe discards what stands in a terminate body, so the stanzas come before it (BOSH, point 7).
    assert!(farewell.to_string().contains("'332'"), "{farewell}");
    let farewell = world.ask(&body(&sid, rid + 3, ""));
    assert_eq!(
        farewell.attr("type").as_deref(),
        Some("terminate"),
        "{farewell}"
    );
    assert!(
        farewell.to_string().contains("system-shutdown"),
        "{farewell}"
    );
    let heard = world.take(ben);
    assert!(
        heard.iter().any(|e| e.to_string().contains("'332'")),
        "{heard:?}"
    );
    assert!(
        heard
            .iter()
            .any(|e| e.child("system-shutdown", ns::STREAM_ERRORS).is_some()),
        "{heard:?}"
    );
    assert!(world.hub.handle_open(world.now, HERE).is_none());
    let refused = world.ask("<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' ver='1.6' wait='59' hold='1'/>");
    assert_eq!(refused.attr("type").as_deref(), Some("terminate"));
    world.say(ben, "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
    world.wait(Duration::from_secs(10));
    assert_eq!(world.hub.sessions(), 0);
}

/// HDR-11: who reads a message in another session knows its language all the same.
#[test]
fn a_stanza_has_the_language_of_its_stream() {
    let mut world = World::new(&[]);
    let ben = world.socket_user();
    world.join(ben, "ben");
    let created = world.ask("<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' ver='1.6' wait='59' hold='1' xml:lang='de' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>");
    let sid = created.attr("sid").expect("a sid").into_owned();
    let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
    world.ask(&body(&sid, 101, auth));
    world.ask(&format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='102' sid='{sid}' to='localhost' xml:lang='de' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'/>"));
    world.ask(&body(&sid, 103, "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"));
    world.ask(&body(&sid, 104, &presence("anna")));
    world.take(ben);
    world.post(&body(&sid, 105, &message("hallo")));
    let swiss = message("grüezi").replacen("<message", "<message xml:lang='de-CH'", 1);
    world.post(&body(&sid, 106, &swiss));
    world.say(ben, &message("hello"));
    let heard: Vec<_> = world
        .take(ben)
        .iter()
        .map(|message| {
            let lang = message.attr_ns("lang", ns::XML);
            (
                bodies([message]).remove(0),
                lang.map(std::borrow::Cow::into_owned),
            )
        })
        .collect();
    assert_eq!(
        heard,
        [
            ("hallo".to_owned(), Some("de".to_owned())),
            ("grüezi".to_owned(), Some("de-CH".to_owned())),
            ("hello".to_owned(), None),
        ]
    );
}

/// Of these many who are gone the socket was told.
fn assert_heard(world: &mut World, socket: SocketId, gone: usize) {
    let heard = world.take(socket);
    let left = heard
        .iter()
        .filter(|it| it.name() == "presence" && it.attr("type").as_deref() == Some("unavailable"));
    assert_eq!(left.count(), gone);
}

/// What it brought before was meant for others, who also hear that it is gone.
#[test]
fn a_socket_that_is_gone_is_told_nothing_and_was_heard() {
    let mut world = World::new(&[]);
    let (anna, ben) = (world.socket_user(), world.socket_user());
    world.join(anna, "anna");
    world.join(ben, "ben");
    world.messages.clear();
    world.hub.handle_message(world.now, ben, &message("bye"));
    world.hub.handle_gone(ben);
    world.collect();
    world.say(anna, &message("still here?"));
    assert!(world.take(ben).is_empty());
    assert_eq!(bodies(&world.take(anna)), ["bye", "still here?"]);
    world.hub.handle_closed(world.now, ben);
    world.collect();
    let left = world.take(anna);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].attr("type").as_deref(), Some("unavailable"));
    // Of one that has been forgotten it says nothing.
    world.hub.handle_gone(ben);
    assert_eq!(world.hub.sessions(), 1);
}

/// A proxy that is started anew takes all its connections with it.
#[test]
fn sockets_that_are_gone_at_once_are_not_told_of_each_other() {
    for options in WITH_AND_WITHOUT_ARCHIVE {
        let (mut world, sockets) = crowd(options);
        let anna = world.socket_user();
        world.join(anna, "anna");
        world.messages.clear();
        for socket in &sockets {
            world.hub.handle_gone(*socket);
        }
        for socket in &sockets {
            world.hub.handle_closed(world.now, *socket);
            world.collect();
        }
        assert_eq!(world.messages.len(), 1, "nobody else was told anything");
        assert_heard(&mut world, anna, sockets.len());
        assert_eq!(world.hub.sessions(), 1);
    }
}

/// As for sockets; these sessions end when nothing has come for a while, which is not at the same moment for all.
#[test]
fn bosh_sessions_that_end_at_once_are_not_told_of_each_other() {
    for options in WITH_AND_WITHOUT_ARCHIVE {
        let timing = ["--bosh-inactivity", "20"];
        let mut world = World::new(&[&CALM[..], &timing, options].concat());
        let anna = world.socket_user();
        world.join(anna, "anna");
        let mut users = Vec::new();
        for n in 0..100 {
            let (sid, rid) = world.bosh_user();
            world.ask(&body(&sid, rid, &presence(&format!("n{n}"))));
            users.push((sid, rid + 1));
        }
        world.say(anna, &message("read this"));
        for (sid, rid) in users {
            world.ask(&body(&sid, rid, ""));
            world.wait(Duration::from_millis(4));
        }
        world.messages.clear();
        let wait = || world.wait(Duration::from_secs(21));
        let taken = allocation_counter::measure(wait).bytes_max;
        // To tell everybody of everybody who goes first would be 5,000 presences of nearly 400 bytes.
        assert!(taken < 20_000, "{taken}");
        assert_heard(&mut world, anna, 100);
        assert_eq!(world.hub.sessions(), 1);
    }
}
