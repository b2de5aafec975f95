//! Namespace names: the known ones are small integers.

use std::borrow::Cow;

use super::ns::KNOWN;

/// A namespace name known at compile time.
///
/// Names of the table in [`super::ns`] carry a small integer, so that comparing them with those of a parsed
/// element is one comparison of integers; any other name compares as a string.
#[derive(Clone, Copy, Debug)]
pub struct Namespace {
    name: &'static str,
    /// Index in [`KNOWN`], or [`Namespace::UNKNOWN`].
    id: u16,
}

impl Namespace {
    pub(crate) const UNKNOWN: u16 = u16::MAX;

    /// The namespace `name`; looked up in the table of known names at compile time when used in a `const`.
    pub const fn new(name: &'static str) -> Self {
        let mut i = 0;
        while i < KNOWN.len() {
            if str_eq(KNOWN[i], name) {
                #[expect(clippy::cast_possible_truncation, reason = "the table is short")]
                return Self { name, id: i as u16 };
            }
            i += 1;
        }
        Self {
            name,
            id: Self::UNKNOWN,
        }
    }

    /// The namespace name as written in XML.
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// The number of the name in the table of [`super::ns`], and 65,535 for a name that is not there. It may differ from
    /// one version of this crate to the next.
    #[inline]
    pub const fn id(self) -> u16 {
        self.id
    }
}

/// For what takes a name that may be known only at run time.
impl From<Namespace> for Cow<'_, str> {
    fn from(ns: Namespace) -> Self {
        Cow::Borrowed(ns.name)
    }
}

impl Namespace {
    /// As `==`, at compile time.
    pub const fn is_same(self, other: Self) -> bool {
        self.id == other.id && (self.id != Self::UNKNOWN || str_eq(self.name, other.name))
    }
}

impl PartialEq for Namespace {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // A known name has one id, an unknown one none.
        self.id == other.id && (self.id != Self::UNKNOWN || self.name == other.name)
    }
}

impl Eq for Namespace {}

const fn str_eq(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
