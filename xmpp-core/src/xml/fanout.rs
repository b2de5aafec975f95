//! One stanza, many recipients.

use std::sync::Arc;

use super::{
    WriteXml, Writer,
    element::attribute_span,
    escape::escape_attr,
    ns,
    parser::{Found, Machine, Mode, view},
    table::{Entry, Kind},
    {ElementRef, Limits},
};

/// One stanza without `to`, of which copies are written that differ in `to` only. Cloning is cheap.
///
/// ```
/// use xmpp_core::xml::{Element, Fanout};
///
/// let stanza = Element::parse("<message xmlns='jabber:client' from='r@muc.example/a' to='?'><body>Hi</body></message>")?;
/// let fanout = Fanout::new(&stanza);
/// let mut out = String::new();
/// fanout.copy("b@example/x", &mut out);
/// assert_eq!(out, "<message to='b@example/x' from='r@muc.example/a'><body>Hi</body></message>");
/// assert_eq!(fanout.as_str(), "<message from='r@muc.example/a'><body>Hi</body></message>");
/// # Ok::<(), xmpp_core::xml::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fanout {
    text: Arc<str>,
    /// Behind the name of the root.
    name_end: usize,
    /// What a copy begins with, up to the value of `to`.
    head: Arc<str>,
    /// The root says itself which namespace it is in.
    declares: bool,
}

impl Fanout {
    /// Writes `stanza` once, in its canonical form; a `to` that it has is left out.
    ///
    /// # Panics
    ///
    /// If `stanza` does not write one element, against the contract of [`WriteXml`].
    pub fn new(stanza: &impl WriteXml) -> Self {
        let mut text = String::with_capacity(512);
        stanza.write_xml(&mut Writer::new(&mut text, ns::CLIENT));
        // The start tag is read by the same code as everything.
        let mut machine = Machine::new(Mode::Stream, Limits::NONE);
        machine.set_default_namespace(ns::CLIENT);
        let found = match machine.next(&text, &mut 0, text.len()) {
            Ok(Some(found @ Found::Open(_))) => found,
            other => panic!("what was written is not an element: {other:?}"),
        };
        let mut scratch = String::new();
        let (tag, nodes) = view(&mut machine, &text, &mut scratch, &found);
        let root = ElementRef::lent(tag, nodes);
        let name_end = root.entry().name_span().end;
        let declares = root.entry().has(Entry::OWN_DEFAULT);
        let to = root.tag_entries().iter().find(|entry| {
            entry.kind == Kind::Attribute
                && entry.prefix_len == 0
                && root.is_local_name(entry, "to")
        });
        if let Some((start, end)) = to.map(|to| attribute_span(tag, to)) {
            text.replace_range(start..end, "");
        }
        Self {
            head: format!("{} to='", &text[..name_end]).into(),
            text: text.into(),
            name_end,
            declares,
        }
    }

    /// Appends the copy for `to`, whose value is not escaped yet.
    #[inline]
    pub fn copy(&self, to: &str, out: &mut String) {
        // Room for all of it, so that nothing is moved on the way.
        out.reserve(self.text.len() + to.len() + 6);
        out.push_str(&self.head);
        escape_attr(to, out);
        out.push('\'');
        out.push_str(&self.text[self.name_end..]);
    }

    /// The copy for `to`, to be written where a stanza is expected.
    pub fn to<'a>(&'a self, to: &'a str) -> impl WriteXml + 'a {
        Copy {
            fanout: self,
            to: Some(to),
        }
    }

    /// The stanza without `to`, in its canonical form: for a log or an archive.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[inline]
    fn write(&self, to: Option<&str>, w: &mut Writer<'_>) {
        let declare = !self.declares && !w.is_default(ns::CLIENT);
        w.note_root(self.declares || declare);
        match to {
            Some(to) if !declare => self.copy(to, w.raw()),
            None if !declare => w.raw().push_str(&self.text),
            _ => {
                w.raw().push_str(&self.text[..self.name_end]);
                w.raw_attr("xmlns", ns::CLIENT.as_str());
                if let Some(to) = to {
                    w.raw_attr("to", to);
                }
                w.raw().push_str(&self.text[self.name_end..]);
            }
        }
    }
}

/// Without `to`.
impl WriteXml for Fanout {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        self.write(None, writer);
    }
}

struct Copy<'a> {
    fanout: &'a Fanout,
    to: Option<&'a str>,
}

impl WriteXml for Copy<'_> {
    #[inline]
    fn write_xml(&self, writer: &mut Writer<'_>) {
        self.fanout.write(self.to, writer);
    }
}
