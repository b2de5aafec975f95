//! Kick, voice, ban, member, admin, owner, and the lists (MUC AD1 to AD14, RS1 to RS6, LI1 to LI4).

mod support;

use support::World;
use xmpp_muc::Whois;

/// The owner, an admin, a member and somebody.
fn lobby(change: impl FnOnce(&mut xmpp_muc::RoomConfig)) -> World {
    let mut world = World::with_room(change);
    world.join("owner/1", "owner");
    world.admin(
        "owner/1",
        "<item jid='admin@users.example' affiliation='admin'/>\
         <item jid='member@users.example' affiliation='member'/>",
    );
    for name in ["admin", "member", "ben"] {
        world.join(&format!("{name}/1"), name);
    }
    world
}

#[test]
fn ad1_ad3_what_an_item_must_be() {
    let mut world = lobby(|_| {});
    for items in [
        "",
        "<item/>",
        "<item nick='ben'/>",
        "<item role='none'/>",
        "<item nick='ben' role='none' affiliation='outcast'/>",
        "<item jid='ben@users.example' role='none'/>",
        "<item nick='ben' affiliation='outcast'/>",
        "<item nick='ben' role='king'/>",
        "<item jid='ben@users.example' affiliation='king'/>",
        "<item nick='ben' role='visitor'/><item nick='Ben' role='none'/>",
        "<item jid='ben@users.example' affiliation='member'/><item jid='ben@users.example/1' affiliation='none'/>",
    ] {
        assert_eq!(
            world.admin("owner/1", items),
            ["owner/1 < iq error modify/bad-request"],
            "{items}"
        );
    }
    assert_eq!(
        world.admin("owner/1", "<item nick='nobody' role='none'/>"),
        ["owner/1 < iq error cancel/item-not-found"]
    );
    for no_jid in ["@", "user@my_host.example", "\u{378}@users.example"] {
        let item = format!("<item jid='{no_jid}' affiliation='member'/>");
        assert_eq!(
            world.admin("owner/1", &item),
            ["owner/1 < iq error modify/jid-malformed"],
            "{no_jid}: a list has no unprepared JIDs"
        );
    }
    // A full JID counts as its bare one, whatever its resourcepart is.
    assert_eq!(
        world.admin(
            "owner/1",
            "<item jid='zoe@users.example/\u{378}' affiliation='none'/>"
        ),
        ["owner/1 < iq result"]
    );
    // A full JID counts as its bare one.
    assert_eq!(
        world.admin(
            "owner/1",
            "<item jid='zoe@users.example/x' affiliation='member'/>"
        )[0],
        "store member zoe"
    );
}

#[test]
fn ad2_all_items_or_none() {
    let mut world = lobby(|_| {});
    let out = world.admin(
        "admin/1",
        "<item jid='zoe@users.example' affiliation='member'/>\
         <item jid='max@users.example' affiliation='owner'/>\
         <item jid='eve@users.example' affiliation='outcast'/>",
    );
    assert_eq!(out, ["admin/1 < iq error auth/forbidden"]);
    assert!(
        world
            .join("eve/1", "eve")
            .iter()
            .any(|line| line.contains("#110"))
    );
    let out = world.admin(
        "admin/1",
        "<item jid='zoe@users.example' affiliation='member'/>\
         <item jid='max@users.example' affiliation='member'/>",
    );
    assert_eq!(
        out[..3],
        [
            "store member zoe",
            "store member max",
            "admin/1 < iq result"
        ]
    );
}

#[test]
fn ad4_ad5_ad6_a_kick() {
    let mut world = lobby(|_| {});
    let out = world.admin(
        "owner/1",
        "<item nick='ben' role='none'><reason>spam</reason></item>",
    );
    assert_eq!(
        out,
        [
            "ben/1 < -ben none/none #110,307 jid=ben/1 actor=owner reason=spam",
            "owner/1 < iq result",
            "owner/1 < -ben none/none #307 jid=ben/1 actor=owner by=owner reason=spam",
            "admin/1 < -ben none/none #307 jid=ben/1 actor=owner by=owner reason=spam",
            "member/1 < -ben none/none #307 actor=owner reason=spam",
        ]
    );
    assert!(
        world
            .join("ben/1", "ben")
            .iter()
            .any(|line| line.contains("#110"))
    );
    assert_eq!(
        world.admin("owner/1", "<item nick='owner' role='none'/>"),
        ["owner/1 < iq error cancel/conflict"],
        "RC7"
    );
    let long = "x".repeat(1025);
    assert_eq!(
        world.admin(
            "owner/1",
            &format!("<item nick='ben' role='none'><reason>{long}</reason></item>")
        ),
        ["owner/1 < iq error modify/policy-violation"]
    );
}

