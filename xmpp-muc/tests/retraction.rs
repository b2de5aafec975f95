//! Messages that are taken back, by moderators and by their authors (MUC MO1, MO2, MO3, MO5).

mod support;

use std::time::Duration;

use support::World;
use xmpp_core::xml::{Element, ns};
use xmpp_muc::RoomConfig;

fn lobby(change: impl FnOnce(&mut RoomConfig)) -> World {
    let mut world = World::with_room(|room| {
        room.archive = true;
        change(room);
    });
    for name in ["owner", "ben", "eve"] {
        world.join(&format!("{name}/1"), name);
    }
    world
}

/// Version 0.3 of XEP-0425, as Converse.js 14 sends it.
fn moderate(id: &str) -> String {
    format!(
        "<moderate id='{id}' xmlns='urn:xmpp:message-moderate:1'><retract xmlns='urn:xmpp:message-retract:1'/>\
         <reason>spam</reason></moderate>"
    )
}

/// Version 0.2, as older clients send it.
fn moderate_0(id: &str) -> String {
    format!(
        "<apply-to id='{id}' xmlns='urn:xmpp:fasten:0'><moderate xmlns='urn:xmpp:message-moderate:0'>\
         <retract xmlns='urn:xmpp:message-retract:0'/><reason>spam</reason></moderate></apply-to>"
    )
}

fn retract(id: &str) -> String {
    format!("<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>")
}

/// The room's id of a message that ben says.
fn said(world: &mut World, children: &str) -> String {
    world.groupchat("ben/1", children);
    let live = world.first("ben/1");
    let id = live.child("stanza-id", ns::STANZA_ID).expect("a stanza-id");
    id.attr("id").expect("an id").into_owned()
}

/// What the archive keeps under an id.
fn stored(world: &World, id: &str) -> Element {
    let room = "lobby@rooms.example".parse().expect("a JID");
    let entries = world.archive.entries(&room);
    let entry = entries.iter().find(|entry| *entry.id == *id);
    Element::from_xml(&*entry.expect("an entry").stanza)
}

const SECRET: &str = "<body>secret</body><x xmlns='jabber:x:oob'><url>https://secret.example/</url></x>\
    <reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>secret</reaction></reactions>";

/// Nothing of the text is left, for a newcomer and for a reader of the archive (MO2).
fn assert_gone(world: &mut World, id: &str) {
    world.join_with("new/1", "new", "", "");
    let seen: String = world
        .last
        .iter()
        .filter(|out| out.is_to("new/1"))
        .map(support::Out::xml)
        .collect();
    assert!(!seen.contains("secret"), "{seen}");
    world.query("new/1", &[], "");
    let read: String = world.last.iter().map(support::Out::xml).collect();
    assert!(read.contains(id) && !read.contains("secret"), "{read}");
}

#[test]
fn mo1_a_moderator_removes_a_message() {
    for (request, name) in [(moderate as fn(&str) -> String, "0.3"), (moderate_0, "0.2")] {
        let mut world = lobby(|_| {});
        let id = said(&mut world, SECRET);
        let out = world.iq("owner/1", "set", "", &request(&id));
        let notice = "room <retract apply-to stanza-id>";
        assert_eq!(
            out,
            [
                "store message".to_owned(),
                "store tombstone".to_owned(),
                format!("owner/1 < {notice}"),
                format!("ben/1 < {notice}"),
                format!("eve/1 < {notice}"),
                "owner/1 < iq result".to_owned(),
            ],
            "{name}"
        );
        let notice = world.first("eve/1");
        assert_eq!(notice.attr("from").as_deref(), Some("lobby@rooms.example"));
        assert_eq!(notice.attr("type").as_deref(), Some("groupchat"));
        let retract = notice.child("retract", ns::RETRACT).expect("a retraction");
        assert_eq!(retract.attr("id").as_deref(), Some(&*id));
        let moderated = retract.child("moderated", ns::MODERATE).expect("moderated");
        assert_eq!(
            moderated.attr("by").as_deref(),
            Some("lobby@rooms.example/owner")
        );
        let by = moderated
            .child("occupant-id", ns::OCCUPANT_ID)
            .expect("an id");
        assert_eq!(by.attr("id").map(|id| id.len()), Some(43));
        let reason = retract.child("reason", ns::RETRACT).expect("a reason");
        assert_eq!(reason.text(), "spam");
        // What clients of version 0.2 read (Prosody's and ejabberd's form).
        let text = notice.to_string();
        assert!(
            text.contains("<apply-to xmlns='urn:xmpp:fasten:0'"),
            "{text}"
        );
        assert!(
            text.contains(
                "<moderated xmlns='urn:xmpp:message-moderate:0' by='lobby@rooms.example/owner'>"
            ),
            "{text}"
        );
        assert_gone(&mut world, &id);
    }
}

