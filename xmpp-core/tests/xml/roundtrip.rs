//! Round trips: what is written is what is read, through every name, attribute and text that the iterators give.

use proptest::{collection::vec, prelude::*, sample::select};
use xmpp_core::xml::{
    Element, ElementRef, Limits, Namespace, Node, Parser, ParserEvent, Writer, ns,
};

use crate::common::{Seen, events, stream};

/// An element as a test makes it up, and as it is rebuilt from what the iterators give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) ns: String,
    pub(crate) name: String,
    /// Namespace, name and value; sorted.
    pub(crate) attrs: Vec<(String, String, String)>,
    pub(crate) nodes: Vec<Child>,
    /// How the test writes it.
    pub(crate) style: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Child {
    Element(Tree),
    Text(String),
}

/// The element as the iterators tell it.
fn rebuild(element: ElementRef<'_>) -> Tree {
    let mut attrs: Vec<_> = element
        .attrs()
        .map(|a| {
            (
                a.ns().to_owned(),
                a.name().to_owned(),
                a.value().into_owned(),
            )
        })
        .collect();
    attrs.sort();
    let nodes = element
        .nodes()
        .map(|node| match node {
            Node::Element(child) => Child::Element(rebuild(child)),
            Node::Text(text) => Child::Text(text.into_owned()),
        })
        .collect();
    Tree {
        ns: element.ns().into(),
        name: element.name().into(),
        attrs,
        nodes,
        style: 0,
    }
}

/// Without what is not content: styles; runs of text joined; attributes in order and without duplicates.
pub(crate) fn normal(mut tree: Tree) -> Tree {
    tree.style = 0;
    tree.attrs.sort();
    tree.attrs.dedup_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1));
    let mut nodes: Vec<Child> = Vec::new();
    for node in tree.nodes {
        match (node, nodes.last_mut()) {
            (Child::Element(child), _) => nodes.push(Child::Element(normal(child))),
            (Child::Text(text), _) if text.is_empty() => {}
            (Child::Text(text), Some(Child::Text(before))) => before.push_str(&text),
            (text, _) => nodes.push(text),
        }
    }
    tree.nodes = nodes;
    tree
}

/// Written with the library's writer.
fn write(tree: &Tree, w: &mut Writer<'_>) {
    let tag = w.start_with(&tree.name, &tree.ns);
    for (i, (ns, name, value)) in tree.attrs.iter().enumerate() {
        match ns.as_str() {
            "" => w.attr(name, value),
            "http://www.w3.org/XML/1998/namespace" => w.attr(&format!("xml:{name}"), value),
            _ => {
                w.attr(&format!("xmlns:p{i}"), ns);
                w.attr(&format!("p{i}:{name}"), value);
            }
        }
    }
    for node in &tree.nodes {
        match node {
            Child::Element(child) => write(child, w),
            Child::Text(text) => w.text(text),
        }
    }
    w.end(tag);
}

/// Written by hand, with prefixes, both quotes, CDATA and references of every kind.
pub(crate) fn write_by_hand(tree: &Tree, default: &str, out: &mut String) {
    use std::fmt::Write as _;
    let (quote, prefixed) = (
        if tree.style & 1 == 0 { '\'' } else { '"' },
        tree.style & 2 != 0 && !tree.ns.is_empty(),
    );
    let escape = |text: &str| -> String {
        text.chars()
            .map(|c| match c {
                '&' => "&amp;".to_owned(),
                '<' if tree.style & 4 == 0 => "&lt;".to_owned(),
                '<' | '>' | '\'' | '"' | '\t' | '\n' | '\r' => format!("&#x{:x};", c as u32),
                c if tree.style & 8 != 0 && !c.is_ascii() => format!("&#0{};", c as u32),
                c => c.to_string(),
            })
            .collect()
    };
    let name = if prefixed {
        format!("e:{}", tree.name)
    } else {
        tree.name.clone()
    };
    let _ = write!(out, "<{name}");
    let mut inner = default.to_owned();
    if prefixed {
        let _ = write!(out, " xmlns:e={quote}{}{quote}", escape(&tree.ns));
    } else if tree.ns != default {
        let _ = write!(out, "\n xmlns = {quote}{}{quote}", escape(&tree.ns));
        inner.clone_from(&tree.ns);
    }
    for (i, (ns, name, value)) in tree.attrs.iter().enumerate() {
        let value = escape(value);
        let _ = match ns.as_str() {
            "" => write!(out, " {name}\t={quote}{value}{quote}"),
            "http://www.w3.org/XML/1998/namespace" => {
                write!(out, " xml:{name}={quote}{value}{quote}")
            }
            _ => write!(
                out,
                " p{i}:{name}={quote}{value}{quote} xmlns:p{i}={quote}{}{quote}",
                escape(ns)
            ),
        };
    }
    if tree.nodes.is_empty() && tree.style & 16 != 0 {
        out.push_str(" />");
        return;
    }
    out.push('>');
    for node in &tree.nodes {
        match node {
            Child::Element(child) => write_by_hand(child, &inner, out),
            Child::Text(text) if tree.style & 32 != 0 && !text.contains(['\r']) => {
                let _ = write!(
                    out,
                    "<![CDATA[{}]]>",
                    text.replace("]]>", "]]]]><![CDATA[>")
                );
            }
            Child::Text(text) => out.push_str(&escape(text)),
        }
    }
    let _ = write!(out, "</{name} >");
}

