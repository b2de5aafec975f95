//! What is stored of a password.

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::hash::{self, ScramHash};
use crate::base64;
use crate::info::MechanismName;
use crate::prep::{self, PrepareError};
use crate::random::Random;

/// What a server stores of a password: salt, iteration count, `StoredKey` and `ServerKey`
/// ([RFC 5802 §3]). Whoever reads it cannot log in as the user, but can try passwords, and can pretend to be
/// the server: keep it secret. Redacted in `Debug` and zeroed on drop.
///
/// The text form, [`to_text`](Self::to_text) and `FromStr`, is the common one of PostgreSQL, Cyrus and
/// others:
///
/// ```abnf
/// keys = mechanism "$" iterations ":" base64-salt "$" base64-stored-key ":" base64-server-key
/// ```
///
/// ```
/// use xmpp_sasl::{ScramKeys, ScramSha256};
///
/// let keys = ScramKeys::derive::<ScramSha256>("pencil", b"0123456789abcdef", 4_096)?;
/// let text = keys.to_text();
/// assert!(text.starts_with("SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$"));
/// assert_eq!(text.parse::<ScramKeys>()?.salt(), keys.salt());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [RFC 5802 §3]: https://www.rfc-editor.org/rfc/rfc5802#section-3
#[derive(Clone)]
pub struct ScramKeys {
    mechanism: MechanismName,
    salt: Vec<u8>,
    iterations: u32,
    stored_key: Zeroizing<Vec<u8>>,
    server_key: Zeroizing<Vec<u8>>,
}

impl ScramKeys {
    /// The keys for `password`. It takes as long as PBKDF2 with `iterations` rounds; a count of 0 is taken
    /// as 1.
    ///
    /// # Errors
    ///
    /// SASLprep refuses the password, or nothing is left of it.
    pub fn derive<H: ScramHash>(
        password: &str,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, PrepareError> {
        Ok(Self::from_prepared::<H>(
            &prep::password(password)?,
            salt,
            iterations,
        ))
    }

    /// The keys for a new `password`, with a random salt of 16 bytes.
    ///
    /// # Errors
    ///
    /// As [`derive`](Self::derive).
    pub fn generate<H: ScramHash>(
        password: &str,
        iterations: u32,
        random: &mut dyn Random,
    ) -> Result<Self, PrepareError> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        Self::derive::<H>(password, &salt, iterations)
    }

    /// The keys from their parts.
    ///
    /// # Errors
    ///
    /// An empty salt or key, an iteration count of 0, or keys of different lengths.
    pub fn from_parts(
        mechanism: MechanismName,
        salt: Vec<u8>,
        iterations: u32,
        stored_key: Vec<u8>,
        server_key: Vec<u8>,
    ) -> Result<Self, InvalidScramKeys> {
        let (stored_key, server_key) = (Zeroizing::new(stored_key), Zeroizing::new(server_key));
        let same_length = stored_key.len() == server_key.len();
        if salt.is_empty() || iterations == 0 || stored_key.is_empty() || !same_length {
            return Err(InvalidScramKeys);
        }
        Ok(Self {
            mechanism,
            salt,
            iterations,
            stored_key,
            server_key,
        })
    }

    pub(crate) fn from_prepared<H: ScramHash>(
        password: &str,
        salt: &[u8],
        iterations: u32,
    ) -> Self {
        let keys = Derived::new::<H>(password, salt, iterations.max(1));
        Self {
            mechanism: const { MechanismName::from_static(H::MECHANISM) },
            salt: salt.to_vec(),
            iterations: iterations.max(1),
            stored_key: hash::digest::<H>(&keys.client_key),
            server_key: keys.server_key,
        }
    }

    /// The mechanism that the keys are for, without `-PLUS`.
    pub fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The iteration count.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The text form. It is as secret as the keys.
    pub fn to_text(&self) -> String {
        let [salt, stored_key, server_key] =
            [&self.salt, &*self.stored_key, &*self.server_key].map(base64::encode);
        format!(
            "{}${}:{salt}${stored_key}:{server_key}",
            self.mechanism, self.iterations
        )
    }

    pub(crate) fn is_of<H: ScramHash>(&self) -> bool {
        self.mechanism == *H::MECHANISM && self.stored_key.len() == hash::length::<H>()
    }