#[test]
fn ad7_voice_is_given_and_taken() {
    let mut world = lobby(|room| room.moderated = true);
    let out = world.admin("admin/1", "<item nick='ben' role='participant'/>");
    assert_eq!(
        out,
        [
            "store room",
            "admin/1 < iq result",
            "ben/1 < +ben none/participant #110 jid=ben/1 actor=admin",
            "owner/1 < +ben none/participant jid=ben/1 actor=admin by=admin",
            "admin/1 < +ben none/participant jid=ben/1 actor=admin by=admin",
            "member/1 < +ben none/participant actor=admin",
        ]
    );
    let out = world.admin("admin/1", "<item nick='ben' role='participant'/>");
    assert_eq!(out, ["admin/1 < iq result"], "AD14");
    world.admin("admin/1", "<item nick='ben' role='visitor'/>");
    assert_eq!(
        world.say("ben/1", "x"),
        ["ben/1 < message error auth/forbidden"]
    );
    assert_eq!(
        world.admin("ben/1", "<item nick='member' role='none'/>"),
        ["ben/1 < iq error auth/forbidden"]
    );
    assert_eq!(
        world.admin("admin/1", "<item nick='owner' role='none'/>"),
        ["admin/1 < iq error cancel/not-allowed"],
        "RC2"
    );
}

#[test]
fn ad8_a_ban_is_stored_first_and_keeps_out() {
    let mut world = lobby(|_| {});
    let out = world.admin(
        "admin/1",
        "<item jid='ben@users.example' affiliation='outcast'><reason>bad</reason></item>",
    );
    assert_eq!(
        out,
        [
            "store outcast ben",
            "admin/1 < iq result",
            "ben/1 < -ben outcast/none #110,301 jid=ben/1 actor=admin reason=bad",
            "owner/1 < -ben outcast/none #301 jid=ben/1 actor=admin by=admin reason=bad",
            "admin/1 < -ben outcast/none #301 jid=ben/1 actor=admin by=admin reason=bad",
            "member/1 < -ben outcast/none #301 actor=admin reason=bad",
        ]
    );
    assert_eq!(
        world.join("ben/1", "ben"),
        ["ben/1 < presence error auth/forbidden"]
    );
    let out = world.admin(
        "admin/1",
        "<item jid='ben@users.example' affiliation='none'/>",
    );
    assert_eq!(out[..2], ["store none ben", "admin/1 < iq result"]);
    assert!(
        world
            .join("ben/1", "ben")
            .iter()
            .any(|line| line.contains("#110"))
    );
}

#[test]
fn ad9_ad10_members_admins_and_reserved_nicks() {
    let mut world = lobby(|room| room.moderated = true);
    let out = world.admin(
        "admin/1",
        "<item jid='ben@users.example' affiliation='member' nick='Benjamin'/>",
    );
    assert_eq!(
        out[..3],
        [
            "store member ben",
            "admin/1 < iq result",
            "ben/1 < +ben member/participant #110 jid=ben/1 actor=admin",
        ]
    );
    assert_eq!(
        world.join("eve/1", "benjamin"),
        ["eve/1 < presence error cancel/conflict"],
        "RG8"
    );
    for nick in ["benjamin", "owner"] {
        assert_eq!(
            world.admin(
                "admin/1",
                &format!("<item jid='zoe@users.example' affiliation='member' nick='{nick}'/>")
            ),
            ["admin/1 < iq error cancel/conflict"]
        );
    }
    // The nick stays when it is not named, and ends when it is empty.
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='admin'/>",
    );
    assert!(world.to("ben/1")[0].contains("+ben admin/moderator"));
    assert_eq!(
        world.join("eve/1", "benjamin"),
        ["eve/1 < presence error cancel/conflict"]
    );
    let out = world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='admin' nick=''/>",
    );
    assert_eq!(out, ["store admin ben", "owner/1 < iq result"], "AD14");
    assert!(
        world
            .join("eve/1", "benjamin")
            .iter()
            .any(|line| line.contains("#110"))
    );
}