#[test]
fn mo1_who_may_and_what_may_not_be_moderated() {
    let mut world = lobby(|room| room.change_subject = true);
    let id = said(&mut world, "<body>hi</body>");
    for session in ["ben/1", "eve/1", "outside/1"] {
        assert_eq!(
            world.iq(session, "set", "", &moderate(&id)),
            [format!("{session} < iq error auth/forbidden")]
        );
        // The answer is the same for what is not there (SE5).
        assert_eq!(
            world.iq(session, "set", "", &moderate("unknown")),
            [format!("{session} < iq error auth/forbidden")]
        );
    }
    for (payload, error) in [
        (moderate("unknown"), "cancel/item-not-found"),
        (moderate_0("unknown"), "cancel/item-not-found"),
        (
            "<moderate id='1' xmlns='urn:xmpp:message-moderate:1'/>".to_owned(),
            "modify/bad-request",
        ),
        (moderate(&id).replace("id=", "nr="), "modify/bad-request"),
        (
            moderate(&id).replace("spam", &"x".repeat(1025)),
            "modify/policy-violation",
        ),
    ] {
        assert_eq!(
            world.iq("owner/1", "set", "", &payload),
            [format!("owner/1 < iq error {error}")],
            "{payload}"
        );
    }
    // A subject is no message, nor is what the room said.
    let subject = said(&mut world, "<subject>Topic</subject>");
    world.iq("owner/1", "set", "", &moderate(&id));
    let notice = world.archived().pop().expect("the moderation");
    for id in [subject, notice] {
        assert_eq!(
            world.iq("owner/1", "set", "", &moderate(&id)),
            ["owner/1 < iq error cancel/not-allowed"]
        );
    }
    assert_eq!(
        world.iq("owner/1", "set", "", &moderate(&id)),
        ["owner/1 < iq result"],
        "gone already"
    );
    // Without an archive the history is all there is.
    let mut world = lobby(|room| room.archive = false);
    let id = said(&mut world, "<body>hi</body>");
    assert_eq!(
        world.iq("owner/1", "set", "", &moderate("unknown")),
        ["owner/1 < iq error cancel/item-not-found"]
    );
    let out = world.iq("owner/1", "set", "", &moderate(&id));
    assert_eq!(out.len(), 4, "{out:?}");
    world.join_with("new/1", "new", "", "");
    assert!(!world.to("new/1").iter().any(|line| line.contains("hi")));
}

/// MO1: what the history does not hold any more is looked up, and the rights are looked at again then (SE4).
#[test]
fn mo1_se4_an_old_message_is_found_in_the_archive() {
    let mut world = lobby(|room| room.max_history_fetch = 1);
    let id = said(&mut world, SECRET);
    let other = said(&mut world, "<body>another</body>");
    world.held = Some(Vec::new());
    assert!(world.iq("owner/1", "set", "", &moderate(&id)).is_empty());
    world.admin("owner/1", "<item nick='eve' role='moderator'/>");
    assert!(
        world.iq("eve/1", "set", "", &moderate(&other)).len() > 1,
        "in the history"
    );
    let third = said(&mut world, "<body>third</body>");
    said(&mut world, "<body>fourth</body>");
    assert!(world.iq("eve/1", "set", "", &moderate(&third)).is_empty());
    world.admin("owner/1", "<item nick='eve' role='participant'/>");
    let out = world.answer_held();
    assert_eq!(out[..2], ["store message", "store tombstone"]);
    assert!(out.contains(&"owner/1 < iq result".to_owned()), "{out:?}");
    assert_eq!(
        out.last().expect("one more"),
        "eve/1 < iq error auth/forbidden"
    );
    assert_gone(&mut world, &id);
    assert!(stored(&world, &third).child("body", ns::CLIENT).is_some());
}

