//! Rooms out of the process and back (MUC PE1 to PE6).

mod support;

use std::{collections::VecDeque, time::Duration};

use support::{
    Seeded, World, real, stanza,
    stored::{DISCO, lobby, lobby_jid, occupant_id, snapshot, through_text},
};
use xmpp_core::BareJid;
use xmpp_muc::{Effect, RestoreError, Room, RoomSnapshot, StoreEvent};

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
