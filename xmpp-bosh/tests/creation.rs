//! Session creation: BOSH sections 2 and 3.

mod common;

use std::time::Duration;

use common::{Bench, RID, parse, terminate};
use xmpp_bosh::{BoshVersion, ManagerConfig, TerminalCondition};
use xmpp_core::{stream::StreamItem, xml::ns};

#[test]
fn creation_response_carries_what_was_granted_and_the_features() {
    let mut bench = Bench::new();
    let answer = bench.create("hold='1' wait='59'");
    let body = parse(&answer);
    let a = &body.attributes;
    // BOSH 3.1: at least 128 bits, as 40 hexadecimal digits 160.
    assert_eq!(a.sid.as_deref().map(str::len), Some(40));
    // BOSH 3.2, 3.3, 3.6, 3.7, 3.10.
    assert_eq!((a.wait, a.hold, a.requests), (Some(59), Some(1), Some(2)));
    assert_eq!((a.inactivity, a.maxpause), (Some(60), Some(120)));
    // BOSH 3.5, point 9: not advertised while the rules are off.
    assert_eq!(a.polling, None);
    // BOSH 3.8, 3.12, 3.14, 3.15.
    assert_eq!(a.from.as_deref(), Some("localhost"));
    assert_eq!(a.xmpp_version.as_deref(), Some("1.0"));
    assert_eq!(a.authid.as_deref(), Some("stream-id"));
    assert!(a.restart_logic);
    assert!(body.children[0].is("features", ns::STREAMS));
    // Strophe looks for the prefix, so it is that one.
    assert!(answer.contains(" xmlns:stream='http://etherx.jabber.org/streams'"));
    assert!(answer.contains("<stream:features xmlns='jabber:client'>"));
}

#[test]
fn ver_is_the_lower_of_the_two_as_integers() {
    for (asked, granted) in [("1.6", 6), ("1.9", 9), ("1.11", 11), ("1.12", 11)] {
        let answer = Bench::new().create(&format!("ver='{asked}'"));
        let ver = BoshVersion {
            major: 1,
            minor: granted,
        };
        assert_eq!(
            parse(&answer).attributes.ver,
            Some(ver),
            "BOSH 2.3, 3.4: {asked}"
        );
    }
    let answer = Bench::new().create("ver='2.0'");
    assert_eq!(parse(&answer).attributes.ver, Some(BoshVersion::NEWEST));
}

#[test]
fn wait_and_hold_are_bounded_by_the_configuration() {
    let answer = Bench::new().create("wait='100000' hold='9'");
    let a = parse(&answer).attributes;
    assert_eq!((a.wait, a.hold, a.requests), (Some(120), Some(2), Some(3)));
    let config = ManagerConfig {
        max_hold: 200,
        ..ManagerConfig::default()
    };
    let a = parse(&Bench::with(config).create("hold='255'")).attributes;
    assert_eq!((a.hold, a.requests), (Some(5), Some(6)));
}

#[test]
fn stanza_js_gets_the_hold_of_two_that_it_asks_for() {
    let a = parse(&Bench::new().create("wait='30' hold='2'")).attributes;
    assert_eq!((a.wait, a.hold, a.requests), (Some(30), Some(2), Some(3)));
}

