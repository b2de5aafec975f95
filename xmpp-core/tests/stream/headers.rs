//! HDR-1 to HDR-17 on the server's side (HDR-18 is BOSH's; the client's rules are in `client`).

use xmpp_core::stream::{ServerEvent, StreamErrorCondition as C};

use super::common::{AUTH, HEADER, OPEN, assert_error, bound, closed, first, give, say, tcp, ws};

fn header(attributes: &str) -> String {
    format!(
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' {attributes}>"
    )
}

/// The attribute of the own header in `out`.
fn attr<'a>(out: &'a str, name: &str) -> Option<&'a str> {
    let start = out.find("<stream:stream ").expect("a header");
    let tag = &out[start..start + out[start..].find('>').unwrap()];
    let (_, value) = tag.split_once(&format!(" {name}='"))?;
    value.split('\'').next()
}

#[test]
fn hdr_1_root_and_namespaces() {
    let streams = "xmlns:stream='http://etherx.jabber.org/streams'";
    for (input, condition) in [
        (
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/stream' to='example.org' version='1.0'>".to_owned(),
            C::InvalidNamespace,
        ),
        (
            format!("<stream:stream xmlns='jabber:server' {streams} to='example.org' version='1.0'>"),
            C::InvalidNamespace,
        ),
        (
            format!("<stream:stream xmlns='jabber:foo' {streams} to='example.org' version='1.0'>"),
            C::InvalidNamespace,
        ),
        (
            format!("<stream:stream {streams} to='example.org' version='1.0'>"),
            C::InvalidNamespace,
        ),
        (
            format!("<stream:flow xmlns='jabber:client' {streams} to='example.org' version='1.0'>"),
            C::BadFormat,
        ),
        ("<html>".to_owned(), C::BadFormat),
    ] {
        let answer = first(&input);
        assert_error(&answer, condition);
        // ERR-3: the own header, of the default domain, stands before the error.
        assert!(answer.0.starts_with("<?xml version='1.0'?><stream:stream "), "{}", answer.0);
        assert_eq!(attr(&answer.0, "from"), Some("example.org"));
    }
}

#[test]
fn hdr_2_any_prefix_is_accepted_and_stream_is_emitted() {
    for input in [
        "<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client' to='example.org' version='1.0'>",
        "<stream xmlns='http://etherx.jabber.org/streams' xmlns:c='jabber:client' to='example.org' version='1.0'>",
    ] {
        let (out, events) = first(input);
        assert!(events.is_empty(), "{events:?}");
        assert!(out.starts_with(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='example.org' id='"
        ), "{out}");
        assert!(out.contains("<stream:features>"), "{out}");
    }
    assert_error(&first("<s:stream xmlns='jabber:client'>"), C::NotWellFormed);
}

#[test]
fn hdr_5_answer_header() {
    let (out, _) = first(&header("to='example.org' version='1.0'"));
    assert_eq!(attr(&out, "from"), Some("example.org"));
    assert_eq!(attr(&out, "version"), Some("1.0"));
    assert_eq!(attr(&out, "xml:lang"), Some("en"));
    assert_eq!(attr(&out, "to"), None);
    let (out, _) = first(&header(
        "to='example.org' from='Juliet@example.org' version='1.0'",
    ));
    assert_eq!(attr(&out, "to"), Some("juliet@example.org"));
}

#[test]
fn hdr_6_id_is_new_at_every_restart() {
    let mut server = tcp();
    let (one, _) = give(
        &mut server,
        &header("to='example.org' version='1.0' id='x'"),
    );
    let (two, _) = give(&mut server, &format!("{AUTH}{HEADER}"));
    let ids = [attr(&one, "id").unwrap(), attr(&two, "id").unwrap()];
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        assert_eq!(id.len(), 32, "128 bits in hexadecimal digits");
    }
}

#[test]
fn hdr_7_versions() {
    for version in ["1.0", "1.10", "2.0", "01.0"] {
        let (out, events) = first(&header(&format!("to='example.org' version='{version}'")));
        assert!(events.is_empty(), "{version}: {events:?}");
        assert_eq!(attr(&out, "version"), Some("1.0"), "{version}");
    }
    assert_error(&first(&header("to='example.org'")), C::UnsupportedVersion);
    assert_error(
        &first(&header("to='example.org' version='0.9'")),
        C::UnsupportedVersion,
    );
    for version in ["abc", "1", "1.x", ""] {
        let answer = first(&header(&format!("to='example.org' version='{version}'")));
        assert_error(&answer, C::InvalidXml);
    }
    assert!(!first(&header("to='example.org'")).0.contains("features"));
}

