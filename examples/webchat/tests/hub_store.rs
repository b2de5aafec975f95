//! The hub before a store that is slow, or fails: what waits for it, and what does not.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use clap::Parser;
use testkit::Seeded;
use webchat::{
    Options,
    hub::{Batch, Hub, Output, SocketId, ToSocket},
    store::{Change, Committed, Database},
};
use xmpp_core::{
    Random, Timestamp,
    xml::{Element, ns},
};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
/// Asks the lobby for its archive.
const MAM: &str = "<iq xmlns='jabber:client' type='set' id='m' to='lobby@rooms.localhost'><query xmlns='urn:xmpp:mam:2'/></iq>";
const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Reproducible, so that every run is the same run.
fn random() -> Box<dyn Random + Send> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(Seeded::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

/// What the store does with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    Works,
    Fails,
    /// Batches are held until the test says what becomes of them.
    Hangs,
}

struct World {
    hub: Hub,
    now: Timestamp,
    store: Database,
    disk: Disk,
    held: Vec<Batch>,
    /// Commits in each batch so far.
    batches: Vec<usize>,
    heard: HashMap<SocketId, Vec<Element>>,
}

impl World {
    fn new(options: &[&str]) -> Self {
        Self::with_store(Database::in_memory(), options)
    }

    /// The server as it starts over what is stored.
    fn with_store(store: Database, options: &[&str]) -> Self {
        let line = ["webchat"].iter().chain(options);
        let settings = Options::parse_from(line).settle().expect("usable options");
        let mut hub = Hub::new(&settings.hosts[0], random, START);
        hub.restore(START, store.rooms(100, START).expect("rooms"));
        Self {
            hub,
            now: START,
            store,
            disk: Disk::Works,
            held: Vec::new(),
            batches: Vec::new(),
            heard: HashMap::new(),
        }
    }

    fn collect(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                Output::Pending(socket) => {
                    while let Some(message) = self.hub.poll_message(socket) {
                        if let ToSocket::Text(text) = message {
                            let element = Element::parse(&text).expect("a document");
                            self.heard.entry(socket).or_default().push(element);
                        }
                    }
                }
                Output::Commit(batch) => {
                    self.batches.push(batch.commits.len());
                    let result = match self.disk {
                        Disk::Works => self.store.commit(&batch.commits),
                        Disk::Fails => Committed::Nothing,
                        Disk::Hangs => {
                            self.held.push(batch);
                            continue;
                        }
                    };
                    self.hub.handle_committed(self.now, batch.ticket, &result);
                }
                Output::ReadArchive(read) => {
                    let answer = self.store.read(&read.room, &read.request);
                    self.hub.handle_archive_read(self.now, read.id, answer);
                }
                Output::KeepBans(_) | Output::ShutDown | Output::CheckToken(_) => {}
                Output::Answer(answer) => panic!("nobody came over BOSH: {answer:?}"),
            }
        }
    }

    /// The disk has done what it was asked to.
    fn release(&mut self) {
        let [batch] = &std::mem::take(&mut self.held)[..] else {
            panic!("one batch at a time")
        };
        let result = self.store.commit(&batch.commits);
        self.hub.handle_committed(self.now, batch.ticket, &result);
        self.collect();
    }

    fn say(&mut self, socket: SocketId, text: &str) {
        self.hub.handle_message(self.now, socket, text);
        self.collect();
    }

    fn take(&mut self, socket: SocketId) -> Vec<Element> {
        self.heard.remove(&socket).unwrap_or_default()
    }

    fn user(&mut self) -> SocketId {
        const OPEN: &str =
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
        let socket = self.hub.handle_open(self.now, HERE).expect("let in");
        for message in [
            OPEN,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>",
            OPEN,
            "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        ] {
            self.say(socket, message);
        }
        let last = self.take(socket).pop().expect("an answer");
        assert!(last.child("bind", ns::BIND).is_some(), "{last}");
        socket
    }

    /// A user in the lobby.
    fn occupant(&mut self, nick: &str) -> SocketId {
        let socket = self.user();
        self.say(socket, &presence("lobby", nick));
        let entered = self.take(socket);
        assert!(
            entered.iter().any(|e| e.to_string().contains("'110'")),
            "{entered:?}"
        );
        socket
    }

    fn wait(&mut self, duration: Duration) {
        let until = self.now.saturating_add(duration);
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.hub.handle_timeout(self.now);
            self.collect();
        }
        self.now = until;
    }
}

