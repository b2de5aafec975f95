//! What goes wrong: [`Failure`] on a server, [`LoginError`] on a client.

use crate::lookup::Refusal;
use crate::mechanisms::OauthError;
use crate::prep::PrepareError;

/// Why a server refuses a login, or what its caller did wrong.
///
/// [`kind`](Self::kind) is what the peer may know; the variants are for logs and tests. An unknown user
/// and a wrong password are the same variant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The client gave up.
    #[error("aborted by the client")]
    Aborted,
    /// The mechanism is not offered here.
    #[error("the mechanism is not offered")]
    InvalidMechanism,
    /// The mechanism is offered over confidential channels only.
    #[error("the mechanism needs a confidential channel")]
    EncryptionRequired,
    /// Policy asks for a stronger mechanism.
    #[error("the mechanism is too weak")]
    MechanismTooWeak,
    /// The client's message breaks the mechanism's syntax or order.
    #[error("malformed message: {0}")]
    Malformed(#[from] Malformed),
    /// Wrong password, wrong proof or no such user.
    #[error("the credentials are wrong")]
    WrongCredentials,
    /// The channel that the client sees is not this one.
    #[error("the channel binding does not match")]
    ChannelBinding,
    /// The client believes that no `-PLUS` is offered, but it is: someone changed the offer on its way.
    #[error("the offer of channel binding was removed on its way to the client")]
    Downgrade,
    /// The proof is for another service, host or realm: who sent it may have it from there.
    #[error("the login is for another service")]
    ForeignService,
    /// The user may not act as the identity asked for.
    #[error("the authorization identity is not permitted")]
    InvalidAuthzid,
    /// The account is locked.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The credentials are too old.
    #[error("the credentials have expired")]
    CredentialsExpired,
    /// The message or the token was used before.
    #[error("replayed")]
    Replayed,
    /// The token was issued for another mechanism.
    #[error("the token was issued for another mechanism")]
    ForeignToken,
    /// Whoever had to be asked did not answer.
    #[error("authentication is not possible right now")]
    Unavailable,
    /// A message came when none was due: before the start, while a lookup is open, after the end.
    #[error("no message is due")]
    OutOfOrder,
    /// *Misuse:* an answer came though nothing was asked, or one that does not fit the question.
    #[error("the answer does not fit the lookup")]
    WrongAnswer,
    /// The reason of a custom mechanism.
    #[error("{reason}")]
    Custom {
        /// What the peer is told.
        kind: FailureKind,
        /// What is logged.
        reason: String,
    },
}

impl Failure {
    /// A failure of a custom mechanism: the peer is told `kind`, the log `reason`.
    pub fn custom(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self::Custom {
            kind,
            reason: reason.into(),
        }
    }

    /// What the peer may know of it.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Aborted => FailureKind::Aborted,
            Self::InvalidMechanism => FailureKind::InvalidMechanism,
            Self::EncryptionRequired => FailureKind::EncryptionRequired,
            Self::MechanismTooWeak => FailureKind::MechanismTooWeak,
            Self::Malformed(Malformed::NonceMismatch)
            | Self::WrongCredentials
            | Self::ChannelBinding
            | Self::Downgrade
            | Self::Replayed
            | Self::ForeignToken
            | Self::ForeignService
            | Self::OutOfOrder => FailureKind::NotAuthorized,
            Self::Malformed(Malformed::Base64) => FailureKind::IncorrectEncoding,
            Self::Malformed(_) => FailureKind::MalformedRequest,
            Self::InvalidAuthzid => FailureKind::InvalidAuthzid,
            Self::AccountDisabled => FailureKind::AccountDisabled,
            Self::CredentialsExpired => FailureKind::CredentialsExpired,
            Self::Unavailable | Self::WrongAnswer => FailureKind::TemporaryAuthFailure,
            Self::Custom { kind, .. } => *kind,
        }
    }

    /// Shorthand for [`kind`](Self::kind)`().`[`condition`](FailureKind::condition)`()`.
    pub fn condition(&self) -> &'static str {
        self.kind().condition()
    }

    /// Whether the caller made the mistake, not the peer.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::WrongAnswer)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::WrongCredentials => Self::WrongCredentials,
            Refusal::AccountDisabled => Self::AccountDisabled,
            Refusal::CredentialsExpired => Self::CredentialsExpired,
            Refusal::MechanismTooWeak => Self::MechanismTooWeak,
            Refusal::Replayed => Self::Replayed,
            Refusal::Unavailable => Self::Unavailable,
        }
    }
}

