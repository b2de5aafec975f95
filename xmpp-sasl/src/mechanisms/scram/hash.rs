//! The hashes of SCRAM and what RFC 5802 §2.2 computes with them.

use hmac::Hmac;
use hmac::digest::{Digest, FixedOutput, KeyInit, Update};
use zeroize::Zeroizing;

/// A hash that SCRAM runs over.
///
/// A fourth one is a few lines:
///
/// ```
/// use xmpp_sasl::{Hmac, Registry, Scram, ScramHash};
///
/// struct ScramSha384;
/// impl ScramHash for ScramSha384 {
///     type Digest = sha2::Sha384;
///     type Hmac = Hmac<sha2::Sha384>; // `SimpleHmac` for hashes that are not built of blocks: SHA-3
///     const MECHANISM: &'static str = "SCRAM-SHA-384";
///     const PLUS: &'static str = "SCRAM-SHA-384-PLUS";
///     const PRIORITY: i32 = 71;
/// }
///
/// let registry = Registry::default()
///     .with(Scram::<ScramSha384>::new())
///     .with(Scram::<ScramSha384>::plus());
/// # let _ = registry;
/// ```
pub trait ScramHash: Send + Sync + 'static {
    /// The hash function.
    type Digest: Digest;
    /// HMAC over it.
    type Hmac: KeyInit + Update + FixedOutput + Clone;
    /// The mechanism's name; a name that breaks the grammar does not compile.
    const MECHANISM: &'static str;
    /// The name of the variant with channel binding.
    const PLUS: &'static str;
    /// The default priority of the mechanism.
    const PRIORITY: i32;
}

/// SCRAM-SHA-1 ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802)), priority 70.
#[derive(Clone, Copy, Debug)]
pub struct ScramSha1;

impl ScramHash for ScramSha1 {
    type Digest = sha1::Sha1;
    type Hmac = Hmac<sha1::Sha1>;
    const MECHANISM: &'static str = "SCRAM-SHA-1";
    const PLUS: &'static str = "SCRAM-SHA-1-PLUS";
    const PRIORITY: i32 = 70;
}

/// SCRAM-SHA-256 ([RFC 7677](https://www.rfc-editor.org/rfc/rfc7677)), priority 71.
#[derive(Clone, Copy, Debug)]
pub struct ScramSha256;

impl ScramHash for ScramSha256 {
    type Digest = sha2::Sha256;
    type Hmac = Hmac<sha2::Sha256>;
    const MECHANISM: &'static str = "SCRAM-SHA-256";
    const PLUS: &'static str = "SCRAM-SHA-256-PLUS";
    const PRIORITY: i32 = 71;
}

/// SCRAM-SHA-512 (the same over another hash), priority 72.
#[derive(Clone, Copy, Debug)]
pub struct ScramSha512;

impl ScramHash for ScramSha512 {
    type Digest = sha2::Sha512;
    type Hmac = Hmac<sha2::Sha512>;
    const MECHANISM: &'static str = "SCRAM-SHA-512";
    const PLUS: &'static str = "SCRAM-SHA-512-PLUS";
    const PRIORITY: i32 = 72;
}

/// How many bytes the hash has.
pub(super) fn length<H: ScramHash>() -> usize {
    <H::Digest as Digest>::output_size()
}

/// `H(data)`.
pub(super) fn digest<H: ScramHash>(data: &[u8]) -> Zeroizing<Vec<u8>> {
    #[cfg(test)]
    COUNT.set(COUNT.get() + 1);
    Zeroizing::new(H::Digest::digest(data).to_vec())
}

/// `HMAC(key, parts…)`.
pub(super) fn hmac<H: ScramHash>(key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    #[cfg(test)]
    COUNT.set(COUNT.get() + 1);
    let mut mac = H::Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize_fixed().to_vec())
}

/// `Hi(password, salt, iterations)`: PBKDF2 with one block.
pub(super) fn salted_password<H: ScramHash>(
    password: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Zeroizing<Vec<u8>> {
    #[cfg(test)]
    COUNT.set(COUNT.get() + iterations);
    let mut out = Zeroizing::new(vec![0; length::<H>()]);
    pbkdf2::pbkdf2::<H::Hmac>(password, salt, iterations, &mut out)
        .expect("HMAC takes keys of any length");
    out
}

/// `left XOR right`; as long as the shorter one.
pub(super) fn xor(left: &[u8], right: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(
        left.iter()
            .zip(right)
            .map(|(left, right)| left ^ right)
            .collect(),
    )
}

#[cfg(test)]
thread_local! {
    /// How many times this thread has computed a hash or an HMAC.
    pub(super) static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}
