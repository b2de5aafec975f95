//! Applying changes: one pass over what is changed, everything else as it is.

use std::{borrow::Cow, collections::BTreeSet};

use super::super::{
    Element, ElementRef, WriteXml, Writer,
    element::{Shape, attribute_span, push_attr, write_attributes},
    escape::escape_text,
    ns,
    table::{Entry, Kind},
    work,
};
use super::{
    Edit,
    change::{Around, Fate, Inside, Lasting},
};

impl WriteXml for Edit<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let inside = self.inside_of(self.element.index());
        let is_default = w.is_default_ns(name_of(self.element, inside).1);
        Pass {
            edit: self,
            changed: self.changed(),
            next: 0,
            out: w.raw(),
        }
        .run(is_default);
    }
}

impl Edit<'_> {
    fn inside_of(&self, index: usize) -> Option<&Inside<'_>> {
        self.changes.get(&index)?.inside.as_deref()
    }

    fn around_of(&self, index: usize) -> Option<&Around> {
        self.changes.get(&index)?.around.as_deref()
    }

    /// The elements inside the edited one at which, or in which, something is changed, in the order of the text.
    fn changed(&self) -> Vec<usize> {
        let mut all = BTreeSet::new();
        for &index in self.changes.keys() {
            let mut at = index;
            while at != self.element.index() && all.insert(at) {
                work::add(1);
                at = self.element.table()[at].link as usize;
            }
        }
        all.into_iter().collect()
    }
}

/// An element whose start tag is written.
struct Open<'e> {
    element: ElementRef<'e>,
    name: &'e str,
    /// Its namespace, the default one inside.
    ns: &'e str,
    /// Where its content begins in the output.
    content: usize,
    /// What of its content is not written yet.
    rest: Rest,
    last: &'e [Element],
    /// What stands behind it.
    after: &'e [Element],
}

enum Rest {
    /// Bytes of the text, which may be passed on.
    Bytes { from: usize, to: usize },
    /// Nodes, from one index to another.
    Nodes { from: usize, to: usize },
}

struct Pass<'e, 'b> {
    edit: &'e Edit<'e>,
    changed: Vec<usize>,
    /// Of the elements that are changed, the next one.
    next: usize,
    out: &'b mut String,
}

