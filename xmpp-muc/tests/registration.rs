//! Registration with a room and reserved nicks (MUC RG1 to RG10, DI7, AD9, AD10).

mod support;

use support::{World, field};
use xmpp_core::xml::{Element, ns};
use xmpp_muc::{NickRegistration, RoomConfig};

const REGISTER: &str = "http://jabber.org/protocol/muc#register";

fn ask(world: &mut World, session: &str) -> Vec<String> {
    world.iq(session, "get", "", "<query xmlns='jabber:iq:register'/>")
}

fn set(world: &mut World, session: &str, query: &str) -> Vec<String> {
    let query = format!("<query xmlns='jabber:iq:register'>{query}</query>");
    world.iq(session, "set", "", &query)
}

fn form(fields: &str) -> String {
    format!(
        "<x xmlns='jabber:x:data' type='submit'>{}{fields}</x>",
        field("FORM_TYPE", &[REGISTER])
    )
}

/// As Converse does it.
fn register(world: &mut World, session: &str, nick: &str) -> Vec<String> {
    let form = form(&field("muc#register_roomnick", &[nick]));
    set(world, session, &form)
}

fn answer(world: &mut World, session: &str, nick: &str, jid: &str, allow: &str) -> Vec<String> {
    let form = form(
        &[
            field("muc#register_roomnick", &[nick]),
            field("muc#jid", &[jid]),
            field("muc#register_allow", &[allow]),
        ]
        .concat(),
    );
    world.send(
        session,
        &format!("<message to='lobby@rooms.example' id='f'>{form}</message>"),
    )
}

fn own_nick(world: &mut World, session: &str) -> Element {
    world.iq(
        session,
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>",
    );
    world.first(session)
}

