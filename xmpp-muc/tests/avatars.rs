//! The room's avatar (XEP-0486; MUC AV1, AV2).

mod support;

use support::World;

/// `<svg/>` and `png`, in base64.
const SVG: &str = "PHN2Zy8+";
const PNG: &str = "cG5n";

fn vcard(photos: &[&str]) -> String {
    let photo =
        |data: &&str| format!("<PHOTO><TYPE>image/png</TYPE><BINVAL>{data}</BINVAL></PHOTO>");
    let photos = photos.iter().map(photo).collect::<Vec<_>>().concat();
    format!("<vCard xmlns='vcard-temp'>{photos}</vCard>")
}

fn lobby() -> World {
    let mut world = World::with(|service| service.limits.avatar_bytes = 400);
    world.join("owner/1", "owner");
    world.admin(
        "owner/1",
        "<item jid='admin@users.example' affiliation='admin'/>",
    );
    world.join("admin/1", "admin");
    world
}

fn get(world: &mut World, session: &str) -> Vec<String> {
    world.iq(session, "get", "", &vcard(&[]))
}

fn info(world: &mut World) -> String {
    world.iq(
        "zoe/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    );
    world.first("zoe/1").to_string()
}

#[test]
fn av1_the_owner_sets_shows_and_removes_the_picture() {
    let mut world = lobby();
    let none = ["zoe/1 < iq error cancel/service-unavailable"];
    assert_eq!(get(&mut world, "zoe/1"), none);
    assert_eq!(
        world.iq("owner/1", "set", "", &vcard(&[SVG])),
        [
            "store room",
            "owner/1 < iq result",
            "owner/1 < room says #104",
            "admin/1 < room says #104",
        ]
    );
    // Also from outside; the same again is no change to tell.
    assert_eq!(get(&mut world, "zoe/1"), ["zoe/1 < iq result vCard"]);
    assert!(world.first("zoe/1").to_string().contains(&vcard(&[SVG])));
    assert_eq!(
        world.iq("owner/1", "set", "", &vcard(&[SVG])),
        ["store room", "owner/1 < iq result"]
    );
    let out = world.iq("owner/1", "set", "", &vcard(&[]));
    assert_eq!(out.len(), 4, "{out:?}");
    assert_eq!(get(&mut world, "zoe/1"), none);
}

#[test]
fn av1_who_may_not_and_what_is_none() {
    let mut world = lobby();
    for session in ["admin/1", "zoe/1"] {
        assert_eq!(
            world.iq(session, "set", "", &vcard(&[SVG])),
            [format!("{session} < iq error auth/forbidden")]
        );
    }
    assert_eq!(
        world.iq("owner/1", "set", "", &vcard(&["no base64!"])),
        ["owner/1 < iq error modify/bad-request"]
    );
    assert_eq!(
        world.iq("owner/1", "set", "", &vcard(&["AAAA".repeat(100).as_str()])),
        ["owner/1 < iq error modify/policy-violation"]
    );
    assert!(!info(&mut world).contains("avatarhash"));
    // A locked room shows nothing.
    let mut locked = World::with(|service| service.lock_new_rooms = true);
    locked.join("owner/1", "owner");
    assert_eq!(
        get(&mut locked, "zoe/1"),
        ["zoe/1 < iq error cancel/item-not-found"]
    );
}

#[test]
fn av2_disco_has_the_hash_of_each_picture() {
    let mut world = lobby();
    let said = info(&mut world);
    assert!(said.contains("<feature var='vcard-temp'/>") && !said.contains("avatarhash"));
    world.iq("owner/1", "set", "", &vcard(&[PNG, "YQ=="]));
    let said = info(&mut world);
    // sha1sum of `png` and of `a`.
    assert!(
        said.contains(
            "<field var='muc#roominfo_avatarhash' type='text-multi'>\
             <value>9040a7d6cdf7a0d6cab1823831c6ceb7d01af97f</value>\
             <value>86f7e437faa5a7fce15d1ddcb9eaeaea377667b8</value></field>"
        ),
        "{said}"
    );
    // No presence comes from the bare room.
    assert!(
        !world
            .join("ben/1", "ben")
            .iter()
            .any(|line| line.contains("+room"))
    );
    // It survives a restart, and a room without a picture has no hash.
    let jid = "lobby@rooms.example".parse().expect("a JID");
    let snapshot = world.service.snapshot(&jid).expect("a room");
    let text = serde_json::to_string(&snapshot).expect("text");
    let mut after = lobby();
    // The room of that name goes with its last occupant.
    for session in ["owner/1", "admin/1"] {
        after.lose(session);
    }
    let now = after.now;
    after
        .service
        .restore_room(
            now,
            serde_json::from_str(&text).expect("a snapshot"),
            Vec::new(),
        )
        .expect("restored");
    assert!(info(&mut after).contains("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"));
    let fn_only = "<vCard xmlns='vcard-temp'><FN>The lobby</FN></vCard>";
    world.iq("owner/1", "set", "", fn_only);
    assert!(!info(&mut world).contains("avatarhash"));
    assert_eq!(get(&mut world, "zoe/1"), ["zoe/1 < iq result vCard"]);
}