fn presence(room: &str, nick: &str) -> String {
    format!(
        "<presence xmlns='jabber:client' to='{room}@rooms.localhost/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
}

fn message(text: &str) -> String {
    format!(
        "<message xmlns='jabber:client' type='groupchat' id='{text}' to='lobby@rooms.localhost'><body>{text}</body></message>"
    )
}

/// The texts, of errors the condition.
fn texts(elements: &[Element]) -> Vec<String> {
    elements
        .iter()
        .filter(|element| element.name() == "message")
        .filter_map(|element| {
            let error = element.child("error", ns::CLIENT);
            let said = error.and_then(|error| {
                let condition = error.children().find(|c| c.has_ns(ns::STANZA_ERRORS))?;
                Some(format!("{} {}", error.attr("type")?, condition.name()))
            });
            said.or_else(|| Some(element.child("body", ns::CLIENT)?.text().into_owned()))
        })
        .collect()
}

/// MUC GC8, PE2
#[test]
fn nothing_is_seen_before_it_is_stored() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    let ben = world.occupant("ben");
    world.take(anna);
    world.disk = Disk::Hangs;
    world.say(anna, &message("one"));
    assert_eq!(world.held.len(), 1);
    // What a room does afterwards stays behind it, also what nobody stores.
    world.say(ben, "<presence xmlns='jabber:client' to='lobby@rooms.localhost/ben'><show>away</show></presence>");
    world.say(ben, &message("two"));
    world.wait(Duration::from_secs(5));
    assert!(world.take(anna).is_empty() && world.take(ben).is_empty());
    assert_eq!(world.held.len(), 1, "one batch at a time");
    let Change::Message(stored) = &world.held[0].commits[0][0] else {
        panic!("{:?}", world.held)
    };
    assert!(stored.stanza.as_str().contains("one"));

    world.release();
    for socket in [anna, ben] {
        let heard = world.take(socket);
        assert_eq!(texts(&heard), ["one"]);
        assert_eq!(heard.len(), 2, "and that ben is away: {heard:?}");
        assert_eq!(heard[1].name(), "presence");
    }
    world.release();
    for socket in [anna, ben] {
        assert_eq!(texts(&world.take(socket)), ["two"]);
    }
}

#[test]
fn commits_of_one_turn_and_of_one_wait_share_a_batch() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    world.disk = Disk::Hangs;
    world.batches.clear();
    for text in ["1", "2", "3"] {
        world.hub.handle_message(world.now, anna, &message(text));
    }
    world.collect();
    for text in ["4", "5"] {
        world.say(anna, &message(text));
    }
    world.release();
    assert_eq!(texts(&world.take(anna)), ["1", "2", "3"]);
    world.release();
    assert_eq!(texts(&world.take(anna)), ["4", "5"]);
    assert_eq!(world.batches, [3, 2]);
}

/// MUC ET14
#[test]
fn what_cannot_be_stored_is_refused_and_seen_by_nobody() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    let ben = world.occupant("ben");
    world.take(anna);
    world.disk = Disk::Fails;
    world.say(anna, &message("one"));
    assert_eq!(texts(&world.take(anna)), ["wait internal-server-error"]);
    assert!(world.take(ben).is_empty());
    world.disk = Disk::Works;
    world.say(anna, &message("two"));
    assert_eq!(texts(&world.take(ben)), ["two"]);
    // Nor do those who come later see it in the history.
    let carl = world.user();
    world.say(carl, &presence("lobby", "carl"));
    assert_eq!(texts(&world.take(carl)), ["two"]);
}

