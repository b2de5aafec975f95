//! One room without a service around it.

mod support;

use std::{collections::VecDeque, time::Duration};

use support::{Seeded, line, real, stanza};
use xmpp_core::Timestamp;
use xmpp_muc::{DestroyCause, Effect, Event, Room, RoomConfig, ServiceConfig};

fn room(linger: Duration) -> Room {
    let mut service = ServiceConfig::default();
    service.linger = linger;
    Room::new(
        "lobby@rooms.example".parse().expect("a JID"),
        &"owner@users.example".parse().expect("a JID"),
        RoomConfig::default(),
        service,
        Box::new(Seeded(1)),
    )
}

fn drain(room: &mut Room) -> Vec<String> {
    let mut lines = Vec::new();
    let mut effects = VecDeque::new();
    loop {
        effects.extend(std::iter::from_fn(|| room.poll_effect()));
        let Some(effect) = effects.pop_front() else {
            return lines;
        };
        match effect {
            Effect::Store(commit) => {
                lines.push("store".to_owned());
                for effect in commit.then.into_iter().rev() {
                    effects.push_front(effect);
                }
            }
            Effect::Deliver {
                stanza: written,
                to,
            } => {
                lines.push(format!(
                    "{} get {}",
                    to.len(),
                    line(&stanza(written.as_str()))
                ));
            }
            Effect::Send {
                stanza: written,
                to,
            } => {
                lines.push(format!(
                    "{} < {}",
                    support::short(&to),
                    line(&stanza(written.as_str()))
                ));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn join(room: &str) -> xmpp_core::xml::Element {
    stanza(&format!(
        "<presence to='{room}@rooms.example/owner'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    ))
}

#[test]
fn a_room_works_alone_and_ends() {
    let mut room = room(Duration::from_secs(10));
    assert_eq!(drain(&mut room), ["store"]);
    let (now, owner) = (Timestamp::from_millis(1000), real("owner/1"));
    room.handle_stanza(now, &owner, &join("other"));
    assert!(drain(&mut room).is_empty(), "another room's");
    room.handle_stanza(now, &owner, &join("lobby"));
    assert_eq!(
        drain(&mut room),
        [
            "owner/1 < +owner owner/moderator #110 jid=owner/1",
            "owner/1 < room! "
        ]
    );
    assert_eq!((room.occupants(), room.poll_timeout()), (1, None));
    let message = "<message to='lobby@rooms.example' type='groupchat'><body>hi</body></message>";
    room.handle_stanza(now, &owner, &stanza(message));
    assert_eq!(drain(&mut room), ["1 get owner: hi"]);
    room.handle_session_lost(now, &owner);
    let due = room.poll_timeout().expect("it goes some time");
    assert_eq!(due, now.saturating_add(Duration::from_secs(10)));
    room.handle_timeout(now);
    assert!(!room.is_gone(), "too early is harmless");
    room.handle_timeout(due);
    assert!(room.is_gone());
    assert_eq!(drain(&mut room), ["store"]);
    room.handle_stanza(due, &owner, &join("lobby"));
    assert_eq!(
        drain(&mut room),
        ["owner/1 < presence error cancel/item-not-found"]
    );
}

#[test]
fn the_events_of_a_room() {
    let mut room = room(Duration::ZERO);
    let (now, owner) = (Timestamp::from_millis(1000), real("owner/1"));
    room.handle_stanza(now, &owner, &join("lobby"));
    room.destroy(now);
    let jid = room.jid().clone();
    let occupant = jid.with_resource("owner").expect("a JID");
    let events: Vec<_> = std::iter::from_fn(|| room.poll_event()).collect();
    assert_eq!(
        events,
        [
            Event::RoomCreated { room: jid.clone() },
            Event::Entered {
                occupant: occupant.clone(),
                session: owner.clone(),
            },
            Event::Left {
                occupant,
                session: owner,
            },
            Event::RoomDestroyed {
                room: jid,
                cause: DestroyCause::Host,
            },
        ]
    );
}
