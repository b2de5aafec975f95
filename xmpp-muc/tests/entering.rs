//! Entering a room (MUC EN1 to EN19, NI1 to NI5).

mod support;

use support::World;
use xmpp_muc::{Password, Role, RoleSet, Whois};

/// A room with its owner inside.
fn lobby() -> World {
    let mut world = World::new();
    world.join("owner/1", "owner");
    world
}

#[test]
fn en1_only_available_presence_with_x_is_a_join() {
    let mut world = lobby();
    for (kind, answer) in [
        ("probe", "ben/1 < presence error cancel/not-acceptable"),
        ("subscribe", "ben/1 < presence unsubscribed from room"),
        ("invisible", "ben/1 < presence error modify/bad-request"),
        ("error", ""),
        ("unsubscribed", ""),
    ] {
        let out = world.send(
            "ben/1",
            &format!(
                "<presence to='lobby@rooms.example/ben' type='{kind}'>\
                 <x xmlns='http://jabber.org/protocol/muc'/></presence>"
            ),
        );
        assert_eq!(out.join("\n"), answer, "{kind}");
    }
    assert_eq!(world.service.rooms().next().expect("the lobby").1, 1);
}

#[test]
fn en2_en4_en5_roster_then_self_then_history_then_subject() {
    let mut world = lobby();
    world.join("ben/1", "ben");
    world.say("ben/1", "first");
    world.say("owner/1", "second");
    world.groupchat("owner/1", "<subject>Topic</subject>");
    let out = world.join_with("eve/1", "eve", "", "");
    assert_eq!(
        out,
        [
            "owner/1 < +eve none/participant jid=eve/1",
            "ben/1 < +eve none/participant",
            "eve/1 < +owner owner/moderator",
            "eve/1 < +ben none/participant",
            "eve/1 < +eve none/participant #110 id=j jid=eve/1",
            "eve/1 < ben: first @",
            "eve/1 < owner: second @",
            "eve/1 < owner! Topic @",
        ]
    );
}

#[test]
fn en3_one_presence_per_occupant_not_per_session() {
    let mut world = lobby();
    world.join("ben/1", "ben");
    world.join("ben/2", "ben");
    world.join("eve/1", "eve");
    assert_eq!(
        world.to("eve/1"),
        [
            "eve/1 < +owner owner/moderator",
            "eve/1 < +ben none/participant",
            "eve/1 < +eve none/participant #110 id=j jid=eve/1",
            "eve/1 < room! ",
        ]
    );
}

#[test]
fn en3_en5_a_role_that_is_not_broadcast_is_shown_to_its_bearer_alone() {
    let mut world = World::with_room(|room| {
        room.moderated = true;
        room.presence_broadcast = RoleSet::NONE.with(Role::Moderator);
    });
    world.join("owner/1", "owner");
    let out = world.join("ben/1", "ben");
    assert_eq!(
        out,
        [
            "ben/1 < +owner owner/moderator",
            "ben/1 < +ben none/visitor #110 id=j jid=ben/1",
            "ben/1 < room! ",
        ]
    );
    let out = world.join("eve/1", "eve");
    assert_eq!(out[0], "eve/1 < +owner owner/moderator");
    assert_eq!(out.len(), 3, "{out:?}");
    assert_eq!(
        world.leave("ben/1", "ben"),
        ["ben/1 < -ben none/none #110 jid=ben/1"]
    );
}

/// All sixteen combinations, ascending.
#[test]
fn en6_codes_of_the_self_presence() {
    for combination in 0..16 {
        let bit = |n: u32| combination & (1 << n) != 0;
        let mut world = World::with_room(|room| {
            if bit(0) {
                room.whois = Whois::Anyone;
            }
            room.public_logging = bit(1);
        });
        if !bit(2) {
            world.join("owner/1", "owner");
        }
        let nick = if bit(3) { "ben\u{a0}b" } else { "ben" };
        let out = world.join("ben/1", nick);
        let own = out
            .iter()
            .find(|line| line.contains("110"))
            .expect("a self-presence");
        let mut codes = Vec::new();
        for (wanted, code) in [
            (bit(0), "100"),
            (true, "110"),
            (bit(1), "170"),
            (bit(2), "201"),
            (bit(3), "210"),
        ] {
            if wanted {
                codes.push(code);
            }
        }
        assert!(
            own.contains(&format!(" #{} ", codes.join(","))),
            "{combination}: {own}"
        );
        for line in &out {
            assert!(
                !line.starts_with("owner/1") || !line.contains('#'),
                "{line}"
            );
        }
    }
}

#[test]
fn en7_only_the_joiner_gets_its_id() {
    let mut world = lobby();
    let out = world.join("ben/1", "ben");
    assert!(
        out.iter()
            .all(|line| line.contains("id=j ") == line.contains("#110"))
    );
}

