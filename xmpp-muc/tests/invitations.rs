//! Invitations, declines, requests for voice, slow mode (MUC IN1 to IN8, AD11, VO1 to VO3, FL6, FL7).

mod support;

use std::time::Duration;

use support::World;
use xmpp_core::xml::ns;
use xmpp_muc::Password;

fn lobby(change: impl FnOnce(&mut xmpp_muc::RoomConfig)) -> World {
    let mut world = World::with_room(change);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

fn invite(world: &mut World, session: &str, children: &str) -> Vec<String> {
    world.send(
        session,
        &format!(
            "<message to='lobby@rooms.example' id='i'><body>come</body>\
             <x xmlns='http://jabber.org/protocol/muc#user'>{children}</x></message>"
        ),
    )
}

#[test]
fn in1_in2_every_guest_gets_an_invitation_from_the_room() {
    let mut world = lobby(|_| {});
    let out = invite(
        &mut world,
        "ben/1",
        "<invite to='zoe@users.example'><reason>hi</reason><continue thread='t'/></invite>\
         <invite to='max@users.example'/>",
    );
    assert_eq!(
        out,
        [
            "zoe < room says invite from=lobby@rooms.example/ben",
            "max < room says invite from=lobby@rooms.example/ben",
        ]
    );
    let message = world.first("zoe");
    assert_eq!(message.attr("id").as_deref(), Some("i"));
    assert_eq!(message.attr("type"), None);
    let xml = message.to_string();
    assert!(
        xml.contains("<reason>hi</reason><continue thread='t'/>"),
        "{xml}"
    );
    assert!(
        !xml.contains("come") && !xml.contains("to='zoe@users.example'><reason"),
        "{xml}"
    );
    // In a non-anonymous room the inviter is named.
    let mut world = lobby(|room| room.whois = xmpp_muc::Whois::Anyone);
    assert_eq!(
        invite(&mut world, "ben/1", "<invite to='zoe@users.example'/>"),
        ["zoe < room says invite from=ben"]
    );
}

#[test]
fn in1_one_bad_invitation_refuses_all() {
    let mut world = lobby(|_| {});
    world.admin(
        "owner/1",
        "<item jid='evil@users.example' affiliation='outcast'/>",
    );
    for (bad, error) in [
        ("<invite/>", "modify/jid-malformed"),
        ("<invite to='@'/>", "modify/jid-malformed"),
        ("<invite to='zoe@my_host.example'/>", "modify/jid-malformed"),
        ("<invite to='lobby@rooms.example'/>", "cancel/not-allowed"),
        ("<invite to='evil@users.example'/>", "cancel/not-allowed"),
    ] {
        let out = invite(
            &mut world,
            "ben/1",
            &format!("<invite to='zoe@users.example'/>{bad}"),
        );
        assert_eq!(out, [format!("ben/1 < message error {error}")], "{bad}");
    }
    assert_eq!(
        invite(&mut world, "ben/1", ""),
        ["ben/1 < message error modify/bad-request"],
        "GC7: neither invitation nor decline"
    );
}

#[test]
fn in3_nobody_invites_from_outside() {
    let mut world = lobby(|_| {});
    assert_eq!(
        invite(&mut world, "eve/1", "<invite to='zoe@users.example'/>"),
        ["eve/1 < message error cancel/not-acceptable"]
    );
}

#[test]
fn in4_the_room_adds_its_password() {
    let mut world = World::with_room(|room| room.password = Password::new("sesame"));
    world.join_with("owner/1", "owner", "<password>sesame</password>", "");
    invite(
        &mut world,
        "owner/1",
        "<invite to='zoe@users.example'/><password>mine</password>",
    );
    let xml = world.first("zoe").to_string();
    assert!(
        xml.contains("<password>sesame</password>") && !xml.contains("mine"),
        "{xml}"
    );
}

#[test]
fn in5_an_invitation_to_a_members_only_room_makes_a_member() {
    for allow_invites in [false, true] {
        let mut world = World::with_room(|room| {
            room.members_only = true;
            room.allow_invites = allow_invites;
        });
        world.join("owner/1", "owner");
        world.admin(
            "owner/1",
            "<item jid='ben@users.example' affiliation='member'/>",
        );
        world.join("ben/1", "ben");
        let out = invite(&mut world, "ben/1", "<invite to='zoe@users.example'/>");
        if allow_invites {
            assert_eq!(
                out,
                [
                    "store member zoe",
                    "zoe < room says invite from=lobby@rooms.example/ben",
                    "owner/1 < room says zoe=member",
                ]
            );
            assert!(
                world
                    .join("zoe/1", "zoe")
                    .iter()
                    .any(|line| line.contains("#110"))
            );
        } else {
            assert_eq!(out, ["ben/1 < message error auth/forbidden"]);
            assert_eq!(
                world.join("zoe/1", "zoe"),
                ["zoe/1 < presence error auth/registration-required"]
            );
        }
    }
    // An open room adds nobody.
    let mut world = lobby(|_| {});
    let out = invite(&mut world, "ben/1", "<invite to='zoe@users.example'/>");
    assert_eq!(out.len(), 1);
}

#[test]
fn ad11_a_new_member_of_a_members_only_room_is_invited() {
    let mut world = World::with_room(|room| room.members_only = true);
    world.join("owner/1", "owner");
    assert_eq!(
        world.admin(
            "owner/1",
            "<item jid='zoe@users.example' affiliation='member'/>"
        ),
        [
            "store member zoe",
            "owner/1 < iq result",
            "zoe < room says invite from=lobby@rooms.example/owner",
            "owner/1 < room says zoe=member",
        ]
    );
    // One who is affiliated already is not.
    let out = world.admin(
        "owner/1",
        "<item jid='zoe@users.example' affiliation='admin'/>",
    );
    assert!(out.iter().all(|line| !line.contains("invite")), "{out:?}");
}

#[test]
fn in6_a_failed_invitation_comes_back() {
    let mut world = lobby(|_| {});
    let bounce = "<message to='lobby@rooms.example' type='error' id='i'><error type='cancel'>\
        <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
    assert!(
        world.send_from_account("zoe", bounce).is_empty(),
        "never invited"
    );
    invite(&mut world, "ben/1", "<invite to='zoe@users.example'/>");
    assert_eq!(
        world.send_from_account("zoe", bounce),
        ["ben/1 < message error cancel/item-not-found"]
    );
    assert!(world.send_from_account("zoe", bounce).is_empty(), "once");
    invite(&mut world, "ben/1", "<invite to='zoe@users.example'/>");
    world.wait(Duration::from_mins(5));
    assert!(world.send_from_account("zoe", bounce).is_empty(), "late");
}

#[test]
fn in7_a_decline_goes_to_the_inviter_of_a_real_invitation() {
    let mut world = lobby(|_| {});
    let decline = |to: &str| format!("<decline to='{to}'><reason>busy</reason></decline>");
    assert!(
        invite(&mut world, "zoe/1", &decline("ben@users.example")).is_empty(),
        "invented"
    );
    invite(&mut world, "ben/1", "<invite to='zoe@users.example'/>");
    assert!(
        invite(&mut world, "eve/1", &decline("lobby@rooms.example/ben")).is_empty(),
        "another's"
    );
    // The inviter knows whom it invited.
    world.checker.non_anonymous = true;
    assert_eq!(
        invite(&mut world, "zoe/1", &decline("lobby@rooms.example/ben")),
        ["ben/1 < room says decline from=zoe"]
    );
    assert!(
        world
            .first("ben/1")
            .to_string()
            .contains("<reason>busy</reason>")
    );
    assert!(
        invite(&mut world, "zoe/1", &decline("lobby@rooms.example/ben")).is_empty(),
        "once"
    );
}

#[test]
fn in8_invitations_are_bounded() {
    let mut world = World::with(|service| service.limits.invitations = 2);
    world.join("owner/1", "owner");
    let one = "<invite to='zoe@users.example'/>";
    assert_eq!(invite(&mut world, "owner/1", one).len(), 1);
    let refused = ["owner/1 < message error wait/resource-constraint"];
    assert_eq!(
        invite(&mut world, "owner/1", &format!("{one}{one}")),
        refused
    );
    assert_eq!(invite(&mut world, "owner/1", one).len(), 1);
    assert_eq!(invite(&mut world, "owner/1", one), refused);
    world.wait(Duration::from_hours(1));
    assert_ne!(invite(&mut world, "owner/1", one), refused);
}

fn voice(world: &mut World, session: &str, fields: &[(&str, &str)]) -> Vec<String> {
    let mut form = support::field("FORM_TYPE", &["http://jabber.org/protocol/muc#request"]);
    for (var, value) in fields {
        form += &support::field(var, &[value]);
    }
    world.send(
        session,
        &format!(
            "<message to='lobby@rooms.example'><x xmlns='jabber:x:data' type='submit'>{form}</x></message>"
        ),
    )
}

const ASK: [(&str, &str); 1] = [("muc#role", "participant")];

#[test]
fn vo1_a_request_for_voice_goes_to_the_moderators() {
    let mut world = lobby(|room| room.moderated = true);
    world.join("eve/1", "eve");
    assert_eq!(voice(&mut world, "ben/1", &ASK), ["owner/1 < room <x>"]);
    let xml = world.first("owner/1").to_string();
    for part in [
        "muc#request",
        "ben@users.example/1",
        "<value>ben</value>",
        "muc#request_allow",
    ] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
}

#[test]
fn vo2_other_requests() {
    let mut world = lobby(|room| room.moderated = true);
    assert_eq!(
        voice(&mut world, "eve/1", &ASK),
        ["eve/1 < message error cancel/not-acceptable"]
    );
    assert!(voice(&mut world, "owner/1", &ASK).is_empty());
    for fields in [&[("muc#role", "moderator")][..], &[]] {
        assert_eq!(
            voice(&mut world, "ben/1", fields),
            ["ben/1 < message error modify/bad-request"]
        );
    }
    assert_eq!(voice(&mut world, "ben/1", &ASK).len(), 1);
    let too_soon = ["ben/1 < message error wait/resource-constraint"];
    assert_eq!(voice(&mut world, "ben/1", &ASK), too_soon);
    world.wait(Duration::from_mins(30));
    assert_eq!(voice(&mut world, "ben/1", &ASK).len(), 1);
    world.configure("owner/1", &[("allow_voice_requests", "0")]);
    assert_eq!(
        voice(&mut world, "ben/1", &ASK),
        ["ben/1 < message error auth/forbidden"]
    );
}

#[test]
fn vo3_one_answer_gives_voice_and_no_more() {
    let mut world = lobby(|room| room.moderated = true);
    let answer = |role: &'static str, jid: &'static str, allow: &'static str| {
        [
            ("muc#role", role),
            ("muc#jid", jid),
            ("muc#roomnick", "ben"),
            ("muc#request_allow", allow),
        ]
    };
    let yes = answer("moderator", "ben@users.example/1", "true");
    assert!(
        voice(&mut world, "owner/1", &yes).is_empty(),
        "nobody asked"
    );
    voice(&mut world, "ben/1", &ASK);
    let wrong = answer("participant", "eve@users.example/1", "true");
    assert!(
        voice(&mut world, "owner/1", &wrong).is_empty(),
        "another's address"
    );
    assert_eq!(
        voice(&mut world, "ben/1", &yes),
        ["ben/1 < message error modify/bad-request"],
        "no moderator"
    );
    assert_eq!(
        voice(&mut world, "owner/1", &yes),
        [
            "store room",
            "ben/1 < +ben none/participant #110 jid=ben/1 actor=owner",
            "owner/1 < +ben none/participant jid=ben/1 actor=owner by=owner",
        ]
    );
    world.admin("owner/1", "<item nick='ben' role='visitor'/>");
    assert!(
        voice(&mut world, "owner/1", &yes).is_empty(),
        "answered already"
    );
    world.wait(Duration::from_mins(30));
    voice(&mut world, "ben/1", &ASK);
    let no = answer("participant", "ben@users.example/1", "false");
    assert!(voice(&mut world, "owner/1", &no).is_empty());
    assert!(
        voice(&mut world, "owner/1", &yes).is_empty(),
        "the first answer counts"
    );
}

