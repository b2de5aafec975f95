//! A room that is stored, and what its owner does to it.

use xmpp_core::{BareJid, xml::ns};
use xmpp_muc::RoomSnapshot;

use super::World;

pub(crate) fn lobby_jid() -> BareJid {
    "lobby@rooms.example".parse().expect("a JID")
}

/// A persistent room with something of everything.
pub(crate) fn lobby() -> World {
    let mut world = World::with_room(|room| {
        room.archive = true;
        room.persistent = true;
    });
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

/// As a host keeps it: through text.
pub(crate) fn snapshot(world: &World) -> RoomSnapshot {
    let snapshot = world.service.snapshot(&lobby_jid()).expect("a room");
    through_text(&snapshot)
}

pub(crate) fn through_text(snapshot: &RoomSnapshot) -> RoomSnapshot {
    let text = serde_json::to_string(snapshot).expect("it can be written");
    let back: RoomSnapshot = serde_json::from_str(&text).expect("it can be read");
    assert_eq!(serde_json::to_string(&back).expect("text"), text);
    back
}

pub(crate) const DISCO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
pub(crate) const DESTROY: &str = "<query xmlns='http://jabber.org/protocol/muc#owner'>\
    <destroy jid='new@rooms.example'><reason>moved</reason><password>secret</password></destroy></query>";

pub(crate) fn occupant_id(world: &World, session: &str, nick: &str) -> String {
    let from = format!("lobby@rooms.example/{nick}");
    world
        .last
        .iter()
        .filter(|out| out.is_to(session))
        .map(|out| out.stanza().clone())
        .find(|stanza| stanza.attr("from").as_deref() == Some(&*from))
        .and_then(|stanza| {
            let id = stanza.child("occupant-id", ns::OCCUPANT_ID)?;
            Some(id.attr("id")?.into_owned())
        })
        .expect("an occupant-id")
}
