//! Rooms out of the process and back, and what a store must never undo (MUC PE1 to PE6, DE2, DE3, ET14).

mod support;

use std::{collections::VecDeque, time::Duration};

use support::{Seeded, World, real, stanza};
use xmpp_core::{BareJid, xml::ns};
use xmpp_muc::{Effect, RestoreError, Room, RoomSnapshot, StoreEvent};

fn lobby_jid() -> BareJid {
    "lobby@rooms.example".parse().expect("a JID")
}

/// A persistent room with something of everything.
fn lobby() -> World {
    let mut world = World::with_room(|room| {
        room.archive = true;
        room.persistent = true;
    });
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

/// As a host keeps it: through text.
fn snapshot(world: &World) -> RoomSnapshot {
    let snapshot = world.service.snapshot(&lobby_jid()).expect("a room");
    through_text(&snapshot)
}

fn through_text(snapshot: &RoomSnapshot) -> RoomSnapshot {
    let text = serde_json::to_string(snapshot).expect("it can be written");
    let back: RoomSnapshot = serde_json::from_str(&text).expect("it can be read");
    assert_eq!(serde_json::to_string(&back).expect("text"), text);
    back
}

const DISCO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const DESTROY: &str = "<query xmlns='http://jabber.org/protocol/muc#owner'>\
    <destroy jid='new@rooms.example'><reason>moved</reason><password>secret</password></destroy></query>";

fn occupant_id(world: &World, session: &str, nick: &str) -> String {
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

/// A room in which much is not as it was at first.
fn furnished() -> World {
    let mut world = lobby();
    world.configure(
        "owner/1",
        &[
            ("roomname", "The lobby"),
            ("moderatedroom", "1"),
            ("roomsecret", "open sesame"),
            ("presencebroadcast", "moderator,participant"),
            ("slow_mode_duration", "2"),
        ],
    );
    world.admin(
        "owner/1",
        "<item jid='mem@users.example' affiliation='member' nick='Memo'/>",
    );
    world.admin(
        "owner/1",
        "<item jid='bad@users.example' affiliation='outcast'><reason>spam</reason></item>",
    );
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    world.groupchat("owner/1", "<subject>Topic</subject>");
    world.say("ben/1", "hello");
    world
}

const FORM: &str = "<query xmlns='http://jabber.org/protocol/muc#owner'/>";

/// What the owner is told about the configuration.
fn form(world: &mut World) -> String {
    world.iq("owner/1", "get", "", FORM);
    let answer = world.first("owner/1");
    answer.children().map(|child| child.to_string()).collect()
}

#[test]
fn pe1_pe4_everything_durable_comes_back() {
    let mut world = furnished();
    let join = |world: &mut World, session: &str, nick: &str| {
        world.join_with(session, nick, "<password>open sesame</password>", "")
    };
    // Ben leaves and comes back, in this process and in the next one.
    world.leave("ben/1", "ben");
    world.wait(Duration::from_mins(3));
    let here = join(&mut world, "ben/2", "ben");
    let id_here = occupant_id(&world, "ben/2", "ben");
    let to_ben = |lines: &[String]| -> Vec<String> {
        let own = lines.iter().filter(|line| line.starts_with("ben/2"));
        own.filter(|line| !line.contains("+owner"))
            .cloned()
            .collect()
    };
    let form_here = form(&mut world);
    let kept = snapshot(&world);
    world.restart(&[kept]);
    assert_eq!(
        world
            .service
            .rooms()
            .map(|(_, inside)| inside)
            .collect::<Vec<_>>(),
        [0]
    );
    let there = join(&mut world, "ben/2", "ben");
    assert_eq!(to_ben(&there), to_ben(&here), "role, history and subject");
    assert!(
        there.contains(&"ben/2 < owner! Topic @".to_owned()),
        "{there:?}"
    );
    assert!(
        there.contains(&"ben/2 < ben: hello @".to_owned()),
        "{there:?}"
    );
    assert_eq!(occupant_id(&world, "ben/2", "ben"), id_here);
    join(&mut world, "owner/1", "owner");
    assert_eq!(form(&mut world), form_here);
    assert_eq!(
        join(&mut world, "bad/1", "bad"),
        ["bad/1 < presence error auth/forbidden"]
    );
    assert_eq!(
        join(&mut world, "eve/1", "memo"),
        ["eve/1 < presence error cancel/conflict"],
        "a reserved nick"
    );
    world.admin("owner/1", "");
    world.iq(
        "owner/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast'/></query>",
    );
    assert!(
        world
            .first("owner/1")
            .to_string()
            .contains("<reason>spam</reason>")
    );
}

#[test]
fn pe1_se3_a_snapshot_prints_no_secret() {
    let mut world = lobby();
    world.configure("owner/1", &[("roomsecret", "open sesame")]);
    let kept = snapshot(&world);
    assert!(!format!("{kept:?}").contains("sesame"));
    let text = serde_json::to_value(&kept).expect("JSON");
    let secret = text["state"]["room"]["secret"].as_str().expect("a secret");
    assert!(!format!("{kept:?} {:?}", world.service).contains(secret));
    assert_eq!(kept.version(), 1);
    assert_eq!(kept.room(), &lobby_jid());
}

/// A script that a seed stands for.
fn act(world: &mut World, random: &mut Seeded) -> Vec<String> {
    let sessions = ["owner/1", "ben/1", "eve/1", "eve/2", "mem/1"];
    let nicks = ["owner", "ben", "eve", "other"];
    let session = sessions[random.below(sessions.len())];
    let nick = nicks[random.below(nicks.len())];
    match random.below(16) {
        0..=2 => world.join_with(session, nick, "<password>p</password>", ""),
        3 => world.leave(session, nick),
        4 | 5 => world.say(session, "hi"),
        6 => world.groupchat(session, "<subject>Topic</subject>"),
        7 => {
            let role = ["none", "visitor", "participant", "moderator"][random.below(4)];
            world.admin("owner/1", &format!("<item nick='{nick}' role='{role}'/>"))
        }
        8 | 9 => {
            let affiliation = ["outcast", "none", "member", "admin"][random.below(4)];
            let user = ["ben", "eve", "mem"][random.below(3)];
            let jid = format!("{user}@users.example");
            world.admin(
                "owner/1",
                &format!("<item jid='{jid}' affiliation='{affiliation}'/>"),
            )
        }
        10 => {
            let field = [
                "moderatedroom",
                "membersonly",
                "changesubject",
                "publicroom",
            ][random.below(4)];
            let value = ["0", "1"][random.below(2)];
            world.configure("owner/1", &[(field, value)])
        }
        11 => world.iq(session, "get", "", DISCO),
        12 => world.query(session, &[], "<max>3</max><before/>"),
        13 => world.whisper(session, nick, "<body>psst</body>"),
        14 => world.presence(session, nick, "<show>away</show>"),
        _ => world.wait(Duration::from_secs(10)),
    }
}

/// PE1: a room behaves the same whether it has been through a snapshot or not, once everybody is outside.
#[test]
fn pe1_pe6_a_restored_room_behaves_as_if_nothing_had_happened() {
    for seed in 0..40 {
        let mut worlds = [lobby(), lobby()];
        let scripts = |world: &mut World, seed: u64, count: usize| -> Vec<Vec<String>> {
            let mut random = Seeded(seed);
            (0..count).map(|_| act(world, &mut random)).collect()
        };
        let [home, away] = &mut worlds;
        assert_eq!(
            scripts(home, seed, 40),
            scripts(away, seed, 40),
            "the same so far"
        );
        for world in [&mut *home, &mut *away] {
            for session in ["owner/1", "ben/1", "eve/1", "eve/2", "mem/1"] {
                world.lose(session);
            }
            // The generator of ids goes on elsewhere: they differ, and are not compared.
            world.wait(Duration::from_mins(1));
        }
        let kept = snapshot(away);
        away.restart(&[kept]);
        for world in [&mut *home, &mut *away] {
            world.join("owner/1", "owner");
        }
        let (stayed, moved) = (scripts(home, !seed, 60), scripts(away, !seed, 60));
        for (n, (stayed, moved)) in stayed.iter().zip(&moved).enumerate() {
            assert_eq!(stayed, moved, "seed {seed}, act {n}");
        }
    }
}

/// PE2: at whatever effect the process ends, nothing that anybody has seen is undone: what was shown is stored.
#[test]
fn pe2_cut_at_every_effect() {
    let acts: [(&str, &str); 6] = [
        (
            "ben/1",
            "<message to='lobby@rooms.example' type='groupchat' id='m'><body>hi</body></message>",
        ),
        (
            "owner/1",
            "<message to='lobby@rooms.example' type='groupchat' id='m'><subject>Topic</subject></message>",
        ),
        (
            "owner/1",
            "<iq to='lobby@rooms.example' type='set' id='q'><query xmlns='http://jabber.org/protocol/muc#admin'>\
            <item jid='ben@users.example' affiliation='outcast'/></query></iq>",
        ),
        (
            "owner/1",
            "<iq to='lobby@rooms.example' type='set' id='q'><query xmlns='http://jabber.org/protocol/muc#admin'>\
            <item jid='ben@users.example' affiliation='member'/><item jid='x@users.example' affiliation='member'/></query></iq>",
        ),
        (
            "owner/1",
            "<iq to='lobby@rooms.example' type='set' id='q'><query xmlns='http://jabber.org/protocol/muc#owner'>\
            <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
            <field var='muc#roomconfig_membersonly'><value>1</value></field></x></query></iq>",
        ),
        (
            "owner/1",
            "<iq to='lobby@rooms.example' type='set' id='q'><query xmlns='http://jabber.org/protocol/muc#owner'>\
            <destroy/></query></iq>",
        ),
    ];
    for (session, xml) in acts {
        let mut cut = 0;
        loop {
            let mut world = lobby();
            let before = through_text(&world.service.snapshot(&lobby_jid()).expect("a room"));
            world
                .service
                .handle_stanza(world.now, &real(session), &stanza(xml));
            let mut waiting: VecDeque<Effect> =
                std::iter::from_fn(|| world.service.poll_effect()).collect();
            let (mut is_stored, mut shown, mut effects) = (false, 0, 0);
            while effects < cut
                && let Some(effect) = waiting.pop_front()
            {
                effects += 1;
                match effect {
                    Effect::Store(commit) => {
                        is_stored = true;
                        for effect in commit.then.into_iter().rev() {
                            waiting.push_front(effect);
                        }
                    }
                    Effect::Deliver { .. } | Effect::Send { .. } => shown += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert!(
                is_stored || shown == 0,
                "{xml}: shown at cut {cut} and not stored"
            );
            // What is stored is the whole act.
            let after = world.service.snapshot(&lobby_jid());
            let restored = if is_stored {
                after.as_ref().map(through_text)
            } else {
                Some(before)
            };
            if let Some(kept) = restored {
                let service = world.service.config().clone();
                let history = world.archive.entries(&lobby_jid()).to_vec();
                if kept.tombstone_until().is_none() {
                    Room::restore(world.now, kept, history, service, Box::new(Seeded(9)))
                        .expect("a room");
                }
            }
            if waiting.is_empty() && effects < cut {
                assert!(is_stored, "{xml}");
                break;
            }
            cut += 1;
        }
        assert!(cut > 2, "{xml}: {cut} cuts");
    }
}

#[test]
fn pe3_after_a_restart_everybody_is_outside() {
    let mut world = lobby();
    let kept = snapshot(&world);
    world.restart(&[kept]);
    assert!(world.drain().is_empty(), "nobody is told again");
    assert_eq!(
        world.say("ben/1", "hi"),
        ["ben/1 < message error cancel/not-acceptable"]
    );
    assert_eq!(
        world.iq("ben/1", "get", "/ben", "<ping xmlns='urn:xmpp:ping'/>"),
        ["ben/1 < iq error cancel/not-acceptable"]
    );
    assert_eq!(
        world.presence("ben/1", "ben", ""),
        ["ben/1 < -ben none/none #110,307,333 reason=You are not in the room"]
    );
    assert!(world.leave("ben/1", "ben").is_empty());
    let out = world.join("ben/1", "ben");
    assert!(
        out[0].contains("#110") && !out[0].contains("201"),
        "{out:?}"
    );
}

#[test]
fn pe3_lv3_a_temporary_room_goes_when_nobody_comes_back() {
    let mut world = World::with(|service| {
        service.linger = Duration::from_mins(10);
        service.room.archive = true;
    });
    world.join("owner/1", "owner");
    world.say("owner/1", "hi");
    for comes in [true, false] {
        let kept = snapshot(&world);
        world.restart(&[kept]);
        assert!(world.wait(Duration::from_mins(9)).is_empty());
        if comes {
            let out = world.join_with("ben/1", "ben", "", "");
            assert!(out.contains(&"ben/1 < owner: hi @".to_owned()), "{out:?}");
            assert!(world.wait(Duration::from_mins(9)).is_empty());
        } else {
            assert_eq!(world.wait(Duration::from_mins(1)), ["store deleted"]);
        }
    }
    assert_eq!(world.service.rooms().count(), 0);
    assert!(world.archived().is_empty());
}

#[test]
fn pe5_a_room_that_cannot_be_read_is_nobodys() {
    let mut world = lobby();
    let kept = snapshot(&world);
    world.restart(&[]);
    world.service.block_room(lobby_jid());
    let refused = |kind: &str| [format!("eve/1 < {kind} error wait/internal-server-error")];
    assert_eq!(world.join("eve/1", "eve"), refused("presence"));
    assert_eq!(world.presence("eve/1", "eve", ""), refused("presence"));
    assert_eq!(world.say("eve/1", "hi"), refused("message"));
    assert_eq!(world.iq("eve/1", "get", "", DISCO), refused("iq"));
    assert!(world.leave("eve/1", "eve").is_empty());
    let owner: BareJid = "eve@users.example".parse().expect("a JID");
    let config = xmpp_muc::RoomConfig::default();
    assert_eq!(
        world
            .service
            .create_room(world.now, &lobby_jid(), &owner, config),
        Err(xmpp_muc::CreateError::Exists)
    );
    // The store is well again: the old owner is owner still, and nobody else.
    world
        .service
        .restore_room(world.now, kept, Vec::new())
        .expect("a room");
    world.checker.restarted();
    let out = world.join("eve/1", "eve");
    assert!(
        out[0].starts_with("eve/1 < +eve none/participant"),
        "{out:?}"
    );
    let out = world.join("owner/1", "owner");
    assert!(
        out.iter()
            .any(|line| line.starts_with("owner/1 < +owner owner/moderator")),
        "{out:?}"
    );
}

#[test]
fn pe6_what_is_no_snapshot_of_this_service_is_refused() {
    let mut world = lobby();
    let kept = snapshot(&world);
    assert_eq!(
        world
            .service
            .restore_room(world.now, kept.clone(), Vec::new()),
        Err(RestoreError::Exists)
    );
    world.restart(&[]);
    let text = serde_json::to_value(&kept).expect("JSON");
    let changed = |change: fn(&mut serde_json::Value)| -> RoomSnapshot {
        let mut text = text.clone();
        change(&mut text);
        serde_json::from_value(text).expect("a snapshot")
    };
    for (snapshot, error) in [
        (
            changed(|text| text["version"] = 2.into()),
            RestoreError::Version(2),
        ),
        (
            changed(|text| text["room"] = "lobby@other.example".into()),
            RestoreError::ForeignAddress,
        ),
        (
            changed(|text| text["room"] = "rooms.example".into()),
            RestoreError::ForeignAddress,
        ),
        (
            changed(|text| text["state"]["room"]["affiliations"] = serde_json::json!([])),
            RestoreError::Invalid,
        ),
    ] {
        assert_eq!(
            world.service.restore_room(world.now, snapshot, Vec::new()),
            Err(error)
        );
        assert_eq!(world.service.rooms().count(), 0);
    }
    // Fields that a later version of this library adds have defaults: an older text lacks them.
    let old = changed(|text| {
        let room = text["state"]["room"].as_object_mut().expect("an object");
        room.retain(|name, _| ["secret", "config", "affiliations"].contains(&name.as_str()));
        text["state"]["room"]["config"] = serde_json::json!({ "persistent": true });
    });
    world
        .service
        .restore_room(world.now, old, Vec::new())
        .expect("a room");
}

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

#[test]
fn et14_a_message_that_could_not_be_stored_was_never_sent() {
    let mut world = lobby();
    world.configure(
        "owner/1",
        &[("slow_mode_duration", "60"), ("changesubject", "1")],
    );
    world.groupchat("owner/1", "<subject>Before</subject>");
    world.store_fails = true;
    for children in ["<body>hi</body>", "<subject>Topic</subject>"] {
        assert_eq!(
            world.groupchat("ben/1", children),
            ["ben/1 < message error wait/internal-server-error"]
        );
    }
    world.store_fails = false;
    world.join_with("eve/1", "eve", "", "");
    let lines = world.to("eve/1");
    assert!(!lines.iter().any(|line| line.contains("hi")), "{lines:?}");
    assert!(
        lines.contains(&"eve/1 < owner! Before @".to_owned()),
        "{lines:?}"
    );
    assert_eq!(
        world.say("ben/1", "hi")[0],
        "store message",
        "its clock has not started"
    );
}

/// A newcomer whose history and subject were written before the store failed gets neither of what was not stored.
#[test]
fn et14_nobody_sees_it_who_came_meanwhile() {
    let mut world = lobby();
    world.groupchat("owner/1", "<subject>Before</subject>");
    let sends = [
        (
            "ben/1",
            "<message to='lobby@rooms.example' type='groupchat'><body>lost</body></message>",
        ),
        (
            "owner/1",
            "<message to='lobby@rooms.example' type='groupchat'><subject>Lost</subject></message>",
        ),
        (
            "eve/1",
            "<presence to='lobby@rooms.example/eve' id='j'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
        ),
    ];
    for (session, xml) in sends {
        let stanza = stanza(xml);
        world.checker.sent(&real(session), &stanza);
        world
            .service
            .handle_stanza(world.now, &real(session), &stanza);
    }
    let mut waiting: VecDeque<Effect> =
        std::iter::from_fn(|| world.service.poll_effect()).collect();
    let mut commits = Vec::new();
    while let Some(Effect::Store(commit)) =
        waiting.pop_front_if(|effect| matches!(effect, Effect::Store(_)))
    {
        commits.push(commit);
    }
    assert_eq!(commits.len(), 2);
    for commit in commits.iter().rev() {
        commit.strip(&mut waiting);
        world.service.handle_store_failed(world.now, commit);
    }
    let mut lines = Vec::new();
    for effect in waiting {
        if let Effect::Send { stanza: sent, to } = &effect
            && support::short(to) == "eve/1"
        {
            lines.push(support::line(&stanza(sent.as_str())));
        }
    }
    assert!(
        lines.contains(&"owner! Before @".to_owned()),
        "exactly one subject: {lines:?}"
    );
    assert!(
        !lines
            .iter()
            .any(|line| line.to_lowercase().contains("lost")),
        "{lines:?}"
    );
}

#[test]
fn et14_what_else_could_not_be_stored_did_not_happen() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    world.configure("owner/1", &[("moderatedroom", "1")]);
    let form = "<query xmlns='http://jabber.org/protocol/muc#owner'/>";
    world.iq("owner/1", "get", "", form);
    let before = serde_json::to_value(snapshot(&world)).expect("JSON");
    let failed = "owner/1 < iq error wait/internal-server-error";
    world.store_fails = true;
    for items in [
        "<item jid='ben@users.example' affiliation='admin'/>",
        "<item jid='x@users.example' affiliation='outcast'/>",
        "<item nick='ben' role='visitor'/><item nick='eve' role='visitor'/>",
        "<item nick='ben' role='moderator'/>",
    ] {
        assert_eq!(world.admin("owner/1", items), [failed], "{items}");
    }
    assert_eq!(
        world.configure(
            "owner/1",
            &[("roomname", "Other"), ("roomadmins", "ben@users.example")]
        ),
        [failed]
    );
    world.store_fails = false;
    let after = serde_json::to_value(snapshot(&world)).expect("JSON");
    assert_eq!(after, before);
    // The roles of those inside are what they were: the checker compares what all know.
    let out = world.join("eve/2", "eve");
    assert!(
        out.iter()
            .any(|line| line.contains("+ben none/participant")),
        "{out:?}"
    );
    assert_eq!(world.say("ben/1", "hi")[0], "store message");
}

#[test]
fn et14_who_was_taken_out_may_come_back() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    world.store_fails = true;
    assert_eq!(
        world.admin(
            "owner/1",
            "<item jid='ben@users.example' affiliation='outcast'/>"
        ),
        [
            "ben/1 < -ben none/none #110,333 jid=ben/1",
            "owner/1 < -ben none/none #333 jid=ben/1",
            "eve/1 < -ben none/none #333",
            "owner/1 < iq error wait/internal-server-error",
        ]
    );
    world.store_fails = false;
    let out = world.join("ben/1", "ben");
    assert!(
        out.iter()
            .any(|line| line.contains("+ben none/participant #110")),
        "{out:?}"
    );
}

#[test]
fn et14_a_room_that_could_not_be_made_or_ended() {
    let mut world = World::with(|service| service.room.persistent = true);
    world.store_fails = true;
    assert_eq!(
        world.join("owner/1", "owner"),
        ["owner/1 < presence error wait/internal-server-error"]
    );
    assert_eq!(world.service.rooms().count(), 0);
    world.store_fails = false;
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    let kept = snapshot(&world);
    world.store_fails = true;
    assert_eq!(
        world.iq("owner/1", "set", "", DESTROY),
        [
            "owner/1 < -owner owner/none #110,333 jid=owner/1",
            "ben/1 < -ben none/none #110,333 jid=ben/1",
            "owner/1 < iq error wait/internal-server-error",
        ]
    );
    // Its address is not free, until the host brings it back.
    assert_eq!(
        world.join("eve/1", "eve"),
        ["eve/1 < presence error wait/internal-server-error"]
    );
    world.store_fails = false;
    world
        .service
        .restore_room(world.now, kept, Vec::new())
        .expect("a room");
    let out = world.join("owner/1", "owner");
    assert!(
        out.iter()
            .any(|line| line.contains("+owner owner/moderator #110")),
        "{out:?}"
    );
}

/// The host sees in one commit all that one act stores, and what follows from it.
#[test]
fn pe2_an_act_is_one_commit() {
    let mut world = lobby();
    let set = stanza(
        "<iq to='lobby@rooms.example' type='set' id='q'><query xmlns='http://jabber.org/protocol/muc#admin'>\
         <item jid='a@users.example' affiliation='member'/><item jid='b@users.example' affiliation='outcast'/></query></iq>",
    );
    world
        .service
        .handle_stanza(world.now, &real("owner/1"), &set);
    let effects: Vec<_> = std::iter::from_fn(|| world.service.poll_effect()).collect();
    let [Effect::Store(commit)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(commit.room(), &lobby_jid());
    assert_eq!(commit.events.len(), 2);
    assert!(
        commit
            .events
            .iter()
            .all(|event| matches!(event, StoreEvent::Affiliation { .. }))
    );
    assert!(!commit.then.is_empty());
}
