//! `kill -9` at any moment: what anybody has seen is there afterwards, once, and in its place (MUC GC8, PE2).
//!
//! Every round starts the real program over what the one before left, compares the archive with what was seen, lets clients
//! talk over both transports, and kills the program at a random moment. Each client keeps a ledger of what it has seen, also
//! of what was still on its way to it when the program died.

mod common;

use std::{collections::HashMap, io::Write as _, path::Path, sync::Arc, time::Duration};

use common::{
    Transport, User,
    archive::{self, Archived},
    program::Program,
};
use rand::RngExt as _;
use tokio::{sync::Semaphore, task::JoinSet};
use webchat::store::Database;
use xmpp_core::{
    Timestamp,
    xml::{Element, ns},
};

const ROUNDS: usize = 200;
/// Rounds that share a room, so that a room has seen several ends and reading all of it stays quick.
const ROUNDS_PER_ROOM: usize = 10;
const TALKERS: [Transport; 5] = [
    Transport::WebSocket,
    Transport::Bosh,
    Transport::WebSocket,
    Transport::Bosh,
    Transport::WebSocket,
];
/// Messages that a client has under way at a time.
const WINDOW: usize = 4;
/// The program dies when so many messages have been seen by somebody, at most, and then within so many microseconds.
const LIFE: (usize, u64) = (250, 3000);

/// A message as somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    id: String,
    body: String,
}

/// What one client has seen of one room, in its order.
type Ledger = Vec<Seen>;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_is_found_after_kill_9() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().to_str().expect("UTF-8");
    let options = [
        "--data",
        path,
        "--room-linger",
        "86400",
        "--flood-session-rate",
        "0",
        "--flood-room-rate",
        "0",
    ];
    let mut ledgers: HashMap<String, Vec<Ledger>> = HashMap::new();
    let mut last_acts: Option<Acts> = None;
    let (mut seen, mut unconfirmed, mut bans) = (0, 0, 0);
    for round in 0..ROUNDS {
        if let Some(acts) = &last_acts {
            bans += acts.check_bans(data.path());
        }
        let program = Program::start(&options).await;
        let room = format!("room{}", round / ROUNDS_PER_ROOM);
        let mut reader = User::login(program.address, Transport::WebSocket).await;
        if let Some(acts) = &last_acts {
            acts.check(&mut reader).await;
        }
        if let Some(before) = round.checked_sub(1) {
            let room = format!("room{}", before / ROUNDS_PER_ROOM);
            check(&mut reader, &room, &ledgers[&room]).await;
        }
        let mut users = Vec::new();
        for transport in TALKERS {
            users.push(User::login(program.address, transport).await);
        }
        let owner = User::login(program.address, TALKERS[round % 2]).await;

        let acts = tokio::spawn(Acts::perform(owner, round));
        let mut talkers = JoinSet::new();
        let sightings = Arc::new(Semaphore::new(0));
        for (number, user) in users.into_iter().enumerate() {
            let nick = format!("talker-{round}-{number}");
            talkers.spawn(talk(user, room.clone(), nick, sightings.clone()));
        }
        let (life, more) = (
            rand::rng().random_range(0..LIFE.0),
            rand::rng().random_range(0..LIFE.1),
        );
        let lived = sightings.acquire_many(u32::try_from(life).expect("a few"));
        drop(common::soon("sightings", lived).await.expect("open"));
        tokio::time::sleep(Duration::from_micros(more)).await;
        program.kill().await;
        while let Some(talked) = talkers.join_next().await {
            let (ledger, sent) = talked.expect("a ledger");
            let own = |seen: &&Seen| seen.body.starts_with(&format!("talker-{round}-"));
            unconfirmed += sent.saturating_sub(ledger.iter().filter(own).count());
            seen += ledger.len();
            ledgers.entry(room.clone()).or_default().push(ledger);
        }
        last_acts = Some(acts.await.expect("what it did"));
    }

    let program = Program::start(&options).await;
    let mut reader = User::login(program.address, Transport::Bosh).await;
    let mut stored = 0;
    for (room, ledgers) in &ledgers {
        stored += check(&mut reader, room, ledgers).await;
    }
    drop(reader);
    assert_eq!(program.stop().await, Some(0));
    // Shown also where the test passes.
    let _ = writeln!(
        std::io::stderr(),
        "durability: {ROUNDS} rounds: {seen} sightings of {stored} stored messages; {unconfirmed} messages were under way \
         at an end; {bans} bans found"
    );
    assert!(
        seen > 20 * ROUNDS && bans > ROUNDS,
        "the clients did talk: {seen}, {bans}"
    );
}