    pub(crate) fn same_stored_key(&self, other: &Self) -> bool {
        self.stored_key.ct_eq(&other.stored_key).into()
    }

    pub(super) fn stored_key(&self) -> &[u8] {
        &self.stored_key
    }

    pub(super) fn server_key(&self) -> &[u8] {
        &self.server_key
    }
}

impl FromStr for ScramKeys {
    type Err = InvalidScramKeys;

    fn from_str(text: &str) -> Result<Self, InvalidScramKeys> {
        let parse = || {
            let (mechanism, rest) = text.split_once('$')?;
            let (head, keys) = rest.split_once('$')?;
            let (iterations, salt) = head.split_once(':')?;
            let (stored_key, server_key) = keys.split_once(':')?;
            let decode = |text| base64::decode(text).ok();
            Self::from_parts(
                MechanismName::new(mechanism).ok()?,
                decode(salt)?,
                super::message::positive_number(iterations)?,
                decode(stored_key)?,
                decode(server_key)?,
            )
            .ok()
        };
        parse().ok_or(InvalidScramKeys)
    }
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys")
            .field("mechanism", &self.mechanism)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

/// The parts or the text are no [`ScramKeys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not SCRAM keys: mechanism$iterations:salt$stored-key:server-key")]
pub struct InvalidScramKeys;

/// What a client may keep of a password: `ClientKey` and `ServerKey` for one salt and iteration count. With
/// it a login costs no PBKDF2. It comes from
/// [`ClientLogin::export`](crate::ClientLogin::export) after a login by SCRAM, and is a credential for the
/// next one:
///
/// ```
/// # use xmpp_sasl::{ClientLogin, Credentials, ScramClientKeys};
/// # fn f(login: &ClientLogin) {
/// let mut credentials = Credentials::password("juliet", "r0m30myr0m30");
/// if let Some(keys) = login.export::<ScramClientKeys>() {
///     credentials = credentials.with(keys.clone());
/// }
/// # let _ = credentials; }
/// ```
///
/// It is used only if user, mechanism, salt and iteration count are the same; otherwise the password is,
/// or without one the login ends with [`LoginError::StaleKeys`](crate::LoginError::StaleKeys). It is as
/// good as the password for this account: keep it as secret. Redacted in `Debug` and zeroed on drop.
#[derive(Clone)]
pub struct ScramClientKeys {
    pub(super) mechanism: MechanismName,
    pub(super) authcid: String,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) keys: Derived,
}

impl ScramClientKeys {
    /// `authcid` and `password` must be prepared.
    pub(super) fn derive<H: ScramHash>(
        authcid: String,
        password: &str,
        salt: Vec<u8>,
        iterations: u32,
    ) -> Self {
        let keys = Derived::new::<H>(password, &salt, iterations);
        let mechanism = const { MechanismName::from_static(H::MECHANISM) };
        Self {
            mechanism,
            authcid,
            salt,
            iterations,
            keys,
        }
    }

    /// The user.
    pub fn authcid(&self) -> &str {
        &self.authcid
    }

    /// The mechanism that the keys are for, without `-PLUS`.
    pub fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    pub(super) fn fits<H: ScramHash>(&self, authcid: &str, salt: &[u8], iterations: u32) -> bool {
        self.mechanism == *H::MECHANISM
            && self.authcid == authcid
            && self.salt == salt
            && self.iterations == iterations
    }
}

impl fmt::Debug for ScramClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramClientKeys")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}

/// `ClientKey` and `ServerKey` (RFC 5802 §3).
#[derive(Clone)]
pub(super) struct Derived {
    pub(super) client_key: Zeroizing<Vec<u8>>,
    pub(super) server_key: Zeroizing<Vec<u8>>,
}

impl Derived {
    fn new<H: ScramHash>(password: &str, salt: &[u8], iterations: u32) -> Self {
        let salted = hash::salted_password::<H>(password.as_bytes(), salt, iterations);
        Self {
            client_key: hash::hmac::<H>(&salted, &[b"Client Key"]),
            server_key: hash::hmac::<H>(&salted, &[b"Server Key"]),
        }
    }
}
