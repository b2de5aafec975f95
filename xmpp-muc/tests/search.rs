//! Search for rooms (XEP-0433; MUC DI9).

mod support;

use std::time::Duration;

use support::{World, field};
use xmpp_core::xml::Payload as _;
use xmpp_muc::{ChannelSearchResult, Rate, RoomConfig, RoomSearch};

const PARAMS: &str = "urn:xmpp:channel-search:0:search-params";

fn world(change: impl FnOnce(&mut xmpp_muc::ServiceConfig)) -> World {
    let mut world = World::with(change);
    let owner = "owner@users.example".parse().expect("a JID");
    for (name, title, about, public) in [
        ("cats", "Cats & more", "Everything with whiskers", true),
        ("dogs", "Dogs", "No cats here", true),
        ("secret", "Cats in secret", "", false),
        ("birds", "Birds", "They sing", true),
    ] {
        let mut config = RoomConfig::default();
        title.clone_into(&mut config.name);
        about.clone_into(&mut config.description);
        config.public = public;
        let room = format!("{name}@rooms.example").parse().expect("a JID");
        let now = world.now;
        world
            .service
            .create_room(now, &room, &owner, config)
            .expect("a room");
    }
    world.drain();
    world.send(
        "ben/1",
        "<presence to='dogs@rooms.example/ben'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
    );
    world
}

fn ask(world: &mut World, fields: &[(&str, &str)], more: &str) -> Vec<String> {
    let mut form = field("FORM_TYPE", &[PARAMS]);
    for (var, value) in fields {
        form += &field(var, &[value]);
    }
    world.send(
        "eve/1",
        &format!(
            "<iq to='rooms.example' type='get' id='s'>\
             <search xmlns='urn:xmpp:channel-search:0:search'>{more}\
             <x xmlns='jabber:x:data' type='submit'>{form}</x></search></iq>"
        ),
    )
}

fn found(world: &mut World, fields: &[(&str, &str)]) -> Vec<String> {
    assert_eq!(ask(world, fields, ""), ["eve/1 < iq result result"]);
    result(world)
        .items
        .iter()
        .map(|item| item.address.local().expect("a room").to_owned())
        .collect()
}

fn result(world: &World) -> ChannelSearchResult {
    let answer = world.first("eve/1");
    let result = answer.children().next().expect("a result");
    ChannelSearchResult::from_element(result).expect("a result")
}

