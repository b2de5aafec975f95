//! The archive of a room (MUC MA1 to MA8).

mod support;

use support::{World, real, stanza};
use xmpp_core::xml::{Element, ns};
use xmpp_muc::{ArchiveReadError, RoomConfig};

fn lobby(change: impl FnOnce(&mut RoomConfig)) -> World {
    let mut world = World::with_room(|room| {
        room.archive = true;
        change(room);
    });
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

const METADATA: &str = "<metadata xmlns='urn:xmpp:mam:2'/>";
const FORM: &str = "<query xmlns='urn:xmpp:mam:2'/>";
const DISCO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";

/// The stanzas of the last outcome for a session.
fn stanzas(world: &World, session: &str) -> Vec<Element> {
    let to_session = world.last.iter().filter(|out| out.is_to(session));
    to_session.map(|out| out.stanza().clone()).collect()
}

/// The archive's ids of the results of the last outcome.
fn result_ids(world: &World, session: &str) -> Vec<String> {
    stanzas(world, session)
        .iter()
        .filter_map(|stanza| Some(stanza.child("result", ns::MAM)?.attr("id")?.into_owned()))
        .collect()
}

/// What the end of a query says: first, last, index.
fn fin(world: &World, session: &str) -> (Option<String>, Option<String>, Option<String>) {
    let last = stanzas(world, session).pop().expect("an answer");
    let set = last
        .child("fin", ns::MAM)
        .and_then(|fin| fin.child("set", ns::RSM))
        .unwrap_or_else(|| panic!("no end of a query: {last}"));
    let text = |name| set.child(name, ns::RSM).map(|c| c.text().into_owned());
    let index = set
        .child("first", ns::RSM)
        .and_then(|first| first.attr("index"));
    (text("first"), text("last"), index.map(Into::into))
}

#[test]
fn ma1_features_form_and_metadata_are_there_while_the_archive_is_on() {
    for archive in [true, false] {
        let mut world = lobby(|room| room.archive = archive);
        world.iq("ben/1", "get", "", DISCO);
        let info = world.first("ben/1").to_string();
        for feature in ["urn:xmpp:mam:2", "urn:xmpp:mam:2#extended"] {
            assert_eq!(info.contains(&format!("'{feature}'")), archive, "{info}");
        }
        for (iq_type, payload) in [("get", FORM), ("get", METADATA), ("set", FORM)] {
            let out = world.iq("ben/1", iq_type, "", payload);
            let refused = out == ["ben/1 < iq error cancel/service-unavailable"];
            assert_eq!(refused, !archive, "{payload}: {out:?}");
        }
    }
    let mut world = lobby(|_| {});
    world.iq("ben/1", "get", "", FORM);
    let form = world.first("ben/1").to_string();
    for var in ["with", "start", "end", "before-id", "after-id", "ids"] {
        assert!(form.contains(&format!("var='{var}'")), "{form}");
    }
    assert!(!form.contains("required"), "{form}");
    // The metadata of an empty archive, of one entry, and of several.
    world.iq("ben/1", "get", "", METADATA);
    let empty = world.first("ben/1");
    let metadata = empty.child("metadata", ns::MAM).expect("metadata");
    assert_eq!(metadata.children().count(), 0);
    for texts in [&["one"][..], &["two", "three"]] {
        for text in texts {
            world.say("ben/1", text);
        }
        world.iq("ben/1", "get", "", METADATA);
        let answer = world.first("ben/1");
        let metadata = answer.child("metadata", ns::MAM).expect("metadata");
        let id = |name| metadata.child(name, ns::MAM).and_then(|c| c.attr("id"));
        let ids = world.archived();
        assert_eq!(id("start").as_deref(), ids.first().map(String::as_str));
        assert_eq!(id("end").as_deref(), ids.last().map(String::as_str));
        let start = metadata.child("start", ns::MAM).expect("a start");
        assert_eq!(
            start.attr("timestamp").as_deref(),
            Some("2026-11-20T10:00:00Z")
        );
    }
}

#[test]
fn ma2_se6_who_could_enter_now_may_read() {
    let refused = ["eve/1 < iq error auth/forbidden"];
    for (name, affiliation, may) in [
        ("open", "none", true),
        ("open", "outcast", false),
        ("members", "none", false),
        ("members", "member", true),
        ("members", "outcast", false),
        ("password", "none", false),
        ("password", "member", true),
        ("password", "outcast", false),
    ] {
        let mut world = World::with_room(|room| room.archive = true);
        world.join("owner/1", "owner");
        world.say("owner/1", "secret");
        let item = format!("<item jid='eve@users.example' affiliation='{affiliation}'/>");
        world.admin("owner/1", &item);
        match name {
            "members" => world.configure("owner/1", &[("membersonly", "1")]),
            "password" => world.configure("owner/1", &[("roomsecret", "open sesame")]),
            _ => Vec::new(),
        };
        for (iq_type, payload) in [("set", FORM), ("get", FORM), ("get", METADATA)] {
            let out = world.iq("eve/1", iq_type, "", payload);
            assert_eq!(
                out == refused,
                !may,
                "{name} {affiliation} {payload}: {out:?}"
            );
        }
        let out = world.query("eve/1", &[], "").join(" ");
        assert_eq!(out.contains("secret"), may, "{name} {affiliation}: {out}");
    }
    // Whoever is inside knows the password.
    let mut world = lobby(|_| {});
    world.configure("owner/1", &[("roomsecret", "open sesame")]);
    let out = world.query("ben/1", &[], "");
    assert_eq!(out, ["ben/1 < iq result fin complete 0"]);
    // A locked room and one that is not there are the same to others.
    let mut world = World::with(|service| {
        service.lock_new_rooms = true;
        service.room.archive = true;
    });
    let unknown = world.query("eve/1", &[], "");
    assert_eq!(unknown, ["eve/1 < iq error cancel/item-not-found"]);
    world.join("owner/1", "owner");
    assert_eq!(world.query("eve/1", &[], ""), unknown);
}

/// SE4: the right to read is looked at when the store answers.
#[test]
fn ma2_se4_who_lost_the_right_meanwhile_gets_nothing() {
    let mut world = lobby(|_| {});
    world.say("owner/1", "secret");
    world.held = Some(Vec::new());
    assert!(world.query("ben/1", &[], "").is_empty());
    assert!(world.iq("ben/1", "get", "", METADATA).is_empty());
    world.admin(
        "owner/1",
        "<item jid='ben@users.example' affiliation='outcast'/>",
    );
    assert_eq!(
        world.answer_held(),
        ["ben/1 < iq error auth/forbidden"; 2],
        "nothing of the archive"
    );
}

#[test]
fn ma3_what_is_archived_and_what_is_not() {
    let mut world = lobby(|room| room.change_subject = true);
    let no_store = "<no-store xmlns='urn:xmpp:hints'/>";
    let store = "<store xmlns='urn:xmpp:hints'/>";
    let retract = "<retract xmlns='urn:xmpp:message-retract:1' id='unknown'/>";
    for (children, kept) in [
        ("<body>x</body>".to_owned(), true),
        ("<subject>Topic</subject>".to_owned(), true),
        (retract.to_owned(), true),
        (
            format!("<reactions xmlns='urn:xmpp:reactions:0' id='1'/>{store}"),
            true,
        ),
        (
            "<reactions xmlns='urn:xmpp:reactions:0' id='1'/>".to_owned(),
            false,
        ),
        (format!("<body>x</body>{no_store}"), false),
        (format!("<subject>x</subject>{no_store}"), false),
        (format!("{retract}{no_store}"), false),
        (
            "<composing xmlns='http://jabber.org/protocol/chatstates'/>".to_owned(),
            false,
        ),
    ] {
        let before = world.archived().len();
        let out = world.groupchat("ben/1", &children);
        let stored = out.iter().filter(|line| *line == "store message").count();
        assert_eq!(stored, usize::from(kept), "{children}: {out:?}");
        assert_eq!(
            world.archived().len(),
            before + usize::from(kept),
            "{children}"
        );
    }
    let before = world.archived().len();
    world.whisper("ben/1", "owner", "<body>x</body>");
    world.configure("owner/1", &[("moderatedroom", "1")]);
    world.admin("owner/1", "<item nick='ben' role='visitor'/>");
    assert_eq!(
        world.say("ben/1", "refused"),
        ["ben/1 < message error auth/forbidden"]
    );
    assert_eq!(world.archived().len(), before);
}

#[test]
fn ma4_a_result_is_the_message_as_it_was_heard() {
    let mut world = lobby(|_| {});
    world.send(
        "ben/1",
        "<message to='lobby@rooms.example' type='groupchat' id='m1' xml:lang='de'><body>Hallo</body>\
         <origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>",
    );
    let live = world.first("owner/1");
    world.wait(std::time::Duration::from_mins(1));
    // The author has another nick by now.
    world.presence("ben/1", "benno", "");
    world.query("owner/1", &[], "");
    let result = world.first("owner/1");
    assert_eq!(result.attr("from").as_deref(), Some("lobby@rooms.example"));
    let element = result.child("result", ns::MAM).expect("a result");
    assert_eq!(element.attr("queryid").as_deref(), Some("f"));
    assert_eq!(element.attr("id").as_deref(), Some(&*world.archived()[0]));
    let forwarded = element.child("forwarded", ns::FORWARD).expect("forwarded");
    let delay = forwarded.child("delay", ns::DELAY).expect("a delay");
    assert_eq!(delay.attr("stamp").as_deref(), Some("2026-11-20T10:00:00Z"));
    let message = forwarded.child("message", ns::CLIENT).expect("a message");
    assert_eq!(message.attr("to"), None);
    for name in ["from", "type", "id"] {
        assert_eq!(message.attr(name), live.attr(name), "{name}");
    }
    assert_eq!(message.attr_ns("lang", ns::XML).as_deref(), Some("de"));
    let written = |children: Vec<String>| children.concat();
    let live: Vec<_> = live.children().map(|c| c.to_string()).collect();
    let mut kept: Vec<_> = message.children().map(|c| c.to_string()).collect();
    kept.retain(|child| !child.contains("muc#user")); // the owner sees who it was: MA5
    assert_eq!(written(kept), written(live));
    // A query without a queryid gets results without one.
    world.iq("ben/1", "set", "", FORM);
    let result = world.first("ben/1");
    let result = result.child("result", ns::MAM).expect("a result");
    assert_eq!(result.attr("queryid"), None);
}

#[test]
fn ma5_real_addresses_are_for_who_sees_them_now() {
    let mut world = lobby(|_| {});
    world.groupchat(
        "ben/1",
        "<body>hi</body><x xmlns='http://jabber.org/protocol/muc#user'><item jid='forged@x.example/1'/></x>",
    );
    let blind = "archive ben: hi";
    let seeing = "archive ben: hi jid=ben/1";
    let reads = |world: &mut World, session: &str| {
        let out = world.query(session, &[], "<max>1</max>");
        let line = out.first().expect("a result");
        line.split_once(" < ").expect("two parts").1.to_owned()
    };
    assert_eq!(reads(&mut world, "owner/1"), seeing);
    assert_eq!(reads(&mut world, "ben/1"), blind);
    assert_eq!(reads(&mut world, "eve/1"), blind, "from outside");
    world.admin("owner/1", "<item nick='ben' role='moderator'/>");
    assert_eq!(reads(&mut world, "ben/1"), seeing);
    world.admin("owner/1", "<item nick='ben' role='participant'/>");
    assert_eq!(reads(&mut world, "ben/1"), blind);
    world.checker.non_anonymous = true;
    world.configure("owner/1", &[("whois", "anyone")]); // 172
    assert_eq!(reads(&mut world, "ben/1"), seeing);
    assert_eq!(reads(&mut world, "eve/1"), blind, "from outside");
    world.configure("owner/1", &[("whois", "moderators")]); // 173
    assert_eq!(reads(&mut world, "ben/1"), blind);
    // What the room said has no author.
    let id = world.archived()[0].clone();
    let moderate = format!(
        "<moderate xmlns='urn:xmpp:message-moderate:1' id='{id}'>\
         <retract xmlns='urn:xmpp:message-retract:1'/></moderate>"
    );
    world.iq("owner/1", "set", "", &moderate);
    world.query("owner/1", &[], "<before/>");
    let last = stanzas(&world, "owner/1");
    let notice = &last[last.len() - 2];
    assert!(notice.to_string().contains("moderated"), "{notice}");
    assert!(!notice.to_string().contains("muc#user"), "{notice}");
}

#[test]
fn ma6_with_a_real_address_is_for_who_sees_such() {
    let mut world = lobby(|_| {});
    world.say("ben/1", "from ben");
    world.say("owner/1", "from owner");
    world.presence("ben/1", "benno", "");
    world.say("ben/1", "from benno");
    let with = |world: &mut World, session: &str, jid: &str| {
        let out = world.query(session, &[("with", jid)], "");
        let lines: Vec<_> = out
            .iter()
            .filter_map(|line| line.split_once(" < "))
            .collect();
        let texts = lines.iter().map(|(_, line)| line.replace("archive ", ""));
        texts.collect::<Vec<_>>().join("; ")
    };
    let refused = "iq error auth/forbidden";
    // The same answer for who is here, who was never here, and nonsense.
    for jid in [
        "ben@users.example",
        "ben@users.example/1",
        "nobody@users.example",
    ] {
        assert_eq!(with(&mut world, "ben/1", jid), refused, "{jid}");
        assert_eq!(with(&mut world, "eve/1", jid), refused, "{jid}");
    }
    for jid in ["ben@users.example", "ben@users.example/1"] {
        assert_eq!(
            with(&mut world, "owner/1", jid),
            "ben: from ben jid=ben/1; benno: from benno jid=ben/1; iq result fin complete 2"
        );
    }
    assert_eq!(
        with(&mut world, "owner/1", "nobody@users.example"),
        "iq result fin complete 0"
    );
    for session in ["ben/1", "eve/1"] {
        assert_eq!(
            with(&mut world, session, "lobby@rooms.example/ben"),
            "ben: from ben; iq result fin complete 1",
            "an occupant JID is for all"
        );
        assert!(with(&mut world, session, "lobby@rooms.example").ends_with("fin complete 3"));
    }
    // SE4: the sight is lost before the store answers.
    world.admin("owner/1", "<item nick='benno' role='moderator'/>");
    world.held = Some(Vec::new());
    world.query("ben/1", &[("with", "owner@users.example")], "");
    world.admin("owner/1", "<item nick='benno' role='participant'/>");
    assert_eq!(world.answer_held(), ["ben/1 < iq error auth/forbidden"]);
}

/// An archive of these many messages, one second apart, and their ids.
fn filled(count: usize) -> (World, Vec<String>) {
    let mut world = lobby(|_| {});
    for n in 0..count {
        world.say("ben/1", &n.to_string());
        world.wait(std::time::Duration::from_secs(1));
    }
    let ids = world.archived();
    assert_eq!(ids.len(), count);
    (world, ids)
}

/// A query: fields, what is in its `set`, the places of its results, and whether there are no more.
type Case<'a> = (Vec<(&'a str, &'a str)>, String, Vec<usize>, bool);

fn check_pages(world: &mut World, ids: &[String], cases: Vec<Case<'_>>) {
    for (fields, set, expected, complete) in cases {
        let out = world.query("owner/1", &fields, &set);
        let expected: Vec<_> = expected.into_iter().map(|n| ids[n].clone()).collect();
        assert_eq!(result_ids(world, "owner/1"), expected, "{fields:?} {set}");
        let end = out.last().expect("the end of the query");
        assert_eq!(
            end.contains(" complete"),
            complete,
            "{fields:?} {set}: {end}"
        );
        let (first, last, index) = fin(world, "owner/1");
        assert_eq!(first.as_ref(), expected.first(), "{fields:?} {set}");
        assert_eq!(last.as_ref(), expected.last(), "{fields:?} {set}");
        assert_eq!(index.is_some(), !expected.is_empty(), "{fields:?} {set}");
    }
}

#[test]
fn ma7_pages() {
    let (mut world, ids) = filled(10);
    let after = |n: usize| format!("<after>{}</after>", ids[n]);
    let before = |n: usize| format!("<before>{}</before>", ids[n]);
    let page = |set: String, places: Vec<usize>, complete| (vec![], set, places, complete);
    let cases = vec![
        page(String::new(), (0..10).collect(), true),
        page("<max>3</max>".into(), vec![0, 1, 2], false),
        page("<max>3</max><before/>".into(), vec![7, 8, 9], false),
        page("<max>10</max><before/>".into(), (0..10).collect(), true),
        page(format!("<max>3</max>{}", after(3)), vec![4, 5, 6], false),
        page(format!("<max>6</max>{}", after(3)), (4..10).collect(), true),
        page(format!("<max>3</max>{}", before(6)), vec![3, 4, 5], false),
        page(format!("<max>6</max>{}", before(6)), (0..6).collect(), true),
        page(after(3) + &before(6), vec![4, 5], true),
        page(after(9), vec![], true),
        page(before(0), vec![], true),
        page("<max>0</max>".into(), vec![], false),
    ];
    check_pages(&mut world, &ids, cases);
    assert_eq!(
        world.query("owner/1", &[], "<max>0</max>"),
        ["owner/1 < iq result fin 10"],
        "the number alone"
    );
}

#[test]
fn ma7_fields() {
    let (mut world, ids) = filled(10);
    let (start, end) = ("2026-11-20T10:00:03Z", "2026-11-20T10:00:06Z");
    let some = format!("{},{}", ids[7], ids[2]);
    let last_two = || "<max>2</max><before/>".to_owned();
    let cases = vec![
        (
            vec![("start", start)],
            String::new(),
            (3..10).collect(),
            true,
        ),
        (vec![("end", end)], String::new(), (0..=6).collect(), true),
        (
            vec![("start", start), ("end", end)],
            last_two(),
            vec![5, 6],
            false,
        ),
        (
            vec![("after-id", &*ids[3])],
            "<max>3</max>".into(),
            vec![4, 5, 6],
            false,
        ),
        (
            vec![("before-id", &*ids[3])],
            String::new(),
            vec![0, 1, 2],
            true,
        ),
        (
            vec![("before-id", &*ids[3])],
            "<max>2</max>".into(),
            vec![0, 1],
            false,
        ),
        (
            vec![("after-id", &*ids[2]), ("before-id", &*ids[6])],
            last_two(),
            vec![4, 5],
            false,
        ),
        (vec![("ids", &*some)], String::new(), vec![2, 7], true),
        (
            vec![("with", "lobby@rooms.example/owner")],
            String::new(),
            vec![],
            true,
        ),
    ];
    check_pages(&mut world, &ids, cases);
}

#[test]
fn ma7_a_flipped_page_is_the_same_page_the_other_way_round() {
    let (mut world, ids) = filled(6);
    world.iq(
        "ben/1",
        "set",
        "",
        "<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><before/><max>3</max></set>\
         <flip-page/></query>",
    );
    let flipped = [&ids[5], &ids[4], &ids[3]].map(Clone::clone);
    assert_eq!(result_ids(&world, "ben/1"), flipped);
    let (first, last, _) = fin(&world, "ben/1");
    assert_eq!(
        (first.as_ref(), last.as_ref()),
        (Some(&ids[3]), Some(&ids[5]))
    );
}

#[test]
fn ma7_refusals() {
    let (mut world, ids) = filled(2);
    let unknown = ["ben/1 < iq error cancel/item-not-found"];
    let long = "x".repeat(1024);
    for id in ["unknown", &long] {
        for set in [
            format!("<after>{id}</after>"),
            format!("<before>{id}</before>"),
        ] {
            assert_eq!(world.query("ben/1", &[], &set), unknown);
        }
        let one_known = format!("{},{id}", ids[0]);
        for fields in [("after-id", id), ("before-id", id), ("ids", &one_known)] {
            assert_eq!(world.query("ben/1", &[fields], ""), unknown, "{fields:?}");
        }
    }
    let bad = ["ben/1 < iq error modify/bad-request"];
    for fields in [("start", "yesterday"), ("end", "soon"), ("with", "@")] {
        assert_eq!(world.query("ben/1", &[fields], ""), bad, "{fields:?}");
    }
    let both = format!("<after>{}</after><before/>", ids[0]);
    assert_eq!(world.query("ben/1", &[("after-id", &ids[0])], &both), bad);
    assert_eq!(world.query("ben/1", &[], "<max>many</max>"), bad);
    assert_eq!(
        world.query("ben/1", &[("colour", "red")], ""),
        ["ben/1 < iq error cancel/feature-not-implemented"],
        "a field that would be passed over"
    );
    assert_eq!(
        world.query("ben/1", &[], "<index>1</index>"),
        ["ben/1 < iq error cancel/feature-not-implemented"]
    );
    let many = vec!["x"; 51].join(",");
    assert_eq!(
        world.query("ben/1", &[("ids", &many)], ""),
        ["ben/1 < iq error modify/policy-violation"]
    );
    world.iq(
        "ben/1",
        "set",
        "",
        &format!("<query xmlns='urn:xmpp:mam:2' queryid='{long}'/>"),
    );
    assert_eq!(
        world.to("ben/1"),
        ["ben/1 < iq error modify/policy-violation"]
    );
    assert_eq!(
        world.iq(
            "ben/1",
            "set",
            "",
            "<query xmlns='urn:xmpp:mam:2' node='other'/>"
        ),
        unknown
    );
}

#[test]
fn ma7_a_page_has_fifty_at_most() {
    let (mut world, ids) = filled(60);
    for set in ["", "<max>1000</max>", "<max>4294967295</max>"] {
        let out = world.query("ben/1", &[], set);
        assert_eq!(result_ids(&world, "ben/1"), ids[..50], "{set}");
        assert_eq!(out.last().expect("an end"), "ben/1 < iq result fin 60");
    }
}

/// ET12: a session's questions are bounded, and one that is gone needs no answers.
#[test]
fn ma7_et12_questions_of_a_session_are_bounded() {
    let mut world = lobby(|_| {});
    world.say("ben/1", "hi");
    world.held = Some(Vec::new());
    for _ in 0..4 {
        assert!(world.query("ben/1", &[], "").is_empty());
    }
    assert_eq!(
        world.query("ben/1", &[], ""),
        ["ben/1 < iq error wait/resource-constraint"]
    );
    assert!(
        world.query("owner/1", &[], "").is_empty(),
        "another session"
    );
    world.lose("ben/1");
    let out = world.answer_held();
    assert_eq!(
        out,
        [
            "owner/1 < archive ben: hi jid=ben/1",
            "owner/1 < iq result fin complete 1"
        ],
        "the checker sees that nothing goes to the lost session"
    );
}

#[test]
fn ma7_every_question_is_answered_once_whatever_becomes_of_it() {
    let mut world = lobby(|_| {});
    world.say("ben/1", "hi");
    world.held = Some(Vec::new());
    world.query("ben/1", &[], "");
    world.iq("ben/1", "get", "", METADATA);
    let held = world.held.clone().expect("held");
    for read in &held {
        world
            .service
            .handle_archive_read(world.now, read.id, Err(ArchiveReadError::Failed));
    }
    assert_eq!(
        world.drain(),
        ["ben/1 < iq error wait/internal-server-error"; 2]
    );
    assert!(world.answer_held().is_empty(), "answered already");
    // The room goes while the store works.
    world.held = Some(Vec::new());
    world.query("ben/1", &[], "");
    let destroy = "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>";
    let out = world.iq("owner/1", "set", "", destroy);
    assert!(
        out.contains(&"ben/1 < iq error cancel/item-not-found".to_owned()),
        "{out:?}"
    );
    assert!(
        world.answer_held().is_empty(),
        "nothing of a room that is gone"
    );
}

/// MA8: the question begins behind everything that was stored before it, and its results come behind the join.
#[test]
fn ma8_a_question_at_the_join_comes_after_it() {
    let mut world = lobby(|_| {});
    world.say("ben/1", "before");
    let join = stanza(
        "<presence to='lobby@rooms.example/eve' id='j'><x xmlns='http://jabber.org/protocol/muc'>\
         <history maxstanzas='0'/></x></presence>",
    );
    let query = stanza(
        "<iq to='lobby@rooms.example' type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>",
    );
    let eve = real("eve/1");
    for stanza in [&join, &query] {
        world.checker.sent(&eve, stanza);
        world.service.handle_stanza(world.now, &eve, stanza);
    }
    world.drain();
    let lines = world.to("eve/1");
    let place = |part: &str| lines.iter().position(|line| line.contains(part));
    let (own, subject) = (
        place("+eve").expect("in"),
        place("room!").expect("a subject"),
    );
    let result = place("archive ben: before").expect("a result");
    let end = place("fin complete").expect("the end");
    assert!(
        own < subject && subject < result && result < end,
        "{lines:?}"
    );
}
