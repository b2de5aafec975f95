//! Versions of the affiliations (XEP-0463; MUC MV1 to MV3, AD13, PE4).

mod support;

use support::{Out, World};
use xmpp_core::xml::{Payload as _, ns};
use xmpp_muc::{Affiliation, MucUser, RoleSet, Whois};

/// The owner and ben are inside.
fn lobby(change: impl FnOnce(&mut xmpp_muc::ServiceConfig)) -> World {
    let mut world = World::with(change);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

/// Since, until, and whom it is about.
type Told = (Option<String>, String, Vec<String>);

/// What a session was told about versions in the last outcome.
fn told(world: &World, session: &str) -> Vec<Told> {
    world
        .last
        .iter()
        .filter(|out| out.is_to(session))
        .map(Out::stanza)
        .filter_map(|stanza| {
            let user = MucUser::from_element(stanza.child("x", ns::MUC_USER)?).expect("an x");
            let mav = user.mav?;
            let items = user.items.iter().map(|item| {
                let jid = item
                    .jid
                    .as_ref()
                    .map(|jid| support::short(&jid.to_bare().into()));
                let affiliation = item.affiliation.unwrap_or_default();
                format!("{} {affiliation}", jid.unwrap_or_default())
            });
            Some((mav.since, mav.until.expect("an end"), items.collect()))
        })
        .collect()
}

fn set(world: &mut World, actor: &str, user: &str, affiliation: Affiliation) -> Vec<String> {
    let domain = if user.contains('.') {
        ""
    } else {
        "@users.example"
    };
    world.admin(
        actor,
        &format!("<item jid='{user}{domain}' affiliation='{affiliation}'/>"),
    )
}

/// Enters and asks for versions; gives what came, and the version of the self-presence.
fn ask(world: &mut World, session: &str, since: Option<&str>) -> (Vec<Told>, String) {
    let since = since
        .map(|since| format!(" since='{since}'"))
        .unwrap_or_default();
    let nick = session.split_once('/').expect("a name").0;
    world.join_with(
        session,
        nick,
        &format!("<mav xmlns='urn:xmpp:muc:affiliations:1'{since}/>"),
        "",
    );
    let mut all = told(world, session);
    let (_, now, _) = all.pop().expect("a self-presence");
    (all, now)
}

#[test]
fn mv2_each_change_makes_one_version() {
    let mut world = lobby(|_| {});
    let (all, mut version) = ask(&mut world, "owner/1", None);
    assert_eq!(
        all,
        [(None, version.clone(), vec!["owner owner".to_owned()])]
    );
    // Somebody inside, somebody absent, two in one request, somebody who has to go.
    for (items, expected) in [
        (
            "<item jid='ben@users.example' affiliation='member'/>",
            vec!["ben member"],
        ),
        (
            "<item jid='eve@users.example' affiliation='admin'/>",
            vec!["eve admin"],
        ),
        (
            "<item jid='zoe@users.example' affiliation='member'/>\
             <item jid='ben@users.example' affiliation='outcast'/>",
            vec!["zoe member", "ben outcast"],
        ),
        (
            "<item jid='evil.example' affiliation='outcast'/>",
            vec!["evil.example outcast"],
        ),
    ] {
        world.admin("owner/1", items);
        let steps = told(&world, "owner/1");
        assert_eq!(steps.len(), expected.len(), "{steps:?}");
        for ((since, until, who), expected) in steps.into_iter().zip(expected) {
            assert_eq!(since.as_ref(), Some(&version), "chained");
            assert_eq!(who, [expected]);
            version = until;
        }
    }
    // The same again makes none, nor does a nick.
    set(&mut world, "owner/1", "eve", Affiliation::Admin);
    world.admin(
        "owner/1",
        "<item jid='eve@users.example' affiliation='admin' nick='eve'/>",
    );
    assert!(told(&world, "owner/1").is_empty());
    assert_eq!(ask(&mut world, "owner/1", None).1, version);
}

#[test]
fn mv2_whoever_follows_hears_of_occupants_that_are_not_shown() {
    let mut world = lobby(|service| {
        service.room.presence_broadcast = RoleSet::NONE;
        service.room.moderated = true;
    });
    let (_, before) = ask(&mut world, "owner/1", None);
    set(&mut world, "owner/1", "ben", Affiliation::Member);
    let steps = told(&world, "owner/1");
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(steps[0].0.as_ref(), Some(&before));
    set(&mut world, "owner/1", "ben", Affiliation::Outcast);
    let out = told(&world, "owner/1");
    assert_eq!((out.len(), out[0].0.as_ref()), (1, Some(&steps[0].1)));
}

#[test]
fn mv1_the_whole_list_a_difference_or_nothing() {
    let mut world = lobby(|_| {});
    let (_, first) = ask(&mut world, "owner/1", None);
    world.leave("owner/1", "owner");
    set(&mut world, "owner/1", "ben", Affiliation::Member);
    set(&mut world, "owner/1", "eve", Affiliation::Member);
    set(&mut world, "owner/1", "eve", Affiliation::None);
    let (all, now) = ask(&mut world, "owner/1", Some(&first));
    assert_eq!(
        all,
        [(
            Some(first.clone()),
            now.clone(),
            vec!["ben member".to_owned(), "eve none".to_owned()]
        )]
    );
    // It comes before any presence.
    assert!(world.first("owner/1").name() == "message");
    assert_eq!(
        ask(&mut world, "owner/1", Some(&now)),
        (Vec::new(), now.clone())
    );
    for unknown in [Some("nonsense"), None] {
        let (all, same) = ask(&mut world, "owner/1", unknown);
        assert_eq!(same, now);
        assert_eq!(
            all,
            [(
                None,
                now.clone(),
                vec!["ben member".to_owned(), "owner owner".to_owned()]
            )]
        );
    }
    // Nobody else sees the request (EN19), and without one nothing is sent.
    assert!(!world.last.iter().any(|out| out.is_to("ben/1")));
    world.join("owner/1", "owner");
    assert_eq!(told(&world, "owner/1").len(), 1, "the self-presence alone");
}

#[test]
fn mv1_what_is_too_old_is_not_known() {
    let mut world = lobby(|service| service.limits.affiliation_versions = 2);
    let mut versions = vec![ask(&mut world, "owner/1", None).1];
    for user in ["ben", "eve", "zoe"] {
        set(&mut world, "owner/1", user, Affiliation::Member);
        versions.push(told(&world, "owner/1")[0].1.clone());
    }
    assert_eq!(
        ask(&mut world, "owner/1", Some(&versions[0])).0[0].0,
        None,
        "all of it"
    );
    assert_eq!(
        ask(&mut world, "owner/1", Some(&versions[1])).0[0].2.len(),
        2
    );
    assert_eq!(
        ask(&mut world, "owner/1", Some(&versions[2])).0[0].2.len(),
        1
    );
}

#[test]
fn mv1_a_long_list_comes_in_parts_that_adjoin() {
    let mut world = lobby(|service| service.limits.items = 2000);
    let item = |n| format!("<item jid='u{n}@users.example' affiliation='member'/>");
    let items = (0..1200).map(item).collect::<Vec<_>>().concat();
    world.admin("owner/1", &items);
    let (parts, now) = ask(&mut world, "owner/1", None);
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0].0, None);
    for pair in parts.windows(2) {
        assert_eq!(pair[1].0.as_ref(), Some(&pair[0].1));
    }
    assert_eq!(parts[2].1, now);
    assert_eq!(parts.iter().map(|part| part.2.len()).sum::<usize>(), 1201);
}

