//! Reading typed values out of elements: what `#[derive(Payload)]` calls, and what a payload
//! written by hand may call too.
//!
//! `parent` is always the local name of the payload's element, for the error.

use super::{ElementRef, Namespace, PayloadError, XmlText, ns};

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
    let value = match attribute.strip_prefix("xml:") {
        Some(local) => element.attr_ns(local, ns::XML),
        None => element.attr(attribute),
    };
    value
        .map(|value| parse(&value, parent, attribute))
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
    attr(element, parent, attribute)?.ok_or(PayloadError::MissingAttribute {
        element: parent,
        attribute,
    })
}

/// The element's own text as a value; `place` is `text`, or the name of the child whose text it is.
///
/// # Errors
///
/// [`PayloadError::InvalidValue`] when the text is not a `T`.
pub fn text<T: XmlText>(
    element: ElementRef<'_>,
    parent: &'static str,
    place: &'static str,
) -> Result<T, PayloadError> {
    parse(&element.text(), parent, place)
}

/// As [`text`], `None` when there is no text.
///
/// # Errors
///
/// As [`text`].
pub fn opt_text<T: XmlText>(
    element: ElementRef<'_>,
    parent: &'static str,
) -> Result<Option<T>, PayloadError> {
    let text = element.text();
    if text.is_empty() {
        return Ok(None);
    }
    parse(&text, parent, "text").map(Some)
}

/// Keeps `value` in `slot`, unless a child of that name was there already.
///
/// # Errors
///
/// [`PayloadError::DuplicateChild`] when `slot` is taken.
pub fn once<T>(
    slot: &mut Option<T>,
    value: T,
    parent: &'static str,
    child: &'static str,
) -> Result<(), PayloadError> {
    if slot.replace(value).is_some() {
        return Err(PayloadError::DuplicateChild {
            element: parent,
            child,
        });
    }
    Ok(())
}

/// What `slot` holds.
///
/// # Errors
///
/// [`PayloadError::MissingChild`] when it holds nothing.
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

fn parse<T: XmlText>(
    value: &str,
    parent: &'static str,
    place: &'static str,
) -> Result<T, PayloadError> {
    T::from_xml_text(value)
        .map_err(|error| PayloadError::invalid(parent, place, value, error.to_string()))
}
