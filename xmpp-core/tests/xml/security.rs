//! What attacks on XML parsers look like, and that nothing comes of them. CVE numbers name a class of defects found in
//! other software.

use xmpp_core::xml::{
    Edit, Element, Limits, Namespace, ParseClass, ParseRule as Rule, Parser, Patch, Writer, ns,
};

use crate::common::{Seen, document, events, stream, verdict};

fn laughs() -> String {
    let entities: String = (1..10)
        .map(|i| {
            format!(
                "<!ENTITY lol{i} '{}'>",
                format!("&lol{};", i - 1).repeat(10)
            )
        })
        .collect();
    format!("<!DOCTYPE lolz [<!ENTITY lol0 'lol'>{entities}]>")
}

/// A DTD before the stream, in it, in a document (a WebSocket message), in a BOSH body: refused at its first bytes.
#[test]
fn entity_bombs_cve_2003_1564_cve_2013_0340_cve_2011_2205_cve_2011_1753_cve_2022_0217() {
    let bomb = laughs();
    let inputs = [
        format!("{bomb}<stream:stream/>"),
        format!("<?xml version='1.0'?>{bomb}<stream:stream/>"),
        format!("<s>{bomb}<message>&lol9;</message></s>"),
        format!("<s><message>{bomb}&lol9;</message></s>"),
        format!("<body xmlns='http://jabber.org/protocol/httpbind'>{bomb}<message/></body>"),
    ];
    for input in &inputs {
        let seen = events(stream(), input.as_bytes(), []);
        let Some(Seen::Error(Rule::DocumentType, at)) = seen.last() else {
            panic!("{seen:?}")
        };
        assert_eq!(Some(*at), input.find("<!DOCTYPE").map(|at| at as u64));
        assert_eq!(verdict(document, input.as_bytes()), Err(Rule::DocumentType));
    }
    // Without its declaration an entity is nothing.
    assert_eq!(
        verdict(stream, b"<s><a>&lol9;</a></s>"),
        Err(Rule::UndeclaredEntity)
    );
    assert_eq!(
        verdict(stream, b"<s><a b='&lol9;'/></s>"),
        Err(Rule::UndeclaredEntity)
    );
    assert_eq!(Rule::UndeclaredEntity.class(), ParseClass::RestrictedXml);
}

/// External entities, parameter entities, attribute defaults: all need a DTD.
#[test]
fn external_entities_and_defaults() {
    for dtd in [
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>",
        "<!DOCTYPE a PUBLIC '-//X' 'http://example.org/x.dtd'>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://example.org/'> %p;]>",
        "<!DOCTYPE a [<!ATTLIST a xmlns CDATA 'jabber:server'>]>",
    ] {
        assert_eq!(
            verdict(document, format!("{dtd}<a/>").as_bytes()),
            Err(Rule::DocumentType)
        );
    }
}

/// Bytes that end a character in one decoder and begin markup in another.
#[test]
fn smuggling_by_broken_utf8_cve_2022_22784_cve_2022_25235() {
    let leads: [&[u8]; 10] = [
        b"\xc2",
        b"\xc3",
        b"\xdf",
        b"\xe0",
        b"\xe2\x82",
        b"\xef\xbf",
        b"\xf0",
        b"\xf0\x9f",
        b"\xf0\x9f\x98",
        b"\xf4\x8f\xbf",
    ];
    for lead in leads {
        for markup in ["<", ">", "'", "\"", "/", "=", " ", "&", "x"] {
            for (before, after) in [
                ("<s><a>", "/a></s>"),
                ("<s><a b='", "'/></s>"),
                ("<s><a b=\"", "\"/></s>"),
                ("<s><a", "/></s>"),
                ("<s><a xmlns='", "'/></s>"),
                ("<s", "></s>"),
                ("<s>", "<a/></s>"),
                ("", "<s>"),
            ] {
                let bytes = [before.as_bytes(), lead, markup.as_bytes(), after.as_bytes()].concat();
                let verdict = verdict(stream, &bytes);
                assert_eq!(verdict, Err(Rule::Utf8), "{}", bytes.escape_ascii());
            }
        }
    }
    // Overlong forms of `<`, `>`, `&` and of NUL.
    for overlong in [
        &b"\xc0\xbc"[..],
        b"\xe0\x80\xbc",
        b"\xf0\x80\x80\xbe",
        b"\xc0\xa6",
        b"\xc0\x80",
    ] {
        let bytes = [b"<s><a>", overlong, b"</a></s>"].concat();
        assert_eq!(verdict(stream, &bytes), Err(Rule::Utf8));
    }
}

