//! Reading typed values out of elements: what `#[derive(Payload)]` calls, and what a payload
//! written by hand may call too.
//!
//! `parent` is always the local name of the payload's element, for the error.

use std::borrow::Cow;

use super::{
    ElementRef, Namespace, Payload, PayloadError, PayloadScope, XmlText, scan,
    table::{Entry, Kind},
};

/// The attributes of an element in one pass, names as they stand: in no namespace where there is no prefix; `xml:lang`
/// is always that name.
#[inline]
pub fn attributes(element: ElementRef<'_>) -> Attributes<'_> {
    Attributes {
        element,
        entries: element.tag_entries().iter(),
    }
}

/// Iterator over attributes; see [`attributes`].
#[derive(Debug)]
pub struct Attributes<'a> {
    element: ElementRef<'a>,
    entries: std::slice::Iter<'a, Entry>,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<Attribute<'a>> {
        let is_attribute = |entry: &&Entry| entry.kind == Kind::Attribute;
        let entry = self.entries.find(is_attribute)?;
        Some(Attribute {
            element: self.element,
            entry,
        })
    }
}

/// An attribute whose value is read as a type; see [`attributes`].
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    element: ElementRef<'a>,
    entry: &'a Entry,
}

impl<'a> Attribute<'a> {
    /// The name with its prefix.
    #[inline]
    pub fn name(self) -> &'a [u8] {
        &self.element.document().as_bytes()[self.entry.name_span()]
    }

    /// The value, unescaped and normalised.
    #[inline]
    pub fn text(self) -> Cow<'a, str> {
        self.element.value(self.entry)
    }

    /// The value as a `T`.
    ///
    /// # Errors
    ///
    /// [`PayloadError::InvalidValue`] when it is none.
    #[inline]
    pub fn value<T: XmlText>(
        self,
        parent: &'static str,
        attribute: &'static str,
    ) -> Result<T, PayloadError> {
        T::from_xml_cow(self.text()).map_err(|error| {
            let value = self.text();
            PayloadError::invalid(parent, attribute, &value, error.0)
        })
    }
}

/// The value of an attribute that may be absent. `attribute` is a name in no namespace or
/// `xml:lang`.
///
/// # Errors
///
/// [`PayloadError::InvalidValue`] when the attribute is there and its value is not a `T`.
pub fn attr<T: XmlText>(
    element: ElementRef<'_>,
    parent: &'static str,
    attribute: &'static str,
) -> Result<Option<T>, PayloadError> {
    attributes(element)
        .find(|found| found.name() == attribute.as_bytes())
        .map(|found| found.value(parent, attribute))
        .transpose()
}

/// The value of an attribute that must be there.
///
/// # Errors
///
/// [`PayloadError::MissingAttribute`], and as [`attr`].
pub fn required_attr<T: XmlText>(
    element: ElementRef<'_>,
    parent: &'static str,
    attribute: &'static str,
) -> Result<T, PayloadError> {
    required_attribute(attr(element, parent, attribute)?, parent, attribute)
}

/// What `slot` holds.
///
/// # Errors
///
/// [`PayloadError::MissingAttribute`] when it holds nothing.
#[inline]
pub fn required_attribute<T>(
    slot: Option<T>,
    parent: &'static str,
    attribute: &'static str,
) -> Result<T, PayloadError> {
    slot.ok_or(PayloadError::MissingAttribute {
        element: parent,
        attribute,
    })
}

/// The element's own text as a value; `place` is `text`, or the name of the child whose text it is.
///
/// # Errors
///
/// [`PayloadError::InvalidValue`] when the text is not a `T`.
#[inline]
pub fn text<T: XmlText>(
    element: ElementRef<'_>,
    parent: &'static str,
    place: &'static str,
) -> Result<T, PayloadError> {
    T::from_xml_cow(only_text(element))
        .map_err(|error| PayloadError::invalid(parent, place, &element.text(), error.0))
}

