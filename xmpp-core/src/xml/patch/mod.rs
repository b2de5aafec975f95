//! Passing a stanza on under other addresses without building a tree.

mod follow;

use std::borrow::Cow;

use self::follow::{follows_by_itself, write_content};
use super::{
    Element, ElementRef, WriteXml, Writer,
    chars::is_ncname,
    element::{Shape, attribute_span, push_attr, write_attributes},
    ns,
    table::{Entry, Kind},
};

/// A parsed stanza that is passed on with other attributes on its root: `from`, `to`, `type`, `id`, `xml:lang`, `xmlns`.
///
/// Where that is safe, what was received is spliced: the root has no prefix, inherits no binding but the default
/// namespace, and there is neither CDATA nor a carriage return. Anything else is written anew. Values are escaped, and
/// no attribute is ever written twice.
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
///
/// # The content namespace
///
/// The output is canonical: a content namespace (`jabber:client`, `jabber:server`, `jabber:component:accept`) is not
/// declared on the root, so that the output belongs on a stream of the namespace that the stanza came with. For a stream of
/// another one ([RFC 6120 §4.8.3]) name `xmlns`: with a value, the root declares that; without one, the stanza takes
/// the namespace of the stream that it is written to. Either way the elements in it that were in the root's old
/// namespace follow, whether they inherited it, declared it themselves or had it by a prefix. (Without a value, one below
/// an element of another namespace cannot inherit the stream's and keeps the old one.) An attribute with a prefix keeps
/// its namespace.
///
/// What stands inside `<forwarded xmlns='urn:xmpp:forward:0'/>` ([XEP-0297 §3]) keeps its own namespace, which is then
/// declared if it was inherited. Carbons and archived messages are forwarded stanzas too. No other element is treated so.
///
/// [RFC 6120 §4.8.3]: https://www.rfc-editor.org/rfc/rfc6120#section-4.8.3
/// [XEP-0297 §3]: https://xmpp.org/extensions/xep-0297.html#protocol
#[derive(Clone, Debug)]
pub struct Patch<'a> {
    element: ElementRef<'a>,
    names: &'a [&'a str],
    /// What the stanza is given as `xml:lang`.
    lang: Option<Cow<'a, str>>,
    /// The namespace declaration that the root must be given.
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

/// More are rare; the element is then written anew.
const MAX_CUTS: usize = 8;

