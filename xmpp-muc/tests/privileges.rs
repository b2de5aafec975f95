//! Every cell of the privilege tables (MUC 9.1 to 9.4), in a room: what each role and affiliation may do, to whom.
//!
//! The tables stand here as they do in the rules; nothing is computed. A cell is tried by a request, and by what the
//! others see of it.

mod support;

use support::World;
use xmpp_muc::{AllowPm, Role, RoleSet, Whois};

const AFFILIATIONS: [&str; 4] = ["none", "member", "admin", "owner"];

/// A moderated room with its owner inside.
fn room() -> World {
    let mut world = World::with_room(|room| room.moderated = true);
    world.join("owner/1", "owner");
    world
}

/// Somebody inside with this affiliation and role; the owner sees to it.
fn enters(world: &mut World, name: &str, affiliation: &str, role: &str) {
    let session = format!("{name}/1");
    world.admin(
        "owner/1",
        &format!("<item jid='{name}@users.example' affiliation='{affiliation}'/>"),
    );
    world.join(&session, name);
    world.admin("owner/1", &format!("<item nick='{name}' role='{role}'/>"));
    let line = world.presence(&session, name, "").pop().expect("an echo");
    let standing = format!("+{name} {affiliation}/{role} #110");
    assert!(line.contains(&standing), "{standing}: {line}");
}

