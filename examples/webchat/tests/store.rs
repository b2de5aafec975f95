//! The database against a model that keeps everything in a list.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proptest::{collection::vec, option, prelude::*, sample::Index};
use webchat::store::{Change, Committed, Database, Retention};
use xmpp_core::{
    BareJid, FullJid, Jid, Random, Timestamp,
    xml::{Element, Fanout},
};
use xmpp_muc::{
    ArchiveAnchor, ArchiveAnswer, ArchiveAuthor, ArchivePage, ArchiveReadError, ArchiveRequest,
    ArchiveSelection, RoomConfig, RoomSnapshot, Service, ServiceConfig, StoredMessage,
};

/// What the database should be like.
#[derive(Default)]
struct Model {
    rooms: BTreeMap<BareJid, Vec<StoredMessage>>,
}

impl Model {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Room { room, .. } => {
                self.rooms.entry(room.clone()).or_default();
            }
            Change::Deleted { room } => {
                self.rooms.remove(room);
            }
            Change::Message(message) => {
                let room = self.rooms.get_mut(&message.room).expect("a room");
                room.push((**message).clone());
            }
            Change::Replaced { room, id, stanza } => {
                let found = self.rooms.get_mut(room).into_iter().flatten();
                for message in found.filter(|message| message.id == *id) {
                    message.stanza = stanza.clone();
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn forget(&mut self, retention: Retention, now: Timestamp) {
        for archive in self.rooms.values_mut() {
            if let Some(age) = retention.age {
                archive.retain(|message| now.since(message.time) <= age);
            }
            if let Some(max) = retention.messages {
                let surplus = archive.len().saturating_sub(max as usize);
                archive.drain(..surplus);
            }
        }
    }

    fn read(
        &self,
        room: &BareJid,
        request: &ArchiveRequest,
    ) -> Result<ArchiveAnswer, ArchiveReadError> {
        let archive = self.rooms.get(room).map_or(&[][..], Vec::as_slice);
        let place = |id: &str| {
            let found = archive.iter().position(|message| &*message.id == id);
            found.ok_or(ArchiveReadError::UnknownId)
        };
        let mut answer = ArchiveAnswer {
            complete: true,
            ..ArchiveAnswer::default()
        };
        match request {
            ArchiveRequest::Metadata => {
                answer.entries.extend(archive.first().cloned());
                answer
                    .entries
                    .extend(archive.iter().skip(1).next_back().cloned());
            }
            ArchiveRequest::Message(id) => answer.entries.push(archive[place(id)?].clone()),
            ArchiveRequest::Page(selection, page) => {
                let after = selection.after_id.as_deref().map(place).transpose()?;
                let before = selection.before_id.as_deref().map(place).transpose()?;
                let ids: Vec<usize> = selection
                    .ids
                    .iter()
                    .map(|id| place(id))
                    .collect::<Result<_, _>>()?;
                let passes = |&(index, message): &(usize, &StoredMessage)| {
                    after.is_none_or(|after| index > after)
                        && before.is_none_or(|before| index < before)
                        && (ids.is_empty() || ids.contains(&index))
                        && selection.start.is_none_or(|start| message.time >= start)
                        && selection.end.is_none_or(|end| message.time <= end)
                        && match &selection.with {
                            None => true,
                            Some(ArchiveAuthor::Occupant(from)) => {
                                message.from == Jid::from(from.clone())
                            }
                            Some(ArchiveAuthor::User(user)) if user.is_full() => {
                                Jid::from(message.author.clone()) == *user
                            }
                            Some(ArchiveAuthor::User(user)) => {
                                message.author.to_bare() == user.to_bare()
                            }
                        }
                };
                let matching: Vec<_> = archive.iter().enumerate().filter(passes).collect();
                let (backwards, rest): (bool, Vec<_>) = match &page.anchor {
                    ArchiveAnchor::First => (false, matching.clone()),
                    ArchiveAnchor::Last => (true, matching.clone()),
                    ArchiveAnchor::After(id) => {
                        let edge = place(id)?;
                        let behind = matching.iter().copied().filter(|(index, _)| *index > edge);
                        (false, behind.collect())
                    }
                    ArchiveAnchor::Before(id) => {
                        let edge = place(id)?;
                        let before = matching.iter().copied().filter(|(index, _)| *index < edge);
                        (true, before.collect())
                    }
                };
                let skipped = if backwards {
                    rest.len().saturating_sub(page.max)
                } else {
                    0
                };
                let shown: Vec<_> = rest.iter().skip(skipped).take(page.max).copied().collect();
                answer.complete = shown.len() == rest.len();
                answer.total = Some(matching.len() as u64);
                answer.index = shown.first().map(|(first, _)| {
                    matching.iter().filter(|(index, _)| index < first).count() as u64
                });
                answer.entries = shown
                    .iter()
                    .map(|(_, message)| (*message).clone())
                    .collect();
            }
            other => panic!("{other:?}"),
        }
        Ok(answer)
    }
}

struct Zero;

impl Random for Zero {
    fn fill(&mut self, dest: &mut [u8]) {
        dest.fill(7);
    }
}

fn bare(jid: &str) -> BareJid {
    BareJid::new(jid).expect("a JID")
}

fn full(jid: &str) -> FullJid {
    FullJid::new(jid).expect("a JID")
}

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn snapshot(room: &BareJid) -> Arc<RoomSnapshot> {
    let muc = bare("rooms.localhost");
    let mut service = Service::new(muc, ServiceConfig::default(), Box::new(Zero));
    service
        .create_room(at(1), room, &bare("owner@localhost"), RoomConfig::default())
        .expect("a room");
    Arc::new(service.snapshot(room).expect("its state"))
}

fn create(room: &BareJid) -> Change {
    Change::Room {
        room: room.clone(),
        snapshot: snapshot(room),
    }
}

fn stanza(from: &str, text: &str) -> Arc<Fanout> {
    let xml = format!(
        "<message xmlns='jabber:client' from='{from}' type='groupchat'><body>{text}</body>\
         <x:y xmlns:x='urn:x' x:z='&lt;&apos;&quot;'/></message>"
    );
    Arc::new(Fanout::new(&Element::parse(&xml).expect("XML")))
}

const ROOMS: [&str; 2] = ["a@rooms.localhost", "b@rooms.localhost"];
/// The second user is as near to the first as an address can be.
const USERS: [&str; 3] = ["u@localhost/1", "u@localhost/2", "u@localhost0/1"];
const NICKS: [&str; 3] = ["Anna", "anna", "Ben & <Bob>"];

#[derive(Clone, Debug)]
enum Act {
    Say {
        room: usize,
        user: usize,
        /// Beyond the nicks: the room itself.
        nick: usize,
        time: u64,
    },
    Replace(usize, Index),
    Destroy(usize),
    Forget(Option<u64>, Option<u32>),
    /// After it, all that was said has its indexes.
    Read,
}

fn act() -> impl Strategy<Value = Act> {
    let say =
        (0..2_usize, 0..3_usize, 0..4_usize, 100..200_u64).prop_map(|(room, user, nick, time)| {
            Act::Say {
                room,
                user,
                nick,
                time,
            }
        });
    prop_oneof![
        40 => say,
        3 => (0..2_usize, any::<Index>()).prop_map(|(room, which)| Act::Replace(room, which)),
        1 => (0..2_usize).prop_map(Act::Destroy),
        1 => (option::of(0..100_u64), option::of(0..30_u32)).prop_map(|(a, m)| Act::Forget(a, m)),
        2 => Just(Act::Read),
    ]
}

/// The id of a message that there is, or none that there is.
#[derive(Clone, Debug)]
enum Id {
    Of(Index),
    Unknown,
}

/// A question, in terms of what there is when it is asked.
#[derive(Clone, Debug)]
struct Question {
    room: usize,
    with: Option<usize>,
    start: Option<u64>,
    end: Option<u64>,
    after: Option<Id>,
    before: Option<Id>,
    ids: Vec<Id>,
    anchor: (u8, Id),
    max: usize,
}

fn question() -> impl Strategy<Value = Question> {
    let id = || prop_oneof![40 => any::<Index>().prop_map(Id::Of), 1 => Just(Id::Unknown)];
    let rarely = 0.3;
    (
        (0..2_usize, option::weighted(0.5, 0..9_usize)),
        option::weighted(rarely, 95..205_u64),
        option::weighted(rarely, 95..205_u64),
        option::weighted(rarely, id()),
        option::weighted(rarely, id()),
        prop_oneof![4 => Just(Vec::new()), 1 => vec(id(), 1..8)],
        (0..6_u8, id()),
        prop_oneof![Just(0_usize), 1..4_usize, Just(50), Just(usize::MAX)],
    )
        .prop_map(
            |((room, with), start, end, after, before, ids, anchor, max)| Question {
                room,
                with,
                start,
                end,
                after,
                before,
                ids,
                anchor,
                max,
            },
        )
}

impl Question {
    fn ask(&self, ids: &[String]) -> ArchiveRequest {
        let id = |which: &Id| match which {
            Id::Of(which) if !ids.is_empty() => ids[which.index(ids.len())].clone(),
            _ => "none".to_owned(),
        };
        let anchor = match self.anchor.0 {
            0 => ArchiveAnchor::First,
            1 => ArchiveAnchor::Last,
            2 => ArchiveAnchor::After(id(&self.anchor.1)),
            3 => ArchiveAnchor::Before(id(&self.anchor.1)),
            4 => return ArchiveRequest::Metadata,
            _ => return ArchiveRequest::Message(id(&self.anchor.1).into()),
        };
        let room = ROOMS[self.room];
        let mut selection = ArchiveSelection::default();
        selection.with = self.with.map(|with| match with {
            0..3 => ArchiveAuthor::Occupant(full(&format!("{room}/{}", NICKS[with]))),
            3..6 => ArchiveAuthor::User(full(USERS[with - 3]).into()),
            _ => ArchiveAuthor::User(full(USERS[with - 6]).to_bare().into()),
        });
        selection.start = self.start.map(at);
        selection.end = self.end.map(at);
        selection.after_id = self.after.as_ref().map(id);
        selection.before_id = self.before.as_ref().map(id);
        selection.ids = self.ids.iter().map(id).collect();
        ArchiveRequest::Page(
            selection,
            ArchivePage {
                max: self.max,
                anchor,
            },
        )
    }
}

/// The database and the model, which are told the same.
struct Both {
    database: Database,
    model: Model,
    last_id: u64,
}

impl Both {
    fn new(database: Database) -> Self {
        let mut both = Self {
            database,
            model: Model::default(),
            last_id: 0,
        };
        both.commit(ROOMS.map(|room| create(&bare(room))).to_vec());
        both
    }

    fn commit(&mut self, changes: Vec<Change>) {
        for change in &changes {
            self.model.apply(change);
        }
        assert_eq!(self.database.commit(&[changes]), Committed::All);
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Say {
                room,
                user,
                nick,
                time,
            } => {
                self.last_id += 1;
                let room = bare(ROOMS[room]);
                // Ids are in no order.
                let id = format!("{:x}", self.last_id.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let from = match NICKS.get(nick) {
                    Some(nick) => full(&format!("{room}/{nick}")).into(),
                    None => Jid::from(room.clone()),
                };
                let text = stanza("a@rooms.localhost/Anna", &id);
                let message = StoredMessage::new(room, id, at(time), full(USERS[user]), from, text);
                self.commit(vec![Change::Message(Arc::new(message))]);
            }
            Act::Replace(room, which) => {
                let ids = self.ids(room);
                if ids.is_empty() {
                    return;
                }
                self.commit(vec![Change::Replaced {
                    room: bare(ROOMS[room]),
                    id: ids[which.index(ids.len())].as_str().into(),
                    stanza: stanza("a@rooms.localhost", "tombstone"),
                }]);
            }
            // MUC DE3: a new room under the old address has an empty archive.
            Act::Destroy(room) => {
                let room = bare(ROOMS[room]);
                self.commit(vec![Change::Deleted { room: room.clone() }, create(&room)]);
            }
            Act::Forget(age, messages) => {
                let retention = Retention {
                    age: age.map(Duration::from_millis),
                    messages,
                };
                self.database.forget(retention, at(200)).expect("deleted");
                self.model.forget(retention, at(200));
            }
            Act::Read => {
                let (room, page) = (bare(ROOMS[0]), everything(1, ArchiveAnchor::Last));
                let (stored, kept) = (
                    self.database.read(&room, &page),
                    self.model.read(&room, &page),
                );
                assert_eq!(stored, kept);
            }
        }
    }

    fn ids(&self, room: usize) -> Vec<String> {
        let archive = &self.model.rooms[&bare(ROOMS[room])];
        archive
            .iter()
            .map(|message| message.id.to_string())
            .collect()
    }

    fn compare(&self, question: &Question) {
        let room = bare(ROOMS[question.room]);
        let request = question.ask(&self.ids(question.room));
        assert_eq!(
            self.database.read(&room, &request),
            self.model.read(&room, &request),
            "{request:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// MUC MA7; XEP-0313 §4, XEP-0059: filters, pages in both directions, empty pages, unknown ids, counts.
    #[test]
    fn the_archive_answers_as_a_plain_list_would(
        acts in vec(act(), 0..80),
        questions in vec(question(), 40),
    ) {
        let mut both = Both::new(Database::in_memory());
        for act in &acts {
            both.act(act);
        }
        for question in &questions {
            both.compare(question);
        }
    }
}

fn everything(max: usize, anchor: ArchiveAnchor) -> ArchiveRequest {
    ArchiveRequest::Page(ArchiveSelection::default(), ArchivePage { max, anchor })
}

fn say(room: &str, id: &str) -> Change {
    Change::Message(Arc::new(StoredMessage::new(
        bare(room),
        id,
        at(150),
        full(USERS[0]),
        full(&format!("{room}/Anna")).into(),
        stanza("a@rooms.localhost/Anna", id),
    )))
}

fn ids(answer: &ArchiveAnswer) -> Vec<&str> {
    answer.entries.iter().map(|message| &*message.id).collect()
}

/// MUC PE1, PE4: what was stored is found again, secrets included.
#[test]
fn a_file_is_found_again_as_it_was() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().join("chat.example");
    let room = bare(ROOMS[0]);
    let mut database = Database::open(&path).expect("a new one");
    let changes = vec![create(&room), say(ROOMS[0], "x"), say(ROOMS[0], "y")];
    assert_eq!(database.commit(&[changes]), Committed::All);
    let before = database
        .read(&room, &everything(9, ArchiveAnchor::First))
        .expect("a page");
    drop(database);

    let database = Database::open(&path).expect("the same");
    let after = database
        .read(&room, &everything(9, ArchiveAnchor::First))
        .expect("a page");
    assert_eq!(after, before);
    assert_eq!(ids(&after), ["x", "y"]);
    let rooms = database.rooms(1, at(1_000_000)).expect("rooms");
    let [found] = &rooms[..] else {
        panic!("{rooms:?}")
    };
    assert_eq!(found.room, room);
    let history: Vec<_> = found.history.iter().map(|message| &*message.id).collect();
    assert_eq!(history, ["y"], "only as much as was asked for");
    let state = |snapshot: &RoomSnapshot| serde_json::to_string(snapshot).expect("JSON");
    let restored = found.snapshot.as_ref().expect("readable");
    assert_eq!(state(restored), state(&snapshot(&room)));
    // What is recent is read beyond what was asked for: messages sent again are recognised by it.
    let rooms = database.rooms(1, at(1000)).expect("rooms");
    assert_eq!(rooms[0].history.len(), 2);
}

/// Whether or not it had its indexes when the process ended.
#[test]
fn what_was_committed_last_is_found_without_having_been_read() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().join("chat.example");
    let room = bare(ROOMS[0]);
    let mut database = Database::open(&path).expect("a new one");
    let changes = vec![create(&room), say(ROOMS[0], "x")];
    assert_eq!(database.commit(&[changes]), Committed::All);
    drop(database);
    let mut database = Database::open(&path).expect("the same");
    let rooms = database.rooms(1, at(1_000_000)).expect("rooms");
    assert_eq!(rooms[0].history.len(), 1);
    assert_eq!(database.commit(&[vec![say(ROOMS[0], "y")]]), Committed::All);
    drop(database);
    let database = Database::open(&path).expect("the same");
    let answer = database
        .read(&room, &everything(9, ArchiveAnchor::First))
        .expect("a page");
    assert_eq!(ids(&answer), ["x", "y"]);
}

/// MUC MO1, DE3: nor is it left in parts of the file that are free.
#[test]
fn what_was_taken_back_or_deleted_is_not_in_the_file_any_more() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().join("chat.example");
    let is_in_file = |text: &str| {
        let file = std::fs::read(path.join("rooms.db")).expect("the file");
        file.windows(text.len()).any(|part| part == text.as_bytes())
    };
    let with_text = |room: &str, text: &str| {
        let mut message = StoredMessage::new(
            bare(room),
            text,
            at(150),
            full(USERS[0]),
            full(&format!("{room}/Anna")).into(),
            stanza("a@rooms.localhost/Anna", "hello"),
        );
        message.stanza = stanza("a@rooms.localhost/Anna", &text.repeat(20));
        Change::Message(Arc::new(message))
    };
    let room = bare(ROOMS[0]);
    let mut database = Database::open(&path).expect("a new one");
    let commit = |database: &mut Database, changes: Vec<Change>| {
        assert_eq!(database.commit(&[changes]), Committed::All);
    };
    let mut changes = vec![create(&room), create(&bare(ROOMS[1]))];
    changes.extend((0..50).map(|n| with_text(ROOMS[0], &format!("slander-{n}-"))));
    changes.extend((0..50).map(|n| with_text(ROOMS[1], &format!("gossip-{n}-"))));
    commit(&mut database, changes);
    database
        .forget(Retention::default(), at(200))
        .expect("moved");
    drop(database);
    assert!(is_in_file("slander-7-slander") && is_in_file("gossip-7-gossip"));

    let mut database = Database::open(&path).expect("the same");
    let tombstones = (0..50).map(|n| Change::Replaced {
        room: room.clone(),
        id: format!("slander-{n}-").into(),
        stanza: stanza("a@rooms.localhost", "tombstone"),
    });
    let mut changes: Vec<_> = tombstones.collect();
    changes.push(Change::Deleted {
        room: bare(ROOMS[1]),
    });
    commit(&mut database, changes);
    database
        .forget(Retention::default(), at(200))
        .expect("gone");
    drop(database);
    assert!(!is_in_file("slander-7-slander") && !is_in_file("gossip"));
}

/// A commit is stored wholly or not at all, and takes no other one with it.
#[test]
fn a_commit_that_fails_leaves_nothing_and_hurts_nobody() {
    let mut database = Database::in_memory();
    let room = bare(ROOMS[0]);
    let result = database.commit(&[
        vec![create(&room)],
        vec![say(ROOMS[0], "a"), say(ROOMS[1], "in no room")],
        vec![say(ROOMS[0], "b")],
        vec![say(ROOMS[0], "c"), say(ROOMS[1], "in no room")],
    ]);
    assert_eq!(result, Committed::AllBut(vec![1, 3]));
    let page = everything(9, ArchiveAnchor::First);
    let answer = database.read(&room, &page).expect("a page");
    assert_eq!(ids(&answer), ["b"]);
}

/// MUC DE3, SE6
#[test]
fn what_was_said_in_a_deleted_room_is_gone_for_good() {
    let mut database = Database::in_memory();
    let room = bare(ROOMS[0]);
    let mut changes = vec![create(&room)];
    changes.extend((0..1200).map(|n| say(ROOMS[0], &n.to_string())));
    changes.push(Change::Deleted { room: room.clone() });
    assert_eq!(database.commit(&[changes]), Committed::All);
    let page = everything(9, ArchiveAnchor::First);
    let nothing = |database: &Database| {
        let answer = database.read(&room, &page).expect("a page");
        assert_eq!((answer.entries.len(), answer.total), (0, Some(0)));
    };
    nothing(&database);
    assert!(database.rooms(9, at(200)).expect("rooms").is_empty());
    // An id of the old room means nothing in the new one.
    assert_eq!(
        database.commit(&[vec![create(&room), say(ROOMS[0], "7")]]),
        Committed::All
    );
    database
        .forget(Retention::default(), at(200))
        .expect("deleted");
    let answer = database.read(&room, &page).expect("a page");
    assert_eq!(ids(&answer), ["7"]);
}
