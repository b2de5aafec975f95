//! Leaving, presence, nick changes, several sessions (MUC LV1 to LV7, PR1 to PR9, MS1 to MS8).

mod support;

use std::time::Duration;

use support::World;
use xmpp_muc::{Role, RoleSet};

fn lobby() -> World {
    let mut world = World::new();
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

#[test]
fn lv1_leaving_is_told_to_the_leaver_first() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    let out = world.send(
        "ben/1",
        "<presence to='lobby@rooms.example/ben' type='unavailable' id='l'><status>bye</status><show>away</show></presence>",
    );
    assert_eq!(
        out,
        [
            "ben/1 < -ben none/none #110 jid=ben/1 status=bye",
            "owner/1 < -ben none/none jid=ben/1 status=bye",
            "eve/1 < -ben none/none status=bye",
        ]
    );
    // To any address of the room.
    assert_eq!(world.leave("eve/1", "somebody").len(), 2);
}

#[test]
fn lv1_an_owner_keeps_its_affiliation() {
    let mut world = lobby();
    assert_eq!(
        world.leave("owner/1", "owner"),
        [
            "owner/1 < -owner owner/none #110 jid=owner/1",
            "ben/1 < -owner owner/none"
        ]
    );
}

#[test]
fn lv2_unavailable_from_outside_is_nothing() {
    let mut world = lobby();
    assert!(world.leave("eve/1", "eve").is_empty());
    assert!(
        world
            .send(
                "eve/1",
                "<presence to='none@rooms.example/x' type='unavailable'/>"
            )
            .is_empty()
    );
    assert!(
        world
            .send("eve/1", "<presence to='rooms.example' type='unavailable'/>")
            .is_empty()
    );
}

#[test]
fn lv3_a_temporary_room_goes_with_its_last_occupant() {
    let mut world = lobby();
    world.say("ben/1", "secret");
    world.groupchat("owner/1", "<subject>Topic</subject>");
    world.leave("owner/1", "owner");
    let out = world.leave("ben/1", "ben");
    assert_eq!(
        out,
        ["ben/1 < -ben none/none #110 jid=ben/1", "store deleted"]
    );
    let out = world.join_with("eve/1", "eve", "", "");
    assert_eq!(
        out,
        [
            "store created",
            "eve/1 < +eve owner/moderator #110,201 id=j jid=eve/1",
            "eve/1 < room! ",
        ],
        "SE6, DE3: nothing of the old room is left"
    );
}

#[test]
fn lv3_a_temporary_room_may_linger() {
    let mut world = World::with(|service| service.linger = Duration::from_mins(10));
    world.join("owner/1", "owner");
    world.say("owner/1", "remember");
    world.lose("owner/1");
    assert!(world.wait(Duration::from_secs(599)).is_empty());
    let out = world.join_with("ben/1", "ben", "", "");
    assert_eq!(
        out,
        [
            "ben/1 < +ben none/participant #110 id=j jid=ben/1",
            "ben/1 < owner: remember @",
            "ben/1 < room! ",
        ]
    );
    assert!(
        world.wait(Duration::from_mins(10)).is_empty(),
        "somebody is inside"
    );
    world.leave("ben/1", "ben");
    assert_eq!(world.wait(Duration::from_mins(10)), ["store deleted"]);
    assert_eq!(world.service.poll_timeout(), None);
}

#[test]
fn lv3_a_persistent_room_stays() {
    let mut world = World::with_room(|room| room.persistent = true);
    world.join("owner/1", "owner");
    world.say("owner/1", "remember");
    world.leave("owner/1", "owner");
    let out = world.join_with("ben/1", "ben", "", "");
    assert!(out.contains(&"ben/1 < owner: remember @".to_owned()));
    assert!(!out.iter().any(|line| line.contains("201")));
}

fn bounce(condition: &str) -> String {
    format!(
        "<presence to='lobby@rooms.example/owner' type='error'><error type='cancel'>\
         <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
         <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>remote text</text></error></presence>"
    )
}

