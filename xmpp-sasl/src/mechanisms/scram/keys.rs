//! What is stored of a password.

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::hash::{self, ScramHash};
use super::message::{MAX_SALT, positive_number};
use crate::base64;
use crate::info::MechanismName;
use crate::prep::{self, PrepareError};
use crate::random::Random;

/// What a server stores of a password: salt, iteration count, `StoredKey` and `ServerKey`
/// ([RFC 5802 §3]). Whoever reads it cannot log in as the user, but can try passwords, and can pretend to be
/// the server: keep it secret. Redacted in `Debug` and zeroed on drop.
///
/// Salts have at most 1,024 bytes and counts are at most [`MAX_ITERATIONS`](Self::MAX_ITERATIONS), so that what came into a
/// database cannot keep a server busy.
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
    /// The highest iteration count of stored keys. Clients refuse far lower ones.
    pub const MAX_ITERATIONS: u32 = 10_000_000;

    /// The keys for `password`. It takes as long as PBKDF2 with `iterations` rounds; a count of 0 is taken
    /// as 1, one above the maximum as the maximum.
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
    /// An empty or too long salt, an empty key, an iteration count of 0 or above the maximum, or keys of different
    /// lengths.
    pub fn from_parts(
        mechanism: MechanismName,
        salt: Vec<u8>,
        iterations: u32,
        stored_key: Vec<u8>,
        server_key: Vec<u8>,
    ) -> Result<Self, InvalidScramKeys> {
        let (stored_key, server_key) = (Zeroizing::new(stored_key), Zeroizing::new(server_key));
        let same_length = stored_key.len() == server_key.len();
        if !has_limits(&salt, iterations) || stored_key.is_empty() || !same_length {
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

    /// What stands in for the keys of a user that does not exist. No proof fits them.
    pub(super) fn of_nobody<H: ScramHash>(salt: Vec<u8>, iterations: u32) -> Self {
        let nothing = || Zeroizing::new(vec![0; hash::length::<H>()]);
        Self {
            mechanism: const { MechanismName::from_static(H::MECHANISM) },
            salt,
            iterations,
            stored_key: nothing(),
            server_key: nothing(),
        }
    }

    pub(crate) fn from_prepared<H: ScramHash>(
        password: &str,
        salt: &[u8],
        iterations: u32,
    ) -> Self {
        let iterations = iterations.clamp(1, Self::MAX_ITERATIONS);
        let salted = hash::salted_password::<H>(password.as_bytes(), salt, iterations);
        Self::from_salted::<H>(&salted, salt.to_vec(), iterations)
    }

    /// From the `SaltedPassword`.
    pub(super) fn from_salted<H: ScramHash>(salted: &[u8], salt: Vec<u8>, iterations: u32) -> Self {
        let keys = Derived::from_salted::<H>(salted);
        Self {
            mechanism: const { MechanismName::from_static(H::MECHANISM) },
            salt,
            iterations,
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
                positive_number(iterations)?,
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

/// The parts or the text are no [`ScramKeys`], or no [`ScramClientKeys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not SCRAM keys: mechanism$iterations:salt$key:server-key, and a user for a client's")]
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
/// To keep it in a file or a keyring there is a text form, [`to_text`](Self::to_text) and `FromStr`:
///
/// ```abnf
/// client-keys = mechanism "$" iterations ":" base64-salt "$" base64-client-key ":" base64-server-key "$" authcid
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
        let salted = hash::salted_password::<H>(password.as_bytes(), &salt, iterations);
        let keys = Derived::from_salted::<H>(&salted);
        let mechanism = const { MechanismName::from_static(H::MECHANISM) };
        Self {
            mechanism,
            authcid,
            salt,
            iterations,
            keys,
        }
    }

    /// The text form, zeroed on drop. Whoever reads it can log in as the user.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Never reallocated, so that no copy stays behind: four thirds of each part and what stands between them.
        let parts = [&self.salt, &*self.keys.client_key, &*self.keys.server_key];
        let length: usize = parts.iter().map(|part| part.len().div_ceil(3) * 4).sum();
        let mut text = Zeroizing::new(String::with_capacity(length + self.authcid.len() + 64));
        text.push_str(self.mechanism.as_str());
        text.push('$');
        text.push_str(&self.iterations.to_string());
        for (separator, part) in [':', '$', ':'].into_iter().zip(parts) {
            text.push(separator);
            base64::encode_to(part, &mut text);
        }
        text.push('$');
        text.push_str(&self.authcid);
        text
    }

    /// The user, prepared by SASLprep.
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
            // From a text they may have any length.
            && self.keys.client_key.len() == hash::length::<H>()
    }
}

impl FromStr for ScramClientKeys {
    type Err = InvalidScramKeys;

    fn from_str(text: &str) -> Result<Self, InvalidScramKeys> {
        let parse = || {
            let (mechanism, rest) = text.split_once('$')?;
            let (head, rest) = rest.split_once('$')?;
            // A name may hold what separates the rest.
            let (keys, authcid) = rest.split_once('$')?;
            let (iterations, salt) = head.split_once(':')?;
            let (client_key, server_key) = keys.split_once(':')?;
            let decode = |text| base64::decode(text).ok();
            let keys = Derived {
                client_key: Zeroizing::new(decode(client_key)?),
                server_key: Zeroizing::new(decode(server_key)?),
            };
            let (salt, iterations) = (decode(salt)?, positive_number(iterations)?);
            let same_length = keys.client_key.len() == keys.server_key.len();
            let valid = has_limits(&salt, iterations)
                && !keys.client_key.is_empty()
                && same_length
                && prep::name(authcid).is_ok_and(|prepared| prepared == authcid);
            valid.then_some(Self {
                mechanism: MechanismName::new(mechanism).ok()?,
                authcid: authcid.to_owned(),
                salt,
                iterations,
                keys,
            })
        };
        parse().ok_or(InvalidScramKeys)
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
    fn from_salted<H: ScramHash>(salted: &[u8]) -> Self {
        Self {
            client_key: hash::hmac::<H>(salted, &[b"Client Key"]),
            server_key: hash::hmac::<H>(salted, &[b"Server Key"]),
        }
    }
}

fn has_limits(salt: &[u8], iterations: u32) -> bool {
    (1..=MAX_SALT).contains(&salt.len()) && (1..=ScramKeys::MAX_ITERATIONS).contains(&iterations)
}