/// Roles × room types × self and other.
#[test]
fn en8_who_sees_real_jids() {
    for non_anonymous in [false, true] {
        let mut world = World::with_room(|room| {
            room.moderated = true;
            if non_anonymous {
                room.whois = Whois::Anyone;
            }
        });
        world.join("owner/1", "owner");
        world.join("ben/1", "ben");
        world.join("eve/1", "eve");
        world.admin("owner/1", "<item nick='ben' role='participant'/>");
        let out = world.join("zoe/1", "zoe");
        let sees = |receiver: &str, nick: &str| {
            let wanted = format!("{receiver}/1 < +{nick} ");
            let line = out.iter().find(|line| line.starts_with(&wanted));
            line.unwrap_or_else(|| panic!("{wanted} in {out:?}"))
                .contains(&format!("jid={nick}/1"))
        };
        assert!(sees("owner", "zoe"), "a moderator");
        assert_eq!(sees("ben", "zoe"), non_anonymous, "a participant");
        assert_eq!(sees("eve", "zoe"), non_anonymous, "a visitor");
        assert!(sees("zoe", "zoe"), "oneself");
        assert_eq!(sees("zoe", "owner"), non_anonymous);
        assert!(out.iter().all(|line| !line.ends_with("jid=")));
    }
}

/// Each failure alone, and every pair gives the earlier one.
#[test]
fn en9_checks_run_in_one_order() {
    // Later checks have higher numbers; the nick of spaces is refused before the router can prepare it.
    let failures = [
        "modify/jid-malformed",
        "auth/forbidden",
        "auth/registration-required",
        "auth/not-authorized",
        "wait/service-unavailable",
        "cancel/conflict",
    ];
    for first in 0..failures.len() {
        for second in first..failures.len() {
            let fails = |n| n == first || n == second;
            let mut world = World::with_room(|room| {
                room.members_only = fails(2);
                room.password = Password::new(if fails(3) { "secret" } else { "open" });
                room.max_users = Some(if fails(4) { 1 } else { 10 });
            });
            let password = |text: &str| format!("<password>{text}</password>");
            let owner = if fails(3) { "secret" } else { "open" };
            world.join_with("owner/1", "owner", &password(owner), "");
            if fails(1) {
                world.admin(
                    "owner/1",
                    "<item jid='ben@users.example' affiliation='outcast'/>",
                );
            } else if !fails(2) {
                world.admin(
                    "owner/1",
                    "<item jid='ben@users.example' affiliation='member'/>",
                );
            }
            let nick = if fails(0) {
                "%20"
            } else if fails(5) {
                "owner"
            } else {
                "ben"
            };
            let nick = nick.replace("%20", "\u{200d}");
            let out = world.join_with("ben/1", &nick, &password("open"), "");
            assert_eq!(
                out,
                [format!("ben/1 < presence error {}", failures[first])],
                "{first} and {second}"
            );
        }
    }
}

#[test]
fn en9_cr3_a_locked_room_is_checked_after_the_ban() {
    let mut world = World::with(|service| service.lock_new_rooms = true);
    world.join("owner/1", "owner");
    world.admin(
        "owner/1",
        "<item jid='eve@users.example' affiliation='outcast'/>",
    );
    assert_eq!(
        world.join("eve/1", "eve"),
        ["eve/1 < presence error auth/forbidden"]
    );
    assert_eq!(
        world.join("ben/1", "owner"),
        ["ben/1 < presence error cancel/item-not-found"]
    );
}

#[test]
fn en10_the_password_is_needed_and_never_echoed() {
    let mut world = World::with_room(|room| room.password = Password::new("sesame"));
    world.join_with("owner/1", "owner", "<password>sesame</password>", "");
    for x in [
        "",
        "<password/>",
        "<password>Sesame</password>",
        "<password>sesame2</password>",
    ] {
        assert_eq!(
            world.join_with("ben/1", "ben", x, ""),
            ["ben/1 < presence error auth/not-authorized"]
        );
        let error = world.first("ben/1");
        assert!(
            !error.to_string().to_lowercase().contains("sesame"),
            "{error}"
        );
        let x = error.root().children().next().expect("an empty x");
        assert!(x.is("x", xmpp_core::xml::ns::MUC) && x.children().next().is_none());
    }
    let out = world.join_with("ben/1", "ben", "<password>sesame</password>", "");
    assert!(out.iter().any(|line| line.contains("#110")));
}

