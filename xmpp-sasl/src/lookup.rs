//! What a server's exchange asks its caller, and what the caller answers.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::bearer::TokenCheck;
use crate::info::MechanismName;
use crate::mechanisms::ht::HtTokens;
use crate::mechanisms::scram::{ScramHash, ScramKeys};

/// A kind of lookup. A server says which ones it can answer
/// ([`ServerConfig::answers`](crate::ServerConfig::answers)), and only mechanisms that ask nothing else
/// are offered.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LookupKind(Cow<'static, str>);

impl LookupKind {
    /// Grant an anonymous login: [`Lookup::Anonymous`].
    pub const ANONYMOUS: Self = Self::custom("anonymous");
    /// Fetch a password or a key for DIGEST-MD5: [`Lookup::DigestMd5`].
    #[cfg(feature = "digest-md5")]
    pub const DIGEST_MD5: Self = Self::custom("DIGEST-MD5");
    /// Let in who has proven a name to the channel: [`Lookup::External`].
    pub const EXTERNAL: Self = Self::custom("external");
    /// Check a password: [`Lookup::Password`].
    pub const PASSWORD: Self = Self::custom("password");
    /// Fetch stored keys of SCRAM-SHA-1: [`Lookup::ScramKeys`].
    pub const SCRAM_SHA_1: Self = Self::custom("SCRAM-SHA-1");
    /// Fetch stored keys of SCRAM-SHA-256: [`Lookup::ScramKeys`].
    pub const SCRAM_SHA_256: Self = Self::custom("SCRAM-SHA-256");
    /// Fetch stored keys of SCRAM-SHA-512: [`Lookup::ScramKeys`].
    pub const SCRAM_SHA_512: Self = Self::custom("SCRAM-SHA-512");

    /// Check a bearer token: [`Lookup::Token`].
    pub const TOKEN: Self = Self::custom("token");
    /// Fetch the tokens of the HT-SHA-256 mechanisms: [`Lookup::HtTokens`].
    pub const HT_SHA_256: Self = Self::custom("HT-SHA-256");

    /// A kind of a custom mechanism's own. That of a SCRAM over another hash is the mechanism's name
    /// without `-PLUS`.
    pub const fn custom(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LookupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A question of a server's exchange. The exchange stands still until it is answered by
/// [`ServerLogin::resolve`](crate::ServerLogin::resolve); a database or an HTTP request may lie between.
///
/// User names in it are prepared by SASLprep already. `Debug` shows no secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Lookup {
    /// May this client log in without an account, and under which name? Answer
    /// [`Answer::Grant`] or [`Answer::Refuse`].
    Anonymous {
        /// What the client says of itself: an email address or an opaque token. To be logged at most.
        trace: Option<String>,
    },
    /// The channel has proven that the client is `name`. Is there such an account, and may it log in? Answer
    /// [`Answer::Accept`], [`Answer::UnknownUser`] or [`Answer::Refuse`].
    External {
        /// One of [`Peer::accounts`](crate::Peer::accounts); for another server its domain, in lower case.
        name: String,
    },
    /// What is stored for this user of DIGEST-MD5? Answer what the check gives, or [`Answer::Refuse`].
    #[cfg(feature = "digest-md5")]
    DigestMd5(crate::DigestMd5Check),
    /// Is the password right? Answer what the check gives, or [`Answer::Accept`] and
    /// [`Answer::Refuse`] where the password is checked elsewhere.
    Password(PasswordCheck),
    /// What keys are stored for this user? Answer [`Answer::ScramKeys`], [`Answer::LockedScramKeys`],
    /// [`Answer::UnknownUser`] or [`Answer::Refuse`].
    ScramKeys {
        /// The user.
        authcid: String,
        /// Whose keys: `SCRAM-SHA-256` for instance, without `-PLUS`.
        mechanism: MechanismName,
    },
    /// Is the token good, and whose is it? Answer [`Answer::Grant`] with the name that the token gives, or
    /// [`Answer::Refuse`].
    Token(TokenCheck),
    /// What tokens does this user have at this client? Answer [`Answer::HtTokens`] —
    /// [`FastRecord::check`](crate::FastRecord::check) gives it —, [`Answer::UnknownUser`] or
    /// [`Answer::Refuse`].
    HtTokens {
        /// The user.
        authcid: String,
        /// The mechanism; a token is good for the one that it was issued for.
        mechanism: MechanismName,
    },
    /// The user has proven to be `authcid` and wants to act as `authzid`. Answer [`Answer::Accept`] if
    /// that is permitted; anything else is `invalid-authzid`. It is asked whenever the client sent an
    /// authorization identity, even one that looks equal: only the protocol in use knows how to
    /// compare them.
    Authorize {
        /// Who has logged in.
        authcid: String,
        /// Whom they want to be.
        authzid: String,
    },
    /// The question of a custom mechanism. Answer [`Answer::Custom`], or any other that it understands.
    Custom(CustomValue),
}

/// The answer to a [`Lookup`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// The password is right; the user may act so.
    Accept,
    /// The anonymous client is logged in under this name (in XMPP a fresh localpart); the token is good and
    /// belongs to this user.
    Grant {
        /// The name; it becomes [`Identity::authcid`](crate::Identity::authcid).
        authcid: String,
    },
    /// The key of a user of DIGEST-MD5.
    #[cfg(feature = "digest-md5")]
    DigestMd5(crate::DigestMd5Key),
    /// The stored keys of the user.
    ScramKeys(ScramKeys),
    /// The stored keys of a user that must not log in. Only who proves to know the password is told so.
    LockedScramKeys(ScramKeys, Refusal),
    /// The user's tokens.
    HtTokens(HtTokens),
    /// There is no such user. The client sees the same as after a wrong password, at the same time.
    UnknownUser,
    /// The login ends.
    Refuse(Refusal),
    /// The answer to a custom mechanism's question.
    Custom(CustomValue),
}