/// The owner and ben are inside; eve and zoe are not.
fn lobby(change: impl FnOnce(&mut RoomConfig)) -> World {
    let mut world = World::with_room(change);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

#[test]
fn rg1_the_form_and_what_a_registered_user_gets() {
    let mut world = lobby(|_| {});
    assert_eq!(ask(&mut world, "eve/1"), ["eve/1 < iq result query"]);
    let offer = world.first("eve/1").to_string();
    assert!(
        offer.contains(REGISTER) && !offer.contains("registered/"),
        "{offer}"
    );
    assert!(
        offer.contains("var='muc#register_roomnick'") && offer.contains("<required/>"),
        "{offer}"
    );
    assert_eq!(
        register(&mut world, "eve/1", "Eve"),
        [
            "store member eve",
            "eve/1 < iq result",
            "owner/1 < room says eve=member",
        ]
    );
    ask(&mut world, "eve/2");
    let known = world.first("eve/2");
    let query = known.child("query", ns::REGISTER).expect("a query");
    assert!(query.child("registered", ns::REGISTER).is_some());
    assert_eq!(
        query
            .child("username", ns::REGISTER)
            .expect("a nick")
            .text(),
        "Eve"
    );
    assert!(query.child("x", ns::DATA_FORMS).is_none());
}

#[test]
fn rg2_who_may_not_register() {
    let refused = |world: &mut World, session: &str, error: &str| {
        let expected = [format!("{session} < iq error {error}")];
        assert_eq!(ask(world, session), expected);
        assert_eq!(register(world, session, "nick"), expected);
    };
    let mut world = lobby(|_| {});
    world.admin(
        "owner/1",
        "<item jid='eve@users.example' affiliation='outcast'/>",
    );
    refused(&mut world, "eve/1", "cancel/not-allowed");
    let mut world = lobby(|room| room.registration = NickRegistration::Closed);
    refused(&mut world, "ben/1", "cancel/not-allowed");
    refused(&mut world, "owner/1", "cancel/not-allowed");
    let mut world = World::with(|service| service.registration = false);
    refused(&mut world, "eve/1", "cancel/item-not-found");
    world.join("owner/1", "owner");
    refused(&mut world, "owner/1", "cancel/service-unavailable");
    // A password is no obstacle to those who have given it.
    let mut world = lobby(|_| {});
    world.configure("owner/1", &[("roomsecret", "sesame")]);
    refused(&mut world, "eve/1", "cancel/not-allowed");
    let out = world.join_with("eve/1", "eve", "<password>sesame</password>", "");
    assert!(out.iter().any(|line| line.contains("#110")), "{out:?}");
    assert_eq!(register(&mut world, "eve/1", "eve")[1], "eve/1 < iq result");
    // Temporary identities may be barred (FL9).
    let mut world = World::with(|service| {
        service.temporary.domains.insert("anon.example".to_owned());
        service.temporary.may_register = false;
    });
    world.join("owner/1", "owner");
    refused(&mut world, "max@anon.example/1", "cancel/not-allowed");
}

#[test]
fn rg3_what_a_submission_must_be() {
    let mut world = lobby(|_| {});
    let nick = |nick: &str| form(&field("muc#register_roomnick", &[nick]));
    let bad = "ben/1 < iq error modify/bad-request";
    for (query, error) in [
        (String::new(), bad),
        ("<x xmlns='jabber:x:data' type='submit'/>".to_owned(), bad),
        (form(""), bad),
        (nick(""), bad),
        (nick("x").replace(REGISTER, "urn:other"), bad),
        (nick("x").replace("submit", "cancel"), bad),
        (nick("x").replace("submit", "form"), bad),
        ("<username>x</username>".to_owned(), bad),
        (format!("{}<remove/>", nick("x")), bad),
        ("<nonsense/><nick/><nick/>".to_owned(), bad),
        // NI2, NI5.
        (nick("\u{200b}"), "ben/1 < iq error modify/jid-malformed"),
        (
            nick(&"n".repeat(1024)),
            "ben/1 < iq error modify/jid-malformed",
        ),
        (
            nick(&"n".repeat(65)),
            "ben/1 < iq error modify/not-acceptable",
        ),
    ] {
        assert_eq!(set(&mut world, "ben/1", &query), [error], "{query}");
    }
}

#[test]
fn rg4_rg8_a_nick_belongs_to_one() {
    let mut world = lobby(|_| {});
    let conflict = |session: &str| [format!("{session} < iq error cancel/conflict")];
    assert_eq!(
        register(&mut world, "eve/1", "BEN"),
        conflict("eve/1"),
        "in use"
    );
    register(&mut world, "eve/1", "Eve");
    assert_eq!(
        register(&mut world, "ben/1", "eve "),
        conflict("ben/1"),
        "reserved"
    );
    // RG8: on entry and on change, whether the owner is inside or not; the owner may enter under another nick.
    for inside in [false, true] {
        if inside {
            let out = world.join("eve/1", "other");
            assert!(
                out.iter().any(|line| line.contains("+other member")),
                "{out:?}"
            );
        }
        assert_eq!(
            world.join("zoe/1", "eve"),
            ["zoe/1 < presence error cancel/conflict"]
        );
        assert_eq!(
            world.presence("ben/1", "Eve", ""),
            ["ben/1 < presence error cancel/conflict"]
        );
    }
    // One reservation: another nick frees the first.
    assert_eq!(
        register(&mut world, "eve/1", "Evelyn"),
        ["store member eve", "eve/1 < iq result"]
    );
    assert!(
        world
            .join("zoe/1", "eve")
            .iter()
            .any(|line| line.contains("+eve none"))
    );
}

#[test]
fn rg5_success_is_stored_answered_and_shown() {
    let mut world = lobby(|_| {});
    assert_eq!(
        register(&mut world, "ben/1", "ben"),
        [
            "store member ben",
            "ben/1 < iq result",
            "ben/1 < +ben member/participant #110 jid=ben/1",
            "owner/1 < +ben member/participant jid=ben/1",
        ]
    );
    // A higher affiliation is kept, and the same again changes nothing.
    assert_eq!(
        register(&mut world, "owner/1", "boss"),
        ["store owner owner", "owner/1 < iq result"]
    );
    assert_eq!(
        register(&mut world, "owner/1", "boss"),
        ["owner/1 < iq result"]
    );
}

#[test]
fn rg6_an_end_to_registration() {
    let mut world = lobby(|_| {});
    let none = "ben/1 < iq error auth/registration-required";
    assert_eq!(set(&mut world, "ben/1", "<remove/>"), [none]);
    register(&mut world, "ben/1", "ben");
    register(&mut world, "owner/1", "boss");
    assert_eq!(
        set(&mut world, "ben/1", "<remove/>"),
        [
            "store none ben",
            "ben/1 < iq result",
            "ben/1 < +ben none/participant #110 jid=ben/1",
            "owner/1 < +ben none/participant jid=ben/1",
        ]
    );
    assert_eq!(
        set(&mut world, "owner/1", "<remove/>"),
        ["store owner owner", "owner/1 < iq result"],
        "an owner stays one"
    );
    assert!(
        world
            .join("eve/1", "boss")
            .iter()
            .any(|line| line.contains("+boss none"))
    );
    // In a members-only room it is the door (AD12).
    let mut world = World::with_room(|room| room.members_only = true);
    world.join("owner/1", "owner");
    world.admin(
        "owner/1",
        "<item jid='eve@users.example' affiliation='member' nick='eve'/>",
    );
    world.join("eve/1", "eve");
    assert_eq!(
        set(&mut world, "eve/1", "<remove/>"),
        [
            "store none eve",
            "eve/1 < iq result",
            "eve/1 < -eve none/none #110,321 jid=eve/1",
            "owner/1 < -eve none/none #321 jid=eve/1",
        ]
    );
}

#[test]
fn rg7_an_admin_agrees_once() {
    let mut world = lobby(|room| room.registration = NickRegistration::Approval);
    assert_eq!(
        register(&mut world, "eve/1", "Eve"),
        ["eve/1 < iq result", "owner/1 < room <x>"],
        "ben is told nothing"
    );
    let request = world.first("owner/1").to_string();
    for part in [
        "eve@users.example",
        ">Eve<",
        "muc#register_allow",
        "type='form'",
    ] {
        assert!(request.contains(part), "{request}");
    }
    // Only an admin's answer counts, and only for what waits.
    assert_eq!(
        answer(&mut world, "ben/1", "Eve", "eve@users.example", "1"),
        ["ben/1 < message error auth/forbidden"]
    );
    for (nick, jid) in [
        ("Eve", "zoe@users.example"),
        ("Zoe", "eve@users.example"),
        ("Eve", "@"),
    ] {
        assert_eq!(
            answer(&mut world, "owner/1", nick, jid, "1"),
            ["owner/1 < message error cancel/item-not-found"]
        );
    }
    assert_eq!(
        answer(&mut world, "owner/1", "Eve", "eve@users.example", "maybe"),
        ["owner/1 < message error modify/bad-request"]
    );
    assert_eq!(
        answer(&mut world, "owner/1", "Eve", "eve@users.example", "1"),
        ["store member eve", "owner/1 < room says eve=member"]
    );
    assert_eq!(
        answer(&mut world, "owner/1", "Eve", "eve@users.example", "1"),
        ["owner/1 < message error cancel/item-not-found"],
        "once"
    );
    // A refusal sends nothing, and the nick is free.
    register(&mut world, "ben/1", "benny");
    assert_eq!(
        register(&mut world, "zoe/1", "Benny"),
        ["zoe/1 < iq error cancel/conflict"]
    );
    assert_eq!(
        answer(&mut world, "owner/1", "benny", "ben@users.example", "0"),
        [""; 0]
    );
    assert_eq!(
        register(&mut world, "zoe/1", "Benny")[0],
        "zoe/1 < iq result"
    );
    // An admin who was away is asked on entry.
    world.leave("owner/1", "owner");
    let out = world.join("owner/1", "owner");
    assert_eq!(out.last().expect("something"), "owner/1 < room <x>");
    assert!(
        !world
            .join("eve/1", "eve")
            .iter()
            .any(|line| line.contains("<x>"))
    );
}

#[test]
fn rg7_membership_is_not_had_for_the_asking_where_it_gives_more() {
    for moderated in [false, true] {
        let mut world = World::with_room(|room| {
            room.moderated = moderated;
            room.members_only = !moderated;
        });
        world.join("owner/1", "owner");
        assert_eq!(
            register(&mut world, "eve/1", "eve"),
            ["eve/1 < iq result", "owner/1 < room <x>"]
        );
        let entered = world.join("eve/1", "eve");
        assert!(
            !entered.iter().any(|line| line.contains("member")),
            "{entered:?}"
        );
        let out = answer(&mut world, "owner/1", "eve", "eve@users.example", "true");
        assert_eq!(out[0], "store member eve");
        if !moderated {
            // AD11.
            assert!(
                out.contains(&"eve < room says invite from=lobby@rooms.example/owner".to_owned()),
                "{out:?}"
            );
        }
    }
    // Who was banned while it waited stays out.
    let mut world = lobby(|room| room.registration = NickRegistration::Approval);
    register(&mut world, "eve/1", "eve");
    world.admin(
        "owner/1",
        "<item jid='eve@users.example' affiliation='outcast'/>",
    );
    assert_eq!(
        answer(&mut world, "owner/1", "eve", "eve@users.example", "1"),
        ["owner/1 < message error cancel/not-allowed"]
    );
}

#[test]
fn rg8_reservations_are_bounded() {
    let mut world = World::with(|service| service.limits.reservations = 2);
    world.join("owner/1", "owner");
    let full = "zoe/1 < iq error wait/resource-constraint";
    register(&mut world, "eve/1", "eve");
    register(&mut world, "ben/1", "ben");
    assert_eq!(register(&mut world, "zoe/1", "zoe"), [full]);
    assert_eq!(
        register(&mut world, "ben/1", "Ben B")[1],
        "ben/1 < iq result"
    );
    set(&mut world, "eve/1", "<remove/>");
    assert_eq!(register(&mut world, "zoe/1", "zoe")[1], "zoe/1 < iq result");
    // A room that goes gives its places back.
    world.leave("owner/1", "owner");
    world.join("owner/1", "owner");
    register(&mut world, "eve/1", "eve");
    assert_eq!(register(&mut world, "ben/1", "ben")[1], "ben/1 < iq result");

    let mut world = World::with(|service| {
        service.limits.registration_requests = 1;
        service.room.registration = NickRegistration::Approval;
    });
    world.join("owner/1", "owner");
    register(&mut world, "eve/1", "eve");
    assert_eq!(register(&mut world, "zoe/1", "zoe"), [full]);
    assert_eq!(
        register(&mut world, "eve/1", "evelyn")[0],
        "eve/1 < iq result",
        "a new request takes the place of the old one"
    );
}

#[test]
fn rg9_pr4_pr5_nicks_may_be_locked_down() {
    let mut world = lobby(|room| room.lock_nicks = true);
    // Registering under another nick than the one in use changes it.
    assert_eq!(
        register(&mut world, "ben/1", "Benjamin"),
        [
            "store member ben",
            "ben/1 < iq result",
            "ben/1 < +ben member/participant #110 jid=ben/1",
            "owner/1 < +ben member/participant jid=ben/1",
            "ben/1 < -ben member/participant #110,303 jid=ben/1 nick=Benjamin",
            "owner/1 < -ben member/participant #303 jid=ben/1 nick=Benjamin",
            "owner/1 < +Benjamin member/participant jid=ben/1",
            "ben/1 < +Benjamin member/participant #110,210 jid=ben/1",
        ]
    );
    let locked = ["ben/1 < presence error cancel/not-acceptable"];
    assert_eq!(world.presence("ben/1", "other", ""), locked);
    assert_eq!(world.join("ben/1", "other"), locked);
    world.leave("ben/1", "Benjamin");
    // On entry the nick is replaced.
    let out = world.join("ben/1", "other");
    assert!(
        out.contains(&"ben/1 < +Benjamin member/participant #110,210 id=j jid=ben/1".to_owned()),
        "{out:?}"
    );
    // One more session asks for something else again.
    let out = world.join("ben/2", "third");
    assert!(
        out.contains(&"ben/2 < +Benjamin member/participant #110,210 id=j jid=ben/2".to_owned()),
        "{out:?}"
    );
    // Who has no reserved nick chooses once.
    let out = world.join("eve/1", "eve");
    assert!(
        out.iter()
            .any(|line| line.contains("+eve none/participant #110 "))
    );
    assert_eq!(
        world.presence("eve/1", "eva", ""),
        ["eve/1 < presence error cancel/not-acceptable"]
    );
}

#[test]
fn rg9_the_owner_locks_nicks_down_by_the_form() {
    let mut world = lobby(|_| {});
    let submit = |world: &mut World, var: &str, value: &str| {
        let form = field("FORM_TYPE", &["http://jabber.org/protocol/muc#roomconfig"])
            + &field(&format!("x-muc#roomconfig_{var}"), &[value]);
        world.iq(
            "owner/1",
            "set",
            "",
            &format!(
                "<query xmlns='http://jabber.org/protocol/muc#owner'>\
                 <x xmlns='jabber:x:data' type='submit'>{form}</x></query>"
            ),
        )
    };
    assert_eq!(
        submit(&mut world, "registration", "sometimes"),
        ["owner/1 < iq error modify/not-acceptable"]
    );
    assert_eq!(submit(&mut world, "lock_nicks", "1")[0], "store config");
    assert_eq!(
        world.presence("ben/1", "other", ""),
        ["ben/1 < presence error cancel/not-acceptable"]
    );
    submit(&mut world, "registration", "closed");
    assert_eq!(
        ask(&mut world, "ben/1"),
        ["ben/1 < iq error cancel/not-allowed"]
    );
}

#[test]
fn rg10_a_reload_under_a_new_address_gets_its_nick_back() {
    let mut world = World::with(|service| {
        service.temporary.domains.insert("anon.example".to_owned());
    });
    world.join("owner/1", "owner");
    let (before, after) = ("qx1@anon.example/1", "zp7@anon.example/1");
    world.join(before, "anna");
    assert_eq!(
        register(&mut world, before, "anna")[0],
        "store member qx1@anon.example"
    );
    assert_eq!(
        world.join(after, "anna"),
        ["zp7@anon.example/1 < presence error cancel/conflict"]
    );
    world.lose(before);
    let out = world.join(after, "anna");
    assert!(
        out.iter()
            .any(|line| line.contains("+anna none/participant #110 ")),
        "{out:?}"
    );
}

#[test]
fn di4_di7_what_disco_says_about_registration() {
    let mut world = lobby(|_| {});
    let features = |world: &mut World| {
        world.iq(
            "eve/1",
            "get",
            "",
            "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        );
        world.first("eve/1").to_string()
    };
    assert!(features(&mut world).contains("'jabber:iq:register'"));
    let nick = own_nick(&mut world, "eve/1");
    let query = nick.child("query", ns::DISCO_INFO).expect("a query");
    assert_eq!(query.attr("node").as_deref(), Some("x-roomuser-item"));
    assert_eq!(query.children().count(), 0);
    register(&mut world, "eve/1", "Eve");
    let nick = own_nick(&mut world, "eve/1").to_string();
    assert!(
        nick.contains("<identity category='conference' type='text' name='Eve'/>"),
        "{nick}"
    );
    assert!(!own_nick(&mut world, "zoe/1").to_string().contains("Eve"));

    let mut closed = lobby(|room| room.registration = NickRegistration::Closed);
    assert!(!features(&mut closed).contains("jabber:iq:register"));
    let mut off = World::with(|service| service.registration = false);
    off.join("owner/1", "owner");
    assert!(!features(&mut off).contains("jabber:iq:register"));
    let error = own_nick(&mut off, "eve/1").to_string();
    assert!(error.contains("<feature-not-implemented"), "{error}");
}

#[test]
fn ad9_ad10_an_admin_reserves_a_nick() {
    let mut world = lobby(|_| {});
    let member = |world: &mut World, user: &str, nick: &str| {
        world.admin(
            "owner/1",
            &format!("<item jid='{user}@users.example' affiliation='member'{nick}/>"),
        )
    };
    let nick_of = |world: &mut World, session: &str| own_nick(world, session).to_string();
    member(&mut world, "eve", " nick='Eve'");
    assert!(nick_of(&mut world, "eve/1").contains("name='Eve'"));
    member(&mut world, "eve", "");
    assert!(
        nick_of(&mut world, "eve/1").contains("name='Eve'"),
        "absent keeps"
    );
    for taken in ["ben", "EVE"] {
        assert_eq!(
            member(&mut world, "zoe", &format!(" nick='{taken}'")),
            ["owner/1 < iq error cancel/conflict"]
        );
    }
    assert!(
        !nick_of(&mut world, "zoe/1").contains("identity"),
        "nothing changed"
    );
    member(&mut world, "eve", " nick=''");
    assert!(
        !nick_of(&mut world, "eve/1").contains("identity"),
        "empty unsets"
    );
}