#[test]
fn di9_the_form() {
    let mut world = world(|_| {});
    world.send(
        "eve/1",
        "<iq to='rooms.example' type='get' id='s'>\
         <search xmlns='urn:xmpp:channel-search:0:search'/></iq>",
    );
    let form = world.first("eve/1").to_string();
    for var in [
        "q",
        "all",
        "sinname",
        "sindescription",
        "sinaddress",
        "types",
        "key",
    ] {
        assert!(form.contains(&format!("var='{var}'")), "{var}: {form}");
    }
    world.send(
        "eve/1",
        "<iq to='rooms.example' type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    );
    assert!(
        world
            .first("eve/1")
            .to_string()
            .contains("'urn:xmpp:channel-search:0:search'")
    );
}

#[test]
fn di9_public_rooms_are_found_by_their_words() {
    let mut world = world(|_| {});
    // Most people first, then by address; the hidden room is never found.
    assert_eq!(found(&mut world, &[("q", "CATS")]), ["dogs", "cats"]);
    assert_eq!(
        found(
            &mut world,
            &[
                ("q", "cats"),
                ("key", "{urn:xmpp:channel-search:0:order}address")
            ]
        ),
        ["cats", "dogs"]
    );
    assert_eq!(
        found(&mut world, &[("q", "cats whiskers")]),
        ["cats"],
        "all words"
    );
    assert_eq!(found(&mut world, &[("q", "secret")]), [""; 0]);
    assert_eq!(
        found(&mut world, &[("q", "cats"), ("sindescription", "0")]),
        ["cats"]
    );
    assert_eq!(
        found(
            &mut world,
            &[("q", "birds"), ("sinname", "0"), ("sindescription", "0")]
        ),
        ["birds"],
        "by address"
    );
    assert_eq!(
        found(
            &mut world,
            &[
                ("q", "birds"),
                ("sinname", "0"),
                ("sindescription", "0"),
                ("sinaddress", "0")
            ]
        ),
        [""; 0]
    );
    assert_eq!(
        found(&mut world, &[("all", "1")]),
        ["dogs", "birds", "cats"]
    );
    assert_eq!(
        found(&mut world, &[("all", "1"), ("types", "xep-0369")]),
        [""; 0]
    );
    // What is told of a room.
    found(&mut world, &[("q", "dogs")]);
    let dogs = &result(&world).items[0];
    assert_eq!(dogs.name.as_deref(), Some("Dogs"));
    assert_eq!(dogs.description.as_deref(), Some("No cats here"));
    assert_eq!((dogs.users, dogs.is_open), (Some(1), Some(true)));
    assert_eq!(dogs.service_type.as_deref(), Some("xep-0045"));
    assert_eq!(dogs.anonymity_mode.as_deref(), Some("muc_semianonymous"));
}

#[test]
fn di9_pages() {
    let mut world = world(|_| {});
    let set = |more: &str| {
        format!("<set xmlns='http://jabber.org/protocol/rsm'><max>2</max>{more}</set>")
    };
    let by_address = ("key", "{urn:xmpp:channel-search:0:order}address");
    let fields = [("all", "true"), by_address];
    ask(&mut world, &fields, &set(""));
    let page = result(&world);
    assert_eq!(page.items.len(), 2);
    let set_told = page.page.expect("a page");
    assert_eq!(set_told.count, Some(3));
    let last = set_told.last.expect("a last one");
    ask(&mut world, &fields, &set(&format!("<after>{last}</after>")));
    let rest = result(&world);
    assert_eq!(rest.items.len(), 1);
    assert_eq!(rest.items[0].address.as_str(), "dogs@rooms.example");
    assert_eq!(
        ask(&mut world, &fields, &set("<after>nothing</after>")),
        ["eve/1 < iq error cancel/item-not-found"]
    );
}

#[test]
fn di9_each_error() {
    let mut world = world(|_| {});
    let refused = |world: &mut World, fields: &[(&str, &str)], error: &str, element: &str| {
        assert_eq!(
            ask(world, fields, ""),
            [format!("eve/1 < iq error {error}")],
            "{fields:?}"
        );
        let answer = world.first("eve/1").to_string();
        assert!(
            answer.contains(&format!(
                "<{element} xmlns='urn:xmpp:channel-search:0:error'"
            )),
            "{answer}"
        );
    };
    let bad = "modify/bad-request";
    refused(&mut world, &[], bad, "no-search-conditions");
    refused(&mut world, &[("all", "0")], bad, "no-search-conditions");
    refused(&mut world, &[("q", "")], bad, "invalid-search-terms");
    refused(&mut world, &[("q", "a b")], bad, "invalid-search-terms");
    refused(
        &mut world,
        &[("q", "cats"), ("all", "1")],
        bad,
        "conflicting-fields",
    );
    refused(
        &mut world,
        &[("q", "cats"), ("key", "age")],
        "modify/feature-not-implemented",
        "invalid-sort-key",
    );
    assert_eq!(
        ask(&mut world, &[("all", "maybe")], ""),
        [format!("eve/1 < iq error {bad}")]
    );
    let mut world = self::world(|service| {
        service.search = RoomSearch::Words;
        service.limits.searches = Rate::new(2, Duration::from_mins(1));
    });
    refused(
        &mut world,
        &[("all", "1")],
        "cancel/not-allowed",
        "full-set-retrieval-rejected",
    );
    found(&mut world, &[("q", "cats")]);
    refused(
        &mut world,
        &[("q", "cats")],
        "wait/resource-constraint",
        "rate-limit",
    );
    assert!(
        world
            .first("eve/1")
            .to_string()
            .contains("retry-after='30'")
    );
    world.wait(Duration::from_secs(31));
    found(&mut world, &[("q", "cats")]);
    // Not offered at all.
    let mut off = self::world(|service| service.search = RoomSearch::Off);
    assert_eq!(
        ask(&mut off, &[("q", "cats")], ""),
        ["eve/1 < iq error cancel/service-unavailable"]
    );
}