impl<'e> Pass<'e, '_> {
    /// Writes the edited element; `is_default` says whether its namespace is the default one at this place.
    fn run(&mut self, is_default: bool) {
        let root = self.open(self.edit.element, is_default);
        let mut open = vec![root];
        while let Some(parent) = open.last_mut() {
            work::add(1);
            // A changed element's parent counts as changed: the next one inside is a child.
            let end = parent.element.entry().next as usize;
            let Some(index) = self.changed.get(self.next).copied().filter(|&i| i < end) else {
                self.close(parent);
                let after = parent.after;
                open.pop();
                if let Some(outside) = open.last() {
                    self.elements(after, outside.ns);
                }
                continue;
            };
            self.next += 1;
            let child = parent.element.with_index(index);
            self.copy(parent, Some(child));
            let ns = parent.ns;
            let around = self.edit.around_of(index);
            let (before, after) =
                around.map_or((&[][..], &[][..]), |a| (&a.before[..], &a.after[..]));
            self.elements(before, ns);
            match self.edit.changes.get(&index).map(|change| &change.fate) {
                None | Some(Fate::Kept) => {
                    let inside = self.edit.inside_of(index);
                    let child_end = child.entry().next as usize;
                    let more = self.changed.get(self.next).is_some_and(|&i| i < child_end);
                    if inside.is_some() || more {
                        let is_default = ns == name_of(child, inside).1;
                        let child = self.open(child, is_default);
                        open.push(Open { after, ..child });
                        continue;
                    }
                    // Only something beside it is new.
                    Writer::within(self.out, ns).element(child);
                }
                Some(Fate::Removed) => {}
                Some(Fate::Replaced(new)) => self.elements(std::slice::from_ref(new), ns),
            }
            self.elements(after, ns);
            self.skip(child);
        }
    }

    /// Passes over changes inside of what is not written.
    fn skip(&mut self, element: ElementRef<'_>) {
        let end = element.entry().next as usize;
        while self.changed.get(self.next).is_some_and(|&i| i < end) {
            work::add(1);
            self.next += 1;
        }
    }

    /// Writes the start tag of an element and what is put first into it.
    fn open(&mut self, element: ElementRef<'e>, is_default: bool) -> Open<'e> {
        let inside = self.edit.inside_of(element.index());
        let (name, ns) = name_of(element, inside);
        let shape = Shape::of(element);
        let attributes = inside.map_or_else(Lasting::default, |i| i.attributes.lasting());
        let is_plain = shape.is_plain && ns == element.ns();
        let rest = if is_plain {
            self.tag_as_it_stands(element, name, &shape, &attributes, is_default)
        } else {
            self.tag_anew(element, name, ns, &attributes, is_default)
        };
        let mut open = Open {
            element,
            name,
            ns,
            content: self.out.len(),
            rest,
            last: inside.map_or(&[], |i| &i.last),
            after: &[],
        };
        self.elements(inside.map_or(&[], |i| &i.first), ns);
        if let Some(text) = inside.and_then(|i| i.text.as_deref()) {
            escape_text(text, self.out);
            open.rest = Rest::Nodes { from: 0, to: 0 };
            self.skip(element);
        }
        open
    }

    /// Writes the start tag as received, but for what is changed.
    fn tag_as_it_stands(
        &mut self,
        element: ElementRef<'e>,
        name: &str,
        shape: &Shape,
        attributes: &Lasting<'_>,
        is_default: bool,
    ) -> Rest {
        let (text, entry) = (element.document(), element.entry());
        self.out.push('<');
        self.out.push_str(name);
        if !is_default && shape.declaration.is_none() {
            push_attr("xmlns", element.ns(), self.out);
        }
        push_set(element, attributes, self.out);
        let mut from = entry.name_span().end;
        let mut tag_end = from;
        for attribute in element.tag_entries() {
            work::add(1);
            let is_own = attribute.kind == Kind::Declaration && attribute.prefix_len == 0;
            let (start, end) = attribute_span(text, attribute);
            if attributes.has(element, attribute) || is_own && is_default {
                self.out.push_str(&text[from..start]);
                from = end;
            }
            tag_end = end;
        }
        self.out.push_str(&text[from..tag_end]);
        self.out.push('>');
        if entry.has(Entry::EMPTY) {
            return Rest::Bytes { from: 0, to: 0 };
        }
        let end = entry.end as usize;
        Rest::Bytes {
            from: tag_end
                + memchr::memchr(b'>', &text.as_bytes()[tag_end..]).unwrap_or_default()
                + 1,
            to: memchr::memrchr(b'<', &text.as_bytes()[..end]).unwrap_or(end),
        }
    }

    fn tag_anew(
        &mut self,
        element: ElementRef<'e>,
        name: &str,
        ns: &str,
        attributes: &Lasting<'_>,
        is_default: bool,
    ) -> Rest {
        self.out.push('<');
        self.out.push_str(&qualified(name, ns));
        if !is_default && ns != ns::XML.as_str() {
            push_attr("xmlns", ns, self.out);
        }
        push_set(element, attributes, self.out);
        let kept = |entry: &Entry| !attributes.has(element, entry);
        write_attributes(element, kept, |name, value| {
            push_attr(name, value, self.out);
        });
        self.out.push('>');
        Rest::Nodes {
            from: element.content_index(),
            to: element.entry().next as usize,
        }
    }

    /// Writes what is left of the content, and the end tag.
    fn close(&mut self, open: &mut Open<'e>) {
        self.copy(open, None);
        self.elements(open.last, open.ns);
        if self.out.len() == open.content {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(&qualified(open.name, open.ns));
            self.out.push('>');
        }
    }

    /// Writes what stands before `child`, or all the rest; the child itself is then done with.
    fn copy(&mut self, open: &mut Open<'e>, child: Option<ElementRef<'e>>) {
        let element = open.element;
        match &mut open.rest {
            Rest::Bytes { from, to } => {
                let (end, behind) = match child {
                    Some(child) => {
                        let span = child.entry().element_span();
                        (span.start, span.end)
                    }
                    None => (*to, *to),
                };
                work::add(end.saturating_sub(*from));
                self.out.push_str(&element.document()[*from..end]);
                *from = behind;
            }
            Rest::Nodes { from, to } => {
                let end = child.map_or(*to, ElementRef::index);
                while *from < end {
                    let node = &element.table()[*from];
                    work::add(node.end.saturating_sub(node.start) as usize);
                    if node.kind == Kind::Text {
                        escape_text(&element.run(node), self.out);
                    } else {
                        Writer::within(self.out, open.ns).element(element.with_index(*from));
                    }
                    *from = node.next as usize;
                }
                if let Some(child) = child {
                    *from = child.entry().next as usize;
                }
            }
        }
    }

    fn elements(&mut self, elements: &[Element], default_ns: &str) {
        for element in elements {
            Writer::within(self.out, default_ns).element(element.root());
        }
    }
}

/// Local name and namespace after the changes.
fn name_of<'e>(element: ElementRef<'e>, inside: Option<&'e Inside<'_>>) -> (&'e str, &'e str) {
    match inside.and_then(|inside| inside.name.as_ref()) {
        Some((name, ns)) => (name, ns),
        None => (element.name(), element.ns()),
    }
}

/// The name of an element that is not written as it stands.
fn qualified<'e>(name: &'e str, ns: &str) -> Cow<'e, str> {
    if ns == ns::XML.as_str() {
        format!("xml:{name}").into()
    } else {
        name.into()
    }
}

/// Writes the attributes that are set; those in a namespace each with a prefix that `element` does not use itself. Where
/// its tag stays as it is, nothing in it uses one from outside.
fn push_set(element: ElementRef<'_>, attributes: &Lasting<'_>, out: &mut String) {
    let mut taken = BTreeSet::new();
    let mut number = 0;
    for (ns, name, value) in attributes.set() {
        if ns == ns::NONE.as_str() {
            push_attr(name, value, out);
        } else if ns == ns::XML.as_str() {
            push_attr(&format!("xml:{name}"), value, out);
        } else {
            if number == 0 {
                taken.extend(prefixes(element));
            }
            let prefix = loop {
                number += 1;
                let prefix = format!("a{number}");
                if !taken.contains(prefix.as_str()) {
                    break prefix;
                }
            };
            push_attr(&format!("xmlns:{prefix}"), ns, out);
            push_attr(&format!("{prefix}:{name}"), value, out);
        }
    }
}

/// The prefixes that stand in the start tag of `element`.
fn prefixes(element: ElementRef<'_>) -> impl Iterator<Item = &str> {
    let text = element.document();
    element.tag_entries().iter().map(move |e| match e.kind {
        Kind::Declaration => &text[e.local_span()],
        _ => &text[e.prefix_span()],
    })
}