#[test]
fn mo2_what_is_left_is_a_tombstone() {
    let mut world = lobby(|_| {});
    let id = said(&mut world, SECRET);
    let old = stored(&world, &id);
    world.wait(Duration::from_mins(5));
    world.iq("owner/1", "set", "", &moderate(&id));
    let notice_id = world.archived().pop().expect("the moderation");
    let tombstone = stored(&world, &id);
    for name in ["from", "id", "type"] {
        assert_eq!(tombstone.attr(name), old.attr(name), "{name}");
    }
    let names: Vec<_> = tombstone
        .children()
        .map(|child| child.name().to_owned())
        .collect();
    assert_eq!(names, ["occupant-id", "stanza-id", "retracted"]);
    let author = |stanza: &Element| {
        let id = stanza.child("occupant-id", ns::OCCUPANT_ID)?;
        id.attr("id").map(Into::<String>::into)
    };
    assert_eq!(author(&tombstone), author(&old), "the author's");
    let retracted = tombstone
        .child("retracted", ns::RETRACT)
        .expect("retracted");
    assert_eq!(retracted.attr("id").as_deref(), Some(&*notice_id));
    assert_eq!(
        retracted.attr("stamp").as_deref(),
        Some("2026-11-20T10:05:00Z")
    );
    let moderated = retracted
        .child("moderated", ns::MODERATE)
        .expect("moderated");
    assert_eq!(
        moderated.attr("by").as_deref(),
        Some("lobby@rooms.example/owner")
    );
    assert_eq!(retracted.children().count(), 1);
    // Its place, its time and its author stay; the moderation itself is archived behind it.
    let out = world.query("owner/1", &[], "");
    assert_eq!(
        out,
        [
            "owner/1 < archive ben retracted jid=ben/1",
            "owner/1 < archive room <retract apply-to stanza-id>",
            "owner/1 < iq result fin complete 2",
        ]
    );
}

#[test]
fn mo3_an_author_takes_a_message_back() {
    let mut world = lobby(|_| {});
    let id = said(&mut world, SECRET);
    let with_body = format!("{}<body>/me retracted a message</body>", retract(&id));
    let out = world.groupchat("ben/1", &with_body);
    assert_eq!(
        out,
        [
            "store message",
            "store tombstone",
            "owner/1 < ben: /me retracted a message",
            "ben/1 < ben: /me retracted a message",
            "eve/1 < ben: /me retracted a message",
        ],
        "with its fallback"
    );
    let live = world.first("eve/1");
    assert!(live.child("retract", ns::RETRACT).is_some(), "{live}");
    let tombstone = stored(&world, &id);
    let retracted = tombstone
        .child("retracted", ns::RETRACT)
        .expect("retracted");
    assert_eq!(retracted.attr("id").as_deref(), Some("m"));
    assert_eq!(retracted.children().count(), 0);
    assert_gone(&mut world, &id);
    // Once is enough; and what is unknown is said to all all the same.
    for id in [id.as_str(), "unknown"] {
        let out = world.groupchat("ben/1", &retract(id));
        assert_eq!(out[0], "store message", "{id}");
        assert_eq!(out.len(), 5, "{id}: {out:?}");
    }
}

#[test]
fn mo3_another_ones_message_stays() {
    for max_history in [20, 0] {
        let mut world = lobby(|room| room.max_history_fetch = max_history);
        let id = said(&mut world, "<body>mine</body>");
        for session in ["eve/1", "owner/1"] {
            assert_eq!(
                world.groupchat(session, &retract(&id)),
                [format!("{session} < message error auth/forbidden")]
            );
        }
        // The nick is free again, and another user takes it.
        world.leave("ben/1", "ben");
        world.presence("eve/1", "ben", "");
        assert_eq!(
            world.groupchat("eve/1", &retract(&id)),
            ["eve/1 < message error auth/forbidden"]
        );
        // The author is back under another nick.
        world.join("ben/2", "benno");
        let out = world.groupchat("ben/2", &retract(&id));
        assert_eq!(out[..2], ["store message", "store tombstone"], "{out:?}");
    }
}

/// Converse.js 14 names its own message by the id that it gave it; version 0.3 of XEP-0424 used another element.
#[test]
fn mo3_as_clients_send_it() {
    for id_of_author in ["m", "o1"] {
        for element in [
            retract(id_of_author),
            format!(
                "<apply-to xmlns='urn:xmpp:fasten:0' id='{id_of_author}'>\
                 <retract xmlns='urn:xmpp:message-retract:0'/></apply-to>"
            ),
        ] {
            let mut world = lobby(|_| {});
            let origin = "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>";
            let id = said(&mut world, &format!("{SECRET}{origin}"));
            // Somebody else gives its message the same ids.
            world.groupchat("eve/1", &format!("<body>mine</body>{origin}"));
            let out = world.groupchat("ben/1", &element);
            assert_eq!(out[..2], ["store message", "store tombstone"], "{element}");
            assert_gone(&mut world, &id);
        }
    }
}

