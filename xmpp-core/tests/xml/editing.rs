//! Patches, fan-outs, edits and the writer: what they write is well-formed, means what it should, and is canonical.

use proptest::prelude::*;
use xmpp_core::xml::{Edit, Element, Fanout, Limits, Namespace, Patch, WriteXml, Writer, ns};

/// In the namespace of a client's stream, without an `xmlns` of its own: what is sent.
fn canonical(value: &impl WriteXml) -> String {
    let mut out = String::new();
    value.write_xml(&mut Writer::new(&mut out, ns::CLIENT));
    out
}

fn parse(text: &str) -> Element {
    Element::parse_in(text, Limits::CLIENT, ns::CLIENT).unwrap_or_else(|e| panic!("{e} in {text}"))
}

fn patched(stanza: &Element, names: &[&str], values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    Patch::new(stanza, names).apply(values, &mut out);
    out
}

const HOSTILE: &str = "a&b'c\"<d>\t\n\r\u{1}\u{fffe}";

#[test]
fn a_patch_splices_what_is_plain() {
    let stanza = parse(
        "<message  xmlns='jabber:client' from='a'\n to=\"b\" id='1' ><body>Hi &amp; bye</body></message>",
    );
    assert_eq!(
        patched(
            &stanza,
            &["from", "to", "xmlns"],
            &[("from", "x/y'z"), ("to", "q")]
        ),
        "<message from='x/y&apos;z' to='q' id='1' ><body>Hi &amp; bye</body></message>"
    );
    assert_eq!(
        patched(&stanza, &["id"], &[]),
        "<message from='a'\n to=\"b\" ><body>Hi &amp; bye</body></message>"
    );
    assert_eq!(
        patched(&stanza, &["xmlns"], &[("xmlns", "jabber:server")]),
        "<message xmlns='jabber:server' from='a'\n to=\"b\" id='1' ><body>Hi &amp; bye</body></message>"
    );
    assert_eq!(patched(&stanza, &[], &[]), canonical(&stanza));
}

#[test]
fn a_patch_writes_anew_what_is_not_plain() {
    for text in [
        "<c:message xmlns:c='jabber:client' from='a' id='1'><c:body>x</c:body></c:message>",
        "<message from='a' id='1'><body><![CDATA[x]]></body></message>",
        "<message from='a' id='1'\r><body>x</body></message>",
        "<message from='a' id='1'><body>x</body\r></message>",
        "<message from='a' id='&#49;'>\r<body>x</body></message>",
    ] {
        let out = patched(&parse(text), &["from"], &[("from", HOSTILE)]);
        assert!(
            !out.contains('\r') && !out.contains("CDATA") && !out.contains("xmlns"),
            "{out}"
        );
        let out = parse(&out);
        assert_eq!(
            out.attr("from").unwrap(),
            "a&b'c\"<d>\t\n\r\u{fffd}\u{fffd}"
        );
        assert_eq!(out.attr("id").unwrap(), "1");
        assert_eq!(out.child("body", ns::CLIENT).unwrap().text(), "x");
    }
    // A prefix that the stream declared.
    let mut parser = xmpp_core::xml::Parser::stream(Limits::CLIENT);
    parser.push(b"<s xmlns='jabber:client' xmlns:p='urn:p'><iq from='a'><p:x p:y='1'/></iq>");
    parser.poll().unwrap();
    let Some(xmpp_core::xml::ParserEvent::Element(iq)) = parser.poll().unwrap() else {
        panic!()
    };
    assert_eq!(
        patched(&iq, &["from"], &[("from", "b")]),
        "<iq from='b'><x xmlns='urn:p' xmlns:p='urn:p' p:y='1'/></iq>"
    );
}

