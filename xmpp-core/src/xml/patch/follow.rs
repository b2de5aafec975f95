//! What follows a stanza into another content namespace, and what does not.

use super::super::{
    ElementRef, WriteXml, Writer,
    element::write_attributes,
    ns,
    table::{Entry, Kind, NsId},
};

/// Whether it is enough to change the declaration on the root: what is in its namespace has it from there, and what is in
/// `<forwarded/>` has not. `element` has no prefix and uses none from outside.
pub(super) fn follows_by_itself(element: ElementRef<'_>) -> bool {
    let table = element.table();
    let root = element.entry();
    let content = element.content_index();
    let mut i = element.index() + 1;
    while i < root.next as usize {
        let entry = &table[i];
        i += 1;
        match entry.kind {
            Kind::Declaration
                if (entry.prefix_len != 0 || i > content)
                    && is_same_ns(element, entry.ns, root.ns) =>
            {
                return false;
            }
            Kind::Element if is_forwarded(element, entry) => {
                // Without a prefix, it ends the root's default namespace; with one, that may go on inside.
                if entry.prefix_len != 0 {
                    return false;
                }
                i = entry.next as usize;
            }
            _ => {}
        }
    }
    true
}

/// Writes the content of `element`, what is in its namespace in the namespace `inner` but for what is inside
/// `<forwarded/>`. The tag of `element` is open, with `inner` as its default namespace.
pub(super) fn write_content(element: ElementRef<'_>, inner: &str, w: &mut Writer<'_>) {
    let root = element.entry();
    let end = root.next as usize;
    let mut open = Vec::new();
    let mut i = element.content_index();
    loop {
        while let Some((_, tag)) = open.pop_if(|(end, _)| *end <= i) {
            w.end(tag);
        }
        if i >= end {
            return;
        }
        let entry = &element.table()[i];
        let child = element.with_index(i);
        if entry.kind == Kind::Text {
            w.text(&element.run(entry));
            i += 1;
        } else if is_forwarded(element, entry) {
            child.write_xml(w);
            i = entry.next as usize;
        } else {
            let moves = is_same_ns(element, entry.ns, root.ns);
            let ns = if moves { inner } else { child.ns() };
            let tag = w.start_with(child.name(), ns);
            write_attributes(child, |_| true, |name, value| w.attr(name, value));
            open.push((entry.next as usize, tag));
            i = child.content_index();
        }
    }
}

/// XEP-0297: what is inside keeps its namespaces.
fn is_forwarded(document: ElementRef<'_>, entry: &Entry) -> bool {
    entry.ns.is(ns::FORWARD.id()) && document.is_local_name(entry, "forwarded")
}

fn is_same_ns(document: ElementRef<'_>, a: NsId, b: NsId) -> bool {
    let both_local = a.as_local().is_some() && b.as_local().is_some();
    a.is_same_id(b) || both_local && document.ns_name(a) == document.ns_name(b)
}