/// Talks until the server is gone: what it has seen, and how much it sent.
async fn talk(
    mut user: User,
    room: String,
    nick: String,
    sightings: Arc<Semaphore>,
) -> (Ledger, usize) {
    let mut ledger = Ledger::new();
    let (mut sent, mut under_way) = (0, 0);
    let enter = format!(
        "<presence to='{room}@rooms.localhost/{nick}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='5'/></x></presence>"
    );
    let mut alive = user.offer(&enter).await;
    // Strangers may not speak before they are inside.
    let mut inside = false;
    loop {
        while alive && inside && under_way < WINDOW {
            let message = format!(
                "<message type='groupchat' id='{sent}' to='{room}@rooms.localhost'><body>{nick} {sent}</body></message>"
            );
            alive = user.offer(&message).await;
            sent += 1;
            under_way += 1;
        }
        // What the server sent before it died is read to the end.
        let Some(stanza) = user.try_next().await else {
            return (ledger, sent);
        };
        assert!(!common::is_error(&stanza), "{stanza}");
        inside = inside || common::is_subject(&stanza);
        let Some(message) = Seen::of(&stanza, &room) else {
            continue;
        };
        let from = stanza.attr("from").expect("from");
        if from.ends_with(&nick) {
            under_way -= 1;
        }
        ledger.push(message);
        sightings.add_permits(1);
    }
}

impl Seen {
    fn of(stanza: &Element, room: &str) -> Option<Self> {
        let body = common::body(stanza)?;
        let by = format!("{room}@rooms.localhost");
        let id = stanza
            .children()
            .find(|child| {
                child.is("stanza-id", ns::STANZA_ID) && child.attr("by").is_some_and(|b| b == by)
            })?
            .attr("id")?
            .into_owned();
        Some(Self { id, body })
    }
}

/// The archive of `room` holds each ledger: every message once, under its id, with its text, in that order. Gives how much it
/// holds.
async fn check(reader: &mut User, room: &str, ledgers: &[Ledger]) -> usize {
    if ledgers.iter().all(Vec::is_empty) {
        // The room itself may not have come to be.
        return 0;
    }
    let forwards = archive::forwards(reader, room, 50).await;
    let places = places(&forwards);
    for ledger in ledgers {
        let mut last = None;
        for seen in ledger {
            let place = places.get(&*seen.id);
            let place = place.unwrap_or_else(|| panic!("{room}: lost: {seen:?}"));
            assert_eq!(forwards[*place].body.as_ref(), Some(&seen.body));
            assert!(last < Some(*place), "{room}: not in its order: {seen:?}");
            last = Some(*place);
        }
    }
    // The other way round it is the same, but for what has come in the meantime.
    let backwards = archive::backwards(reader, room, 50).await;
    assert_eq!(
        backwards[..forwards.len()],
        forwards,
        "{room}: the directions differ"
    );
    forwards.len()
}

/// Where each message stands; none stands twice, neither by its id nor by its text.
fn places(archive: &[Archived]) -> HashMap<&str, usize> {
    let mut ids = HashMap::new();
    let mut bodies = HashMap::new();
    for (place, message) in archive.iter().enumerate() {
        assert_eq!(ids.insert(&*message.id, place), None, "twice: {message:?}");
        if let Some(body) = &message.body {
            assert_eq!(bodies.insert(body, place), None, "twice: {message:?}");
        }
    }
    ids
}