#[test]
fn hdr_8_to() {
    for (to, condition) in [
        ("", C::ImproperAddressing),
        ("to=''", C::ImproperAddressing),
        ("to='a@example.org'", C::ImproperAddressing),
        ("to='example.org/r'", C::ImproperAddressing),
        ("to='exa mple.org'", C::ImproperAddressing),
        ("to='elsewhere.example'", C::HostUnknown),
    ] {
        let answer = first(&header(&format!("{to} version='1.0'")));
        assert_error(&answer, condition);
        assert_eq!(attr(&answer.0, "from"), Some("example.org"), "{to}");
    }
    for to in ["EXAMPLE.org", "example.org.", "example\u{3002}org"] {
        assert!(
            first(&header(&format!("to='{to}' version='1.0'")))
                .1
                .is_empty(),
            "{to}"
        );
    }
    let (out, _) = first(&header("to='other.example' version='1.0'"));
    assert_eq!(attr(&out, "from"), Some("other.example"));
}

#[test]
fn hdr_9_from_is_a_hint_of_the_same_domain() {
    assert_error(
        &first(&header(
            "to='example.org' from='a@other.example' version='1.0'",
        )),
        C::InvalidFrom,
    );
    assert_error(
        &first(&header("to='example.org' from='@@' version='1.0'")),
        C::ImproperAddressing,
    );
    // After login it may be nobody else.
    let mut server = tcp();
    give(&mut server, &format!("{HEADER}{AUTH}"));
    let answer = give(
        &mut server,
        &header("to='example.org' from='a@example.org' version='1.0'"),
    );
    assert_error(&answer, C::InvalidFrom);
}

#[test]
fn hdr_11_language() {
    let mut server = tcp();
    let lang = "x".repeat(35);
    let (_, events) = give(
        &mut server,
        &header(&format!("to='example.org' version='1.0' xml:lang='{lang}'")),
    );
    assert!(events.is_empty());
    assert_eq!(server.session().peer_lang(), Some(lang.as_str()));
    let answer = first(&header(&format!(
        "to='example.org' version='1.0' xml:lang='{lang}x'"
    )));
    assert_error(&answer, C::PolicyViolation);
}

#[test]
fn hdr_12_xml_declaration() {
    let head = header("to='example.org' version='1.0'");
    for good in [
        "",
        "<?xml version='1.0'?>",
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n",
    ] {
        assert!(first(&format!("{good}{head}")).1.is_empty(), "{good}");
    }
    for (bad, condition) in [
        (
            "<?xml version='1.0' encoding='ISO-8859-1'?>",
            C::UnsupportedEncoding,
        ),
        (
            "<?xml version='1.0' encoding='UTF-16'?>",
            C::UnsupportedEncoding,
        ),
        ("<?xml version='1.1'?>", C::RestrictedXml),
        ("<?xml version='1.0' standalone='no'?>", C::RestrictedXml),
        ("<?xml encoding='UTF-8'?>", C::NotWellFormed),
        (" <?xml version='1.0'?>", C::NotWellFormed),
    ] {
        assert_error(&first(&format!("{bad}{head}")), condition);
    }
}

#[test]
fn hdr_13_restart_after_login_at_every_split() {
    let script = format!("{HEADER}{AUTH}\n \r\n{HEADER}");
    for cut in 0..=script.len() {
        let mut server = tcp();
        server.handle_input(T0, &script.as_bytes()[..cut]);
        server.handle_input(T0, &script.as_bytes()[cut..]);
        let mut out = String::new();
        server.poll_transmit(&mut out);
        assert_eq!(
            out.matches("<stream:stream ").count(),
            2,
            "cut {cut}: {out}"
        );
        assert!(!out.contains("</stream:stream>"), "cut {cut}: {out}");
        assert!(out.contains("<bind xmlns="), "cut {cut}: {out}");
    }
}

#[test]
fn hdr_14_to_may_not_change_over_a_restart() {
    // CVE-2018-10847: who had logged in at one host went on at another.
    let mut server = tcp();
    give(&mut server, &format!("{HEADER}{AUTH}"));
    let answer = give(&mut server, &header("to='other.example' version='1.0'"));
    assert_error(&answer, C::NotAuthorized);
    // Left out it is still the same (BOSH 13.4).
    let mut server = tcp();
    give(&mut server, &format!("{HEADER}{AUTH}"));
    let (out, events) = give(&mut server, &header("version='1.0'"));
    assert!(events.is_empty(), "{out}");
}

#[test]
fn hdr_15_restricted_xml() {
    for (bad, condition) in [
        ("<!-- a -->", C::RestrictedXml),
        ("<?pi a?>", C::RestrictedXml),
        ("<!DOCTYPE a>", C::RestrictedXml),
        ("<message><body>&nbsp;</body></message>", C::RestrictedXml),
        ("<message><!-- a --></message>", C::RestrictedXml),
    ] {
        assert_error(&give(&mut bound(), bad), condition);
    }
    for place in ["", HEADER] {
        let bomb =
            format!("{place}<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol1 '&lol;&lol;'>]>");
        assert_error(&first(&bomb), C::RestrictedXml);
    }
    let (_, events) = give(
        &mut bound(),
        "<message><body>&#65;<![CDATA[<]]>&amp;</body></message>",
    );
    let Some(ServerEvent::Stanza(message)) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(message.children().next().unwrap().text(), "A<&");
}

