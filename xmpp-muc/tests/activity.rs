//! How much is said in a room, as disco tells it (XEP-0502; MUC FL8, DI5).

mod support;

use std::time::Duration;

use support::World;
use xmpp_muc::RoomConfig;

const HOUR: Duration = Duration::from_hours(1);

fn busy(config: &mut RoomConfig) {
    config.persistent = true;
    config.public = true;
}

fn rate(world: &mut World) -> Option<String> {
    world.iq(
        "ben/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    );
    let info = world.first("ben/1").to_string();
    let (_, rest) = info.split_once("'{urn:xmpp:muc-activity}message-activity'")?;
    let (_, rest) = rest.split_once("<value>")?;
    Some(rest.split_once('<')?.0.to_owned())
}

#[test]
fn fl8_messages_of_finished_hours_count() {
    let mut world = World::with_room(busy);
    world.join("owner/1", "owner");
    for _ in 0..30 {
        world.say("owner/1", "hello");
    }
    // What is no message of its own does not count, nor what was refused.
    world.groupchat("owner/1", "<subject>Topic</subject>");
    world.groupchat(
        "owner/1",
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    );
    world.groupchat(
        "owner/1",
        "<body>hallo</body><replace xmlns='urn:xmpp:message-correct:0' id='m'/>",
    );
    world.say("ben/1", "not inside");
    world.whisper("owner/1", "owner", "<body>note</body>");
    assert_eq!(rate(&mut world), None, "no hour is over");
    world.wait(HOUR);
    assert_eq!(rate(&mut world).as_deref(), Some("1.25"), "30 in 24 hours");
    for _ in 0..30 {
        world.say("owner/1", "again");
    }
    assert_eq!(
        rate(&mut world).as_deref(),
        Some("1.25"),
        "this hour is not over"
    );
    world.wait(HOUR * 2);
    assert_eq!(rate(&mut world).as_deref(), Some("2.50"));
    world.wait(HOUR * 22);
    assert_eq!(
        rate(&mut world).as_deref(),
        Some("1.25"),
        "the first ones are too old"
    );
    world.wait(HOUR * 1000);
    assert_eq!(rate(&mut world).as_deref(), Some("0.00"));
}

#[test]
fn fl8_only_of_rooms_that_are_open_to_everybody() {
    let cases: [(&str, &[(&str, &str)]); 4] = [
        ("temporary", &[("persistentroom", "0")]),
        ("hidden", &[("publicroom", "0")]),
        ("members only", &[("membersonly", "1")]),
        ("password", &[("roomsecret", "sesame")]),
    ];
    for (what, fields) in cases {
        let mut world = World::with_room(busy);
        world.join("owner/1", "owner");
        world.say("owner/1", "hello");
        world.wait(HOUR);
        assert!(rate(&mut world).is_some());
        world.configure("owner/1", fields);
        assert_eq!(rate(&mut world), None, "{what}");
    }
}