#[test]
fn ad12_a_lost_membership() {
    let mut world = lobby(|room| room.members_only = true);
    assert_eq!(world.count("ben/1"), 1, "not admitted");
    let out = world.admin(
        "admin/1",
        "<item jid='member@users.example' affiliation='none'/>",
    );
    assert_eq!(
        out,
        [
            "store none member",
            "admin/1 < iq result",
            "member/1 < -member none/none #110,321 jid=member/1 actor=admin",
            "owner/1 < -member none/none #321 jid=member/1 actor=admin by=admin",
            "admin/1 < -member none/none #321 jid=member/1 actor=admin by=admin",
        ]
    );
    let mut world = lobby(|room| room.moderated = true);
    world.admin(
        "admin/1",
        "<item jid='member@users.example' affiliation='none'/>",
    );
    assert_eq!(
        world.to("member/1"),
        ["member/1 < +member none/visitor #110 jid=member/1 actor=admin"]
    );
}

#[test]
fn ad13_the_absent_are_told_of_to_those_who_see_addresses() {
    let mut world = lobby(|_| {});
    let out = world.admin(
        "owner/1",
        "<item jid='zoe@users.example' affiliation='member'/>",
    );
    assert_eq!(
        out,
        [
            "store member zoe",
            "owner/1 < iq result",
            "owner/1 < room says zoe=member",
            "admin/1 < room says zoe=member",
        ]
    );
    // Who may see addresses now, not who might before.
    world.admin("owner/1", "<item nick='ben' role='moderator'/>");
    world.admin(
        "owner/1",
        "<item jid='zoe@users.example' affiliation='none'/>",
    );
    assert_eq!(world.to("ben/1"), ["ben/1 < room says zoe=none"]);
}

#[test]
fn rs1_there_is_always_an_owner() {
    let mut world = lobby(|_| {});
    let own = "<item jid='owner@users.example' affiliation='admin'/>";
    assert_eq!(
        world.admin("owner/1", own),
        ["owner/1 < iq error cancel/conflict"]
    );
    world.admin(
        "owner/1",
        "<item jid='admin@users.example' affiliation='owner'/>",
    );
    let both = "<item jid='owner@users.example' affiliation='none'/>\
        <item jid='admin@users.example' affiliation='none'/>";
    assert_eq!(
        world.admin("owner/1", both),
        ["owner/1 < iq error cancel/conflict"]
    );
    assert_eq!(
        world.admin("owner/1", own)[..2],
        ["store admin owner", "owner/1 < iq result"]
    );
}

#[test]
fn rs2_nobody_bans_itself() {
    let mut world = lobby(|_| {});
    for session in ["owner", "admin"] {
        let item = format!("<item jid='{session}@users.example' affiliation='outcast'/>");
        assert_eq!(
            world.admin(&format!("{session}/1"), &item),
            [format!("{session}/1 < iq error cancel/conflict")]
        );
    }
}

#[test]
fn rs3_the_ban_of_a_domain_spares_those_on_the_lists() {
    let mut world = lobby(|_| {});
    let out = world.admin(
        "admin/1",
        "<item jid='users.example' affiliation='outcast'/>",
    );
    let removed: Vec<_> = out
        .iter()
        .filter(|line| line.contains("#110,301"))
        .collect();
    assert_eq!(
        removed,
        ["ben/1 < -ben outcast/none #110,301 jid=ben/1 actor=admin"]
    );
    assert_eq!(world.say("member/1", "here").len(), 3);
    assert_eq!(
        world.join("eve/1", "eve"),
        ["eve/1 < presence error auth/forbidden"]
    );
}

/// Without an entry of its own a user falls under the ban of its domain.
#[test]
fn rs3_who_loses_its_affiliation_falls_under_the_ban_of_its_domain() {
    let mut world = lobby(|_| {});
    world.admin(
        "owner/1",
        "<item jid='users.example' affiliation='outcast'/>",
    );
    let out = world.admin(
        "owner/1",
        "<item jid='member@users.example' affiliation='none'/>",
    );
    assert!(
        out.contains(&"member/1 < -member outcast/none #110,301 jid=member/1 actor=owner".into()),
        "{out:?}"
    );
    assert_eq!(
        world.join("member/1", "member"),
        ["member/1 < presence error auth/forbidden"]
    );
}

#[test]
fn rs5_a_lowered_admin_gets_the_default_role() {
    let mut world = lobby(|room| room.moderated = true);
    world.admin(
        "owner/1",
        "<item jid='admin@users.example' affiliation='none'/>",
    );
    assert_eq!(
        world.to("admin/1"),
        ["admin/1 < +admin none/visitor #110 jid=admin/1 actor=owner"]
    );
}

