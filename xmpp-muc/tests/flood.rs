//! Limits and flood (MUC FL1 to FL4).

mod support;

use std::time::Duration;

use support::World;
use xmpp_muc::{Limits, Rate, Rates};

const TOO_MUCH: &str = "wait/resource-constraint";

/// The owner and ben are inside.
fn lobby(change: impl FnOnce(&mut Limits)) -> World {
    let mut world = World::with(|service| change(&mut service.limits));
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

fn refused(session: &str, kind: &str) -> Vec<String> {
    vec![format!("{session} < {kind} error {TOO_MUCH}")]
}

#[test]
fn fl1_messages_beyond_the_rate_are_refused() {
    let mut world = lobby(|limits| limits.rates.messages = Rate::new(3, Duration::from_secs(30)));
    world.join("ben/2", "ben");
    // Two sessions, private messages among them, share one bucket.
    assert_eq!(world.say("ben/1", "one").len(), 3);
    assert_eq!(world.say("ben/2", "two").len(), 3);
    assert_eq!(
        world.whisper("ben/1", "owner", "<body>three</body>").len(),
        1
    );
    for session in ["ben/1", "ben/2"] {
        assert_eq!(world.say(session, "four"), refused(session, "message"));
    }
    assert_eq!(
        world.whisper("ben/2", "owner", "<body>four</body>"),
        refused("ben/2", "message")
    );
    assert_eq!(world.say("owner/1", "others may").len(), 3);
    // Nothing waits in a queue; leaving does not help; time does.
    assert_eq!(world.wait(Duration::from_secs(1)), [""; 0]);
    world.leave("ben/2", "ben");
    world.leave("ben/1", "ben");
    world.join("ben/1", "ben");
    assert_eq!(world.say("ben/1", "five"), refused("ben/1", "message"));
    world.wait(Duration::from_secs(10));
    assert_eq!(world.say("ben/1", "six").len(), 2);
    assert_eq!(world.say("ben/1", "seven"), refused("ben/1", "message"));
    // What was refused is in no history.
    let out = world.join_with("eve/1", "eve", "", "");
    let history: Vec<_> = out.iter().filter(|line| line.ends_with('@')).collect();
    assert_eq!(history.len(), 4, "{history:?}");
}

#[test]
fn fl1_bytes_beyond_the_rate_are_refused() {
    let mut world = lobby(|limits| {
        limits.rates.message_bytes = Rate::new(5_000, Duration::from_secs(5));
    });
    let long = "x".repeat(10_000);
    assert_eq!(
        world.say("ben/1", &long).len(),
        2,
        "a large one passes once"
    );
    assert_eq!(world.say("ben/1", "x"), refused("ben/1", "message"));
    world.wait(Duration::from_secs(4));
    assert_eq!(world.say("ben/1", "x"), refused("ben/1", "message"));
    world.wait(Duration::from_secs(3));
    assert_eq!(world.say("ben/1", "x").len(), 2);
}

#[test]
fn fl1_nick_changes_and_joins_beyond_the_rate_are_refused() {
    let mut world = lobby(|limits| {
        limits.rates.nick_changes = Rate::new(2, Duration::from_mins(1));
        limits.rates.entries = Rate::new(3, Duration::from_mins(1));
    });
    world.presence("ben/1", "ben1", "");
    world.presence("ben/1", "ben2", "");
    assert_eq!(
        world.presence("ben/1", "ben3", ""),
        refused("ben/1", "presence")
    );
    // A refusal for another reason costs nothing.
    world.wait(Duration::from_secs(31));
    assert_eq!(
        world.presence("ben/1", "owner", ""),
        ["ben/1 < presence error cancel/conflict"]
    );
    assert_eq!(world.presence("ben/1", "ben3", "").len(), 4);

    let mut world = lobby(|limits| limits.rates.entries = Rate::new(3, Duration::from_mins(1)));
    world.join("ben/1", "ben");
    world.join("ben/2", "ben");
    for session in ["ben/1", "ben/2"] {
        assert_eq!(world.join(session, "ben"), refused(session, "presence"));
    }
    world.leave("ben/1", "ben");
    assert_eq!(world.join("ben/1", "ben"), refused("ben/1", "presence"));
    assert!(
        world
            .join("eve/1", "eve")
            .iter()
            .any(|line| line.contains("#110"))
    );
    world.wait(Duration::from_secs(21));
    assert!(
        world
            .join("ben/1", "ben")
            .iter()
            .any(|line| line.contains("#110"))
    );
}

#[test]
fn fl1_the_defaults_let_people_talk() {
    let mut world = lobby(|limits| limits.rates = Rates::default());
    for second in 0..600 {
        world.wait(Duration::from_millis(500));
        assert_eq!(world.say("ben/1", "hello").len(), 2, "{second}");
        world.groupchat(
            "ben/1",
            "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        );
    }
}

#[test]
fn fl2_of_many_presences_the_last_is_shown() {
    let mut world = lobby(|limits| limits.rates.presences = Rate::new(1, Duration::from_secs(2)));
    let mut shown = Vec::new();
    for n in 1..=100 {
        let out = world.presence("ben/1", "ben", &format!("<status>{n}</status>"));
        shown.extend(out.into_iter().filter(|line| line.starts_with("owner/1")));
    }
    assert_eq!(
        shown,
        ["owner/1 < +ben none/participant jid=ben/1 status=1"]
    );
    assert_eq!(world.wait(Duration::from_millis(1990)), [""; 0]);
    assert_eq!(
        world.wait(Duration::from_millis(20)),
        [
            "owner/1 < +ben none/participant jid=ben/1 status=100",
            "ben/1 < +ben none/participant #110 id=p jid=ben/1 status=100",
        ]
    );
    assert_eq!(world.wait(Duration::from_mins(1)), [""; 0]);
    // Those of others are not held up.
    world.presence("ben/1", "ben", "<status>a</status>");
    assert_eq!(
        world
            .presence("owner/1", "owner", "<show>away</show>")
            .len(),
        2
    );
}

#[test]
fn fl2_joins_leaves_and_nick_changes_are_never_late() {
    let mut world = lobby(|limits| limits.rates.presences = Rate::new(1, Duration::from_secs(10)));
    world.presence("ben/1", "ben", "<status>1</status>");
    assert_eq!(
        world.presence("ben/1", "ben", "<status>2</status>"),
        [""; 0]
    );
    // A nick change takes the place of what waits.
    let out = world.presence("ben/1", "benny", "<status>3</status>");
    assert!(out.contains(&"owner/1 < +benny none/participant jid=ben/1 status=3".to_owned()));
    assert_eq!(world.wait(Duration::from_secs(11)), [""; 0]);
    // So does a resynchronisation, and who leaves says nothing more.
    world.presence("ben/1", "benny", "<status>4</status>");
    world.presence("ben/1", "benny", "<status>5</status>");
    let out = world.join_with("ben/1", "benny", "", "<status>6</status>");
    assert!(out.contains(&"owner/1 < +benny none/participant jid=ben/1 status=6".to_owned()));
    world.presence("ben/1", "benny", "<status>7</status>");
    assert_eq!(world.leave("ben/1", "benny").len(), 2);
    assert_eq!(world.wait(Duration::from_secs(20)), [""; 0]);
}

#[test]
fn fl2_a_late_presence_follows_the_rules_of_its_time() {
    let mut world = World::with(|service| {
        service.limits.rates.presences = Rate::new(1, Duration::from_secs(10));
        service.room.moderated = true;
        service.room.visitor_status = false;
    });
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    world.presence("ben/1", "ben", "<show>away</show>");
    world.presence("ben/1", "ben", "<show>dnd</show><status>busy</status>");
    world.admin("owner/1", "<item nick='ben' role='visitor'/>");
    assert_eq!(
        world.wait(Duration::from_secs(11))[0],
        "owner/1 < +ben none/visitor jid=ben/1 show=dnd",
        "without the status text (PR7)"
    );
    // Two sessions share the rate and each say their own.
    world.join("ben/2", "ben");
    for session in ["ben/1", "ben/2"] {
        world.presence(session, "ben", "<show>xa</show><priority>1</priority>");
        world.presence(session, "ben", "<show>chat</show><priority>2</priority>");
    }
    let mut last = Vec::new();
    for _ in 0..4 {
        last.extend(world.wait(Duration::from_secs(11)));
    }
    for session in ["ben/1", "ben/2"] {
        let own = format!("{session} < +ben none/visitor #110 id=p jid={session} show=chat");
        assert!(last.contains(&own), "{last:?}");
    }
}

#[test]
fn fl3_each_size_has_its_bound() {
    let mut world = lobby(|limits| {
        limits.nick_chars = 10;
        limits.status_bytes = 20;
        limits.subject_bytes = 30;
        limits.reason_chars = 40;
        limits.message_bytes = 1000;
    });
    world.join("eve/1", "eve");
    let violation = |kind: &str| format!("owner/1 < {kind} error modify/policy-violation");
    let x = |n: usize| "x".repeat(n);
    // Nicks have an error of their own (NI5).
    assert_eq!(
        world.presence("owner/1", &x(11), ""),
        ["owner/1 < presence error modify/not-acceptable"]
    );
    assert_ne!(world.presence("owner/1", &x(10), "").len(), 1);
    let status = |n| format!("<status>{}</status>", x(n));
    assert_eq!(
        world.presence("owner/1", &x(10), &status(21)),
        [violation("presence")]
    );
    assert_ne!(world.presence("owner/1", &x(10), &status(20)).len(), 1);
    let subject = |n| format!("<subject>{}</subject>", x(n));
    assert_eq!(
        world.groupchat("owner/1", &subject(31)),
        [violation("message")]
    );
    assert_ne!(world.groupchat("owner/1", &subject(30)).len(), 1);
    // Reasons: of a kick, a ban, an invitation, a decline, a destruction.
    let reason = |n| format!("<reason>{}</reason>", x(n));
    let kick = |n| format!("<item nick='eve' role='none'>{}</item>", reason(n));
    let ban = |n| {
        format!(
            "<item jid='max@users.example' affiliation='outcast'>{}</item>",
            reason(n)
        )
    };
    assert_eq!(world.admin("owner/1", &kick(41)), [violation("iq")]);
    assert_eq!(world.admin("owner/1", &ban(41)), [violation("iq")]);
    assert_ne!(world.admin("owner/1", &kick(40)).len(), 1);
    assert_ne!(world.admin("owner/1", &ban(40)).len(), 1);
    let to_room = |children: &str| {
        format!(
            "<message to='lobby@rooms.example'>\
             <x xmlns='http://jabber.org/protocol/muc#user'>{children}</x></message>"
        )
    };
    for (n, ok) in [(41, false), (40, true)] {
        let invite = to_room(&format!(
            "<invite to='zoe@users.example'>{}</invite>",
            reason(n)
        ));
        assert_eq!(world.send("owner/1", &invite) != [violation("message")], ok);
        let thread = x(n);
        let invite = to_room(&format!(
            "<invite to='zoe@users.example'><continue thread='{thread}'/></invite>"
        ));
        assert_eq!(world.send("owner/1", &invite) != [violation("message")], ok);
        let decline = to_room(&format!(
            "<decline to='owner@users.example'>{}</decline>",
            reason(n)
        ));
        assert_eq!(
            world.send("owner/1", &decline) != [violation("message")],
            ok
        );
    }
    // Messages, private ones, requests: the room's own parts count.
    for n in [1000, 600] {
        let large = n == 1000;
        assert_eq!(world.say("owner/1", &x(n)) == [violation("message")], large);
        let body = format!("<body>{}</body>", x(n));
        assert_eq!(
            world.whisper("owner/1", "ben", &body) == [violation("message")],
            large
        );
        let payload = format!("<query xmlns='urn:x'>{}</query>", x(n));
        let asked = world.iq("owner/1", "get", "/ben", &payload);
        assert_eq!(asked == [violation("iq")], large, "{asked:?}");
    }
    // Passwords: of the room by the form (CF4), of the next room on destruction.
    assert_eq!(
        world.configure("owner/1", &[("roomsecret", &x(257))]),
        ["owner/1 < iq error modify/not-acceptable"]
    );
    assert_eq!(
        world.configure("owner/1", &[("roomsecret", &x(256))])[0],
        "store config"
    );
    for n in [257, 256] {
        let query = format!(
            "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy jid='b@rooms.example'>\
             <password>{}</password></destroy></query>",
            x(n)
        );
        let out = world.iq("owner/1", "set", "", &query);
        assert_eq!(out == [violation("iq")], n == 257, "{out:?}");
    }
}

fn join_room(world: &mut World, session: &str, room: &str) -> Vec<String> {
    world.send(
        session,
        &format!(
            "<presence to='{room}@rooms.example/nick{}'>\
             <x xmlns='http://jabber.org/protocol/muc'/></presence>",
            session.replace('/', "")
        ),
    )
}

#[test]
fn fl4_a_user_is_in_so_many_rooms_and_makes_so_many() {
    let mut world = World::with(|service| service.limits.rooms_per_user = 2);
    join_room(&mut world, "eve/1", "third");
    join_room(&mut world, "ben/1", "first");
    join_room(&mut world, "ben/2", "second");
    for session in ["ben/1", "ben/2", "ben/3"] {
        for room in ["third", "fourth"] {
            assert_eq!(
                join_room(&mut world, session, room),
                refused(session, "presence")
            );
        }
    }
    assert_eq!(world.service.rooms().count(), 3);
    // A room it is in already is none more.
    assert!(join_room(&mut world, "ben/3", "first").len() > 1);
    // Names that begin alike are others.
    assert!(join_room(&mut world, "benn/1", "third").len() > 1);
    world.lose("ben/2");
    assert!(join_room(&mut world, "ben/1", "third").len() > 1);

    let mut world = World::with(|service| {
        service.limits.creations = Rate::new(2, Duration::from_hours(1));
        service
            .administrators
            .insert("root@users.example".parse().expect("a JID"));
    });
    // What was refused did not count.
    assert_eq!(
        world.send(
            "ben/1",
            &format!(
                "<presence to='a@rooms.example/{}'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
                "n".repeat(100)
            )
        ),
        ["ben/1 < presence error modify/not-acceptable"]
    );
    for room in ["a", "b"] {
        assert!(join_room(&mut world, "ben/1", room).len() > 1);
    }
    assert_eq!(
        join_room(&mut world, "ben/2", "c"),
        refused("ben/2", "presence")
    );
    for room in ["c", "d", "e"] {
        assert!(join_room(&mut world, "root/1", room).len() > 1);
    }
    assert!(
        join_room(&mut world, "ben/2", "c").len() > 1,
        "it is there now"
    );
    world.wait(Duration::from_mins(31));
    assert!(join_room(&mut world, "ben/2", "f").len() > 1);
}

#[test]
fn fl4_locked_rooms_voice_requests_and_requests_are_bounded() {
    let mut world = World::with(|service| {
        service.lock_new_rooms = true;
        service.limits.locked_rooms = 2;
    });
    for room in ["a", "b"] {
        assert!(join_room(&mut world, "ben/1", room).len() > 1);
    }
    assert_eq!(
        join_room(&mut world, "eve/1", "c"),
        refused("eve/1", "presence")
    );
    world.send(
        "ben/1",
        "<iq to='a@rooms.example' type='set' id='1'><query xmlns='http://jabber.org/protocol/muc#owner'>\
         <x xmlns='jabber:x:data' type='submit'/></query></iq>",
    );
    assert!(join_room(&mut world, "eve/1", "c").len() > 1);
    world.lose("ben/1");
    assert!(
        join_room(&mut world, "eve/1", "d").len() > 1,
        "a room that goes is none"
    );

    let mut world = World::with(|service| {
        service.room.moderated = true;
        service.limits.voice_requests = 1;
        service.limits.queries = 1;
    });
    world.join("owner/1", "owner");
    let ask = "<message to='lobby@rooms.example'><x xmlns='jabber:x:data' type='submit'>\
               <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>\
               <field var='muc#role'><value>participant</value></field></x></message>";
    for session in ["ben/1", "eve/1"] {
        world.join(session, session.split_once('/').expect("a name").0);
    }
    assert_eq!(world.send("ben/1", ask), ["owner/1 < room <x>"]);
    assert_eq!(world.send("eve/1", ask), refused("eve/1", "message"));
    let version = "<query xmlns='jabber:iq:version'/>";
    world.iq("ben/1", "get", "/eve", version);
    assert_eq!(
        world.iq("ben/1", "get", "/owner", version),
        refused("ben/1", "iq")
    );
}
