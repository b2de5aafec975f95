//! IQs: of the room, of the service, through the room (MUC IQ1 to IQ7, SP1, DI1 to DI7, CL1, CL2).

mod support;

use std::time::Duration;

use support::World;
use xmpp_core::xml::Payload as _;
use xmpp_core::xml::ns;
use xmpp_muc::stanza::{DiscoInfo, DiscoItems};
use xmpp_muc::{Password, Whois};

const PING: &str = "<ping xmlns='urn:xmpp:ping'/>";
const VERSION: &str = "<query xmlns='jabber:iq:version'/>";
const INFO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const ITEMS: &str = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
const VCARD: &str = "<vCard xmlns='vcard-temp'/>";

fn lobby() -> World {
    let mut world = World::new();
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

/// The id of the request that the last outcome sent on.
fn forwarded(world: &World) -> String {
    world.last[0]
        .stanza()
        .attr("id")
        .expect("an id")
        .into_owned()
}

#[test]
fn iq1_an_unknown_request_is_refused_at_once() {
    let mut world = lobby();
    for payload in [
        VERSION,
        "<query xmlns='urn:xmpp:mam:2'/>",
        "<x xmlns='urn:unknown'/>",
    ] {
        for iq_type in ["get", "set"] {
            for session in ["ben/1", "eve/1"] {
                assert_eq!(
                    world.iq(session, iq_type, "", payload),
                    [format!("{session} < iq error cancel/service-unavailable")]
                );
            }
        }
    }
    for (iq_type, payload) in [
        ("get", ""),
        ("set", "<a xmlns='x'/><b xmlns='x'/>"),
        ("other", PING),
    ] {
        assert_eq!(
            world.iq("ben/1", iq_type, "", payload),
            ["ben/1 < iq error modify/bad-request"]
        );
    }
}

#[test]
fn iq2_a_request_goes_through_with_another_id() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    let ask = "<iq to='lobby@rooms.example/ben' type='get' id='same'><query xmlns='jabber:iq:version'/></iq>";
    // Two askers with equal ids.
    assert_eq!(
        world.send("owner/1", ask),
        ["ben/1 < iq get query from owner"]
    );
    let first = forwarded(&world);
    assert_eq!(world.send("eve/1", ask), ["ben/1 < iq get query from eve"]);
    let second = forwarded(&world);
    assert!(first != "same" && first != second);
    let answer = |id: &str| {
        format!(
            "<iq to='lobby@rooms.example/x' type='result' id='{id}' from='ben@users.example/1'>\
             <query xmlns='jabber:iq:version'><name>c</name></query></iq>"
        )
    };
    assert_eq!(
        world.send("ben/1", &answer(&second)),
        ["eve/1 < iq result query"]
    );
    let result = world.first("eve/1");
    assert_eq!(result.attr("id").as_deref(), Some("same"));
    assert_eq!(
        result.attr("from").as_deref(),
        Some("lobby@rooms.example/ben")
    );
    assert_eq!(
        world.send("ben/1", &answer(&first)),
        ["owner/1 < iq result query"]
    );
    // Once only.
    assert!(world.send("ben/1", &answer(&first)).is_empty());
}

#[test]
fn iq3_only_the_one_who_was_asked_answers_in_time() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    world.iq("owner/1", "get", "/ben", VERSION);
    let id = forwarded(&world);
    let answer = format!("<iq to='lobby@rooms.example/owner' type='result' id='{id}'/>");
    assert!(world.send("eve/1", &answer).is_empty(), "forged");
    assert!(
        world.send_from_account("ben", &answer).is_empty(),
        "of the account"
    );
    assert!(world.wait(Duration::from_secs(59)).is_empty());
    assert_eq!(
        world.wait(Duration::from_secs(1)),
        ["owner/1 < iq error wait/remote-server-timeout"]
    );
    assert!(world.send("ben/1", &answer).is_empty(), "late");
    assert_eq!(world.service.poll_timeout(), None);
}

