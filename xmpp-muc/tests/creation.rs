//! How a room comes to be (MUC CR1 to CR6, FL4).

mod support;

use std::time::Duration;

use support::World;
use xmpp_muc::{Creation, LockExpiry};

#[test]
fn cr1_the_first_join_makes_the_room() {
    let mut world = World::with(|service| service.lock_new_rooms = true);
    let out = world.join("owner/1", "owner");
    assert_eq!(
        out,
        [
            "store created",
            "owner/1 < +owner owner/moderator #110,201 id=j jid=owner/1",
            "owner/1 < room! ",
        ]
    );
}

#[test]
fn cr2_creation_may_be_closed() {
    let mut world = World::with(|service| {
        service.creation = Creation::Nobody;
        service
            .administrators
            .insert("root@users.example".parse().expect("a JID"));
    });
    assert_eq!(
        world.join("ben/1", &"b".repeat(1000)),
        ["ben/1 < presence error cancel/not-allowed"],
        "before the nick"
    );
    assert_eq!(world.service.rooms().count(), 0);
    assert!(
        world
            .join("root/1", "root")
            .iter()
            .any(|line| line.contains("201"))
    );
}

#[test]
fn fl4_rooms_are_bounded() {
    let mut world = World::with(|service| service.limits.rooms = 1);
    world.join("ben/1", "ben");
    let out = world.send(
        "ben/1",
        "<presence to='other@rooms.example/ben'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
    );
    assert_eq!(out, ["ben/1 < presence error wait/resource-constraint"]);
}

#[test]
fn cr3_a_locked_room_is_not_there_for_others() {
    let mut world = World::with(|service| {
        service.lock_new_rooms = true;
        service.room.public = true;
    });
    world.join("owner/1", "owner");
    let not_found = |kind: &str| [format!("ben/1 < {kind} error cancel/item-not-found")];
    assert_eq!(world.join("ben/1", "ben"), not_found("presence"));
    assert_eq!(world.say("ben/1", "hi"), not_found("message"));
    assert_eq!(
        world.whisper("ben/1", "owner", "<body>hi</body>"),
        not_found("message")
    );
    let info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    assert_eq!(world.iq("ben/1", "get", "", info), not_found("iq"));
    world.send(
        "ben/1",
        "<iq to='rooms.example' type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    );
    assert!(!world.first("ben/1").to_string().contains("lobby"));
    // The owner's other session may enter.
    assert!(
        world
            .join("owner/2", "owner")
            .iter()
            .any(|line| line.contains("#110"))
    );
}

#[test]
fn cr4_the_empty_submit_opens_an_instant_room() {
    for locked in [false, true] {
        let mut world = World::with(|service| service.lock_new_rooms = locked);
        world.join("owner/1", "owner");
        let out = world.iq(
            "owner/1",
            "set",
            "",
            "<query xmlns='http://jabber.org/protocol/muc#owner'>\n <x type='submit' xmlns='jabber:x:data'>\n  </x></query>",
        );
        // That it is open outlives a restart (PE1).
        let stored = ["store room"].into_iter().filter(|_| locked);
        let expected: Vec<_> = stored.chain(["owner/1 < iq result"]).collect();
        assert_eq!(out, expected);
        assert!(
            world
                .join("ben/1", "ben")
                .iter()
                .any(|line| line.contains("#110"))
        );
    }
}

#[test]
fn cr5_cancel_or_leaving_while_locked_destroys() {
    let mut world = World::with(|service| service.lock_new_rooms = true);
    world.join("owner/1", "owner");
    let out = world.iq(
        "owner/1",
        "set",
        "",
        "<query xmlns='http://jabber.org/protocol/muc#owner'><x type='cancel' xmlns='jabber:x:data'/></query>",
    );
    assert_eq!(
        out,
        [
            "store deleted",
            "owner/1 < -owner none/none #110 destroy=",
            "owner/1 < iq result",
        ]
    );
    world.join("owner/1", "owner");
    world.lose("owner/1");
    assert_eq!(world.service.rooms().count(), 0);
}

#[test]
fn cr6_the_lock_ends_by_itself() {
    let mut world = World::with(|service| service.lock_new_rooms = true);
    world.join("owner/1", "owner");
    assert!(world.wait(Duration::from_secs(299)).is_empty());
    assert_eq!(
        world.join("ben/1", "ben"),
        ["ben/1 < presence error cancel/item-not-found"]
    );
    assert_eq!(world.wait(Duration::from_secs(1)), ["store room"]);
    assert!(
        world
            .join("ben/1", "ben")
            .iter()
            .any(|line| line.contains("#110"))
    );

    let mut world = World::with(|service| {
        service.lock_new_rooms = true;
        service.lock_expiry = LockExpiry::Destroy;
    });
    world.join("owner/1", "owner");
    assert_eq!(
        world.wait(Duration::from_mins(5)),
        ["store deleted", "owner/1 < -owner none/none #110 destroy="]
    );
    assert_eq!(world.service.rooms().count(), 0);
}