/// From role, to role, and by the affiliation of the actor (none, member, admin, owner) one letter for each affiliation
/// of the target: `y` done, `n` not allowed, `=` nothing to do, `-` there is no such occupant.
type RoleRow = (&'static str, &'static str, [&'static str; 4]);

const ROLES: [RoleRow; 12] = [
    ("visitor", "none", ["yn--", "yy--", "yy--", "yy--"]),
    ("participant", "none", ["yn--", "yy--", "yy--", "yy--"]),
    ("moderator", "none", ["nnnn", "nnnn", "yyyn", "yyyy"]),
    ("visitor", "participant", ["yy--", "yy--", "yy--", "yy--"]),
    ("participant", "visitor", ["yn--", "yn--", "yy--", "yy--"]),
    ("visitor", "moderator", ["nn--", "nn--", "yy--", "yy--"]),
    ("participant", "moderator", ["nn--", "nn--", "yy--", "yy--"]),
    ("moderator", "participant", ["nnnn", "nnnn", "yynn", "yynn"]),
    ("moderator", "visitor", ["nnnn", "nnnn", "yynn", "yynn"]),
    ("visitor", "visitor", ["==--", "==--", "==--", "==--"]),
    (
        "participant",
        "participant",
        ["==--", "==--", "==--", "==--"],
    ),
    ("moderator", "moderator", ["====", "====", "====", "===="]),
];

#[test]
fn rc1_rc2_rc3_rc4_rc5_rc6_every_cell_of_the_role_changes() {
    for (from, to, by_actor) in ROLES {
        for (actor, cells) in AFFILIATIONS.into_iter().zip(by_actor) {
            for (target, cell) in AFFILIATIONS.into_iter().zip(cells.chars()) {
                if cell == '-' {
                    continue;
                }
                let mut world = room();
                enters(&mut world, "actor", actor, "moderator");
                enters(&mut world, "target", target, from);
                let out = world.admin("actor/1", &format!("<item nick='target' role='{to}'/>"));
                let what = format!("{actor} makes {target}/{from} {to}: {out:?}");
                let seen = out.iter().any(|line| {
                    line.starts_with(&if to == "none" {
                        format!("owner/1 < -target {target}/none #307")
                    } else {
                        format!("owner/1 < +target {target}/{to}")
                    })
                });
                match cell {
                    'y' => assert!(
                        seen && out.contains(&"actor/1 < iq result".to_owned()),
                        "{what}"
                    ),
                    '=' => assert_eq!(out, ["actor/1 < iq result"], "{what}"),
                    _ => assert_eq!(out, ["actor/1 < iq error cancel/not-allowed"], "{what}"),
                }
            }
        }
    }
}

/// Without the role of a moderator nobody changes a role, whatever its affiliation.
#[test]
fn rc1_rc2_rc3_rc4_rc5_rc6_rp8_only_moderators_change_roles() {
    for (from, to, _) in ROLES {
        for actor in ["visitor", "participant", "outside"] {
            let mut world = room();
            enters(&mut world, "target", "none", from);
            match actor {
                "outside" => {
                    let item = "<item jid='actor@users.example' affiliation='owner'/>";
                    world.admin("owner/1", item);
                }
                role => enters(&mut world, "actor", "none", role),
            }
            let out = world.admin("actor/1", &format!("<item nick='target' role='{to}'/>"));
            assert_eq!(
                out,
                ["actor/1 < iq error auth/forbidden"],
                "{actor} makes {from} {to}"
            );
        }
    }
}

#[test]
fn rc7_every_cell_of_what_one_does_to_oneself() {
    for actor in AFFILIATIONS {
        for (to, answer) in [
            ("none", "iq error cancel/conflict"),
            ("visitor", "iq error cancel/not-allowed"),
            ("participant", "iq error cancel/not-allowed"),
            ("moderator", "iq result"),
        ] {
            // The table allows admins to lower moderators that are no admins; they are themselves.
            let mut world = room();
            enters(&mut world, "actor", actor, "moderator");
            let out = world.admin("actor/1", &format!("<item nick='actor' role='{to}'/>"));
            assert_eq!(out, [format!("actor/1 < {answer}")], "{actor} {to}");
        }
    }
}

const ALL: [&str; 5] = ["outcast", "none", "member", "admin", "owner"];

/// From affiliation; by the affiliation of the actor (member, admin, owner) one letter for each new affiliation:
/// `y` done, `=` nothing to do, `f` forbidden, `n` not allowed.
const CHANGES: [(&str, [&str; 3]); 5] = [
    ("outcast", ["fffff", "=yyff", "=yyyy"]),
    ("none", ["fffff", "y=yff", "y=yyy"]),
    ("member", ["fffff", "yy=ff", "yy=yy"]),
    ("admin", ["fffff", "nnn=f", "yyy=y"]),
    ("owner", ["fffff", "nnnf=", "yyyy="]),
];

#[test]
fn ra1_ra2_ra3_ra4_ra5_every_cell_of_the_affiliation_changes() {
    for (from, by_actor) in CHANGES {
        for (actor, cells) in ["member", "admin", "owner"].into_iter().zip(by_actor) {
            for (to, cell) in ALL.into_iter().zip(cells.chars()) {
                for inside in [false, true] {
                    if inside && from == "outcast" {
                        continue;
                    }
                    try_affiliation(actor, from, to, cell, inside);
                }
            }
        }
    }
}

fn try_affiliation(actor: &str, from: &str, to: &str, cell: char, inside: bool) {
    let mut world = room();
    enters(&mut world, "actor", actor, "moderator");
    world.admin(
        "owner/1",
        &format!("<item jid='target@users.example' affiliation='{from}'/>"),
    );
    if inside {
        world.join("target/1", "target");
    }
    let item = format!("<item jid='target@users.example' affiliation='{to}'/>");
    let out = world.admin("actor/1", &item);
    let what = format!("{actor} makes {from} {to}, inside: {inside}: {out:?}");
    let refusal = match cell {
        'f' => Some("actor/1 < iq error auth/forbidden"),
        'n' => Some("actor/1 < iq error cancel/not-allowed"),
        '=' => Some("actor/1 < iq result"),
        _ => None,
    };
    let now = if cell == 'y' { to } else { from };
    if let Some(only) = refusal {
        assert_eq!(out, [only], "{what}");
    } else {
        assert_eq!(out[0], format!("store {to} target"), "{what}");
        assert_eq!(out[1], "actor/1 < iq result", "{what}");
        let shown = format!("target {to}/");
        let told = out.iter().any(|line| line.contains(&shown));
        assert_eq!(told, inside, "{what}");
    }
    // What is listed now.
    for affiliation in ["outcast", "member", "admin", "owner"] {
        world.iq(
            "owner/1",
            "get",
            "",
            &format!(
                "<query xmlns='http://jabber.org/protocol/muc#admin'>\
                 <item affiliation='{affiliation}'/></query>"
            ),
        );
        let list = world.first("owner/1").to_string();
        let listed = list.contains("jid='target@users.example'");
        assert_eq!(
            listed,
            affiliation == now,
            "{what} in {affiliation}: {list}"
        );
    }
}

/// Without an affiliation, as a moderator, and from outside.
#[test]
fn ra1_ra2_ra3_ra4_ra5_the_unaffiliated_change_nothing() {
    for (from, _) in CHANGES {
        for to in ALL {
            let mut world = room();
            enters(&mut world, "actor", "none", "moderator");
            world.admin(
                "owner/1",
                &format!("<item jid='target@users.example' affiliation='{from}'/>"),
            );
            let item = format!("<item jid='target@users.example' affiliation='{to}'/>");
            for session in ["actor/1", "eve/1"] {
                assert_eq!(
                    world.admin(session, &item),
                    [format!("{session} < iq error auth/forbidden")],
                    "{from} to {to}"
                );
            }
        }
    }
}

/// Affiliation; the role on entry in a moderated, an unmoderated, a members-only and a moderated members-only room.
const DEFAULTS: [(&str, [&str; 4]); 5] = [
    ("outcast", ["forbidden"; 4]),
    (
        "none",
        [
            "visitor",
            "participant",
            "registration-required",
            "registration-required",
        ],
    ),
    ("member", ["participant"; 4]),
    ("admin", ["moderator"; 4]),
    ("owner", ["moderator"; 4]),
];

#[test]
fn en17_rd1_rd2_rd3_every_cell_of_the_default_roles() {
    for (affiliation, roles) in DEFAULTS {
        let rooms = [(true, false), (false, false), (false, true), (true, true)];
        for ((moderated, members_only), role) in rooms.into_iter().zip(roles) {
            let mut world = World::with_room(|room| {
                room.moderated = moderated;
                room.members_only = members_only;
            });
            world.join("owner/1", "owner");
            world.admin(
                "owner/1",
                &format!("<item jid='ben@users.example' affiliation='{affiliation}'/>"),
            );
            let out = world.join("ben/1", "ben");
            let expected = if role.contains("forbidden") || role.contains("required") {
                format!("ben/1 < presence error auth/{role}")
            } else {
                format!("ben/1 < +ben {affiliation}/{role} #110 id=j jid=ben/1")
            };
            assert!(out.contains(&expected), "{expected}: {out:?}");
        }
    }
}

/// The roles of table 9.1, the first of which is outside.
const BY_ROLE: [&str; 4] = ["none", "visitor", "participant", "moderator"];

/// A room with Ben in this role.
fn with_ben(role: &str, change: impl FnOnce(&mut xmpp_muc::RoomConfig)) -> World {
    let mut world = World::with_room(|room| {
        room.moderated = true;
        change(room);
    });
    world.join("owner/1", "owner");
    if role != "none" {
        world.join("ben/1", "ben");
        world.admin("owner/1", &format!("<item nick='ben' role='{role}'/>"));
    }
    world
}

#[test]
fn rp1_who_is_inside_receives_messages_and_presence() {
    for (role, expected) in BY_ROLE.into_iter().zip([false, true, true, true]) {
        let mut world = with_ben(role, |_| {});
        world.say("owner/1", "hi");
        assert_eq!(world.count("ben/1"), usize::from(expected), "{role}");
        world.presence("owner/1", "owner", "<show>away</show>");
        assert_eq!(world.count("ben/1"), usize::from(expected), "{role}");
    }
}

#[test]
fn rp2_every_cell_of_who_is_shown() {
    let roles = [Role::Visitor, Role::Participant, Role::Moderator];
    for subset in 0..8_u8 {
        let shown: RoleSet = roles
            .into_iter()
            .enumerate()
            .filter(|(n, _)| subset & (1 << n) != 0)
            .map(|(_, role)| role)
            .collect();
        for role in roles {
            let mut world = with_ben(role.as_str(), |room| room.presence_broadcast = shown);
            let out = world.presence("ben/1", "ben", "<show>away</show>");
            let seen = out.iter().any(|line| line.starts_with("owner/1 < +ben"));
            assert_eq!(seen, shown.contains(role), "{shown:?} {role}");
            assert!(out.iter().any(|line| line.starts_with("ben/1 < +ben")));
            let out = world.join("eve/1", "eve");
            let listed = out.iter().any(|line| line.starts_with("eve/1 < +ben"));
            assert_eq!(listed, shown.contains(role), "{shown:?} {role}");
        }
    }
}

#[test]
fn rp3_co22_every_cell_of_who_changes_presence_and_nick() {
    for role in &BY_ROLE[1..] {
        for (nicks, texts) in [(true, true), (false, true), (true, false), (false, false)] {
            let mut world = with_ben(role, |room| {
                room.visitor_nick_change = nicks;
                room.visitor_status = texts;
            });
            let is_visitor = *role == "visitor";
            let out = world.presence("ben/1", "ben", "<show>away</show><status>text</status>");
            assert!(out[0].contains("show=away"), "{out:?}");
            assert_eq!(
                out[0].contains("status=text"),
                texts || !is_visitor,
                "{role}"
            );
            let out = world.presence("ben/1", "benny", "");
            if nicks || !is_visitor {
                assert!(out[0].contains("#110,303"), "{role}: {out:?}");
            } else {
                assert_eq!(out, ["ben/1 < presence error cancel/not-allowed"]);
            }
        }
    }
}

#[test]
fn rp4_co6_every_cell_of_who_sends_private_messages() {
    // none, visitor, participant, moderator.
    for (allowed, cells) in [
        (AllowPm::Anyone, "oyyy"),
        (AllowPm::Participants, "onyy"),
        (AllowPm::Moderators, "onny"),
        (AllowPm::None, "onnn"),
    ] {
        for (role, cell) in BY_ROLE.into_iter().zip(cells.chars()) {
            let mut world = with_ben(role, |room| room.allow_pm = allowed);
            let out = world.whisper("ben/1", "owner", "<body>psst</body>");
            let expected = match cell {
                'y' => "owner/1 < ben (private): psst",
                'n' => "ben/1 < message error auth/forbidden",
                _ => "ben/1 < message error cancel/not-acceptable",
            };
            assert_eq!(out, [expected], "{allowed:?} {role}");
            if cell == 'n' {
                let out = world.whisper("ben/1", "ben", "<body>me</body>");
                assert_eq!(out, ["ben/1 < ben (private): me"], "PM3: oneself");
            }
        }
    }
}

#[test]
fn rp5_who_is_inside_an_open_room_invites() {
    let invite = "<message to='lobby@rooms.example'><x xmlns='http://jabber.org/protocol/muc#user'>\
        <invite to='zoe@users.example'/></x></message>";
    for role in BY_ROLE {
        let mut world = with_ben(role, |_| {});
        let out = world.send("ben/1", invite);
        if role == "none" {
            assert_eq!(out, ["ben/1 < message error cancel/not-acceptable"]);
        } else {
            assert_eq!(out, ["zoe < room says invite from=lobby@rooms.example/ben"]);
        }
    }
}

#[test]
fn rp6_every_cell_of_who_speaks() {
    for (moderated, cells) in [(true, "onyy"), (false, "oyyy")] {
        for (role, cell) in BY_ROLE.into_iter().zip(cells.chars()) {
            let mut world = with_ben(role, |room| room.moderated = moderated);
            let out = world.say("ben/1", "hi");
            match cell {
                'y' => assert_eq!(out, ["owner/1 < ben: hi", "ben/1 < ben: hi"], "{role}"),
                'n' => assert_eq!(out, ["ben/1 < message error auth/forbidden"]),
                _ => assert_eq!(out, ["ben/1 < message error cancel/not-acceptable"]),
            }
        }
    }
}

#[test]
fn rp7_co4_every_cell_of_who_changes_the_subject() {
    for (change, cells) in [(false, "onny"), (true, "onyy")] {
        for (role, cell) in BY_ROLE.into_iter().zip(cells.chars()) {
            let mut world = with_ben(role, |room| room.change_subject = change);
            let out = world.groupchat("ben/1", "<subject>Topic</subject>");
            match cell {
                'y' => assert!(out.contains(&"owner/1 < ben! Topic".to_owned()), "{out:?}"),
                'n' => assert_eq!(out, ["ben/1 < message error auth/forbidden"]),
                _ => assert_eq!(out, ["ben/1 < message error cancel/not-acceptable"]),
            }
        }
    }
}

#[test]
fn rp8_moderators_read_the_lists_of_voice() {
    for (role, allowed) in BY_ROLE.into_iter().zip([false, false, false, true]) {
        let mut world = with_ben(role, |_| {});
        for list in ["participant", "visitor"] {
            let out = world.iq(
                "ben/1",
                "get",
                "",
                &format!(
                    "<query xmlns='http://jabber.org/protocol/muc#admin'><item role='{list}'/></query>"
                ),
            );
            let expected = if allowed {
                "ben/1 < iq result query"
            } else {
                "ben/1 < iq error auth/forbidden"
            };
            assert_eq!(out, [expected], "{role}");
        }
    }
}

#[test]
fn rp9_every_cell_of_who_sees_real_addresses() {
    for (whois, cells) in [
        (Whois::Moderators, [false, false, true]),
        (Whois::Anyone, [true, true, true]),
    ] {
        for (role, sees) in BY_ROLE[1..].iter().zip(cells) {
            let mut world = with_ben(role, |room| room.whois = whois);
            world.join("eve/1", "eve");
            let line = world.to("ben/1").pop().expect("a newcomer");
            assert_eq!(line.contains("jid=eve/1"), sees, "{whois:?} {role}: {line}");
        }
    }
}
