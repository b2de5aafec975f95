//! Taking an element out of its document.

use super::super::table::{Entry, Kind, NsId};
use super::{Element, ElementRef};

/// A document of its own for `element`.
pub(super) fn extract(element: ElementRef<'_>) -> Element {
    let root = *element.entry();
    let (first, base) = (element.index_u32(), root.start - 1);
    let source = &element.table()[element.index()..root.next as usize];

    // The namespaces in use that the document lists itself.
    let mut used: Vec<usize> = source.iter().filter_map(|e| e.ns.as_local()).collect();
    used.sort_unstable();
    used.dedup();

    let shifted = source.iter().map(|entry| {
        let mut entry = Entry {
            start: entry.start - base,
            end: entry.end - base,
            ..*entry
        };
        match entry.kind {
            Kind::Element => {
                entry.link = entry.link.wrapping_sub(first);
                entry.next -= first;
            }
            Kind::Attribute | Kind::Declaration => entry.link -= base,
            Kind::Text | Kind::Namespace => entry.next -= first,
        }
        if let Some(local) = entry.ns.as_local() {
            entry.ns = used.binary_search(&local).map_or(NsId::NONE, NsId::local);
        }
        entry
    });
    let text = &element.document()[root.element_span()];
    if used.is_empty() {
        let mut nodes: Vec<Entry> = shifted.collect();
        nodes[0].link = u32::MAX;
        return Element::from_parts(text.into(), nodes.into());
    }

    let mut text = text.to_owned();
    let mut nodes = Vec::with_capacity(source.len() + used.len());
    nodes.extend(shifted);
    nodes[0].link = u32::MAX;
    let locals = element.table()[0].next as usize;
    for local in used {
        let entry = element.table()[locals + local];
        if entry.start >= base && entry.end <= root.end {
            // Declared in the element itself.
            nodes.push(Entry {
                start: entry.start - base,
                end: entry.end - base,
                ..entry
            });
            continue;
        }
        let start = text.len();
        text.push_str(&element.document()[entry.span()]);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "not longer than the document"
        )]
        nodes.push(Entry {
            start: start as u32,
            end: text.len() as u32,
            ..entry
        });
    }
    Element::from_parts(text.into(), nodes.into())
}