/// A separator inside a namespace name: names are pairs, never one joined string.
#[test]
fn separators_in_namespace_names_cve_2022_25236() {
    for separator in ["\n", "\t", " ", "|", "}", "{", ":", "#", "\u{c}"] {
        let text = format!(
            "<a xmlns='jabber:client{separator}body'><b xmlns='jabber:client{separator}'/></a>"
        );
        let Ok(a) = Element::parse(&text) else {
            assert_eq!(separator, "\u{c}");
            continue;
        };
        let separator = separator.replace(['\n', '\t'], " ");
        assert_eq!(
            (a.ns(), a.name()),
            (&*format!("jabber:client{separator}body"), "a")
        );
        assert!(!a.has_ns(ns::CLIENT) && !a.is("body", ns::CLIENT));
        let b = a.children().next().unwrap();
        assert_eq!(
            (b.ns(), b.name()),
            (&*format!("jabber:client{separator}"), "b")
        );
        assert!(!b.has_ns(ns::CLIENT));
    }
    // Both halves of a pair, put together elsewhere, are other pairs.
    let pairs = Element::parse("<x xmlns:p='a' xmlns:q='a:b'><p:b-c/><q:c/></x>").unwrap();
    let names: Vec<_> = pairs.children().map(|c| (c.ns(), c.name())).collect();
    assert_eq!(names, [("a", "b-c"), ("a:b", "c")]);
}

/// `{jabber:server}message` on a client's stream is another element, also where it is passed on.
#[test]
fn lookalikes_in_another_namespace() {
    let text = "<s xmlns='jabber:client'><message xmlns='jabber:server'/><m:message xmlns:m='jabber:client '/>\
                <message xmlns=''/><Message/><message/></s>";
    let seen = events(stream(), text.as_bytes(), []);
    let is: Vec<bool> = seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Element(e) => Some(e.is("message", ns::CLIENT)),
            _ => None,
        })
        .collect();
    assert_eq!(is, [false, false, false, false, true]);
    for seen in &seen {
        let Seen::Element(e) = seen else { continue };
        let mut out = String::new();
        Writer::new(&mut out, ns::CLIENT).element(e.root());
        assert_eq!(
            Element::parse_in(&out, Limits::CLIENT, ns::CLIENT).unwrap(),
            *e,
            "{out}"
        );
    }
}

/// A prefix that is bound again deeper down means what it is bound to there, and nothing outside.
#[test]
fn rebound_prefixes_cve_2022_22787() {
    let e = Element::parse(
        "<p:a xmlns:p='u'><p:b xmlns:p='v' p:x='1'><p:c/></p:b><p:d/><p:e xmlns:p='jabber:client'/></p:a>",
    )
    .unwrap();
    let (u, v) = (Namespace::new("u"), Namespace::new("v"));
    assert!(e.is("a", u));
    let b = e.child("b", v).unwrap();
    assert!(b.attr_ns("x", v).is_some() && b.attr_ns("x", u).is_none() && b.attr("x").is_none());
    assert!(
        b.child("c", v).is_some()
            && e.child("d", u).is_some()
            && e.child("e", ns::CLIENT).is_some()
    );
    // Alone, each still means the same.
    for child in e.children() {
        assert_eq!(Element::parse(&child.to_string()).unwrap(), child);
        assert_eq!(child.to_element().shrink(), child);
    }
    assert_eq!(
        verdict(stream, b"<s xmlns:p='u'><a xmlns:p=''/></s>"),
        Err(Rule::EmptyPrefixBinding)
    );
    assert_eq!(
        verdict(stream, b"<s><a xmlns:p='u'/><p:b/></s>"),
        Err(Rule::UndeclaredPrefix)
    );
}

