//! The owner's form and the end of a room (MUC CF1 to CF9, CO1 to CO23, DE1).

mod support;

use support::World;
use xmpp_core::xml::{Payload as _, ns};
use xmpp_muc::{MucOwner, stanza::DataForm};

const GET: &str = "<query xmlns='http://jabber.org/protocol/muc#owner'/>";

fn lobby() -> World {
    let mut world = World::new();
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

fn form(world: &mut World) -> DataForm {
    world.iq("owner/1", "get", "", GET);
    let answer = world.first("owner/1");
    let query = answer.child("query", ns::MUC_OWNER).expect("a query");
    MucOwner::from_element(query)
        .expect("valid")
        .form
        .expect("a form")
}

fn submit(fields: &str) -> String {
    format!(
        "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>{fields}</x></query>"
    )
}

#[test]
fn cf1_the_form_goes_to_owners_only() {
    let mut world = lobby();
    assert_eq!(
        world.iq("ben/1", "get", "", GET),
        ["ben/1 < iq error auth/forbidden"]
    );
    assert_eq!(
        world.iq("eve/1", "get", "", GET),
        ["eve/1 < iq error auth/forbidden"]
    );
    let form = form(&mut world);
    assert_eq!(
        form.about(),
        Some("http://jabber.org/protocol/muc#roomconfig")
    );
    assert_eq!(form.value("muc#roomconfig_whois"), Some("moderators"));
    assert_eq!(form.value("muc#roomconfig_maxusers"), Some("200"));
    assert_eq!(
        form.value("muc#roomconfig_roomowners"),
        Some("owner@users.example")
    );
    assert!(
        form.field("muc#roomconfig_enablelogging").is_none(),
        "withheld"
    );
    assert!(form.check(&form.submission()).is_ok());
    // As it is: accepted, and nothing happens.
    let mut fields = String::new();
    for field in form.submission().fields {
        fields += &support::field(field.var.as_deref().unwrap_or_default(), &field.values);
    }
    let submission = submit(&fields);
    assert_eq!(
        world.iq("owner/1", "set", "", &submission),
        ["owner/1 < iq result"]
    );
}

#[test]
fn cf2_what_is_not_submitted_stays() {
    let mut world = lobby();
    let before = form(&mut world);
    let out = world.configure(
        "owner/1",
        &[("roomname", "Caf&#233;"), ("unknown_field", "x")],
    );
    assert_eq!(
        out,
        [
            "store config",
            "owner/1 < iq result",
            "owner/1 < room says #104",
            "ben/1 < room says #104",
        ]
    );
    let after = form(&mut world);
    for field in &before.fields {
        let var = field.var.as_deref().unwrap_or_default();
        if var == "muc#roomconfig_roomname" {
            assert_eq!(after.value(var), Some("Café"));
        } else {
            assert_eq!(after.values(var), before.values(var), "{var}");
        }
    }
}

#[test]
fn cf3_what_is_no_submission() {
    let mut world = lobby();
    let x = |kind: &str, fields: &str| {
        format!(
            "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='{kind}'>{fields}</x></query>"
        )
    };
    let name = "<field var='muc#roomconfig_roomname'><value>x</value></field>";
    for query in [
        "<query xmlns='http://jabber.org/protocol/muc#owner'/>".to_owned(),
        submit(name),
        submit(&format!(
            "<field var='FORM_TYPE'><value>other</value></field>{name}"
        )),
        x("form", ""),
        x("result", ""),
        x("nonsense", ""),
        x("submit", "").replace("</query>", "<destroy/></query>"),
    ] {
        assert_eq!(
            world.iq("owner/1", "set", "", &query),
            ["owner/1 < iq error modify/bad-request"],
            "{query}"
        );
    }
    assert_eq!(
        world.iq("owner/1", "set", "", &x("cancel", "")),
        ["owner/1 < iq result"]
    );
}

#[test]
fn cf4_one_bad_value_refuses_the_whole() {
    let mut world = lobby();
    for (field, value) in [
        ("roomname", &*"x".repeat(257)),
        ("lang", "no language"),
        ("whois", "none"),
        ("allowpm", "everybody"),
        ("maxusers", "0"),
        ("maxusers", "1000000"),
        ("membersonly", "yes"),
        ("presencebroadcast", "none"),
        ("passwordprotectedroom", "1"),
        ("roomsecret", &"x".repeat(257)),
        ("slow_mode_duration", "86401"),
        ("slow_mode_duration", "-1"),
        ("roomadmins", "@"),
        ("enablelogging", "1"),
        ("enablearchiving", "1"),
        ("pubsub", "javascript:x"),
    ] {
        let out = world.configure("owner/1", &[("moderatedroom", "1"), (field, value)]);
        assert_eq!(
            out,
            ["owner/1 < iq error modify/not-acceptable"],
            "{field}={value}"
        );
        let text = world.first("owner/1").to_string();
        let named = if field == "passwordprotectedroom" {
            "roomsecret"
        } else {
            field
        };
        assert!(text.contains(named), "{text}");
    }
    assert_eq!(
        form(&mut world).value("muc#roomconfig_moderatedroom"),
        Some("0")
    );
    assert_eq!(
        world.configure("owner/1", &[("roomowners", "")]),
        ["owner/1 < iq error cancel/conflict"],
        "RS1"
    );
}

#[test]
fn cf7_codes_tell_what_changed() {
    for (fields, codes) in [
        (vec![("roomname", "x")], "#104"),
        (vec![("whois", "anyone")], "#172"),
        (vec![("whois", "anyone"), ("roomname", "x")], "#104 #172"),
        (vec![("roomadmins", "ben@users.example")], "#104"),
    ] {
        let mut world = lobby();
        world.checker.non_anonymous = true;
        let out = world.configure("owner/1", &fields);
        assert!(
            out.contains(&format!("ben/1 < room says {codes}")),
            "{out:?}"
        );
        assert_eq!(out.iter().filter(|line| line.contains("says")).count(), 2);
    }
    let mut world = World::with(|service| {
        service.withheld_fields.clear();
        service.room.public_logging = true;
        service.room.whois = xmpp_muc::Whois::Anyone;
    });
    world.checker.non_anonymous = true;
    world.join("owner/1", "owner");
    let out = world.configure(
        "owner/1",
        &[("enablelogging", "0"), ("whois", "moderators")],
    );
    assert!(
        out.contains(&"owner/1 < room says #171 #173".to_owned()),
        "{out:?}"
    );
}

#[test]
fn cf6_cf8_a_room_that_closes_removes_strangers() {
    let mut world = lobby();
    world.admin(
        "owner/1",
        "<item jid='zoe@users.example' affiliation='member'/>",
    );
    world.join("zoe/1", "zoe");
    let out = world.configure("owner/1", &[("membersonly", "1")]);
    assert_eq!(
        out,
        [
            "store config",
            "owner/1 < iq result",
            "ben/1 < -ben none/none #110,322 jid=ben/1 actor=owner",
            "owner/1 < -ben none/none #322 jid=ben/1 actor=owner by=owner",
            "zoe/1 < -ben none/none #322 actor=owner",
            "owner/1 < room says #104",
            "zoe/1 < room says #104",
        ]
    );
    assert_eq!(
        world.join("ben/1", "ben"),
        ["ben/1 < presence error auth/registration-required"]
    );
}

#[test]
fn co8_presences_appear_and_disappear_with_the_broadcast() {
    let mut world = World::with_room(|room| room.moderated = true);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world.configure("owner/1", &[("presencebroadcast", "moderator,participant")]);
    assert!(
        world
            .to("owner/1")
            .contains(&"owner/1 < -ben none/visitor jid=ben/1".to_owned())
    );
    world.configure(
        "owner/1",
        &[("presencebroadcast", "moderator,participant,visitor")],
    );
    assert!(
        world
            .to("owner/1")
            .contains(&"owner/1 < +ben none/visitor jid=ben/1 actor=owner by=owner".to_owned()),
        "{:?}",
        world.to("owner/1")
    );
}

/// One form lowers somebody and hides roles: the others hear that it is gone, once.
#[test]
fn pr6_co8_who_is_lowered_by_the_form_that_hides_it() {
    let mut world = World::with_room(|room| room.moderated = true);
    world.join("owner/1", "owner");
    world.configure("owner/1", &[("roomadmins", "ben@users.example")]);
    world.join("ben/1", "ben");
    world.join("eve/1", "eve");
    world.configure(
        "owner/1",
        &[("roomadmins", ""), ("presencebroadcast", "moderator")],
    );
    assert_eq!(
        world.to("eve/1"),
        [
            "eve/1 < -ben none/visitor",
            "eve/1 < +eve none/visitor #110 jid=eve/1 actor=owner",
            "eve/1 < room says #104",
        ]
    );
}

#[test]
fn co11_an_empty_room_that_is_no_longer_persistent_goes() {
    let mut world = World::with_room(|room| room.persistent = true);
    world.join("owner/1", "owner");
    world.leave("owner/1", "owner");
    let out = world.configure("owner/1", &[("persistentroom", "0")]);
    assert_eq!(
        out,
        ["store config", "store deleted", "owner/1 < iq result"],
        "one act is one commit"
    );
}

#[test]
fn co12_without_moderation_visitors_speak() {
    let mut world = World::with_room(|room| room.moderated = true);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world.configure("owner/1", &[("moderatedroom", "0")]);
    assert_eq!(
        world.to("ben/1"),
        [
            "ben/1 < +ben none/participant #110 jid=ben/1 actor=owner",
            "ben/1 < room says #104",
        ]
    );
}

#[test]
fn co14_co15_a_secret_alone_protects_and_0_forgets() {
    let mut world = lobby();
    world.configure("owner/1", &[("roomsecret", "sesame")]);
    assert_eq!(
        world.join("eve/1", "eve"),
        ["eve/1 < presence error auth/not-authorized"]
    );
    assert_eq!(
        form(&mut world).value("muc#roomconfig_roomsecret"),
        Some("sesame")
    );
    assert!(!format!("{:?}", world.service).contains("sesame"));
    world.configure("owner/1", &[("passwordprotectedroom", "0")]);
    assert!(
        world
            .join("eve/1", "eve")
            .iter()
            .any(|line| line.contains("#110"))
    );
    assert_eq!(form(&mut world).value("muc#roomconfig_roomsecret"), None);
}

#[test]
fn co16_pr9_everybody_learns_addresses_after_172() {
    let mut world = lobby();
    world.checker.non_anonymous = true;
    let out = world.configure("owner/1", &[("whois", "anyone")]);
    assert_eq!(
        out,
        [
            "store config",
            "owner/1 < iq result",
            "owner/1 < room says #172",
            "ben/1 < room says #172",
            "ben/1 < +owner owner/moderator jid=owner/1",
        ]
    );
}

/// One form makes an admin and shows addresses: the new moderator did not see them before.
#[test]
fn pr9_an_admin_of_the_same_form_learns_addresses_too() {
    let mut world = lobby();
    world.checker.non_anonymous = true;
    world.join("eve/1", "eve");
    world.configure(
        "owner/1",
        &[("whois", "anyone"), ("roomadmins", "ben@users.example")],
    );
    for who in ["ben/1", "eve/1"] {
        assert!(
            world
                .to(who)
                .contains(&format!("{who} < +owner owner/moderator jid=owner/1")),
            "{:?}",
            world.to(who)
        );
    }
}

#[test]
fn co18_lists_are_whole() {
    let mut world = lobby();
    world.configure(
        "owner/1",
        &[
            ("roomowners", "owner@users.example,ben@users.example"),
            ("roomadmins", "ben@users.example,zoe@users.example"),
        ],
    );
    assert!(world.to("ben/1")[0].contains("+ben owner/moderator #110"));
    let shown = form(&mut world);
    assert_eq!(
        shown.values("muc#roomconfig_roomowners"),
        ["ben@users.example", "owner@users.example"]
    );
    assert_eq!(
        shown.values("muc#roomconfig_roomadmins"),
        ["zoe@users.example"]
    );
    world.configure(
        "owner/1",
        &[("roomowners", "ben@users.example"), ("roomadmins", "")],
    );
    assert!(
        world
            .to("owner/1")
            .iter()
            .any(|line| line.contains("+owner none/participant #110"))
    );
}

#[test]
fn de1_destroy_tells_each_session_where_to_go() {
    let mut world = lobby();
    world.join("ben/2", "ben");
    let destroy = "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy jid='new@rooms.example'>\
        <reason>moved</reason><password>p</password></destroy></query>";
    assert_eq!(
        world.iq("ben/1", "set", "", destroy),
        ["ben/1 < iq error auth/forbidden"]
    );
    let out = world.iq("owner/1", "set", "", destroy);
    assert_eq!(
        out,
        [
            "store deleted",
            "owner/1 < -owner none/none #110 destroy=new@rooms.example",
            "ben/1 < -ben none/none #110 destroy=new@rooms.example",
            "ben/2 < -ben none/none #110 destroy=new@rooms.example",
            "owner/1 < iq result",
        ]
    );
    let xml = world.first("ben/1").to_string();
    assert!(xml.contains("<password>p</password>") && xml.contains("<reason>moved</reason>"));
    assert_eq!(world.service.rooms().count(), 0);
    assert_eq!(
        world.say("ben/1", "x"),
        ["ben/1 < message error cancel/item-not-found"]
    );
}
