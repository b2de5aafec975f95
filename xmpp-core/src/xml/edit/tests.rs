//! The cost of an edit, counted and not timed: linear in the element and in the number of changes.

use super::super::{Element, Fanout, Limits, ns, work};
use super::Edit;

/// Work for all of `changes` on a stanza of `n` children.
fn cost(
    text: &str,
    n: usize,
    changes: impl for<'a> Fn(Edit<'a>, &'a Element) -> Edit<'a>,
) -> (usize, usize) {
    let mut limits = Limits::CLIENT;
    limits.stanza_bytes = 1 << 28;
    limits.elements = 1 << 24;
    let text = text.replacen("...", &"<a x='1'/>".repeat(n), 1);
    let element = Element::parse_in(&text, limits, ns::CLIENT).expect("well-formed");
    let edit = changes(Edit::new(&element), &element);
    let mut out = String::new();
    work::take();
    super::WriteXml::write_xml(&edit, &mut super::super::Writer::new(&mut out, ns::CLIENT));
    (work::take(), text.len() + out.len())
}

#[track_caller]
fn is_linear(changes: impl for<'a> Fn(Edit<'a>, &'a Element) -> Edit<'a>) {
    for text in ["<iq>...</iq>", "<c:iq xmlns:c='jabber:client'>...</c:iq>"] {
        let (less, _) = cost(text, 10_000, &changes);
        let (more, bytes) = cost(text, 20_000, &changes);
        assert!(more * 10 <= less * 22, "{less}, then {more}");
        assert!(more <= bytes * 4, "{more} for {bytes} bytes");
    }
}

#[test]
fn a_change_at_every_child() {
    is_linear(|edit, _| edit.remove_children(|_| true));
    is_linear(|edit, element| {
        let new = Fanout::new(element.children().next().as_ref().expect("a child"));
        element.children().fold(edit, |edit, child| {
            edit.insert_before(child, &new)
                .at(child, |child| child.set_attr("x", "2").append(&new))
        })
    });
    is_linear(|edit, element| {
        // From behind.
        let children: Vec<_> = element.children().collect();
        children.into_iter().rev().fold(edit, |edit, child| {
            edit.at(child, |child| child.rename("b", ns::SERVER).set_text("t"))
        })
    });
}

#[test]
fn many_changes_at_one_place() {
    is_linear(|edit, element| {
        element
            .children()
            .enumerate()
            .fold(edit, |edit, (i, child)| {
                edit.set_attr(format!("x{i}"), "1")
                    .remove_attr(format!("y{i}"))
                    .prepend(&child)
                    .append(&child)
            })
    });
    is_linear(|edit, element| {
        element
            .children()
            .fold(edit, |edit, _| edit.set_attr("x", "1"))
    });
}
