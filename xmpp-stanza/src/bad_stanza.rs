//! Why an element is not a valid stanza.

use xmpp_core::{
    Jid, JidError, StanzaError, StanzaErrorCondition,
    xml::{ElementRef, PayloadError},
};

/// Why an element is not a stanza, or not a valid one ([RFC 6120
/// §8](https://www.rfc-editor.org/rfc/rfc6120#section-8), STZ-2).
///
/// Answer it with [`error_for`](crate::error_for), which knows when there must be no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadStanza {
    /// The element is no `message`, `presence` or `iq` in the namespace `jabber:client`.
    #[error("<{name}/> is not a stanza")]
    NotAStanza {
        /// Its local name.
        name: String,
    },
    /// An `iq` without `id` cannot be answered.
    #[error("an iq has no 'id'")]
    MissingId,
    /// An `iq` without `type`.
    #[error("an iq has no 'type'")]
    MissingType,
    /// A `type` that RFC 6120 and 6121 do not define (for a message, that is `normal`).
    #[error("unknown type '{value}'")]
    UnknownType {
        /// The value, cut to 64 characters.
        value: String,
    },
    /// `to` or `from` has not the form of an address ([`Jid::received`]).
    #[error("invalid '{attribute}': {error}")]
    InvalidAddress {
        /// `to` or `from`.
        attribute: &'static str,
        /// What is wrong with it.
        error: JidError,
    },
    /// A request has exactly one child, a result at most one.
    #[error("an iq has {count} children")]
    PayloadCount {
        /// How many there are.
        count: usize,
    },
    /// An `iq` of type `error` has no `<error/>`.
    #[error("an iq of type error has no <error/>")]
    MissingError,
}

impl BadStanza {
    /// What the sender of a request is told: `jid-malformed` for an address, else `bad-request`.
    pub const fn condition(&self) -> StanzaErrorCondition {
        match self {
            Self::InvalidAddress { .. } => StanzaErrorCondition::JidMalformed,
            _ => StanzaErrorCondition::BadRequest,
        }
    }
}

impl From<&BadStanza> for StanzaError {
    fn from(error: &BadStanza) -> Self {
        Self::new(error.condition()).with_text(error.to_string())
    }
}

impl From<BadStanza> for StanzaError {
    fn from(error: BadStanza) -> Self {
        Self::from(&error)
    }
}

/// The stanza error for a request whose payload broke its schema: `bad-request`.
pub fn bad_payload(error: &PayloadError) -> StanzaError {
    StanzaError::new(StanzaErrorCondition::BadRequest).with_text(error.to_string())
}

/// Reads the address in the attribute `to` or `from`: a peer's, so that one that fails preparation can be answered.
pub(crate) fn address(
    element: ElementRef<'_>,
    attribute: &'static str,
) -> Result<Option<Jid>, BadStanza> {
    element
        .attr(attribute)
        .map(|value| received(attribute, &value))
        .transpose()
}

/// The address that stands in the attribute `to` or `from`.
#[inline]
pub(crate) fn received(attribute: &'static str, value: &str) -> Result<Jid, BadStanza> {
    Jid::received(value).map_err(|error| BadStanza::InvalidAddress { attribute, error })
}

pub(crate) fn unknown_type(value: &str) -> BadStanza {
    BadStanza::UnknownType {
        value: value.chars().take(64).collect(),
    }
}

pub(crate) fn not_a_stanza(element: ElementRef<'_>) -> BadStanza {
    BadStanza::NotAStanza {
        name: element.name().chars().take(64).collect(),
    }
}
