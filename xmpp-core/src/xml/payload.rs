//! Typed payloads: the traits that `#[derive(Payload)]` implements.

use super::{Element, ElementRef, Namespace, Writer, ns};

/// What can be written as one XML element.
pub trait WriteXml {
    /// Writes this as one element, complete with the namespace declarations that the writer's
    /// context does not have yet.
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
    /// Which elements [`Payload::matches`] may be true of. Where they are few, a choice of payloads finds this one by
    /// the number of its namespace.
    const SCOPE: PayloadScope = PayloadScope::Any;

    /// Whether `element` has the name and namespace of this payload.
    #[inline]
    fn matches(element: ElementRef<'_>) -> bool {
        element.is(Self::NAME, Self::NAMESPACE)
    }

    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Mismatch`] when `element` is not this payload at all, any other variant when
    /// it is but breaks its schema.
    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError>;

    /// As [`Payload::from_element`], for an element of which [`Payload::matches`] is true.
    ///
    /// # Errors
    ///
    /// As [`Payload::from_element`].
    #[inline]
    fn from_matching(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        Self::from_element(element)
    }
}

/// A choice of payloads that takes every element: what it does not know, and what breaks its schema, it keeps as it
/// stands. `#[derive(Payload)]` implements it for an enum with a variant `#[xml(other)]`.
pub trait AnyPayload: Payload {
    /// Reads any element.
    fn read(element: ElementRef<'_>) -> Self;
}

/// Which elements a payload may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadScope {
    /// Those with [`Payload::NAME`] in [`Payload::NAMESPACE`].
    Element,
    /// Any in [`Payload::NAMESPACE`].
    Namespace,
    /// Any.
    Any,
}

/// Any element.
impl Payload for Element {
    const NAME: &'static str = "*";
    const NAMESPACE: Namespace = ns::NONE;

    fn matches(_: ElementRef<'_>) -> bool {
        true
    }

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        Ok(element.to_element())
    }
}

impl AnyPayload for Element {
    fn read(element: ElementRef<'_>) -> Self {
        element.to_element()
    }
}

impl<T: Payload> Payload for Box<T> {
    const NAME: &'static str = T::NAME;
    const NAMESPACE: Namespace = T::NAMESPACE;
    const SCOPE: PayloadScope = T::SCOPE;

    fn matches(element: ElementRef<'_>) -> bool {
        T::matches(element)
    }

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        T::from_element(element).map(Self::new)
    }

    fn from_matching(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        T::from_matching(element).map(Self::new)
    }
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

impl PayloadError {
    /// [`PayloadError::InvalidValue`], with the value cut to 64 characters.
    #[cold]
    pub fn invalid(
        element: &'static str,
        place: &'static str,
        value: &str,
        reason: impl Into<String>,
    ) -> Self {
        Self::InvalidValue {
            element,
            place,
            value: value.chars().take(64).collect(),
            reason: reason.into(),
        }
    }

    /// Whether the element is another payload altogether, rather than a broken one of this kind.
    pub const fn is_mismatch(&self) -> bool {
        matches!(self, Self::Mismatch { .. })
    }
}
