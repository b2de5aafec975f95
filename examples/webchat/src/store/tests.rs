//! What the tests of this folder store.

use std::sync::Arc;

use rusqlite::Connection;
use xmpp_core::{
    BareJid, Random, Timestamp,
    xml::{Element, Fanout},
};
use xmpp_muc::{RoomConfig, Service, ServiceConfig, StoredMessage};

use super::Change;

const ROOM: &str = "lobby@rooms.localhost";

struct Sevens;

impl Random for Sevens {
    fn fill(&mut self, dest: &mut [u8]) {
        dest.fill(7);
    }
}

fn jid(jid: &str) -> BareJid {
    jid.parse().expect("a JID")
}

/// The room is made.
pub(super) fn room() -> Change {
    let (room, owner) = (jid(ROOM), jid("owner@localhost"));
    let mut service = Service::new(
        jid("rooms.localhost"),
        ServiceConfig::default(),
        Box::new(Sevens),
    );
    service
        .create_room(
            Timestamp::from_millis(1),
            &room,
            &owner,
            RoomConfig::default(),
        )
        .expect("a room");
    let snapshot = Arc::new(service.snapshot(&room).expect("its state"));
    Change::Room { room, snapshot }
}

/// Something said in it.
pub(super) fn message(id: &str) -> StoredMessage {
    let xml = "<message xmlns='jabber:client' type='groupchat'><body>Hello</body></message>";
    StoredMessage::new(
        jid(ROOM),
        id,
        Timestamp::from_millis(150),
        "anna@localhost/x".parse().expect("a full JID"),
        format!("{ROOM}/Anna").parse().expect("a JID"),
        Fanout::new(&Element::parse(xml).expect("XML")),
    )
}

/// What SQLite does for a statement, step by step.
pub(super) fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("a statement");
    // Without values for its parameters, which the plan does not need.
    let mut rows = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().expect("the plan") {
        plan.push(row.get(3).expect("a step"));
    }
    plan
}
