//! HTTP bodies and the `<body/>` wrapper: BOSH section 1, and misuse of the endpoint.

mod common;

use common::{Bench, EMPTY, RID, message, terminate};
use xmpp_bosh::{Body, BodyError, CloseReason, ManagerConfig, TerminalCondition};
use xmpp_core::{
    stream::StreamItem,
    xml::{Limits, ns},
};

fn request(xml: &str) -> Result<Body, BodyError> {
    Body::parse_request(xml.as_bytes(), Limits::SERVER_FROM_CLIENT)
}

#[test]
fn declaration_bom_and_space_around_the_body_are_tolerated() {
    let body = "<body xmlns='http://jabber.org/protocol/httpbind' rid='7'/>";
    for around in [
        format!("<?xml version='1.0'?>{body}"),
        format!("<?xml version='1.0' encoding='UTF-8'?>\n{body}\n"),
        format!("\u{feff}{body}"),
        format!("\n \t{body}\r\n"),
        format!("\u{feff}\n<?xml version='1.0'?>\n{body}"),
    ] {
        let read = request(&around);
        assert_eq!(
            read.unwrap().attributes.rid,
            Some(7),
            "BOSH 1.12: {around:?}"
        );
    }
}

#[test]
fn any_prefix_is_equal_xml() {
    let body = request(
        "<h:body xmlns:h='http://jabber.org/protocol/httpbind' xmlns:x='urn:xmpp:xbosh' rid='7' x:restart='1'>\
         <c:presence xmlns:c='jabber:client'/></h:body>",
    )
    .unwrap();
    assert!(body.attributes.restart, "BOSH 1.13, 13.2");
    assert!(body.children[0].is("presence", ns::CLIENT));
    // The literal prefix without the namespace is nothing.
    let body = request(
        "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:other' rid='7' xmpp:restart='true'/>",
    );
    assert!(!body.unwrap().attributes.restart, "point 4");
}

#[test]
fn restricted_xml_is_refused() {
    let head = "<body xmlns='http://jabber.org/protocol/httpbind' rid='7'";
    for bad in [
        // BOSH 1.8 to 1.10.
        format!("{head}><!-- c --></body>"),
        format!("{head}><?pi?></body>"),
        format!("<!DOCTYPE body>{head}/>"),
        format!("<!DOCTYPE b [<!ENTITY a 'aaaa'>]>{head}><message>&a;</message></body>"),
        format!("{head}><message>&nbsp;</message></body>"),
        // BOSH 1.11.
        format!("{head}>text</body>"),
        format!("{head}><![CDATA[text]]></body>"),
    ] {
        let error = request(&bad).unwrap_err();
        assert_eq!(error.condition(), TerminalCondition::BadRequest, "{bad}");
    }
}

#[test]
fn white_space_between_payloads_is_ignored() {
    let body = request(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='7'>\n  <presence xmlns='jabber:client'/>\n</body>",
    );
    assert_eq!(body.unwrap().children.len(), 1);
}

#[test]
fn partial_and_surplus_elements_are_refused() {
    for bad in [
        "",
        " ",
        "<",
        "<body",
        "<body xmlns='http://jabber.org/protocol/httpbind'",
        "<body xmlns='http://jabber.org/protocol/httpbind'>",
        "<body xmlns='http://jabber.org/protocol/httpbind'><message>",
        "<body xmlns='http://jabber.org/protocol/httpbind'><message></body>",
        "<body xmlns='http://jabber.org/protocol/httpbind'/><body xmlns='http://jabber.org/protocol/httpbind'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind'/>x",
        "<body xmlns='http://jabber.org/protocol/httpbind'></body></body>",
        "{\"json\": true}",
        "rid=7&sid=8",
    ] {
        let error = request(bad).unwrap_err();
        assert_eq!(
            error.condition(),
            TerminalCondition::BadRequest,
            "BOSH 1.7: {bad}"
        );
    }
}

#[test]
fn bytes_behind_the_body_that_are_no_text_are_refused() {
    let body = b"<body xmlns='http://jabber.org/protocol/httpbind' rid='7'/>";
    for behind in [&b"\xff"[..], b"\x01", b"\xe2\x82", b"\xc0\xbc<message/>"] {
        let read = Body::parse_request(&[body, behind].concat(), Limits::SERVER_FROM_CLIENT);
        assert!(
            matches!(read, Err(BodyError::Trailing)),
            "{behind:x?}: {read:?}"
        );
    }
}

