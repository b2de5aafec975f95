//! The hashes of the hashed-token mechanisms and what the draft computes with them.

use hmac::Hmac;
use hmac::digest::{FixedOutput, KeyInit, OutputSizeUser, Update};
use zeroize::Zeroizing;

/// A hash that hashed-token mechanisms run over.
///
/// A second one is a few lines:
///
/// ```
/// use xmpp_sasl::{ChannelBindingType, Hmac, Ht, HtHash, Registry};
///
/// struct HtSha512;
/// impl HtHash for HtSha512 {
///     type Hmac = Hmac<sha2::Sha512>;
///     const LOOKUP: &'static str = "HT-SHA-512";
///     const NONE: &'static str = "HT-SHA-512-NONE";
///     const UNIQ: &'static str = "HT-SHA-512-UNIQ";
///     const ENDP: &'static str = "HT-SHA-512-ENDP";
///     const EXPR: &'static str = "HT-SHA-512-EXPR";
/// }
///
/// let registry = Registry::default()
///     .with(Ht::<HtSha512>::unbound())
///     .with(Ht::<HtSha512>::bound_to(ChannelBindingType::TlsExporter));
/// # let _ = registry;
/// ```
pub trait HtHash: Send + Sync + 'static {
    /// HMAC over the hash.
    type Hmac: KeyInit + Update + FixedOutput + Clone;
    /// The kind of the lookup: the common part of the names.
    const LOOKUP: &'static str;
    /// The name of the mechanism without channel binding; a name that breaks the grammar does not compile.
    const NONE: &'static str;
    /// The name of the one bound by `tls-unique`.
    const UNIQ: &'static str;
    /// The name of the one bound by `tls-server-end-point`.
    const ENDP: &'static str;
    /// The name of the one bound by `tls-exporter`.
    const EXPR: &'static str;
}

/// The HT-SHA-256 family.
#[derive(Clone, Copy, Debug)]
pub struct HtSha256;

impl HtHash for HtSha256 {
    type Hmac = Hmac<sha2::Sha256>;
    const LOOKUP: &'static str = "HT-SHA-256";
    const NONE: &'static str = "HT-SHA-256-NONE";
    const UNIQ: &'static str = "HT-SHA-256-UNIQ";
    const ENDP: &'static str = "HT-SHA-256-ENDP";
    const EXPR: &'static str = "HT-SHA-256-EXPR";
}

/// Whose message it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Initiator,
    Responder,
}

/// How many bytes the hash has.
pub(super) fn length<H: HtHash>() -> usize {
    <H::Hmac as OutputSizeUser>::output_size()
}

/// `HMAC(token, role || cb-data)`.
pub(super) fn hashed<H: HtHash>(token: &[u8], role: Role, binding: &[u8]) -> Zeroizing<Vec<u8>> {
    #[cfg(test)]
    COUNT.set(COUNT.get() + 1);
    let mut mac = H::Hmac::new_from_slice(token).expect("HMAC takes keys of any length");
    mac.update(match role {
        Role::Initiator => b"Initiator",
        Role::Responder => b"Responder",
    });
    mac.update(binding);
    Zeroizing::new(mac.finalize_fixed().to_vec())
}

#[cfg(test)]
thread_local! {
    /// How many times this thread has computed an HMAC here.
    pub(super) static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}
