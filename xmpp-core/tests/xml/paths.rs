//! Paths, descendants, texts by language.

use proptest::{collection::vec, prelude::*, sample::select};
use xmpp_core::xml::{Element, ElementRef, LangMap, Limits, Namespace, ns};

const U: Namespace = Namespace::new("u");

fn ids<'a>(elements: impl Iterator<Item = ElementRef<'a>>) -> Vec<String> {
    elements
        .map(|e| e.attr("id").unwrap_or_default().into_owned())
        .collect()
}

#[test]
fn a_path_leads_to_the_first_and_to_all_elements_at_its_end() {
    let e = Element::parse(
        "<m xmlns='u'><r/>t<r><x id='0'/><f id='1'/><f id='2'><f id='3'/></f></r><r xmlns='v'><f id='4'/></r>\
         <r><f xmlns='v' id='5'/><f id='6'/></r><f id='7'/></m>",
    )
    .unwrap();
    let path = [("r", U), ("f", U)];
    assert_eq!(ids(e.paths(&path)), ["1", "2", "6"]);
    assert_eq!(e.path(&path).unwrap().attr("id").unwrap(), "1");
    assert_eq!(ids(e.paths(&[("f", U)])), ["7"]);
    assert_eq!(ids(e.paths(&[("r", U), ("f", U), ("f", U)])), ["3"]);
    assert_eq!(ids(e.paths(&[("r", U), ("f", Namespace::new("v"))])), ["5"]);
    assert_eq!(e.path(&[("r", U), ("g", U)]), None);
    // The empty path, once; another start.
    assert_eq!(e.paths(&[]).collect::<Vec<_>>(), [e.root()]);
    let last = e.children().nth(3).unwrap();
    assert_eq!(ids(last.paths(&[("f", U)])), ["6"]);
    assert_eq!(last.to_element().path(&[("f", U)]), last.child("f", U));
    assert_eq!(ids(e.descendants()).concat(), "012345".to_owned() + "67");
    assert_eq!(last.descendants().count(), 2);
    let mut done = e.paths(&path);
    assert_eq!((done.by_ref().count(), done.next()), (3, None));
}

/// By recursion.
fn naive<'a>(e: ElementRef<'a>, path: &[(&str, Namespace)], out: &mut Vec<ElementRef<'a>>) {
    match path {
        [] => out.push(e),
        [(name, ns), rest @ ..] => {
            for child in e.children().filter(|c| c.is(name, *ns)) {
                naive(child, rest, out);
            }
        }
    }
}

fn tree() -> impl Strategy<Value = String> {
    let name = || select(&["a", "b", "p:a"][..]);
    let leaf = name().prop_map(|name| format!("<{name} id=''>t</{name}>"));
    leaf.prop_recursive(5, 40, 4, move |inner| {
        (name(), vec(inner, 0..4))
            .prop_map(|(name, inner)| format!("<{name} q='1'>{}</{name}>", inner.concat()))
    })
}

proptest! {
    #[test]
    fn paths_find_what_recursion_finds(
        text in tree(),
        path in vec(select(&[("a", ns::NONE), ("b", ns::NONE), ("a", U)][..]), 0..4),
    ) {
        let e = Element::parse(&format!("<r xmlns:p='u'>{text}{text}</r>")).unwrap();
        let mut starts = vec![e.root()];
        starts.extend(e.descendants());
        prop_assert_eq!(starts.len(), 1 + text.matches("</").count() * 2);
        for start in starts {
            let mut expected = Vec::new();
            naive(start, &path, &mut expected);
            // Equal and at the same place.
            let place = |e: &ElementRef<'_>| format!("{:?} {}", e, e.descendants().count());
            let found: Vec<_> = start.paths(&path).collect();
            prop_assert_eq!(found.iter().map(place).collect::<Vec<_>>(), expected.iter().map(place).collect::<Vec<_>>());
            prop_assert_eq!(start.path(&path).is_some(), !expected.is_empty());
        }
    }
}

#[test]
fn texts_by_language_with_what_surrounds_them() {
    let message = Element::parse_in(
        "<message xml:lang='de'><body xml:lang='en'>Hi</body><body>Hallo</body><body>zwei</body><body xml:lang='EN'>no</body>\
         <body xmlns='u' xml:lang='fr'>non</body><x><body xml:lang='cs'>ne</body></x></message>",
        Limits::CLIENT,
        ns::CLIENT,
    )
    .unwrap();
    let bodies = message.texts("body", ns::CLIENT);
    let expected: LangMap = [("en", "Hi"), ("", "Hallo")].into_iter().collect();
    assert_eq!(bodies, expected);
    assert_eq!(bodies.best(&["de", "en"]), Some("Hi"));
    assert_eq!(
        bodies.best_in(message.lang().as_deref(), &["de", "en"]),
        Some("Hallo")
    );
    assert!(message.texts("subject", ns::CLIENT).is_empty());
    let x = message.child("x", ns::CLIENT).unwrap();
    assert_eq!(x.texts("body", ns::CLIENT).get("cs"), Some("ne"));
    assert_eq!(x.lang().as_deref(), Some("de"));
}