impl Answer {
    /// [`Answer::Custom`] with `value`.
    pub fn custom<T: Any + Send>(value: T) -> Self {
        Self::Custom(CustomValue::new(value))
    }
}

/// Why a login is refused by the caller's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The credentials are wrong, or there is no such user: `not-authorized`.
    WrongCredentials,
    /// The account is locked: `account-disabled`. Say so only to who has proven to be its owner.
    AccountDisabled,
    /// The password or token is too old: `credentials-expired`. Likewise.
    CredentialsExpired,
    /// This account needs a stronger mechanism: `mechanism-too-weak`.
    MechanismTooWeak,
    /// The message or the token was used before: `not-authorized`.
    Replayed,
    /// Whoever knows did not answer: `temporary-auth-failure`.
    Unavailable,
}

/// A name and a password to be checked. It may be moved to another thread: checking it against
/// [`ScramKeys`] costs a whole PBKDF2.
///
/// For an unknown user give `None` instead of what is stored: the same work is done, so that time does not
/// tell either.
pub struct PasswordCheck {
    pub(crate) authcid: String,
    pub(crate) password: Zeroizing<String>,
    pub(crate) fake_salt: Vec<u8>,
    pub(crate) fake_iterations: u32,
}

impl PasswordCheck {
    /// The user, prepared by SASLprep.
    pub fn authcid(&self) -> &str {
        &self.authcid
    }

    /// The password, prepared by SASLprep.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Compares with stored keys of the hash `H`. Keys of another hash are answered
    /// [`Refusal::Unavailable`].
    pub fn against<H: ScramHash>(&self, stored: Option<&ScramKeys>) -> Answer {
        if stored.is_some_and(|keys| !keys.is_of::<H>()) {
            return Answer::Refuse(Refusal::Unavailable);
        }
        let (salt, iterations) = stored
            .map_or((&self.fake_salt[..], self.fake_iterations), |keys| {
                (keys.salt(), keys.iterations())
            });
        let derived = ScramKeys::from_prepared::<H>(&self.password, salt, iterations);
        match stored {
            Some(keys) if derived.same_stored_key(keys) => Answer::Accept,
            Some(_) => Answer::Refuse(Refusal::WrongCredentials),
            None => Answer::UnknownUser,
        }
    }

    /// Compares with a password that is stored as such, SASLprep'd, in a time that depends on its length
    /// only.
    pub fn against_plaintext(&self, stored: Option<&str>) -> Answer {
        match stored {
            Some(stored) if bool::from(stored.as_bytes().ct_eq(self.password.as_bytes())) => {
                Answer::Accept
            }
            Some(_) => Answer::Refuse(Refusal::WrongCredentials),
            None => Answer::UnknownUser,
        }
    }
}

impl fmt::Debug for PasswordCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordCheck")
            .field("authcid", &self.authcid)
            .finish_non_exhaustive()
    }
}

/// A value of a custom mechanism's own type.
pub struct CustomValue {
    value: Box<dyn Any + Send>,
    name: &'static str,
}

impl CustomValue {
    /// Wraps `value`.
    pub fn new<T: Any + Send>(value: T) -> Self {
        Self {
            value: Box::new(value),
            name: std::any::type_name::<T>(),
        }
    }

    /// The value, if it is a `T`.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }

    /// The value itself.
    ///
    /// # Errors
    ///
    /// Gives `self` back if it is no `T`.
    pub fn into<T: Any>(self) -> Result<T, Self> {
        let Self { value, name } = self;
        value
            .downcast()
            .map(|value| *value)
            .map_err(|value| Self { value, name })
    }
}

impl fmt::Debug for CustomValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomValue({})", self.name)
    }
}