#[test]
fn iq3_an_absent_target_is_an_error() {
    let mut world = lobby();
    assert_eq!(
        world.iq("ben/1", "get", "/nobody", VERSION),
        ["ben/1 < iq error cancel/item-not-found"]
    );
    world.iq("owner/1", "get", "/ben", VERSION);
    let out = world.leave("ben/1", "ben");
    assert_eq!(out[0], "owner/1 < iq error wait/recipient-unavailable");
    // Who asked and left gets nothing.
    world.join("ben/1", "ben");
    world.iq("ben/1", "get", "/owner", VERSION);
    let id = forwarded(&world);
    world.leave("ben/1", "ben");
    let answer = format!("<iq to='lobby@rooms.example/ben' type='result' id='{id}'/>");
    assert!(world.send("owner/1", &answer).is_empty());
    assert!(world.wait(Duration::from_mins(1)).is_empty());
}

#[test]
fn iq4_what_belongs_to_the_account_goes_to_the_account() {
    let mut world = lobby();
    for payload in [
        VCARD,
        "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>",
    ] {
        let out = world.iq("owner/1", "get", "/ben", payload);
        assert!(
            out[0].starts_with("ben@users.example < iq get") || out[0].starts_with("ben < iq get"),
            "{out:?}"
        );
        let id = forwarded(&world);
        let answer =
            format!("<iq to='lobby@rooms.example/owner' type='result' id='{id}'>{payload}</iq>");
        assert!(world.send("ben/1", &answer).is_empty(), "of a session");
        let out = world.send_from_account("ben", &answer);
        assert!(out[0].starts_with("owner/1 < iq result "), "{out:?}");
        assert_eq!(
            world.iq("owner/1", "set", "/ben", payload),
            ["owner/1 < iq error auth/forbidden"]
        );
    }
    let mut world = World::with(|service| service.account_queries = false);
    world.join("owner/1", "owner");
    assert_eq!(
        world.iq("owner/1", "get", "/owner", VCARD),
        ["owner/1 < iq error cancel/service-unavailable"]
    );
}

#[test]
fn iq5_no_real_address_in_what_comes_back() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    world.iq("eve/1", "get", "/ben", VERSION);
    let id = forwarded(&world);
    assert!(!world.last[0].xml().contains("eve@"));
    let out = world.send(
        "ben/1",
        &format!(
            "<iq to='lobby@rooms.example/eve' type='error' id='{id}'><error type='cancel' by='ben@users.example/1'>\
             <feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
             <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>I am ben@users.example</text></error></iq>"
        ),
    );
    assert_eq!(out, ["eve/1 < iq error cancel/feature-not-implemented"]);
    let xml = world.first("eve/1").to_string();
    assert!(
        !xml.contains("ben@") && xml.contains("by='lobby@rooms.example/ben'"),
        "{xml}"
    );
}

#[test]
fn iq6_sp1_who_is_outside_learns_nothing() {
    let mut world = lobby();
    for nick in ["/owner", "/nobody"] {
        for payload in [INFO, ITEMS] {
            assert_eq!(
                world.iq("eve/1", "get", nick, payload),
                ["eve/1 < iq error modify/bad-request"]
            );
        }
        for payload in [PING, VCARD, VERSION] {
            assert_eq!(
                world.iq("eve/1", "get", nick, payload),
                ["eve/1 < iq error cancel/not-acceptable"]
            );
        }
    }
}

#[test]
fn iq7_queries_may_be_off_and_are_bounded() {
    let mut world = World::with_room(|room| room.query_users = false);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    assert_eq!(
        world.iq("ben/1", "get", "/owner", VERSION),
        ["ben/1 < iq error cancel/not-allowed"]
    );
    assert_eq!(
        world.iq("ben/1", "get", "/ben", PING),
        ["ben/1 < iq result"]
    );
    assert!(world.iq("ben/1", "get", "/owner", VCARD)[0].starts_with("owner < iq get"));

    let mut world = World::with(|service| service.limits.queries = 3);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    for _ in 0..3 {
        assert_eq!(
            world.iq("ben/1", "get", "/owner", VERSION),
            ["owner/1 < iq get query from ben"]
        );
    }
    let id = forwarded(&world);
    let refused = ["ben/1 < iq error wait/resource-constraint"];
    assert_eq!(world.iq("ben/1", "get", "/owner", VERSION), refused);
    world.send(
        "owner/1",
        &format!("<iq to='lobby@rooms.example/ben' type='result' id='{id}'/>"),
    );
    assert_ne!(world.iq("ben/1", "get", "/owner", VERSION), refused);
    assert_eq!(world.iq("ben/1", "get", "/owner", VERSION), refused);
    world.wait(Duration::from_mins(1));
    assert_ne!(world.iq("ben/1", "get", "/owner", VERSION), refused);
}

