//! Re-addressing: attributes in every combination, the content namespace and what follows it, the language.

use proptest::{collection::vec, prelude::*, sample::select};
use xmpp_core::xml::{Element, ElementRef, Limits, Namespace, Parser, ParserEvent, Patch, ns};

fn parse(text: &str) -> Element {
    Element::parse_in(text, Limits::CLIENT, ns::CLIENT).unwrap_or_else(|e| panic!("{e} in {text}"))
}

fn patched(stanza: &Element, names: &[&str], values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    Patch::new(stanza, names).apply(values, &mut out);
    out
}

/// To the stream of another server.
fn to_server(stanza: &Element) -> String {
    patched(stanza, &["xmlns"], &[("xmlns", "jabber:server")])
}

#[test]
fn type_and_id_are_set_replaced_and_removed() {
    for text in [
        "<iq type='get' id='1' to='a'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<c:iq xmlns:c='jabber:client' type='get' id='1' to='a'><ping xmlns='urn:xmpp:ping'/></c:iq>",
    ] {
        let iq = parse(text);
        let out = patched(
            &iq,
            &["type", "id", "to"],
            &[("type", "result"), ("id", "x'2")],
        );
        assert_eq!(
            out,
            "<iq type='result' id='x&apos;2'><ping xmlns='urn:xmpp:ping'/></iq>"
        );
        assert_eq!(
            patched(&iq, &["type", "id", "to"], &[]),
            "<iq><ping xmlns='urn:xmpp:ping'/></iq>"
        );
        let out = patched(&parse("<iq/>"), &["type", "id"], &[("id", "3")]);
        assert_eq!(out, "<iq id='3'/>");
    }
}

#[test]
fn an_attribute_of_that_name_in_a_namespace_is_another_one() {
    let stanza = parse("<iq xmlns:p='urn:p' p:from='1' from='2'/>");
    assert_eq!(
        patched(&stanza, &["from"], &[("from", "3")]),
        "<iq from='3' xmlns:p='urn:p' p:from='1'/>"
    );
}

#[test]
fn no_attribute_comes_out_twice_whatever_is_asked_for() {
    let stanza = parse("<iq from='1' to='2' id='3' xml:lang='de'/>");
    // A value that the patch does not name; two values for one name: the last.
    for names in [&[][..], &["from"], &["to", "to"], &["id", "xml:lang"]] {
        let out = patched(
            &stanza,
            names,
            &[
                ("from", "a"),
                ("xml:lang", "en"),
                ("from", "b"),
                ("xmlns", "x"),
                ("xmlns", "jabber:server"),
            ],
        );
        let out = Element::parse(&out).unwrap();
        assert_eq!(out.attr("from").as_deref(), Some("b"));
        assert_eq!(out.lang().as_deref(), Some("en"));
        assert!(out.has_ns(ns::SERVER));
    }
}

#[test]
fn what_is_no_attributes_name_is_not_written() {
    let stanza = parse("<iq from='1'/>");
    for name in [
        "",
        "a b",
        "x='y' z",
        "x/><evil",
        "p:x",
        "xml:",
        "xml:a:b",
        "xmlns:p",
        "1",
        "a\u{d7}",
        "xml:x='' y",
    ] {
        assert_eq!(
            patched(&stanza, &[], &[(name, "v")]),
            "<iq from='1'/>",
            "{name}"
        );
        assert_eq!(
            patched(&stanza, &[name], &[(name, "v")]),
            "<iq from='1'/>",
            "{name}"
        );
    }
    for ns in [
        "http://www.w3.org/XML/1998/namespace",
        "http://www.w3.org/2000/xmlns/",
    ] {
        assert_eq!(
            patched(&stanza, &["xmlns"], &[("xmlns", ns)]),
            "<iq from='1'/>"
        );
    }
}