#[test]
fn en11_an_outcast_does_not_enter_whatever_role_it_had() {
    let mut world = World::with_room(|room| room.moderated = true);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='outcast'/>",
    );
    assert_eq!(
        world.join("ben/1", "ben"),
        ["ben/1 < presence error auth/forbidden"]
    );
    // The ban of a domain.
    world.admin(
        "owner/1",
        "<item jid='evil.example' affiliation='outcast'/>",
    );
    assert_eq!(
        world.join("eve@evil.example/1", "eve"),
        ["eve@evil.example/1 < presence error auth/forbidden"]
    );
}

#[test]
fn en12_a_full_room_lets_owners_in() {
    let mut world = World::with_room(|room| room.max_users = Some(2));
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    assert_eq!(
        world.join("eve/1", "eve"),
        ["eve/1 < presence error wait/service-unavailable"]
    );
    // One more session is no more occupants.
    assert!(
        world
            .join("ben/2", "ben")
            .iter()
            .any(|line| line.contains("#110"))
    );
    world.leave("owner/1", "owner");
    world.join("eve/1", "eve");
    let out = world.join("owner/1", "owner");
    assert!(out.iter().any(|line| line.contains("#110")), "{out:?}");
}

#[test]
fn en13_refusals_carry_an_empty_x_and_the_room() {
    let mut world = lobby();
    world.join("ben/1", "owner");
    let error = world.first("ben/1");
    assert_eq!(
        error.to_string(),
        "<presence xmlns='jabber:client' to='ben@users.example/1' from='lobby@rooms.example/owner' type='error' id='j'>\
         <x xmlns='http://jabber.org/protocol/muc'/>\
         <error type='cancel' by='lobby@rooms.example'>\
         <conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"
    );
}

#[test]
fn en14_presence_without_x_from_outside_is_kicked_alone() {
    let mut world = lobby();
    let kick = ["ben/1 < -ben none/none #110,307,333 reason=You are not in the room"];
    assert_eq!(world.presence("ben/1", "ben", ""), kick);
    // A room that is not there stays away.
    let mut world = World::new();
    assert_eq!(world.presence("ben/1", "ben", ""), kick);
    assert_eq!(world.service.rooms().count(), 0);
}

#[test]
fn en15_a_second_join_is_a_resynchronisation() {
    let mut world = lobby();
    world.join("ben/1", "ben");
    world.say("ben/1", "hello");
    let out = world.join_with("ben/1", "ben", "", "");
    assert_eq!(
        out,
        [
            "ben/1 < +owner owner/moderator",
            "ben/1 < +ben none/participant #110 id=j jid=ben/1",
            "ben/1 < ben: hello @",
            "ben/1 < room! ",
        ]
    );
    world.join_with("ben/1", "ben", "", "<show>away</show>");
    assert_eq!(
        world.to("owner/1"),
        ["owner/1 < +ben none/participant jid=ben/1 show=away"]
    );
}

#[test]
fn en16_a_join_under_another_nick_is_a_nick_change_first() {
    let mut world = lobby();
    world.join("ben/1", "ben");
    let out = world.join("ben/1", "benny");
    assert_eq!(
        out,
        [
            "ben/1 < -ben none/participant #110,303 jid=ben/1 nick=benny",
            "owner/1 < -ben none/participant #303 jid=ben/1 nick=benny",
            "owner/1 < +benny none/participant jid=ben/1",
            "ben/1 < +benny none/participant #110 id=j jid=ben/1",
            "ben/1 < +owner owner/moderator",
            "ben/1 < +benny none/participant #110 id=j jid=ben/1",
            "ben/1 < room! ",
        ]
    );
    // On conflict the old nick stays, and nothing is sent again.
    assert_eq!(
        world.join("ben/1", "owner"),
        ["ben/1 < presence error cancel/conflict"]
    );
    assert_eq!(
        world.say("ben/1", "still here")[0],
        "owner/1 < benny: still here"
    );
}

#[test]
fn en18_a_role_given_by_a_moderator_survives_leaving() {
    let mut world = World::with_room(|room| room.moderated = true);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    world.leave("ben/1", "ben");
    let out = world.join("ben/1", "ben");
    assert!(
        out.contains(&"ben/1 < +ben none/participant #110 id=j jid=ben/1".to_owned()),
        "{out:?}"
    );
    // Moderator is two steps above a visitor: only one is remembered.
    world.admin("owner/1", "<item nick='ben' role='moderator'/>");
    world.leave("ben/1", "ben");
    let out = world.join("ben/1", "ben");
    assert!(
        out.contains(&"ben/1 < +ben none/participant #110 id=j jid=ben/1".to_owned()),
        "{out:?}"
    );
    // Another affiliation ends it.
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='member'/>",
    );
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='none'/>",
    );
    world.leave("ben/1", "ben");
    let out = world.join("ben/1", "ben");
    assert!(
        out.contains(&"ben/1 < +ben none/visitor #110 id=j jid=ben/1".to_owned()),
        "{out:?}"
    );
}