#[test]
fn lv4_an_error_that_means_gone_removes_the_session() {
    for condition in [
        "gone",
        "item-not-found",
        "recipient-unavailable",
        "redirect",
        "remote-server-not-found",
        "remote-server-timeout",
        "service-unavailable",
        "jid-malformed",
        "internal-server-error",
    ] {
        for kind in ["presence", "message"] {
            let mut world = lobby();
            let out = world.send("ben/1", &bounce(condition).replace("presence", kind));
            let told: Vec<_> = out.iter().filter(|line| !line.contains("error")).collect();
            assert_eq!(
                told,
                [
                    "ben/1 < -ben none/none #110,333 jid=ben/1",
                    "owner/1 < -ben none/none #333 jid=ben/1",
                ],
                "{condition}"
            );
            assert!(
                world
                    .last
                    .iter()
                    .all(|out| !out.xml().contains("remote text"))
            );
        }
    }
    let mut world = lobby();
    for condition in [
        "policy-violation",
        "not-allowed",
        "resource-constraint",
        "unknown",
    ] {
        assert!(
            world.send("ben/1", &bounce(condition)).is_empty(),
            "{condition}"
        );
    }
    // An IQ error never removes.
    let iq = bounce("gone")
        .replace("presence", "iq")
        .replace("type='error'", "type='error' id='1'");
    assert!(world.send("ben/1", &iq).is_empty());
    assert_eq!(world.say("ben/1", "still here").len(), 2);
}

#[test]
fn lv6_shutdown_tells_each_session_once() {
    let mut world = lobby();
    world.join("ben/2", "ben");
    world.service.shutdown(world.now);
    assert_eq!(
        world.drain(),
        [
            "owner/1 < -owner none/none #110,332",
            "ben/1 < -ben none/none #110,332",
            "ben/2 < -ben none/none #110,332",
        ]
    );
    assert_eq!(
        world.join("ben/1", "ben"),
        ["ben/1 < presence error cancel/service-unavailable"]
    );
}

/// Something that removes somebody.
type Act<'a> = &'a dyn Fn(&mut World) -> Vec<String>;

#[test]
fn lv7_one_unavailable_whatever_comes_together() {
    let leave = |world: &mut World| world.leave("ben/1", "ben");
    let kick = |world: &mut World| world.admin("owner/1", "<item nick='ben' role='none'/>");
    let ban = |world: &mut World| {
        world.admin(
            "owner/1",
            "<item jid='ben@users.example' affiliation='outcast'/>",
        )
    };
    let error = |world: &mut World| world.send("ben/1", &bounce("gone"));
    let lost = |world: &mut World| world.lose("ben/1");
    let acts: [Act<'_>; 5] = [&leave, &kick, &ban, &error, &lost];
    for first in 0..acts.len() {
        for second in 0..acts.len() {
            let mut world = lobby();
            let mut told = 0;
            for act in [first, second] {
                let out = acts[act](&mut world);
                told += out
                    .iter()
                    .filter(|line| line.starts_with("owner/1 < -ben"))
                    .count();
            }
            assert_eq!(told, 1, "{first} then {second}");
        }
    }
}

#[test]
fn a_lost_session_is_told_to_the_others_only() {
    let mut world = lobby();
    assert_eq!(world.lose("ben/1"), ["owner/1 < -ben none/none jid=ben/1"]);
    assert!(world.lose("ben/1").is_empty());
}

#[test]
fn pr1_a_presence_is_shown_to_all_and_echoed() {
    let mut world = lobby();
    let out = world.presence("ben/1", "ben", "<show>dnd</show><status>busy</status>");
    assert_eq!(
        out,
        [
            "owner/1 < +ben none/participant jid=ben/1 show=dnd status=busy",
            "ben/1 < +ben none/participant #110 id=p jid=ben/1 show=dnd status=busy",
        ]
    );
    // The same again changes nothing for the others.
    let out = world.presence("ben/1", "ben", "<show>dnd</show><status>busy</status>");
    assert_eq!(out.len(), 1);
}

#[test]
fn pr3_a_nick_change() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    let out = world.presence("ben/1", "benny", "<show>away</show>");
    assert_eq!(
        out,
        [
            "ben/1 < -ben none/participant #110,303 jid=ben/1 nick=benny",
            "owner/1 < -ben none/participant #303 jid=ben/1 nick=benny",
            "eve/1 < -ben none/participant #303 nick=benny",
            "owner/1 < +benny none/participant jid=ben/1 show=away",
            "eve/1 < +benny none/participant show=away",
            "ben/1 < +benny none/participant #110 id=p jid=ben/1 show=away",
        ]
    );
    // The old nick is free, the new one taken.
    assert!(
        world
            .join("zoe/1", "ben")
            .iter()
            .any(|line| line.contains("#110"))
    );
    assert_eq!(
        world.join("max/1", "BENNY"),
        ["max/1 < presence error cancel/conflict"]
    );
}