#[test]
fn creation_without_wait_hold_content_and_xmpp_version_is_answered_at_once() {
    let mut bench = Bench::new();
    let id = bench.post(&format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{RID}' to='localhost' ver='1.6'/>"
    ));
    let body = parse(&bench.answer(id));
    assert_eq!(
        (body.attributes.wait, body.attributes.hold),
        (Some(120), Some(1))
    );
    assert!(body.children[0].is("features", ns::STREAMS), "BOSH 2.10");
    // The stream header says 1.0 then, or the session would have to refuse it (HDR-7).
    match &bench.session().received[0] {
        StreamItem::Open(header) => assert_eq!(header.version.as_deref(), Some("1.0")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_creation_whose_features_take_long_is_answered_without_them() {
    let mut bench = Bench::new();
    bench.manager =
        xmpp_bosh::Manager::new(ManagerConfig::default(), Box::new(testkit::Seeded::new(1)));
    let id = xmpp_bosh::RequestId::new(1);
    let body = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{RID}' to='localhost' wait='60' hold='1'/>"
    );
    bench.manager.handle_request(bench.now, id, body.as_bytes());
    // Nobody pumps it.
    assert!(bench.manager.poll_event().is_some());
    bench.advance(9_999);
    assert!(bench.is_held(1));
    bench.advance(1);
    let body = parse(&bench.answer(1));
    assert!(
        body.attributes.sid.is_some() && body.children.is_empty(),
        "BOSH 3.12, 3.13"
    );
}

#[test]
fn the_stream_header_is_read_from_the_body() {
    let mut bench = Bench::new();
    bench.create("from='ann@localhost' xml:lang='de' route='xmpp:example.com:9999'");
    assert_eq!(
        bench.creations[0].from.as_deref(),
        Some("ann@localhost"),
        "BOSH 2.6"
    );
    assert_eq!(
        bench.creations[0].route.as_deref(),
        Some("xmpp:example.com:9999"),
        "BOSH 2.5"
    );
    match &bench.session().received[0] {
        StreamItem::Open(header) => {
            assert_eq!(header.to.as_deref(), Some("localhost"));
            assert_eq!(header.from.as_deref(), Some("ann@localhost"));
            assert_eq!(header.lang.as_deref(), Some("de"), "HDR-18");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn content_sets_the_content_type_of_every_response() {
    let mut bench = Bench::new();
    bench.create("content='text/plain; charset=utf-8'");
    let id = bench.message(1, "a");
    bench.poll(2);
    assert_eq!(
        &*bench.response(id).content_type,
        "text/plain; charset=utf-8",
        "BOSH 1.5"
    );
    // Not one that would break the HTTP header.
    let answer = Bench::new().create("content='text/xml&#xD;&#xA;Set-Cookie: a=b'");
    assert_eq!(answer, terminate("bad-request"));
}

#[test]
fn without_content_the_content_type_is_xml() {
    let mut bench = Bench::created();
    let id = bench.message(1, "a");
    bench.poll(2);
    assert_eq!(&*bench.response(id).content_type, "text/xml; charset=utf-8");
}

#[test]
fn a_creation_without_to_is_improper_addressing() {
    let mut bench = Bench::new();
    let answer = bench.create(" to=''");
    assert_eq!(answer, terminate("improper-addressing"), "BOSH 2.9, 12.4");
    assert_eq!(bench.manager.sessions(), 0);
}

#[test]
fn malformed_creations_are_bad_requests() {
    for attributes in [
        "wait='-1'",
        "wait='abc'",
        "hold='1.5'",
        "ver='abc'",
        "ver='1'",
    ] {
        let mut bench = Bench::new();
        assert_eq!(
            bench.create(attributes),
            terminate("bad-request"),
            "{attributes}"
        );
        assert_eq!(bench.manager.sessions(), 0);
    }
}

#[test]
fn a_rid_out_of_range_creates_nothing() {
    for rid in [
        "0",
        "-5",
        "9007199254740992",
        "18446744073709551616",
        "",
        "x",
    ] {
        let mut bench = Bench::new();
        let id = bench.post(&format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' to='localhost' ver='1.6'/>"
        ));
        assert_eq!(
            bench.answer(id),
            terminate("bad-request"),
            "BOSH 2.11: {rid}"
        );
    }
    let mut bench = Bench::new();
    let id =
        bench.post("<body xmlns='http://jabber.org/protocol/httpbind' to='localhost' ver='1.6'/>");
    assert_eq!(bench.answer(id), terminate("bad-request"), "BOSH 2.1");
}

#[test]
fn a_session_may_begin_and_end_at_the_largest_rid() {
    let mut bench = Bench::new();
    let id = bench.post(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='9007199254740990' to='localhost' ver='1.6'/>",
    );
    let sid = parse(&bench.answer(id)).attributes.sid.unwrap();
    let at = |rid: &str| {
        format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'/>")
    };
    let last = bench.post(&at("9007199254740991"));
    assert!(bench.is_held(last));
    let beyond = bench.post(&at("9007199254740992"));
    assert_eq!(
        bench.answer(beyond),
        terminate("item-not-found"),
        "BOSH 2.11"
    );
}

#[test]
fn stanzas_without_a_session_are_refused() {
    // What Strophe sends after a disconnect that it did not notice (BOSH 16, ejabberd #3320); it
    // has no `ver`.
    let mut bench = Bench::new();
    let id = bench.post(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='7'><presence xmlns='jabber:client'/></body>",
    );
    assert_eq!(bench.response(id).status, 400, "BOSH 2.12, 12.1");
    let id = bench.post(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='7' ver='1.6' to='localhost'><presence xmlns='jabber:client'/></body>",
    );
    assert_eq!(bench.answer(id), terminate("bad-request"));
    assert_eq!(bench.manager.sessions(), 0);
}

#[test]
fn legacy_clients_are_told_whether_the_channel_is_secure() {
    let mut bench = Bench::new();
    let id = bench.post(&format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{RID}' to='localhost' wait='60' hold='1'/>"
    ));
    let a = parse(&bench.answer(id)).attributes;
    assert_eq!((a.ver, a.secure), (None, Some(false)), "BOSH 3.16");
    assert_eq!(parse(&Bench::new().create("")).attributes.secure, None);
}

#[test]
fn an_unknown_domain_is_host_unknown() {
    for condition in ["host-unknown", "host-gone", "improper-addressing"] {
        let mut bench = Bench::new();
        // The session behind answers the header with a stream error.
        let id = xmpp_bosh::RequestId::new(1);
        let body = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{RID}' to='elsewhere' ver='1.6'/>"
        );
        bench.manager.handle_request(bench.now, id, body.as_bytes());
        let sid = match bench.manager.poll_event() {
            Some(xmpp_bosh::ManagerEvent::Created { sid, .. }) => sid,
            other => panic!("{other:?}"),
        };
        let mut session = testkit::ScriptedSession::default();
        session.close(Some(condition));
        bench.manager.pump(bench.now, &sid, &mut session);
        let response = bench.manager.poll_response().unwrap();
        assert_eq!(&*response.body, terminate(condition), "BOSH 12.3, 12.4");
    }
}

#[test]
fn a_lost_creation_response_ends_the_session_that_nobody_knows() {
    let mut bench = Bench::new();
    bench.hand_over = false;
    bench.create("");
    assert_eq!(bench.manager.sessions(), 1);
    bench.lose(1);
    assert_eq!(bench.closed, [xmpp_bosh::CloseReason::CreationLost]);
    assert_eq!(bench.manager.sessions(), 0);
}

#[test]
fn sessions_have_a_limit() {
    let config = ManagerConfig {
        max_sessions: 2,
        ..ManagerConfig::default()
    };
    let mut bench = Bench::with(config);
    bench.create("");
    bench.create("");
    assert_eq!(bench.create(""), terminate("internal-server-error"));
    // One that is over makes room.
    bench.send(1, "type='terminate'", "");
    let answer = bench.create("");
    assert!(parse(&answer).attributes.sid.is_some(), "{answer}");
}

#[test]
fn a_caller_can_refuse_a_session() {
    let mut bench = Bench::new();
    let body = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{RID}' to='localhost' ver='1.6'/>"
    );
    let id = xmpp_bosh::RequestId::new(1);
    bench.manager.handle_request(bench.now, id, body.as_bytes());
    let Some(xmpp_bosh::ManagerEvent::Created { sid, request, .. }) = bench.manager.poll_event()
    else {
        panic!("no session");
    };
    assert_eq!(request, id);
    bench
        .manager
        .terminate(bench.now, &sid, TerminalCondition::PolicyViolation)
        .unwrap();
    let response = bench.manager.poll_response().unwrap();
    assert_eq!(&*response.body, terminate("policy-violation"));
}

#[test]
fn polling_sessions_are_answered_at_once_and_live_longer() {
    for attributes in ["hold='0'", "wait='0'"] {
        let mut bench = Bench::new();
        let a = parse(&bench.create(attributes)).attributes;
        assert_eq!(
            (a.hold, a.requests, a.inactivity),
            (Some(0), Some(2), Some(150)),
            "BOSH 2.4, 6.4"
        );
        let id = bench.poll(1);
        assert_eq!(bench.answer(id), common::EMPTY);
        bench.advance(149_000);
        let id = bench.poll(2);
        assert_eq!(bench.answer(id), common::EMPTY);
        // What was said in between comes with the next poll.
        bench.say("a");
        let id = bench.poll(3);
        assert_eq!(bench.ids(id), ["a"]);
    }
}

#[test]
fn config_defaults_are_those_documented() {
    let config = ManagerConfig::default();
    assert_eq!(config.max_request_bytes, 262_144);
    assert_eq!(config.max_response_bytes, 262_144);
    assert_eq!(config.inactivity, Duration::from_mins(1));
}
