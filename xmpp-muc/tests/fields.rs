//! What the fields of the owner's form do, and what disco tells of them (MUC CO1 to CO23, DI4, DI5, FL7, ST6); the
//! errors and secrets that other tests show in passing (MUC AD14, NM1, SE4 to SE7, ST17).

mod support;

use support::World;
use xmpp_core::xml::{Payload as _, ns};
use xmpp_muc::{Whois, stanza::DiscoInfo};

const INFO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";

/// An unmoderated room with its owner and Ben; every field of the form is offered.
fn lobby() -> World {
    let mut world = World::with(|service| service.withheld_fields.clear());
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

fn info(world: &mut World) -> DiscoInfo {
    assert_eq!(
        world.iq("eve/1", "get", "", INFO),
        ["eve/1 < iq result query"]
    );
    let answer = world.first("eve/1");
    let query = answer.child("query", ns::DISCO_INFO).expect("a query");
    DiscoInfo::from_element(query).expect("valid")
}

/// A value of the room's form in disco.
fn about(world: &mut World, var: &str) -> Option<String> {
    let info = info(world);
    let form = info
        .form("http://jabber.org/protocol/muc#roominfo")
        .expect("a form");
    form.value(var).map(str::to_owned)
}

/// Sets a field: it is stored, answered and said with 104.
fn set(world: &mut World, field: &str, value: &str) {
    let out = world.configure("owner/1", &[(field, value)]);
    assert_eq!(out[..2], ["store config", "owner/1 < iq result"], "{field}");
    assert!(
        out.contains(&"ben/1 < room says #104".to_owned()),
        "{field}: {out:?}"
    );
}

#[test]
fn co1_name_and_description_are_told() {
    let mut world = lobby();
    set(&mut world, "roomname", "The lobby");
    set(&mut world, "roomdesc", "Where all meet");
    assert_eq!(
        info(&mut world).identities[0].name.as_deref(),
        Some("The lobby")
    );
    let description = about(&mut world, "muc#roominfo_description");
    assert_eq!(description.as_deref(), Some("Where all meet"));
    for (field, most) in [("roomname", 256), ("roomdesc", 4096)] {
        set(&mut world, field, &"x".repeat(most));
        let out = world.configure("owner/1", &[(field, &"x".repeat(most + 1))]);
        assert_eq!(out, ["owner/1 < iq error modify/not-acceptable"], "{field}");
    }
}

#[test]
fn co2_the_language_is_told() {
    let mut world = lobby();
    assert_eq!(about(&mut world, "muc#roominfo_lang"), None);
    set(&mut world, "lang", "de-AT");
    assert_eq!(
        about(&mut world, "muc#roominfo_lang").as_deref(),
        Some("de-AT")
    );
}

#[test]
fn co3_st6_a_public_log_is_said_when_it_begins_and_ends_and_on_entering() {
    let mut world = lobby();
    let out = world.configure("owner/1", &[("enablelogging", "1")]);
    assert!(
        out.contains(&"ben/1 < room says #170".to_owned()),
        "{out:?}"
    );
    let out = world.join("eve/1", "eve");
    assert!(out.iter().any(|line| line.contains("#110,170 ")), "{out:?}");
    let out = world.configure("owner/1", &[("enablelogging", "0")]);
    assert!(
        out.contains(&"ben/1 < room says #171".to_owned()),
        "{out:?}"
    );
}

#[test]
fn co7_a_lower_limit_removes_nobody_and_admits_nobody() {
    let mut world = lobby();
    set(&mut world, "maxusers", "1");
    assert_eq!(world.say("ben/1", "still here").len(), 2);
    let full = ["eve/1 < presence error wait/service-unavailable"];
    assert_eq!(world.join("eve/1", "eve"), full);
    set(&mut world, "maxusers", "none");
    assert!(
        world
            .join("eve/1", "eve")
            .iter()
            .any(|line| line.contains("#110"))
    );
}

#[test]
fn co9_who_may_ask_for_the_member_list() {
    let list =
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='member'/></query>";
    for (roles, allowed) in [("moderator,participant", true), ("moderator", false)] {
        let mut world = World::with_room(|room| room.whois = Whois::Anyone);
        world.join("owner/1", "owner");
        world.join("ben/1", "ben");
        if !allowed {
            set(&mut world, "getmemberlist", roles);
        }
        let out = world.iq("ben/1", "get", "", list);
        let expected = if allowed {
            "ben/1 < iq result query"
        } else {
            "ben/1 < iq error auth/forbidden"
        };
        assert_eq!(out, [expected], "{roles}");
    }
}

#[test]
fn co10_a_public_room_is_listed() {
    let mut world = lobby();
    let listed = |world: &mut World| {
        world.send(
            "eve/1",
            "<iq to='rooms.example' type='get' id='i'>\
             <query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
        );
        world
            .first("eve/1")
            .to_string()
            .contains("jid='lobby@rooms.example'")
    };
    assert!(!listed(&mut world) && info(&mut world).has_feature("muc_hidden"));
    set(&mut world, "publicroom", "1");
    assert!(listed(&mut world) && info(&mut world).has_feature("muc_public"));
    set(&mut world, "publicroom", "0");
    assert!(!listed(&mut world));
}

#[test]
fn co19_the_pubsub_node_is_told() {
    let mut world = lobby();
    let node = "xmpp:pubsub.example?;node=lobby";
    set(&mut world, "pubsub", node);
    assert_eq!(
        about(&mut world, "muc#roominfo_pubsub").as_deref(),
        Some(node)
    );
}

#[test]
fn co21_the_archive_is_turned_on_and_off() {
    let mut world = lobby();
    assert_eq!(world.say("ben/1", "before").len(), 2);
    set(&mut world, "enablearchiving", "1");
    assert!(info(&mut world).has_feature("urn:xmpp:mam:2"));
    assert_eq!(world.say("ben/1", "kept")[0], "store message");
    set(&mut world, "enablearchiving", "0");
    assert!(!info(&mut world).has_feature("urn:xmpp:mam:2"));
    assert_eq!(world.say("ben/1", "after").len(), 2);
}

#[test]
fn co22_queries_between_occupants_are_turned_off() {
    let mut world = lobby();
    let version = "<query xmlns='jabber:iq:version'/>";
    assert_eq!(
        world.iq("owner/1", "get", "/ben", version),
        ["ben/1 < iq get query from owner"]
    );
    set(&mut world, "allow_query_users", "0");
    assert_eq!(
        world.iq("owner/1", "get", "/ben", version),
        ["owner/1 < iq error cancel/not-allowed"]
    );
}

#[test]
fn co23_requests_for_voice_have_their_pause() {
    let mut world = World::with_room(|room| room.moderated = true);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    set(&mut world, "voice_request_min_interval", "60");
    let form = support::field("FORM_TYPE", &["http://jabber.org/protocol/muc#request"])
        + &support::field("muc#role", &["participant"]);
    let ask = format!(
        "<message to='lobby@rooms.example'><x xmlns='jabber:x:data' type='submit'>{form}</x></message>"
    );
    assert_eq!(world.send("ben/1", &ask).len(), 1);
    let too_soon = ["ben/1 < message error wait/resource-constraint"];
    world.wait(std::time::Duration::from_secs(59));
    assert_eq!(world.send("ben/1", &ask), too_soon);
    world.wait(std::time::Duration::from_secs(1));
    assert_eq!(world.to("ben/1").len(), 0);
    assert_ne!(world.send("ben/1", &ask), too_soon);
    let request = "http://jabber.org/protocol/muc#request";
    assert!(info(&mut world).has_feature(request), "DI4");
    set(&mut world, "allow_voice_requests", "0");
    assert!(!info(&mut world).has_feature(request), "DI4");
}

/// A feature is told exactly while there is what it stands for.
#[test]
fn di4_features_come_and_go_with_what_they_stand_for() {
    let mut world = lobby();
    for feature in [
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#stable_id",
        "http://jabber.org/protocol/muc#self-ping-optimization",
        "urn:xmpp:occupant-id:0",
        "urn:xmpp:sid:0",
        "urn:xmpp:message-moderate:1",
        "urn:xmpp:message-retract:1",
        "urn:xmpp:hats:0",
        "http://jabber.org/protocol/commands",
    ] {
        assert!(info(&mut world).has_feature(feature), "{feature}");
    }
    let request = "http://jabber.org/protocol/muc#request";
    assert!(
        !info(&mut world).has_feature(request),
        "nobody needs to ask"
    );
    set(&mut world, "moderatedroom", "1");
    assert!(info(&mut world).has_feature(request));
    for feature in ["urn:xmpp:mam:2", "urn:xmpp:mam:2#extended"] {
        assert!(!info(&mut world).has_feature(feature), "{feature}");
    }
    set(&mut world, "enablearchiving", "1");
    for feature in ["urn:xmpp:mam:2", "urn:xmpp:mam:2#extended"] {
        assert!(info(&mut world).has_feature(feature), "{feature}");
    }
}

#[test]
fn di5_the_form_tells_what_is_so_and_no_address() {
    let mut world = lobby();
    world.configure("owner/1", &[("publicroom", "1"), ("changesubject", "1")]);
    world.groupchat("ben/1", "<subject>Topic</subject>");
    for (var, value) in [
        ("muc#roominfo_occupants", Some("2")),
        ("muc#roominfo_subject", Some("Topic")),
        ("muc#roominfo_subjectmod", Some("1")),
        ("muc#roomconfig_changesubject", Some("1")),
        ("muc#roominfo_contactjid", None),
        ("{urn:xmpp:muc-activity}message-activity", None),
    ] {
        assert_eq!(about(&mut world, var).as_deref(), value, "{var}");
    }
    assert!(
        !world
            .first("eve/1")
            .to_string()
            .contains("owner@users.example")
    );
    world.configure("owner/1", &[("membersonly", "1")]);
    assert_eq!(
        about(&mut world, "muc#roominfo_subject"),
        None,
        "for members"
    );
}

#[test]
fn fl7_slow_mode_is_always_told() {
    let mut world = lobby();
    let var = "muc#roominfo_slow_mode_duration";
    assert_eq!(about(&mut world, var).as_deref(), Some("0"));
    set(&mut world, "slow_mode_duration", "30");
    assert_eq!(about(&mut world, var).as_deref(), Some("30"));
}

#[test]
fn ad14_the_same_again_is_a_result_and_a_new_nick_is_stored() {
    let mut world = lobby();
    let member = |nick: &str, reason: &str| {
        format!("<item jid='ben@users.example' affiliation='member'{nick}>{reason}</item>")
    };
    world.admin("owner/1", &member("", ""));
    let result = "owner/1 < iq result";
    assert_eq!(world.admin("owner/1", &member("", "")), [result]);
    assert_eq!(
        world.admin("owner/1", &member(" nick='ben'", "")),
        ["store member ben", result]
    );
    assert_eq!(
        world.admin("owner/1", &member("", "<reason>old friend</reason>")),
        ["store member ben", result]
    );
    assert_eq!(
        world.admin("owner/1", "<item nick='ben' role='participant'/>"),
        [result]
    );
    let nobody = "<item jid='zoe@users.example' affiliation='none'/>";
    assert_eq!(world.admin("owner/1", nobody), [result]);
}

/// The draft of another MUC is not understood, and does no harm.
#[test]
fn nm1_unknown_children_of_a_join_change_nothing() {
    let mut world = lobby();
    let plain = world.join("eve/1", "eve");
    world.leave("eve/1", "eve");
    let x = "<history maxstanzas='0'/><muc2 xmlns='urn:xmpp:muc:0'/><other xmlns='urn:example'/>";
    assert_eq!(world.join_with("eve/1", "eve", x, ""), plain);
    assert!(!info(&mut world).has_feature("urn:xmpp:muc:0"));
}

/// What somebody may do is decided when it is done, not when it was begun; and by who sends it, not by what it says.
#[test]
fn se4_rights_are_looked_at_in_the_act() {
    let mut world = lobby();
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='owner'/>",
    );
    let get = "<query xmlns='http://jabber.org/protocol/muc#owner'/>";
    assert_eq!(
        world.iq("ben/1", "get", "", get),
        ["ben/1 < iq result query"]
    );
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='member'/>",
    );
    assert_eq!(
        world.configure("ben/1", &[("roomname", "Mine")]),
        ["ben/1 < iq error auth/forbidden"]
    );
    let forged = "<iq from='owner@users.example/1' to='lobby@rooms.example' type='set' id='f'>\
        <query xmlns='http://jabber.org/protocol/muc#admin'>\
        <item jid='ben@users.example' affiliation='owner'/></query></iq>";
    assert_eq!(
        world.send("ben/1", forged),
        ["ben/1 < iq error auth/forbidden"]
    );
    let forged = "<message from='owner@users.example/1' to='lobby@rooms.example' type='groupchat'>\
        <body>hi</body></message>";
    assert_eq!(world.send("ben/1", forged)[0], "owner/1 < ben: hi");
    assert_eq!(
        world.send("eve/1", forged),
        ["eve/1 < message error cancel/not-acceptable"]
    );
}