/// The text of the stanza is passed on as it stands, but for the root's own declaration.
#[test]
fn the_content_namespace_is_spliced_where_everything_inherits_it() {
    for (text, expected) in [
        (
            "<message to = 'a' ><body>x</body><y xmlns='u'/></message>",
            "<message xmlns='jabber:server' to = 'a' ><body>x</body><y xmlns='u'/></message>",
        ),
        (
            "<message xmlns='jabber:client' to = 'a' ><body >x</body></message>",
            "<message xmlns='jabber:server' to = 'a' ><body >x</body></message>",
        ),
        (
            "<message><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>\
             <message xmlns='jabber:client' ><body>x</body></message></forwarded></received></message>",
            "<message xmlns='jabber:server'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>\
             <message xmlns='jabber:client' ><body>x</body></message></forwarded></received></message>",
        ),
        (
            "<message><x xmlns='u'><body xmlns='' ><z/></body></x></message>",
            "<message xmlns='jabber:server'><x xmlns='u'><body xmlns='' ><z/></body></x></message>",
        ),
    ] {
        assert_eq!(to_server(&parse(text)), expected);
    }
}

#[test]
fn descendants_follow_into_the_content_namespace_however_they_had_the_old_one() {
    for text in [
        "<message><body>x</body><z xmlns='u'><error/></z></message>",
        "<message xmlns='jabber:client'><body xmlns='jabber:client'>x</body><z xmlns='u'><error/></z></message>",
        "<message xmlns:c='jabber:client'><c:body>x</c:body><z xmlns='u'><error/></z></message>",
        "<message><c:body xmlns:c='jabber:client'>x</c:body><p:z xmlns:p='u'><p:error/></p:z></message>",
        "<c:message xmlns:c='jabber:client'><c:body>x</c:body><z xmlns='u'><error/></z></c:message>",
        "<c:message xmlns:c='jabber:client'><body xmlns='jabber:client'><![CDATA[x]]></body><z xmlns='u'><error/></z></c:message>",
        "<message xmlns='jabber:clien&#116;'><body xmlns='jabber:clien&#x74;'>x</body><z xmlns='u'><error/></z></message>",
    ] {
        let expected =
            "<message xmlns='jabber:server'><body>x</body><z xmlns='u'><error/></z></message>";
        assert_eq!(
            Element::parse(&to_server(&parse(text))).unwrap(),
            Element::parse(expected).unwrap(),
            "{text}"
        );
        // Without a value: that of the stream that it is written to.
        let out = patched(&parse(text), &["xmlns"], &[]);
        for of in [ns::SERVER, ns::CLIENT, ns::COMPONENT_ACCEPT] {
            let out = Element::parse_in(&out, Limits::CLIENT, of).unwrap();
            assert!(out.has_ns(of) && out.child("body", of).is_some(), "{text}");
        }
    }
    // Below another namespace, too.
    let deep = parse(
        "<message><z xmlns='u'><body xmlns='jabber:client'><b/></body><c:body xmlns:c='jabber:client'/></z></message>",
    );
    assert_eq!(
        to_server(&deep),
        "<message xmlns='jabber:server'><z xmlns='u'><body xmlns='jabber:server'><b/></body>\
         <body xmlns='jabber:server'/></z></message>"
    );
    // Any namespace, not just those of streams.
    let own = parse("<a xmlns='urn:a'><b xmlns='urn:a'/><c xmlns='urn:c'/></a>");
    assert_eq!(
        patched(&own, &["xmlns"], &[("xmlns", "urn:n")]),
        "<a xmlns='urn:n'><b/><c xmlns='urn:c'/></a>"
    );
}