/// What is said faster than the disk should be asked shares transactions; where little is said, nothing waits for others.
#[test]
fn where_much_is_said_commits_wait_for_each_other_and_not_long() {
    let mut world = World::new(&["--flood-session-rate", "0", "--flood-room-rate", "0"]);
    let anna = world.occupant("anna");
    let ben = world.occupant("ben");
    for n in 0..10_000 {
        world.say(anna, &message(&n.to_string()));
        world.wait(Duration::from_micros(500) * (n % 2) * 2);
    }
    world.wait(Duration::from_millis(32));
    let heard = texts(&world.take(ben));
    assert_eq!(heard.len(), 10_000);
    assert!(
        heard
            .iter()
            .enumerate()
            .all(|(n, text)| *text == n.to_string())
    );
    // Five seconds: 32 in each, and what may come at once.
    let batches = world.batches.len();
    assert!((240..=280).contains(&batches), "{batches}");
    world.wait(Duration::from_secs(3));
    for n in 0..60 {
        world.say(anna, &message(&n.to_string()));
        assert_eq!(texts(&world.take(ben)), [n.to_string()]);
        world.wait(Duration::from_millis(20));
    }
}

/// MUC ET14: of a batch of which a part fails, the rest is seen.
#[test]
fn a_commit_that_fails_takes_no_other_with_it() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    let ben = world.occupant("ben");
    world.disk = Disk::Hangs;
    for text in ["1", "2", "3"] {
        world.hub.handle_message(world.now, anna, &message(text));
    }
    world.collect();
    world.take(anna);
    let batch = world.held.pop().expect("a batch");
    world
        .hub
        .handle_committed(world.now, batch.ticket, &Committed::AllBut(vec![1]));
    // A second answer to the same batch means nothing.
    world
        .hub
        .handle_committed(world.now, batch.ticket, &Committed::All);
    world.collect();
    assert_eq!(texts(&world.take(ben)), ["1", "3"]);
    assert_eq!(
        texts(&world.take(anna)),
        ["1", "3", "wait internal-server-error"]
    );
}

/// A newcomer's history holds nothing that could not be stored, also where it waited with it.
#[test]
fn a_newcomer_does_not_see_what_could_not_be_stored() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    let carl = world.user();
    world.disk = Disk::Hangs;
    world.say(anna, &message("one"));
    world.say(carl, &presence("lobby", "carl"));
    let batch = world.held.pop().expect("a batch");
    world.disk = Disk::Works;
    world
        .hub
        .handle_committed(world.now, batch.ticket, &Committed::Nothing);
    world.collect();
    let heard = world.take(carl);
    assert!(
        heard.iter().any(|e| e.to_string().contains("'110'")),
        "{heard:?}"
    );
    assert!(texts(&heard).is_empty(), "{heard:?}");
}

/// MUC ET14: a room that could not be stored is not there; one whose end could not be stored is nobody's until it is found
/// again, with all that was in it.
#[test]
fn what_could_not_be_stored_has_not_happened() {
    let options = ["--room-linger", "0"];
    let mut world = World::new(&options);
    let anna = world.user();
    let entered = |heard: &[Element], what: &str| {
        assert!(heard[0].to_string().contains(what), "{heard:?}");
    };
    world.disk = Disk::Fails;
    world.say(anna, &presence("lobby", "anna"));
    entered(&world.take(anna), "internal-server-error");
    world.disk = Disk::Works;
    world.say(anna, &presence("lobby", "anna"));
    entered(&world.take(anna), "'201'");
    world.say(anna, &message("one"));
    assert_eq!(texts(&world.take(anna)), ["one"]);

    world.disk = Disk::Fails;
    world.say(
        anna,
        "<presence xmlns='jabber:client' type='unavailable' to='lobby@rooms.localhost/anna'/>",
    );
    world.wait(Duration::from_secs(1));
    world.take(anna);
    world.disk = Disk::Works;
    world.say(anna, &presence("lobby", "anna"));
    entered(&world.take(anna), "internal-server-error");
    let mut world = restart(world, &options);
    let ben = world.user();
    world.say(ben, &presence("lobby", "ben"));
    assert_eq!(texts(&world.take(ben)), ["one"]);
}

