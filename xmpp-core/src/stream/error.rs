//! Stream errors (RFC 6120 §4.9), the ends of streams, and misuse.

use std::fmt;

use super::StreamErrorCondition;
use crate::{
    error_children::{ErrorChildren, write_children},
    xml::{Element, ElementRef, ParseClass, ParseError, Writer, ns},
};

/// A stream error ([RFC 6120 §4.9](https://www.rfc-editor.org/rfc/rfc6120#section-4.9)): always the end of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamError {
    /// What went wrong.
    pub condition: StreamErrorCondition,
    /// Where to connect instead: the content of `<see-other-host/>`.
    pub other_host: Option<String>,
    /// A description for people, never for programs.
    pub text: Option<String>,
    /// The language of `text`.
    pub text_lang: Option<String>,
    /// The application-specific condition, in a namespace of its own.
    pub application: Option<Element>,
}

impl StreamError {
    /// An error of that condition.
    pub const fn new(condition: StreamErrorCondition) -> Self {
        Self {
            condition,
            other_host: None,
            text: None,
            text_lang: None,
            application: None,
        }
    }

    /// The same with an English description.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self.text_lang = Some("en".to_owned());
        self
    }

    /// The same with an application-specific condition.
    #[must_use]
    pub fn with_application(mut self, application: Element) -> Self {
        self.application = Some(application);
        self
    }

    /// `see-other-host` with `host` as `host[:port]`, an IPv6 address in brackets (RFC 6120 §4.9.3.19).
    pub fn see_other_host(host: impl Into<String>) -> Self {
        Self {
            other_host: Some(host.into()),
            ..Self::new(StreamErrorCondition::SeeOtherHost)
        }
    }

    /// Whether `element` is a stream error.
    pub fn matches(element: ElementRef<'_>) -> bool {
        element.is("error", ns::STREAMS)
    }

    /// Reads a `<stream:error/>`, its children in any order; an unknown or absent condition is
    /// `undefined-condition` (ERR-1).
    pub fn from_element(element: ElementRef<'_>) -> Self {
        let children =
            ErrorChildren::read(element, ns::STREAM_ERRORS, StreamErrorCondition::from_name);
        let condition = children
            .condition
            .unwrap_or(StreamErrorCondition::UndefinedCondition);
        Self {
            condition,
            other_host: children
                .content
                .filter(|_| condition == StreamErrorCondition::SeeOtherHost),
            text: children.text,
            text_lang: children.text_lang,
            application: children.application,
        }
    }

    /// Writes `<stream:error>…</stream:error>` with the prefix undeclared (ERR-1's order).
    pub(crate) fn write_prefixed(&self, out: &mut String) {
        let mut w = Writer::new(out, ns::CLIENT);
        let error = w.start_prefixed("stream:error");
        write_children(
            ns::STREAM_ERRORS,
            (self.condition.as_str(), self.other_host.as_deref()),
            (self.text.as_deref(), self.text_lang.as_deref()),
            self.application.as_ref(),
            &mut w,
        );
        w.end(error);
    }
}

impl From<StreamErrorCondition> for StreamError {
    fn from(condition: StreamErrorCondition) -> Self {
        Self::new(condition)
    }
}

/// What a parse error means for the stream (ERR table: conditions 1, 14, 13, 18, 22).
impl From<ParseError> for StreamError {
    fn from(error: ParseError) -> Self {
        let condition = match error.rule.class() {
            ParseClass::RestrictedXml => StreamErrorCondition::RestrictedXml,
            ParseClass::UnsupportedEncoding => StreamErrorCondition::UnsupportedEncoding,
            ParseClass::BadFormat => StreamErrorCondition::BadFormat,
            ParseClass::PolicyViolation => StreamErrorCondition::PolicyViolation,
            ParseClass::NotWellFormed => StreamErrorCondition::NotWellFormed,
        };
        let mut stream_error = Self::new(condition).with_text(error.rule.to_string());
        if condition == StreamErrorCondition::PolicyViolation {
            stream_error.application = Some(Element::build(ns::NONE, |w| {
                w.empty_element("stanza-too-big", ns::APP_ERRORS);
            }));
        }
        stream_error
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.condition)?;
        match &self.text {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StreamError {}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended it in good order.
    ByPeer,
    /// It was ended from here in good order.
    Local,
    /// The peer broke a rule, and was told this error; or it was told that the service ends the stream.
    ErrorSent(StreamError),
    /// The peer sent this error.
    ErrorReceived(StreamError),
    /// The peer would not accept the login; its condition (RFC 6120 §6.5), with more where the mechanism told more
    /// (`not-authorized: the server refused the token: invalid_token`), or what its answer lacked.
    LoginFailed(String),
    /// STARTTLS was refused or something else came in its place (TLS-3, TLS-5).
    TlsRefused,
    /// The transport ended without the end of the stream.
    Lost,
}

/// What the initiating entity should do after a stream has ended (ERR-4).
///
/// A server's sessions give it too: it says what the client will do that reads the specifications as this crate does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Nothing: the end was wanted.
    None,
    /// Connect again after a wait that grows with each attempt (NET-7).
    Backoff,
    /// As [`Advice::Backoff`], but begin with a wait drawn from 0 to 60 s: many clients were cut off at once.
    BackoffSpread,
    /// As [`Advice::Backoff`], with long waits: the server is short of resources.
    BackoffLong,
    /// Connect again at once.
    Reconnect,
    /// Connect again to this `host[:port]`, under the same rules for its certificate, at most five times in a row.
    ReconnectTo(String),
    /// Look the server up again, once.
    Rediscover,
    /// Try the next address of the server, give up after the last.
    NextCandidate,
    /// Ask for credentials, then log in again.
    Reauthenticate,
    /// Do not connect again with this configuration: one of the two sides has to be changed first.
    Stop,
}

impl Advice {
    /// What the one that received `error` should do (ERR-4).
    pub fn after(error: &StreamError) -> Self {
        use StreamErrorCondition as C;
        match error.condition {
            C::ConnectionTimeout
            | C::InternalServerError
            | C::NotWellFormed
            | C::PolicyViolation
            | C::RemoteConnectionFailed
            | C::UndefinedCondition => Self::Backoff,
            C::SystemShutdown => Self::BackoffSpread,
            C::ResourceConstraint => Self::BackoffLong,
            C::Reset => Self::Reconnect,
            C::SeeOtherHost => error
                .other_host
                .clone()
                .map_or(Self::Stop, Self::ReconnectTo),
            C::HostGone => Self::Rediscover,
            C::HostUnknown | C::InvalidNamespace => Self::NextCandidate,
            C::NotAuthorized => Self::Reauthenticate,
            C::BadFormat
            | C::BadNamespacePrefix
            | C::Conflict
            | C::ImproperAddressing
            | C::InvalidFrom
            | C::InvalidXml
            | C::RestrictedXml
            | C::UnsupportedEncoding
            | C::UnsupportedFeature
            | C::UnsupportedStanzaType
            | C::UnsupportedVersion => Self::Stop,
        }
    }
}

/// A command that makes no sense in the session's state: the caller's mistake, or a race with the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The session is over, or its end has begun.
    #[error("the session is closed")]
    Closed,
    /// Stanzas can be sent only when the session is bound.
    #[error("the session is not ready for stanzas")]
    NotReady,
    /// Nothing of that id is asked for (any more).
    #[error("unknown lookup")]
    UnknownLookup,
    /// The answer is not one to what was asked.
    #[error("the answer does not fit the question")]
    WrongAnswer,
    /// TLS was not asked for.
    #[error("no TLS handshake was due")]
    NoHandshake,
}
