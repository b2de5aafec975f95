//! What a server can do for its mechanisms.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::lookup::LookupKind;
use crate::mechanisms::scram::ScramKeys;
use crate::prep::{self, PrepareError};

/// What a server can do for its mechanisms.
///
/// ```
/// use xmpp_sasl::{LookupKind, ServerConfig};
///
/// let secret = [7; 32]; // kept with the accounts, from a generator of random numbers
/// let config = ServerConfig::new(secret)
///     .answers([LookupKind::PASSWORD, LookupKind::SCRAM_SHA_256]);
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct ServerConfig {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    secret: Option<Zeroizing<[u8; 32]>>,
    iterations: u32,
    salt_length: usize,
    lookups: Vec<LookupKind>,
    sign_offer: bool,
    prepare_username: Option<PrepareUsername>,
}

type PrepareUsername = fn(&str) -> Option<String>;

impl ServerConfig {
    /// A server that can answer nothing yet.
    ///
    /// From `secret` come the salts of users that do not exist. It must be random, and stay the same as
    /// long as the accounts do: an unknown user whose salt changes is one that is seen to be unknown.
    pub fn new(secret: [u8; 32]) -> Self {
        Self::with_secret(Some(Zeroizing::new(secret)))
    }

    /// A server without accounts that can answer nothing yet: anonymous logins, or custom mechanisms.
    ///
    /// It has no secret, and so nothing to hide unknown users with: PLAIN and SCRAM are not offered, whatever
    /// it [`answers`](Self::answers). Who has passwords or keys to check begins with [`ServerConfig::new`].
    pub fn without_secret() -> Self {
        Self::with_secret(None)
    }

    fn with_secret(secret: Option<Zeroizing<[u8; 32]>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                secret,
                iterations: 4_096,
                salt_length: 16,
                lookups: Vec::new(),
                sign_offer: true,
                prepare_username: None,
            }),
        }
    }

    /// Adds kinds of lookups that the caller can answer. Mechanisms that ask anything else are not
    /// offered: ANONYMOUS, for instance, only where [`LookupKind::ANONYMOUS`] is said.
    #[must_use]
    pub fn answers(mut self, kinds: impl IntoIterator<Item = LookupKind>) -> Self {
        Arc::make_mut(&mut self.inner).lookups.extend(kinds);
        self
    }

    /// The iteration count and the number of bytes of salt shown for users that do not exist. They must
    /// be those of the stored keys, or they tell who exists. 4,096 and 16 unless it is said here; at
    /// least one and at most [`ScramKeys::MAX_ITERATIONS`] and 32 bytes.
    #[must_use]
    pub fn with_stored_form(mut self, iterations: u32, salt_length: usize) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.iterations = iterations.clamp(1, ScramKeys::MAX_ITERATIONS);
        inner.salt_length = salt_length.clamp(1, 32);
        self
    }

    /// Whether SCRAM signs what the server advertises (XEP-0474, XEP-0515), where the circumstances of a session say
    /// what that is: [`SelectCx::with_advertised_mechanisms`](crate::SelectCx::with_advertised_mechanisms). It does unless it is said here.
    #[must_use]
    pub fn sign_offer(mut self, sign: bool) -> Self {
        Arc::make_mut(&mut self.inner).sign_offer = sign;
        self
    }

    /// How user names are brought to the form in which the protocol compares them, after SASLprep: in XMPP that of
    /// localparts (RFC 7622 §3.3, which is `UsernameCaseMapped` of RFC 8265 with exceptions). `None` of the function
    /// means that no account can have the name; it is then looked up as it is.
    ///
    /// Lookups, [`Identity::authcid`](crate::Identity::authcid) and the salts of users that do not exist come from this
    /// form. Without it a server whose accounts are `alice` to those who write `Alice` shows who exists: both have one salt,
    /// while `Nobody` and `nobody` have two.
    ///
    /// ```
    /// use xmpp_sasl::ServerConfig;
    ///
    /// let config = ServerConfig::new([7; 32])
    ///     .with_username_preparation(|name| Some(name.to_lowercase()));
    /// # let _ = config;
    /// ```
    #[must_use]
    pub fn with_username_preparation(mut self, prepare: fn(&str) -> Option<String>) -> Self {
        Arc::make_mut(&mut self.inner).prepare_username = Some(prepare);
        self
    }

    /// Whether user names are prepared in a way of the protocol's.
    pub fn prepares_usernames(&self) -> bool {
        self.inner.prepare_username.is_some()
    }

    /// The user name of a client's message: SASLprep, then what the protocol adds.
    pub(crate) fn username<'n>(&self, name: &'n str) -> Result<Cow<'n, str>, PrepareError> {
        let name = prep::name(name)?;
        let compared = self
            .inner
            .prepare_username
            .and_then(|prepare| prepare(&name));
        Ok(compared
            .filter(|name| !name.is_empty())
            .map_or(name, Cow::Owned))
    }

    pub(crate) fn signs_offer(&self) -> bool {
        self.inner.sign_offer
    }

    /// Whether the caller can answer lookups of `kind`.
    pub fn can_answer(&self, kind: &LookupKind) -> bool {
        self.inner.lookups.contains(kind)
    }

    /// The iteration count shown for users that do not exist.
    pub fn iterations(&self) -> u32 {
        self.inner.iterations
    }

    /// The number of bytes of salt shown for users that do not exist.
    pub fn salt_length(&self) -> usize {
        self.inner.salt_length
    }

    /// The secret, of a server that has one.
    pub(crate) fn secret(&self) -> Option<&[u8; 32]> {
        self.inner.secret.as_deref()
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("answers", &self.inner.lookups)
            .field("iterations", &self.inner.iterations)
            .finish_non_exhaustive()
    }
}
