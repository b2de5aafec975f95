//! Writing XML into a buffer the caller owns.

use std::fmt;

use super::{
    ElementRef, Namespace, StartTag, ValueWriter, WriteXml, XmlText,
    escape::{escape_attr, escape_text},
    ns, work,
};

/// Writes well-formed XML to the end of a caller's `String`.
///
/// The writer knows the default namespace in force and declares another one where an element needs it. Stanzas
/// are written in their canonical form: with [`ns::CLIENT`] (or the stream's content namespace) as the initial
/// default, so that no `xmlns` stands on the stanza itself; the transport's codec adds what it needs.
///
/// Values are escaped. Characters that XML 1.0 forbids are written as U+FFFD, so that nothing a caller passes in
/// can end or break the stream.
pub struct Writer<'b> {
    out: &'b mut String,
    /// The default namespace in force at the place where writing began.
    outer: &'b str,
    default_ns: DefaultNs,
    /// The start tag of the innermost element still lacks its `>`.
    tag_open: bool,
    /// Length of the output when writing began.
    from: usize,
    /// Whether the element that is written whole declares its default namespace, where who wrote it knows.
    root_declares: Option<bool>,
}

/// Without the output, which may hold secrets.
impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("len", &self.out.len())
            .finish_non_exhaustive()
    }
}

/// An element that was started and not yet ended; hand it back to [`Writer::end`].
#[derive(Debug)]
#[must_use = "an element that is not ended leaves broken XML"]
pub struct Tag {
    name_start: usize,
    name_len: usize,
    outer_ns: DefaultNs,
}

/// As [`Tag`], of an element that [`Writer::start_tag`] started; hand it back to [`Writer::end_tag`].
#[derive(Debug)]
#[must_use = "an element that is not ended leaves broken XML"]
pub struct OuterNs(DefaultNs);

#[derive(Clone, Copy, Debug)]
enum DefaultNs {
    /// [`Writer::outer`].
    Outer,
    Static(Namespace),
    /// Stands in the output already: start and length.
    Written(usize, usize),
    /// Stands in the output, but not as it is: nothing is compared with it, everything declares its own.
    Escaped,
}

impl<'b> Writer<'b> {
    /// A writer that appends to `out`, where `default_ns` is the default namespace in force at that place
    /// ([`ns::NONE`] for a document of its own).
    #[inline]
    pub fn new(out: &'b mut String, default_ns: Namespace) -> Self {
        Self {
            from: out.len(),
            out,
            outer: default_ns.as_str(),
            default_ns: DefaultNs::Static(default_ns),
            tag_open: false,
            root_declares: None,
        }
    }

    /// As [`Writer::new`], for a default namespace whose name is known only at run time.
    pub(crate) fn within(out: &'b mut String, default_ns: &'b str) -> Self {
        Self {
            from: out.len(),
            out,
            outer: default_ns,
            default_ns: DefaultNs::Outer,
            tag_open: false,
            root_declares: None,
        }
    }

    /// Starts an element of the namespace `ns`, declaring it where it is not the default already.
    pub fn start(&mut self, name: &str, ns: Namespace) -> Tag {
        let declare = !self.is_default(ns);
        if declare && ns == ns::XML {
            return self.start_xml(name);
        }
        let tag = self.open(name);
        if declare {
            self.attr("xmlns", ns.as_str());
            self.default_ns = DefaultNs::Static(ns);
        }
        tag
    }

    /// As [`Writer::start`], for a namespace name that is known only at run time.
    pub fn start_with(&mut self, name: &str, ns: &str) -> Tag {
        if ns == ns::XML.as_str() {
            return self.start_xml(name);
        }
        let declare = !self.is_default_ns(ns);
        let tag = self.open(name);
        if declare {
            self.out.push_str(" xmlns='");
            let start = self.out.len();
            escape_attr(ns, self.out);
            // The span must hold the name itself, not its escaped form, to be compared later.
            self.default_ns = if &self.out[start..] == ns {
                DefaultNs::Written(start, ns.len())
            } else {
                DefaultNs::Escaped
            };
            self.out.push('\'');
        }
        tag
    }

