//! Sessions that have gone without a word (MUC LV5).

mod support;

use std::time::Duration;

use support::World;
use xmpp_core::xml::{Element, ns};

const SILENCE: Duration = Duration::from_mins(10);
const TIMEOUT: Duration = Duration::from_mins(1);

fn lobby() -> World {
    let mut world = World::with(|service| service.ghost_silence = Some(SILENCE));
    world.join("owner/1", "owner");
    world.wait(Duration::from_mins(5));
    world.join("ben/1", "ben");
    world
}

/// The id of the ping that a session got in the last outcome.
fn asked(world: &World, session: &str) -> Option<String> {
    let out = world.last.iter().filter(|out| out.is_to(session));
    let ping: Vec<&Element> = out
        .map(support::Out::stanza)
        .filter(|stanza| stanza.child("ping", ns::PING).is_some())
        .collect();
    assert!(ping.len() <= 1, "{ping:?}");
    let ping = ping.first()?;
    assert_eq!(ping.attr("from").as_deref(), Some("lobby@rooms.example"));
    Some(ping.attr("id").expect("an id").into_owned())
}

fn answer(world: &mut World, session: &str, id: &str, error: &str) -> Vec<String> {
    let (kind, error) = if error.is_empty() {
        ("result", String::new())
    } else {
        let condition = format!("<{error} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>");
        ("error", format!("<error type='cancel'>{condition}</error>"))
    };
    world.send(
        session,
        &format!("<iq to='lobby@rooms.example' type='{kind}' id='{id}'>{error}</iq>"),
    )
}

#[test]
fn lv5_the_silent_are_asked_and_stay_when_they_answer() {
    let mut world = lobby();
    assert_eq!(
        world.wait((SILENCE / 2).saturating_sub(Duration::from_secs(1))),
        [""; 0]
    );
    assert_eq!(
        world.wait(Duration::from_secs(1)),
        ["owner/1 < iq get ping from room"],
        "ben came later"
    );
    let id = asked(&world, "owner/1").expect("a ping");
    // An answer of somebody else counts for nothing, the right one once.
    answer(&mut world, "ben/1", &id, "");
    assert_eq!(answer(&mut world, "owner/1", &id, ""), [""; 0]);
    assert_eq!(world.wait(TIMEOUT * 3), [""; 0]);
    // An error that says that somebody is there is as good.
    world.say("ben/1", "I am here");
    world.wait(SILENCE.saturating_sub(TIMEOUT * 3));
    let id = asked(&world, "owner/1").expect("a ping");
    assert_eq!(answer(&mut world, "owner/1", &id, "not-allowed"), [""; 0]);
    assert_eq!(world.service.rooms().next().expect("a room").1, 2);
}

#[test]
fn lv5_who_speaks_is_not_asked() {
    let mut world = lobby();
    for _ in 0..10 {
        world.wait(SILENCE / 2);
        for session in ["owner/1", "ben/1"] {
            world.say(session, "still here");
            assert_eq!(asked(&world, session), None);
        }
    }
}

#[test]
fn lv5_an_error_that_means_gone_removes() {
    let mut world = lobby();
    world.wait(SILENCE / 2);
    let id = asked(&world, "owner/1").expect("a ping");
    assert_eq!(
        answer(&mut world, "owner/1", &id, "recipient-unavailable"),
        [
            "owner/1 < -owner owner/none #110,333 jid=owner/1",
            "ben/1 < -owner owner/none #333",
        ]
    );
}

#[test]
fn lv5_two_questions_without_an_answer_remove() {
    let mut world = lobby();
    world.wait(SILENCE / 2);
    let first = asked(&world, "owner/1").expect("a ping");
    world.say("ben/1", "hello");
    world.wait(TIMEOUT);
    let second = asked(&world, "owner/1").expect("another ping");
    assert_ne!(first, second);
    let out = world.wait(TIMEOUT);
    assert_eq!(
        out,
        [
            "owner/1 < -owner owner/none #110,333 jid=owner/1",
            "ben/1 < -owner owner/none #333",
        ]
    );
    assert_eq!(
        answer(&mut world, "owner/1", &second, ""),
        [""; 0],
        "too late"
    );
    // Ben is next, and then the room is empty.
    world.wait(SILENCE);
    world.wait(TIMEOUT);
    world.wait(TIMEOUT);
    assert_eq!(world.service.rooms().count(), 0);
    assert_eq!(world.service.poll_timeout(), None);
}

#[test]
fn lv5_nobody_is_asked_unless_the_host_wants_it() {
    let mut world = World::new();
    world.join("owner/1", "owner");
    assert_eq!(world.service.poll_timeout(), None);
    assert_eq!(world.wait(Duration::from_hours(100)), [""; 0]);
}
