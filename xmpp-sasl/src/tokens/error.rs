//! Why a signed token is refused.

use crate::lookup::{Answer, Refusal};

/// Why a signed token is refused. The variants are for logs and tests; the client is told what
/// [`refusal`](Self::refusal) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than the verifier permits.
    #[error("too long")]
    TooLong,
    /// Not three parts in base64url, or a header that is no JSON object.
    #[error("not a signed token")]
    Syntax,
    /// Another algorithm than HS256.
    #[error("signed by another algorithm")]
    Algorithm,
    /// A header that asks for an extension (`crit`), or of another type of token.
    #[error("a header that cannot be honoured")]
    Header,
    /// No key of this name is here.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("wrong signature")]
    Signature,
    /// Claims that are no JSON object, or one of them has the wrong type or a value out of bounds.
    #[error("malformed claims")]
    Claims,
    /// A claim is missing.
    #[error("no claim `{0}`")]
    Missing(&'static str),
    /// It is for another service.
    #[error("for another audience")]
    Audience,
    /// It is for another domain.
    #[error("for another domain")]
    Domain,
    /// It has expired.
    #[error("expired")]
    Expired,
    /// It is not good yet.
    #[error("not good yet")]
    NotYet,
    /// It is good once, and was used before.
    #[error("used before")]
    Used,
}

impl TokenError {
    /// What to refuse the login with. Only whoever shows a token that was once good is told that it is too old.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Expired => Refusal::CredentialsExpired,
            Self::Used => Refusal::Replayed,
            _ => Refusal::WrongCredentials,
        }
    }

    /// The answer to the lookup.
    pub fn answer(self) -> Answer {
        Answer::Refuse(self.refusal())
    }
}