#[test]
fn sp1_the_self_ping_is_answered_for_this_session_only() {
    let mut world = lobby();
    assert_eq!(
        world.iq("ben/1", "get", "/ben", PING),
        ["ben/1 < iq result"]
    );
    assert_eq!(
        world.first("ben/1").attr("from").as_deref(),
        Some("lobby@rooms.example/ben")
    );
    // Another session of the same user that is not inside.
    assert_eq!(
        world.iq("ben/2", "get", "/ben", PING),
        ["ben/2 < iq error cancel/not-acceptable"]
    );
    // Another's nick: that one answers.
    assert_eq!(
        world.iq("ben/1", "get", "/owner", PING),
        ["owner/1 < iq get ping from ben"]
    );
    // After a nick change the old nick is nobody's.
    world.presence("ben/1", "benny", "");
    assert_eq!(
        world.iq("ben/1", "get", "/ben", PING),
        ["ben/1 < iq error cancel/item-not-found"]
    );
    assert_eq!(
        world.iq("ben/1", "get", "/benny", PING),
        ["ben/1 < iq result"]
    );
}

fn service_iq(world: &mut World, payload: &str) -> Vec<String> {
    world.send(
        "eve/1",
        &format!("<iq to='rooms.example' type='get' id='s'>{payload}</iq>"),
    )
}

fn info(world: &World) -> DiscoInfo {
    let answer = world.first("eve/1");
    let query = answer.child("query", ns::DISCO_INFO).expect("a query");
    DiscoInfo::from_element(query).expect("valid")
}

fn items(world: &World) -> DiscoItems {
    let answer = world.first("eve/1");
    let query = answer.child("query", ns::DISCO_ITEMS).expect("a query");
    DiscoItems::from_element(query).expect("valid")
}

#[test]
fn di1_the_service_says_what_it_is() {
    let mut world = World::with(|service| service.name = "Rooms".to_owned());
    assert_eq!(service_iq(&mut world, INFO), ["eve/1 < iq result query"]);
    let info = info(&world);
    assert!(info.is("conference", "text"));
    assert_eq!(info.identities[0].name.as_deref(), Some("Rooms"));
    for feature in [
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#stable_id",
        "http://jabber.org/protocol/disco#info",
        "http://jabber.org/protocol/disco#items",
        "urn:xmpp:occupant-id:0",
        "urn:xmpp:sid:0",
    ] {
        assert!(info.has_feature(feature), "{feature}");
    }
    assert_eq!(service_iq(&mut world, PING), ["eve/1 < iq result"]);
    assert_eq!(
        service_iq(&mut world, VERSION),
        ["eve/1 < iq error cancel/service-unavailable"]
    );
    assert_eq!(
        service_iq(
            &mut world,
            "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>"
        ),
        ["eve/1 < iq error cancel/item-not-found"]
    );
}

#[test]
fn di2_the_service_lists_public_rooms_in_pages() {
    let mut world = World::with(|service| {
        service.room.public = true;
        service.room.persistent = true;
    });
    let room = |n: usize| format!("room{n:03}@rooms.example");
    for n in 0..150 {
        let mut config = world.service.config().room.clone();
        config.name = format!("Room {n}");
        world
            .service
            .create_room(
                world.now,
                &room(n).parse().expect("a JID"),
                &"owner@users.example".parse().expect("a JID"),
                config,
            )
            .expect("a new room");
    }
    let mut hidden = world.service.config().room.clone();
    hidden.public = false;
    world
        .service
        .create_room(
            world.now,
            &"hidden@rooms.example".parse().expect("a JID"),
            &"owner@users.example".parse().expect("a JID"),
            hidden,
        )
        .expect("a new room");
    world.drain();
    service_iq(&mut world, ITEMS);
    let page = items(&world);
    assert_eq!(page.items.len(), 100);
    assert_eq!(page.items[0].name.as_deref(), Some("Room 0"));
    let set = page.page.expect("above a hundred always a set");
    assert_eq!(set.count, Some(150));
    let last = set.last.expect("a last item");
    assert_eq!(last, room(99));
    // The room at which the page ended is gone: the next page goes on behind it.
    world
        .service
        .destroy_room(world.now, &room(99).parse().expect("a JID"));
    world.drain();
    service_iq(
        &mut world,
        &format!(
            "<query xmlns='http://jabber.org/protocol/disco#items'>\
             <set xmlns='http://jabber.org/protocol/rsm'><max>10</max><after>{last}</after></set></query>"
        ),
    );
    let page = items(&world);
    assert_eq!(page.items[0].jid.as_str(), room(100));
    assert_eq!(page.items.len(), 10);
}

