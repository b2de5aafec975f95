//! A document made anew from what the iterators give.

use xmpp_core::xml::{ElementRef, Node, Writer, ns};

/// The namespace of `xml:lang`.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// `element` as a document that is written from its names, namespaces, attributes and text alone.
pub fn rebuild(element: ElementRef<'_>) -> String {
    let mut out = String::new();
    write(element, &mut Writer::new(&mut out, ns::NONE));
    out
}

fn write(element: ElementRef<'_>, w: &mut Writer<'_>) {
    let tag = w.start_with(element.name(), element.ns());
    for (i, attr) in element.attrs().enumerate() {
        let value = attr.value();
        match attr.ns() {
            "" => w.attr(attr.name(), &value),
            XML => w.attr(&format!("xml:{}", attr.name()), &value),
            uri => {
                w.attr(&format!("xmlns:p{i}"), uri);
                w.attr(&format!("p{i}:{}", attr.name()), &value);
            }
        }
    }
    for node in element.nodes() {
        match node {
            Node::Element(child) => write(child, w),
            Node::Text(text) => w.text(&text),
        }
    }
    w.end(tag);
}