#[test]
fn pr4_a_refused_nick_change_changes_nothing() {
    let mut world = lobby();
    assert_eq!(
        world.presence("ben/1", "Owner", ""),
        ["ben/1 < presence error cancel/conflict"]
    );
    let error = world.first("ben/1");
    assert_eq!(
        error.attr("from").as_deref(),
        Some("lobby@rooms.example/Owner")
    );
    assert_eq!(error.attr("id").as_deref(), Some("p"));
    assert!(error.child("x", xmpp_core::xml::ns::MUC).is_some());
    assert_eq!(world.say("ben/1", "hi")[0], "owner/1 < ben: hi");
    // A nick that is reserved for somebody.
    world.admin(
        "owner/1",
        "<item jid='zoe@users.example' affiliation='member' nick='Zoe'/>",
    );
    assert_eq!(
        world.presence("ben/1", "zoe", ""),
        ["ben/1 < presence error cancel/conflict"]
    );
}

#[test]
fn pr5_the_same_nick_in_other_letters_is_a_change() {
    let mut world = lobby();
    let out = world.presence("ben/1", "Ben", "");
    assert_eq!(
        out,
        [
            "ben/1 < -ben none/participant #110,303 jid=ben/1 nick=Ben",
            "owner/1 < -ben none/participant #303 jid=ben/1 nick=Ben",
            "owner/1 < +Ben none/participant jid=ben/1",
            "ben/1 < +Ben none/participant #110 id=p jid=ben/1",
        ]
    );
    // A nick that is prepared into another text is said to be so.
    let out = world.presence("ben/1", "Ben\u{a0}2", "");
    assert_eq!(
        out.last().expect("oneself"),
        "ben/1 < +Ben 2 none/participant #110,210 id=p jid=ben/1"
    );
}

#[test]
fn pr5_other_letters_take_all_sessions_along() {
    let mut world = lobby();
    world.join("ben/2", "ben");
    let out = world.presence("ben/2", "BEN", "");
    assert_eq!(
        out,
        [
            "ben/1 < -ben none/participant #110,303 jid=ben/1 nick=BEN",
            "ben/2 < -ben none/participant #110,303 jid=ben/2 nick=BEN",
            "owner/1 < -ben none/participant #303 jid=ben/1 nick=BEN",
            "owner/1 < +BEN none/participant jid=ben/1",
            "ben/2 < +BEN none/participant #110 id=p jid=ben/2",
            "ben/1 < +BEN none/participant #110 jid=ben/1",
        ]
    );
}

#[test]
fn pr6_a_role_that_is_not_broadcast_appears_and_disappears() {
    let mut world = World::with_room(|room| {
        room.moderated = true;
        room.presence_broadcast = RoleSet::NONE.with(Role::Moderator).with(Role::Participant);
    });
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    assert_eq!(
        world.presence("ben/1", "ben", "<show>away</show>"),
        ["ben/1 < +ben none/visitor #110 id=p jid=ben/1 show=away"]
    );
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    assert_eq!(
        world.to("owner/1"),
        [
            "owner/1 < iq result",
            "owner/1 < +ben none/participant jid=ben/1 actor=owner by=owner show=away",
        ]
    );
    world.admin("owner/1", "<item nick='ben' role='visitor'/>");
    assert_eq!(
        world.to("owner/1"),
        [
            "owner/1 < iq result",
            "owner/1 < -ben none/visitor jid=ben/1"
        ]
    );
}

#[test]
fn pr7_visitors_may_be_kept_from_nicks_and_status_texts() {
    let mut world = World::with_room(|room| {
        room.moderated = true;
        room.visitor_nick_change = false;
        room.visitor_status = false;
    });
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    assert_eq!(
        world.presence("ben/1", "benny", ""),
        ["ben/1 < presence error cancel/not-allowed"]
    );
    assert_eq!(
        world.presence("ben/1", "ben", "<show>away</show><status>spam</status>")[0],
        "owner/1 < +ben none/visitor jid=ben/1 show=away"
    );
}

