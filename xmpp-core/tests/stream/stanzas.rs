//! Bind, session and the checks of stanzas: BND-2 to BND-7, STZ-1, STZ-6.

use xmpp_core::{
    StanzaErrorCondition,
    stream::{BindAnswer, LookupId, Misuse, ServerEvent, StreamErrorCondition as C, TcpServer},
    xml::{Element, Limits, ns},
};

use super::common::{
    AUTH, BIND, HEADER, Message, T0, assert_error, bound, give, open_config, say, settle, tcp,
    tcp_with, ws, xml,
};

/// A server whose client has logged in.
fn logged_in() -> TcpServer {
    let mut server = tcp();
    give(&mut server, &format!("{HEADER}{AUTH}{HEADER}"));
    server
}

fn bind(server: &mut TcpServer, children: &str) -> (String, Vec<ServerEvent>) {
    give(
        server,
        &format!(
            "<iq type='set' id='7'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{children}</bind></iq>"
        ),
    )
}

fn bad_request(id: &str) -> String {
    format!(
        "<iq id='{id}' type='error'><error type='modify'>\
         <bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    )
}

fn asked(server: &mut TcpServer) -> (LookupId, String) {
    server.handle_input(T0, BIND.as_bytes());
    loop {
        match server.poll_event() {
            Some(ServerEvent::Bind { id, jid }) => return (id, jid.resource().to_owned()),
            Some(_) => {}
            None => panic!("nothing is asked"),
        }
    }
}

#[test]
fn sas_14_anonymous_users_have_random_names() {
    let mut server = logged_in();
    let user = server.session().user().unwrap().clone();
    assert_eq!(user.domain(), "example.org");
    assert_eq!(user.local().unwrap().len(), 36);
    let (out, events) = bind(&mut server, "");
    let Some(ServerEvent::Bound { jid }) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(jid.to_bare(), user);
    assert_eq!(jid.resource().len(), 12);
    assert_eq!(server.session().jid(), Some(jid));
    assert_eq!(
        out,
        format!(
            "<iq id='7' type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{jid}</jid></bind></iq>"
        )
    );
}

#[test]
fn bnd_2_resources() {
    for (children, expected) in [
        ("<resource>balcony</resource>", "balcony"),
        ("<required/><resource>a b</resource>", "a b"),
        ("<resource>a&lt;b</resource>", "a<b"),
        ("<resource>A\u{30a}</resource>", "\u{c5}"),
    ] {
        let mut server = logged_in();
        bind(&mut server, children);
        assert_eq!(server.session().jid().unwrap().resource(), expected);
    }
    for random in ["", "<resource/>", "<required/>"] {
        let mut server = logged_in();
        bind(&mut server, random);
        assert_eq!(server.session().jid().unwrap().resource().len(), 12);
    }
    for bad in ["\u{e000}".to_owned(), "\t".to_owned(), "x".repeat(1024)] {
        let mut server = logged_in();
        let (out, _) = bind(&mut server, &format!("<resource>{bad}</resource>"));
        assert_eq!(out, bad_request("7"));
        // The stream goes on.
        assert!(bind(&mut server, "").0.contains("type='result'"));
    }
}

#[test]
fn bnd_3_the_caller_may_refuse_or_rename() {
    let mut server = logged_in();
    let (id, resource) = asked(&mut server);
    assert_eq!(resource, "r");
    assert!(!server.wants_input());
    server.handle_input(T0, b"<message/>");
    assert!(
        settle(&mut server).is_empty(),
        "nothing is taken in meanwhile"
    );
    let refusal = BindAnswer::Refuse(StanzaErrorCondition::Conflict);
    server.session_mut().resolve(id, refusal.clone()).unwrap();
    assert_eq!(
        server.session_mut().resolve(id, refusal),
        Err(Misuse::UnknownLookup)
    );
    let mut out = String::new();
    server.poll_transmit(&mut out);
    assert_eq!(
        out,
        "<iq id='b1' type='error'><error type='cancel'>\
         <conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    );

    let mut server = logged_in();
    let (id, _) = asked(&mut server);
    let foreign = "someone@example.org/r".parse().unwrap();
    let wrong = BindAnswer::AcceptAs(foreign);
    assert_eq!(
        server.session_mut().resolve(id, wrong),
        Err(Misuse::WrongAnswer)
    );
    let other = server
        .session()
        .user()
        .unwrap()
        .with_resource("r-2")
        .unwrap();
    server
        .session_mut()
        .resolve(id, BindAnswer::AcceptAs(other.clone()))
        .unwrap();
    assert_eq!(server.session().jid(), Some(&other));
}

#[test]
fn bnd_4_refused_binds_are_counted() {
    let mut server = logged_in();
    for _ in 0..4 {
        assert!(bind(&mut server, "<resource>\t</resource>").1.is_empty());
    }
    let (out, events) = bind(&mut server, "<resource>\t</resource>");
    assert!(out.starts_with(&bad_request("7")));
    assert_error(&(out, events), C::PolicyViolation);
}

#[test]
fn bnd_5_misplaced_binds() {
    let mut server = logged_in();
    let (out, _) = give(
        &mut server,
        "<iq type='get' id='g'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    );
    assert_eq!(out, bad_request("g"));
    let (out, _) = give(
        &mut server,
        "<iq type='set' id='2'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><x xmlns='u'/></iq>",
    );
    assert_eq!(out, bad_request("2"));
    let mut server = bound();
    let to = server.session().jid().unwrap().clone();
    let (out, events) = bind(&mut server, "");
    assert!(events.is_empty());
    assert_eq!(
        out,
        format!(
            "<iq id='7' to='{to}' type='error'><error type='cancel'>\
             <not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
        )
    );
    let mut server = tcp();
    let (out, events) = give(&mut server, &format!("{HEADER}{BIND}"));
    assert_error(&(out, events), C::NotAuthorized);
}

#[test]
fn stz_2_an_iq_without_an_id_binds_nothing() {
    let bad_request = bad_request("").replace(" id=''", "");
    let mut server = logged_in();
    let (out, events) = give(&mut server, &BIND.replace(" id='b1'", ""));
    assert_eq!(out, bad_request);
    assert!(events.is_empty(), "{events:?}");
    let (_, events) = give(&mut server, BIND);
    let Some(ServerEvent::Bound { jid }) = events.last() else {
        panic!("{events:?}");
    };
    let session = "<iq type='set'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>";
    let (out, _) = give(&mut server, session);
    assert_eq!(out, bad_request.replace("<iq", &format!("<iq to='{jid}'")));
}

#[test]
fn bnd_6_stanzas_before_bind() {
    for stanza in [
        "<message to='a@example.org'><body>x</body></message>",
        "<presence/>",
        "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
        "<iq type='set' id='1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
        "<iq type='set' id='1' to='a@b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    ] {
        assert_error(&give(&mut logged_in(), stanza), C::NotAuthorized);
        assert_error(
            &give(&mut tcp(), &format!("{HEADER}{stanza}")),
            C::NotAuthorized,
        );
    }
}

#[test]
fn bnd_7_session_requests_are_answered() {
    let mut server = logged_in();
    let (out, _) = give(&mut server, BIND);
    assert!(out.contains("type='result'"));
    let to = server.session().jid().unwrap().clone();
    for addressed in ["", " to='example.org'"] {
        let (out, events) = give(
            &mut server,
            &format!(
                "<iq{addressed} type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
            ),
        );
        assert_eq!(out, format!("<iq id='s' to='{to}' type='result'/>"));
        assert!(events.is_empty());
    }
}

#[test]
fn fea_2_features_by_phase() {
    let features = |out: &str| {
        let start = out.rfind("<stream:features>").unwrap();
        out[start..].to_owned()
    };
    let mut server = tcp();
    let (out, _) = give(&mut server, HEADER);
    assert_eq!(
        features(&out),
        "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
         <mechanism>ANONYMOUS</mechanism></mechanisms>\
         <limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits></stream:features>"
    );
    let (out, _) = give(&mut server, &format!("{AUTH}{HEADER}"));
    assert_eq!(
        features(&out),
        "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>\
         <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>\
         <limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>262144</max-bytes></limits></stream:features>"
    );
}

/// XEP-0478
#[test]
fn limits_say_when_a_stream_is_idle() {
    let config = open_config().with_idle(std::time::Duration::from_secs(90));
    let mut server = tcp_with(config);
    let (out, _) = give(&mut server, &format!("{HEADER}{AUTH}{HEADER}"));
    for max_bytes in ["10000", "262144"] {
        let limits = format!("<max-bytes>{max_bytes}</max-bytes><idle-seconds>90</idle-seconds>");
        assert!(out.contains(&limits), "{out}");
    }
}

#[test]
fn stz_1_unknown_first_level_elements() {
    for unknown in [
        "<foo xmlns='u'/>",
        "<query/>",
        "<message xmlns='jabber:server'/>",
        "<iq xmlns='jabber:server' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<presence xmlns=''/>",
        "<a xmlns='urn:xmpp:sm:3' h='0'/>",
        "<enable xmlns='urn:xmpp:sm:3'/>",
        // XEP-0138 is not offered: small input would become much to read (the XSF's notice of April 2014).
        "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
    ] {
        assert_error(&give(&mut bound(), unknown), C::UnsupportedStanzaType);
    }
    let mut server = tcp();
    let answer = give(&mut server, &format!("{HEADER}<foo xmlns='u'/>"));
    assert_error(&answer, C::UnsupportedStanzaType);
}

#[test]
fn stz_6_from() {
    let mut server = bound();
    let own = server.session().jid().unwrap().clone();
    for good in [
        String::new(),
        format!(" from='{own}'"),
        format!(" from='{}'", own.to_bare()),
        format!(" from='{}'", own.to_bare().as_str().to_uppercase()),
    ] {
        let (_, events) = give(&mut server, &format!("<message{good}/>"));
        assert!(matches!(events[..], [ServerEvent::Stanza(_)]), "{good}");
    }
    for bad in [
        "a@example.org".to_owned(),
        format!("{}/other", own.to_bare()),
        String::new(),
        "@@".to_owned(),
        "example.org".to_owned(),
    ] {
        let mut server = bound();
        let answer = give(&mut server, &format!("<message from='{bad}'/>"));
        assert_error(&answer, C::InvalidFrom);
    }
}

#[test]
fn stz_6_hdr_11_stamps_for_those_whom_it_goes_to() {
    let header = HEADER.replace("to=", "xml:lang='de' to=");
    let read = |text| Element::parse_in(text, Limits::CLIENT, ns::CLIENT).unwrap();
    let mut server = tcp();
    give(&mut server, &format!("{header}{AUTH}{header}"));
    let unbound = server.session();
    assert_eq!(unbound.stamp(&read("<iq/>"), None), None);
    give(&mut server, BIND);
    let session = server.session();
    let own = session.jid().unwrap().as_str();
    let bare = session.jid().unwrap().bare_str();
    for (stanza, from, lang) in [
        ("<message to='a@b'><body>x</body></message>", own, "de"),
        ("<message xml:lang='cs'><body>x</body></message>", own, "cs"),
        ("<message xml:lang=''/>", own, ""),
        (
            "<m:message xmlns:m='jabber:client'><m:body>x</m:body></m:message>",
            own,
            "de",
        ),
        ("<presence type='unavailable'/>", own, "de"),
        ("<presence type='subscribe' to='a@b'/>", bare, "de"),
        ("<presence type='subscribed' to='a@b'/>", bare, "de"),
        ("<presence type='unsubscribe' to='a@b'/>", bare, "de"),
        ("<presence type='unsubscribed' to='a@b'/>", bare, "de"),
        ("<message type='subscribe'/>", own, "de"),
    ] {
        let stanza = read(stanza);
        let stamped = session.stamp(&stanza, session.peer_lang()).unwrap();
        assert_eq!(stamped.attr("from").as_deref(), Some(from), "{stanza}");
        assert_eq!(
            stamped.attr_ns("lang", ns::XML).as_deref(),
            Some(lang),
            "{stanza}"
        );
        assert!(stamped.has_ns(ns::CLIENT));
        assert_eq!(stamped.attr("to"), stanza.attr("to"));
        assert_eq!(stamped.attr("type"), stanza.attr("type"));
        let children = |e: &Element| {
            e.children()
                .map(|c| c.text().into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(children(&stamped), children(&stanza));
        // BOSH 15.21: on a WebSocket a stanza says it itself.
        let stamped = session.stamp(&stanza, None).unwrap();
        assert_eq!(
            stamped.attr_ns("lang", ns::XML),
            stanza.attr_ns("lang", ns::XML)
        );
    }
}

#[test]
fn sas_10_second_login() {
    for script in [
        format!("{HEADER}{AUTH}{HEADER}{AUTH}"),
        format!("{HEADER}{AUTH}{HEADER}{BIND}{AUTH}"),
    ] {
        let mut server = tcp();
        let answer = give(&mut server, &script);
        assert_error(&answer, C::NotAuthorized);
    }
}

#[test]
fn stanzas_come_out_as_they_came_in() {
    let mut server = bound();
    let stanza = "<message type='groupchat' xml:lang='de'><body>\n a &amp; b</body><x xmlns='u' y='1'><z/></x></message>";
    let (_, events) = give(&mut server, stanza);
    let Some(ServerEvent::Stanza(element)) = events.first() else {
        panic!("{events:?}");
    };
    assert_eq!(element, &xml_element(stanza));
}

fn xml_element(text: &str) -> Element {
    let with_ns = text.replacen(' ', " xmlns='jabber:client' ", 1);
    Element::parse(&with_ns).unwrap()
}

#[test]
fn bosh_15_3_every_message_declares_its_namespaces() {
    let mut server = ws();
    for message in [super::common::OPEN, AUTH, super::common::OPEN] {
        say(&mut server, message);
    }
    let bind = BIND.replacen("<iq ", "<iq xmlns='jabber:client' ", 1);
    let (out, _) = say(&mut server, &bind);
    assert!(
        out[0].starts_with("<iq xmlns='jabber:client' id='b1' type='result'><bind "),
        "{out:?}"
    );
    for (stanza, expected) in [
        (
            "<presence xmlns='jabber:client'/>",
            "<presence xmlns='jabber:client'/>",
        ),
        (
            "<message to='a' xmlns=\"jabber:client\"><body/></message>",
            "<message xmlns='jabber:client' to='a'><body/></message>",
        ),
        (
            "<c:iq xmlns:c='jabber:client' id='1'/>",
            "<iq xmlns='jabber:client' id='1'/>",
        ),
        ("<r xmlns='urn:xmpp:sm:3'/>", "<r xmlns='urn:xmpp:sm:3'/>"),
    ] {
        server.session_mut().send(&xml(stanza)).unwrap();
        assert_eq!(server.poll_message().as_deref(), Some(expected));
    }
    server.session_mut().send(&Message("<x/>")).unwrap();
    assert_eq!(
        server.poll_message().as_deref(),
        Some("<message xmlns='jabber:client' to='a@b'><body>&lt;x/&gt;</body></message>")
    );
    assert_eq!(server.poll_message(), None);
}
