//! Writing a parsed element: as it stands where that is safe, else anew.

use super::super::{
    WriteXml, Writer,
    table::{Entry, Kind, NsId},
};
use super::{
    ElementRef,
    shared::{Shared, is_foreign},
};

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

impl WriteXml for ElementRef<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let is_default = w.is_default_ns(self.ns());
        if !write_plain(*self, is_default, w) {
            write_anew(*self, w);
        }
    }
}

/// Writes an element as it stands, where its namespace `is_default` or not; `false` if that is not safe.
fn write_plain(element: ElementRef<'_>, is_default: bool, w: &mut Writer<'_>) -> bool {
    let shape = Shape::of(element);
    if !shape.is_plain {
        return false;
    }
    let entry = element.entry();
    let text = element.document();
    let std::ops::Range { start, end } = entry.element_span();
    match shape.declaration {
        Some((from, to)) if is_default => {
            let out = w.raw();
            out.push_str(&text[start..from]);
            out.push_str(&text[to..end]);
        }
        None if !is_default => {
            let name_end = entry.name_span().end;
            w.raw().push_str(&text[start..name_end]);
            w.raw_attr("xmlns", element.ns());
            w.raw().push_str(&text[name_end..end]);
        }
        _ => w.raw().push_str(&text[start..end]),
    }
    true
}

/// Writes an element without prefixes but those of attributes, whose declarations stand beside them, and those that are
/// shared.
fn write_anew(element: ElementRef<'_>, w: &mut Writer<'_>) {
    let shared = Shared::of(element);
    let tag = w.start_with(element.name(), element.ns());
    write_attributes(element, &shared, w, |_| true);
    write_content(element, &shared, w, |_| false);
    w.end(tag);
}

/// Writes the content of an element whose namespace is the default one, but for the children that `skip` names.
pub(in super::super) fn write_content(
    element: ElementRef<'_>,
    shared: &Shared<'_>,
    w: &mut Writer<'_>,
    mut skip: impl FnMut(usize) -> bool,
) {
    let end = element.entry().next as usize;
    let mut default = element.entry().ns;
    let mut open = Vec::new();
    let mut i = element.content_index();
    while i < end {
        let entry = &element.table()[i];
        let behind = entry.next as usize;
        if open.is_empty() && skip(i) {
            i = behind;
        } else if entry.kind == Kind::Text {
            w.text(&element.run(entry));
            i = behind;
        } else {
            let child = element.with_index(i);
            let is_default = default.is_same_id(entry.ns) && !entry.ns.is_same_id(NsId::XML);
            let prefix = shared.prefix(entry.ns).filter(|_| !is_default);
            if prefix.is_none() && write_plain(child, is_default, w) {
                i = behind;
            } else {
                let outer = default;
                let tag = match prefix {
                    Some(prefix) => w.start_prefixed(&format!("{prefix}:{}", child.name())),
                    None if is_default => w.start_prefixed(child.name()),
                    None => {
                        default = entry.ns;
                        w.start_with(child.name(), child.ns())
                    }
                };
                write_tag(child, shared, w, |_| true);
                open.push((behind, tag, outer));
                i = child.content_index();
            }
        }
        while let Some((_, tag, outer)) = open.pop_if(|(end, ..)| *end <= i) {
            w.end(tag);
            default = outer;
        }
    }
}

/// Writes what is shared, and the attributes that `keep` accepts.
pub(in super::super) fn write_attributes(
    element: ElementRef<'_>,
    shared: &Shared<'_>,
    w: &mut Writer<'_>,
    keep: impl Fn(&Entry) -> bool,
) {
    shared.declare(w);
    write_tag(element, shared, w, keep);
}

/// Writes the attributes that `keep` accepts, with the declarations of their prefixes.
fn write_tag(
    element: ElementRef<'_>,
    shared: &Shared<'_>,
    w: &mut Writer<'_>,
    keep: impl Fn(&Entry) -> bool,
) {
    let mut declared: Vec<&str> = Vec::new();
    let text = element.document();
    for entry in element.tag_entries() {
        if entry.kind != Kind::Attribute || !keep(entry) {
            continue;
        }
        let value = element.value(entry);
        let name = &text[entry.name_span()];
        if is_foreign(entry) {
            if let Some(prefix) = shared.prefix(entry.ns) {
                let local = &text[entry.local_span()];
                w.attr(&format!("{prefix}:{local}"), &value);
                continue;
            }
            let prefix = &text[entry.prefix_span()];
            if !declared.contains(&prefix) {
                declared.push(prefix);
                w.attr(&format!("xmlns:{prefix}"), element.ns_name(entry.ns));
            }
        }
        w.attr(name, &value);
    }
}
