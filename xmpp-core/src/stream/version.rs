//! The version of a stream (RFC 6120 §4.7.5).

use super::{StreamError, StreamErrorCondition};

/// The version spoken here.
pub(super) const OURS: &str = "1.0";

/// A version: two numbers, compared as such (HDR-7: 1.10 is above 1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads `number.number`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let number = |digits: &str| {
            let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            // A number beyond u32 is above everything that is compared with it.
            valid.then(|| digits.parse().unwrap_or(u32::MAX))
        };
        Some(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }

    /// HDR-7: absent means 0.9. Above ours is answered with ours; below ours cannot be spoken.
    pub(super) fn check(version: Option<&str>) -> Result<(), StreamError> {
        const OURS: Version = Version { major: 1, minor: 0 };
        match version.map(Self::parse) {
            Some(Some(version)) if version >= OURS => Ok(()),
            Some(None) => Err(StreamError::new(StreamErrorCondition::InvalidXml)
                .with_text("'version' is not of the form number.number")),
            Some(Some(_)) | None => Err(StreamErrorCondition::UnsupportedVersion.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn hdr_7_versions_are_numbers() {
        let v = |text| Version::parse(text).unwrap();
        assert!(v("1.10") > v("1.9"));
        assert!(v("2.0") > v("1.99999999999999999999"));
        assert_eq!(v("01.000"), v("1.0"));
        for bad in [
            "", "1", "1.", ".0", "a.b", "1.0.0", "1,0", "+1.0", " 1.0", "1.-1",
        ] {
            assert_eq!(Version::parse(bad), None, "{bad:?}");
        }
    }
}
