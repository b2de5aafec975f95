//! What the store does: messages a second, with so many in a transaction, and how long pages of a large archive take.
//! `cargo bench -p webchat --bench store`.

use std::{
    ops::Range,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use testkit::Seeded;
use webchat::store::{Change, Committed, Database, Retention};
use xmpp_core::{BareJid, FullJid, Timestamp, xml::Element};
use xmpp_muc::{
    ArchiveAnchor, ArchivePage, ArchiveRequest, ArchiveSelection, Fanout, RoomConfig, Service,
    ServiceConfig, StoredMessage,
};

const AT: Timestamp = Timestamp::from_millis(150);
const ROOM: &str = "a@rooms.localhost";
/// In the archive whose pages are read.
const MESSAGES: usize = 100_000;

fn create(room: &BareJid) -> Change {
    let muc = BareJid::new("rooms.localhost").expect("a JID");
    let owner = BareJid::new("owner@localhost").expect("a JID");
    let random = Box::new(Seeded::new(1));
    let mut service = Service::new(muc, ServiceConfig::default(), random);
    service
        .create_room(AT, room, &owner, RoomConfig::default())
        .expect("a room");
    Change::Room {
        room: room.clone(),
        snapshot: Arc::new(service.snapshot(room).expect("its state")),
    }
}

fn say(room: &BareJid, id: &str) -> Change {
    let xml = format!(
        "<message xmlns='jabber:client' from='{room}/Anna' type='groupchat'><body>{id}</body></message>"
    );
    let from = FullJid::new(&format!("{room}/Anna")).expect("a JID");
    Change::Message(Arc::new(StoredMessage::new(
        room.clone(),
        id,
        AT,
        FullJid::new("u@localhost/1").expect("a JID"),
        from.into(),
        Fanout::new(&Element::parse(&xml).expect("XML")),
    )))
}

/// Messages with these ids, in one transaction.
fn say_all(database: &mut Database, room: &BareJid, ids: Range<usize>) {
    let commits: Vec<_> = ids.map(|id| vec![say(room, &id.to_string())]).collect();
    assert_eq!(database.commit(&commits), Committed::All);
}

/// A new database with one room.
fn open(folder: &Path, room: &BareJid) -> Database {
    let mut database = Database::open(folder).expect("a new one");
    assert_eq!(database.commit(&[vec![create(room)]]), Committed::All);
    database
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn main() {
    let data = tempfile::tempdir().expect("a folder");
    let room = BareJid::new(ROOM).expect("a JID");
    for size in [1, 8, 64, 512] {
        let mut database = open(&data.path().join(size.to_string()), &room);
        let began = Instant::now();
        let mut stored = 0;
        while began.elapsed() < Duration::from_secs(3) {
            say_all(&mut database, &room, stored..stored + size);
            stored += size;
        }
        let rate = stored as u128 * 1000 / began.elapsed().as_millis().max(1);
        println!("{size} messages a transaction: {rate} a second");
    }
    let mut database = open(&data.path().join("pages"), &room);
    say_all(&mut database, &room, 0..MESSAGES);
    // As the store's thread does before it lets a reader in: they get their entries.
    database
        .forget(Retention::default(), AT)
        .expect("nothing deleted");
    let all = ArchiveSelection::default();
    let mut from_now = ArchiveSelection::default();
    from_now.start = Some(AT);
    let middle = ArchiveAnchor::After((MESSAGES / 2).to_string());
    for (what, selection, anchor) in [
        ("the first page", all.clone(), ArchiveAnchor::First),
        ("the last page", all.clone(), ArchiveAnchor::Last),
        ("a page in the middle", all, middle),
        ("a page by time", from_now, ArchiveAnchor::Last),
    ] {
        let request = ArchiveRequest::Page(selection, ArchivePage { max: 50, anchor });
        let began = Instant::now();
        for _ in 0..10 {
            let page = database.read(&room, &request).expect("a page");
            assert_eq!(page.entries.len(), 50);
            assert_eq!(page.total, Some(MESSAGES as u64));
        }
        println!(
            "{what} of {MESSAGES} messages: {:.1?}",
            began.elapsed() / 10
        );
    }
}
