//! Random clients against the checker of invariants (MUC GC2, SE1, SE10).

mod support;

use std::{collections::BTreeMap, time::Duration};

use support::{Out, Seeded, World};
use xmpp_muc::Whois;

const SESSIONS: [&str; 9] = [
    "owner/1", "owner/2", "ben/1", "ben/2", "ben/3", "eve/1", "eve/2", "zoe/1", "max/1",
];
const NICKS: [&str; 6] = ["owner", "ben", "Ben", "eve", "zoe", "other"];

/// One step of one session, out of everything that clients do and some that they should not.
fn step(world: &mut World, random: &mut Seeded) -> Vec<String> {
    match random.below(26) {
        0..=7 => presence_step(world, random),
        8..=14 => message_step(world, random),
        15..=20 => power_step(world, random),
        21 => world.wait(Duration::from_secs(random.below(90) as u64)),
        _ => query_step(world, random),
    }
}

fn any<T: Copy>(random: &mut Seeded, of: &[T]) -> T {
    of[random.below(of.len())]
}

fn any_user(random: &mut Seeded) -> &'static str {
    let session = any(random, &SESSIONS);
    session.split_once('/').expect("a name").0
}

fn presence_step(world: &mut World, random: &mut Seeded) -> Vec<String> {
    let (session, nick) = (any(random, &SESSIONS), any(random, &NICKS));
    match random.below(10) {
        0..=3 => world.join(session, nick),
        4 => world.join_with(session, nick, "", "<priority>5</priority><show>away</show>"),
        5 => world.leave(session, nick),
        6 => world.lose(session),
        7 => world.presence(session, nick, "<status>busy</status>"),
        8 => world.presence(session, nick, ""),
        _ => {
            let kind = any(random, &["probe", "subscribe", "unsubscribed", "invisible"]);
            world.send(
                session,
                &format!("<presence to='lobby@rooms.example/{nick}' type='{kind}'/>"),
            )
        }
    }
}

fn message_step(world: &mut World, random: &mut Seeded) -> Vec<String> {
    let (session, nick) = (any(random, &SESSIONS), any(random, &NICKS));
    match random.below(8) {
        0..=3 => world.say(session, "text"),
        4 => world.groupchat(session, "<subject>Topic</subject>"),
        5 => world.whisper(session, nick, "<body>psst</body>"),
        6 => {
            let user = any_user(random);
            world.send(
                session,
                &format!(
                    "<message to='lobby@rooms.example'><x xmlns='http://jabber.org/protocol/muc#user'>\
                     <invite to='{user}@users.example'/></x></message>"
                ),
            )
        }
        _ => {
            let mut form = support::field("FORM_TYPE", &["http://jabber.org/protocol/muc#request"]);
            form += &support::field("muc#role", &["participant"]);
            if random.below(2) == 0 {
                form +=
                    &support::field("muc#jid", &[format!("{}@users.example", any_user(random))]);
                form += &support::field("muc#roomnick", &[nick]);
                form += &support::field("muc#request_allow", &["1"]);
            }
            world.send(
                session,
                &format!(
                    "<message to='lobby@rooms.example'>\
                     <x xmlns='jabber:x:data' type='submit'>{form}</x></message>"
                ),
            )
        }
    }
}

fn power_step(world: &mut World, random: &mut Seeded) -> Vec<String> {
    let (session, nick) = (any(random, &SESSIONS), any(random, &NICKS));
    match random.below(13) {
        0..=3 => {
            let role = any(random, &["none", "visitor", "participant", "moderator"]);
            world.admin(session, &format!("<item nick='{nick}' role='{role}'/>"))
        }
        4..=7 => {
            let affiliation = any(random, &["outcast", "none", "member", "admin", "owner"]);
            let user = any_user(random);
            world.admin(
                session,
                &format!("<item jid='{user}@users.example' affiliation='{affiliation}'/>"),
            )
        }
        8..=11 => {
            let field = any(
                random,
                &[
                    ("moderatedroom", "1"),
                    ("moderatedroom", "0"),
                    ("membersonly", "1"),
                    ("membersonly", "0"),
                    ("presencebroadcast", "moderator"),
                    ("presencebroadcast", "moderator,participant,visitor"),
                    ("roomowners", "owner@users.example,ben@users.example"),
                ],
            );
            if world.checker.all_shown && field.0 == "presencebroadcast" {
                return Vec::new();
            }
            world.configure(session, &[field])
        }
        _ => {
            let destroy = "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>";
            world.iq(session, "set", "", destroy)
        }
    }
}

