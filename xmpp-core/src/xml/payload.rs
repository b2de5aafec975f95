//! Typed payloads: the traits that `#[derive(Payload)]` implements.

use super::{ElementRef, Namespace, Writer};

/// What can be written as one XML element.
pub trait WriteXml {
    /// Writes this as one element, complete with the namespace declarations that the writer's context
    /// does not have yet.
    fn write_xml(&self, writer: &mut Writer<'_>);
}

impl<T: WriteXml + ?Sized> WriteXml for &T {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        (**self).write_xml(writer);
    }
}

impl<T: WriteXml + ?Sized> WriteXml for Box<T> {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        (**self).write_xml(writer);
    }
}

/// A typed payload: one XML element with a fixed name and namespace.
pub trait Payload: WriteXml + Sized {
    /// Local name of the element.
    const NAME: &'static str;
    /// Namespace of the element.
    const NAMESPACE: Namespace;

    /// Whether `element` has the name and namespace of this payload.
    fn matches(element: ElementRef<'_>) -> bool {
        element.is(Self::NAME, Self::NAMESPACE)
    }

    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Mismatch`] when `element` is not this payload at all, any other variant when it is but
    /// breaks its schema.
    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError>;
}

/// Why an element could not be read as a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The element has another name or namespace: not this payload.
    #[error("not a <{expected}/>")]
    Mismatch {
        /// Local name that was expected.
        expected: &'static str,
    },
    /// A required attribute is absent.
    #[error("<{element}/> has no attribute '{attribute}'")]
    MissingAttribute {
        /// Local name of the element.
        element: &'static str,
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// A required child element is absent.
    #[error("<{element}/> has no child <{child}/>")]
    MissingChild {
        /// Local name of the element.
        element: &'static str,
        /// Local name of the child.
        child: &'static str,
    },
    /// A child that may stand once stands twice.
    #[error("<{element}/> has more than one <{child}/>")]
    DuplicateChild {
        /// Local name of the element.
        element: &'static str,
        /// Local name of the child.
        child: &'static str,
    },
    /// A value of an attribute, of the text or of a child's text is not valid.
    #[error("<{element}/>: invalid {place} '{value}': {reason}")]
    InvalidValue {
        /// Local name of the element.
        element: &'static str,
        /// Attribute or child that holds the value, `text` for the element's own.
        place: &'static str,
        /// The value, cut to 64 characters.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A value that stands in an attribute or in text.
pub trait XmlText: Sized {
    /// Reads the (unescaped) value.
    ///
    /// # Errors
    ///
    /// [`XmlTextError`] names what is wrong with the value.
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError>;
    /// Calls `f` once with the value as it is to be written, not escaped.
    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R;
}

/// Why a text is not a value of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct XmlTextError(pub String);