#[test]
fn mv3_who_may_not_read_the_lists_gets_an_error_and_enters() {
    let mut world = lobby(|_| {});
    let out = world.join_with(
        "eve/1",
        "eve",
        "<mav xmlns='urn:xmpp:muc:affiliations:1'/>",
        "",
    );
    assert_eq!(out[2], "eve/1 < message error auth/forbidden", "{out:?}");
    assert!(
        out.iter()
            .any(|line| line.contains("+eve none/participant #110"))
    );
    // An admin of a semi-anonymous room reads members and outcasts, not owners (LI4).
    set(&mut world, "owner/1", "eve", Affiliation::Admin);
    set(&mut world, "owner/1", "ben", Affiliation::Member);
    let (all, version) = ask(&mut world, "eve/1", None);
    assert_eq!(all[0].2, ["ben member"]);
    // Who left a list that the reader knows is told as gone from it.
    set(&mut world, "owner/1", "ben", Affiliation::Owner);
    let (all, version) = {
        let (all, now) = ask(&mut world, "eve/1", Some(&version));
        (all[0].2.clone(), now)
    };
    assert_eq!(all, ["ben none"]);
    // A difference that would be empty is the whole list.
    set(&mut world, "owner/1", "max", Affiliation::Owner);
    let (all, _) = ask(&mut world, "eve/1", Some(&version));
    assert_eq!((all[0].0.as_ref(), all[0].2.len()), (None, 0));
}