fn query_step(world: &mut World, random: &mut Seeded) -> Vec<String> {
    let session = any(random, &SESSIONS);
    let nick = format!("/{}", any(random, &NICKS));
    match random.below(5) {
        0 => world.iq(session, "get", &nick, "<ping xmlns='urn:xmpp:ping'/>"),
        1 => world.iq(session, "get", &nick, "<query xmlns='jabber:iq:version'/>"),
        2 => answer_one(world, random),
        3 => {
            let info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
            world.iq(session, "get", "", info)
        }
        _ => {
            let conditions = [
                "gone",
                "policy-violation",
                "recipient-unavailable",
                "service-unavailable",
            ];
            let condition = any(random, &conditions);
            let kind = any(random, &["presence", "message", "iq"]);
            world.send(
                session,
                &format!(
                    "<{kind} to='lobby@rooms.example{nick}' type='error' id='1'><error type='cancel'>\
                     <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></{kind}>"
                ),
            )
        }
    }
}

/// A client answers what it was asked last, or somebody else does.
fn answer_one(world: &mut World, random: &mut Seeded) -> Vec<String> {
    let Some((to, id)) = world.last.iter().find_map(|out| match out {
        Out::Stanza { to, stanza } if stanza.attr("type").as_deref() == Some("get") => {
            Some((support::short(to), stanza.attr("id")?.into_owned()))
        }
        _ => None,
    }) else {
        return Vec::new();
    };
    let session = if random.below(4) == 0 || !to.contains('/') {
        "max/1".to_owned()
    } else {
        to
    };
    world.send(
        &session,
        &format!("<iq to='lobby@rooms.example/x' type='result' id='{id}'/>"),
    )
}

/// Runs a script; the checker looks at every outcome. Gives each session's groupchat stanza-ids in order.
fn run(seed: u64, steps: usize, verbose: bool) -> BTreeMap<String, Vec<String>> {
    let mut random = Seeded(seed);
    let mut world = World::with(|service| {
        service.room.moderated = seed.is_multiple_of(3);
        service.room.change_subject = seed.is_multiple_of(2);
        service.room.persistent = seed.is_multiple_of(5);
        service.lock_new_rooms = seed.is_multiple_of(7);
        service.limits.sessions_per_nick = 2;
        service.linger = Duration::from_secs(seed % 4 * 30);
        if seed.is_multiple_of(11) {
            service.room.whois = Whois::Anyone;
        }
    });
    world.verbose = verbose;
    // Some scripts hide roles, and then views differ.
    world.checker.all_shown = !seed.is_multiple_of(4);
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..steps {
        step(&mut world, &mut random);
        for out in &world.last {
            if let Out::Stanza { to, stanza } = out
                && let Some(id) = stanza.child("stanza-id", xmpp_core::xml::ns::STANZA_ID)
                && stanza.child("delay", xmpp_core::xml::ns::DELAY).is_none()
            {
                let id = id.attr("id").expect("an id").into_owned();
                heard.entry(support::short(to)).or_default().push(id);
            }
        }
    }
    heard
}

/// SE10, PR2, SE1: the checker in `support` asserts on every effect. GC2: everybody hears in one order.
#[test]
fn gc2_se1_se10_random_scripts_keep_the_invariants() {
    let seeds = if cfg!(debug_assertions) { 300 } else { 3000 };
    for seed in 0..seeds {
        let heard = std::panic::catch_unwind(|| run(seed, 200, false)).unwrap_or_else(|_| {
            eprintln!("seed {seed}:");
            run(seed, 200, true)
        });
        // One order: the position of each message in the longest list of anybody who heard both.
        for one in heard.values() {
            for two in heard.values() {
                let place: BTreeMap<_, _> = two.iter().enumerate().map(|(n, id)| (id, n)).collect();
                let common: Vec<_> = one.iter().filter_map(|id| place.get(id)).collect();
                assert!(common.is_sorted(), "seed {seed}: two orders");
            }
        }
    }
}
