//! Namespaces that are declared once for everything that is written anew.
//!
//! What is written anew has no prefixes, so that each element of another namespace than its parent's declares its own. A
//! long name that many short elements or attributes use by a prefix would make the output grow with the square of the
//! input; it gets a prefix at the root instead.

use std::collections::{BTreeMap, HashSet};

use super::super::{
    Writer,
    table::{Entry, Kind, NsId},
    work,
};
use super::ElementRef;

/// Declarations of one namespace may take that many bytes more than twice what they took in the text.
const SPARE: usize = 512;

/// The namespaces of an element that get a prefix, and the prefixes.
#[derive(Debug)]
pub(in super::super) struct Shared<'a> {
    element: ElementRef<'a>,
    prefixes: BTreeMap<u16, (NsId, String)>,
}

/// What declarations of a namespace would cost, and what they cost in the text.
#[derive(Clone, Copy, Default)]
struct Cost {
    needed: usize,
    paid: usize,
}

impl<'a> Shared<'a> {
    /// Looks at everything in `element`.
    pub(in super::super) fn of(element: ElementRef<'a>) -> Self {
        let nodes = &element.table()[..element.entry().next as usize];
        let mut costs: BTreeMap<u16, (NsId, Cost)> = BTreeMap::new();
        for entry in &nodes[element.index() + 1..] {
            work::add(1);
            let is_needed = match entry.kind {
                Kind::Element => !nodes[entry.link as usize].ns.is_same_id(entry.ns),
                Kind::Attribute => is_foreign(entry),
                Kind::Declaration => false,
                Kind::Text | Kind::Namespace => continue,
            };
            let (_, cost) = costs
                .entry(entry.ns.raw())
                .or_insert((entry.ns, Cost::default()));
            cost.needed += usize::from(is_needed);
            cost.paid += usize::from(entry.kind == Kind::Declaration);
        }
        costs.retain(|_, (ns, Cost { needed, paid })| {
            let each = element.ns_name(*ns).len() + " xmlns=''".len();
            // Neither these nor those can have another prefix.
            let is_fixed = ns.is_same_id(NsId::NONE) || ns.is_same_id(NsId::XML);
            !is_fixed && *needed * each > 2 * *paid * each + SPARE
        });
        let mut prefixes = BTreeMap::new();
        if !costs.is_empty() {
            // Prefixes that attributes bring along would hide the same ones outside.
            let text = element.document();
            let taken: HashSet<&str> = nodes[element.index()..]
                .iter()
                .filter(|entry| entry.kind == Kind::Attribute)
                .map(|entry| &text[entry.prefix_span()])
                .collect();
            let free = (0..)
                .map(|i| format!("ns{i}"))
                .filter(|prefix| !taken.contains(prefix.as_str()));
            prefixes.extend(
                costs
                    .into_iter()
                    .zip(free)
                    .map(|((id, (ns, _)), prefix)| (id, (ns, prefix))),
            );
        }
        Self { element, prefixes }
    }

    /// Declares the prefixes, in the start tag of the element.
    pub(in super::super) fn declare(&self, w: &mut Writer<'_>) {
        for (ns, prefix) in self.prefixes.values() {
            w.attr(&format!("xmlns:{prefix}"), self.element.ns_name(*ns));
        }
    }

    /// The prefix of a namespace, if it has one. That of `xml:lang` always has.
    pub(super) fn prefix(&self, ns: NsId) -> Option<&str> {
        if ns.is_same_id(NsId::XML) {
            return Some("xml");
        }
        if self.prefixes.is_empty() {
            return None;
        }
        self.prefixes
            .get(&ns.raw())
            .map(|(_, prefix)| prefix.as_str())
    }
}

/// Whether an attribute has a prefix that must be declared.
pub(super) fn is_foreign(entry: &Entry) -> bool {
    entry.prefix_len != 0 && !entry.ns.is_same_id(NsId::XML)
}