/// So long that it is declared once where it is used twice.
const LONG: &str = match str::from_utf8(&[b'l'; 600]) {
    Ok(long) => long,
    Err(_) => panic!(),
};

const NAMESPACES: [&str; 8] = [
    LONG,
    "",
    "jabber:client",
    "jabber:x:data",
    "urn:example:unknown",
    "urn:example:other",
    "a'b&c<d \"e",
    "u",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,12}",
        vec(
            select(
                &[
                    "&",
                    "<",
                    ">",
                    "'",
                    "\"",
                    "]]>",
                    "\t",
                    "\n",
                    "\r",
                    "\r\n",
                    "x",
                    "\u{e9}",
                    "\u{1f600}",
                    "\u{fffd}"
                ][..]
            ),
            0..6
        )
        .prop_map(|pieces| pieces.concat()),
    ]
}

fn attrs() -> impl Strategy<Value = Vec<(String, String, String)>> {
    let ns = select(
        &[
            "",
            "",
            "",
            "urn:example:unknown",
            "jabber:client",
            "http://www.w3.org/XML/1998/namespace",
        ][..],
    );
    let name = select(&["to", "from", "id", "lang", "\u{e9}t\u{e9}", "x-1", "_"][..]);
    vec((ns, name, text()), 0..4).prop_map(|mut attrs| {
        attrs.sort_unstable();
        attrs.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
        attrs
            .into_iter()
            .map(|(ns, name, value)| (ns.into(), name.into(), value))
            .collect()
    })
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let name = || {
        select(&["message", "body", "x", "\u{e9}l\u{e9}ment", "a.b-c_d"][..])
            .prop_map(str::to_owned)
    };
    let ns = || select(&NAMESPACES[..]).prop_map(str::to_owned);
    let leaf = (ns(), name(), attrs(), any::<u8>()).prop_map(|(ns, name, attrs, style)| Tree {
        ns,
        name,
        attrs,
        nodes: Vec::new(),
        style,
    });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let child = prop_oneof![inner.prop_map(Child::Element), text().prop_map(Child::Text)];
        (ns(), name(), attrs(), vec(child, 0..4), any::<u8>()).prop_map(
            |(ns, name, attrs, nodes, style)| Tree {
                ns,
                name,
                attrs,
                nodes,
                style,
            },
        )
    })
}

