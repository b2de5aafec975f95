//! Values that stand in an attribute or in text.

use std::borrow::Cow;

use super::ValueWriter;

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

    /// As [`XmlText::from_xml_text`]; a value that had to be unescaped is owned already, so that a string need not be
    /// copied.
    ///
    /// # Errors
    ///
    /// As [`XmlText::from_xml_text`].
    #[inline]
    fn from_xml_cow(text: Cow<'_, str>) -> Result<Self, XmlTextError> {
        Self::from_xml_text(&text)
    }

    /// Calls `f` once with the value as it is to be written, not escaped.
    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R;

    /// Writes the value.
    #[inline]
    fn write_xml_text(&self, out: &mut ValueWriter<'_>) {
        self.with_xml_text(|text| out.push(text));
    }
}

/// Why a text is not a value of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct XmlTextError(pub String);

impl XmlText for String {
    #[inline]
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        Ok(text.to_owned())
    }

    #[inline]
    fn from_xml_cow(text: Cow<'_, str>) -> Result<Self, XmlTextError> {
        Ok(text.into_owned())
    }

    #[inline]
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
            #[inline]
            fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
                // White space around is rare.
                text.parse().or_else(|_| {
                    collapse(text)
                        .parse()
                        .map_err(|error: std::num::ParseIntError| XmlTextError(error.to_string()))
                })
            }

            #[inline]
            fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
                f(itoa::Buffer::new().format(*self))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i8, i16, i32, i64);

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &impl XmlText) -> String {
        value.with_xml_text(str::to_owned)
    }

    #[test]
    fn integers_are_written_as_the_standard_library_does() {
        for n in [0, 1, 9, 10, 99, 100, 65_535, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(written(&n), n.to_string());
        }
        for n in [i64::MIN, -1, 0, 42, i64::MAX] {
            assert_eq!(written(&n), n.to_string());
        }
        assert_eq!(
            (written(&i8::MIN), written(&u8::MAX)),
            ("-128".into(), "255".into())
        );
    }

    #[test]
    fn integers_are_read_with_white_space_around_and_within_their_range() {
        assert_eq!(u8::from_xml_text(" 255\n"), Ok(255));
        assert_eq!(i8::from_xml_text("-128"), Ok(-128));
        assert!(u8::from_xml_text("256").is_err());
        assert!(u32::from_xml_text("1 2").is_err());
        assert!(u32::from_xml_text("").is_err());
    }
}
