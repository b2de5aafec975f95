//! What other implementations refuse though XML and RFC 6120 allow it: read as a stream and as a document, whole and in
//! pieces, and as expat reads it.

use xml_oracles::{Mode, Way, check};
use xmpp_core::xml::{Element, ElementRef, ns};

use crate::common::{Seen, document, events, stream};

/// The stanzas of `text`, which is accepted: as a stream they are told one by one, as a document they are children.
#[track_caller]
fn stanzas(text: &str) -> Vec<Element> {
    for mode in [Mode::Stream, Mode::Document] {
        // rxml is one of the others.
        let found = check(text.as_bytes(), mode);
        assert!(
            found.iter().all(|d| d.ways == [Way::OracleRefuses]),
            "{found:?}"
        );
    }
    let seen = events(stream(), text.as_bytes(), []);
    let [Seen::Open(_), stanzas @ .., Seen::Close] = &seen[..] else {
        panic!("{seen:?}: {text}")
    };
    for cut in 0..text.len() {
        assert_eq!(
            events(stream(), text.as_bytes(), [cut]),
            seen,
            "cut at {cut}"
        );
    }
    let whole = events(document(), text.as_bytes(), []);
    let [Seen::Element(root)] = &whole[..] else {
        panic!("{whole:?}: {text}")
    };
    let children: Vec<_> = root.children().map(ElementRef::to_element).collect();
    let stanzas: Vec<_> = stanzas
        .iter()
        .map(|seen| match seen {
            Seen::Element(element) => element.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(stanzas, children, "{text}");
    stanzas
}

/// The text of the body of the only message in `text`.
#[track_caller]
fn body(text: &str) -> String {
    let stanzas = stanzas(text);
    let [message] = &stanzas[..] else {
        panic!("{stanzas:?}")
    };
    assert!(message.is("message", ns::CLIENT), "{text}");
    let body = message.root().child("body", ns::CLIENT).expect(text);
    body.text().into_owned()
}

const HEADER: &str =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

#[track_caller]
fn body_in_stream(stanza: &str) -> String {
    body(&format!("{HEADER}{stanza}</stream:stream>"))
}

#[test]
fn prefixed_stanzas() {
    let text = "<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns:c='jabber:client'>\
                <c:message><c:body>Hi</c:body></c:message></s:stream>";
    assert_eq!(body(text), "Hi");
    // The prefix declared by the stanza, and used by its end tag.
    let stanza = "<x:message xmlns:x='jabber:client'><x:body>Hi</x:body></x:message >";
    assert_eq!(body_in_stream(stanza), "Hi");
    // The default namespace is that of streams, and features have no prefix.
    let text = "<stream xmlns='http://etherx.jabber.org/streams' xmlns:c='jabber:client'><features/><c:iq/></stream>";
    let found = stanzas(text);
    assert!(found[0].is("features", ns::STREAMS) && found[1].is("iq", ns::CLIENT));
}

#[test]
fn prefixed_bodies() {
    for stanza in [
        "<message xmlns:b='jabber:client'><b:body>Hi</b:body></message>",
        "<message><b:body xmlns:b='jabber:client'>Hi</b:body></message>",
        "<m:message xmlns:m='jabber:client'><body>Hi</body></m:message>",
        "<m:message xmlns:m='jabber:client' xmlns='u'><m:body>Hi</m:body><body>no</body></m:message>",
    ] {
        assert_eq!(body_in_stream(stanza), "Hi", "{stanza}");
    }
    // The wrapper of BOSH.
    let text = "<h:body xmlns:h='http://jabber.org/protocol/httpbind' rid='1'>\
                <message xmlns='jabber:client'><body>Hi</body></message></h:body>";
    assert_eq!(body(text), "Hi");
}

#[test]
fn namespace_declarations_anywhere() {
    for stanza in [
        // Behind the attributes, between them, on the body, several of one namespace, one that nobody uses.
        "<message to='a' xmlns='jabber:client' id='1'><body>Hi</body></message>",
        "<message p:x='1' xmlns:p='u'><body>Hi</body></message>",
        "<message><body xmlns='jabber:client' xmlns:q='jabber:client' xmlns:r='u'>Hi</body></message>",
        "<message xmlns='jabber:client'><body xmlns='jabber:client'>Hi</body></message>",
        // Undone and done again.
        "<message><x xmlns=''><body>no</body></x><body>Hi</body></message>",
        "<message><x xmlns='u'><y xmlns='jabber:client'><body>no</body></y></x><body>Hi</body></message>",
        // The one prefix that is always declared.
        "<message xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'><body>Hi</body></message>",
    ] {
        assert_eq!(body_in_stream(stanza), "Hi", "{stanza}");
    }
}

#[test]
fn cdata_sections() {
    for (stanza, text) in [
        ("<![CDATA[Hi]]>", "Hi"),
        ("<![CDATA[<b>&amp;</b>]]>", "<b>&amp;</b>"),
        ("a<![CDATA[]]>b<![CDATA[ c]]>", "ab c"),
        ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
        ("<![CDATA[x]]]>", "x]"),
        ("<![CDATA[<![CDATA[]]>", "<![CDATA["),
        ("<![CDATA[1\r\n2\r3]]>", "1\n2\n3"),
    ] {
        let stanza = format!("<message><body>{stanza}</body></message>");
        assert_eq!(body_in_stream(&stanza), text, "{stanza}");
    }
}

#[test]
fn character_references_with_leading_zeros() {
    for reference in [
        "&#65;",
        "&#000065;",
        "&#x41;",
        "&#x0041;",
        "&#x000000000000000000000000041;",
    ] {
        let stanza = format!("<message to='{reference}'><body>{reference}</body></message>");
        assert_eq!(body_in_stream(&stanza), "A", "{reference}");
        let found = stanzas(&format!("{HEADER}{stanza}</stream:stream>"));
        assert_eq!(found[0].attr("to").as_deref(), Some("A"), "{reference}");
    }
}

#[test]
fn white_space_between_stanzas() {
    for space in [" ", "\n", "\r\n\t ", "\r", &" ".repeat(20_000)] {
        let text = format!(
            "{HEADER}{space}<message><body>Hi</body></message>{space}<presence/>{space}</stream:stream>"
        );
        // Cut anywhere but within a long run.
        let seen = events(stream(), text.as_bytes(), []);
        assert_eq!(seen.len(), 4, "{seen:?}");
        assert_eq!(events(stream(), text.as_bytes(), 1..text.len()), seen);
        if space.len() < 10 {
            assert_eq!(stanzas(&text).len(), 2);
        }
    }
}

#[test]
fn an_xml_declaration_before_the_header() {
    for declaration in [
        "<?xml version='1.0'?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>",
        "<?xml\tversion = '1.0'\r\n?>",
        "\u{feff}<?xml version='1.0'?>",
    ] {
        let text =
            format!("{declaration}{HEADER}<message><body>Hi</body></message></stream:stream>");
        assert_eq!(body(&text), "Hi", "{declaration:?}");
    }
}
