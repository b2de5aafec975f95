//! Bearer tokens ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)): the client's credential and the server's
//! question.

use std::fmt;

use zeroize::Zeroizing;

use crate::info::MechanismName;
use crate::lookup::{Answer, Refusal};

/// A token that logs in whoever shows it, as a credential for OAUTHBEARER and X-OAUTH2. Redacted in `Debug`
/// and zeroed on drop.
///
/// The token itself says whose it is. X-OAUTH2 sends a user name beside it, and is no candidate without
/// [`with_authcid`](Self::with_authcid); OAUTHBEARER sends none but the authorization identity.
///
/// ```
/// use xmpp_sasl::{BearerToken, Credentials};
///
/// let token = BearerToken::new("mF_9.B5f-4.1JqM").with_authcid("juliet");
/// let credentials = Credentials::new().with(token);
/// assert_eq!(format!("{credentials:?}"), "Credentials[BearerToken]");
/// ```
#[derive(Clone)]
pub struct BearerToken {
    authcid: Option<String>,
    token: Zeroizing<String>,
}

impl BearerToken {
    /// The token `token`: visible ASCII characters, as whoever issued it gave it.
    pub fn new(token: impl Into<String>) -> Self {
        Self {
            authcid: None,
            token: Zeroizing::new(token.into()),
        }
    }

    /// Says whose token it is; an empty name counts as none.
    #[must_use]
    pub fn with_authcid(mut self, authcid: impl Into<String>) -> Self {
        self.authcid = Some(authcid.into()).filter(|authcid| !authcid.is_empty());
        self
    }

    /// Whose token it is, if that was said.
    pub fn authcid(&self) -> Option<&str> {
        self.authcid.as_deref()
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").finish_non_exhaustive()
    }
}

/// A token to be checked, with what the client said beside it. Redacted in `Debug` and zeroed on drop.
///
/// The token decides who logs in: answer [`accept`](Self::accept) with the name that the *token* gives. The
/// names that the client says are claims. If they are others, [`Lookup::Authorize`](crate::Lookup::Authorize)
/// follows.
pub struct TokenCheck {
    pub(crate) mechanism: MechanismName,
    pub(crate) token: Zeroizing<String>,
    pub(crate) claimed: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
}

impl TokenCheck {
    /// The mechanism that the token came by.
    pub fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    /// The token: at least one visible ASCII character.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Who the client says it is or wants to act as. It may help to find the token, and proves nothing.
    pub fn claimed(&self) -> Option<&str> {
        self.claimed.as_deref()
    }

    /// The host that the client says it connected to (OAUTHBEARER).
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port that the client says it connected to (OAUTHBEARER).
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The token is good and belongs to `authcid`.
    pub fn accept(&self, authcid: impl Into<String>) -> Answer {
        Answer::Grant {
            authcid: authcid.into(),
        }
    }

    /// The token is not good: unknown, revoked, of someone else.
    pub fn refuse(&self) -> Answer {
        Answer::Refuse(Refusal::WrongCredentials)
    }
}

impl fmt::Debug for TokenCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCheck")
            .field("mechanism", &self.mechanism)
            .field("claimed", &self.claimed)
            .finish_non_exhaustive()
    }
}