#[test]
fn another_root_or_namespace_is_refused() {
    for bad in [
        "<body rid='7'/>",
        "<body xmlns='jabber:client' rid='7'/>",
        "<head xmlns='http://jabber.org/protocol/httpbind' rid='7'/>",
        "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>",
    ] {
        assert_eq!(request(bad), Err(BodyError::NotABody), "BOSH 1.6");
    }
}

#[test]
fn every_truncation_is_refused_and_none_panics() {
    let whole = "<?xml version='1.0'?><body xmlns='http://jabber.org/protocol/httpbind' rid='7' sid='x'>\
                 <message xmlns='jabber:client' to='a@b'><body>ä &amp; ö</body></message></body>";
    for cut in 0..whole.len() {
        let bytes = &whole.as_bytes()[..cut];
        let read = Body::parse_request(bytes, Limits::SERVER_FROM_CLIENT);
        assert!(read.is_err(), "{}", String::from_utf8_lossy(bytes));
    }
    assert!(request(whole).is_ok());
}

#[test]
fn stanzas_without_a_namespace_are_those_of_the_client() {
    // BOSH 4.9: their content, too; other namespaces stay.
    let body = request(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='7'>\
         <message to='a@b' xml:lang='de'><body>hi &lt;there&gt;</body><x xmlns='urn:x'><y/></x></message>\
         <presence/><iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq></body>",
    )
    .unwrap();
    let message = &body.children[0];
    assert!(message.is("message", ns::CLIENT));
    assert_eq!(message.attr("to").as_deref(), Some("a@b"));
    assert_eq!(message.root().lang().as_deref(), Some("de"));
    assert_eq!(
        message.child("body", ns::CLIENT).unwrap().text(),
        "hi <there>"
    );
    let x = message.children().nth(1).unwrap();
    assert_eq!((x.name(), x.ns()), ("x", "urn:x"));
    assert_eq!(x.children().next().unwrap().ns(), "urn:x");
    assert!(body.children[1].is("presence", ns::CLIENT));
    assert!(body.children[2].child("query", ns::ROSTER).is_some());
}

#[test]
fn a_lookalike_element_keeps_the_namespace_of_the_wrapper() {
    let body = request(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='7'><auth mechanism='PLAIN'/></body>",
    )
    .unwrap();
    assert!(body.children[0].is("auth", ns::HTTPBIND));
}

#[test]
fn answers_to_misuse_say_bad_request() {
    let mut bench = Bench::new();
    for bad in [
        "",
        "<body",
        "not xml at all",
        "<body xmlns='http://jabber.org/protocol/httpbind'",
        "<body xmlns='wrong' rid='7' to='localhost'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='7' ver='1.6' to='localhost'>",
    ] {
        let id = bench.post(bad);
        let response = bench.response(id);
        assert_eq!(
            (response.status, &*response.body),
            (200, terminate("bad-request").as_str()),
            "BOSH 12.1, 12.2: {bad}"
        );
    }
    let id = bench.post_bytes(b"<body xmlns='http://jabber.org/protocol/httpbind' to='\xff'/>");
    assert_eq!(bench.answer(id), terminate("bad-request"));
    assert_eq!(bench.manager.sessions(), 0);
}

#[test]
fn malformed_xml_in_a_session_ends_it() {
    for payload in [
        "<!-- -->",
        "<?pi?>",
        "<a>",
        "</a>",
        "text",
        "<a b='1' b='2'/>",
        "&e;",
    ] {
        let mut bench = Bench::created();
        let held = bench.poll(1);
        let id = bench.send(2, "", payload);
        assert_eq!(bench.answer(id), terminate("bad-request"), "{payload}");
        assert_eq!(bench.answer(held), terminate("other-request"), "BOSH 12.7");
        let reason = CloseReason::Terminated(TerminalCondition::BadRequest);
        assert_eq!(bench.closed, [reason]);
    }
}

#[test]
fn a_body_above_the_limit_is_a_policy_violation() {
    let mut bench = Bench::created();
    let filler = "x".repeat(300 * 1024);
    let id = bench.send(
        1,
        "",
        &format!("<message xmlns='jabber:client'><body>{filler}</body></message>"),
    );
    assert_eq!(bench.answer(id), terminate("policy-violation"), "BOSH 12.8");
    assert_eq!(bench.closed.len(), 1);
    // Without a session, too.
    let id = bench.post(&format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{RID}'>{filler}</body>"
    ));
    assert!([200, 403].contains(&bench.response(id).status));
    let id = bench.post(&filler);
    assert_eq!(bench.answer(id), terminate("policy-violation"));
}

