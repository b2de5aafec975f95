//! Why a body could not be read.

use xmpp_core::xml::ParseError;

use crate::TerminalCondition;

/// Why what arrived is not a BOSH body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Not well-formed, not restricted XML, or above a limit (BOSH 1.6 to 1.11).
    #[error("not acceptable XML: {0}")]
    Xml(#[from] ParseError),
    /// Well-formed, but the root is not `<body/>` in the namespace of BOSH.
    #[error("the root element is not a body of BOSH")]
    NotABody,
    /// The document ends before `</body>`.
    #[error("the body is not complete")]
    Truncated,
    /// Something follows `</body>`.
    #[error("something follows the body")]
    Trailing,
    /// An attribute has a value that its type does not allow.
    #[error("the value of the attribute '{0}' is not of its type")]
    Attribute(String),
    /// More payload elements than are taken in one body.
    #[error("the body holds more than {0} elements")]
    TooMany(usize),
    /// More bytes than are read.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
}

impl BodyError {
    /// The condition to answer with (BOSH 12.2, 12.8).
    pub const fn condition(&self) -> TerminalCondition {
        match self {
            Self::TooLarge(_) | Self::TooMany(_) => TerminalCondition::PolicyViolation,
            _ => TerminalCondition::BadRequest,
        }
    }
}
