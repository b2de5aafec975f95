//! SCRAM ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802)) over any hash, with and without channel
//! binding.

mod client;
mod hash;
mod keys;
mod message;
mod offer;
mod server;
mod upgrade;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

pub use hash::{ScramHash, ScramSha1, ScramSha256, ScramSha512};
pub use keys::{InvalidScramKeys, ScramClientKeys, ScramKeys};
pub use upgrade::{SaltedPassword, ScramUpgrade, UpgradeRequest};

use zeroize::Zeroizing;

use crate::credentials::Password;
use crate::error::Malformed;
use crate::info::{MechanismInfo, MechanismName, Strength};
use crate::lookup::LookupKind;
use crate::mechanism::{ClientExchange, Mechanism, ServerExchange};
use crate::random::Random;
use crate::select::SelectCx;
use crate::server_config::ServerConfig;
use crate::unavailable::Unavailable;

/// SCRAM over the hash `H` ([RFC 5802], [RFC 7677]): the password stays at home, and the server proves
/// that it knows the account.
///
/// A client may have a [`Password`] in hand, [`ScramClientKeys`] of an earlier login, or both. A server
/// needs stored [`ScramKeys`].
///
/// [RFC 5802]: https://www.rfc-editor.org/rfc/rfc5802
/// [RFC 7677]: https://www.rfc-editor.org/rfc/rfc7677
pub struct Scram<H> {
    info: MechanismInfo,
    nonce_chars: usize,
    hash: PhantomData<fn() -> H>,
}

impl<H: ScramHash> Scram<H> {
    /// Without channel binding.
    pub fn new() -> Self {
        let name = const { MechanismName::from_static(H::MECHANISM) };
        Self::with_info(
            MechanismInfo::named(name).with_strength(Strength::Mutual),
            H::PRIORITY,
        )
    }

    /// With channel binding: the `-PLUS` variant. Its priority is higher by 10.
    pub fn plus() -> Self {
        let name = const { MechanismName::from_static(H::PLUS) };
        let info = MechanismInfo::named(name)
            .with_strength(Strength::ChannelBound)
            .with_channel_binding();
        Self::with_info(info, H::PRIORITY.saturating_add(10))
    }

    fn with_info(info: MechanismInfo, priority: i32) -> Self {
        let info = info
            .with_priority(priority)
            .safe_in_clear()
            .signs_offer()
            .uses::<Password>()
            .uses::<ScramClientKeys>()
            .asks(LookupKind::custom(H::MECHANISM));
        Self {
            info,
            nonce_chars: 24,
            hash: PhantomData,
        }
    }

    /// How many characters of a nonce this side adds: 24 unless it is said here, at least 18, at most 128. A
    /// character holds more than 6.4 bits.
    #[must_use]
    pub fn with_nonce_length(mut self, chars: usize) -> Self {
        self.nonce_chars = chars.clamp(18, 128);
        self
    }
}

impl<H: ScramHash> Default for Scram<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H> Clone for Scram<H> {
    fn clone(&self) -> Self {
        Self {
            info: self.info.clone(),
            nonce_chars: self.nonce_chars,
            hash: PhantomData,
        }
    }
}

impl<H> fmt::Debug for Scram<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scram").field(&self.info).finish()
    }
}

impl<H: ScramHash> Mechanism for Scram<H> {
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn available(&self, cx: &SelectCx<'_>) -> Result<(), Unavailable> {
        needs_secret(cx)
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        let nonce = nonce(self.nonce_chars, random);
        Ok(Box::new(client::Client::<H>::new(&self.info, cx, nonce)?))
    }

    fn server(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let nonce = nonce(self.nonce_chars, random);
        Ok(Box::new(server::Server::<H>::new(&self.info, cx, nonce)?))
    }
}

/// Whether a `-PLUS` variant of SCRAM is among what the server offers (RFC 5802 §6).
fn offers_plus(cx: &SelectCx<'_>) -> bool {
    cx.whole_offer()
        .iter()
        .any(|name| name.starts_with("SCRAM-") && name.ends_with("-PLUS"))
}

/// `chars` random characters of RFC 5802's `printable`: visible ASCII without the comma.
///
/// A byte that is such a character stands for itself, so that a generator can replay any nonce; the
/// others are spread over the whole range. None is more likely than 3 in 256.
pub(crate) fn nonce(chars: usize, random: &mut dyn Random) -> String {
    let mut bytes = vec![0; chars];
    random.fill(&mut bytes);
    let printable = |byte: u8| byte.is_ascii_graphic() && byte != b',';
    let spread = |byte: u8| {
        let rank = match byte {
            ..=b' ' => byte,
            b',' => 33,
            _ => byte.saturating_sub(93),
        };
        match b'!' + rank % 93 {
            low @ ..b',' => low,
            high => high + 1,
        }
    };
    bytes
        .into_iter()
        .map(|byte| char::from(if printable(byte) { byte } else { spread(byte) }))
        .collect()
}

/// Where the salts of users that may not exist come from.
pub(super) struct FakeSalt {
    config: ServerConfig,
    secret: Zeroizing<[u8; 32]>,
    mechanism: &'static str,
}

impl FakeSalt {
    pub(super) fn new(config: &ServerConfig, mechanism: &'static str) -> Result<Self, Unavailable> {
        let secret = config.secret().ok_or(Unavailable::NoSecret)?;
        Ok(Self {
            config: config.clone(),
            secret: Zeroizing::new(*secret),
            mechanism,
        })
    }

    /// The name as lookups have it.
    pub(super) fn username<'n>(&self, name: &'n str) -> Result<Cow<'n, str>, Malformed> {
        self.config
            .username(name)
            .map_err(|_| Malformed::Preparation)
    }

    /// The salt of a user: the same one each time, and different for each user.
    pub(super) fn of(&self, authcid: &str) -> Vec<u8> {
        let parts = [self.mechanism.as_bytes(), b"\0", authcid.as_bytes()];
        let mut salt = hash::hmac::<ScramSha256>(&*self.secret, &parts);
        salt.truncate(self.config.salt_length());
        salt.to_vec()
    }

    /// The iteration count that goes with it.
    pub(super) fn iterations(&self) -> u32 {
        self.config.iterations()
    }
}

/// On a server: it has a secret to hide unknown users with.
pub(super) fn needs_secret(cx: &SelectCx<'_>) -> Result<(), Unavailable> {
    match cx.server() {
        Some(config) if config.secret().is_none() => Err(Unavailable::NoSecret),
        _ => Ok(()),
    }
}

/// How many hashes, HMACs and rounds of PBKDF2 this thread has computed.
#[cfg(test)]
pub(super) fn hashes_computed() -> u32 {
    hash::COUNT.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cycle(u8);

    impl Random for Cycle {
        fn fill(&mut self, dest: &mut [u8]) {
            for byte in dest {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
        }
    }

    #[test]
    fn every_byte_gives_a_printable_and_no_character_is_more_likely_than_three_in_256() {
        let nonce = nonce(256, &mut Cycle(0));
        for c in '!'..='~' {
            let times = nonce.chars().filter(|&other| other == c).count();
            assert!(
                if c == ',' {
                    times == 0
                } else {
                    (2..=3).contains(&times)
                },
                "{c} {times}"
            );
        }
    }

    #[test]
    fn a_printable_byte_stands_for_itself() {
        assert_eq!(nonce(5, &mut Cycle(b'a')), "abcde");
        assert_eq!(nonce(2, &mut Cycle(b'+')).as_bytes()[0], b'+');
    }
}
