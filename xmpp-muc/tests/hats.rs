//! Hats (XEP-0317; MUC HA1 to HA3, DI4, DI5).

mod support;

use support::{Out, World, field};
use xmpp_core::xml::{Element, ns};
use xmpp_muc::{Hat, HatError};

const TEACHER: &str = "http://tech.example.edu/hats#Teacher";
const HOST: &str = "http://schemas.example.com/hats#host";

/// The owner, an admin and ben; a hat is there.
fn lobby() -> World {
    let mut world = World::with_room(|room| {
        room.hats
            .push(Hat::new(TEACHER, "Teacher").with_hue(171.5).with_lang("en"));
    });
    world.join("owner/1", "owner");
    world.admin(
        "owner/1",
        "<item jid='admin@users.example' affiliation='admin'/>",
    );
    world.join("admin/1", "admin");
    world.join("ben/1", "ben");
    world
}

/// A direct submission, as a client does that knows the form.
fn submit(world: &mut World, session: &str, command: &str, fields: &[(&str, &str)]) -> Vec<String> {
    let mut form = field("FORM_TYPE", &["urn:xmpp:hats:commands"]);
    for (var, value) in fields {
        form += &field(&format!("hats#{var}"), &[value]);
    }
    let form = format!("<x xmlns='jabber:x:data' type='submit'>{form}</x>");
    run(world, session, command, "execute", &form)
}

fn run(world: &mut World, session: &str, command: &str, action: &str, form: &str) -> Vec<String> {
    world.iq(
        session,
        "set",
        "",
        &format!(
            "<command xmlns='http://jabber.org/protocol/commands' action='{action}' \
             node='urn:xmpp:hats:commands:{command}'>{form}</command>"
        ),
    )
}

fn assign(world: &mut World, session: &str, user: &str, uri: &str) -> Vec<String> {
    let jid = format!("{user}@users.example");
    submit(world, session, "assign", &[("jid", &jid), ("uri", uri)])
}

/// The hats in the presences of the last outcome that go to a session.
fn hats_seen(world: &World, session: &str) -> Vec<String> {
    world
        .last
        .iter()
        .filter(|out| out.is_to(session))
        .map(Out::stanza)
        .filter_map(|stanza| Some(stanza.child("hats", ns::HATS)?.to_string()))
        .collect()
}