impl<'a> Patch<'a> {
    /// A patch that removes or replaces the root's attributes `names`: such in no namespace, `xml:lang` or another one in
    /// the namespace of `xml:`, and `xmlns`.
    pub fn new(element: &'a Element, names: &'a [&'a str]) -> Self {
        Self::of(element.root(), names)
    }

    /// As [`Patch::new`].
    pub fn of(element: ElementRef<'a>, names: &'a [&'a str]) -> Self {
        let shape = Shape::of(element);
        let is_content = is_content(element);
        let moves = names.contains(&"xmlns");
        let declares = !is_content
            && !moves
            && !element.has_ns(ns::XML)
            && (!shape.is_plain || shape.declaration.is_none());
        let splice = if shape.is_plain && (!moves || follows_by_itself(element)) {
            splice(element, |entry| match entry.kind {
                Kind::Declaration => entry.prefix_len == 0 && (is_content || moves),
                _ => is_named(element, entry, names),
            })
        } else {
            None
        };
        Self {
            element,
            names,
            lang: None,
            declares,
            splice,
        }
    }

    /// Gives the stanza the language of what it leaves, unless it says its own: the `xml:lang` of an element around
    /// it in its document, else `lang`, that of its stream ([RFC 6120 §4.7.4], §8.1.5). A patch that names `xml:lang`
    /// itself is not changed by this.
    ///
    /// [RFC 6120 §4.7.4]: https://www.rfc-editor.org/rfc/rfc6120#section-4.7.4
    #[must_use]
    pub fn inherit_lang(mut self, lang: Option<&'a str>) -> Self {
        let says = self.element.attr_ns("lang", ns::XML).is_some();
        if !says && !self.names.contains(&"xml:lang") {
            self.lang = self
                .element
                .lang()
                .or(lang.map(Cow::Borrowed))
                .filter(|lang| !lang.is_empty());
        }
        self
    }

    /// Appends the stanza to `out` with these attributes, whose values are not escaped yet.
    ///
    /// A name that is not among the patch's is set all the same, in place of the value that the stanza has, at the
    /// cost of a patch of its own. Of two values for one name the last counts. What is neither a name without a prefix nor
    /// one with `xml:` is left out, and so is an `xmlns` that no default namespace can have.
    pub fn apply(&self, values: &[(&str, &str)], out: &mut String) {
        if values.iter().all(|(name, _)| self.names.contains(name)) {
            return self.write(values, out);
        }
        let given = values.iter().map(|(name, _)| *name);
        let names: Vec<&str> = self.names.iter().copied().chain(given).collect();
        let more = Patch::of(self.element, &names);
        let lang = self.lang.clone().filter(|_| !names.contains(&"xml:lang"));
        Patch { lang, ..more }.write(values, out);
    }

    fn write(&self, values: &[(&str, &str)], out: &mut String) {
        match &self.splice {
            Some(splice) => self.splice(splice, values, out),
            None => self.write_anew(values, out),
        }
    }

    /// The attributes to set, without `xmlns`.
    fn set<'v>(
        &'v self,
        values: &'v [(&'v str, &'v str)],
    ) -> impl Iterator<Item = (&'v str, &'v str)> {
        values
            .iter()
            .enumerate()
            .filter(|(i, (name, _))| {
                is_attribute(name) && !values[i + 1..].iter().any(|(later, _)| later == name)
            })
            .map(|(_, value)| *value)
            .chain(self.lang.as_deref().map(|lang| ("xml:lang", lang)))
    }

    /// The namespace that the root declares.
    fn xmlns<'v>(&'v self, values: &'v [(&'v str, &'v str)]) -> Option<&'v str> {
        if self.declares {
            return Some(self.element.ns());
        }
        values
            .iter()
            .rev()
            .find(|(name, ns)| *name == "xmlns" && !is_reserved(ns))
            .map(|(_, ns)| *ns)
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
        if let Some(ns) = self.xmlns(values) {
            push_attr("xmlns", ns, out);
        }
        for (name, value) in self.set(values) {
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
        let moves = self.names.contains(&"xmlns");
        let xmlns = self.xmlns(values);
        // What is in the root's namespace stays in it, whatever that is called on the way.
        let inner = xmlns.unwrap_or(element.ns());
        let mut w = Writer::within(out, inner);
        let tag = if element.has_ns(ns::XML) && !moves {
            w.start_with(element.name(), element.ns())
        } else {
            w.start_prefixed(element.name())
        };
        if let Some(ns) = xmlns {
            w.attr("xmlns", ns);
        }
        for (name, value) in self.set(values) {
            w.attr(name, value);
        }
        let kept = |entry: &Entry| !is_named(element, entry, self.names);
        write_attributes(element, kept, |name, value| w.attr(name, value));
        if moves {
            write_content(element, inner, &mut w);
        } else {
            for node in element.nodes() {
                match node {
                    super::Node::Element(child) => child.write_xml(&mut w),
                    super::Node::Text(text) => w.text(&text),
                }
            }
        }
        w.end(tag);
    }
}

/// Whether the root's namespace is one that a stream declares for all its stanzas.
fn is_content(element: ElementRef<'_>) -> bool {
    [ns::CLIENT, ns::SERVER, ns::COMPONENT_ACCEPT]
        .into_iter()
        .any(|ns| element.has_ns(ns))
}

/// Whether no element but those with `xml:` and none at all can be in it.
fn is_reserved(ns: &str) -> bool {
    ns == ns::XML.as_str() || ns == ns::XMLNS.as_str()
}

/// Whether `name` may be written without a declaration beside it.
fn is_attribute(name: &str) -> bool {
    name != "xmlns" && is_ncname(name.strip_prefix("xml:").unwrap_or(name))
}

fn is_named(element: ElementRef<'_>, entry: &Entry, names: &[&str]) -> bool {
    // The namespace of `xml:` has no other prefix.
    entry.kind == Kind::Attribute
        && (entry.prefix_len == 0 || entry.ns.is(ns::XML.id()))
        && names.contains(&&element.document()[entry.name_span()])
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