#[test]
fn rs6_a_service_administrator_is_untouchable_and_unlisted() {
    let mut world = World::with(|service| {
        service
            .administrators
            .insert("root@users.example".parse().expect("a JID"));
    });
    world.join("owner/1", "owner");
    assert!(
        world
            .join("root/1", "root")
            .iter()
            .any(|line| line.contains("+root owner/moderator #110"))
    );
    assert_eq!(
        world.admin(
            "owner/1",
            "<item jid='root@users.example' affiliation='outcast'/>"
        ),
        ["owner/1 < iq error cancel/not-allowed"]
    );
    world.iq(
        "owner/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='owner'/></query>",
    );
    let list = world.first("owner/1").to_string();
    assert!(
        list.contains("owner@users.example") && !list.contains("root@"),
        "{list}"
    );
}

fn list(world: &mut World, session: &str, what: &str) -> String {
    world
        .iq(
            session,
            "get",
            "",
            &format!("<query xmlns='http://jabber.org/protocol/muc#admin'><item {what}/></query>"),
        )
        .remove(0)
}

#[test]
fn li1_a_list_is_asked_by_one_item() {
    let mut world = lobby(|_| {});
    for items in [
        "",
        "<item/>",
        "<item affiliation='none'/>",
        "<item role='none'/>",
        "<item affiliation='member' role='visitor'/>",
        "<item affiliation='king'/>",
        "<item affiliation='member'/><item affiliation='owner'/>",
    ] {
        let query = format!("<query xmlns='http://jabber.org/protocol/muc#admin'>{items}</query>");
        assert_eq!(
            world.iq("owner/1", "get", "", &query),
            ["owner/1 < iq error modify/bad-request"],
            "{items}"
        );
    }
}

/// Seven lists, six actors, two kinds of room.
#[test]
fn li3_li4_who_reads_which_list() {
    // owner, admin, member, participant, visitor, outsider
    const SEMI: [(&str, [bool; 6]); 7] = [
        (
            "affiliation='owner'",
            [true, false, false, false, false, false],
        ),
        (
            "affiliation='admin'",
            [true, false, false, false, false, false],
        ),
        (
            "affiliation='member'",
            [true, true, false, false, false, false],
        ),
        (
            "affiliation='outcast'",
            [true, true, false, false, false, false],
        ),
        ("role='moderator'", [true, true, false, false, false, false]),
        (
            "role='participant'",
            [true, true, false, false, false, false],
        ),
        ("role='visitor'", [true, true, false, false, false, false]),
    ];
    for non_anonymous in [false, true] {
        for (what, mut allowed) in SEMI {
            let mut world = lobby(|room| {
                room.moderated = true;
                if non_anonymous {
                    room.whois = Whois::Anyone;
                }
            });
            world.join("visitor/1", "visitor");
            world.admin("owner/1", "<item nick='ben' role='participant'/>");
            if non_anonymous && what.starts_with("affiliation") && !what.contains("outcast") {
                allowed = [true, true, true, true, true, false];
            }
            let actors = ["owner", "admin", "member", "ben", "visitor", "eve"];
            for (actor, allowed) in actors.into_iter().zip(allowed) {
                let session = format!("{actor}/1");
                let expected = if allowed {
                    format!("{session} < iq result query")
                } else {
                    format!("{session} < iq error auth/forbidden")
                };
                assert_eq!(
                    list(&mut world, &session, what),
                    expected,
                    "{non_anonymous} {what}"
                );
            }
        }
    }
}

#[test]
fn li2_what_a_list_says() {
    let mut world = lobby(|_| {});
    world.admin(
        "owner/1",
        "<item jid='eve@users.example' affiliation='outcast'><reason>bad</reason></item>\
         <item jid='zoe@users.example' affiliation='member' nick='Zoe'/>",
    );
    list(&mut world, "owner/1", "affiliation='outcast'");
    let xml = world.first("owner/1").to_string();
    assert!(
        xml.contains(
            "<item affiliation='outcast' jid='eve@users.example'><reason>bad</reason></item>"
        ),
        "{xml}"
    );
    list(&mut world, "owner/1", "affiliation='member'");
    let xml = world.first("owner/1").to_string();
    assert!(
        xml.contains("<item affiliation='member' jid='zoe@users.example' nick='Zoe'/>"),
        "{xml}"
    );
    list(&mut world, "owner/1", "role='participant'");
    let xml = world.first("owner/1").to_string();
    assert!(
        xml.contains(
            "<item affiliation='none' role='participant' jid='ben@users.example/1' nick='ben'/>"
        ),
        "{xml}"
    );
}