/// Every way in which a stanza inside `<forwarded/>` can come to the namespace of the one outside.
#[test]
fn forwarded_stanzas_keep_their_namespace() {
    const FORWARD: &str = "xmlns='urn:xmpp:forward:0'";
    let inherits =
        "<f:forwarded xmlns:f='urn:xmpp:forward:0'><message><body>x</body></message></f:forwarded>";
    for text in [
        format!(
            "<message><forwarded {FORWARD}><message xmlns='jabber:client'><body>x</body></message></forwarded></message>"
        ),
        // The default namespace goes on through a prefixed element.
        format!("<message>{inherits}</message>"),
        format!("<message xmlns='jabber:client'>{inherits}</message>"),
        format!("<c:message xmlns:c='jabber:client' xmlns='jabber:client'>{inherits}</c:message>"),
        // A prefix that is bound outside.
        format!(
            "<message xmlns:c='jabber:client'><forwarded {FORWARD}><c:message><c:body>x</c:body></c:message></forwarded></message>"
        ),
        format!(
            "<c:message xmlns:c='jabber:client'><forwarded {FORWARD}><c:message><c:body>x</c:body></c:message></forwarded></c:message>"
        ),
        "<message xmlns:f='urn:xmpp:forward:0'><f:forwarded><message><body>x</body></message></f:forwarded></message>".to_owned(),
        // A prefix that is bound again inside.
        format!(
            "<message xmlns:c='u'><forwarded {FORWARD} xmlns:c='jabber:client'><c:message><c:body>x</c:body></c:message></forwarded></message>"
        ),
        format!(
            "<message><forwarded {FORWARD}><message xmlns='jabber:client'><body><![CDATA[x]]></body></message></forwarded></message>"
        ),
    ] {
        let stanza = parse(&text);
        let expected = format!(
            "<message xmlns='jabber:server'><forwarded {FORWARD}><message xmlns='jabber:client'><body>x</body></message></forwarded></message>"
        );
        let expected = Element::parse(&expected).unwrap();
        assert_eq!(
            Element::parse(&to_server(&stanza)).unwrap(),
            expected,
            "{text}"
        );
        let out = patched(&stanza, &["xmlns"], &[]);
        assert_eq!(
            Element::parse_in(&out, Limits::CLIENT, ns::SERVER).unwrap(),
            expected,
            "{text}"
        );
    }
    // Beside one, and behind it, things follow.
    let both = parse(
        "<message><c:a xmlns:c='jabber:client'/><forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'/></forwarded>\
         <c:b xmlns:c='jabber:client'/><forwarded xmlns='urn:other'><c xmlns='jabber:client'/></forwarded></message>",
    );
    assert_eq!(
        to_server(&both),
        "<message xmlns='jabber:server'><a/><forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'/></forwarded>\
         <b/><forwarded xmlns='urn:other'><c xmlns='jabber:server'/></forwarded></message>"
    );
}

#[test]
fn a_prefix_of_the_stream_follows_too() {
    let mut parser = Parser::stream(Limits::CLIENT);
    parser.push(b"<s xmlns='jabber:client' xmlns:c='jabber:client'><message><c:body/><x xmlns='u'><c:y/></x></message>");
    parser.poll().unwrap();
    let Some(ParserEvent::Element(message)) = parser.poll().unwrap() else {
        panic!()
    };
    assert_eq!(
        to_server(&message),
        "<message xmlns='jabber:server'><body/><x xmlns='u'><y xmlns='jabber:server'/></x></message>"
    );
}

