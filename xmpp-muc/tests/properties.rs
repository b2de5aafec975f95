//! What holds for any input: every stanza is survived and every request answered, and history is what a plain filter
//! finds (MUC SE10, IQ1, HI2).

mod support;

use std::time::Duration;

use proptest::prelude::*;
use support::{Out, World};
use xmpp_core::Timestamp;
use xmpp_muc::stanza::DateTime;

const SESSIONS: [&str; 5] = ["owner/1", "owner/2", "ben/1", "ben/2", "eve/1"];

/// A tree of elements out of the names and namespaces that rooms know, in any arrangement.
fn tree() -> impl Strategy<Value = String> {
    let name = proptest::sample::select(vec![
        "x",
        "query",
        "item",
        "history",
        "password",
        "subject",
        "body",
        "delay",
        "stanza-id",
        "status",
        "error",
        "destroy",
        "invite",
        "decline",
        "field",
        "value",
        "ping",
        "vCard",
        "priority",
        "gone",
        "thread",
    ]);
    let namespace = proptest::sample::select(vec![
        "",
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#user",
        "http://jabber.org/protocol/muc#admin",
        "http://jabber.org/protocol/muc#owner",
        "http://jabber.org/protocol/disco#info",
        "http://jabber.org/protocol/disco#items",
        "jabber:x:data",
        "urn:xmpp:ping",
        "urn:xmpp:delay",
        "urn:xmpp:sid:0",
        "urn:ietf:params:xml:ns:xmpp-stanzas",
        "jabber:iq:register",
    ]);
    let attribute = (
        proptest::sample::select(vec![
            "role",
            "affiliation",
            "jid",
            "nick",
            "to",
            "from",
            "type",
            "code",
            "node",
            "var",
            "maxstanzas",
            "by",
            "id",
        ]),
        proptest::sample::select(vec![
            "",
            "none",
            "moderator",
            "owner",
            "outcast",
            "ben",
            "ben@users.example",
            "@",
            "submit",
            "cancel",
            "0",
            "-1",
            "110",
            "lobby@rooms.example",
            "FORM_TYPE",
            "muc#roomconfig_whois",
        ]),
    );
    let open = (name, namespace, proptest::option::of(attribute));
    let leaf = (open.clone(), "[a-z0-9é]{0,5}").prop_map(|(open, text)| element(&open, &text));
    leaf.prop_recursive(3, 12, 4, move |inner| {
        (open.clone(), proptest::collection::vec(inner, 0..4))
            .prop_map(|(open, children)| element(&open, &children.concat()))
    })
}

type Open = (
    &'static str,
    &'static str,
    Option<(&'static str, &'static str)>,
);

fn element((name, namespace, attribute): &Open, content: &str) -> String {
    let xmlns = if namespace.is_empty() {
        String::new()
    } else {
        format!(" xmlns='{namespace}'")
    };
    let attribute =
        attribute.map_or_else(String::new, |(name, value)| format!(" {name}='{value}'"));
    format!("<{name}{xmlns}{attribute}>{content}</{name}>")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// SE10, IQ1: any stanza from anybody at any time is survived, and every request is answered.
    #[test]
    fn se10_any_stanza_is_survived(
        script in proptest::collection::vec(
            (
                0..SESSIONS.len(),
                proptest::sample::select(vec!["message", "presence", "iq"]),
                proptest::sample::select(vec![
                    "", "lobby@rooms.example", "lobby@rooms.example/ben", "lobby@rooms.example/none", "rooms.example",
                    "rooms.example/x", "new@rooms.example/ben", "bad room@rooms.example", "lobby@rooms.example/",
                    "elsewhere.example",
                ]),
                proptest::sample::select(vec![
                    "", "get", "set", "result", "error", "groupchat", "chat", "normal", "unavailable", "probe",
                    "subscribe", "bogus",
                ]),
                proptest::collection::vec(tree(), 0..3),
            ),
            1..25,
        ),
        lock in proptest::bool::ANY,
    ) {
        let mut world = World::with(|service| service.lock_new_rooms = lock);
        world.checker.non_anonymous = true; // texts name addresses
        world.join("owner/1", "owner");
        world.join("ben/1", "ben");
        for (n, (session, name, to, kind, children)) in script.into_iter().enumerate() {
            let attribute = |name: &str, value: &str| {
                if value.is_empty() { String::new() } else { format!(" {name}='{value}'") }
            };
            let session = SESSIONS[session];
            let xml = format!(
                "<{name}{}{} id='n{n}'>{}</{name}>",
                attribute("to", to),
                attribute("type", kind),
                children.concat()
            );
            world.send(session, &xml);
            let ours = to.contains("rooms.example");
            let request = name == "iq" && (kind == "get" || kind == "set");
            if ours && request {
                let answered = world.last.iter().any(|out| {
                    matches!(out, Out::Stanza { stanza, .. } if stanza.name() == "iq")
                });
                prop_assert!(answered, "no answer to {}", xml);
            }
            if !ours {
                prop_assert!(world.last.is_empty(), "{}", xml);
            }
        }
        world.wait(Duration::from_hours(1));
    }
}

