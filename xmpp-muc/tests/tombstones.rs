//! Rooms that were destroyed, and new ones under their addresses (MUC DE2, DE3).

mod support;

use std::time::Duration;

use support::{
    World,
    stored::{DESTROY, DISCO, lobby, lobby_jid, occupant_id, snapshot},
};
use xmpp_core::BareJid;

#[test]
fn de2_a_destroyed_persistent_room_says_where_to_go() {
    let mut world = lobby();
    let out = world.iq("owner/1", "set", "", DESTROY);
    assert_eq!(out[..2], ["store deleted", "store room"]);
    let check = |world: &mut World| {
        for (out, kind) in [
            (world.join("eve/1", "eve"), "presence"),
            (world.presence("eve/1", "eve", ""), "presence"),
            (world.join("owner/1", "owner"), "presence"),
            (world.say("eve/1", "hi"), "message"),
            (world.iq("eve/1", "get", "", DISCO), "iq"),
        ] {
            assert_eq!(out.len(), 1, "{out:?}");
            assert!(
                out[0].ends_with(&format!("{kind} error cancel/gone")),
                "{out:?}"
            );
            let error = world.last[0].xml();
            assert!(
                error.contains(">xmpp:new@rooms.example?join</gone>"),
                "{error}"
            );
            assert!(error.contains(">moved</text>"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(world.leave("eve/1", "eve").is_empty());
    };
    check(&mut world);
    // It outlives a restart, and goes after 31 days.
    let kept = snapshot(&world);
    assert!(kept.config().is_none() && kept.tombstone_until().is_some());
    world.restart(&[kept]);
    check(&mut world);
    world.wait(Duration::from_hours(31 * 24) - Duration::from_secs(1));
    check(&mut world);
    assert!(world.service.poll_timeout().is_some());
    assert_eq!(world.wait(Duration::from_secs(1)), ["store deleted"]);
    assert!(world.service.snapshot(&lobby_jid()).is_none());
    let out = world.join("eve/1", "eve");
    assert!(out.iter().any(|line| line.contains("#110,201")), "{out:?}");
}

#[test]
fn de2_who_may_use_the_address_all_the_same() {
    let destroyed = || {
        let mut world = World::with(|service| {
            service.room.persistent = true;
            service
                .administrators
                .insert("root@users.example".parse().expect("a JID"));
        });
        world.join("owner/1", "owner");
        world.iq("owner/1", "set", "", DESTROY);
        world
    };
    let mut world = destroyed();
    let out = world.join("root/1", "root");
    assert!(out.iter().any(|line| line.contains("#110,201")), "{out:?}");
    let out = world.join("eve/1", "eve");
    assert!(
        out.iter()
            .any(|line| line.contains("+eve none/participant #110")),
        "{out:?}"
    );
    let mut world = destroyed();
    let owner = "eve@users.example".parse().expect("a JID");
    let config = xmpp_muc::RoomConfig::default();
    world
        .service
        .create_room(world.now, &lobby_jid(), &owner, config)
        .expect("a room");
    assert_eq!(world.drain(), ["store created"]);
    // A temporary room leaves nothing, nor does any room where the host wants it so.
    for (persistent, time) in [(false, 31), (true, 0)] {
        let mut world = World::with(|service| {
            service.room.persistent = persistent;
            service.tombstone = Duration::from_hours(24 * time);
        });
        world.join("owner/1", "owner");
        world.iq("owner/1", "set", "", DESTROY);
        let out = world.join("eve/1", "eve");
        assert!(out.iter().any(|line| line.contains("#110,201")), "{out:?}");
    }
}

#[test]
fn de2_tombstones_are_bounded() {
    let mut world = World::with(|service| {
        service.room.persistent = true;
        service.limits.tombstones = 2;
    });
    for (n, room) in ["one", "two", "three"].into_iter().enumerate() {
        let join = format!(
            "<presence to='{room}@rooms.example/o'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        );
        world.send("owner/1", &join);
        let out = world.send(
            "owner/1",
            &format!("<iq to='{room}@rooms.example' type='set' id='d'>{DESTROY}</iq>"),
        );
        let stored = out.iter().filter(|line| *line == "store deleted").count();
        assert_eq!(
            stored,
            if n == 2 { 2 } else { 1 },
            "the oldest goes: {out:?}"
        );
        world.wait(Duration::from_secs(1));
    }
    let gone: BareJid = "one@rooms.example".parse().expect("a JID");
    assert!(world.service.snapshot(&gone).is_none());
}

/// SE6: nothing of a destroyed room is found under a new one.
#[test]
fn de3_se6_a_new_room_under_an_old_address_is_another_one() {
    let mut world = World::with_room(|room| room.archive = true);
    world.join("owner/1", "owner");
    world.groupchat("owner/1", "<subject>Topic</subject>");
    let origin = "<body>secret</body><origin-id xmlns='urn:xmpp:sid:0' id='o'/>";
    world.groupchat("owner/1", origin);
    let id = world.archived().pop().expect("an id");
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='admin' nick='ben'/>",
    );
    world.join("eve/1", "eve");
    let old = occupant_id(&world, "eve/1", "eve");
    world.iq("owner/1", "set", "", DESTROY);
    let out = world.join_with("eve/1", "eve", "", "");
    assert_eq!(
        world.to("eve/1"),
        [
            "eve/1 < +eve owner/moderator #110,201 id=j jid=eve/1",
            "eve/1 < room! "
        ],
        "{out:?}"
    );
    assert_ne!(occupant_id(&world, "eve/1", "eve"), old);
    let out = world.join("owner/1", "owner");
    assert!(
        out.iter()
            .any(|line| line.contains("+owner none/participant")),
        "{out:?}"
    );
    let out = world.join("dan/1", "ben");
    assert!(
        out.iter()
            .any(|line| line.contains("+ben none/participant")),
        "no reserved nick: {out:?}"
    );
    assert_eq!(
        world.query("eve/1", &[], ""),
        ["eve/1 < iq result fin complete 0"]
    );
    let after = format!("<after>{id}</after>");
    assert_eq!(
        world.query("eve/1", &[], &after),
        ["eve/1 < iq error cancel/item-not-found"]
    );
    let out = world.groupchat("owner/1", origin);
    assert_eq!(out[0], "store message", "nothing is recognised");
}
