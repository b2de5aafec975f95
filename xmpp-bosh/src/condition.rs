//! The terminal binding conditions.

use std::fmt;

/// Why a session was ended by a `type='terminate'` body ([XEP-0124
/// §17.2](https://xmpp.org/extensions/xep-0124.html#errorstatus-terminal), BOSH 12.2 to 12.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TerminalCondition {
    /// The format of an HTTP header or of a binding element is not acceptable.
    BadRequest,
    /// The domain of `to` is no longer served.
    HostGone,
    /// The domain of `to` is not known.
    HostUnknown,
    /// The first request lacks `to`.
    ImproperAddressing,
    /// The connection manager is at fault.
    InternalServerError,
    /// The sid, the rid or the key is not valid, or the response cannot be sent again.
    ItemNotFound,
    /// Another request, processed at the same time, ended the session.
    OtherRequest,
    /// The client broke the rules of the session.
    PolicyViolation,
    /// The server cannot be reached.
    RemoteConnectionFailed,
    /// A stream error, which stands in the body.
    RemoteStreamError,
    /// The service is found at the URI in the body.
    SeeOtherUri,
    /// The connection manager shuts down.
    SystemShutdown,
    /// None of the above.
    UndefinedCondition,
}

impl TerminalCondition {
    const ALL: [Self; 13] = [
        Self::BadRequest,
        Self::HostGone,
        Self::HostUnknown,
        Self::ImproperAddressing,
        Self::InternalServerError,
        Self::ItemNotFound,
        Self::OtherRequest,
        Self::PolicyViolation,
        Self::RemoteConnectionFailed,
        Self::RemoteStreamError,
        Self::SeeOtherUri,
        Self::SystemShutdown,
        Self::UndefinedCondition,
    ];

    /// The value of the attribute `condition`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::HostGone => "host-gone",
            Self::HostUnknown => "host-unknown",
            Self::ImproperAddressing => "improper-addressing",
            Self::InternalServerError => "internal-server-error",
            Self::ItemNotFound => "item-not-found",
            Self::OtherRequest => "other-request",
            Self::PolicyViolation => "policy-violation",
            Self::RemoteConnectionFailed => "remote-connection-failed",
            Self::RemoteStreamError => "remote-stream-error",
            Self::SeeOtherUri => "see-other-uri",
            Self::SystemShutdown => "system-shutdown",
            Self::UndefinedCondition => "undefined-condition",
        }
    }

    /// The condition of that name; a name that is not defined counts as
    /// [`Self::UndefinedCondition`].
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|c| c.as_str() == name)
            .unwrap_or(Self::UndefinedCondition)
    }

    /// The HTTP status that says the same to a client that sent no `ver`, where there is one
    /// ([XEP-0124 §17.1](https://xmpp.org/extensions/xep-0124.html#errorstatus-http), BOSH 12.1).
    pub const fn legacy_status(self) -> Option<u16> {
        match self {
            Self::BadRequest => Some(400),
            Self::PolicyViolation => Some(403),
            Self::ItemNotFound => Some(404),
            _ => None,
        }
    }
}

impl fmt::Display for TerminalCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_its_name() {
        for condition in TerminalCondition::ALL {
            assert_eq!(TerminalCondition::from_name(condition.as_str()), condition);
        }
        assert_eq!(
            TerminalCondition::from_name("nonsense"),
            TerminalCondition::UndefinedCondition
        );
    }
}
