//! Stanza errors (RFC 6120 §8.3).

use std::{fmt, str::FromStr};

use crate::{
    Jid,
    error_children::{ErrorChildren, write_children},
    xml::{Element, ElementRef, Namespace, Payload, PayloadError, WriteXml, Writer, ns},
};

/// The `<error/>` of a stanza ([RFC 6120 §8.3](https://www.rfc-editor.org/rfc/rfc6120#section-8.3)).
///
/// ```
/// use xmpp_core::{StanzaError, StanzaErrorCondition, StanzaErrorType};
/// let error = StanzaError::new(StanzaErrorCondition::Conflict).with_text("this nick is taken");
/// assert_eq!(error.error_type, StanzaErrorType::Cancel);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StanzaError {
    /// What the sender of the stanza may do about it.
    pub error_type: StanzaErrorType,
    /// What went wrong.
    pub condition: StanzaErrorCondition,
    /// The entity that says so, where it is not the `from` of the error stanza.
    pub by: Option<Jid>,
    /// A URI that goes with [`StanzaErrorCondition::Gone`] and [`StanzaErrorCondition::Redirect`].
    pub uri: Option<String>,
    /// A description for people, never for programs.
    pub text: Option<String>,
    /// The language of `text`.
    pub text_lang: Option<String>,
    /// The application-specific condition, in a namespace of its own.
    pub application: Option<Element>,
}

impl StanzaError {
    /// An error of that condition and its usual type.
    pub const fn new(condition: StanzaErrorCondition) -> Self {
        Self {
            error_type: condition.default_type(),
            condition,
            by: None,
            uri: None,
            text: None,
            text_lang: None,
            application: None,
        }
    }

    /// The same with another type.
    #[must_use]
    pub const fn with_type(mut self, error_type: StanzaErrorType) -> Self {
        self.error_type = error_type;
        self
    }

    /// The same with an English description.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self.text_lang = Some("en".to_owned());
        self
    }

    /// The same with the entity that says so.
    #[must_use]
    pub fn with_by(mut self, by: impl Into<Jid>) -> Self {
        self.by = Some(by.into());
        self
    }

    /// The same with a URI (for `gone` and `redirect`).
    #[must_use]
    pub fn with_uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = Some(uri.into());
        self
    }

    /// The same with an application-specific condition.
    #[must_use]
    pub fn with_application(mut self, application: Element) -> Self {
        self.application = Some(application);
        self
    }
}

impl From<StanzaErrorCondition> for StanzaError {
    fn from(condition: StanzaErrorCondition) -> Self {
        Self::new(condition)
    }
}

impl fmt::Display for StanzaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.condition, self.error_type)?;
        match &self.text {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StanzaError {}

impl Payload for StanzaError {
    const NAME: &'static str = "error";
    const NAMESPACE: Namespace = ns::CLIENT;

    fn matches(element: ElementRef<'_>) -> bool {
        element.name() == "error"
            && (element.has_ns(ns::CLIENT)
                || element.has_ns(ns::SERVER)
                || element.has_ns(ns::COMPONENT_ACCEPT))
    }

    /// Reads an `<error/>` of any content namespace; as lenient as STZ-10 asks: an unknown or absent condition is
    /// `undefined-condition`, an unknown or absent type that of the condition, a bad `by` is left out.
    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        if !Self::matches(element) {
            return Err(PayloadError::Mismatch { expected: "error" });
        }
        let children = ErrorChildren::read(element, ns::STANZA_ERRORS, |name| name.parse().ok());
        let condition = children
            .condition
            .unwrap_or(StanzaErrorCondition::UndefinedCondition);
        let error_type = match element.attr("type").as_deref().map(str::parse) {
            Some(Ok(error_type)) => error_type,
            // STZ-10: an unknown type is read as `cancel`.
            Some(Err(_)) => StanzaErrorType::Cancel,
            None => condition.default_type(),
        };
        Ok(Self {
            error_type,
            condition,
            by: element.attr("by").and_then(|by| by.parse().ok()),
            uri: children.content,
            text: children.text,
            text_lang: children.text_lang,
            application: children.application,
        })
    }
}

