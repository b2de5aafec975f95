//! Writing a parsed element: as it stands where that is safe, else anew.

use super::super::{
    WriteXml, Writer,
    escape::escape_attr,
    ns,
    table::{Entry, Kind},
};
use super::ElementRef;

/// Whether an element may be passed on as it stands, and where its namespace declaration is.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Shape {
    /// The root has no prefix, nothing in it uses a prefix declared outside, and there is neither CDATA nor a carriage
    /// return: but for its default namespace it means the same everywhere, to every parser.
    pub(in super::super) is_plain: bool,
    /// The declaration of the default namespace on the root, with the white space before it.
    pub(in super::super) declaration: Option<(usize, usize)>,
}

impl Shape {
    pub(in super::super) fn of(element: ElementRef<'_>) -> Self {
        let entry = element.entry();
        let unsafe_flags = Entry::UNSAFE | Entry::OUTER_PREFIX;
        let declaration = if entry.has(Entry::OWN_DEFAULT) {
            element
                .tag_entries()
                .iter()
                .find(|e| e.kind == Kind::Declaration && e.prefix_len == 0)
                .map(|e| attribute_span(element.document(), e))
        } else {
            None
        };
        Self {
            is_plain: entry.prefix_len == 0 && !entry.has(unsafe_flags),
            declaration,
        }
    }
}

/// Where an attribute stands, with the white space before it.
pub(in super::super) fn attribute_span(text: &str, entry: &Entry) -> (usize, usize) {
    let before = &text.as_bytes()[..entry.start as usize];
    let space = before
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_whitespace())
        .count();
    (before.len() - space, entry.end as usize + 1)
}

/// Appends an attribute; the value is escaped, the name is not.
pub(in super::super) fn push_attr(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("='");
    escape_attr(value, out);
    out.push('\'');
}

impl WriteXml for ElementRef<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        if !write_plain(*self, w) {
            write_anew(*self, w);
        }
    }
}

/// Writes an element as it stands; `false` if that is not safe.
fn write_plain(element: ElementRef<'_>, w: &mut Writer<'_>) -> bool {
    let shape = Shape::of(element);
    if !shape.is_plain {
        return false;
    }
    let entry = element.entry();
    let text = element.document();
    let std::ops::Range { start, end } = entry.element_span();
    let ns = element.ns();
    let is_default = w.is_default_ns(ns);
    match shape.declaration {
        Some((from, to)) if is_default => {
            let out = w.raw();
            out.push_str(&text[start..from]);
            out.push_str(&text[to..end]);
        }
        None if !is_default => {
            let name_end = entry.name_span().end;
            w.raw().push_str(&text[start..name_end]);
            w.raw_attr("xmlns", ns);
            w.raw().push_str(&text[name_end..end]);
        }
        _ => w.raw().push_str(&text[start..end]),
    }
    true
}

/// Writes an element without prefixes but those of attributes, whose declarations stand beside them.
fn write_anew(element: ElementRef<'_>, w: &mut Writer<'_>) {
    let end = element.entry().next as usize;
    let mut open = Vec::new();
    let mut i = element.index();
    while i < end {
        let entry = &element.table()[i];
        if entry.kind == Kind::Text {
            w.text(&element.run(entry));
            i += 1;
        } else {
            let child = element.with_index(i);
            if write_plain(child, w) {
                i = entry.next as usize;
            } else {
                let tag = w.start_with(child.name(), child.ns());
                write_attributes(child, |_| true, |name, value| w.attr(name, value));
                open.push((entry.next as usize, tag));
                i = child.content_index();
            }
        }
        while let Some((_, tag)) = open.pop_if(|(end, _)| *end <= i) {
            w.end(tag);
        }
    }
}

/// Hands the attributes that `keep` accepts to `put`, with the declarations of their prefixes.
pub(in super::super) fn write_attributes(
    element: ElementRef<'_>,
    keep: impl Fn(&Entry) -> bool,
    mut put: impl FnMut(&str, &str),
) {
    let mut declared: Vec<&str> = Vec::new();
    let text = element.document();
    for entry in element.tag_entries() {
        if entry.kind != Kind::Attribute || !keep(entry) {
            continue;
        }
        let prefix = &text[entry.prefix_span()];
        if !prefix.is_empty() && !entry.ns.is(ns::XML.id()) && !declared.contains(&prefix) {
            declared.push(prefix);
            put(&format!("xmlns:{prefix}"), element.ns_name(entry.ns));
        }
        put(&text[entry.name_span()], &element.value(entry));
    }
}