#[derive(Clone, Debug)]
struct Request {
    max_chars: Option<usize>,
    max_stanzas: Option<usize>,
    seconds: Option<u64>,
    since: Option<u64>,
}

fn request() -> impl Strategy<Value = Request> {
    (
        proptest::option::of(0..4000_usize),
        proptest::option::of(0..12_usize),
        proptest::option::of(0..120_u64),
        proptest::option::of(0..130_u64),
    )
        .prop_map(|(max_chars, max_stanzas, seconds, since)| Request {
            max_chars,
            max_stanzas,
            seconds,
            since,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The newest messages that satisfy all limits, oldest first: found the plain way.
    #[test]
    fn hi2_history_is_what_a_plain_filter_finds(
        messages in proptest::collection::vec((0..20_u64, 0..200_usize), 0..15),
        request in request(),
        cap in 0..15_u32,
    ) {
        let mut world = World::with_room(|room| room.max_history_fetch = cap);
        world.join("owner/1", "owner");
        let start = world.now;
        let mut sent: Vec<(Timestamp, String)> = Vec::new();
        for (n, (pause, length)) in messages.iter().enumerate() {
            world.wait(Duration::from_secs(*pause));
            let text = format!("{n}{}", "ä".repeat(*length));
            world.say("owner/1", &text);
            sent.push((world.now, text));
        }
        world.wait(Duration::from_secs(5));
        let now = world.now;
        let since = request.since.map(|s| start.saturating_add(Duration::from_secs(s)));
        let attribute = |name: &str, value: Option<String>| {
            value.map_or_else(String::new, |value| format!(" {name}='{value}'"))
        };
        let history = format!(
            "<history{}{}{}{}/>",
            attribute("maxchars", request.max_chars.map(|v| v.to_string())),
            attribute("maxstanzas", request.max_stanzas.map(|v| v.to_string())),
            attribute("seconds", request.seconds.map(|v| v.to_string())),
            attribute("since", since.map(|v| DateTime::from(v).to_string())),
        );
        // Everything there is, with its size as this receiver gets it.
        world.join_with("eve/1", "eve", "", "");
        let all: Vec<(String, usize)> = replayed(&world);
        world.join_with("eve/1", "eve", &history, "");
        let got: Vec<String> = replayed(&world).into_iter().map(|(text, _)| text).collect();

        let mut expected: Vec<String> = Vec::new();
        let mut chars = 0;
        for (time, text) in sent.iter().rev().take(cap as usize) {
            let size = all.iter().find(|(t, _)| t == text).expect("in the cap").1;
            chars += size;
            let age = now.since(*time).as_secs();
            let fits = request.max_chars.is_none_or(|max| chars <= max)
                && request.max_stanzas.is_none_or(|max| expected.len() < max)
                && request.seconds.is_none_or(|seconds| age <= seconds && seconds > 0)
                && since.is_none_or(|since| *time >= since && since <= now);
            if !fits {
                break;
            }
            expected.insert(0, text.clone());
        }
        prop_assert_eq!(got, expected);
    }
}

/// The history in the last outcome: text and characters as sent.
fn replayed(world: &World) -> Vec<(String, usize)> {
    world
        .last
        .iter()
        .filter(|out| out.is_to("eve/1"))
        .map(Out::stanza)
        .filter(|stanza| stanza.child("delay", xmpp_core::xml::ns::DELAY).is_some())
        .filter_map(|stanza| {
            let body = stanza
                .child("body", xmpp_core::xml::ns::CLIENT)?
                .text()
                .into_owned();
            let xml = stanza.to_string().replace(" xmlns='jabber:client'", "");
            Some((body, xml.chars().count()))
        })
        .collect()
}
