//! What is changed at one element.

use std::{borrow::Cow, cmp::Ordering};

use super::super::{
    Element, ElementRef,
    table::{Entry, Kind},
    work,
};

/// The changes at one element. Small, because there may be many.
#[derive(Clone, Debug, Default)]
pub(super) struct Change<'a> {
    pub(super) fate: Fate,
    pub(super) around: Option<Box<Around>>,
    pub(super) inside: Option<Box<Inside<'a>>>,
}

/// What becomes of an element.
#[derive(Clone, Debug, Default)]
pub(super) enum Fate {
    #[default]
    Kept,
    Removed,
    Replaced(Element),
}

/// What stands beside an element.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub(super) before: Vec<Element>,
    pub(super) after: Vec<Element>,
}

/// What is other in an element that is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Inside<'a> {
    /// Local name and namespace.
    pub(super) name: Option<(Cow<'a, str>, Cow<'a, str>)>,
    pub(super) attributes: Attributes<'a>,
    pub(super) first: Vec<Element>,
    /// In the place of the content.
    pub(super) text: Option<Cow<'a, str>>,
    pub(super) last: Vec<Element>,
}

/// Attributes to set and to take away, in the order of the calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes<'a>(Vec<Attribute<'a>>);

#[derive(Clone, Debug)]
struct Attribute<'a> {
    ns: Cow<'a, str>,
    name: Cow<'a, str>,
    /// `None`: to be taken away.
    value: Option<Cow<'a, str>>,
}

impl<'a> Attributes<'a> {
    pub(super) fn push(
        &mut self,
        ns: Cow<'a, str>,
        name: Cow<'a, str>,
        value: Option<Cow<'a, str>>,
    ) {
        self.0.push(Attribute { ns, name, value });
    }

    /// The changes that count: the last for each name.
    pub(super) fn lasting(&self) -> Lasting<'_> {
        let mut sorted: Vec<usize> = (0..self.0.len()).collect();
        // Stable: of one name, the last call comes last.
        sorted.sort_by(|&a, &b| self.0[a].cmp(&self.0[b].ns, &self.0[b].name));
        let mut last: Vec<usize> = Vec::with_capacity(sorted.len());
        for i in sorted {
            match last.last_mut() {
                Some(before) if self.0[*before].is(&self.0[i]) => *before = i,
                _ => last.push(i),
            }
        }
        Lasting {
            all: &self.0,
            sorted: last,
        }
    }
}

impl Attribute<'_> {
    fn cmp(&self, ns: &str, name: &str) -> Ordering {
        work::add(1);
        (&*self.name, &*self.ns).cmp(&(name, ns))
    }

    fn is(&self, other: &Self) -> bool {
        self.cmp(&other.ns, &other.name) == Ordering::Equal
    }
}

/// One change for each name.
#[derive(Debug, Default)]
pub(super) struct Lasting<'e> {
    all: &'e [Attribute<'e>],
    /// By name and namespace.
    sorted: Vec<usize>,
}

impl<'e> Lasting<'e> {
    /// Whether an attribute of `element` is replaced or taken away.
    pub(super) fn has(&self, element: ElementRef<'_>, entry: &Entry) -> bool {
        entry.kind == Kind::Attribute
            && !self.sorted.is_empty()
            && self
                .find(
                    element.ns_name(entry.ns),
                    &element.document()[entry.local_span()],
                )
                .is_some()
    }

    /// Namespace, name and value of what is set, in the order of the calls.
    pub(super) fn set(&self) -> impl Iterator<Item = (&'e str, &'e str, &'e str)> {
        self.all.iter().enumerate().filter_map(|(i, attribute)| {
            let value = attribute.value.as_deref()?;
            let (ns, name) = (&*attribute.ns, &*attribute.name);
            (self.find(ns, name) == Some(i)).then_some((ns, name, value))
        })
    }

    fn find(&self, ns: &str, name: &str) -> Option<usize> {
        let at = self
            .sorted
            .binary_search_by(|&i| self.all[i].cmp(ns, name))
            .ok()?;
        Some(self.sorted[at])
    }
}