    /// The namespace of `xml:` cannot be a default one (Namespaces in XML 1.0 §3).
    #[cold]
    fn start_xml(&mut self, name: &str) -> Tag {
        self.open(&format!("xml:{name}"))
    }

    /// Starts an element under a prefix that the context binds (`stream:features` on a TCP stream).
    pub fn start_prefixed(&mut self, prefixed_name: &str) -> Tag {
        self.open(prefixed_name)
    }

    /// As [`Writer::start`], with a start tag that is known at compile time.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "lengths known to the compiler: 8 % of a stanza's time"
    )]
    pub fn start_tag(&mut self, tag: &StartTag) -> OuterNs {
        let outer = OuterNs(self.default_ns);
        if self.is_default(tag.ns()) {
            self.push_start(tag.bare());
            return outer;
        }
        if let Some(text) = tag.declaring() {
            self.push_start(text);
        } else {
            self.push_start(tag.bare());
            self.attr("xmlns", tag.ns().as_str());
        }
        self.default_ns = DefaultNs::Static(tag.ns());
        outer
    }

    /// Adds a start tag without its end, after the `>` that ends the one around it, if that is open.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as its callers")]
    fn push_start(&mut self, text: &'static str) {
        if self.tag_open {
            self.out.push_str(text);
        } else {
            self.out.push_str(&text[1..]);
            self.tag_open = true;
        }
    }

    /// Ends the element that gave `outer`; `end` is its end tag, `</name>`.
    #[inline]
    #[expect(clippy::needless_pass_by_value, reason = "a tag is ended once")]
    pub fn end_tag(&mut self, outer: OuterNs, end: &'static str) {
        debug_assert!(end.starts_with("</") && end.ends_with('>'), "an end tag");
        if self.tag_open {
            self.out.push_str("/>");
            self.tag_open = false;
        } else {
            self.out.push_str(end);
        }
        self.default_ns = outer.0;
    }

    /// Adds an attribute to the element just started. `name` is written as it is (`xml:lang`, `xmlns:x`).
    pub fn attr(&mut self, name: &str, value: &str) {
        debug_assert!(self.tag_open, "attributes come before content");
        self.raw_attr(name, value);
    }

    /// As [`Writer::attr`], when there is a value.
    pub fn opt_attr(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.attr(name, value);
        }
    }

    /// As [`Writer::attr`], with a typed value; `start` is all that stands before it, ` name='`.
    #[inline]
    pub fn value_attr<T: XmlText>(&mut self, start: &'static str, value: &T) {
        debug_assert!(self.tag_open, "attributes come before content");
        debug_assert!(
            start.starts_with(' ') && start.ends_with("='"),
            "an attribute"
        );
        self.out.push_str(start);
        value.write_xml_text(&mut ValueWriter::attr(self.out));
        self.out.push('\'');
    }

    /// Adds character data.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.close_tag();
        escape_text(text, self.out);
    }

    /// As [`Writer::text`], with a typed value.
    #[inline]
    pub fn value_text<T: XmlText>(&mut self, value: &T) {
        let was_open = self.tag_open;
        self.close_tag();
        let start = self.out.len();
        value.write_xml_text(&mut ValueWriter::text(self.out));
        if was_open && self.out.len() == start {
            self.out.pop();
            self.tag_open = true;
        }
    }

    /// Ends the element; as `<name/>` when it has no content.
    #[expect(clippy::needless_pass_by_value, reason = "a tag is ended once")]
    pub fn end(&mut self, tag: Tag) {
        if self.tag_open {
            self.out.push_str("/>");
            self.tag_open = false;
        } else {
            self.out.push_str("</");
            self.out
                .extend_from_within_str(tag.name_start, tag.name_len);
            self.out.push('>');
        }
        self.default_ns = tag.outer_ns;
    }

    /// Writes `<name>text</name>` in the namespace `ns`.
    pub fn text_element(&mut self, name: &str, ns: Namespace, text: &str) {
        let tag = self.start(name, ns);
        self.text(text);
        self.end(tag);
    }

    /// As [`Writer::text_element`], with a typed value; `parts` are `<name>` and `</name>`.
    #[inline]
    pub fn value_element<T: XmlText>(
        &mut self,
        parts: (&'static str, &'static str),
        ns: Namespace,
        value: &T,
    ) {
        let (start, end) = parts;
        if self.is_default(ns) {
            self.close_tag();
            self.out.push_str(start);
            let content = self.out.len();
            value.write_xml_text(&mut ValueWriter::text(self.out));
            if self.out.len() == content {
                self.out.pop();
                self.out.push_str("/>");
            } else {
                self.out.push_str(end);
            }
        } else {
            let tag = self.start(&start[1..start.len() - 1], ns);
            self.value_text(value);
            self.end(tag);
        }
    }

    /// Writes `<name/>` in the namespace `ns`.
    pub fn empty_element(&mut self, name: &str, ns: Namespace) {
        let tag = self.start(name, ns);
        self.end(tag);
    }

    /// Writes anything that knows how to write itself.
    #[inline]
    pub fn write(&mut self, value: &impl WriteXml) {
        value.write_xml(self);
    }

    /// Copies a parsed element, raw where that is safe, with the declarations it inherited.
    pub fn element(&mut self, element: ElementRef<'_>) {
        element.write_xml(self);
    }

    /// The next element declares a default namespace or not: noted, for who sends it, if it is all that is written.
    pub(crate) fn note_root(&mut self, declares: bool) {
        if self.out.len() == self.from {
            self.root_declares = Some(declares);
        }
    }

    /// What was noted.
    pub(crate) fn root_declares(&self) -> Option<bool> {
        self.root_declares
    }

    /// Whether `ns` is the default namespace in force, which the writer was made with or declared as a constant.
    #[inline]
    pub(crate) fn is_default(&self, ns: Namespace) -> bool {
        match self.default_ns {
            DefaultNs::Static(default) => default == ns,
            _ => self.is_default_ns(ns.as_str()),
        }
    }

    /// Whether `ns` is the default namespace in force.
    pub(crate) fn is_default_ns(&self, ns: &str) -> bool {
        work::add(ns.len() + 1);
        match self.default_ns {
            DefaultNs::Outer => self.outer == ns,
            DefaultNs::Static(default) => default.as_str() == ns,
            DefaultNs::Written(start, len) => &self.out[start..start + len] == ns,
            DefaultNs::Escaped => false,
        }
    }

    /// The output, at a place where content may stand: raw, well-formed XML may be appended.
    pub(crate) fn raw(&mut self) -> &mut String {
        work::add(1);
        self.close_tag();
        self.out
    }

    /// Adds an attribute to a start tag whose text the caller writes with [`Writer::raw`].
    pub(crate) fn raw_attr(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("='");
        escape_attr(value, self.out);
        self.out.push('\'');
    }

    fn open(&mut self, name: &str) -> Tag {
        self.close_tag();
        self.out.push('<');
        let tag = Tag {
            name_start: self.out.len(),
            name_len: name.len(),
            outer_ns: self.default_ns,
        };
        self.out.push_str(name);
        self.tag_open = true;
        tag
    }

    #[inline]
    fn close_tag(&mut self) {
        if self.tag_open {
            self.out.push('>');
            self.tag_open = false;
        }
    }
}

/// `String` has no stable `extend_from_within`; this one is safe and does not allocate beyond growth.
trait ExtendFromWithin {
    fn extend_from_within_str(&mut self, start: usize, len: usize);
}

impl ExtendFromWithin for String {
    fn extend_from_within_str(&mut self, start: usize, len: usize) {
        // Names are short; a stack copy avoids an allocation.
        let mut name = [0u8; 64];
        if len <= name.len() {
            name[..len].copy_from_slice(&self.as_bytes()[start..start + len]);
            self.push_str(std::str::from_utf8(&name[..len]).expect("a copy of a str slice"));
        } else {
            let name = self[start..start + len].to_owned();
            self.push_str(&name);
        }
    }
}

/// [`WriteXml`] as a string that is valid XML on its own.
pub(crate) fn to_document(value: &impl WriteXml) -> String {
    let mut out = String::new();
    value.write_xml(&mut Writer::new(&mut out, ns::NONE));
    out
}