#[test]
fn fl6_slow_mode() {
    let mut world = lobby(|room| room.slow_mode = Duration::from_secs(30));
    world.join("ben/2", "other");
    assert_eq!(world.say("ben/1", "one").len(), 3);
    world.wait(Duration::from_millis(500));
    for session in ["ben/1", "ben/2"] {
        assert_eq!(
            world.say(session, "two"),
            [format!("{session} < message error wait/policy-violation")]
        );
        assert!(world.first(session).to_string().contains("in 30 seconds"));
    }
    // Chat states, private messages and subjects are no messages with a body to all.
    assert_eq!(
        world
            .groupchat(
                "ben/1",
                "<active xmlns='http://jabber.org/protocol/chatstates'/>"
            )
            .len(),
        3
    );
    assert_eq!(world.whisper("ben/1", "owner", "<body>x</body>").len(), 1);
    // Owners are exempt.
    assert_eq!(
        world.say("owner/1", "a").len() + world.say("owner/1", "b").len(),
        6
    );
    world.wait(Duration::from_millis(29_500));
    assert_eq!(world.say("ben/1", "three").len(), 3);
    world.iq(
        "ben/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    );
    let xml = world.first("ben/1").to_string();
    assert!(
        xml.contains("muc#roominfo_slow_mode_duration"),
        "FL7: {xml}"
    );
    assert!(
        world
            .first("ben/1")
            .child("query", ns::DISCO_INFO)
            .is_some()
    );
}
