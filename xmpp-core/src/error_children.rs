//! The children of an `<error/>`, which stream errors and stanza errors write alike (RFC 6120 §4.9.2, §8.3.2): a
//! condition, a text, an application-specific condition.

use crate::xml::{Element, ElementRef, Namespace, Writer};

/// What the children of an error say.
#[derive(Debug)]
pub(crate) struct ErrorChildren<C> {
    pub(crate) condition: Option<C>,
    /// The text in the element of the condition: a URI or a host.
    pub(crate) content: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) text_lang: Option<String>,
    pub(crate) application: Option<Element>,
}

impl<C> ErrorChildren<C> {
    /// Reads the children in any order, of each kind the first (ERR-1, STZ-10). Conditions are in the namespace `ns`
    /// and have the names that `known` knows.
    pub(crate) fn read(
        error: ElementRef<'_>,
        ns: Namespace,
        known: impl Fn(&str) -> Option<C>,
    ) -> Self {
        let mut read = Self {
            condition: None,
            content: None,
            text: None,
            text_lang: None,
            application: None,
        };
        for child in error.children() {
            if child.is("text", ns) {
                if read.text.is_none() {
                    read.text = Some(child.text().into_owned());
                    read.text_lang = child.lang().map(std::borrow::Cow::into_owned);
                }
            } else if child.has_ns(ns) {
                if read.condition.is_none() {
                    read.condition = known(child.name());
                    let content = child.text();
                    read.content = (!content.trim().is_empty()).then(|| content.trim().to_owned());
                }
            } else if read.application.is_none() {
                read.application = Some(child.to_element());
            }
        }
        read
    }
}

/// Writes the children, in the order of the RFC. `content` goes into the element of the condition, `text` is in the
/// language `text_lang`.
pub(crate) fn write_children(
    ns: Namespace,
    (condition, content): (&str, Option<&str>),
    (text, text_lang): (Option<&str>, Option<&str>),
    application: Option<&Element>,
    w: &mut Writer<'_>,
) {
    w.text_element(condition, ns, content.unwrap_or_default());
    if let Some(text) = text {
        let tag = w.start("text", ns);
        w.opt_attr("xml:lang", text_lang);
        w.text(text);
        w.end(tag);
    }
    if let Some(application) = application {
        w.element(application.root());
    }
}
