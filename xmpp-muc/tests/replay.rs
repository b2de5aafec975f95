//! What clients really sent to rooms, recorded against other servers (MUC CL1 to CL3).
//!
//! A line of a fixture is a session and a stanza; a line break within a stanza is written `\n`.

mod support;

use std::{collections::BTreeMap, time::Duration};

use support::{Out, World, short};
use xmpp_core::xml::ElementRef;

/// Replays a fixture and gives every request with its answer, in order.
fn replay(fixture: &str, mut world: World) -> Vec<(String, String)> {
    let mut asked: Vec<(String, String, String)> = Vec::new();
    let mut answers: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for line in fixture.lines() {
        let (session, xml) = line.split_once('\t').expect("a session and a stanza");
        if xml == "LOST" {
            world.lose(session);
            continue;
        }
        let xml = unescape(xml).replace("rooms.lab.test", "rooms.example");
        let stanza = support::stanza(&xml);
        if stanza.name() == "iq" && matches!(stanza.attr("type").as_deref(), Some("get" | "set")) {
            asked.push((
                session.to_owned(),
                stanza.attr("id").expect("an id").into_owned(),
                what(&stanza.root()),
            ));
        }
        world.send(session, &xml);
        settle(&mut world, &mut answers);
        world.wait(Duration::from_millis(50));
        settle(&mut world, &mut answers);
    }
    asked
        .into_iter()
        .map(|(session, id, what)| {
            let answer = answers
                .remove(&(session.clone(), id.clone()))
                .unwrap_or_default();
            assert_eq!(
                answer.len(),
                1,
                "one answer to {what} of {session}: {answer:?}"
            );
            (what, answer.into_iter().next().expect("one"))
        })
        .collect()
}

/// Notes the answers, and answers for the clients that are asked by others.
fn settle(world: &mut World, answers: &mut BTreeMap<(String, String), Vec<String>>) {
    let mut queue: Vec<Out> = world.last.clone();
    while !queue.is_empty() {
        let mut next = Vec::new();
        for out in queue {
            let Out::Stanza { to, stanza } = &out else {
                continue;
            };
            if stanza.name() != "iq" {
                continue;
            }
            let id = stanza.attr("id").expect("an id").into_owned();
            if matches!(stanza.attr("type").as_deref(), Some("get" | "set")) {
                let from = stanza.attr("from").expect("a sender").into_owned();
                let answer = format!("<iq to='{from}' type='result' id='{id}'/>");
                if to.is_full() {
                    world.send(&short(to), &answer);
                } else {
                    world.send_from_account(to.local().expect("an account"), &answer);
                }
                next.append(&mut world.last);
            } else {
                answers
                    .entry((short(to), id))
                    .or_default()
                    .push(support::line(stanza));
            }
        }
        queue = next;
    }
}

fn unescape(line: &str) -> String {
    line.replace("\\\\", "\u{1}")
        .replace("\\n", "\n")
        .replace('\u{1}', "\\")
}

/// `get disco#info of the room`.
fn what(iq: &ElementRef<'_>) -> String {
    let to = iq.attr("to").expect("a receiver");
    let place = match (to.contains('@'), to.contains('/')) {
        (false, _) => "the service",
        (true, false) => "the room",
        (true, true) => "an occupant",
    };
    let payload = iq.children().next().expect("a payload");
    let list = payload
        .children()
        .find_map(|item| item.attr("affiliation").map(|a| format!(" {a}")));
    let kind = payload.ns().rsplit(['/', ':']).next().unwrap_or_default();
    format!(
        "{} {kind}{} of {place}",
        iq.attr("type").expect("a type"),
        list.unwrap_or_default()
    )
}

macro_rules! fixtures {
    ($($name:ident = $file:literal;)*) => {$(
        /// Every request gets exactly one answer, whether new rooms are locked or not.
        #[test]
        fn $name() {
            let fixture = include_str!(concat!("fixtures/", $file, ".txt"));
            for lock in [false, true] {
                let answers = replay(fixture, World::with(|service| service.lock_new_rooms = lock));
                assert!(fixture.lines().all(|line| !line.contains("<iq ")) || !answers.is_empty());
            }
        }
    )*};
}

fixtures! {
    cl2_converse_over_bosh_to_a_small_server = "min-converse14-basic-bosh";
    cl2_converse_drops_and_joins_again = "min-converse14-drop-ws-rejoin";
    cl2_converse_reloads_on_a_small_server = "min-converse14-reload-ws";
    cl2_converse_over_bosh = "converse14-basic-bosh";
    cl2_converse_over_websocket = "converse14-basic-ws";
    cl2_converse_reloads = "converse14-reload-bosh";
    cl2_converse_with_a_wrong_nick = "converse14-wrongnick-bosh";
    cl2_profanity = "profanity0.13-tcp-login";
    cl2_slixmpp = "slixmpp1.17.0-tcp-anon";
    cl2_stanza = "stanza12-bosh-anon";
    cl2_nbxmpp = "nbxmpp4.2.2-tcp-login";
    cl2_xmppjs = "xmppjs0.14-ws-anon";
}

/// The floor for Converse: what must be a result is one.
#[test]
fn cl1_converse_gets_its_results() {
    let fixture = include_str!("fixtures/min-converse14-basic-bosh.txt");
    let answers = replay(
        fixture,
        World::with(|service| service.account_queries = false),
    );
    let of = |what: &str| -> Vec<&str> {
        answers
            .iter()
            .filter(|(request, _)| request == what)
            .map(|(_, answer)| answer.as_str())
            .collect()
    };
    assert!(
        of("get disco#info of the service")
            .iter()
            .all(|a| *a == "iq result query")
    );
    // Before the room is there, and afterwards.
    let room = of("get disco#info of the room");
    assert_eq!(room[0], "iq error cancel/item-not-found");
    assert!(room.contains(&"iq result query"), "{room:?}");
    assert_eq!(of("set muc#owner of the room"), ["iq result"]);
    for list in ["member", "admin", "owner"] {
        // The first to come owns the room and reads the lists; the second does not.
        let lists = of(&format!("get muc#admin {list} of the room"));
        assert_eq!(lists[0], "iq result query");
        assert!(
            lists[1..].iter().all(|a| *a == "iq error auth/forbidden"),
            "{lists:?}"
        );
    }
    for (request, expected) in [
        ("get register of the room", "iq result query"),
        ("set register of the room", "iq result"),
        (
            "get vcard-temp of an occupant",
            "iq error cancel/service-unavailable",
        ),
    ] {
        assert!(!of(request).is_empty(), "{request}");
        for answer in of(request) {
            assert_eq!(answer, expected, "{request}");
        }
    }
}