impl WriteXml for StanzaError {
    /// In the order of STZ-10: condition, text, application-specific condition.
    fn write_xml(&self, w: &mut Writer<'_>) {
        let error = w.start("error", ns::CLIENT);
        w.attr("type", self.error_type.as_str());
        w.opt_attr("by", self.by.as_ref().map(Jid::as_str));
        write_children(
            ns::STANZA_ERRORS,
            (self.condition.as_str(), self.uri.as_deref()),
            (self.text.as_deref(), self.text_lang.as_deref()),
            self.application.as_ref(),
            w,
        );
        w.end(error);
    }
}

/// What the sender of a stanza may do about an error (RFC 6120 §8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StanzaErrorType {
    /// Try again after giving credentials.
    Auth,
    /// Do not try again.
    Cancel,
    /// Go on: it was only a warning.
    Continue,
    /// Try again after changing what was sent.
    Modify,
    /// Try again after a while.
    Wait,
}

impl StanzaErrorType {
    /// The value of the attribute `type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Cancel => "cancel",
            Self::Continue => "continue",
            Self::Modify => "modify",
            Self::Wait => "wait",
        }
    }
}

impl fmt::Display for StanzaErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StanzaErrorType {
    type Err = UnknownName;

    fn from_str(s: &str) -> Result<Self, UnknownName> {
        [
            Self::Auth,
            Self::Cancel,
            Self::Continue,
            Self::Modify,
            Self::Wait,
        ]
        .into_iter()
        .find(|t| t.as_str() == s)
        .ok_or(UnknownName)
    }
}

/// A name that no specification defines at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

/// A stanza error condition ([RFC 6120 §8.3.3](https://www.rfc-editor.org/rfc/rfc6120#section-8.3.3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StanzaErrorCondition {
    /// XML that breaks a schema or cannot be processed.
    BadRequest,
    /// Something of that name or address exists already.
    Conflict,
    /// The feature is not there.
    FeatureNotImplemented,
    /// The requester lacks the permission.
    Forbidden,
    /// The entity has moved for good; see [`StanzaError::uri`].
    Gone,
    /// The server is at fault.
    InternalServerError,
    /// The addressed JID or item is not there.
    ItemNotFound,
    /// A JID that breaks RFC 7622.
    JidMalformed,
    /// The request is understood but does not meet the recipient's criteria.
    NotAcceptable,
    /// Nobody is allowed to do this.
    NotAllowed,
    /// Credentials are needed first.
    NotAuthorized,
    /// A local rule was broken.
    PolicyViolation,
    /// The intended recipient is temporarily unavailable.
    RecipientUnavailable,
    /// The entity has moved for now; see [`StanzaError::uri`].
    Redirect,
    /// Registration is needed first.
    RegistrationRequired,
    /// The recipient's domain was not found.
    RemoteServerNotFound,
    /// The recipient's domain did not answer.
    RemoteServerTimeout,
    /// The resources to serve the request are lacking.
    ResourceConstraint,
    /// The service is not provided.
    ServiceUnavailable,
    /// A subscription is needed first.
    SubscriptionRequired,
    /// None of these; an application-specific condition says more.
    UndefinedCondition,
    /// The request was understood but not expected now.
    UnexpectedRequest,
}

impl StanzaErrorCondition {
    /// All conditions, in the order of RFC 6120 §8.3.3.
    pub const ALL: [Self; 22] = [
        Self::BadRequest,
        Self::Conflict,
        Self::FeatureNotImplemented,
        Self::Forbidden,
        Self::Gone,
        Self::InternalServerError,
        Self::ItemNotFound,
        Self::JidMalformed,
        Self::NotAcceptable,
        Self::NotAllowed,
        Self::NotAuthorized,
        Self::PolicyViolation,
        Self::RecipientUnavailable,
        Self::Redirect,
        Self::RegistrationRequired,
        Self::RemoteServerNotFound,
        Self::RemoteServerTimeout,
        Self::ResourceConstraint,
        Self::ServiceUnavailable,
        Self::SubscriptionRequired,
        Self::UndefinedCondition,
        Self::UnexpectedRequest,
    ];