#[test]
fn hdr_16_characters_and_text_between_stanzas() {
    assert!(first(&format!("\u{feff}{HEADER}")).1.is_empty());
    assert!(!first(HEADER).0.starts_with('\u{feff}'));
    assert_error(&give(&mut bound(), "<message/> text"), C::BadFormat);
    let mut server = bound();
    server.handle_input(T0, b"<message><body>\xff</body></message>");
    let events = super::common::settle(&mut server);
    assert_eq!(closed(&events), Some(C::NotWellFormed));
    assert_error(
        &give(&mut bound(), "<message><body>&#0;</body></message>"),
        C::NotWellFormed,
    );
}

#[test]
fn hdr_17_one_element_a_message() {
    let message = "<message xmlns='jabber:client'/>";
    for (bad, condition) in [
        (format!("{message}{message}"), C::BadFormat),
        (format!(" {message}"), C::BadFormat),
        (format!("{message}text"), C::BadFormat),
        (String::new(), C::BadFormat),
        ("text".to_owned(), C::BadFormat),
        ("<message/>".to_owned(), C::InvalidNamespace),
        (
            "<message xmlns='jabber:client'>".to_owned(),
            C::NotWellFormed,
        ),
        ("<stream:error/>".to_owned(), C::NotWellFormed),
        (
            "<open xmlns='jabber:client' to='example.org' version='1.0'/>".to_owned(),
            C::InvalidNamespace,
        ),
    ] {
        let mut server = ws();
        for message in [OPEN, AUTH, OPEN] {
            assert!(
                !super::common::settle(&mut server)
                    .iter()
                    .any(|e| matches!(e, ServerEvent::Closed { .. }))
            );
            say(&mut server, message);
        }
        let (out, events) = say(&mut server, &bad);
        assert_eq!(closed(&events), Some(condition), "{bad}");
        // ERR-5, BOSH 15.16: the error in a message of its own, then the end.
        assert!(
            out[0].starts_with(&format!(
                "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><{condition} "
            )),
            "{out:?}"
        );
        assert_eq!(
            out[1..],
            ["<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" />"]
        );
    }
    // White space behind the element is none of a second one.
    let mut server = ws();
    assert!(say(&mut server, &format!("{OPEN}\n")).1.is_empty());
    // Binary messages are refused.
    let mut server = ws();
    server.handle_binary(T0);
    assert_eq!(
        closed(&super::common::settle(&mut server)),
        Some(C::BadFormat)
    );
}

#[test]
fn bosh_15_6_open_is_answered_by_the_form_that_strophe_wants() {
    let (out, _) = say(&mut ws(), OPEN);
    assert!(
        out[0].starts_with(
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='example.org' id='"
        ),
        "{}",
        out[0]
    );
    assert!(out[0].contains(" version='1.0'"));
    assert!(out[1].starts_with(
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms "
    ));
}

#[test]
fn bosh_15_7_what_comes_before_the_header() {
    let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' ";
    for (input, condition) in [
        (
            "<open xmlns='u' to='example.org' version='1.0'/>".to_owned(),
            C::InvalidNamespace,
        ),
        ("<message xmlns='jabber:client'/>".to_owned(), C::BadFormat),
        (
            format!("{open} to='elsewhere.example' version='1.0'/>"),
            C::HostUnknown,
        ),
        (format!("{open} to='example.org'/>"), C::UnsupportedVersion),
    ] {
        let (out, events) = say(&mut ws(), &input);
        assert_eq!(closed(&events), Some(condition), "{input}");
        assert_eq!(out.len(), 3, "{out:?}");
        assert!(out[0].starts_with("<open "), "{out:?}");
        assert!(out[1].starts_with("<stream:error "), "{out:?}");
        assert!(out[2].starts_with("<close "), "{out:?}");
    }
}

#[test]
fn bosh_15_8_prefixed_open() {
    let (out, events) = say(
        &mut ws(),
        "<f:open xmlns:f='urn:ietf:params:xml:ns:xmpp-framing' to='example.org' version='1.0'/>",
    );
    assert!(events.is_empty(), "{events:?}");
    assert!(out[0].starts_with("<open "));
}

#[test]
fn open_in_mid_session() {
    let mut server = ws();
    say(&mut server, OPEN);
    let (_, events) = say(&mut server, OPEN);
    assert_eq!(closed(&events), Some(C::BadFormat));
    // On TCP it is a first-level element that nobody asked for.
    let mut server = bound();
    let answer = give(&mut server, "<stream:stream/>");
    assert_error(&answer, C::UnsupportedStanzaType);
}

use super::common::T0;