/// What the owner of a room has done to it before the program died.
#[derive(Debug, Default)]
struct Acts {
    room: String,
    /// The number in the last subject that came back.
    subject: usize,
    /// That in the last name that was accepted.
    name: usize,
    /// How many users are banned for sure.
    bans: usize,
    /// How far it came in trying.
    tried: usize,
}

impl Acts {
    async fn perform(mut owner: User, round: usize) -> Self {
        let mut acts = Self {
            room: format!("owned{round}"),
            ..Self::default()
        };
        let at = format!("{}@rooms.localhost", acts.room);
        let enter = format!(
            "<presence to='{at}/owner'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        );
        let mut alive = owner.offer(&enter).await;
        loop {
            acts.tried += 1;
            let n = acts.tried;
            for act in [
                format!("<message type='groupchat' to='{at}'><subject>{n}</subject></message>"),
                format!(
                    "<iq type='set' id='name-{n}' to='{at}'><query xmlns='http://jabber.org/protocol/muc#owner'>\
                     <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
                     <field var='muc#roomconfig_roomname'><value>{n}</value></field></x></query></iq>"
                ),
                format!(
                    "<iq type='set' id='ban-{n}' to='{at}'><query xmlns='http://jabber.org/protocol/muc#admin'>\
                     <item affiliation='outcast' jid='banned-{n}@localhost'/></query></iq>"
                ),
            ] {
                if alive {
                    alive = owner.offer(&act).await;
                }
            }
            let ban = format!("ban-{n}");
            loop {
                let Some(stanza) = owner.try_next().await else {
                    return acts;
                };
                assert!(!common::is_error(&stanza), "{stanza}");
                let id = stanza.attr("id");
                if common::is_subject(&stanza) {
                    let subject = stanza.child("subject", ns::CLIENT).expect("a subject");
                    acts.subject = subject.text().parse().unwrap_or(0);
                } else if id.as_deref() == Some(&format!("name-{n}")) {
                    acts.name = n;
                } else if id.as_deref() == Some(&ban) {
                    acts.bans = n;
                    break;
                }
            }
        }
    }

    /// Name and subject are the last that were seen, or those that were under way when the program died.
    async fn check(&self, reader: &mut User) {
        let at = format!("{}@rooms.localhost", self.room);
        if self.bans == 0 {
            // The room itself may not have come to be.
            return;
        }
        let may_be = |text: &str, seen: usize| {
            let found: usize = text.parse().unwrap_or(0);
            assert!((seen..=self.tried).contains(&found), "{text} of {self:?}");
        };
        reader
            .send(&format!(
                "<iq type='get' id='info' to='{at}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
            ))
            .await;
        let info = reader
            .find("what the room is", |s| {
                s.attr("id").as_deref() == Some("info")
            })
            .await;
        let query = info.child("query", ns::DISCO_INFO).expect("a room");
        let identity = query
            .child("identity", ns::DISCO_INFO)
            .expect("an identity");
        may_be(&identity.attr("name").expect("a name"), self.name);
        let entered = reader.join(&self.room, "reader").await;
        let subject = entered.last().expect("a subject");
        let subject = subject.child("subject", ns::CLIENT).expect("a subject");
        may_be(&subject.text(), self.subject);
    }

    /// Those who were banned still are; they are read from the file, for nobody of the owners is left.
    fn check_bans(&self, data: &Path) -> usize {
        let database = Database::open(&data.join("localhost")).expect("whole");
        let rooms = database
            .rooms(0, Timestamp::from_millis(u64::MAX / 2))
            .expect("rooms");
        let found = rooms
            .iter()
            .find(|room| room.room.local() == Some(&self.room));
        let state = found.map(|room| {
            let snapshot = room.snapshot.as_ref().expect("readable");
            serde_json::to_string(snapshot).expect("JSON")
        });
        for n in 1..=self.bans {
            let state = state.as_ref().expect("the room is stored");
            assert!(
                state.contains(&format!("\"banned-{n}@localhost\"")),
                "{n}: {state}"
            );
        }
        self.bans
    }
}