#[test]
fn a_stanza_takes_the_language_of_what_it_leaves_unless_it_has_one() {
    let leaves = |text: &str, lang| {
        let stanza = parse(text);
        let mut out = String::new();
        Patch::new(&stanza, &["from"])
            .inherit_lang(lang)
            .apply(&[("from", "a")], &mut out);
        out
    };
    for (text, expected) in [
        (
            "<message to='b'><body>x</body></message>",
            "<message from='a' xml:lang='de' to='b'><body>x</body></message>",
        ),
        (
            "<message><body xml:lang='en'>x</body></message>",
            "<message from='a' xml:lang='de'><body xml:lang='en'>x</body></message>",
        ),
        (
            "<message xml:lang='en'/>",
            "<message from='a' xml:lang='en'/>",
        ),
        ("<message xml:lang=''/>", "<message from='a' xml:lang=''/>"),
        (
            "<c:message xmlns:c='jabber:client' xml:lang='en'/>",
            "<message from='a' xml:lang='en'/>",
        ),
        (
            "<c:message xmlns:c='jabber:client'/>",
            "<message from='a' xml:lang='de'/>",
        ),
        (
            "<message lang='en'/>",
            "<message from='a' xml:lang='de' lang='en'/>",
        ),
    ] {
        assert_eq!(leaves(text, Some("de")), expected);
    }
    assert_eq!(leaves("<message/>", None), "<message from='a'/>");
    assert_eq!(leaves("<message/>", Some("")), "<message from='a'/>");
    assert_eq!(
        leaves("<message/>", Some("d'e")),
        "<message from='a' xml:lang='d&apos;e'/>"
    );
    // What is taken out of a stanza has that one's language.
    let outer = parse(
        "<message xml:lang='cs'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></forwarded></message>",
    );
    let inner = outer
        .child("forwarded", ns::FORWARD)
        .unwrap()
        .children()
        .next()
        .unwrap();
    let mut out = String::new();
    Patch::of(inner, &[])
        .inherit_lang(Some("de"))
        .apply(&[], &mut out);
    assert_eq!(out, "<message xml:lang='cs'/>");
    // Who sets the language, sets it.
    for names in [&["xml:lang"][..], &[]] {
        let mut out = String::new();
        let stanza = parse("<message/>");
        let patch = Patch::new(&stanza, names).inherit_lang(Some("de"));
        patch.apply(&[("xml:lang", "en")], &mut out);
        assert_eq!(out, "<message xml:lang='en'/>");
    }
}

/// Namespace, name and parent's path of every element, marked where it is inside `<forwarded/>`.
fn elements(element: ElementRef<'_>, carried: bool, out: &mut Vec<(String, String, bool)>) {
    out.push((element.ns().to_owned(), element.name().to_owned(), carried));
    let carried = carried || element.is("forwarded", ns::FORWARD);
    for child in element.children() {
        elements(child, carried, out);
    }
}

