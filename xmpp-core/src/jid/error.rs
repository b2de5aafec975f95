//! Why a text is no JID.

use std::fmt;

/// Why a text is no JID: the part and the rule it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{part}: {rule}")]
pub struct JidError {
    part: JidPart,
    rule: JidRule,
}

impl JidError {
    pub(super) const fn new(part: JidPart, rule: JidRule) -> Self {
        Self { part, rule }
    }

    /// `part` is not there, and should be.
    pub(crate) const fn absent(part: JidPart) -> Self {
        Self::new(part, JidRule::Presence)
    }

    /// The part that breaks the rule.
    pub const fn part(self) -> JidPart {
        self.part
    }

    /// The rule that is broken.
    pub const fn rule(self) -> JidRule {
        self.rule
    }
}

/// A part of a JID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JidPart {
    /// Before the first `@`.
    Local,
    /// The only part that is always there.
    Domain,
    /// After the first `/`.
    Resource,
}

impl fmt::Display for JidPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "localpart",
            Self::Domain => "domainpart",
            Self::Resource => "resourcepart",
        })
    }
}

/// A rule of [RFC 7622](https://www.rfc-editor.org/rfc/rfc7622) that a part of a JID can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum JidRule {
    /// The part is empty (§3.2 to §3.4).
    #[error("empty")]
    Empty,
    /// The part is longer than 1,023 bytes, before or after preparation (§3.1).
    #[error("longer than 1023 bytes")]
    TooLong,
    /// The part is absent where it is required, or present where it may not be.
    #[error("missing or not allowed here")]
    Presence,
    /// A character that PRECIS does not allow in this part (RFC 8264), or one of `"&'/:<>@` in a localpart (§3.3.1).
    #[error("forbidden character")]
    Character,
    /// Right-to-left and left-to-right characters are mixed against the rule of RFC 5893 §2.
    #[error("mixed text directions")]
    Direction,
    /// Preparation does not come to rest: the result would be another after preparing it again (RFC 8264 §7).
    #[error("unstable under preparation")]
    Unstable,
    /// Not a domain name by IDNA (RFC 5890, UTS #46), an IPv4 address or an IPv6 address in brackets (§3.2).
    #[error("not a domain name or IP address")]
    Domain,
    /// A label of the domain name is longer than 63 bytes in its ASCII form (RFC 1035 §2.3.4).
    #[error("domain label longer than 63 bytes")]
    Label,
}
