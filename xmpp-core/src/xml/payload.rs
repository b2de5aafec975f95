//! Typed payloads: the traits that `#[derive(Payload)]` implements.

use super::{ElementRef, Namespace, Writer};

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

    /// Whether `element` has the name and namespace of this payload.
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
}

impl<T: Payload> Payload for Box<T> {
    const NAME: &'static str = T::NAME;
    const NAMESPACE: Namespace = T::NAMESPACE;

    fn matches(element: ElementRef<'_>) -> bool {
        T::matches(element)
    }

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        T::from_element(element).map(Self::new)
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

/// A value that stands in an attribute or in text.
///
/// `#[derive(XmlText)]` implements it for enums of names and for newtypes around a value that has
/// it.
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

impl XmlText for String {
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        Ok(text.to_owned())
    }

    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        f(self)
    }
}

/// `xs:boolean`: reads `true`, `false`, `1` and `0`, writes the words.
impl XmlText for bool {
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        match collapse(text) {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(XmlTextError("not one of true, false, 1, 0".to_owned())),
        }
    }

    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        f(if *self { "true" } else { "false" })
    }
}

/// The `whiteSpace=collapse` of XML Schema for values that hold no white space: what stands around
/// is dropped.
fn collapse(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        /// An `xs:integer` within the range of this type.
        impl XmlText for $t {
            fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
                collapse(text).parse().map_err(|error: std::num::ParseIntError| {
                    XmlTextError(error.to_string())
                })
            }

            fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
                // 20 digits and a sign are the longest a 64-bit integer has.
                let mut buffer = [0u8; 21];
                let mut cursor = std::io::Cursor::new(&mut buffer[..]);
                std::io::Write::write_fmt(&mut cursor, format_args!("{self}"))
                    .expect("the buffer holds every 64-bit integer");
                let length = usize::try_from(cursor.position()).expect("at most 21");
                f(std::str::from_utf8(&buffer[..length]).expect("digits are ASCII"))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i8, i16, i32, i64);