#[test]
fn pr8_probes_and_subscriptions() {
    let mut world = lobby();
    let mut ask = |session: &str, nick: &str, kind: &str| {
        world.send(
            session,
            &format!("<presence to='lobby@rooms.example{nick}' type='{kind}' id='p'/>"),
        )
    };
    assert_eq!(
        ask("ben/1", "/owner", "probe"),
        ["ben/1 < +owner owner/moderator"]
    );
    assert_eq!(
        ask("owner/1", "/ben", "probe"),
        ["owner/1 < +ben none/participant jid=ben/1"]
    );
    assert_eq!(
        ask("ben/1", "/nobody", "probe"),
        ["ben/1 < presence error cancel/item-not-found"]
    );
    assert_eq!(
        ask("eve/1", "/ben", "probe"),
        ["eve/1 < presence error cancel/not-acceptable"]
    );
    for nick in ["", "/ben"] {
        assert_eq!(
            ask("eve/1", nick, "subscribe"),
            ["eve/1 < presence unsubscribed from room"]
        );
    }
    assert!(ask("eve/1", "", "unsubscribe").is_empty());
}

#[test]
fn pr9_a_new_moderator_learns_the_real_addresses() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    world.admin("owner/1", "<item nick='ben' role='moderator'/>");
    assert_eq!(
        world.to("ben/1"),
        [
            "ben/1 < +ben none/moderator #110 jid=ben/1 actor=owner by=owner",
            "ben/1 < +owner owner/moderator jid=owner/1",
            "ben/1 < +eve none/participant jid=eve/1",
        ]
    );
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    world.presence("eve/1", "eve", "<show>away</show>");
    assert_eq!(
        world.to("ben/1"),
        ["ben/1 < +eve none/participant show=away"]
    );
}

#[test]
fn ms1_a_second_session_under_the_same_nick() {
    let mut world = lobby();
    let out = world.join("ben/2", "ben");
    assert_eq!(
        out,
        [
            "ben/1 < +ben none/participant #110 jid=ben/1",
            "ben/2 < +owner owner/moderator",
            "ben/2 < +ben none/participant #110 id=j jid=ben/2",
            "ben/2 < room! ",
        ]
    );
    assert_eq!(world.service.rooms().next().expect("the lobby").1, 2);
    // MS2: both hear, both speak.
    assert_eq!(world.say("ben/2", "hi").len(), 3);
}

#[test]
fn ms3_the_primary_session_is_shown() {
    let mut world = lobby();
    let out = world.join_with(
        "ben/2",
        "ben",
        "<history maxstanzas='0'/>",
        "<show>chat</show><priority>5</priority>",
    );
    assert_eq!(
        out[0],
        "owner/1 < +ben none/participant jid=ben/2 show=chat"
    );
    assert_eq!(
        out[1],
        "ben/1 < +ben none/participant #110 jid=ben/1 show=chat"
    );
    // A change of the other session is not shown.
    let out = world.presence("ben/1", "ben", "<show>away</show>");
    assert_eq!(
        out,
        ["ben/1 < +ben none/participant #110 id=p jid=ben/1 show=chat"]
    );
    // When the primary leaves, the other is shown.
    let out = world.leave("ben/2", "ben");
    assert_eq!(
        out,
        [
            "ben/2 < -ben none/none #110 jid=ben/2",
            "owner/1 < +ben none/participant jid=ben/1 show=away",
            "ben/1 < +ben none/participant #110 jid=ben/1 show=away",
        ]
    );
}

#[test]
fn ms4_one_session_leaves_and_nobody_else_hears() {
    let mut world = lobby();
    world.join("ben/2", "ben");
    assert_eq!(
        world.leave("ben/2", "ben"),
        ["ben/2 < -ben none/none #110 jid=ben/2"]
    );
    world.join("ben/2", "ben");
    assert!(world.lose("ben/2").is_empty());
    assert_eq!(world.say("ben/1", "hi").len(), 2);
}

#[test]
fn ms5_a_ban_meets_all_nicks_and_sessions_of_the_user() {
    let mut world = lobby();
    world.join("ben/2", "ben");
    world.join("ben/3", "other");
    world.join("ben/4", "other");
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='outcast'/>",
    );
    for session in 1..=4 {
        let nick = if session < 3 { "ben" } else { "other" };
        assert_eq!(
            world.to(&format!("ben/{session}")),
            [format!(
                "ben/{session} < -{nick} outcast/none #110,301 jid=ben/{session} actor=owner"
            )]
        );
    }
    assert_eq!(world.count("owner/1"), 3);
}

