//! Messages that are sent again: the same nick, origin-id and body within five minutes (XEP-0359).

mod support;

use std::{collections::VecDeque, time::Duration};

use support::{World, real, stanza};
use xmpp_core::xml::ns;
use xmpp_muc::{Commit, Effect, RoomConfig};

fn lobby(change: impl FnOnce(&mut RoomConfig)) -> World {
    let mut world = World::with_room(|room| {
        room.archive = true;
        change(room);
    });
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

fn message(body: &str, origin: &str) -> String {
    format!("<body>{body}</body><origin-id xmlns='urn:xmpp:sid:0' id='{origin}'/>")
}

/// The room's id of the only message that a session got.
fn only_id(world: &World, session: &str) -> String {
    assert_eq!(world.count(session), 1, "{:?}", world.to(session));
    let stanza = world.first(session);
    let id = stanza
        .child("stanza-id", ns::STANZA_ID)
        .expect("a stanza-id");
    id.attr("id").expect("an id").into_owned()
}

#[test]
fn a_message_sent_again_is_shown_to_its_sender_alone() {
    let mut world = lobby(|_| {});
    world.groupchat("ben/1", &message("hi", "o1"));
    let first = world.first("ben/1").to_string();
    let id = only_id(&world, "ben/1");
    world.wait(Duration::from_mins(5));
    // Another id of the stanza and other hints change nothing.
    let again = format!(
        "<message to='lobby@rooms.example' type='groupchat' id='other'>{}<store xmlns='urn:xmpp:hints'/></message>",
        message("hi", "o1")
    );
    assert_eq!(world.send("ben/1", &again), ["ben/1 < ben: hi"]);
    assert_eq!(world.first("ben/1").to_string(), first);
    assert_eq!(world.archived(), [id]);
    world.join_with("new/1", "new", "", "");
    let history = world.to("new/1");
    assert_eq!(history.iter().filter(|line| line.contains("hi")).count(), 1);
}

#[test]
fn another_body_nick_or_origin_id_is_a_new_message() {
    let mut world = lobby(|_| {});
    world.groupchat("ben/1", &message("hi", "o1"));
    for (session, children) in [
        ("ben/1", message("hi!", "o1")),
        ("ben/1", message("hi", "o2")),
        ("ben/1", message("hi", "O1")),
        (
            "ben/1",
            message("hi", "o1").replace("<body>", "<body xml:lang='de'>"),
        ),
        (
            "ben/1",
            format!("{}<body xml:lang='de'>hallo</body>", message("hi", "o1")),
        ),
        ("owner/1", message("hi", "o1")),
    ] {
        let out = world.groupchat(session, &children);
        assert_eq!(
            out.len(),
            3,
            "{children}: stored and shown to both: {out:?}"
        );
    }
    // Without an origin-id, or without a body, nothing is recognised.
    for children in [
        "<body>hi</body>",
        "<body>hi</body><origin-id xmlns='urn:xmpp:sid:0' id=''/>",
        "<body>hi</body><origin-id xmlns='urn:xmpp:sid:0'/>",
        "<origin-id xmlns='urn:xmpp:sid:0' id='o3'/><store xmlns='urn:xmpp:hints'/>",
    ] {
        for _ in 0..2 {
            assert_eq!(world.groupchat("ben/1", children).len(), 3, "{children}");
        }
    }
    world.presence("ben/1", "benno", "");
    assert_eq!(world.groupchat("ben/1", &message("hi", "o1")).len(), 3);
}

#[test]
fn after_five_minutes_it_is_a_new_message() {
    let mut world = lobby(|_| {});
    world.groupchat("ben/1", &message("hi", "o1"));
    world.wait(Duration::from_millis(5 * 60 * 1000 + 1));
    assert_eq!(world.groupchat("ben/1", &message("hi", "o1")).len(), 3);
    assert_eq!(world.archived().len(), 2);
}

/// An anonymous user has another real address after its connection was lost.
#[test]
fn a_new_real_address_is_recognised_by_its_nick() {
    let mut world = lobby(|_| {});
    world.groupchat("ben/1", &message("hi", "o1"));
    let id = only_id(&world, "ben/1");
    world.lose("ben/1");
    world.join("anon7/x", "ben");
    assert_eq!(
        world.groupchat("anon7/x", &message("hi", "o1")),
        ["anon7/x < ben: hi"]
    );
    assert_eq!(only_id(&world, "anon7/x"), id);
}

/// Slow mode and the loss of voice are for what is new.
#[test]
fn what_was_accepted_is_not_refused_when_it_is_sent_again() {
    let mut world = lobby(|room| {
        room.slow_mode = Duration::from_mins(1);
        room.moderated = true;
    });
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    world.groupchat("ben/1", &message("hi", "o1"));
    assert_eq!(
        world.groupchat("ben/1", &message("hi", "o1")),
        ["ben/1 < ben: hi"]
    );
    world.admin("owner/1", "<item nick='ben' role='visitor'/>");
    assert_eq!(
        world.groupchat("ben/1", &message("hi", "o1")),
        ["ben/1 < ben: hi"]
    );
    // Nor is it a way around the room's door.
    assert_eq!(
        world.groupchat("eve/1", &message("hi", "o1")),
        ["eve/1 < message error cancel/not-acceptable"]
    );
}

#[test]
fn what_is_recognised_is_bounded() {
    let mut world = World::with(|service| {
        service.limits.resend_messages = 3;
        service.limits.resend_bytes = 2000;
    });
    world.join("ben/1", "ben");
    let knows = |world: &mut World, origin: &str| {
        let id = |world: &World| only_id(world, "ben/1");
        world.groupchat("ben/1", &message("hi", origin));
        let first = id(world);
        world.groupchat("ben/1", &message("hi", origin));
        first == id(world)
    };
    for origin in ["o1", "o2", "o3", "o4"] {
        assert!(knows(&mut world, origin));
    }
    world.groupchat("ben/1", &message("hi", "o2"));
    let second = only_id(&world, "ben/1");
    world.groupchat("ben/1", &message("hi", "o1"));
    assert_ne!(only_id(&world, "ben/1"), second, "the oldest is forgotten");
    // By bytes: a long one pushes the others out, and one that is too long is not kept itself.
    let long = "x".repeat(1700);
    world.groupchat("ben/1", &message(&long, "long"));
    world.groupchat("ben/1", &message("hi", "o4"));
    let id = only_id(&world, "ben/1");
    world.groupchat("ben/1", &message(&"x".repeat(3000), "longer"));
    world.groupchat("ben/1", &message("hi", "o4"));
    assert_ne!(only_id(&world, "ben/1"), id);
}

#[test]
fn it_is_recognised_after_a_restart() {
    let mut world = lobby(|_| {});
    world.groupchat("ben/1", &message("old", "o0"));
    world.wait(Duration::from_mins(4));
    world.groupchat("ben/1", &message("hi", "o1"));
    let id = only_id(&world, "ben/1");
    let room = "lobby@rooms.example".parse().expect("a JID");
    let snapshot = world.service.snapshot(&room).expect("a room");
    world.wait(Duration::from_mins(2));
    world.restart(&[snapshot]);
    world.join("anon7/x", "ben");
    assert_eq!(
        world.groupchat("anon7/x", &message("hi", "o1")),
        ["anon7/x < ben: hi"]
    );
    assert_eq!(only_id(&world, "anon7/x"), id);
    let out = world.groupchat("anon7/x", &message("old", "o0"));
    assert_eq!(out[0], "store message", "older than five minutes");
}

/// The effects that come out now, with the first commit taken out.
fn first_commit(world: &mut World) -> (Box<Commit>, VecDeque<Effect>) {
    let mut effects: VecDeque<_> = std::iter::from_fn(|| world.service.poll_effect()).collect();
    match effects.pop_front() {
        Some(Effect::Store(commit)) => (commit, effects),
        other => panic!("{other:?}"),
    }
}

/// The first one is not durable yet: the answer waits behind it, and shares its fate.
#[test]
fn et14_it_holds_while_the_first_one_waits_for_the_store() {
    let mut world = lobby(|_| {});
    let text = format!(
        "<message to='lobby@rooms.example' type='groupchat' id='m'>{}</message>",
        message("hi", "o1")
    );
    let handle = |world: &mut World, session: &str| {
        let stanza = stanza(&text);
        world.checker.sent(&real(session), &stanza);
        world
            .service
            .handle_stanza(world.now, &real(session), &stanza);
    };
    handle(&mut world, "ben/1");
    handle(&mut world, "ben/1");
    let (commit, mut behind) = first_commit(&mut world);
    assert_eq!(commit.events.len(), 1);
    assert_eq!(behind.len(), 1, "one answer, behind the commit: {behind:?}");
    assert!(matches!(&behind[0], Effect::Send { to, .. } if to.as_str() == "ben@users.example/1"));
    // The store fails: nobody sees the message, and both attempts are refused.
    commit.strip(&mut behind);
    assert!(behind.is_empty(), "{behind:?}");
    world.service.handle_store_failed(world.now, &commit);
    assert_eq!(
        world.drain(),
        ["ben/1 < message error wait/internal-server-error"; 2]
    );
    // It may be sent again, and is new then.
    assert_eq!(
        world.groupchat("ben/1", &message("hi", "o1")),
        ["store message", "owner/1 < ben: hi", "ben/1 < ben: hi"]
    );
}