/// As [`text`], `None` when there is no text.
///
/// # Errors
///
/// As [`text`].
#[inline]
pub fn opt_text<T: XmlText>(
    element: ElementRef<'_>,
    parent: &'static str,
) -> Result<Option<T>, PayloadError> {
    if element.content_index() == element.entry().next as usize {
        return Ok(None);
    }
    let text = element.text();
    if text.is_empty() {
        return Ok(None);
    }
    T::from_xml_cow(text)
        .map(Some)
        .map_err(|error| PayloadError::invalid(parent, "text", &element.text(), error.0))
}

/// As [`ElementRef::text`]; one run of text, which is most often all there is, takes the short way.
#[inline]
pub(crate) fn only_text(element: ElementRef<'_>) -> Cow<'_, str> {
    let end = element.entry().next;
    match element.table().get(element.content_index()) {
        Some(entry) if entry.kind == Kind::Text && entry.next == end => element.run(entry),
        _ => element.text(),
    }
}

/// Keeps `value` in `slot`, unless a child of that name was there already.
///
/// # Errors
///
/// [`PayloadError::DuplicateChild`] when `slot` is taken.
#[inline]
pub fn once<T>(
    slot: &mut Option<T>,
    value: T,
    parent: &'static str,
    child: &'static str,
) -> Result<(), PayloadError> {
    if slot.is_some() {
        return Err(PayloadError::DuplicateChild {
            element: parent,
            child,
        });
    }
    *slot = Some(value);
    Ok(())
}

/// What `slot` holds.
///
/// # Errors
///
/// [`PayloadError::MissingChild`] when it holds nothing.
#[inline]
pub fn required<T>(
    slot: Option<T>,
    parent: &'static str,
    child: &'static str,
) -> Result<T, PayloadError> {
    slot.ok_or(PayloadError::MissingChild {
        element: parent,
        child,
    })
}

/// The text of the first child of that name and namespace, `None` without one.
///
/// # Errors
///
/// [`PayloadError::InvalidValue`] when its text is not a `T`.
pub fn child_text<T: XmlText>(
    element: ElementRef<'_>,
    parent: &'static str,
    child: &'static str,
    ns: Namespace,
) -> Result<Option<T>, PayloadError> {
    element
        .child(child, ns)
        .map(|found| text(found, parent, child))
        .transpose()
}

/// The number of an element's namespace in the table of known ones; that of all others is [`Namespace::id`]'s for them.
#[inline]
pub fn namespace_id(element: ElementRef<'_>) -> u16 {
    element.entry().ns.as_known().unwrap_or(Namespace::UNKNOWN)
}

/// Room for one more value, read from `child`; the first time for all that are to come, as far as that can be told.
#[inline]
pub fn make_room<P: Payload>(values: &mut Vec<P>, child: ElementRef<'_>) {
    if values.is_empty() {
        values.reserve_exact(match P::SCOPE {
            PayloadScope::Element => alike(child),
            _ => remaining(child),
        });
    }
}

/// As [`make_room`], for values that are the texts of children of one name.
#[inline]
pub fn make_room_alike<T>(values: &mut Vec<T>, child: ElementRef<'_>) {
    if values.is_empty() {
        values.reserve_exact(alike(child));
    }
}

/// How many elements of the name of `child` there are, from it on.
fn alike(child: ElementRef<'_>) -> usize {
    let text = child.document().as_bytes();
    let name = child.entry();
    let is_alike = |e: &&Entry| {
        e.ns.is_same_id(name.ns)
            && e.name_len == name.name_len
            && scan::same(
                text,
                e.start as usize,
                name.start as usize,
                e.name_len as usize,
            )
    };
    following(child).filter(is_alike).count()
}

/// How many elements there are, from `child` on; no more than a stanza has payloads as a rule, for what it has room for
/// may turn out to be less.
fn remaining(child: ElementRef<'_>) -> usize {
    following(child).take(32).count()
}

/// The elements beside `child`, from it on.
fn following(child: ElementRef<'_>) -> impl Iterator<Item = &Entry> {
    let nodes = child.table();
    let end = match child.parent() {
        Some(parent) => parent.entry().next,
        None => child.entry().next,
    };
    let mut at = child.index();
    std::iter::from_fn(move || {
        if at >= end as usize {
            return None;
        }
        let entry = &nodes[at];
        at = entry.next as usize;
        Some(entry)
    })
    .filter(|entry| entry.kind == Kind::Element)
}