/// All 64 combinations.
#[test]
fn di3_a_room_says_what_it_is() {
    for combination in 0..64_u32 {
        let bit = |n: u32| combination & (1 << n) != 0;
        let mut world = World::with_room(|room| {
            room.name = "Lobby".to_owned();
            room.public = bit(0);
            room.persistent = bit(1);
            room.members_only = bit(2);
            room.moderated = bit(3);
            room.password = Password::new(if bit(4) { "secret" } else { "" });
            if bit(5) {
                room.whois = Whois::Anyone;
            }
        });
        world.join_with("owner/1", "owner", "<password>secret</password>", "");
        world.iq("eve/1", "get", "", INFO);
        let info = info(&world);
        assert_eq!(info.identities[0].name.as_deref(), Some("Lobby"));
        for (n, (yes, no)) in [
            ("muc_public", "muc_hidden"),
            ("muc_persistent", "muc_temporary"),
            ("muc_membersonly", "muc_open"),
            ("muc_moderated", "muc_unmoderated"),
            ("muc_passwordprotected", "muc_unsecured"),
            ("muc_nonanonymous", "muc_semianonymous"),
        ]
        .into_iter()
        .enumerate()
        {
            let set = bit(u32::try_from(n).expect("small"));
            assert_eq!(info.has_feature(yes), set, "{yes}");
            assert_eq!(info.has_feature(no), !set, "{no}");
        }
        assert!(!world.first("eve/1").to_string().contains("secret"));
    }
}

#[test]
fn di3_a_room_that_is_not_there_is_not_found() {
    let mut world = World::new();
    for payload in [INFO, ITEMS, VCARD, PING] {
        assert_eq!(
            world.iq("eve/1", "get", "", payload),
            ["eve/1 < iq error cancel/item-not-found"]
        );
    }
    assert_eq!(world.service.rooms().count(), 0);
}

#[test]
fn di5_the_subject_of_a_hidden_room_is_not_told() {
    for public in [false, true] {
        let mut world = World::with_room(|room| {
            room.public = public;
            room.description = "About".to_owned();
        });
        world.join("owner/1", "owner");
        world.groupchat("owner/1", "<subject>Topic</subject>");
        world.iq("eve/1", "get", "", INFO);
        let info = info(&world);
        let form = info
            .form("http://jabber.org/protocol/muc#roominfo")
            .expect("a form");
        let subject = form.value("muc#roominfo_subject");
        assert_eq!(subject, public.then_some("Topic"));
        assert_eq!(form.value("muc#roominfo_description"), Some("About"));
        assert_eq!(form.value("muc#roominfo_occupants"), Some("1"));
        assert_eq!(form.value("muc#maxhistoryfetch"), Some("20"));
    }
}

#[test]
fn di6_the_occupants_are_not_listed() {
    let mut world = lobby();
    assert_eq!(
        world.iq("eve/1", "get", "", ITEMS),
        ["eve/1 < iq result query"]
    );
    assert!(items(&world).items.is_empty());
}

#[test]
fn di7_nodes() {
    let mut world = lobby();
    for (node, error) in [
        (
            "http://jabber.org/protocol/muc#traffic",
            "cancel/service-unavailable",
        ),
        ("other", "cancel/item-not-found"),
    ] {
        let query = format!("<query xmlns='http://jabber.org/protocol/disco#info' node='{node}'/>");
        assert_eq!(
            world.iq("ben/1", "get", "", &query),
            [format!("ben/1 < iq error {error}")]
        );
    }
}