/// MO3: a message that the history does not hold is looked up; the author must still be there and may speak then (SE4).
#[test]
fn mo3_se4_an_old_message_is_found_in_the_archive() {
    let mut world = lobby(|room| {
        room.max_history_fetch = 0;
        room.moderated = true;
    });
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    let ids = ["one", "two", "three"].map(|text| said(&mut world, &format!("<body>{text}</body>")));
    world.held = Some(Vec::new());
    for id in &ids[..2] {
        assert!(world.groupchat("ben/1", &retract(id)).is_empty());
    }
    let first = world.held.take().expect("held").remove(0);
    world.answer(&first);
    let out = world.drain();
    assert_eq!(out[..2], ["store message", "store tombstone"]);
    assert_eq!(out.len(), 5);
    world.held = Some(Vec::new());
    world.groupchat("ben/1", &retract(&ids[2]));
    world.admin("owner/1", "<item nick='ben' role='visitor'/>");
    assert_eq!(
        world.answer_held(),
        ["ben/1 < message error auth/forbidden"]
    );
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    world.held = Some(Vec::new());
    world.groupchat("ben/1", &retract(&ids[2]));
    world.leave("ben/1", "ben");
    assert_eq!(
        world.answer_held(),
        ["ben/1 < message error cancel/not-acceptable"]
    );
    assert!(stored(&world, &ids[2]).child("body", ns::CLIENT).is_some());
}

/// SE2: that a moderator did it is the room's to say.
#[test]
fn mo3_se2_nobody_else_speaks_for_a_moderator() {
    let mut world = lobby(|_| {});
    let id = said(&mut world, "<body>mine</body>");
    let moderated =
        "<moderated xmlns='urn:xmpp:message-moderate:1' by='lobby@rooms.example/owner'/>";
    let moderated_0 = "<moderated xmlns='urn:xmpp:message-moderate:0' by='lobby@rooms.example/owner'>\
        <retract xmlns='urn:xmpp:message-retract:0'/></moderated>";
    for forged in [
        format!("<retract xmlns='urn:xmpp:message-retract:1' id='{id}'>{moderated}</retract>"),
        format!("<retracted xmlns='urn:xmpp:message-retract:1'>{moderated}</retracted>"),
        format!("<apply-to xmlns='urn:xmpp:fasten:0' id='{id}'>{moderated_0}</apply-to>"),
        moderated.to_owned(),
        moderated_0.to_owned(),
    ] {
        world.groupchat("ben/1", &format!("<body>x</body>{forged}"));
        let live = world.first("owner/1").to_string();
        assert!(!live.contains("moderated"), "{live}");
        assert!(
            stored(&world, &id).child("body", ns::CLIENT).is_some(),
            "{forged}"
        );
    }
}

#[test]
fn mo5_what_else_refers_to_messages_passes_unchanged() {
    let mut world = lobby(|_| {});
    for children in [
        "<body>corrected</body><replace xmlns='urn:xmpp:message-correct:0' id='1'/>",
        "<body>&gt; hi\nyes</body><reply xmlns='urn:xmpp:reply:0' to='lobby@rooms.example/eve' id='1'/>\
         <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='5'/></fallback>",
        "<reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>\u{1f44d}</reaction></reactions>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
        "<received xmlns='urn:xmpp:receipts' id='1'/>",
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    ] {
        world.groupchat("ben/1", children);
        let live = world.first("eve/1");
        let text: String = live
            .children()
            .filter(|child| !["occupant-id", "stanza-id"].contains(&child.name()))
            .map(|child| child.to_string())
            .collect();
        let expected: String = support::stanza(&format!("<message>{children}</message>"))
            .children()
            .map(|child| child.to_string())
            .collect();
        assert_eq!(text, expected);
    }
}

#[test]
fn mo1_di4_the_features_are_told() {
    for (archive, history) in [(true, 20), (true, 0), (false, 20), (false, 0)] {
        let mut world = lobby(|room| {
            room.archive = archive;
            room.max_history_fetch = history;
        });
        let disco = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
        world.iq("eve/1", "get", "", disco);
        let info = world.first("eve/1").to_string();
        for (feature, expected) in [
            ("urn:xmpp:message-moderate:0", archive || history > 0),
            ("urn:xmpp:message-moderate:1", archive || history > 0),
            ("urn:xmpp:message-retract:1", true),
            ("urn:xmpp:message-retract:1#tombstone", archive),
        ] {
            let told = info.contains(&format!("var='{feature}'"));
            assert_eq!(told, expected, "{feature}: {info}");
        }
    }
}
