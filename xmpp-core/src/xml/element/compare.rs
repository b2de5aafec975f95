//! Equality: expanded names, attributes as a set, text and children in order. No recursion.

use super::super::table::{Entry, Kind, NsId};
use super::ElementRef;

pub(super) fn equal(a: ElementRef<'_>, b: ElementRef<'_>) -> bool {
    let (a_end, b_end) = (a.entry().next as usize, b.entry().next as usize);
    let (mut i, mut j) = (a.index(), b.index());
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
        if i >= a_end || j >= b_end {
            return i >= a_end && j >= b_end;
        }
        let (x, y) = (&a.table()[i], &b.table()[j]);
        if x.kind != y.kind {
            return false;
        }
        if x.kind == Kind::Text {
            if a.run(x) != b.run(y) {
                return false;
            }
            i += 1;
            j += 1;
            continue;
        }
        let (x_ref, y_ref) = (a.with_index(i), b.with_index(j));
        if !same_name(x_ref, x, y_ref, y) || !same_attributes(x_ref, y_ref) {
            return false;
        }
        open.push((x.next as usize, y.next as usize));
        i = x_ref.content_index();
        j = y_ref.content_index();
    }
}

fn same_name(a: ElementRef<'_>, x: &Entry, b: ElementRef<'_>, y: &Entry) -> bool {
    a.document()[x.local_span()] == b.document()[y.local_span()] && same_ns(a, x.ns, b, y.ns)
}

fn same_ns(a: ElementRef<'_>, x: NsId, b: ElementRef<'_>, y: NsId) -> bool {
    match (x.as_known(), y.as_known()) {
        (Some(x), Some(y)) => x == y,
        (None, None) => a.ns_name(x) == b.ns_name(y),
        _ => false,
    }
}

fn same_attributes(a: ElementRef<'_>, b: ElementRef<'_>) -> bool {
    let attributes = |e: &&Entry| e.kind == Kind::Attribute;
    let (xs, ys) = (a.tag_entries(), b.tag_entries());
    if xs.iter().filter(attributes).count() != ys.iter().filter(attributes).count() {
        return false;
    }
    // Mostly in the same order: the search begins behind the last one found.
    let mut from = 0;
    xs.iter().filter(attributes).all(|x| {
        let found = (from..ys.len())
            .chain(0..from)
            .find(|&j| ys[j].kind == Kind::Attribute && same_name(a, x, b, &ys[j]));
        found.is_some_and(|j| {
            from = j + 1;
            a.value(x) == b.value(&ys[j])
        })
    })
}