#[test]
fn a_body_of_almost_256_kib_is_taken() {
    let mut bench = Bench::created();
    let filler = "x".repeat(100 * 1024);
    let stanza = |id: &str| {
        format!("<message xmlns='jabber:client' id='{id}'><body>{filler}</body></message>")
    };
    bench.send(1, "", &format!("{}{}", stanza("a"), stanza("b")));
    assert_eq!(bench.taken(), ["a", "b"]);
}

#[test]
fn before_the_session_says_otherwise_elements_are_small() {
    let mut bench = Bench::with(ManagerConfig::default());
    let id = bench.post(&format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='7' ver='1.6' to='{}'/>",
        "x".repeat(20_000)
    ));
    assert_eq!(bench.answer(id), terminate("bad-request"));
}

#[test]
fn a_body_break_out_is_text() {
    let mut bench = Bench::created();
    bench
        .session()
        .stanza("<message id='a'><body>&lt;/body&gt;</body></message>");
    let id = bench.poll(1);
    assert_eq!(bench.ids(id), ["a"]);
    let id = bench.send(2, "", "<message xmlns='jabber:client'/></body><body>");
    assert_eq!(bench.answer(id), terminate("bad-request"));
}

#[test]
fn unknown_attributes_and_streams_are_ignored() {
    // BOSH 11.1, point 10: several streams are not offered, so `stream` and a second `to` mean
    // nothing.
    let mut bench = Bench::created();
    let held = bench.send(1, "stream='x' to='localhost' window='3' inactivity='x'", "");
    // `inactivity` is not an attribute of requests, but one of a known type.
    assert_eq!(bench.answer(held), terminate("bad-request"));
    let mut bench = Bench::created();
    let held = bench.send(1, "stream='x' to='localhost' xml:lang='de' window='3'", "");
    assert!(bench.is_held(held), "an empty poll");
    let items = std::mem::take(&mut bench.session().received);
    assert_eq!(items.len(), 1, "no second stream header: {items:?}");
    assert!(matches!(items[0], StreamItem::Open(_)));
}

#[test]
fn an_encrypted_session_takes_nothing_that_is_not() {
    let config = ManagerConfig {
        encrypted: true,
        ..ManagerConfig::default()
    };
    let mut bench = Bench::with(config);
    bench.create("");
    let sid = bench.sid.clone();
    let body = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}' sid='{sid}'>{}</body>",
        RID + 1,
        message("forged")
    );
    let id = xmpp_bosh::RequestId::new(77);
    bench
        .manager
        .handle_request_over(bench.now, id, false, body.as_bytes());
    let response = bench.manager.poll_response().unwrap();
    assert!(
        response.close,
        "BOSH 14.1: the connection is closed, the session lives on"
    );
    bench.message(1, "true");
    assert_eq!(bench.taken(), ["true"]);
    assert!(bench.closed.is_empty());
}

#[test]
fn an_answer_without_payload_is_as_short_as_can_be() {
    let mut bench = Bench::created();
    let first = bench.poll(1);
    bench.poll(2);
    assert_eq!(bench.answer(first), EMPTY);
}

#[test]
fn payload_elements_have_a_limit_in_number() {
    let many = |n: usize| {
        let payload = "<a/>".repeat(n);
        let xml = format!("<body xmlns='http://jabber.org/protocol/httpbind'>{payload}</body>");
        Body::parse_request(xml.as_bytes(), Limits::SERVER_BEFORE_LOGIN)
    };
    assert_eq!(many(500).map(|body| body.children.len()), Ok(500));
    let error = many(501).unwrap_err();
    assert_eq!(error, BodyError::TooMany(500));
    assert_eq!(error.condition(), TerminalCondition::PolicyViolation);
}

#[test]
fn many_small_elements_take_linear_time() {
    // Counted in clock time, with a wide margin: a quadratic reader takes a hundred times as long.
    let seconds = |n: usize| {
        let payload = "<a/>".repeat(n);
        let xml = format!("<body xmlns='http://jabber.org/protocol/httpbind'>{payload}</body>");
        #[expect(clippy::disallowed_methods, reason = "the clock is what is measured")]
        let start = std::time::Instant::now();
        let body = Body::parse_request(xml.as_bytes(), Limits::SERVER_FROM_CLIENT);
        assert_eq!(body.map(|body| body.children.len()), Ok(n));
        start.elapsed().as_secs_f64()
    };
    let (small, large) = (seconds(250).max(1e-4), seconds(25_000));
    println!("{small} {large}");
    assert!(
        large < small * 1000.0,
        "{small} s for 250, {large} s for 25,000"
    );
}