/// An outsider's answers are the same, byte for byte, whoever is inside, listed or banned.
#[test]
fn se5_outsiders_learn_nothing_from_answers() {
    let item = |item: &str| {
        format!(
            "<iq to='lobby@rooms.example' type='set' id='1'>\
             <query xmlns='http://jabber.org/protocol/muc#admin'>{item}</query></iq>"
        )
    };
    let mut pairs = vec![
        (
            item("<item nick='ben' role='none'/>"),
            item("<item nick='nobody' role='none'/>"),
        ),
        (
            item("<item jid='ben@users.example' affiliation='none'/>"),
            item("<item jid='no@users.example' affiliation='none'/>"),
        ),
    ];
    for children in [
        "<ping xmlns='urn:xmpp:ping'/>",
        INFO,
        "<vCard xmlns='vcard-temp'/>",
        "<query xmlns='jabber:iq:version'/>",
    ] {
        let ask = |nick: &str| {
            format!("<iq to='lobby@rooms.example/{nick}' type='get' id='1'>{children}</iq>")
        };
        pairs.push((ask("ben"), ask("nobody")));
    }
    let whisper = |nick: &str| {
        format!(
            "<message to='lobby@rooms.example/{nick}' type='chat' id='1'><body>x</body></message>"
        )
    };
    pairs.push((whisper("ben"), whisper("nobody")));
    let mut world = lobby();
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='member'/>\
         <item jid='zoe@users.example' affiliation='outcast'/>",
    );
    for (one, other) in pairs {
        let mut answers = [one, other].map(|stanza| {
            world.send("eve/1", &stanza);
            world
                .first("eve/1")
                .to_string()
                .replace("/ben'", "/nobody'")
        });
        assert!(answers[0].contains("type='error'"), "{}", answers[0]);
        answers.sort();
        assert_eq!(answers[0], answers[1]);
    }
    // Whoever has no password or is no member does not learn which nicks are taken.
    for (field, value) in [("roomsecret", "sesame"), ("membersonly", "1")] {
        world.configure("owner/1", &[(field, value)]);
        assert_eq!(
            world.join("eve/1", "owner")[0].replace("/owner", ""),
            world.join("eve/1", "nobody")[0].replace("/nobody", "")
        );
    }
}

