//! The version of BOSH.

use std::{fmt, str::FromStr};

/// A version of BOSH, `<major>.<minor>`, two integers ([XEP-0124
/// §7.1](https://xmpp.org/extensions/xep-0124.html#session-request), BOSH 2.3): 1.10 is above 1.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoshVersion {
    /// The number before the point.
    pub major: u32,
    /// The number behind the point.
    pub minor: u32,
}

impl BoshVersion {
    /// The newest version spoken here, 1.11.
    pub const NEWEST: Self = Self {
        major: 1,
        minor: 11,
    };
}

/// What is written is not `<major>.<minor>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version: two integers with a point between them are expected")]
pub struct VersionError;

impl FromStr for BoshVersion {
    type Err = VersionError;

    fn from_str(s: &str) -> Result<Self, VersionError> {
        let (major, minor) = s.split_once('.').ok_or(VersionError)?;
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

fn number(digits: &str) -> Result<u32, VersionError> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(VersionError);
    }
    digits.parse().map_err(|_| VersionError)
}

impl fmt::Display for BoshVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_compares_as_an_integer() {
        let v = |s: &str| s.parse::<BoshVersion>().unwrap();
        assert!(v("1.10") > v("1.9"));
        assert!(v("2.0") > v("1.11"));
        assert_eq!(v("1.6").to_string(), "1.6");
    }

    #[test]
    fn other_forms_are_rejected() {
        for bad in [
            "",
            "1",
            "1.",
            ".6",
            "1.6.1",
            "+1.6",
            "1.-6",
            "abc",
            "1.99999999999",
        ] {
            assert_eq!(bad.parse::<BoshVersion>(), Err(VersionError), "{bad}");
        }
    }
}