/// What differs between parsers is not passed on: CDATA, carriage returns, outer prefixes.
#[test]
fn bytes_that_others_may_read_otherwise_are_written_anew() {
    let text = "<s xmlns='jabber:client' xmlns:o='urn:o'><message><body><![CDATA[</body><x/>]]></body></message>\
                <message\r\na='1'/><message b='1\r2'/><message>1\r\n2</message><message><o:x o:y=''/></message>\
                <o:message/></s>";
    for seen in events(stream(), text.as_bytes(), []) {
        let Seen::Element(e) = seen else { continue };
        let mut patched = String::new();
        Patch::new(&e, &["from"]).apply(&[("from", "x")], &mut patched);
        let mut written = String::new();
        Writer::new(&mut written, ns::CLIENT).element(e.root());
        for out in [patched, written] {
            assert!(
                !out.contains("CDATA") && !out.contains('\r') && !out.contains("<o:"),
                "{out}"
            );
            let again = Element::parse_in(&out, Limits::CLIENT, ns::CLIENT).unwrap();
            assert_eq!(again.text(), e.text());
            assert_eq!(again.children().count(), e.children().count());
        }
    }
}

/// 100,000 attributes, 50,000 prefixes on the header, 100,000 levels, 100,000 tiny elements: a limit is met first.
#[test]
fn floods_meet_a_limit() {
    let attributes: String = (0..100_000).map(|i| format!(" a{i}='x'")).collect();
    let prefixes: String = (0..50_000).map(|i| format!(" xmlns:p{i}='u{i}'")).collect();
    let flood = |limits: Limits, text: &str| {
        let mut parser = Parser::stream(limits);
        for piece in text.as_bytes().chunks(1460) {
            parser.push(piece);
            loop {
                match parser.poll() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => return Some(error.rule),
                }
            }
        }
        None
    };
    for limits in [
        Limits::SERVER_BEFORE_LOGIN,
        Limits::SERVER_FROM_CLIENT,
        Limits::SERVER_FROM_SERVER,
        Limits::CLIENT,
    ] {
        assert_eq!(
            flood(limits, &format!("<s><a{attributes}/>")),
            Some(Rule::Attributes)
        );
        assert_eq!(
            flood(limits, &format!("<s{prefixes}>")),
            Some(Rule::Declarations)
        );
        assert_eq!(flood(limits, &"<a>".repeat(100_000)), Some(Rule::Depth));
        let tiny = format!("<s><a>{}", "<b/>".repeat(100_000));
        let rule = flood(limits, &tiny).unwrap();
        assert!(
            matches!(rule, Rule::Elements | Rule::StanzaBytes | Rule::Nodes),
            "{rule:?}"
        );
    }
    // Tiny stanzas have no limit: each is done with before the next one.
    assert_eq!(
        flood(
            Limits::SERVER_BEFORE_LOGIN,
            &format!("<s>{}</s>", "<b/>".repeat(100_000))
        ),
        None
    );
}