    /// The name of the element that stands for the condition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Conflict => "conflict",
            Self::FeatureNotImplemented => "feature-not-implemented",
            Self::Forbidden => "forbidden",
            Self::Gone => "gone",
            Self::InternalServerError => "internal-server-error",
            Self::ItemNotFound => "item-not-found",
            Self::JidMalformed => "jid-malformed",
            Self::NotAcceptable => "not-acceptable",
            Self::NotAllowed => "not-allowed",
            Self::NotAuthorized => "not-authorized",
            Self::PolicyViolation => "policy-violation",
            Self::RecipientUnavailable => "recipient-unavailable",
            Self::Redirect => "redirect",
            Self::RegistrationRequired => "registration-required",
            Self::RemoteServerNotFound => "remote-server-not-found",
            Self::RemoteServerTimeout => "remote-server-timeout",
            Self::ResourceConstraint => "resource-constraint",
            Self::ServiceUnavailable => "service-unavailable",
            Self::SubscriptionRequired => "subscription-required",
            Self::UndefinedCondition => "undefined-condition",
            Self::UnexpectedRequest => "unexpected-request",
        }
    }

    /// The type that RFC 6120 §8.3.3 gives with the condition (STZ-14).
    pub const fn default_type(self) -> StanzaErrorType {
        match self {
            Self::BadRequest
            | Self::JidMalformed
            | Self::NotAcceptable
            | Self::PolicyViolation
            | Self::Redirect => StanzaErrorType::Modify,
            Self::Conflict
            | Self::FeatureNotImplemented
            | Self::Gone
            | Self::InternalServerError
            | Self::ItemNotFound
            | Self::NotAllowed
            | Self::RemoteServerNotFound
            | Self::ServiceUnavailable
            | Self::UndefinedCondition => StanzaErrorType::Cancel,
            Self::Forbidden
            | Self::NotAuthorized
            | Self::RegistrationRequired
            | Self::SubscriptionRequired => StanzaErrorType::Auth,
            Self::RecipientUnavailable
            | Self::RemoteServerTimeout
            | Self::ResourceConstraint
            | Self::UnexpectedRequest => StanzaErrorType::Wait,
        }
    }
}

impl fmt::Display for StanzaErrorCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StanzaErrorCondition {
    type Err = UnknownName;

    fn from_str(s: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|c| c.as_str() == s)
            .ok_or(UnknownName)
    }
}

#[cfg(test)]
mod tests {
    use super::{StanzaError, StanzaErrorCondition, StanzaErrorType};
    use crate::xml::{Element, Payload, ns};

    #[test]
    fn stz_14_default_types() {
        use StanzaErrorCondition as C;
        use StanzaErrorType as T;
        for condition in C::ALL {
            assert_eq!(condition.as_str().parse(), Ok(condition));
        }
        assert_eq!(C::JidMalformed.default_type(), T::Modify);
        assert_eq!(C::Conflict.default_type(), T::Cancel);
        assert_eq!(C::Forbidden.default_type(), T::Auth);
        assert_eq!(C::UnexpectedRequest.default_type(), T::Wait);
    }

    #[test]
    fn stz_10_round_trip() {
        let application = Element::build(ns::NONE, |w| w.empty_element("blocked", ns::APP_ERRORS));
        for condition in StanzaErrorCondition::ALL {
            let error = StanzaError::new(condition)
                .with_text("no & <never>")
                .with_by("room@example.org".parse::<crate::Jid>().unwrap())
                .with_uri("xmpp:new@example.org?a=1&b=2")
                .with_application(application.clone());
            let element = Element::from_xml(&error);
            assert_eq!(StanzaError::from_element(element.root()), Ok(error));
        }
    }

    #[test]
    fn stz_10_lenient_reader() {
        let read = |xml: &str| StanzaError::from_element(Element::parse(xml).unwrap().root());
        let error = read("<error xmlns='jabber:server' type='oops' by='@@'><x xmlns='u'/></error>");
        let error = error.unwrap();
        assert_eq!(error.condition, StanzaErrorCondition::UndefinedCondition);
        assert_eq!(error.error_type, StanzaErrorType::Cancel);
        assert_eq!(error.by, None);
        assert!(error.application.is_some());
        assert!(read("<error xmlns='u'/>").is_err());
        assert!(read("<err xmlns='jabber:client'/>").is_err());
    }
}
