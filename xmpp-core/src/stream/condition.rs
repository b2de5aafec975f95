//! The conditions of a stream error (RFC 6120 §4.9.3).

use std::fmt;

/// A stream error condition ([RFC 6120 §4.9.3](https://www.rfc-editor.org/rfc/rfc6120#section-4.9.3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamErrorCondition {
    /// Well-formed XML that is of no use at stream level (text between stanzas, a wrong root).
    BadFormat,
    /// A namespace prefix that the receiver does not take. Never sent from here: prefixes are free.
    BadNamespacePrefix,
    /// Another session took the place of this one.
    Conflict,
    /// The peer was silent for too long, or did not log in in time.
    ConnectionTimeout,
    /// The domain of `to` is no longer served here.
    HostGone,
    /// The domain of `to` is not served here.
    HostUnknown,
    /// `to` or `from` is absent or of no use where it is required.
    ImproperAddressing,
    /// The server is at fault.
    InternalServerError,
    /// `from` is not what was authenticated.
    InvalidFrom,
    /// The stream's or the content namespace is not supported.
    InvalidNamespace,
    /// XML that breaks a schema.
    InvalidXml,
    /// Something was sent before authentication, or the authorization was withdrawn.
    NotAuthorized,
    /// Not well-formed XML.
    NotWellFormed,
    /// A local rule was broken: size, rate, number of attempts.
    PolicyViolation,
    /// A gateway cannot reach its backend.
    RemoteConnectionFailed,
    /// The stream has to be made anew, because credentials or roles changed.
    Reset,
    /// The server lacks the resources to serve the stream.
    ResourceConstraint,
    /// A comment, processing instruction, document type or entity (RFC 6120 §11.1).
    RestrictedXml,
    /// The peer should connect to another host.
    SeeOtherHost,
    /// The server shuts down.
    SystemShutdown,
    /// None of these; an application-specific condition says more.
    UndefinedCondition,
    /// An encoding other than UTF-8.
    UnsupportedEncoding,
    /// A mandatory stream feature that the initiating entity does not know.
    UnsupportedFeature,
    /// A first-level element that is no stanza and was not negotiated.
    UnsupportedStanzaType,
    /// A `version` that cannot be spoken.
    UnsupportedVersion,
}

impl StreamErrorCondition {
    /// All conditions, in the order of RFC 6120 §4.9.3.
    pub const ALL: [Self; 25] = [
        Self::BadFormat,
        Self::BadNamespacePrefix,
        Self::Conflict,
        Self::ConnectionTimeout,
        Self::HostGone,
        Self::HostUnknown,
        Self::ImproperAddressing,
        Self::InternalServerError,
        Self::InvalidFrom,
        Self::InvalidNamespace,
        Self::InvalidXml,
        Self::NotAuthorized,
        Self::NotWellFormed,
        Self::PolicyViolation,
        Self::RemoteConnectionFailed,
        Self::Reset,
        Self::ResourceConstraint,
        Self::RestrictedXml,
        Self::SeeOtherHost,
        Self::SystemShutdown,
        Self::UndefinedCondition,
        Self::UnsupportedEncoding,
        Self::UnsupportedFeature,
        Self::UnsupportedStanzaType,
        Self::UnsupportedVersion,
    ];

    /// The name of the element that stands for the condition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadFormat => "bad-format",
            Self::BadNamespacePrefix => "bad-namespace-prefix",
            Self::Conflict => "conflict",
            Self::ConnectionTimeout => "connection-timeout",
            Self::HostGone => "host-gone",
            Self::HostUnknown => "host-unknown",
            Self::ImproperAddressing => "improper-addressing",
            Self::InternalServerError => "internal-server-error",
            Self::InvalidFrom => "invalid-from",
            Self::InvalidNamespace => "invalid-namespace",
            Self::InvalidXml => "invalid-xml",
            Self::NotAuthorized => "not-authorized",
            Self::NotWellFormed => "not-well-formed",
            Self::PolicyViolation => "policy-violation",
            Self::RemoteConnectionFailed => "remote-connection-failed",
            Self::Reset => "reset",
            Self::ResourceConstraint => "resource-constraint",
            Self::RestrictedXml => "restricted-xml",
            Self::SeeOtherHost => "see-other-host",
            Self::SystemShutdown => "system-shutdown",
            Self::UndefinedCondition => "undefined-condition",
            Self::UnsupportedEncoding => "unsupported-encoding",
            Self::UnsupportedFeature => "unsupported-feature",
            Self::UnsupportedStanzaType => "unsupported-stanza-type",
            Self::UnsupportedVersion => "unsupported-version",
        }
    }

    /// The condition of that element name.
    ///
    /// ```
    /// use xmpp_core::stream::StreamErrorCondition;
    /// assert_eq!(StreamErrorCondition::from_name("reset"), Some(StreamErrorCondition::Reset));
    /// assert_eq!(StreamErrorCondition::from_name("xml-not-well-formed"), Some(StreamErrorCondition::NotWellFormed));
    /// assert_eq!(StreamErrorCondition::from_name("nonsense"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        // RFC 3920's name for the same condition; some servers still send it.
        let name = if name == "xml-not-well-formed" {
            "not-well-formed"
        } else {
            name
        };
        Self::ALL.into_iter().find(|c| c.as_str() == name)
    }
}

impl fmt::Display for StreamErrorCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::StreamErrorCondition;

    #[test]
    fn every_condition_has_its_name() {
        for condition in StreamErrorCondition::ALL {
            assert_eq!(
                StreamErrorCondition::from_name(condition.as_str()),
                Some(condition)
            );
        }
    }
}
