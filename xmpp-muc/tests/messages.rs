//! Messages to all, private messages, history and subject (MUC GC1 to GC9, HI1 to HI7, SU1 to SU5, PM1 to PM4).

mod support;

use std::time::Duration;

use support::World;
use xmpp_core::xml::ns;
use xmpp_muc::AllowPm;

fn lobby(change: impl FnOnce(&mut xmpp_muc::RoomConfig)) -> World {
    let mut world = World::with_room(change);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

/// Everything that only the room may say, with what others may say beside it.
const FORGED: &str = "<stanza-id xmlns='urn:xmpp:sid:0' by='ROOM' id='forged'/>\
    <stanza-id xmlns='urn:xmpp:sid:0' by='lobby@rooms.example' id='forged'/>\
    <stanza-id xmlns='urn:xmpp:sid:0' by='other.example' id='kept-foreign'/>\
    <origin-id xmlns='urn:xmpp:sid:0' id='kept-origin'/>\
    <occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>\
    <x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/><item jid='forged@example'/></x>\
    <x xmlns='http://jabber.org/protocol/muc'><password>forged</password></x>\
    <hats xmlns='urn:xmpp:hats:0'><hat uri='forged'/></hats>\
    <mav xmlns='urn:xmpp:muc:affiliations:1' until='forged'/>\
    <delay xmlns='urn:xmpp:delay' from='LOBBY@rooms.example' stamp='2002-01-01T00:00:00Z'>forged</delay>\
    <delay xmlns='urn:xmpp:delay' from='elsewhere.example' stamp='2002-01-01T00:00:00Z'>kept-delay</delay>\
    <ext xmlns='urn:example'><stanza-id xmlns='urn:xmpp:sid:0' by='lobby@rooms.example' id='kept-nested'/></ext>";

fn forged() -> String {
    FORGED.replace("ROOM", "Lobby@ROOMS.example")
}

#[test]
fn gc1_groupchat_goes_to_everybody_with_its_id() {
    let mut world = lobby(|_| {});
    let out = world.say("ben/1", "Hello");
    assert_eq!(out, ["owner/1 < ben: Hello", "ben/1 < ben: Hello"]);
    let message = world.first("owner/1");
    assert_eq!(message.attr("id").as_deref(), Some("m"));
    assert_eq!(message.attr("type").as_deref(), Some("groupchat"));
    assert_eq!(
        message.attr("from").as_deref(),
        Some("lobby@rooms.example/ben")
    );
}

/// FL5: one body and one list of receivers, shared between messages.
#[test]
fn fl5_nothing_is_kept_per_receiver() {
    use xmpp_muc::Effect;
    let mut world = lobby(|_| {});
    let mut lists = Vec::new();
    for text in ["one", "two"] {
        let message = support::stanza(&format!(
            "<message to='lobby@rooms.example' type='groupchat'><body>{text}</body></message>"
        ));
        world
            .service
            .handle_stanza(world.now, &support::real("ben/1"), &message);
        match world.service.poll_effect() {
            Some(Effect::Deliver { to, .. }) => lists.push(to),
            other => panic!("{other:?}"),
        }
        assert!(world.service.poll_effect().is_none(), "one effect for all");
    }
    assert!(std::sync::Arc::ptr_eq(&lists[0], &lists[1]));
}

#[test]
fn gc1_an_absent_id_is_made_once_for_all() {
    let mut world = lobby(|_| {});
    world.send(
        "ben/1",
        "<message to='lobby@rooms.example' type='groupchat' xml:lang='de'><body>Hallo</body></message>",
    );
    let (one, two) = (world.first("owner/1"), world.first("ben/1"));
    assert!(one.attr("id").is_some_and(|id| !id.is_empty()));
    assert_eq!(one.attr("id"), two.attr("id"));
    assert_eq!(one.lang().as_deref(), Some("de"));
}

/// A way for a message through the room.
type Path = Box<dyn Fn(&mut World) -> Vec<String>>;

#[test]
fn gc3_se2_forged_children_are_removed_on_every_path() {
    let mut world = lobby(|room| room.change_subject = true);
    let paths: [(&str, Path); 4] = [
        (
            "groupchat",
            Box::new(|w| w.groupchat("ben/1", &format!("<body>x</body>{}", forged()))),
        ),
        (
            "subject",
            Box::new(|w| w.groupchat("ben/1", &format!("<subject>x</subject>{}", forged()))),
        ),
        (
            "private",
            Box::new(|w| w.whisper("ben/1", "owner", &format!("<body>x</body>{}", forged()))),
        ),
        (
            "history",
            Box::new(|w| {
                w.groupchat("ben/1", &format!("<body>another</body>{}", forged()));
                w.join_with("owner/1", "owner", "<history maxstanzas='1'/>", "")
            }),
        ),
    ];
    for (name, act) in paths {
        act(&mut world);
        let message = world
            .last
            .iter()
            .filter(|out| matches!(out, support::Out::Stanza { .. }))
            .map(support::Out::stanza)
            .find(|stanza| {
                stanza.name() == "message"
                    && stanza.attr("from").as_deref() == Some("lobby@rooms.example/ben")
            })
            .unwrap_or_else(|| panic!("a message on the path {name}"));
        let xml = message.to_string();
        assert!(!xml.contains("forged"), "{name}: {xml}");
        for kept in ["kept-foreign", "kept-origin", "kept-delay", "kept-nested"] {
            assert!(xml.contains(kept), "{name}: {kept} in {xml}");
        }
        let count = |child: &str, ns| message.children().filter(|c| c.is(child, ns)).count();
        assert_eq!(count("occupant-id", ns::OCCUPANT_ID), 1, "{name}");
        let private = name == "private";
        let own = message
            .children()
            .filter(|c| c.is("stanza-id", ns::STANZA_ID))
            .filter(|c| c.attr("by").as_deref() == Some("lobby@rooms.example"))
            .count();
        assert_eq!(own, usize::from(!private), "{name}");
        assert_eq!(count("x", ns::MUC_USER), usize::from(private), "{name}");
    }
}

#[test]
fn gc4_stanza_ids_do_not_repeat() {
    let mut world = lobby(|_| {});
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..2000 {
        world.say("ben/1", "x");
        let message = world.first("ben/1");
        let id = message
            .child("stanza-id", ns::STANZA_ID)
            .and_then(|id| id.attr("id").map(Into::<String>::into))
            .expect("a stanza-id");
        assert_eq!(id.len(), 22, "128 bits");
        assert!(ids.insert(id));
    }
}

#[test]
fn gc5_without_voice_nothing_is_said() {
    let mut world = lobby(|room| room.moderated = true);
    for children in [
        "<body>hi</body>",
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    ] {
        assert_eq!(
            world.groupchat("ben/1", children),
            ["ben/1 < message error auth/forbidden"]
        );
    }
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    assert_eq!(world.say("ben/1", "hi").len(), 2);
    // Nothing of what was refused is in the history.
    let out = world.join_with("eve/1", "eve", "", "");
    assert_eq!(out.iter().filter(|line| line.ends_with('@')).count(), 1);
}

#[test]
fn gc6_gc9_who_is_outside_says_nothing() {
    let mut world = lobby(|_| {});
    assert_eq!(
        world.say("eve/1", "hi"),
        ["eve/1 < message error cancel/not-acceptable"]
    );
    let error = world.first("eve/1");
    assert_eq!(error.attr("id").as_deref(), Some("m"));
    assert_eq!(error.attr("from").as_deref(), Some("lobby@rooms.example"));
    let by = error
        .child("error", ns::CLIENT)
        .expect("an error")
        .attr("by")
        .map(Into::<String>::into);
    assert_eq!(by.as_deref(), Some("lobby@rooms.example"));
    // An owner outside is outside.
    world.leave("owner/1", "owner");
    assert_eq!(
        world.say("owner/1", "hi"),
        ["owner/1 < message error cancel/not-acceptable"]
    );
    let out = world.send(
        "eve/1",
        "<message to='nowhere@rooms.example' type='groupchat'><body>hi</body></message>",
    );
    assert_eq!(out, ["eve/1 < message error cancel/item-not-found"]);
}

#[test]
fn gc7_other_types_are_no_messages_to_all() {
    let mut world = lobby(|_| {});
    for attributes in [
        "type='chat'",
        "type='headline'",
        "type='normal'",
        "",
        "type='unknown'",
    ] {
        let out = world.send(
            "ben/1",
            &format!("<message to='lobby@rooms.example' {attributes}><body>hi</body></message>"),
        );
        assert_eq!(
            out,
            ["ben/1 < message error modify/bad-request"],
            "{attributes}"
        );
    }
}

#[test]
fn gc8_a_kept_message_is_stored_before_it_is_reflected() {
    let mut world = lobby(|room| {
        room.archive = true;
        room.change_subject = true;
    });
    assert_eq!(
        world.say("ben/1", "hi"),
        ["store message", "owner/1 < ben: hi", "ben/1 < ben: hi"]
    );
    assert_eq!(
        world.groupchat("ben/1", "<subject>t</subject>")[0],
        "store message"
    );
    for transient in [
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<body>x</body><no-store xmlns='urn:xmpp:hints'/>",
        "<body>x</body><no-permanent-store xmlns='urn:xmpp:hints'/>",
    ] {
        let out = world.groupchat("ben/1", transient);
        assert_eq!(out.len(), 2, "{out:?}");
    }
    let out = world.groupchat(
        "ben/1",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/><store xmlns='urn:xmpp:hints'/>",
    );
    assert_eq!(out[0], "store message");
}

#[test]
fn fl3_a_large_message_is_refused() {
    let mut world = World::with(|service| service.limits.message_bytes = 1000);
    world.join("ben/1", "ben");
    let out = world.say("ben/1", &"x".repeat(1000));
    assert_eq!(out, ["ben/1 < message error modify/policy-violation"]);
    assert_eq!(
        world.whisper(
            "ben/1",
            "ben",
            &format!("<body>{}</body>", "x".repeat(1000))
        ),
        out
    );
    assert_eq!(world.say("ben/1", &"x".repeat(500)).len(), 1);
}

#[test]
fn hi1_history_keeps_id_author_and_time() {
    let mut world = lobby(|_| {});
    world.say("ben/1", "hi");
    let live = world.first("ben/1");
    world.presence("ben/1", "benny", "");
    world.leave("ben/1", "benny");
    world.wait(Duration::from_millis(1500));
    world.join_with("eve/1", "eve", "", "");
    let old = world
        .last
        .iter()
        .find(|out| out.line() == "eve/1 < ben: hi @")
        .expect("the message under the old nick")
        .stanza()
        .clone();
    assert_eq!(old.attr("id"), live.attr("id"));
    for (name, namespace) in [
        ("stanza-id", ns::STANZA_ID),
        ("occupant-id", ns::OCCUPANT_ID),
    ] {
        assert_eq!(
            old.child(name, namespace)
                .map(|c| c.attr("id").map(Into::<String>::into)),
            live.child(name, namespace)
                .map(|c| c.attr("id").map(Into::<String>::into))
        );
    }
    let delay = old.child("delay", ns::DELAY).expect("a delay");
    assert_eq!(delay.attr("from").as_deref(), Some("lobby@rooms.example"));
    assert_eq!(delay.attr("stamp").as_deref(), Some("2026-11-20T10:00:00Z"));
}

#[test]
fn hi4_bad_limits_count_as_absent_and_zero_as_none() {
    let mut world = lobby(|_| {});
    for n in 0..3 {
        world.say("ben/1", &n.to_string());
    }
    let mut count = |history: &str| {
        let out = world.join_with("eve/1", "eve", &format!("<history {history}/>"), "");
        assert!(
            out.last().is_some_and(|line| line.ends_with("room! ")),
            "the subject: {out:?}"
        );
        out.iter().filter(|line| line.ends_with('@')).count()
    };
    for none in [
        "maxchars='0'",
        "maxstanzas='0'",
        "seconds='0'",
        "since='2030-01-01T00:00:00Z'",
    ] {
        assert_eq!(count(none), 0, "{none}");
    }
    for all in [
        "",
        "maxchars=''",
        "maxstanzas='-1'",
        "seconds='x'",
        "since='yesterday'",
        "maxstanzas='99999999999999999999999'",
        "maxchars='100000'",
        "since='1970-01-01T00:00:00Z'",
    ] {
        assert_eq!(count(all), 3, "{all}");
    }
}

#[test]
fn hi3_maxchars_counts_the_stanza_as_sent() {
    let mut world = lobby(|_| {});
    world.say("ben/1", "älter");
    world.say("ben/1", "jünger");
    let out = world.join_with("eve/1", "eve", "", "");
    let sizes: Vec<usize> = world
        .last
        .iter()
        .filter(|out| out.line().ends_with('@'))
        .map(|out| {
            out.xml()
                .replace(" xmlns='jabber:client'", "")
                .chars()
                .count()
        })
        .collect();
    assert_eq!(sizes.len(), 2, "{out:?}");
    let mut count = |max: usize| {
        let out = world.join_with("eve/1", "eve", &format!("<history maxchars='{max}'/>"), "");
        out.iter().filter(|line| line.ends_with('@')).count()
    };
    assert_eq!(count(sizes[1] - 1), 0);
    assert_eq!(count(sizes[1]), 1);
    assert_eq!(count(sizes[0] + sizes[1] - 1), 1);
    assert_eq!(count(sizes[0] + sizes[1]), 2);
}

#[test]
fn hi5_what_a_history_does_not_hold() {
    let mut world = lobby(|room| room.change_subject = true);
    world.groupchat(
        "ben/1",
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    );
    world.groupchat("ben/1", "<body>x</body><no-store xmlns='urn:xmpp:hints'/>");
    world.groupchat("ben/1", "<subject>x</subject>");
    world.whisper("ben/1", "owner", "<body>x</body>");
    world.say("eve/1", "refused");
    let out = world.join_with("zoe/1", "zoe", "", "");
    assert_eq!(
        out.iter()
            .filter(|line| line.ends_with('@'))
            .collect::<Vec<_>>(),
        ["zoe/1 < ben! x @"]
    );
    // A correction, a reaction with a store hint: kept as they are.
    world.groupchat(
        "ben/1",
        "<reactions xmlns='urn:xmpp:reactions:0' id='1'/><store xmlns='urn:xmpp:hints'/>",
    );
    let out = world.join_with("max/1", "max", "", "");
    assert!(
        out.iter().any(|line| line.contains("<reactions ")),
        "{out:?}"
    );
}

#[test]
fn hi6_the_cap_of_the_room_and_a_lower_one() {
    let mut world = lobby(|room| room.max_history_fetch = 2);
    for text in ["a", "b", "c"] {
        world.say("ben/1", text);
    }
    let history = |world: &mut World| -> Vec<String> {
        let out = world.join_with("eve/1", "eve", "<history maxstanzas='9'/>", "");
        out.into_iter().filter(|line| line.ends_with('@')).collect()
    };
    assert_eq!(
        history(&mut world),
        ["eve/1 < ben: b @", "eve/1 < ben: c @"]
    );
    let form = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>\
        <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
        <field var='muc#maxhistoryfetch'><value>0</value></field></x></query>";
    assert_eq!(
        world.iq("owner/1", "set", "", form)[1],
        "owner/1 < iq result"
    );
    assert!(history(&mut world).is_empty());
}

#[test]
fn hi7_live_messages_get_no_delay_and_foreign_ones_pass() {
    let mut world = lobby(|_| {});
    world.groupchat(
        "ben/1",
        "<body>old</body><delay xmlns='urn:xmpp:delay' from='ben@users.example' stamp='2002-01-01T00:00:00Z'/>\
         <delay xmlns='urn:xmpp:delay' from='lobby@rooms.example/x' stamp='2002-01-01T00:00:00Z'/>"
            .replace("ben@users.example", "elsewhere.example")
            .as_str(),
    );
    let delays: Vec<_> = world
        .first("ben/1")
        .children()
        .filter(|c| c.is("delay", ns::DELAY))
        .filter_map(|c| c.attr("from").map(Into::<String>::into))
        .collect();
    assert_eq!(delays, ["elsewhere.example"]);
}

#[test]
fn su1_su2_the_subject_ends_a_join() {
    let mut world = lobby(|room| room.change_subject = true);
    let subject = |world: &mut World| {
        world.join("eve/1", "eve");
        world.last.last().expect("a subject").clone()
    };
    // Never set.
    let never = subject(&mut world);
    assert_eq!(never.line(), "eve/1 < room! ");
    assert_eq!(never.stanza().attr("type").as_deref(), Some("groupchat"));
    assert!(never.stanza().child("delay", ns::DELAY).is_none());
    // Set, by somebody who is gone.
    world.groupchat(
        "ben/1",
        "<subject>Topic</subject><subject xml:lang='de'>Thema</subject>",
    );
    world.leave("ben/1", "ben");
    world.wait(Duration::from_mins(1));
    let set = subject(&mut world);
    assert_eq!(set.line(), "eve/1 < ben! Topic @");
    let delay = set.stanza().child("delay", ns::DELAY).expect("a delay");
    assert_eq!(delay.attr("stamp").as_deref(), Some("2026-11-20T10:00:00Z"));
    assert_eq!(delay.attr("from").as_deref(), Some("lobby@rooms.example"));
    assert!(set.stanza().child("occupant-id", ns::OCCUPANT_ID).is_some());
    assert!(set.xml().contains("Thema"));
    // Cleared: author and time are kept.
    world.groupchat("owner/1", "<subject/>");
    assert_eq!(subject(&mut world).line(), "eve/1 < owner!  @");
}

#[test]
fn su3_a_subject_beside_a_body_or_thread_is_a_message() {
    let mut world = lobby(|room| room.change_subject = true);
    world.groupchat("ben/1", "<subject>Topic</subject>");
    world.groupchat("ben/1", "<subject>No</subject><body>text</body>");
    world.groupchat("ben/1", "<subject>No</subject><thread>t</thread>");
    world.join("eve/1", "eve");
    assert_eq!(
        world.last.last().expect("a subject").line(),
        "eve/1 < ben! Topic @"
    );
}

#[test]
fn su4_who_may_change_the_subject() {
    for (change_subject, role, allowed) in [
        (false, "visitor", false),
        (false, "participant", false),
        (false, "moderator", true),
        (true, "visitor", false),
        (true, "participant", true),
        (true, "moderator", true),
    ] {
        let mut world = lobby(|room| room.change_subject = change_subject);
        world.admin("owner/1", &format!("<item nick='ben' role='{role}'/>"));
        let out = world.groupchat("ben/1", "<subject>Topic</subject>");
        if allowed {
            assert_eq!(
                out,
                ["store room", "owner/1 < ben! Topic", "ben/1 < ben! Topic"],
                "{role}"
            );
        } else {
            assert_eq!(out, ["ben/1 < message error auth/forbidden"], "{role}");
            let error = world.first("ben/1");
            assert_eq!(
                error.child("subject", ns::CLIENT).expect("echoed").text(),
                "Topic"
            );
        }
    }
}

#[test]
fn su5_a_subject_change_keeps_id_languages_and_extensions() {
    let mut world = lobby(|_| {});
    world.groupchat(
        "owner/1",
        "<subject>Topic</subject><subject xml:lang='de'>Thema</subject><ext xmlns='urn:example'/>",
    );
    let message = world.first("ben/1");
    assert_eq!(message.attr("id").as_deref(), Some("m"));
    assert_eq!(
        message.children().filter(|c| c.name() == "subject").count(),
        2
    );
    for name in ["ext", "occupant-id", "stanza-id"] {
        assert!(message.children().any(|c| c.name() == name), "{name}");
    }
}

#[test]
fn fl3_a_long_subject_is_refused() {
    let mut world = World::with(|service| service.limits.subject_bytes = 10);
    world.join("owner/1", "owner");
    assert_eq!(
        world.groupchat("owner/1", "<subject>12345678901</subject>"),
        ["owner/1 < message error modify/policy-violation"]
    );
    assert_eq!(
        world
            .groupchat("owner/1", "<subject>1234567890</subject>")
            .len(),
        2,
        "stored and reflected"
    );
}

#[test]
fn pm1_ms2_a_private_message_goes_to_all_sessions_of_the_nick() {
    let mut world = lobby(|_| {});
    world.join("ben/2", "ben");
    let out = world.whisper("owner/1", "ben", "<body>psst</body>");
    assert_eq!(
        out,
        [
            "ben/1 < owner (private): psst",
            "ben/2 < owner (private): psst"
        ]
    );
    let message = world.first("ben/1");
    assert_eq!(message.attr("type").as_deref(), Some("chat"));
    assert_eq!(message.attr("id").as_deref(), Some("w"));
    let x = message.child("x", ns::MUC_USER).expect("an x");
    assert_eq!(x.children().count(), 0);
}

#[test]
fn pm2_what_a_private_message_may_not_be() {
    let mut world = lobby(|_| {});
    assert_eq!(
        world.whisper("ben/1", "nobody", "<body>hi</body>"),
        ["ben/1 < message error cancel/item-not-found"]
    );
    let groupchat = |nick: &str| {
        format!(
            "<message to='lobby@rooms.example/{nick}' type='groupchat'><body>x</body></message>"
        )
    };
    assert_eq!(
        world.send("ben/1", &groupchat("owner")),
        ["ben/1 < message error modify/bad-request"]
    );
    // From outside one answer, whether the nick exists or not.
    let mut answers = Vec::new();
    for nick in ["owner", "nobody"] {
        world.whisper("eve/1", nick, "<body>hi</body>");
        answers.push(world.first("eve/1").to_string().replace(nick, "NICK"));
        world.send("eve/1", &groupchat(nick));
        answers.push(
            world
                .first("eve/1")
                .to_string()
                .replace(nick, "NICK")
                .replace(" id='w'", ""),
        );
    }
    assert_eq!(answers[0], answers[2]);
    assert_eq!(answers[1], answers[3]);
    assert!(answers[0].contains("not-acceptable"));
}

#[test]
fn pm3_who_may_send_private_messages() {
    for (allow, allowed) in [
        (AllowPm::Anyone, [true, true, true]),
        (AllowPm::Participants, [false, true, true]),
        (AllowPm::Moderators, [false, false, true]),
        (AllowPm::None, [false, false, false]),
    ] {
        for (role, allowed) in ["visitor", "participant", "moderator"]
            .into_iter()
            .zip(allowed)
        {
            let mut world = lobby(|room| room.allow_pm = allow);
            world.admin("owner/1", &format!("<item nick='ben' role='{role}'/>"));
            let out = world.whisper("ben/1", "owner", "<body>x</body>");
            let expected = if allowed {
                "owner/1 < ben (private): x"
            } else {
                "ben/1 < message error auth/forbidden"
            };
            assert_eq!(out, [expected], "{allow:?} {role}");
            assert_eq!(
                world.whisper("ben/1", "ben", "<body>x</body>"),
                ["ben/1 < ben (private): x"],
                "to oneself"
            );
        }
    }
}

#[test]
fn pm4_an_error_comes_back_without_real_addresses() {
    let mut world = lobby(|_| {});
    world.whisper("owner/1", "ben", "<body>x</body>");
    let out = world.send(
        "ben/1",
        "<message to='lobby@rooms.example/owner' type='error' id='w' from='ben@users.example/1'>\
         <error type='modify' by='ben@users.example'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
         <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>ben@users.example says no</text></error></message>",
    );
    assert_eq!(out, ["owner/1 < message error modify/not-acceptable"]);
    let error = world.first("owner/1");
    assert_eq!(
        error.attr("from").as_deref(),
        Some("lobby@rooms.example/ben")
    );
    assert_eq!(error.attr("id").as_deref(), Some("w"));
    let xml = error.to_string();
    assert!(
        !xml.contains("ben@") && xml.contains("by='lobby@rooms.example/ben'"),
        "{xml}"
    );
}

#[test]
fn et17_no_error_answers_an_error() {
    let mut world = lobby(|_| {});
    for to in [
        "lobby@rooms.example",
        "lobby@rooms.example/nobody",
        "none@rooms.example",
        "rooms.example",
    ] {
        for kind in ["message", "iq", "presence"] {
            let out = world.send(
                "eve/1",
                &format!(
                    "<{kind} to='{to}' type='error' id='1'><error type='cancel'>\
                     <not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></{kind}>"
                ),
            );
            assert!(out.is_empty(), "{kind} to {to}: {out:?}");
        }
        let out = world.send("eve/1", &format!("<iq to='{to}' type='result' id='1'/>"));
        assert!(out.is_empty(), "{to}: {out:?}");
    }
}

#[test]
fn cl3_chat_states_without_id_are_reflected_and_not_kept() {
    let mut world = lobby(|room| room.archive = true);
    let out = world.send(
        "ben/1",
        "<message to=\"lobby@rooms.example\" type=\"groupchat\" xmlns=\"jabber:client\">\
         <composing xmlns=\"http://jabber.org/protocol/chatstates\"/><no-store xmlns=\"urn:xmpp:hints\"/>\
         <no-permanent-store xmlns=\"urn:xmpp:hints\"/></message>",
    );
    let line = "< ben <composing no-store no-permanent-store occupant-id stanza-id>";
    assert_eq!(out, [format!("owner/1 {line}"), format!("ben/1 {line}")]);
    assert!(world.first("owner/1").attr("id").is_some());
}
