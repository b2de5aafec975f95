//! Why expat refused.

use std::{
    ffi::{CStr, c_int},
    fmt,
};

use crate::library::library;

/// Why expat refused the input, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it calls the fault.
    pub code: Code,
    /// The byte that it points at: of a token that is wrong the wrong character, of one that is incomplete its first byte.
    pub index: u64,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.code, self.index)
    }
}

/// `enum XML_Error` of expat.h.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(pub(crate) c_int);

impl Code {
    /// The input ended outside of every token, and there is no whole root.
    pub const NO_ELEMENTS: Self = Self(3);
    /// A character that cannot stand where it stands.
    pub const INVALID_TOKEN: Self = Self(4);
    /// The input ended in a token.
    pub const UNCLOSED_TOKEN: Self = Self(5);
    /// The input ended in a character.
    pub const PARTIAL_CHAR: Self = Self(6);
    /// The input ended in a CDATA section.
    pub const UNCLOSED_CDATA_SECTION: Self = Self(20);

    /// Whether all that is wrong is that more should have come.
    pub fn is_end_of_input(self) -> bool {
        matches!(
            self,
            Self::NO_ELEMENTS
                | Self::UNCLOSED_TOKEN
                | Self::PARTIAL_CHAR
                | Self::UNCLOSED_CDATA_SECTION
        )
    }
}

/// expat's own words.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = library().and_then(|expat| {
            // SAFETY: any number is allowed; what comes back is null or a C string that lives as long as the library.
            unsafe {
                let text = (expat.error_string)(self.0);
                (!text.is_null()).then(|| CStr::from_ptr(text))
            }
        });
        match text {
            Some(text) => f.write_str(&text.to_string_lossy()),
            None => write!(f, "error {}", self.0),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({}: {self})", self.0)
    }
}
