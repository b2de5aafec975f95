//! XEP-0202: Entity Time, version 2.0.

use std::fmt;

use xmpp_core::{
    Payload, Timestamp,
    xml::{XmlText, XmlTextError, ns},
};

use crate::{DateTime, xep_0082_datetime::offset_minutes};

/// The time at an entity ([XEP-0202 §2](https://xmpp.org/extensions/xep-0202.html)). Empty in a
/// request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "time", ns = ns::TIME)]
pub struct EntityTime {
    /// How far its time zone is ahead of UTC.
    #[xml(child_text)]
    pub tzo: Option<UtcOffset>,
    /// The time, in UTC.
    #[xml(child_text)]
    pub utc: Option<DateTime>,
}

/// An offset from UTC in minutes, at most 14 hours either way, in the form of
/// [XEP-0082 §2](https://xmpp.org/extensions/xep-0082.html): `Z` or `(+|-)hh:mm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcOffset(i32);

impl EntityTime {
    /// An answer.
    pub fn new(now: Timestamp, tzo: UtcOffset) -> Self {
        Self {
            tzo: Some(tzo),
            utc: Some(now.into()),
        }
    }

    /// A request.
    pub fn request() -> Self {
        Self::default()
    }
}

impl UtcOffset {
    /// That many minutes ahead of UTC; `None` when they are more than 14 hours.
    pub const fn from_minutes(minutes: i32) -> Option<Self> {
        if minutes < -840 || minutes > 840 {
            return None;
        }
        Some(Self(minutes))
    }

    /// The minutes.
    pub const fn minutes(self) -> i32 {
        self.0
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("Z");
        }
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl XmlText for UtcOffset {
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        offset_minutes(text.as_bytes())
            .map(Self)
            .map_err(|_| XmlTextError("not of the form Z or (+|-)hh:mm".to_owned()))
    }

    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        f(&self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn question_and_answer() {
        assert_eq!(
            round_trip::<EntityTime>("<time xmlns='urn:xmpp:time'/>"),
            EntityTime::request()
        );
        let time: EntityTime = round_trip(
            "<time xmlns='urn:xmpp:time'><tzo>-06:00</tzo><utc>2006-12-19T17:58:35Z</utc></time>",
        );
        let offset = UtcOffset::from_minutes(-360).unwrap();
        assert_eq!(
            time,
            EntityTime::new(Timestamp::from_millis(1_166_551_115_000), offset)
        );
    }

    #[test]
    fn offsets() {
        for (text, minutes) in [("Z", 0), ("+05:45", 345), ("-14:00", -840), ("+00:01", 1)] {
            let offset = UtcOffset::from_xml_text(text).unwrap();
            assert_eq!(
                (offset.minutes(), offset.to_string().as_str()),
                (minutes, text)
            );
        }
        assert_eq!(UtcOffset::from_xml_text("+00:00"), Ok(UtcOffset::default()));
        assert_eq!(UtcOffset::from_minutes(841), None);
    }

    #[test]
    fn malformed() {
        for tzo in ["", "06:00", "+6:00", "+14:01", "+0600", "z"] {
            let xml = format!("<time xmlns='urn:xmpp:time'><tzo>{tzo}</tzo></time>");
            assert!(
                error::<EntityTime>(&xml).starts_with("<time/>: invalid tzo"),
                "{tzo}"
            );
        }
        assert!(
            error::<EntityTime>("<time xmlns='urn:xmpp:time'><utc>now</utc></time>")
                .starts_with("<time/>: invalid utc 'now'")
        );
    }
}