/// What was said is not there in a new room of the same address, nor for who may not enter.
#[test]
fn se6_what_was_said_is_for_who_may_enter_that_room() {
    let mut world = lobby();
    world.say("ben/1", "secret-text");
    world.groupchat("owner/1", "<subject>secret-text</subject>");
    world.admin(
        "owner/1",
        "<item jid='zoe@users.example' affiliation='outcast'/>",
    );
    world.join_with("zoe/1", "zoe", "", "");
    assert!(!world.first("zoe/1").to_string().contains("secret-text"));
    assert_eq!(world.count("zoe/1"), 1);
    let destroy = "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>";
    world.iq("owner/1", "set", "", destroy);
    let out = world.join_with("zoe/1", "zoe", "", "");
    assert!(
        out[1].contains("owner/moderator #110,201"),
        "a room of its own: {out:?}"
    );
    for out in &world.last {
        if let support::Out::Stanza { stanza, .. } = out {
            assert!(!stanza.to_string().contains("secret-text"), "{stanza}");
        }
    }
}

/// The secret of a room is in the owner's form and in invitations, and nowhere else.
#[test]
fn se7_the_password_is_in_no_other_answer() {
    let mut world = lobby();
    world.configure("owner/1", &[("roomsecret", "sesame")]);
    let mut seen = Vec::new();
    let mut look = |world: &World, what: &str| {
        for out in &world.last {
            if let support::Out::Stanza { stanza, .. } = out
                && stanza.to_string().contains("sesame")
            {
                seen.push(what.to_owned());
            }
        }
    };
    for x in [
        "",
        "<password>wrong</password>",
        "<password>sesame</password>",
    ] {
        world.join_with("eve/1", "eve", x, "");
        look(&world, "join");
    }
    info(&mut world);
    look(&world, "disco");
    world.iq(
        "ben/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/muc#owner'/>",
    );
    look(&world, "form of another");
    world.configure("owner/1", &[("roomsecret", "sesame"), ("whois", "nobody")]);
    look(&world, "refused form");
    world.send(
        "eve/2",
        "<presence to='lobby@rooms.example/eve' type='unavailable'/>",
    );
    look(&world, "leave");
    assert!(seen.is_empty(), "{seen:?}");
    assert!(!format!("{:?}", world.service).contains("sesame"));
}
