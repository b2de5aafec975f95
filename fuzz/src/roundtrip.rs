//! What was read can be written, and reads the same.

use xml_oracles::rebuild;
use xmpp_core::xml::{Edit, Element, Fanout, Limits, Patch, Writer, ns};

/// The input is one document.
pub fn roundtrip(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Ok(element) = Element::parse(text) else {
        return;
    };

    // As a document of its own.
    let written = element.to_string();
    let again = Element::parse(&written).expect("Display writes valid XML");
    assert_eq!(again, element, "{written}");

    // Not much longer than what was read, but for the namespaces that elements and prefixes declare again: a name has
    // a limit, and each of its bytes at most six where it is escaped.
    let names = data.iter().filter(|b| matches!(b, b'<' | b':')).count();
    let most = data.len() * 8 + 1024 + names * (Limits::CLIENT.namespace_bytes * 6 + 32);
    assert!(
        written.len() <= most,
        "{} bytes for {}",
        written.len(),
        data.len()
    );

    // Rebuilt from what the iterators tell.
    let rebuilt = rebuild(element.root());
    assert_eq!(
        Element::parse(&rebuilt).expect("the writer writes valid XML"),
        element,
        "{rebuilt}"
    );

    // Within a stream of another default namespace.
    let mut inner = String::from("<s xmlns='jabber:client'>");
    Writer::new(&mut inner, ns::CLIENT).element(element.root());
    inner.push_str("</s>");
    let inner = Element::parse(&inner).expect("an element stands anywhere");
    assert_eq!(
        inner.children().next().expect("a child").to_element(),
        element
    );

    // Every child stands alone, shrunken or not.
    for child in element.children() {
        let child = child.to_element();
        assert_eq!(child.shrink(), child);
        assert_eq!(
            Element::parse(&child.to_string()).expect("valid alone"),
            child
        );
    }

    // An edit, a patch and a copy are well-formed whatever the value is.
    let value = element.attr("to").unwrap_or_default();
    let edited = Element::from_xml(
        &Edit::new(&element)
            .set_attr("from", &*value)
            .remove_attr("to"),
    );
    assert!(edited.to_string().len() <= most + value.len() * 6);
    assert_eq!(edited.attr("from").as_deref(), Some(&*value));
    assert_eq!(edited.attr("to"), None);
    if element.ns() == ns::CLIENT.as_str() {
        let mut out = String::new();
        Patch::new(&element, &["from"]).apply(&[("from", "a'b<&\"@example.org")], &mut out);
        check_stanza(&out, "from", "a'b<&\"@example.org");
        let mut out = String::new();
        Fanout::new(&element).copy("x'y<&\">@example.org", &mut out);
        check_stanza(&out, "to", "x'y<&\">@example.org");
    }
}

fn check_stanza(out: &str, name: &str, value: &str) {
    let stream = format!("<s xmlns='jabber:client'>{out}</s>");
    let stream = Element::parse(&stream).unwrap_or_else(|e| panic!("{e}: {out}"));
    let mut children = stream.children();
    assert_eq!(
        children.next().expect("a stanza").attr(name).as_deref(),
        Some(value),
        "{out}"
    );
    assert!(children.next().is_none(), "one stanza: {out}");
}