/// What a server tells its peer when it refuses a login. The names are those of
/// [RFC 6120 §6.5]; other protocols map them to their own.
///
/// [RFC 6120 §6.5]: https://www.rfc-editor.org/rfc/rfc6120#section-6.5
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The client aborted.
    Aborted,
    /// The account is locked.
    AccountDisabled,
    /// The password or token is too old.
    CredentialsExpired,
    /// The mechanism needs a confidential channel.
    EncryptionRequired,
    /// The base64 is not strict.
    IncorrectEncoding,
    /// The user may not act as the identity asked for.
    InvalidAuthzid,
    /// The mechanism is not offered.
    InvalidMechanism,
    /// The message breaks the mechanism's syntax.
    MalformedRequest,
    /// Policy asks for a stronger mechanism.
    MechanismTooWeak,
    /// The credentials are wrong, or anything else that shall not be told apart from it.
    NotAuthorized,
    /// Try again later.
    TemporaryAuthFailure,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Aborted,
        Self::AccountDisabled,
        Self::CredentialsExpired,
        Self::EncryptionRequired,
        Self::IncorrectEncoding,
        Self::InvalidAuthzid,
        Self::InvalidMechanism,
        Self::MalformedRequest,
        Self::MechanismTooWeak,
        Self::NotAuthorized,
        Self::TemporaryAuthFailure,
    ];

    /// The condition's name, for instance `not-authorized`.
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::AccountDisabled => "account-disabled",
            Self::CredentialsExpired => "credentials-expired",
            Self::EncryptionRequired => "encryption-required",
            Self::IncorrectEncoding => "incorrect-encoding",
            Self::InvalidAuthzid => "invalid-authzid",
            Self::InvalidMechanism => "invalid-mechanism",
            Self::MalformedRequest => "malformed-request",
            Self::MechanismTooWeak => "mechanism-too-weak",
            Self::NotAuthorized => "not-authorized",
            Self::TemporaryAuthFailure => "temporary-auth-failure",
        }
    }

    /// The kind with this condition's name; `None` for one that is not known, which a client treats as
    /// [`TemporaryAuthFailure`](Self::TemporaryAuthFailure).
    pub fn from_condition(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.condition() == name)
    }
}

/// How a message breaks the syntax of its mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Not base64 as RFC 4648 §4 writes it, inside the message.
    #[error("incorrect base64")]
    Base64,
    /// A user name or password that its preparation refuses, or that is empty.
    #[error("empty or prohibited name or password")]
    Preparation,
    /// Another number of NULs than the mechanism has.
    #[error("wrong number of NUL separators")]
    Separators,
    /// An attribute is missing, out of order, or written twice.
    #[error("attribute missing, repeated or out of order")]
    Attributes,
    /// The mandatory extension `m=`, which nobody may ignore and nobody has defined.
    #[error("unknown mandatory extension")]
    MandatoryExtension,
    /// A user name with an unescaped `,` or a `=` that is neither `=2C` nor `=3D`.
    #[error("incorrectly escaped name")]
    Escape,
    /// The header of the first message (channel-binding flag and authorization identity).
    #[error("incorrect GS2 header")]
    Gs2Header,
    /// A nonce with a character outside the grammar, or an empty one.
    #[error("incorrect nonce")]
    Nonce,
    /// A nonce that is not the one of this exchange.
    #[error("the nonce changed")]
    NonceMismatch,
    /// A nonce is said to have been used before.
    #[error("the nonce is used again")]
    NonceCount,
    /// Another protection, algorithm or character set than the mechanism is used with here.
    #[error("a protection, algorithm or character set that is not supported")]
    Unsupported,
    /// An iteration count that is not a positive number without sign or leading zero, below 2^32.
    #[error("incorrect iteration count")]
    Iterations,
    /// An authorization that is not `Bearer` and a token.
    #[error("not a bearer token")]
    Authorization,
    /// A hashed token of another length than the hash has.
    #[error("hashed token of a wrong length")]
    HashedToken,
    /// A length that the mechanism limits.
    #[error("too long")]
    TooLong,
    /// Another length than the mechanism's hash has.
    #[error("wrong length")]
    Length,
    /// Data where the mechanism has none.
    #[error("unexpected data")]
    UnexpectedData,
}