#[test]
fn mv3_what_was_before_somebody_was_entitled_is_not_told() {
    let mut world = lobby(|service| service.room.whois = Whois::Anyone);
    let (_, version) = ask(&mut world, "owner/1", None);
    set(&mut world, "owner/1", "eve", Affiliation::Outcast);
    let banned = told(&world, "owner/1")[0].1.clone();
    set(&mut world, "owner/1", "zoe", Affiliation::Member);
    set(&mut world, "owner/1", "eve", Affiliation::Member);
    let mut try_from = |since: &str| {
        world.join_with(
            "eve/1",
            "eve",
            &format!("<mav xmlns='urn:xmpp:muc:affiliations:1' since='{since}'/>"),
            "",
        )
    };
    let error = "eve/1 < message error auth/forbidden".to_owned();
    assert!(try_from(&banned).contains(&error), "an outcast then");
    assert!(
        !try_from(&version).contains(&error),
        "an occupant might have read them"
    );
    assert!(!try_from("unknown").contains(&error), "the list of today");
}

#[test]
fn ad13_a_participant_of_a_semi_anonymous_room_hears_nothing_of_the_absent() {
    let mut world = lobby(|_| {});
    assert_eq!(
        set(&mut world, "owner/1", "eve", Affiliation::Member)[2..],
        ["owner/1 < room says eve=member"]
    );
    assert!(told(&world, "ben/1").is_empty());
}

#[test]
fn mv1_versions_survive_a_restart() {
    let mut world = lobby(|_| {});
    let (_, first) = ask(&mut world, "owner/1", None);
    set(&mut world, "owner/1", "eve", Affiliation::Member);
    let jid = "lobby@rooms.example".parse().expect("a JID");
    let text = serde_json::to_string(&world.service.snapshot(&jid)).expect("text");
    let mut after = World::new();
    let snapshot = serde_json::from_str(&text).expect("a snapshot");
    let now = after.now;
    after
        .service
        .restore_room(now, snapshot, Vec::new())
        .expect("restored");
    let (all, _) = ask(&mut after, "owner/1", Some(&first));
    assert_eq!(
        (all[0].0.as_ref(), all[0].2.clone()),
        (Some(&first), vec!["eve member".to_owned()])
    );
}

#[test]
fn di4_the_feature_is_there() {
    let mut world = lobby(|_| {});
    world.iq(
        "ben/1",
        "get",
        "",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    );
    assert!(
        world
            .first("ben/1")
            .to_string()
            .contains("'urn:xmpp:muc:affiliations:1'")
    );
}