fn hash(world: &mut World) -> Option<String> {
    world.iq(
        "ben/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    );
    let info = world.first("ben/1").to_string();
    assert!(
        info.contains("'urn:xmpp:hats:0'")
            && info.contains("'http://jabber.org/protocol/commands'")
    );
    let (_, rest) = info.split_once("var='hats#hash'")?;
    let (_, rest) = rest.split_once("<value>")?;
    Some(rest.split_once('<')?.0.to_owned())
}

#[test]
fn ha1_hats_are_in_every_presence_of_the_wearer() {
    let mut world = lobby();
    let out = assign(&mut world, "admin/1", "ben", TEACHER);
    assert_eq!(
        out,
        [
            "store room",
            "admin/1 < iq result command",
            "owner/1 < +ben none/participant jid=ben/1",
            "admin/1 < +ben none/participant jid=ben/1",
            "ben/1 < +ben none/participant #110 jid=ben/1",
        ]
    );
    let hat = "<hats xmlns='urn:xmpp:hats:0'><hat title='Teacher' \
               uri='http://tech.example.edu/hats#Teacher' hue='171.5' xml:lang='en'/></hats>";
    let everybody = ["owner/1", "admin/1", "ben/1"];
    for session in everybody {
        assert_eq!(hats_seen(&world, session), [hat], "{session}");
    }
    // Updates, newcomers, further sessions, renaming, another nick, leaving.
    world.presence("ben/1", "ben", "<show>away</show>");
    assert_eq!(hats_seen(&world, "owner/1"), [hat]);
    world.join("eve/1", "eve");
    assert_eq!(hats_seen(&world, "eve/1"), [hat]);
    world.join("ben/2", "ben");
    assert_eq!(hats_seen(&world, "ben/2"), [hat]);
    world.presence("ben/2", "benny", "");
    assert_eq!(hats_seen(&world, "eve/1"), [hat], "the new nick");
    world.leave("ben/2", "benny");
    world.presence("ben/1", "benjamin", "");
    assert_eq!(
        hats_seen(&world, "eve/1"),
        [hat, hat],
        "the old nick and the new"
    );
    world.admin("owner/1", "<item nick='benjamin' role='none'/>");
    assert_eq!(hats_seen(&world, "eve/1"), [hat]);
    world.join("ben/1", "ben");
    assert_eq!(hats_seen(&world, "ben/1"), [hat], "they stay");
}

#[test]
fn ha1_a_client_gives_itself_no_hat() {
    let mut world = lobby();
    let forged = "<hats xmlns='urn:xmpp:hats:0'><hat uri='urn:x' title='King'/></hats>";
    world.join_with("eve/1", "eve", "", forged);
    assert!(hats_seen(&world, "ben/1").is_empty() && hats_seen(&world, "eve/1").is_empty());
    assign(&mut world, "owner/1", "ben", TEACHER);
    world.presence("ben/1", "ben", &format!("<show>xa</show>{forged}"));
    let seen = hats_seen(&world, "owner/1");
    assert!(seen.len() == 1 && !seen[0].contains("King"), "{seen:?}");
}

#[test]
fn ha2_only_admins_and_owners_run_the_commands() {
    let mut world = lobby();
    for command in [
        "create",
        "destroy",
        "list",
        "assign",
        "unassign",
        "list-assigned",
    ] {
        for session in ["ben/1", "eve/1"] {
            assert_eq!(
                run(&mut world, session, command, "execute", ""),
                [format!("{session} < iq error auth/forbidden")]
            );
        }
        assert_eq!(
            run(&mut world, "admin/1", command, "execute", ""),
            ["admin/1 < iq result command"]
        );
        let info = format!(
            "<query xmlns='http://jabber.org/protocol/disco#info' \
             node='urn:xmpp:hats:commands:{command}'/>"
        );
        world.iq("admin/1", "get", "", &info);
        assert!(
            world
                .first("admin/1")
                .to_string()
                .contains("type='command-node'")
        );
    }
    assert_eq!(
        run(&mut world, "owner/1", "polish", "execute", ""),
        ["owner/1 < iq error cancel/item-not-found"]
    );
    let items = "<query xmlns='http://jabber.org/protocol/disco#items' \
                 node='http://jabber.org/protocol/commands'/>";
    for (session, count) in [("owner/1", 6), ("admin/1", 6), ("ben/1", 0), ("eve/1", 0)] {
        world.iq(session, "get", "", items);
        let list = world.first(session).to_string();
        assert_eq!(list.matches("<item ").count(), count, "{list}");
    }
}

#[test]
fn ha2_a_command_in_two_steps() {
    let mut world = lobby();
    run(&mut world, "admin/1", "assign", "execute", "");
    let offer = world.first("admin/1");
    let command = offer.child("command", ns::COMMANDS).expect("a command");
    assert_eq!(command.attr("status").as_deref(), Some("executing"));
    let text = offer.to_string();
    for part in [
        "jid-single",
        "list-single",
        TEACHER,
        ">urn:xmpp:hats:commands<",
        "<required/>",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let run_id = command.attr("sessionid").expect("a run").into_owned();
    let form = [
        field("FORM_TYPE", &["urn:xmpp:hats:commands"]),
        field("hats#jid", &["ben@users.example/1"]),
        field("hats#uri", &[TEACHER]),
    ]
    .concat();
    world.iq(
        "admin/1",
        "set",
        "",
        &format!(
            "<command xmlns='http://jabber.org/protocol/commands' sessionid='{run_id}' \
             node='urn:xmpp:hats:commands:assign'>\
             <x xmlns='jabber:x:data' type='submit'>{form}</x></command>"
        ),
    );
    let done: Element = world
        .last
        .iter()
        .find(|out| out.is_to("admin/1"))
        .expect("an answer")
        .stanza()
        .clone();
    let done = done
        .child("command", ns::COMMANDS)
        .expect("a command")
        .to_string();
    assert!(
        done.contains("status='completed'") && done.contains(&run_id),
        "{done}"
    );
    assert_eq!(hats_seen(&world, "ben/1").len(), 1);
    // Giving up, and going back where there is nothing.
    run(&mut world, "admin/1", "assign", "cancel", "");
    assert!(
        world
            .first("admin/1")
            .to_string()
            .contains("status='canceled'")
    );
    assert_eq!(
        run(&mut world, "admin/1", "assign", "prev", ""),
        ["admin/1 < iq error modify/bad-request"]
    );
    assert!(world.first("admin/1").to_string().contains("<bad-action"));
}

#[test]
fn ha2_what_a_submission_must_be() {
    let mut world = lobby();
    let bad = "owner/1 < iq error modify/bad-request";
    let ben = ("jid", "ben@users.example");
    for (command, fields) in [
        ("create", &[("title", "T")][..]),
        ("create", &[("uri", "urn:t")]),
        ("create", &[("uri", "no uri"), ("title", "T")]),
        ("create", &[("uri", "urn:t"), ("title", " ")]),
        (
            "create",
            &[("uri", "urn:t"), ("title", "T"), ("hue", "blue")],
        ),
        ("destroy", &[]),
        ("assign", &[ben]),
        ("assign", &[("uri", TEACHER)]),
    ] {
        assert_eq!(
            submit(&mut world, "owner/1", command, fields),
            [bad],
            "{fields:?}"
        );
        assert!(world.first("owner/1").to_string().contains("<bad-payload"));
    }
    let foreign = "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>\
                   <value>urn:other</value></field></x>";
    assert_eq!(
        run(&mut world, "owner/1", "destroy", "execute", foreign),
        [bad]
    );
    let unknown = ["owner/1 < iq error cancel/item-not-found"];
    let none = ("uri", "urn:none");
    assert_eq!(submit(&mut world, "owner/1", "destroy", &[none]), unknown);
    assert_eq!(
        submit(&mut world, "owner/1", "assign", &[ben, none]),
        unknown
    );
    let teacher = ("uri", TEACHER);
    assert_eq!(
        submit(&mut world, "owner/1", "unassign", &[ben, teacher]),
        unknown
    );
    assert_eq!(
        submit(&mut world, "owner/1", "assign", &[("jid", "@"), teacher]),
        ["owner/1 < iq error modify/jid-malformed"]
    );
}

#[test]
fn ha2_lists_and_bounds() {
    let mut world = World::with(|service| {
        service.limits.hats = 2;
        service.limits.hats_per_user = 1;
        service.limits.hat_wearers = 1;
    });
    world.join("owner/1", "owner");
    let create = |world: &mut World, uri: &str| {
        submit(
            world,
            "owner/1",
            "create",
            &[
                ("uri", uri),
                ("title", "A <hat>".replace('<', "&lt;").as_str()),
            ],
        )
    };
    let full = ["owner/1 < iq error wait/resource-constraint"];
    create(&mut world, "urn:a");
    create(&mut world, "urn:b");
    assert_eq!(create(&mut world, "urn:c"), full);
    assign(&mut world, "owner/1", "ben", "urn:a");
    assert_eq!(assign(&mut world, "owner/1", "ben", "urn:b"), full);
    assert_eq!(assign(&mut world, "owner/1", "eve", "urn:b"), full);
    assert_eq!(
        assign(&mut world, "owner/1", "ben", "urn:a"),
        ["owner/1 < iq result command"],
        "once is enough"
    );
    run(&mut world, "owner/1", "list", "execute", "");
    let list = world.first("owner/1").to_string();
    assert!(
        list.contains(">urn:a<") && list.contains(">urn:b<") && list.contains("A &lt;hat"),
        "{list}"
    );
    run(&mut world, "owner/1", "list-assigned", "execute", "");
    let list = world.first("owner/1").to_string();
    assert!(
        list.contains(">ben@users.example<") && list.contains(">urn:a<"),
        "{list}"
    );
    assert!(!list.contains("urn:b"), "{list}");
}

#[test]
fn ha3_another_hat_or_none_is_shown_and_said() {
    let mut world = lobby();
    let before = hash(&mut world).expect("a hash");
    assign(&mut world, "owner/1", "ben", TEACHER);
    assert_eq!(
        hash(&mut world),
        Some(before.clone()),
        "who wears what is another matter"
    );
    let out = submit(
        &mut world,
        "owner/1",
        "create",
        &[("uri", TEACHER), ("title", "Professor")],
    );
    assert_eq!(
        out,
        [
            "store config",
            "owner/1 < iq result command",
            "owner/1 < +ben none/participant jid=ben/1",
            "admin/1 < +ben none/participant jid=ben/1",
            "ben/1 < +ben none/participant #110 jid=ben/1",
            "owner/1 < room says #104",
            "admin/1 < room says #104",
            "ben/1 < room says #104",
        ]
    );
    assert!(hats_seen(&world, "ben/1")[0].contains("title='Professor'"));
    let after = hash(&mut world);
    assert!(after.is_some() && after != Some(before));
    let out = submit(&mut world, "owner/1", "destroy", &[("uri", TEACHER)]);
    assert_eq!(
        out[..3],
        ["store config", "store room", "owner/1 < iq result command"]
    );
    assert_eq!(out.iter().filter(|line| line.contains("+ben")).count(), 3);
    assert!(hats_seen(&world, "ben/1").is_empty(), "it is gone");
    assert_eq!(hash(&mut world), None);
    // A new hat of that name is nobody's yet.
    submit(
        &mut world,
        "owner/1",
        "create",
        &[("uri", TEACHER), ("title", "T")],
    );
    world.presence("ben/1", "ben", "<show>xa</show>");
    assert!(hats_seen(&world, "ben/1").is_empty());
}

#[test]
fn ha3_hats_are_stored_and_the_host_gives_them_too() {
    let mut world = lobby();
    let lobby_jid = "lobby@rooms.example".parse().expect("a JID");
    let eve = "eve@users.example".parse().expect("a JID");
    let now = world.now;
    let service = &mut world.service;
    assert_eq!(
        service.set_hats(now, &lobby_jid, vec![Hat::new("urn:x", ""); 2]),
        Err(HatError::Invalid)
    );
    assert_eq!(
        service.set_hats(now, &lobby_jid, vec![Hat::new("urn:x", "X"); 2]),
        Err(HatError::Invalid),
        "twice"
    );
    let hats = vec![Hat::new(HOST, "Host"), Hat::new(TEACHER, "Teacher")];
    assert_eq!(service.set_hats(now, &lobby_jid, hats), Ok(()));
    assert_eq!(service.assign_hat(now, &lobby_jid, &eve, HOST), Ok(()));
    assert_eq!(
        service.assign_hat(now, &lobby_jid, &eve, "urn:none"),
        Err(HatError::NoHat)
    );
    let nowhere = "other@rooms.example".parse().expect("a JID");
    assert_eq!(
        service.assign_hat(now, &nowhere, &eve, HOST),
        Err(HatError::NoRoom)
    );
    let out = world.drain();
    assert_eq!(out.iter().filter(|line| line.contains("#104")).count(), 3);
    assert!(out.contains(&"store room".to_owned()));

    let snapshot = world.service.snapshot(&lobby_jid).expect("a room");
    let text = serde_json::to_string(&snapshot).expect("text");
    let snapshot = serde_json::from_str(&text).expect("a snapshot");
    let mut after = World::new();
    after
        .service
        .restore_room(after.now, snapshot, Vec::new())
        .expect("restored");
    after.join("eve/1", "eve");
    assert_eq!(hats_seen(&after, "eve/1").len(), 1);
    let now = after.now;
    assert_eq!(
        after.service.unassign_hat(now, &lobby_jid, &eve, HOST),
        Ok(())
    );
    assert_eq!(
        after.drain(),
        ["store room", "eve/1 < +eve none/participant #110 jid=eve/1"]
    );
    assert_eq!(
        after.service.unassign_hat(now, &lobby_jid, &eve, HOST),
        Err(HatError::NoHat)
    );
}

#[test]
fn ha3_the_hats_of_a_temporary_identity_end_with_it() {
    let mut world = World::with(|service| {
        service.temporary.domains.insert("anon.example".to_owned());
        service.room.hats.push(Hat::new(HOST, "Host"));
    });
    world.join("owner/1", "owner");
    world.join("max@anon.example/1", "max");
    submit(
        &mut world,
        "owner/1",
        "assign",
        &[("jid", "max@anon.example"), ("uri", HOST)],
    );
    assert_eq!(hats_seen(&world, "owner/1").len(), 1);
    assert_eq!(
        world.lose("max@anon.example/1"),
        [
            "owner/1 < -max none/none jid=max@anon.example/1",
            "store room"
        ]
    );
    world.join("max@anon.example/1", "max");
    assert!(hats_seen(&world, "owner/1").is_empty());
}

#[test]
fn ha3_et14_what_could_not_be_stored_did_not_happen() {
    let mut world = lobby();
    let jid = "lobby@rooms.example".parse().expect("a JID");
    let stored =
        |world: &World| serde_json::to_value(world.service.snapshot(&jid)).expect("a snapshot");
    let before = stored(&world);
    let form = |command: &str, fields: &[(&str, &str)]| {
        let mut form = field("FORM_TYPE", &["urn:xmpp:hats:commands"]);
        for (var, value) in fields {
            form += &field(&format!("hats#{var}"), &[value]);
        }
        support::stanza(&format!(
            "<iq to='lobby@rooms.example' type='set' id='c'>\
             <command xmlns='http://jabber.org/protocol/commands' \
             node='urn:xmpp:hats:commands:{command}'>\
             <x xmlns='jabber:x:data' type='submit'>{form}</x></command></iq>"
        ))
    };
    let picture = "<iq to='lobby@rooms.example' type='set' id='c'>\
                   <vCard xmlns='vcard-temp'><FN>Lobby</FN></vCard></iq>";
    let owner = support::real("owner/1");
    for stanza in [
        form("assign", &[("jid", "ben@users.example"), ("uri", TEACHER)]),
        form("create", &[("uri", HOST), ("title", "Host")]),
        form("destroy", &[("uri", TEACHER)]),
        support::stanza(picture),
    ] {
        let now = world.now;
        world.service.handle_stanza(now, &owner, &stanza);
        assert_ne!(stored(&world), before, "it was meant: {stanza}");
        let mut failed = None;
        while let Some(effect) = world.service.poll_effect() {
            match effect {
                xmpp_muc::Effect::Store(commit) => failed = Some(commit),
                other => panic!("shown before it is stored: {other:?}"),
            }
        }
        let commit = failed.expect("something to store");
        world.service.handle_store_failed(now, &commit);
        let told = world.service.poll_effect();
        assert!(
            matches!(told, Some(xmpp_muc::Effect::Send { .. })),
            "{told:?}"
        );
        assert!(world.service.poll_effect().is_none(), "the asker alone");
        assert_eq!(stored(&world), before, "{stanza}");
    }
    world.presence("ben/1", "ben", "<show>away</show>");
    assert!(hats_seen(&world, "owner/1").is_empty());
}
