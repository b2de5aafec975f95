//! Stanzas that lack their namespace.

use xmpp_core::xml::{Element, ElementRef, Namespace, Node, Nodes, Tag, Writer, ns};

const XML: Namespace = Namespace::new("http://www.w3.org/XML/1998/namespace");

/// Gives a stanza that stands in the namespace of `<body/>` the one it was meant to have: many
/// clients write no `xmlns='jabber:client'` (XEP-0206 §2, BOSH 4.9).
pub(super) fn adopt(element: Element) -> Element {
    let stanza = matches!(element.name(), "message" | "presence" | "iq");
    if !stanza || !element.is(element.name(), ns::HTTPBIND) {
        return element;
    }
    Element::build(ns::CLIENT, |w| copy(w, element.root()))
}

/// Writes `root` anew, `jabber:client` standing for the namespace of BOSH throughout. Without
/// recursion.
fn copy(w: &mut Writer<'_>, root: ElementRef<'_>) {
    let mut open: Vec<(Tag, Nodes<'_>)> = vec![(start(w, root), root.nodes())];
    while let Some((_, nodes)) = open.last_mut() {
        match nodes.next() {
            Some(Node::Element(child)) => {
                let tag = start(w, child);
                open.push((tag, child.nodes()));
            }
            Some(Node::Text(text)) => w.text(&text),
            None => {
                if let Some((tag, _)) = open.pop() {
                    w.end(tag);
                }
            }
        }
    }
}

fn start(w: &mut Writer<'_>, element: ElementRef<'_>) -> Tag {
    let tag = if element.has_ns(ns::HTTPBIND) {
        w.start(element.name(), ns::CLIENT)
    } else {
        w.start_with(element.name(), element.ns())
    };
    for (i, attribute) in element.attrs().enumerate() {
        let (name, value) = (attribute.name(), attribute.value());
        match attribute.ns() {
            "" => w.attr(name, &value),
            other if other == XML.as_str() => w.attr(&format!("xml:{name}"), &value),
            other => {
                w.attr(&format!("xmlns:n{i}"), other);
                w.attr(&format!("n{i}:{name}"), &value);
            }
        }
    }
    tag
}
