//! Passing a stanza on under other addresses without building a tree.

use super::{
    Element, ElementRef, Writer,
    element::{Shape, Shared, attribute_span, write_attributes, write_content},
    escape::escape_attr,
    ns,
    table::{Entry, Kind},
};

/// A parsed stanza that is passed on with other attributes on its root: `from`, `to`, `xmlns`.
///
/// Where that is safe, what was received is spliced: the root has no prefix, inherits no binding but the default
/// namespace, and there is neither CDATA nor a carriage return. Anything else is written anew.
///
/// The output is canonical: a content namespace (`jabber:client`, `jabber:server`, `jabber:component:accept`) is not
/// declared on the root. It may be set like any other attribute, as `xmlns`; what is in the root's namespace moves with it.
///
/// ```
/// use xmpp_core::xml::{Element, Patch};
///
/// let stanza = Element::parse("<message xmlns='jabber:client' to='room@muc.example' id='1'><body>Hi</body></message>")?;
/// let patch = Patch::new(&stanza, &["from", "to"]);
/// let mut out = String::new();
/// patch.apply(&[("from", "room@muc.example/D'Artagnan"), ("to", "b@example/x")], &mut out);
/// assert_eq!(out, "<message from='room@muc.example/D&apos;Artagnan' to='b@example/x' id='1'><body>Hi</body></message>");
/// # Ok::<(), xmpp_core::xml::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Patch<'a> {
    element: ElementRef<'a>,
    names: &'a [&'a str],
    /// The namespace declaration that the root must be given unless it is replaced.
    declares: bool,
    /// Where the splices are; `None` if the element must be written anew.
    splice: Option<Splice>,
}

/// Cuts in the text, in order.
#[derive(Clone, Debug)]
struct Splice {
    cuts: [(usize, usize); MAX_CUTS],
    len: usize,
}

const MAX_CUTS: usize = 8;

impl<'a> Patch<'a> {
    /// A patch that removes or replaces the root's attributes `names`, which are in no namespace (or `xmlns`).
    pub fn new(element: &'a Element, names: &'a [&'a str]) -> Self {
        Self::of(element.root(), names)
    }

    /// As [`Patch::new`].
    pub fn of(element: ElementRef<'a>, names: &'a [&'a str]) -> Self {
        let shape = Shape::of(element);
        let is_content = is_content(element);
        let replaced = names.contains(&"xmlns");
        let declares = !is_content && !replaced && (!shape.is_plain || shape.declaration.is_none());
        let splice = if shape.is_plain {
            splice(element, |entry| match entry.kind {
                Kind::Declaration => entry.prefix_len == 0 && (is_content || replaced),
                _ => is_named(element, entry, names),
            })
        } else {
            None
        };
        Self {
            element,
            names,
            declares,
            splice,
        }
    }

    /// Appends the stanza to `out` with these attributes, whose values are not escaped yet. Every name in `values` should
    /// be one of the patch's.
    pub fn apply(&self, values: &[(&str, &str)], out: &mut String) {
        match &self.splice {
            Some(splice) => self.splice(splice, values, out),
            None => self.write_anew(values, out),
        }
    }

    fn splice(&self, splice: &Splice, values: &[(&str, &str)], out: &mut String) {
        let text = self.element.document();
        let entry = self.element.entry();
        let name_end = entry.name_span().end;
        let more: usize = values
            .iter()
            .map(|(name, value)| name.len() + value.len() + 8)
            .sum();
        out.reserve(entry.element_span().len() + more);
        out.push_str(&text[entry.element_span().start..name_end]);
        if self.declares {
            push_attr("xmlns", self.element.ns(), out);
        }
        for (name, value) in values {
            push_attr(name, value, out);
        }
        let mut from = name_end;
        for &(start, end) in &splice.cuts[..splice.len] {
            out.push_str(&text[from..start]);
            from = end;
        }
        out.push_str(&text[from..entry.end as usize]);
    }

    fn write_anew(&self, values: &[(&str, &str)], out: &mut String) {
        let element = self.element;
        // What is in the root's namespace stays in it, whatever that is called on the way.
        let mut w = Writer::within(out, element.ns());
        let tag = if element.has_ns(ns::XML) {
            w.start_with(element.name(), element.ns())
        } else {
            w.start_prefixed(element.name())
        };
        if self.declares && !element.has_ns(ns::XML) {
            w.attr("xmlns", element.ns());
        }
        for (name, value) in values {
            w.attr(name, value);
        }
        let shared = Shared::of(element);
        write_attributes(element, &shared, &mut w, |entry| {
            !is_named(element, entry, self.names)
        });
        write_content(element, &shared, &mut w, |_| false);
        w.end(tag);
    }
}

/// Whether the root's namespace is one that a stream declares for all its stanzas.
fn is_content(element: ElementRef<'_>) -> bool {
    [ns::CLIENT, ns::SERVER, ns::COMPONENT_ACCEPT]
        .into_iter()
        .any(|ns| element.has_ns(ns))
}

fn is_named(element: ElementRef<'_>, entry: &Entry, names: &[&str]) -> bool {
    entry.kind == Kind::Attribute
        && entry.prefix_len == 0
        && names.iter().any(|name| element.is_local_name(entry, name))
}

/// The attributes of `element` that `cut` names; `None` if there are too many.
fn splice(element: ElementRef<'_>, cut: impl Fn(&Entry) -> bool) -> Option<Splice> {
    let mut splice = Splice {
        cuts: [(0, 0); MAX_CUTS],
        len: 0,
    };
    for entry in element.tag_entries().iter().filter(|entry| cut(entry)) {
        *splice.cuts.get_mut(splice.len)? = attribute_span(element.document(), entry);
        splice.len += 1;
    }
    Some(splice)
}

fn push_attr(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("='");
    escape_attr(value, out);
    out.push('\'');
}