/// An element of some namespace, written with or without a prefix and in CDATA or not.
fn tree() -> impl Strategy<Value = String> {
    let tag = || {
        (
            select(
                &[
                    "jabber:client",
                    "jabber:client",
                    "jabber:server",
                    "urn:u",
                    "urn:xmpp:forward:0",
                ][..],
            ),
            select(&["message", "body", "forwarded", "forwarded"][..]),
            // Inherited, declared, a prefix of its own, a prefix of the root.
            0..4u8,
        )
    };
    let write = |(ns, name, style): (&str, &str, u8), inner: &str| match style {
        0 => format!("<{name}>{inner}</{name}>"),
        1 => format!("<{name} xmlns='{ns}'>{inner}</{name}>"),
        2 => format!("<p:{name} xmlns:p='{ns}'>{inner}</p:{name}>"),
        _ => format!("<c:{name}>{inner}</c:{name}>"),
    };
    let leaf = (
        tag(),
        select(&["", "x", "&amp;", "<![CDATA[<]]>", "\r\n"][..]),
    )
        .prop_map(move |(tag, text)| write(tag, text));
    leaf.prop_recursive(5, 20, 3, move |inner| {
        (tag(), vec(inner, 0..3)).prop_map(move |(tag, inner)| write(tag, &inner.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_the_stanza_what_is_forwarded_stays_and_the_rest_follows(
        inner in vec(tree(), 0..3),
        declares in any::<bool>(),
        binds in select(&["", " xmlns:c='jabber:client'", " xmlns:c='urn:xmpp:forward:0'", " xmlns:c='urn:u'"][..]),
        cuts in select(&["from", "xml:lang", "to"][..]),
    ) {
        let own = if declares { " xmlns='jabber:client'" } else { "" };
        // A prefix that is not declared is none.
        let inner = if binds.is_empty() { inner.concat().replace("c:", "") } else { inner.concat() };
        let text = format!("<message{own}{binds} from='a' to='b' xml:lang='de'>{inner}</message>");
        let stanza = parse(&text);
        let names = [cuts, "xmlns"];
        let (mut before, mut after, mut implied) = (Vec::new(), Vec::new(), Vec::new());
        elements(stanza.root(), false, &mut before);
        let out = patched(&stanza, &names, &[("xmlns", "jabber:server")]);
        // Alone, whatever is around it.
        let moved = Element::parse_in(&out, Limits::CLIENT, Namespace::new("urn:around")).unwrap();
        elements(moved.root(), false, &mut after);
        for (ns, _, carried) in &mut before {
            if !*carried && *ns == "jabber:client" {
                "jabber:server".clone_into(ns);
            }
        }
        prop_assert_eq!(&after, &before, "{} became {}", text, out);
        prop_assert_eq!(moved.attrs().count(), 2);
        // And back it is the same again, where nothing was in the new namespace before.
        if !text.contains("jabber:server") {
            let back = patched(&moved, &["xmlns"], &[("xmlns", "jabber:client")]);
            let without = parse(&patched(&stanza, &[cuts], &[]));
            prop_assert_eq!(Element::parse(&back).unwrap(), without);
        }
        // Without a value, on a stream of the same namespace, nothing changes.
        let out = patched(&stanza, &names, &[]);
        elements(Element::parse_in(&out, Limits::CLIENT, ns::CLIENT).unwrap().root(), false, &mut implied);
        for (ns, _, carried) in &mut implied {
            if !*carried && *ns == "jabber:client" {
                "jabber:server".clone_into(ns);
            }
        }
        prop_assert_eq!(implied, before, "{} became {}", text, out);
    }

    #[test]
    fn any_names_and_values_give_each_attribute_once(
        names in vec(select(&["from", "to", "id", "type", "xml:lang", "xmlns", "a1", "a9", "", "p:q", "x y"][..]), 0..12),
        values in vec((select(&["from", "to", "id", "type", "xml:lang", "xmlns", "a1", "a9", "", "p:q", "x y"][..]), ".{0,4}"), 0..12),
        many in any::<bool>(),
        prefixed in any::<bool>(),
        lang in select(&[None, Some("de")][..]),
    ) {
        let more: String = if many { (0..12).map(|i| format!(" a{i}='{i}'")).collect() } else { String::new() };
        let text = if prefixed {
            format!("<c:iq xmlns:c='jabber:client' from='1'{more} xml:lang='en'><c:x/></c:iq>")
        } else {
            format!("<iq from='1'{more} xml:lang='en'><x/></iq>")
        };
        let stanza = parse(&text);
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut out = String::new();
        Patch::new(&stanza, &names).inherit_lang(lang).apply(&values, &mut out);
        // A duplicate would not be accepted.
        let out = parse(&out);
        prop_assert_eq!(out.children().count(), 1);
        for attr in out.attrs() {
            let name = if attr.ns().is_empty() { attr.name().to_owned() } else { format!("xml:{}", attr.name()) };
            let expected = if let Some((_, value)) = values.iter().rev().find(|(given, _)| *given == name) {
                // What is left of it in XML.
                let written = Element::build(ns::CLIENT, |w| {
                    let tag = w.start("x", ns::CLIENT);
                    w.attr("v", value);
                    w.end(tag);
                });
                written.attr("v").unwrap().into_owned()
            } else {
                prop_assert!(!names.contains(&name.as_str()));
                let kept = stanza.attrs().find(|a| a.name() == attr.name() && a.ns() == attr.ns());
                kept.unwrap().value().into_owned()
            };
            prop_assert_eq!(attr.value(), expected);
        }
    }
}
