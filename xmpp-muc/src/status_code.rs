//! Status codes of `<x xmlns='http://jabber.org/protocol/muc#user'/>` (XEP-0045 §15.6; MUC ST1 to ST17).

use std::{fmt, num::ParseIntError, str::FromStr};

use xmpp_core::xml::{XmlText, XmlTextError};

/// One status code, `<status code='110'/>`.
///
/// A number of three digits; those that this library sends or acts on have names. Unknown codes are kept as they
/// are (MUC ST17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

impl StatusCode {
    /// Anybody in the room sees the real JID (MUC ST1).
    pub const NON_ANONYMOUS: Self = Self(100);
    /// The affiliation changed while the user was not in the room (MUC ST2).
    pub const AFFILIATION_CHANGED: Self = Self(101);
    /// Another part of the configuration changed (MUC ST4).
    pub const CONFIGURATION_CHANGED: Self = Self(104);
    /// This presence is about its receiver (MUC ST5).
    pub const SELF_PRESENCE: Self = Self(110);
    /// Discussions are logged where the public can read them (MUC ST6).
    pub const LOGGING_ON: Self = Self(170);
    /// Public logging ended (MUC ST6).
    pub const LOGGING_OFF: Self = Self(171);
    /// The room became non-anonymous (MUC ST7).
    pub const NOW_NON_ANONYMOUS: Self = Self(172);
    /// The room became semi-anonymous (MUC ST7).
    pub const NOW_SEMI_ANONYMOUS: Self = Self(173);
    /// The room was made by this join (MUC ST8).
    pub const ROOM_CREATED: Self = Self(201);
    /// The room assigned or changed the nick (MUC ST9).
    pub const NICK_ASSIGNED: Self = Self(210);
    /// Banned (MUC ST10).
    pub const BANNED: Self = Self(301);
    /// The occupant takes another nick (MUC ST11).
    pub const NICK_CHANGED: Self = Self(303);
    /// Kicked (MUC ST12).
    pub const KICKED: Self = Self(307);
    /// Removed by losing its affiliation in a members-only room (MUC ST13).
    pub const AFFILIATION_LOST: Self = Self(321);
    /// Removed because the room became members-only (MUC ST14).
    pub const MEMBERS_ONLY: Self = Self(322);
    /// Removed because the service shuts down (MUC ST15).
    pub const SHUTDOWN: Self = Self(332);
    /// Removed for a technical reason (MUC ST16).
    pub const ERROR: Self = Self(333);

    /// The code of this number.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// Its number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl FromStr for StatusCode {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl XmlText for StatusCode {
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        text.parse()
            .map_err(|error: ParseIntError| XmlTextError(error.to_string()))
    }

    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        if self.0 >= 100 {
            return self.0.with_xml_text(f);
        }
        f(&self.to_string())
    }
}
