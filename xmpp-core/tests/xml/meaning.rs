//! Equality, `Display` and `FromStr` by meaning: two ways to write one element are equal, two elements are not.

use proptest::{collection::vec, prelude::*, sample::select};
use xmpp_core::xml::{Element, ParseRule as Rule, ns};

use crate::roundtrip::{Child, Tree, normal, tree, write_by_hand};

/// The same element, written otherwise: prefixes, quotes, references, CDATA, the order of attributes, declarations that
/// nothing uses.
fn rewritten(tree: &Tree, styles: &mut impl Iterator<Item = u8>) -> Tree {
    let mut other = tree.clone();
    other.style = styles.next().unwrap_or_default();
    if other.style & 64 != 0 {
        other.attrs.reverse();
    }
    for node in &mut other.nodes {
        if let Child::Element(child) = node {
            *child = rewritten(child, styles);
        }
    }
    // Text in pieces.
    if other.style & 128 != 0 {
        let cut = |node: Child| match node {
            Child::Text(text) => {
                let middle = text.char_indices().nth(1).map_or(0, |(i, _)| i);
                let (a, b) = text.split_at(middle);
                vec![Child::Text(a.to_owned()), Child::Text(b.to_owned())]
            }
            element @ Child::Element(_) => vec![element],
        };
        other.nodes = other.nodes.into_iter().flat_map(cut).collect();
    }
    other
}

fn written(tree: &Tree) -> String {
    let mut text = String::new();
    write_by_hand(tree, "", &mut text);
    text
}

/// With declarations on the root that nothing uses.
fn with_unused(text: &str) -> String {
    let name = text.find([' ', '\n', '>', '/']).unwrap();
    format!(
        "{} xmlns:unused='urn:x' xmlns:z9='jabber:client'{}",
        &text[..name],
        &text[name..]
    )
}

fn x(ns: &str, attrs: Vec<(String, String, String)>, style: u8, nodes: Vec<Child>) -> Tree {
    Tree {
        ns: ns.into(),
        name: "x".into(),
        attrs,
        nodes,
        style,
    }
}

/// Few enough that two of them are often the same.
fn few() -> impl Strategy<Value = Tree> {
    let attrs = || {
        vec(select(&[("", "a"), ("u", "a"), ("", "b")][..]), 0..2).prop_map(|mut names| {
            names.dedup();
            names
                .into_iter()
                .map(|(ns, name)| (ns.into(), name.into(), "1".into()))
                .collect::<Vec<(String, String, String)>>()
        })
    };
    let ns = || select(&["", "u", "jabber:client"][..]);
    let leaf =
        (ns(), attrs(), any::<u8>()).prop_map(|(ns, attrs, style)| x(ns, attrs, style, Vec::new()));
    leaf.prop_recursive(2, 4, 2, move |inner| {
        let child = prop_oneof![
            inner.prop_map(Child::Element),
            select(&["", "t", "&", "t&"][..]).prop_map(|t| Child::Text(t.to_owned())),
        ];
        (ns(), attrs(), any::<u8>(), vec(child, 0..3))
            .prop_map(|(ns, attrs, style, nodes)| x(ns, attrs, style, nodes))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn ways_to_write_one_element_are_equal(tree in tree(), styles in vec(any::<u8>(), 0..24)) {
        let other = rewritten(&tree, &mut styles.into_iter());
        let (a, b) = (written(&tree), written(&other));
        let (first, second): (Element, Element) = (a.parse().unwrap(), b.parse().unwrap());
        prop_assert_eq!(&first, &second, "{} and {}", a, b);
        let unused: Element = with_unused(&b).parse().unwrap();
        prop_assert_eq!(&unused, &first);
        // What is shown is read as the same.
        for element in [first, second, unused] {
            prop_assert_eq!(element.to_string().parse::<Element>().unwrap(), element);
        }
    }

    #[test]
    fn elements_are_equal_exactly_where_they_mean_the_same(a in few(), b in few()) {
        let (first, second) = (written(&a), written(&b));
        let are_equal = Element::parse(&first).unwrap() == Element::parse(&second).unwrap();
        prop_assert_eq!(are_equal, normal(a) == normal(b), "{} and {}", first, second);
    }

    #[test]
    fn an_element_shown_alone_means_what_it_meant_in_its_place(
        tree in tree(),
        lang in select(&["", " xml:lang='de'"][..]),
        around in select(&["<o:w xmlns:o='urn:o' xmlns='urn:d' xmlns:e='urn:e'", "<w xmlns:p0='urn:p' xmlns:o='urn:o'"][..]),
    ) {
        let inner = written(&tree);
        // Its own text declares what it needs but for no namespace at all.
        let inner = if around.contains("xmlns='urn:d'") && tree.ns.is_empty() {
            format!("<k xmlns=''>{inner}</k>")
        } else {
            format!("<k>{inner}</k>")
        };
        let name = if around.starts_with("<o:w") { "o:w" } else { "w" };
        let whole = Element::parse(&format!("{around}{lang}>{inner}<o:z o:a='1'/></{name}>")).unwrap();
        for part in whole.descendants() {
            let shown = part.to_string();
            let alone: Element = shown.parse().unwrap();
            prop_assert_eq!(&alone, &part, "{}", shown);
            // Its language is not part of it.
            prop_assert_eq!(alone.lang(), part.attr_ns("lang", ns::XML));
            prop_assert_eq!(part.to_element().shrink(), alone);
        }
        let z = whole.children().last().unwrap();
        prop_assert_eq!(z.to_string(), "<z xmlns='urn:o' xmlns:o='urn:o' o:a='1'/>");
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_shown_as_the_same(text in "[<>/a-c:='\" &;x#1-9\\]\\[!A-D\r\n]{0,40}") {
        if let Ok(element) = text.parse::<Element>() {
            prop_assert_eq!(element.to_string().parse::<Element>().unwrap(), element);
        }
    }
}

#[test]
fn what_makes_no_difference_and_what_does() {
    let parse = |text: &str| text.parse::<Element>().unwrap();
    let same = [
        "<a xml:lang='de' xml:space='preserve'>xy<b/></a>",
        "<a xml:space='preserve' xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='&#100;e'>x<![CDATA[]]>y<b/></a>",
        "<a xmlns='' xmlns:u='urn:u' xml:lang=\"de\" xml:space='preserve'><![CDATA[x]]><![CDATA[y]]><b></b></a >",
    ];
    for text in same {
        assert_eq!(parse(text), parse(same[0]));
    }
    for text in [
        "<a xml:lang='de'>xy<b/></a>",
        "<a lang='de' xml:space='preserve'>xy<b/></a>",
        "<a xml:lang='DE' xml:space='preserve'>xy<b/></a>",
        "<a xml:lang='de' xml:space='preserve'>x<b/>y</a>",
        "<a xml:lang='de' xml:space='preserve'> xy<b/></a>",
        "<a xml:lang='de' xml:space='preserve'>xy<b xml:lang='de'/></a>",
    ] {
        assert_ne!(parse(text), parse(same[0]), "{text}");
    }
    // An attribute without a prefix is in no namespace, one with the prefix of its element's is.
    assert_ne!(
        parse("<p:a xmlns:p='u' p:x=''/>"),
        parse("<p:a xmlns:p='u' x=''/>")
    );
    assert_eq!(
        "<a>".parse::<Element>().unwrap_err().rule,
        Rule::UnexpectedEnd
    );
}
