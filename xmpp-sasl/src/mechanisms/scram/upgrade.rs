//! Upgrade tasks: XEP-0480 0.2.0 (SASL Upgrade Tasks) §3, without the XML.

use std::fmt;

use zeroize::Zeroizing;

use super::hash::{self, ScramHash};
use super::keys::ScramKeys;
use super::message::MAX_SALT;
use crate::client::ClientLogin;
use crate::credentials::{Credentials, Password};
use crate::error::{Failure, LoginError, Malformed, MutualAuthError};
use crate::mechanism::DeriveJob;
use crate::policy::check_iterations;
use crate::prep;
use crate::random::Random;
use crate::select::SelectCx;

/// The task of giving a server the keys of a stronger SCRAM than the one that it has stored ([XEP-0480]), as both sides
/// know it.
///
/// 1. The server advertises [`task`](Self::task) for each hash whose keys the account lacks, and keeps the keys that it has.
/// 2. The client asks for it with its login, if [`is_possible`](Self::is_possible).
/// 3. After the login, and before the server tells of it, [`begin`](Self::begin) gives the salt and the count to send.
/// 4. The client makes sure of the server (its proof comes with the task), runs the job of [`answer`](Self::answer), and sends the
///    [`SaltedPassword`].
/// 5. [`UpgradeRequest::finish`] makes [`ScramKeys`] of it, to be stored.
///
/// A [`SaltedPassword`] is as good as the password for this mechanism: whoever reads it can log in. So it is sent over
/// confidential channels only, to a server that has proven that it knows the account; the XEP wants channel binding where
/// it can be had (`login.info().needs_channel_binding()`). The server cannot know whether the value comes from the same
/// password: it is as if the user had set one for this mechanism.
///
/// ```
/// # use xmpp_sasl::*;
/// # fn f(login: &ClientLogin, random: &mut dyn Random) -> Result<(), Box<dyn std::error::Error>> {
/// let upgrade = ScramUpgrade::to::<ScramSha256>();
/// assert_eq!(upgrade.task(), "UPGR-SCRAM-SHA-256");
///
/// // The server:
/// let request = upgrade.begin(10_000, random);
/// let (salt, iterations) = (request.salt(), request.iterations());
///
/// // The client, after `login.success(…)`:
/// let (tls, credentials) = (ChannelSecurity::tls(), Credentials::password("juliet", "r0m30myr0m30"));
/// let job = upgrade.answer(login, &credentials, &SelectCx::new(&tls), salt, iterations)?;
/// let salted = job.run().into::<SaltedPassword>().expect("it is what the job gives");
///
/// // The server:
/// let keys: ScramKeys = request.finish(salted.as_bytes())?;
/// # let _ = keys;
/// # Ok(()) }
/// ```
///
/// [XEP-0480]: https://xmpp.org/extensions/xep-0480.html#scram
#[derive(Clone, Copy)]
pub struct ScramUpgrade {
    mechanism: &'static str,
    length: usize,
    salt: fn(&str, &[u8], u32) -> SaltedPassword,
    keys: fn(&[u8], Vec<u8>, u32) -> ScramKeys,
}

impl ScramUpgrade {
    /// The upgrade to the hash `H`.
    pub fn to<H: ScramHash>() -> Self {
        Self {
            mechanism: H::MECHANISM,
            length: hash::length::<H>(),
            salt: |password, salt, iterations| {
                let password = password.as_bytes();
                SaltedPassword(hash::salted_password::<H>(password, salt, iterations))
            },
            keys: ScramKeys::from_salted::<H>,
        }
    }

    /// The mechanism, without `-PLUS`, which has no part in it.
    pub fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// The name of the task.
    pub fn task(&self) -> String {
        format!("UPGR-{}", self.mechanism)
    }

    /// Clients: whether to ask for the task. It needs a password in hand and a confidential channel.
    pub fn is_possible(&self, credentials: &Credentials, cx: &SelectCx<'_>) -> bool {
        credentials.get::<Password>().is_some() && cx.channel().is_confidential()
    }

    /// Clients: what to do for a server that sent this salt and count. The job gives a [`SaltedPassword`].
    ///
    /// # Errors
    ///
    /// [`LoginError::MutualAuth`] if `login` has not ended, or by a mechanism in which the server proves nothing;
    /// [`LoginError::NotConfidential`]; an empty salt or one beyond 1,024 bytes; a count outside the policy's bounds;
    /// no password in hand, or one that its preparation refuses.
    pub fn answer(
        &self,
        login: &ClientLogin,
        credentials: &Credentials,
        cx: &SelectCx<'_>,
        salt: &[u8],
        iterations: u32,
    ) -> Result<DeriveJob, LoginError> {
        if !login.is_done() || !login.info().authenticates_server() {
            return Err(MutualAuthError::Missing.into());
        }
        if !cx.channel().is_confidential() {
            return Err(LoginError::NotConfidential);
        }
        if salt.is_empty() {
            return Err(Malformed::Attributes.into());
        }
        if salt.len() > MAX_SALT {
            return Err(Malformed::TooLong.into());
        }
        check_iterations(cx.policy().iteration_bounds(), iterations)?;
        let password = credentials
            .get::<Password>()
            .ok_or(LoginError::NoCredential)?;
        let password = Zeroizing::new(prep::password(password.password())?.into_owned());
        let (derive, salt) = (self.salt, salt.to_vec());
        Ok(DeriveJob::new(move || derive(&password, &salt, iterations)))
    }

    /// Servers: a new salt of 16 bytes. The count is at least 4,096 and at most [`ScramKeys::MAX_ITERATIONS`], whatever is said
    /// here.
    pub fn begin(&self, iterations: u32, random: &mut dyn Random) -> UpgradeRequest {
        let mut salt = vec![0; 16];
        random.fill(&mut salt);
        UpgradeRequest {
            upgrade: *self,
            salt,
            iterations: iterations.clamp(4_096, ScramKeys::MAX_ITERATIONS),
        }
    }
}

impl fmt::Debug for ScramUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScramUpgrade")
            .field(&self.mechanism)
            .finish()
    }
}

/// What a server has asked a client for, to be kept until the answer comes.
#[derive(Clone, Debug)]
pub struct UpgradeRequest {
    upgrade: ScramUpgrade,
    salt: Vec<u8>,
    iterations: u32,
}

impl UpgradeRequest {
    /// The task that it belongs to.
    pub fn upgrade(&self) -> ScramUpgrade {
        self.upgrade
    }

    /// The salt to send.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The iteration count to send.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The keys to store beside those that the account has, of what the client has sent.
    ///
    /// # Errors
    ///
    /// [`Malformed::Length`], which is `malformed-request`, unless `salted` is as long as the hash.
    pub fn finish(&self, salted: &[u8]) -> Result<ScramKeys, Failure> {
        if salted.len() != self.upgrade.length {
            return Err(Malformed::Length.into());
        }
        let keys = self.upgrade.keys;
        Ok(keys(salted, self.salt.clone(), self.iterations))
    }
}

/// `SaltedPassword` of RFC 5802 §3: what a client sends for an [upgrade](ScramUpgrade). As good as the password for one
/// mechanism. Redacted in `Debug` and zeroed on drop.
#[derive(Clone)]
pub struct SaltedPassword(Zeroizing<Vec<u8>>);

impl SaltedPassword {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SaltedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaltedPassword").finish_non_exhaustive()
    }
}
