//! What cannot be seen from outside: nothing is left behind.

use xmpp_core::{FullJid, Random, Timestamp, xml::Element};

use crate::{Service, ServiceConfig};

struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
    }
}

/// MUC LV3, RG10: after everybody has left, however, the service holds nothing.
#[test]
fn lv3_nothing_is_left_behind() {
    let mut config = ServiceConfig {
        lock_new_rooms: false,
        ..ServiceConfig::default()
    };
    config.room.public = true;
    config.temporary.domains.insert("users.example".to_owned());
    let domain = "rooms.example".parse().expect("a JID");
    let mut service = Service::new(domain, config, Box::new(Counter(0)));
    let now = Timestamp::from_millis(0);
    let presence = |room: &str, kind: &str| -> Element {
        format!(
            "<presence xmlns='jabber:client' to='{room}@rooms.example/nick' {kind}>\
             <x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )
        .parse()
        .expect("well-formed")
    };
    let anna: FullJid = "anna@users.example/1".parse().expect("a JID");
    let two: FullJid = "anna@users.example/2".parse().expect("a JID");
    for room in ["a", "b", "c"] {
        service.handle_stanza(now, &anna, &presence(room, ""));
        service.handle_stanza(now, &two, &presence(room, ""));
    }
    assert_eq!((service.rooms.len(), service.listed.len()), (3, 3));
    // One nick with two sessions in each room is one occupant.
    assert_eq!(service.occupant_count(), 3);
    assert_eq!(service.surroundings.out.rooms_of[&anna].len(), 3);
    service.handle_stanza(now, &anna, &presence("a", "type='unavailable'"));
    assert_eq!(service.surroundings.out.rooms_of[&anna].len(), 2);
    service.handle_session_lost(now, &anna);
    assert_eq!(service.occupant_count(), 3);
    service.handle_session_lost(now, &two);
    assert_eq!(service.occupant_count(), 0);
    assert!(service.rooms.is_empty() && service.listed.is_empty());
    assert!(service.surroundings.out.rooms_of.is_empty());
    assert_eq!(service.surroundings.out.identities.len(), 0);
    assert!(service.timers.is_empty());
}
