//! Flood control, in virtual time: who sends too much is slowed down, then ended; the others notice nothing.

use std::{
    collections::{HashMap, VecDeque},
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

const HERE: &str = "127.0.0.1";
const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
const BIND: &str = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

/// Reproducible, so that every run is the same run.
fn random() -> Box<dyn Random + Send> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(Seeded::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

/// A hub and its clients, whose transports bring what they have as soon as the hub reads it.
struct World {
    hub: Hub,
    store: Database,
    now: Timestamp,
    clients: Vec<Client>,
    answers: HashMap<RequestId, (Timestamp, String)>,
    last_request: u64,
}

struct Client {
    socket: SocketId,
    /// What it has written and the hub has not read.
    unread: VecDeque<String>,
    /// What came, and when.
    heard: Vec<(Timestamp, Element)>,
    closed: bool,
}

type Name = usize;

impl World {
    fn new(options: &[&str]) -> Self {
        // Without a store, whose own pace would be in between.
        let line = ["webchat", "--data", "none", "--archive-off"];
        let line = line.iter().chain(options);
        let settings = Options::parse_from(line).settle().expect("usable options");
        let now = Timestamp::from_millis(1_800_000_000_000);
        Self {
            hub: Hub::new(&settings.hosts[0], random, now),
            store: Database::in_memory(),
            now,
            clients: Vec::new(),
            answers: HashMap::new(),
            last_request: 0,
        }
    }

    fn connect(&mut self, address: &str) -> Name {
        let address: IpAddr = address.parse().expect("an address");
        let socket = self.hub.handle_open(self.now, address).expect("let in");
        self.clients.push(Client {
            socket,
            unread: VecDeque::new(),
            heard: Vec::new(),
            closed: false,
        });
        self.clients.len() - 1
    }

    fn user(&mut self, address: &str) -> Name {
        let name = self.connect(address);
        for text in [OPEN, AUTH, OPEN, BIND] {
            self.write(name, text.to_owned());
        }
        let heard = &self.clients[name].heard;
        assert!(
            heard
                .last()
                .is_some_and(|(_, e)| e.child("bind", ns::BIND).is_some()),
            "{heard:?}"
        );
        name
    }

    fn occupant(&mut self, address: &str, room: &str, nick: &str) -> Name {
        let name = self.user(address);
        self.write(name, join(room, nick));
        name
    }

    fn write(&mut self, name: Name, text: String) {
        self.clients[name].unread.push_back(text);
        self.run();
    }

    /// Does what can be done without time passing.
    fn run(&mut self) {
        loop {
            let mut idle = true;
            for client in &mut self.clients {
                if !client.closed
                    && self.hub.wants_input(client.socket)
                    && let Some(text) = client.unread.pop_front()
                {
                    self.hub.handle_message(self.now, client.socket, &text);
                    idle = false;
                }
            }
            while let Some(output) = self.hub.poll_output() {
                match output {
                    Output::Answer(response) => {
                        let id = response.id;
                        self.answers
                            .insert(id, (self.now, response.body.to_string()));
                        self.hub.handle_written(self.now, id);
                    }
                    Output::Commit(batch) => {
                        let result = self.store.commit(&batch.commits);
                        self.hub.handle_committed(self.now, batch.ticket, &result);
                    }
                    Output::KeepBans(_) | Output::ShutDown | Output::CheckToken(_) => {}
                    Output::ReadArchive(read) => {
                        let answer = self.store.read(&read.room, &read.request);
                        self.hub.handle_archive_read(self.now, read.id, answer);
                    }
                    Output::Pending(socket) => {
                        let client = self.clients.iter_mut().find(|c| c.socket == socket);
                        let client = client.expect("one of ours");
                        while let Some(message) = self.hub.poll_message(socket) {
                            match message {
                                ToSocket::Text(text) => {
                                    let element = Element::parse(&text).expect("a document");
                                    client.heard.push((self.now, element));
                                }
                                ToSocket::Close { .. } => client.closed = true,
                            }
                        }
                    }
                }
                idle = false;
            }
            if idle {
                return;
            }
        }
    }

    /// Lets time pass, stopping wherever the hub wants to be told.
    fn wait(&mut self, duration: Duration) {
        let until = self.now.saturating_add(duration);
        let mut last = None;
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            assert_ne!(last, Some(at), "a timer that does not go away");
            last = (at <= self.now).then_some(at);
            self.now = self.now.max(at);
            self.hub.handle_timeout(self.now);
            self.run();
        }
        self.now = until;
        self.hub.handle_timeout(self.now);
        self.run();
    }

    fn post(&mut self, body: &str) -> RequestId {
        self.last_request += 1;
        let id = RequestId::new(self.last_request);
        let address: IpAddr = HERE.parse().expect("an address");
        self.hub
            .handle_request(self.now, id, address, body.as_bytes());
        self.run();
        id
    }

    /// When each message with a body came to `name`, and the body.
    fn bodies(&self, name: Name) -> Vec<(Timestamp, String)> {
        self.clients[name]
            .heard
            .iter()
            .filter_map(|(at, e)| Some((*at, e.child("body", ns::CLIENT)?.text().into_owned())))
            .collect()
    }

    fn stream_error(&self, name: Name) -> Option<&Element> {
        let heard = self.clients[name].heard.iter();
        heard.map(|(_, e)| e).find(|e| e.is("error", ns::STREAMS))
    }
}

fn join(room: &str, nick: &str) -> String {
    format!(
        "<presence xmlns='jabber:client' to='{room}@rooms.localhost/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
}

fn message(room: &str, text: &str) -> String {
    format!(
        "<message xmlns='jabber:client' type='groupchat' to='{room}@rooms.localhost'><body>{text}</body></message>"
    )
}

/// A message of 1,000 bytes in all that begins with its number.
fn kilobyte(room: &str, number: usize) -> String {
    let empty = message(room, "").len();
    message(room, &format!("{number:-<width$}", width = 1000 - empty))
}

fn number(body: &str) -> usize {
    body.trim_end_matches('-').parse().expect("a number")
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_flood_is_slowed_to_its_rate_and_nothing_of_it_is_lost() {
    let mut world = World::new(&[]);
    let flooder = world.occupant(HERE, "a", "flooder");
    let witness = world.occupant(HERE, "a", "witness");
    let elsewhere = world.occupant(HERE, "b", "elsewhere");
    world.wait(10 * SECOND);
    let began = world.now;
    for n in 0..2000 {
        world.clients[flooder].unread.push_back(kilobyte("a", n));
    }
    world.run();
    for second in 0..=10 {
        // Two seconds' worth at once, then the rate; no more than one message beyond.
        let allowed = 200 + 100 * second;
        let come = world.bodies(witness).len();
        assert!(
            (allowed - 1..=allowed + 1).contains(&come),
            "{second} s: {come}"
        );
        // Whoever is in another room notices nothing.
        let text = format!("in second {second}");
        world.write(elsewhere, message("b", &text));
        assert_eq!(world.bodies(elsewhere).last(), Some(&(world.now, text)));
        world.wait(SECOND);
    }
    world.wait(10 * SECOND);
    let numbers: Vec<usize> = world
        .bodies(witness)
        .iter()
        .map(|(_, b)| number(b))
        .collect();
    assert_eq!(numbers, (0..2000).collect::<Vec<_>>());
    let took = world.bodies(witness)[1999].0.since(began);
    assert!((17 * SECOND..19 * SECOND).contains(&took), "{took:?}");
    assert!(world.stream_error(flooder).is_none());
}

#[test]
fn who_pauses_has_the_whole_burst_again() {
    let mut world = World::new(&[]);
    let anna = world.occupant(HERE, "a", "anna");
    world.wait(10 * SECOND);
    for round in 0..3 {
        let before = world.bodies(anna).len();
        for n in 0..150 {
            world.clients[anna].unread.push_back(kilobyte("a", n));
        }
        world.run();
        let come = world.bodies(anna).len() - before;
        assert_eq!(come, 150, "round {round}: all at once");
        world.wait(10 * SECOND);
    }
}

#[test]
fn one_stanza_larger_than_the_burst_passes_and_is_paid_for() {
    let mut world = World::new(&["--flood-session-rate", "1000", "--flood-room-rate", "0"]);
    let anna = world.occupant(HERE, "a", "anna");
    world.wait(10 * SECOND);
    world.write(anna, message("a", &"x".repeat(9_900)));
    world.write(anna, message("a", "next"));
    assert_eq!(world.bodies(anna).len(), 1);
    world.wait(7 * SECOND);
    assert_eq!(world.bodies(anna).len(), 1);
    world.wait(2 * SECOND);
    assert_eq!(world.bodies(anna).len(), 2);
}

#[test]
fn a_session_that_floods_for_longer_than_the_patience_is_ended() {
    let mut world = World::new(&["--flood-patience", "20"]);
    let flooder = world.occupant(HERE, "a", "flooder");
    let witness = world.occupant(HERE, "b", "witness");
    for n in 0..10_000 {
        world.clients[flooder].unread.push_back(kilobyte("a", n));
    }
    world.run();
    world.wait(19 * SECOND);
    assert!(world.stream_error(flooder).is_none());
    world.wait(2 * SECOND);
    let error = world.stream_error(flooder).expect("a reason");
    assert!(
        error.child("policy-violation", ns::STREAM_ERRORS).is_some(),
        "{error}"
    );
    assert!(
        world.clients[flooder].unread.len() > 7_000,
        "the rest was never read"
    );
    world.wait(10 * SECOND);
    assert!(world.clients[flooder].closed);
    assert_eq!(world.hub.sessions(), 1);
    world.write(witness, message("b", "still here"));
    assert_eq!(world.bodies(witness).len(), 1);
}

/// Three quarters of the rate, in bursts, for ever: that is allowed.
#[test]
fn a_busy_session_within_its_rate_is_never_ended() {
    let mut world = World::new(&["--flood-patience", "20"]);
    let busy = world.occupant(HERE, "a", "busy");
    world.wait(10 * SECOND);
    for _ in 0..100 {
        for n in 0..150 {
            world.clients[busy].unread.push_back(kilobyte("a", n));
        }
        world.run();
        world.wait(2 * SECOND);
    }
    assert!(world.stream_error(busy).is_none());
    assert_eq!(world.bodies(busy).len(), 15_000);
}

/// SECURITY: everything a peer controls has a limit.
#[test]
fn a_socket_that_brings_more_than_is_read_is_ended() {
    let mut world = World::new(&[]);
    let flooder = world.occupant(HERE, "a", "flooder");
    let socket = world.clients[flooder].socket;
    // A driver that does not ask whether the hub reads.
    let mut brought = 0;
    while world.stream_error(flooder).is_none() {
        world
            .hub
            .handle_message(world.now, socket, &kilobyte("a", 0));
        brought += 1000;
        world.run();
        assert!(brought < 1_000_000, "nothing bounds it");
    }
    let error = world.stream_error(flooder).expect("a reason");
    assert!(
        error.child("policy-violation", ns::STREAM_ERRORS).is_some(),
        "{error}"
    );
    // The burst was read; what waited was no more than the largest stanza and 64 KiB.
    assert!(brought <= 200_000 + (256 + 64) * 1024 + 2000, "{brought}");
}

#[test]
fn a_room_takes_no_more_than_its_rate_from_all_together() {
    let mut world = World::new(&["--flood-session-rate", "0"]);
    let witness = world.occupant(HERE, "a", "witness");
    let crowd: Vec<Name> = (0..5)
        .map(|n| world.occupant(HERE, "a", &format!("flooder-{n}")))
        .collect();
    let elsewhere = world.occupant(HERE, "b", "elsewhere");
    world.wait(10 * SECOND);
    for n in 0..1000 {
        for name in &crowd {
            world.clients[*name].unread.push_back(kilobyte("a", n));
        }
    }
    world.run();
    for second in 0..=20 {
        let allowed = 200 + 100 * second;
        let come = world.bodies(witness).len();
        assert!(
            (allowed - 1..=allowed + 1).contains(&come),
            "{second} s: {come}"
        );
        world.write(elsewhere, message("b", "not slowed"));
        assert_eq!(world.bodies(elsewhere).len(), second + 1);
        world.wait(SECOND);
    }
    // Each had its turn, in order.
    for name in &crowd {
        let left = world.clients[*name].unread.len();
        assert!((500..=700).contains(&left), "{left} of 1000 left");
    }
    // One more who has a word to say waits behind one message of each, no longer.
    let before = world.now;
    world.write(witness, message("a", "a word"));
    world.wait(SECOND);
    let bodies = world.bodies(witness);
    let said = bodies.iter().find(|(_, b)| b == "a word").expect("it came");
    assert!(said.0.since(before) <= Duration::from_millis(100));
}

/// MUC FL1: refused, not queued without bound; and whoever waits for others is not ended for it.
#[test]
fn a_stanza_that_waits_too_long_for_its_room_is_refused() {
    let mut world = World::new(&["--flood-room-rate", "100", "--flood-patience", "5"]);
    let anna = world.occupant(HERE, "a", "anna");
    world.wait(60 * SECOND);
    let ben = world.occupant(HERE, "a", "ben");
    world.wait(60 * SECOND);
    world.write(anna, message("a", &"x".repeat(10_000)));
    world.write(ben, message("a", "hello"));
    world.write(ben, message("b", "behind it"));
    world.wait(4 * SECOND);
    let errors = |world: &World| {
        let heard = world.clients[ben].heard.iter();
        heard
            .filter(|(_, e)| e.attr("type").as_deref() == Some("error"))
            .count()
    };
    assert_eq!(errors(&world), 0);
    world.wait(2 * SECOND);
    let (_, error) = world.clients[ben]
        .heard
        .iter()
        .find(|(_, e)| e.attr("type").as_deref() == Some("error"))
        .expect("a refusal");
    assert_eq!(error.attr("from").as_deref(), Some("a@rooms.localhost"));
    let condition = error.child("error", ns::CLIENT).expect("an error");
    assert!(
        condition
            .child("resource-constraint", ns::STANZA_ERRORS)
            .is_some(),
        "{error}"
    );
    assert_eq!(
        errors(&world),
        2,
        "the next one went on its way: there is no room b"
    );
    world.wait(120 * SECOND);
    world.write(ben, message("a", "again"));
    assert_eq!(world.bodies(anna).last().expect("a message").1, "again");
}

#[test]
fn sessions_of_one_address_share_its_rate() {
    let mut world = World::new(&["--flood-room-rate", "0"]);
    for (same, other) in [
        (["192.0.2.1", "192.0.2.1"], "192.0.2.2"),
        (["2001:db8::1", "2001:db8::2"], "2001:db8:0:1::1"),
    ] {
        let first = world.occupant(same[0], "a", "first");
        let second = world.occupant(same[1], "a", "second");
        let stranger = world.occupant(other, "a", "stranger");
        world.wait(10 * SECOND);
        let before = world.bodies(first).len();
        for n in 0..1000 {
            world.clients[first].unread.push_back(kilobyte("a", n));
            world.clients[second].unread.push_back(kilobyte("a", n));
        }
        world.run();
        world.wait(5 * SECOND);
        let come = world.bodies(first).len() - before;
        assert!((699..=702).contains(&come), "{come}");
        world.write(stranger, message("a", "not slowed"));
        assert_eq!(
            world.bodies(first).last(),
            Some(&(world.now, "not slowed".to_owned()))
        );
        for name in [first, second, stranger] {
            world
                .hub
                .handle_closed(world.now, world.clients[name].socket);
            world.clients[name].closed = true;
        }
    }
}

#[test]
fn joins_are_counted_by_address() {
    let mut world = World::new(&["--flood-joins", "6"]);
    let anna = world.user("192.0.2.1");
    for n in 0..8 {
        world.write(anna, join(&format!("room-{n}"), "anna"));
    }
    let entered = |world: &World| {
        let heard = world.clients[anna].heard.iter();
        heard
            .filter(|(_, e)| e.child("subject", ns::CLIENT).is_some())
            .count()
    };
    assert_eq!(entered(&world), 6);
    world.wait(11 * SECOND);
    assert_eq!(entered(&world), 7);
    // A change of nick is no join.
    world.wait(20 * SECOND);
    assert_eq!(entered(&world), 8);
    for n in 0..10 {
        world.write(anna, join("room-0", &format!("anna-{n}")));
    }
    world.write(anna, message("room-0", "here"));
    assert_eq!(world.bodies(anna).len(), 1);
}

#[test]
fn logins_are_counted_by_address() {
    let mut world = World::new(&["--flood-logins", "2"]);
    world.user("192.0.2.1");
    world.user("192.0.2.1");
    let third = world.connect("192.0.2.1");
    for text in [OPEN, AUTH, OPEN, BIND] {
        world.write(third, text.to_owned());
    }
    let bound = |world: &World| {
        let heard = world.clients[third].heard.iter();
        heard
            .filter(|(_, e)| e.child("bind", ns::BIND).is_some())
            .count()
            == 2
    };
    assert!(!bound(&world));
    world.user("192.0.2.2");
    world.wait(31 * SECOND);
    assert!(bound(&world), "the third is let in when its turn has come");
}

#[test]
fn passwords_are_tried_slowly_from_everywhere() {
    let mut world = World::new(&[]);
    let mut sockets = Vec::new();
    for _ in 0..30 {
        let name = world.connect(HERE);
        world.write(name, OPEN.to_owned());
        world.write(
            name,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>biwsbj1hZG1pbixyPWFiY2RlZg==</auth>".to_owned(),
        );
        sockets.push(name);
    }
    let answered = |world: &World| {
        let answered = |name: &&Name| {
            let heard = &world.clients[**name].heard;
            heard.iter().any(|(_, e)| e.has_ns(ns::SASL))
        };
        sockets.iter().filter(answered).count()
    };
    assert_eq!(answered(&world), 20);
    world.wait(10 * SECOND);
    assert_eq!(answered(&world), 23);
}

#[test]
fn all_rooms_together_have_only_so_many_occupants() {
    let mut world = World::new(&["--flood-max-occupants", "2"]);
    let anna = world.occupant(HERE, "a", "anna");
    let ben = world.occupant(HERE, "b", "ben");
    let carl = world.occupant(HERE, "c", "carl");
    let (_, refusal) = world.clients[carl].heard.last().expect("an answer");
    let error = refusal.child("error", ns::CLIENT).expect("an error");
    assert!(
        error
            .child("resource-constraint", ns::STANZA_ERRORS)
            .is_some(),
        "{refusal}"
    );
    // Those who are inside are not in the way of themselves.
    world.write(anna, join("a", "anne"));
    world.write(anna, message("a", "here"));
    assert_eq!(world.bodies(anna).len(), 1);
    world
        .hub
        .handle_closed(world.now, world.clients[ben].socket);
    world.clients[ben].closed = true;
    world.write(carl, join("c", "carl"));
    world.write(carl, message("c", "inside"));
    assert_eq!(world.bodies(carl).len(), 1);
}

/// XEP-0124: requests that are not answered are what slows a client down; BOSH 4.2: in order.
#[test]
fn a_flood_over_bosh_is_slowed_too() {
    let mut world = World::new(&[]);
    let witness = world.occupant(HERE, "a", "witness");
    let body = |rid: u64, sid: &str, payload: &str| {
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'>{payload}</body>"
        )
    };
    let created = world.post("<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' ver='1.6' wait='59' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>");
    let created = Element::parse(&world.answers[&created].1).expect("a body");
    let sid = created.attr("sid").expect("a sid").into_owned();
    world.post(&body(101, &sid, AUTH));
    world.post(&format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='102' sid='{sid}' to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'/>"));
    world.post(&body(103, &sid, BIND));
    world.post(&body(104, &sid, &join("a", "flooder")));
    world.wait(10 * SECOND);
    let (mut rid, mut next) = (105, 0);
    let mut waiting: VecDeque<RequestId> = VecDeque::new();
    let began = world.now;
    while world.now.since(began) < 15 * SECOND {
        // Two requests at a time, as hold='1' grants, each with 50 messages.
        waiting.retain(|id| !world.answers.contains_key(id));
        if waiting.len() < 2 {
            let payload: String = (next..next + 50).map(|n| kilobyte("a", n)).collect();
            next += 50;
            waiting.push_back(world.post(&body(rid, &sid, &payload)));
            rid += 1;
        } else {
            world.wait(Duration::from_millis(50));
        }
        let seconds = usize::try_from(world.now.since(began).as_millis() / 1000).expect("small");
        let come = world.bodies(witness).len();
        assert!(come <= 200 + 100 * (seconds + 1) + 1, "{seconds} s: {come}");
    }
    let numbers: Vec<usize> = world
        .bodies(witness)
        .iter()
        .map(|(_, b)| number(b))
        .collect();
    assert!((1600..=1710).contains(&numbers.len()), "{}", numbers.len());
    assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
    // What was brought and not read is no more than the requests that wait.
    assert!(next - numbers.len() <= 150, "{next}");
}

#[test]
fn a_rate_of_zero_is_none() {
    let mut world = World::new(&["--flood-session-rate", "0", "--flood-room-rate", "0"]);
    let anna = world.occupant(HERE, "a", "anna");
    for n in 0..5000 {
        world.clients[anna].unread.push_back(kilobyte("a", n));
    }
    world.run();
    assert_eq!(world.bodies(anna).len(), 5000);
}

/// XEP-0478
#[test]
fn both_transports_say_what_is_allowed() {
    let mut world = World::new(&["--websocket-ping", "45", "--bosh-inactivity", "70"]);
    let limits = |features: &Element, idle: &str| {
        let limits = features.child("limits", ns::STREAM_LIMITS).expect("limits");
        let text = |name| {
            limits
                .child(name, ns::STREAM_LIMITS)
                .map(|e| e.text().into_owned())
        };
        assert_eq!(text("idle-seconds").as_deref(), Some(idle));
        text("max-bytes").expect("max-bytes")
    };
    let anna = world.user(HERE);
    let heard = &world.clients[anna].heard;
    let features: Vec<String> = heard
        .iter()
        .filter(|(_, e)| e.is("features", ns::STREAMS))
        .map(|(_, e)| limits(e, "45"))
        .collect();
    assert_eq!(features, ["10000", "262144"]);
    let created = world.post("<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' ver='1.6' wait='59' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>");
    let created = Element::parse(&world.answers[&created].1).expect("a body");
    let features = created.child("features", ns::STREAMS).expect("features");
    assert_eq!(limits(&features.to_element(), "70"), "10000");
}

/// A room of `occupants` in which everybody has heard of everybody.
fn full_room(world: &mut World, room: &str, occupants: usize) -> Vec<Name> {
    let names = (0..occupants)
        .map(|n| world.occupant(HERE, room, &format!("n{n}")))
        .collect();
    world.wait(60 * SECOND);
    names
}

fn is_inside(world: &World, name: Name) -> bool {
    let mut heard = world.clients[name].heard.iter();
    heard.any(|(_, e)| e.to_string().contains("code='110'"))
}

/// Each who enters costs as much as all who are inside, so that many at once would hold up everybody else.
#[test]
fn many_joins_at_once_are_paced_and_what_others_say_comes_at_once() {
    let mut world = World::new(&["--flood-presences", "10000", "--flood-room-rate", "0"]);
    let inside = full_room(&mut world, "a", 100);
    let elsewhere = world.occupant(HERE, "b", "elsewhere");
    let burst: Vec<Name> = (0..100).map(|_| world.user(HERE)).collect();
    for name in &burst {
        world.clients[*name]
            .unread
            .push_back(join("a", &format!("late{name}")));
    }
    world.run();
    let count = |world: &World| burst.iter().filter(|n| is_inside(world, **n)).count();
    // A tenth of a second's worth at once, the last one on credit.
    assert!((5..=6).contains(&count(&world)), "{}", count(&world));
    // From 200 presences for the first to 400 for the last: 30,000 in all, and the order is kept.
    for second in 0..3 {
        for (room, name, witness) in [("a", inside[0], inside[99]), ("b", elsewhere, elsewhere)] {
            let text = format!("in second {second}");
            world.write(name, message(room, &text));
            assert_eq!(world.bodies(witness).last(), Some(&(world.now, text)));
        }
        // A room with nobody in it does not wait.
        let alone = world.occupant(HERE, &format!("alone{second}"), "alone");
        assert!(is_inside(&world, alone));
        world.wait(SECOND);
        let allowed = [43, 75, 100][second];
        let come = count(&world);
        assert!(
            (allowed - 4..=allowed + 4).contains(&come),
            "{second}: {come}"
        );
    }
    world.wait(SECOND);
    assert_eq!(count(&world), 100);
    assert_eq!(world.hub.slowed(), 0);
}

#[test]
fn joins_are_not_paced_where_there_is_no_rate() {
    let mut world = World::new(&["--flood-presences", "0", "--flood-room-rate", "0"]);
    let began = world.now;
    let names: Vec<Name> = (0..150)
        .map(|n| world.occupant(HERE, "a", &format!("n{n}")))
        .collect();
    assert_eq!(world.now, began);
    assert!(names.iter().all(|name| is_inside(&world, *name)));
}