/// Every element of the document.
fn descendants(root: ElementRef<'_>) -> Vec<ElementRef<'_>> {
    let mut all = vec![root];
    let mut i = 0;
    while i < all.len() {
        all.extend(all[i].children());
        i += 1;
    }
    all
}

/// Everything that must hold for a parsed element.
fn check(element: &Element) {
    let written = element.to_string();
    let again = Element::parse(&written).unwrap_or_else(|e| panic!("{e} in {written}"));
    assert_eq!(&again, element, "{written}");
    assert_eq!(rebuild(again.root()), rebuild(element.root()), "{written}");
    assert_eq!(again.to_string(), written, "writing is stable");
    // In another default namespace; the canonical form.
    for default in [
        ns::CLIENT,
        ns::DATA_FORMS,
        Namespace::new("urn:example:unknown"),
    ] {
        let mut out = String::new();
        Writer::new(&mut out, default).element(element.root());
        let again = Element::parse_in(&out, Limits::CLIENT, default).unwrap();
        assert_eq!(&again, element, "{out} in {default:?}");
    }
    for part in descendants(element.root()) {
        let whole = part.to_element();
        let shrunk = whole.shrink();
        assert_eq!(whole, part);
        assert_eq!(shrunk, part);
        assert!(shrunk.memory() <= whole.memory());
        assert_eq!(rebuild(shrunk.root()), rebuild(part));
        assert_eq!(shrunk.to_string(), part.to_string());
        assert_eq!(Element::parse(&part.to_string()).unwrap(), part);
        assert_eq!(Element::from_xml(&part), part);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_the_writer_writes_is_read(tree in tree()) {
        let element = Element::build(ns::NONE, |w| write(&tree, w));
        prop_assert_eq!(rebuild(element.root()), normal(tree.clone()));
        check(&element);
        let client = Element::build(ns::CLIENT, |w| write(&tree, w));
        prop_assert_eq!(&client, &element);
        check(&client);
    }

    #[test]
    fn what_others_write_is_read(tree in tree()) {
        let mut text = String::new();
        write_by_hand(&tree, "", &mut text);
        let element = Element::parse(&text).map_err(|e| TestCaseError::fail(format!("{e} in {text}")))?;
        prop_assert_eq!(rebuild(element.root()), normal(tree), "{}", text);
        check(&element);
    }

    #[test]
    fn stanzas_inherit_what_the_stream_declares(tree in tree(), default in select(&NAMESPACES[..])) {
        // The stream binds the default namespace and the prefixes that its children use.
        let mut stanza = String::new();
        write_by_hand(&tree, default, &mut stanza);
        let escaped = default.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;");
        let text = format!("<s xmlns='{escaped}' xmlns:o='urn:outer'><o:x o:y='z'>{stanza}</o:x>{stanza}</s>");
        let seen = events(stream(), text.as_bytes(), []);
        let [Seen::Open(_), Seen::Element(outer), Seen::Element(inner), Seen::Close] = &seen[..] else {
            return Err(TestCaseError::fail(format!("{seen:?} from {text}")));
        };
        prop_assert_eq!(rebuild(inner.root()), normal(tree.clone()), "{}", text);
        check(inner);
        check(outer);
        prop_assert_eq!(outer.ns(), "urn:outer");
        prop_assert_eq!(outer.attrs().next().unwrap().ns(), "urn:outer");
        prop_assert_eq!(outer.children().next().unwrap(), inner.root());
    }
}

#[test]
fn line_ends_and_white_space_are_normalised() {
    let e = Element::parse(
        "<a b='1\r\n2\r3\n4\t5&#13;&#10;&#9;6'>1\r\n2\r3\n&#13;\r\r\n<![CDATA[\r\n\r]]></a>",
    )
    .unwrap();
    assert_eq!(e.attr("b").unwrap(), "1 2 3 4 5\r\n\t6");
    assert_eq!(e.text(), "1\n2\n3\n\r\n\n\n\n");
    check(&e);
}

#[test]
fn runs_of_text_are_whole_and_never_empty() {
    let e = Element::parse(
        "<a><![CDATA[]]>1&amp;<![CDATA[2]]>3<b/><![CDATA[]]><c><![CDATA[]]></c>&#52;</a>",
    )
    .unwrap();
    let nodes: Vec<String> = e.nodes().map(|n| format!("{n:?}")).collect();
    assert_eq!(
        nodes,
        [
            "Text(\"1&23\")",
            "Element(<b/>)",
            "Element(<c/>)",
            "Text(\"4\")"
        ]
    );
    assert_eq!(e.text(), "1&234");
    assert_eq!(e.child("c", ns::NONE).unwrap().text(), "");
    assert_eq!(e, Element::parse("<a>1&amp;23<b/><c/>4</a>").unwrap());
}

#[test]
fn equality_is_by_meaning() {
    let same = [
        "<p:a xmlns:p='jabber:client' x='1' y='&quot;'>t<p:b/></p:a>",
        "<a xmlns='jabber:client' y='\"' x=\"1\">&#116;<b></b></a>",
        "<a y='&#34;' x='1' xmlns='jabber:clien&#x74;'><![CDATA[t]]><q:b xmlns:q='jabber:client'/></a >",
    ];
    let other = [
        "<a xmlns='jabber:server' x='1' y='\"'>t<b/></a>",
        "<a xmlns='jabber:client' x='1'>t<b/></a>",
        "<a xmlns='jabber:client' x='1' y='\"' z=''>t<b/></a>",
        "<a xmlns='jabber:client' x='2' y='\"'>t<b/></a>",
        "<a xmlns='jabber:client' x='1' y='\"'>t <b/></a>",
        "<a xmlns='jabber:client' x='1' y='\"'><b/>t</a>",
        "<a xmlns='jabber:client' x='1' y='\"'>t<b><b/></b></a>",
        "<a xmlns='jabber:client' x='1' y='\"'>t<b/><b/></a>",
        "<a xmlns='jabber:client' x='1' y='\"'>t<b xmlns=''/></a>",
        "<a xmlns='jabber:client' x='1' y='\"'>t</a>",
        "<a xmlns='jabber:client' p:x='1' y='\"' xmlns:p='jabber:client'>t<b/></a>",
    ];
    let first = Element::parse(same[0]).unwrap();
    for text in same {
        assert_eq!(Element::parse(text).unwrap(), first);
    }
    for text in other {
        assert_ne!(Element::parse(text).unwrap(), first, "{text}");
    }
    // Nesting, not just order.
    let nested = Element::parse("<a><b><c/></b></a>").unwrap();
    assert_ne!(nested, Element::parse("<a><b/><c/></a>").unwrap());
}

#[test]
fn language_is_inherited_within_the_document() {
    let e =
        Element::parse("<a xml:lang='de'><b><c xml:lang='en'/><d xml:lang=''/></b></a>").unwrap();
    let b = e.child("b", ns::NONE).unwrap();
    assert_eq!(b.lang().as_deref(), Some("de"));
    assert_eq!(
        b.child("c", ns::NONE).unwrap().lang().as_deref(),
        Some("en")
    );
    assert_eq!(b.child("d", ns::NONE).unwrap().lang().as_deref(), Some(""));
    assert_eq!(b.to_element().lang().as_deref(), Some("de"));
    assert_eq!(b.to_element().shrink().lang(), None);
    assert_eq!(Element::parse("<a/>").unwrap().lang(), None);
}

#[test]
fn the_open_tag_of_a_stream_is_an_element_without_children() {
    let mut parser = Parser::stream(Limits::CLIENT).with_default_namespace(ns::HTTPBIND);
    parser
        .push(b"<body rid='1' p:x='&#50;' xmlns:p='urn:p'><iq xmlns='jabber:client'/><x/></body>");
    let Ok(Some(ParserEvent::Open(body))) = parser.poll() else {
        panic!()
    };
    assert!(body.is("body", ns::HTTPBIND));
    assert_eq!(body.attr_ns("x", Namespace::new("urn:p")).unwrap(), "2");
    assert_eq!(body.nodes().count(), 0);
    check(&body);
    let Ok(Some(ParserEvent::Element(iq))) = parser.poll() else {
        panic!()
    };
    assert!(iq.is("iq", ns::CLIENT));
    let Ok(Some(ParserEvent::Element(x))) = parser.poll() else {
        panic!()
    };
    assert!(x.is("x", ns::HTTPBIND));
    assert_eq!(
        x.to_string(),
        "<x xmlns='http://jabber.org/protocol/httpbind'/>"
    );
    assert_eq!(parser.poll(), Ok(Some(ParserEvent::Close)));
    parser.finish().unwrap();
}

#[test]
fn values_and_text_in_a_callers_buffer_equal_those_of_their_own() {
    let xml =
        "<m a='plain' b='1 &amp; 2&#x9;3\n4'>one&lt;<i>x</i>two<![CDATA[<]]><i/>three\r\n<i/></m>";
    for xml in [
        xml,
        "<m a=''/>",
        "<m>only</m>",
        "<m><i/>a<i/></m>",
        "<m>&amp;<i/>b</m>",
    ] {
        let element = Element::parse(xml).unwrap();
        let mut scratch = String::from("left over");
        assert_eq!(
            element.root().text_in(&mut scratch),
            element.text(),
            "{xml}"
        );
        for attr in element.attrs() {
            assert_eq!(attr.value_in(&mut scratch), attr.value(), "{xml}");
        }
    }
}