#[test]
fn a_patch_keeps_a_namespace_that_no_stream_declares() {
    for text in ["<x xmlns='urn:u' to='a'/>", "<p:x xmlns:p='urn:u' to='a'/>"] {
        assert_eq!(patched(&parse(text), &["to"], &[]), "<x xmlns='urn:u'/>");
        assert_eq!(
            patched(&parse(text), &["to", "xmlns"], &[("xmlns", "v")]),
            "<x xmlns='v'/>"
        );
    }
    let inner = parse("<a xmlns='urn:u'><b to='c'><d/></b></a>")
        .children()
        .next()
        .unwrap()
        .to_element();
    assert_eq!(
        patched(&inner, &["to"], &[("to", "e")]),
        "<b xmlns='urn:u' to='e'><d/></b>"
    );
    let none = Element::parse("<b><c/></b>").unwrap();
    assert_eq!(patched(&none, &["to"], &[]), "<b xmlns=''><c/></b>");
}

#[test]
fn a_patch_with_many_names_is_still_right() {
    let all: String = (0..20).map(|i| format!(" a{i}='{i}'")).collect();
    let stanza = parse(&format!("<iq{all}/>"));
    let names: Vec<String> = (0..19).map(|i| format!("a{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(
        patched(&stanza, &names, &[("a0", "x")]),
        "<iq a0='x' a19='19'/>"
    );
}

#[test]
fn a_fanout_differs_in_to_only() {
    let stanza = parse("<message from='r/n' to='old' type='groupchat'><body>Hi</body></message>");
    let fanout = Fanout::new(&stanza);
    assert_eq!(
        fanout.as_str(),
        "<message from='r/n' type='groupchat'><body>Hi</body></message>"
    );
    let mut out = String::from("before ");
    fanout.copy("a@b/c'd<e>&f", &mut out);
    assert_eq!(
        out,
        "before <message to='a@b/c&apos;d&lt;e&gt;&amp;f' from='r/n' type='groupchat'><body>Hi</body></message>"
    );
    assert_eq!(
        canonical(&fanout.to("x")),
        out.replace("before ", "")
            .replace("a@b/c&apos;d&lt;e&gt;&amp;f", "x")
    );
    assert_eq!(canonical(&fanout), fanout.as_str());
    // Where another default namespace is in force.
    let mut out = String::new();
    fanout
        .to("x")
        .write_xml(&mut Writer::new(&mut out, ns::HTTPBIND));
    assert!(
        out.starts_with("<message xmlns='jabber:client' to='x' from="),
        "{out}"
    );
    assert_eq!(
        Element::parse(&out).unwrap(),
        parse(&canonical(&fanout.to("x")))
    );
    let mut out = String::new();
    fanout.write_xml(&mut Writer::new(&mut out, ns::NONE));
    assert_eq!(Element::parse(&out).unwrap(), parse(fanout.as_str()));
}

#[test]
fn a_fanout_of_anything() {
    for (text, expected) in [
        ("<presence/>", "<presence to='x'/>"),
        ("<presence\tto = \"y\"\n/>", "<presence to='x'\n/>"),
        (
            "<p:x xmlns:p='urn:u' p:to='y' to='z'/>",
            "<x to='x' xmlns='urn:u' xmlns:p='urn:u' p:to='y'/>",
        ),
        (
            "<x xmlns='urn:u' to='>'><y to='z'/></x>",
            "<x to='x' xmlns='urn:u'><y to='z'/></x>",
        ),
        ("<x xmlns=''/>", "<x to='x' xmlns=''/>"),
    ] {
        let fanout = Fanout::new(&parse(text));
        assert_eq!(canonical(&fanout.to("x")), expected);
        let mut out = String::new();
        fanout
            .to("x")
            .write_xml(&mut Writer::new(&mut out, ns::STREAMS));
        assert_eq!(Element::parse(&out).unwrap(), parse(expected), "{out}");
    }
}

#[test]
#[should_panic(expected = "not an element")]
fn a_fanout_of_what_is_no_element_panics() {
    struct Text;
    impl WriteXml for Text {
        fn write_xml(&self, w: &mut Writer<'_>) {
            w.text("text");
        }
    }
    let _ = Fanout::new(&Text);
}

#[test]
fn an_edit_changes_what_it_names() {
    for text in [
        "<message to='r' id='1'><body>1</body>2<x xmlns='u'/>3<body>4</body></message>",
        "<message xmlns='jabber:client' to='r' id='1' ><body>1</body>2<x xmlns='u'/>3<body>4</body></message >",
        "<m:message xmlns:m='jabber:client' to='r' id='1'><m:body>1</m:body>2<x xmlns='u'/>3<m:body>4</m:body></m:message>",
        "<message to='r' id='1'><body><![CDATA[1]]></body>2<x xmlns='u'/>3<body>4</body></message>",
    ] {
        let stanza = parse(text);
        let child = parse("<y xmlns='jabber:client'><z xmlns='v'/></y>");
        let edit = Edit::new(&stanza)
            .set_attr("from", HOSTILE)
            .set_attr("id", "2")
            .set_attr("xml:lang", "de")
            .remove_attr("to")
            .remove_attr("absent")
            .remove_children(|c| c.name() == "body" && c.text() == "1")
            .remove_children(|c| c.is("x", Namespace::new("u")))
            .append(&child)
            .append(&child);
        let expected = "<message from='a&amp;b&apos;c&quot;&lt;d&gt;&#x9;&#xA;&#xD;\u{fffd}\u{fffd}' id='2' xml:lang='de'>\
                        23<body>4</body><y><z xmlns='v'/></y><y><z xmlns='v'/></y></message>";
        assert_eq!(edit.to_element(), parse(expected), "{text}");
        assert_eq!(canonical(&edit).replace("' >", "'>"), expected, "{text}");
        // In another context.
        let mut out = String::new();
        edit.write_xml(&mut Writer::new(&mut out, ns::NONE));
        assert_eq!(Element::parse(&out).unwrap(), parse(expected), "{out}");
        assert_eq!(
            canonical(&Fanout::new(&edit).to("q"))
                .replace(" to='q'", "")
                .replace("' >", "'>"),
            expected
        );
        // The original is what it was.
        assert_eq!(stanza, parse(text));
    }
}

#[test]
fn an_edit_of_nothing_and_of_everything() {
    for text in [
        "<a/>",
        "<a></a>",
        "<a b='c' />",
        "<a><b/></a>",
        "<a xmlns='u'>x</a>",
        "<a>></a>",
    ] {
        let e = parse(text);
        assert_eq!(Edit::new(&e).to_element(), e, "{text}");
        let emptied = Edit::new(&e)
            .remove_children(|_| true)
            .remove_attr("b")
            .to_element();
        assert_eq!(emptied.children().count(), 0);
        assert_eq!(emptied.attrs().count(), 0);
    }
    assert_eq!(
        canonical(&Edit::new(&parse("<a><b/></a>")).remove_children(|_| true)),
        "<a/>"
    );
    assert_eq!(
        canonical(&Edit::new(&parse("<a/>")).append(&parse("<b/>"))),
        "<a><b/></a>"
    );
    // A child of a larger document, in its namespace.
    let whole = parse("<a xmlns='urn:u'><b x='>'><c/></b></a>");
    let b = whole.children().next().unwrap();
    let out = canonical(
        &Edit::new(b)
            .set_attr("y", "1")
            .append(&parse("<d xmlns='urn:u'/>")),
    );
    assert_eq!(out, "<b xmlns='urn:u' y='1' x='>'><c/><d/></b>");
}

#[test]
fn the_writer_declares_what_it_must_and_no_more() {
    let mut out = String::new();
    let mut w = Writer::new(&mut out, ns::CLIENT);
    let iq = w.start("iq", ns::CLIENT);
    w.attr("id", "1");
    w.opt_attr("to", None);
    w.opt_attr("from", Some("a"));
    let query = w.start("query", ns::ROSTER);
    w.empty_element("item", ns::ROSTER);
    let odd = w.start_with("odd", "a'b");
    w.empty_element("none", ns::NONE);
    let same = w.start_with("same", "a'b");
    w.end(same);
    w.end(odd);
    let unknown = w.start_with("unknown", "urn:u");
    let same = w.start_with("same", "urn:u");
    w.end(same);
    w.text_element("t", Namespace::new("urn:u"), "x<y");
    w.end(unknown);
    w.text("");
    w.end(query);
    w.text_element("body", ns::CLIENT, "z");
    w.end(iq);
    assert_eq!(
        out,
        "<iq id='1' from='a'><query xmlns='jabber:iq:roster'><item/><odd xmlns='a&apos;b'><none xmlns=''/>\
         <same xmlns='a&apos;b'/></odd><unknown xmlns='urn:u'><same/><t>x&lt;y</t></unknown></query><body>z</body></iq>"
    );
    Element::parse(&out).unwrap();
}

proptest! {
    #[test]
    fn no_value_breaks_out(value in any::<String>()) {
        let stanza = parse("<message to='r'><body>Hi</body></message>");
        let clean: String = value
            .chars()
            .map(|c| match c {
                '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'.. => c,
                _ => '\u{fffd}',
            })
            .collect();
        let patch = parse(&patched(&stanza, &["to"], &[("to", &value)]));
        let fanout = parse(&canonical(&Fanout::new(&stanza).to(&value)));
        let edit = Edit::new(&stanza).set_attr("to", value.as_str()).to_element();
        for out in [patch, fanout, edit] {
            prop_assert_eq!(out.attr("to").unwrap(), clean.as_str());
            prop_assert_eq!(out.attrs().count(), 1);
            prop_assert_eq!(out.nodes().count(), 1);
        }
        let text = Element::build(ns::CLIENT, |w| w.text_element("body", ns::CLIENT, &value));
        prop_assert_eq!(text.text(), clean);
    }
}

/// The namespace of `xml:lang` cannot be a default one: elements in it keep their prefix however they are written.
#[test]
fn elements_under_the_prefix_xml_are_written_under_it() {
    for text in [
        "<xml:a/>",
        "<xml:a><xml:b/><c/><c xmlns='u'><xml:d/></c></xml:a>",
        "<message xmlns='jabber:client'><xml:x/><body><![CDATA[x]]></body></message>",
        "<message xmlns='jabber:client'><xml:x><body><![CDATA[x]]></body><xml:y/></xml:x></message>",
        "<xml:message xmlns='jabber:client' xml:lang='en'><body>x</body></xml:message>",
    ] {
        let element = Element::parse(text).unwrap();
        let edited = Edit::new(&element).set_attr("id", "1").to_element();
        for element in [&element, &edited] {
            let written = element.to_string();
            assert_eq!(Element::parse(&written).as_ref(), Ok(element), "{written}");
            let mut out = String::new();
            Writer::new(&mut out, ns::CLIENT).element(element.root());
            let again = Element::parse_in(&out, Limits::CLIENT, ns::CLIENT);
            assert_eq!(again.as_ref(), Ok(element), "{out}");
            for child in element.children() {
                let child = child.to_element();
                assert_eq!(Element::parse(&child.to_string()), Ok(child.shrink()));
            }
        }
        let mut out = String::new();
        Patch::new(&element, &["id"]).apply(&[("id", "1")], &mut out);
        let patched = Element::parse_in(&out, Limits::CLIENT, ns::CLIENT);
        assert_eq!(patched, Ok(edited), "{out}");
        // Made, not read.
        let built = Element::build(ns::NONE, |w| {
            let tag = w.start_with("a", "http://www.w3.org/XML/1998/namespace");
            w.end(tag);
        });
        assert_eq!(built.to_string(), "<xml:a/>");
    }
}