/// Only rooms wait: whoever logs in, or asks the domain, does not notice.
#[test]
fn a_slow_store_holds_up_nobody_else() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    world.disk = Disk::Hangs;
    world.say(anna, &message("one"));
    world.take(anna);
    let carl = world.user();
    world.say(
        carl,
        "<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    assert_eq!(world.take(carl)[0].attr("type").as_deref(), Some("result"));
    world.say(
        anna,
        "<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    assert_eq!(world.take(anna)[0].attr("type").as_deref(), Some("result"));
}

/// SECURITY: memory is bounded before a store that does not answer; whoever leaves is let go.
#[test]
fn what_waits_for_a_slow_store_has_a_bound() {
    let mut world = World::new(&[
        "--archive-queue-bytes",
        "20000",
        "--flood-session-rate",
        "0",
        "--flood-room-rate",
        "0",
    ]);
    let anna = world.occupant("anna");
    let ben = world.occupant("ben");
    world.take(anna);
    world.disk = Disk::Hangs;
    let long = "x".repeat(1000);
    for _ in 0..100 {
        world.say(anna, &message(&long));
    }
    let refused = world.take(anna);
    assert!(
        texts(&refused)
            .iter()
            .all(|text| text == "wait resource-constraint"),
        "{refused:?}"
    );
    assert!((80..100).contains(&refused.len()), "{}", refused.len());
    world.say(anna, "<iq xmlns='jabber:client' type='get' id='p' to='lobby@rooms.localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
    assert_eq!(world.take(anna)[0].attr("type").as_deref(), Some("error"));
    world.say(
        ben,
        "<presence xmlns='jabber:client' type='unavailable' to='lobby@rooms.localhost/ben'/>",
    );
    world.disk = Disk::Works;
    world.release();
    let heard = world.take(anna);
    assert_eq!(texts(&heard).len(), 100 - refused.len());
    let last = heard.last().expect("ben leaves");
    assert_eq!(last.attr("type").as_deref(), Some("unavailable"));
    world.say(anna, &message("again"));
    assert_eq!(texts(&world.take(anna)), ["again"]);
}

/// Where rooms keep no archive and nothing outlives the process, there is nothing to wait for.
#[test]
fn without_archive_and_folder_the_store_is_asked_for_nothing() {
    let mut world = World::new(&["--data", "none", "--archive-off"]);
    world.disk = Disk::Hangs;
    let anna = world.occupant("anna");
    let ben = world.occupant("ben");
    world.say(anna, &message("one"));
    world.say(
        anna,
        "<message xmlns='jabber:client' type='groupchat' to='lobby@rooms.localhost'><subject>news</subject></message>",
    );
    assert_eq!(texts(&world.take(ben)), ["one"]);
    world.say(ben, MAM);
    let answer = world.take(ben);
    assert_eq!(answer[0].attr("type").as_deref(), Some("error"));
    assert_eq!(world.batches, [0_usize; 0]);
}

/// A folder keeps the rooms' states without an archive, too; of an archive from before nothing is shown.
#[test]
fn an_archive_that_was_turned_off_takes_nothing_and_shows_nothing() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    world.say(anna, &message("one"));
    let mut world = restart(world, &["--archive-off"]);
    let anna = world.occupant("anna");
    world.say(anna, &message("two"));
    world.take(anna);
    world.say(anna, MAM);
    let answer = world.take(anna);
    assert_eq!(answer[0].attr("type").as_deref(), Some("error"));
    let mut world = restart(world, &[]);
    let anna = world.occupant("anna");
    world.take(anna);
    world.say(anna, MAM);
    let all = world.take(anna);
    let archived = |text: &str| {
        let body = format!("<body>{text}</body>");
        all.iter().any(|e| e.to_string().contains(&body))
    };
    assert!(archived("one") && !archived("two"), "{all:?}");
}

/// MUC LV6: what was said before the end is heard before the farewell.
#[test]
fn a_shutdown_waits_for_the_store() {
    let mut world = World::new(&[]);
    let anna = world.occupant("anna");
    world.disk = Disk::Hangs;
    world.say(anna, &message("one"));
    world.hub.shut_down(world.now);
    world.collect();
    assert!(world.take(anna).is_empty());
    assert!(!world.hub.is_empty());
    world.disk = Disk::Works;
    world.release();
    let heard = world.take(anna);
    assert_eq!(texts(&heard), ["one"]);
    let farewell = |what: &str| heard.iter().position(|e| e.to_string().contains(what));
    assert!(farewell("'332'") < farewell("system-shutdown"), "{heard:?}");
    assert!(farewell("one") < farewell("'332'"), "{heard:?}");
}

fn restart(world: World, options: &[&str]) -> World {
    World::with_store(world.store, options)
}

/// MUC PE4: the room of before, empty, with its history; LV3: a temporary one goes unless somebody comes.
#[test]
fn a_room_is_found_again_after_a_restart() {
    let options = ["--room-linger", "60"];
    let mut world = World::new(&options);
    let anna = world.occupant("anna");
    world.say(anna, &message("one"));
    world.say(anna, "<message xmlns='jabber:client' type='groupchat' to='lobby@rooms.localhost'><subject>Tea</subject></message>");
    let mut world = restart(world, &options);
    world.wait(Duration::from_secs(59));
    let ben = world.user();
    world.say(ben, &presence("lobby", "ben"));
    let heard = world.take(ben);
    assert_eq!(texts(&heard), ["one"]);
    let subject = heard.last().expect("the subject");
    assert!(subject.to_string().contains("Tea"), "{subject}");
    assert!(
        !heard.iter().any(|e| e.to_string().contains("'201'")),
        "{heard:?}"
    );

    let mut world = restart(world, &options);
    world.wait(Duration::from_secs(61));
    assert!(world.store.rooms(9, world.now).expect("rooms").is_empty());
    let ben = world.user();
    world.say(ben, &presence("lobby", "ben"));
    let heard = world.take(ben);
    assert!(
        heard.iter().any(|e| e.to_string().contains("'201'")),
        "{heard:?}"
    );
    assert!(texts(&heard).is_empty(), "{heard:?}");
}

/// A room that comes and goes while the disk is slow: everybody gets their answer, and nothing of it is left.
#[test]
fn a_room_that_is_gone_before_it_is_stored_is_not_stored() {
    let mut world = World::new(&["--room-linger", "0"]);
    let anna = world.user();
    world.disk = Disk::Hangs;
    world.say(anna, &presence("other", "anna"));
    world.say(anna, &presence("lobby", "anna"));
    world.say(anna, &message("one"));
    world.say(
        anna,
        "<presence xmlns='jabber:client' type='unavailable' to='lobby@rooms.localhost/anna'/>",
    );
    world.wait(Duration::from_secs(1));
    world.release();
    world.disk = Disk::Works;
    world.release();
    assert_eq!(texts(&world.take(anna)), ["one"]);
    let rooms = world.store.rooms(9, world.now).expect("rooms");
    assert_eq!(rooms.len(), 1);
    assert_eq!(rooms[0].room.as_str(), "other@rooms.localhost");
}

/// MUC PE5: no fresh room over stored state.
#[test]
fn a_room_that_cannot_be_read_is_nobodys() {
    let mut world = World::new(&[]);
    world.occupant("anna");
    let mut rooms = world.store.rooms(9, world.now).expect("rooms");
    rooms[0].snapshot = None;
    world = World::new(&[]);
    world.hub.restore(world.now, rooms);
    let ben = world.user();
    world.say(ben, &presence("lobby", "ben"));
    let refused = world.take(ben);
    assert_eq!(refused.len(), 1);
    let error = refused[0].child("error", ns::CLIENT).expect("an error");
    assert_eq!(error.attr("type").as_deref(), Some("wait"));
    assert!(
        error
            .child("internal-server-error", ns::STANZA_ERRORS)
            .is_some(),
        "{error:?}"
    );
    assert!(world.batches.is_empty(), "nothing is written over it");
    world.say(ben, &presence("other", "ben"));
    assert_eq!(world.batches, [1]);
}