/// Everything that only the room may say, as children of the join.
const FORGED: &str = "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='owner' role='moderator'/>\
    <status code='110'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>\
    <hats xmlns='urn:xmpp:hats:0'><hat uri='forged' title='King'/></hats>\
    <mav xmlns='urn:xmpp:muc:affiliations:1' until='forged'/>\
    <delay xmlns='urn:xmpp:delay' from='LOBBY@rooms.example' stamp='2002-01-01T00:00:00Z'/>";

#[test]
fn en19_se2_what_only_the_room_may_say_is_removed_from_the_join() {
    let mut world = lobby();
    world.join_with(
        "ben/1",
        "ben",
        "",
        &format!(
            "<show>chat</show><status>hi</status><priority>3</priority>\
             <c xmlns='http://jabber.org/protocol/caps' node='n' ver='v' hash='sha-1'/>\
             <ext xmlns='urn:example'/>{FORGED}"
        ),
    );
    for session in ["owner/1", "ben/1"] {
        let xml = world
            .last
            .iter()
            .find(|out| out.is_to(session) && out.line().contains("+ben"))
            .expect("a presence of ben")
            .xml();
        for kept in [
            "<show>chat",
            "<status>hi",
            "<priority>3",
            "caps",
            "urn:example",
        ] {
            assert!(xml.contains(kept), "{kept} in {xml}");
        }
        for removed in ["forged", "King", "urn:xmpp:delay", "protocol/muc'"] {
            assert!(!xml.contains(removed), "{removed} in {xml}");
        }
        assert_eq!(xml.matches("muc#user").count(), 1);
    }
}

#[test]
fn ni1_a_bad_nick_or_room_leaves_nothing_behind() {
    let mut world = World::new();
    let error = ["ben/1 < presence error modify/jid-malformed"];
    for nick in ["", &"a".repeat(1024)] {
        assert_eq!(world.join("ben/1", nick), error, "{}", nick.len());
    }
    let out = world.send(
        "ben/1",
        "<presence to='bad room@rooms.example/ben'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
    );
    assert_eq!(out, error);
    assert_eq!(world.service.rooms().count(), 0);
    let mut world = World::with(|service| service.limits.nick_chars = 2000);
    let out = world.join("ben/1", &"a".repeat(1023));
    assert!(out.iter().any(|line| line.contains("#110")));
}

#[test]
fn ni2_a_nick_that_shows_nothing_is_refused() {
    for nick in ["\u{200b}", "\u{3164}", " "] {
        let mut world = World::new();
        assert_eq!(
            world.join("ben/1", nick),
            ["ben/1 < presence error modify/jid-malformed"],
            "{nick:?}"
        );
        assert_eq!(world.service.rooms().count(), 0);
        world.join("ben/1", "ben");
        assert_eq!(
            world.join("ben/1", nick),
            ["ben/1 < presence error modify/jid-malformed"],
            "as a change"
        );
    }
}

#[test]
fn ni3_look_alikes_by_case_and_spaces_conflict() {
    let mut world = lobby();
    world.join("anna/1", "Anna");
    for nick in ["anna", "ANNA", "anna "] {
        assert_eq!(
            world.join("ben/1", nick),
            ["ben/1 < presence error cancel/conflict"],
            "{nick:?}"
        );
    }
}

#[test]
fn ni4_the_bare_room_is_no_nick() {
    let mut world = lobby();
    let join = "<presence to='lobby@rooms.example' id='j'><show>away</show><x xmlns='http://jabber.org/protocol/muc'/></presence>";
    assert_eq!(
        world.send("ben/1", join),
        ["ben/1 < presence error modify/jid-malformed"]
    );
    assert_eq!(
        world.first("ben/1").attr("from").as_deref(),
        Some("lobby@rooms.example")
    );
    world.join("ben/1", "ben");
    let out = world.send(
        "ben/1",
        "<presence to='lobby@rooms.example' id='p'><show>away</show></presence>",
    );
    assert_eq!(
        out,
        [
            "owner/1 < +ben none/participant jid=ben/1 show=away",
            "ben/1 < +ben none/participant #110 id=p jid=ben/1 show=away",
        ]
    );
}

#[test]
fn ni5_a_long_nick_is_refused_with_a_text() {
    let mut world = World::with(|service| service.limits.nick_chars = 64);
    assert_eq!(
        world.join("ben/1", &"ä".repeat(65)),
        ["ben/1 < presence error modify/not-acceptable"]
    );
    assert!(
        world
            .first("ben/1")
            .to_string()
            .contains("at most 64 characters")
    );
    assert!(
        world
            .join("ben/1", &"ä".repeat(64))
            .iter()
            .any(|line| line.contains("#110"))
    );
}