/// What is written has no prefixes where it is written anew; a long namespace that many short elements or attributes use
/// by a prefix, or by default, does not stand in each of them (the class of quadratic blow-up). Twice the input makes at
/// most 2.2 times the output, which is less than 8 times the input.
#[test]
fn rewriting_does_not_blow_up() {
    // What a stream's root declares counts as input.
    let outer = "o".repeat(300);
    let shapes = [
        ("<a xmlns:p='", "<p:b/>", "</a>"),
        ("<a xmlns:p='", "<b p:x=''/>", "</a>"),
        ("<a xmlns:p='", "<p:b><c/></p:b>", "</a>"),
        ("<p:a xmlns:p='u' xmlns='", "<b/>", "</p:a>"),
        ("<p:a xmlns:p='u' xmlns='", "<b><c>x</c></b>", "</p:a>"),
        ("<a x='", "<o:b/>", "</a>"),
        ("<a x='", "<o:b o:y=''>x</o:b>", "</a>"),
    ];
    for (begin, piece, end) in shapes {
        let sizes = [100usize, 200, 400].map(|n| {
            let text = format!(
                "{begin}{}'>{}<d><![CDATA[x]]></d>{end}",
                "n".repeat(n * 6),
                piece.repeat(n)
            );
            let stream_text = format!("<s xmlns='jabber:client' xmlns:o='{outer}'>{text}</s>");
            let seen = events(stream(), stream_text.as_bytes(), []);
            let [_, Seen::Element(element), _] = &seen[..] else {
                panic!("{seen:?}")
            };
            let mut written = vec![
                element.to_string(),
                Edit::new(element).to_element().to_string(),
            ];
            let mut out = String::new();
            Patch::new(element, &["from"]).apply(&[("from", "x")], &mut out);
            written.push(out);
            let longest = written.iter().map(String::len).max().unwrap();
            assert!(
                longest <= text.len() * 8,
                "{longest} for {} bytes of {begin}{piece}",
                text.len()
            );
            for written in &written[..2] {
                assert_eq!(Element::parse(written).unwrap(), *element);
            }
            longest
        });
        assert!(
            sizes[1] * 10 <= sizes[0] * 22 && sizes[2] * 10 <= sizes[1] * 22,
            "{sizes:?} for {begin}{piece}"
        );
    }
}

/// Nothing recurses: dropping, cloning, comparing, writing, shrinking, changing a very deep element.
#[test]
fn deep_elements_do_not_exhaust_the_stack() {
    let mut limits = Limits::CLIENT;
    limits.depth = 65_000;
    let deep = move |inner: &str| {
        let text = format!("{}{inner}{}", "<a>".repeat(60_000), "</a>".repeat(60_000));
        Element::parse_in(&text, limits, ns::NONE).unwrap()
    };
    let run = move || {
        // As it stands, and anew.
        for inner in ["x", "<![CDATA[x]]>"] {
            let e = deep(inner);
            let written = e.to_string();
            assert_eq!(
                Element::parse_in(&written, limits, ns::NONE).unwrap(),
                e.clone()
            );
            assert_ne!(e, deep("y"));
            let child = e.children().next().unwrap().to_element();
            assert_eq!(child.shrink(), child);
            let mut out = String::new();
            Patch::new(&e, &["x"]).apply(&[("x", "y")], &mut out);
            assert_eq!(out.len(), written.len() + " xmlns='' x='y'".len());
            assert!(format!("{e:?}").len() == written.len());
            assert_eq!(e.lang(), None);
        }
    };
    std::thread::Builder::new()
        .stack_size(128 * 1024)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}

/// What may hold a password or a proof of one does not print.
#[test]
fn debug_shows_no_secrets() {
    for text in [
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAc2VjcmV0</auth>",
        "<authenticate xmlns='urn:xmpp:sasl:2'><initial-response>AGEAc2VjcmV0</initial-response></authenticate>",
        "<success xmlns='urn:xmpp:sasl:2'><token xmlns='urn:xmpp:fast:0' token='AGEAc2VjcmV0'/></success>",
        "<iq><query xmlns='jabber:iq:register'><password>AGEAc2VjcmV0</password></query></iq>",
    ] {
        let e = Element::parse(text).unwrap();
        assert!(!format!("{e:?}").contains("AGEAc2VjcmV0"), "{e:?}");
        assert!(format!("{e:?}").contains(e.name()));
        assert!(e.to_string().contains("AGEAc2VjcmV0"));
    }
    let e = Element::parse("<message><body>Hi</body></message>").unwrap();
    assert_eq!(format!("{e:?}"), e.to_string());
    // Nor do the machines that hold it for a while.
    let mut parser = Parser::stream(Limits::CLIENT);
    parser.push(b"<s><auth>AGEAc2VjcmV0");
    parser.poll().unwrap();
    assert!(format!("{parser:?}").contains("buffered: 18"));
    assert!(!format!("{parser:?}").contains("c2Vjc"));
    let mut out = String::from("AGEAc2VjcmV0");
    assert!(!format!("{:?}", Writer::new(&mut out, ns::CLIENT)).contains("c2Vjc"));
}