#[test]
fn ms6_one_of_several_sessions_takes_a_new_nick() {
    let mut world = lobby();
    world.join("ben/2", "ben");
    let out = world.presence("ben/2", "benny", "");
    assert_eq!(
        out,
        [
            "ben/2 < -ben none/participant #110,303 jid=ben/2 nick=benny",
            "owner/1 < +benny none/participant jid=ben/2",
            "ben/1 < +benny none/participant",
            "ben/2 < +benny none/participant #110 id=p jid=ben/2",
            "ben/2 < +ben none/participant",
        ]
    );
}

#[test]
fn ms7_a_session_moves_into_another_nick_of_its_user() {
    let mut world = lobby();
    world.join("ben/2", "benny");
    let out = world.presence("ben/2", "ben", "");
    assert_eq!(
        out,
        [
            "ben/2 < -benny none/participant #110,303 jid=ben/2 nick=ben",
            "owner/1 < -benny none/none jid=ben/2",
            "ben/1 < -benny none/none",
            "ben/2 < +ben none/participant #110 id=p jid=ben/2",
            "ben/1 < +ben none/participant #110 jid=ben/1",
        ]
    );
    assert_eq!(world.say("owner/1", "hi").len(), 3);
}

#[test]
fn ms7_pr9_into_the_nick_of_a_moderator() {
    let mut world = lobby();
    world.join("ben/2", "benny");
    world.admin("owner/1", "<item nick='ben' role='moderator'/>");
    world.presence("ben/2", "ben", "");
    assert_eq!(
        world.to("ben/2"),
        [
            "ben/2 < -benny none/participant #110,303 jid=ben/2 nick=ben",
            "ben/2 < +ben none/moderator #110 id=p jid=ben/2",
            "ben/2 < +owner owner/moderator jid=owner/1",
        ]
    );
}

#[test]
fn ms8_sessions_under_a_nick_are_bounded() {
    let mut world = lobby();
    for n in 2..=10 {
        assert!(world.join(&format!("ben/{n}"), "ben").len() > 2);
    }
    assert_eq!(
        world.join("ben/11", "ben"),
        ["ben/11 < presence error wait/resource-constraint"]
    );
    world.join("ben/11", "other");
    assert_eq!(
        world.presence("ben/11", "ben", ""),
        ["ben/11 < presence error wait/resource-constraint"]
    );
}

#[test]
fn ms8_se3_two_nicks_of_a_user_have_one_occupant_id() {
    let mut world = lobby();
    world.join("ben/2", "other");
    let id = |world: &World, nick: &str| {
        let line = format!("owner/1 < +{nick} ");
        let stanza = world
            .last
            .iter()
            .find(|out| out.line().starts_with(&line))
            .expect("a presence")
            .stanza()
            .clone();
        let id = stanza
            .child("occupant-id", xmpp_core::xml::ns::OCCUPANT_ID)
            .expect("an id");
        id.attr("id").expect("its value").into_owned()
    };
    let other = id(&world, "other");
    world.presence("ben/1", "ben", "<show>away</show>");
    assert_eq!(id(&world, "ben"), other);
}

#[test]
fn fl3_presences_are_bounded() {
    let mut world = lobby();
    let status = |n: usize| format!("<status>{}</status>", "x".repeat(n));
    assert_eq!(
        world.presence("ben/1", "ben", &status(1025)),
        ["ben/1 < presence error modify/policy-violation"]
    );
    assert_eq!(world.presence("ben/1", "ben", &status(1024)).len(), 2);
    assert_eq!(
        world.presence("ben/1", "benny", &status(1025)),
        ["ben/1 < presence error modify/policy-violation"],
        "with a nick change"
    );
    assert_eq!(
        world.join_with("eve/1", "eve", "", &"<e xmlns='urn:example'/>".repeat(1000)),
        ["eve/1 < presence error modify/policy-violation"]
    );
    assert_eq!(world.say("ben/1", "hi").len(), 2);
    let bye = format!(
        "<presence to='lobby@rooms.example/ben' type='unavailable'>{}</presence>",
        status(1025)
    );
    assert_eq!(
        world.send("ben/1", &bye),
        [
            "ben/1 < -ben none/none #110 jid=ben/1",
            "owner/1 < -ben none/none jid=ben/1"
        ]
    );
}
