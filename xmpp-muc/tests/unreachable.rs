//! Sessions that take nothing any more, and whose end is still to come.

mod support;

use support::{Seeded, real, stanza};
use xmpp_core::{FullJid, Timestamp};
use xmpp_muc::{Effect, RoomConfig, Service, ServiceConfig, Whois};

const NOW: Timestamp = Timestamp::from_millis(1000);

/// A room in which `owner`, `ben` and `eve` are, without flood control.
fn room(whois: Whois) -> Service {
    let mut config = ServiceConfig::default();
    config.limits.rates = xmpp_muc::Rates::UNLIMITED;
    let mut service = Service::new(
        "rooms.example".parse().expect("a JID"),
        config,
        Box::new(Seeded(1)),
    );
    let mut room = RoomConfig::default();
    room.whois = whois;
    let owner = "owner@users.example".parse().expect("a JID");
    service
        .create_room(
            NOW,
            &"lobby@rooms.example".parse().expect("a JID"),
            &owner,
            room,
        )
        .expect("a room");
    for name in ["owner", "ben", "eve"] {
        send(&mut service, name, &join(name));
    }
    service
}

fn join(name: &str) -> String {
    format!(
        "<presence to='lobby@rooms.example/{name}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
}

fn message(text: &str) -> String {
    format!("<message to='lobby@rooms.example' type='groupchat'><body>{text}</body></message>")
}

fn session(name: &str) -> FullJid {
    real(&format!("{name}/1"))
}

/// Who is told something when this comes from a session, in order.
fn send(service: &mut Service, name: &str, xml: &str) -> Vec<String> {
    service.handle_stanza(NOW, &session(name), &stanza(xml));
    told(service)
}

fn told(service: &mut Service) -> Vec<String> {
    let mut told = Vec::new();
    let mut effects: Vec<_> = std::iter::from_fn(|| service.poll_effect()).collect();
    effects.reverse();
    while let Some(effect) = effects.pop() {
        match effect {
            Effect::Store(commit) => effects.extend(commit.then.into_iter().rev()),
            Effect::Deliver { to, .. } => told.extend(to.iter().map(ToString::to_string)),
            Effect::Send { to, .. } => told.push(to.to_string()),
            other => panic!("{other:?}"),
        }
    }
    told.iter()
        .map(|jid| jid.split('@').next().unwrap_or_default().to_owned())
        .collect()
}

/// What it sent before counts, and its end is told when it has come.
#[test]
fn a_session_that_cannot_be_reached_is_told_nothing_and_is_inside() {
    for whois in Whois::ALL {
        let mut room = room(whois);
        // Lists of receivers are made, and have to be made anew.
        assert_eq!(
            send(&mut room, "owner", &message("all")),
            ["owner", "ben", "eve"]
        );
        room.handle_session_unreachable(&session("ben"));
        assert_eq!(send(&mut room, "owner", &message("two")), ["owner", "eve"]);
        assert_eq!(
            send(&mut room, "ben", &message("last words")),
            ["owner", "eve"]
        );
        assert_eq!(room.occupant_count(), 3);
        room.handle_session_lost(NOW, &session("ben"));
        assert_eq!(told(&mut room), ["owner", "eve"]);
        assert_eq!(room.occupant_count(), 2);
        // It is not there any more, and its next session is another one.
        room.handle_session_unreachable(&session("ben"));
        send(&mut room, "ben", &join("ben"));
        assert_eq!(
            send(&mut room, "eve", &message("all")),
            ["owner", "eve", "ben"]
        );
    }
}

#[test]
fn sessions_that_are_cut_off_at_once_do_not_hear_of_each_other() {
    for whois in Whois::ALL {
        let mut room = room(whois);
        for name in ["ben", "eve"] {
            room.handle_session_unreachable(&session(name));
        }
        for name in ["ben", "eve"] {
            room.handle_session_lost(NOW, &session(name));
            assert_eq!(told(&mut room), ["owner"]);
        }
    }
}