/// Why a client gives up a login, or what its caller did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The server's message breaks the mechanism's syntax.
    #[error("malformed message of the server: {0}")]
    Malformed(#[from] Malformed),
    /// The server did not prove that it knows the account. Whoever said so may be an impostor: do not
    /// fall back to another mechanism (SAS-5).
    #[error("the server did not authenticate itself: {0}")]
    MutualAuth(#[from] MutualAuthError),
    /// What the client was told the server offers is not what the server says it offers: someone stands in
    /// between. Nothing that proves the password was sent.
    #[error("the server's offer was changed on its way: {0}")]
    Downgrade(#[from] DowngradeError),
    /// The server asks for so few rounds that whoever listens can guess the password.
    #[error("{got} iterations are fewer than the {minimum} required")]
    TooFewIterations {
        /// What the server asks for.
        got: u32,
        /// What the policy requires.
        minimum: u32,
    },
    /// The server asks for so many rounds that the client would be busy for long.
    #[error("{got} iterations are more than the {maximum} permitted")]
    TooManyIterations {
        /// What the server asks for.
        got: u32,
        /// What the policy permits.
        maximum: u32,
    },
    /// The server ended the exchange with this error (RFC 5802 §7, `e=`).
    #[error("the server refused: {0:?}")]
    Refused(String),
    /// The server refused the token, and said why (RFC 7628 §3.2.2).
    #[error("the server refused the token: {0}")]
    TokenRefused(OauthError),
    /// What is asked for would show a key to whoever listens.
    #[error("the channel is not confidential")]
    NotConfidential,
    /// The user name or password cannot be used with this mechanism.
    #[error("the credentials cannot be used: {0}")]
    Credentials(#[from] PrepareError),
    /// Saved keys do not fit what the server has stored now, and there is no password in hand.
    #[error("the saved keys do not fit the account any more")]
    StaleKeys,
    /// A message of the server came when none was due.
    #[error("no message is due")]
    OutOfOrder,
    /// *Misuse:* a credential that the mechanism needs is not in hand.
    #[error("the credential is not in hand")]
    NoCredential,
    /// *Misuse:* a key came though none was asked for, or one of another job.
    #[error("the key is not the one that was asked for")]
    WrongKey,
    /// The reason of a custom mechanism.
    #[error("{0}")]
    Custom(String),
}

impl LoginError {
    /// Whether the caller made the mistake, not the peer.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::NoCredential | Self::WrongKey)
    }
}

/// How a server failed to authenticate itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MutualAuthError {
    /// It said that all is well without any proof.
    #[error("no signature")]
    Missing,
    /// The proof is wrong.
    #[error("wrong signature")]
    Wrong,
}

/// How a client sees that someone has changed the server's offer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DowngradeError {
    /// The mechanisms or channel-binding types were others (XEP-0474).
    #[error("the server has signed another one")]
    Offer,
    /// The server signed nothing, and the policy requires it, or the offer looks as if it had been changed.
    #[error("the server has signed none")]
    Unsigned,
    /// The server's end of the channel has another version of TLS, or the client's has none (XEP-0515).
    #[error("the server sees another version of TLS")]
    TlsVersion,
}
