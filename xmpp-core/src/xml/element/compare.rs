//! Equality: expanded names, attributes as a set, text and children in order. No recursion.

use super::super::table::{Entry, Kind, NsId};
use super::ElementRef;

pub(super) fn equal(left: ElementRef<'_>, right: ElementRef<'_>) -> bool {
    let (left_end, right_end) = (left.entry().next as usize, right.entry().next as usize);
    let (mut i, mut j) = (left.index(), right.index());
    // Where the elements that are open end.
    let mut open: Vec<(usize, usize)> = Vec::new();
    loop {
        while let Some(&(i_end, j_end)) = open.last() {
            match (i >= i_end, j >= j_end) {
                (true, true) => open.pop(),
                (false, false) => break,
                _ => return false,
            };
        }
        if i >= left_end || j >= right_end {
            return i >= left_end && j >= right_end;
        }
        let (node, other) = (&left.table()[i], &right.table()[j]);
        if node.kind != other.kind {
            return false;
        }
        if node.kind == Kind::Text {
            if left.run(node) != right.run(other) {
                return false;
            }
            i += 1;
            j += 1;
            continue;
        }
        let (child, other_child) = (left.with_index(i), right.with_index(j));
        if !same_name(child, node, other_child, other) || !same_attributes(child, other_child) {
            return false;
        }
        open.push((node.next as usize, other.next as usize));
        i = child.content_index();
        j = other_child.content_index();
    }
}

fn same_name(left: ElementRef<'_>, a: &Entry, right: ElementRef<'_>, b: &Entry) -> bool {
    left.document()[a.local_span()] == right.document()[b.local_span()]
        && same_ns(left, a.ns, right, b.ns)
}

fn same_ns(left: ElementRef<'_>, a: NsId, right: ElementRef<'_>, b: NsId) -> bool {
    match (a.as_known(), b.as_known()) {
        (Some(a), Some(b)) => a == b,
        (None, None) => left.ns_name(a) == right.ns_name(b),
        _ => false,
    }
}

fn same_attributes(left: ElementRef<'_>, right: ElementRef<'_>) -> bool {
    let attributes = |e: &&Entry| e.kind == Kind::Attribute;
    let (all, others) = (left.tag_entries(), right.tag_entries());
    if all.iter().filter(attributes).count() != others.iter().filter(attributes).count() {
        return false;
    }
    // Mostly in the same order: the search begins behind the last one found.
    let mut from = 0;
    all.iter().filter(attributes).all(|a| {
        let found = (from..others.len())
            .chain(0..from)
            .find(|&j| others[j].kind == Kind::Attribute && same_name(left, a, right, &others[j]));
        found.is_some_and(|j| {
            from = j + 1;
            left.value(a) == right.value(&others[j])
        })
    })
}
