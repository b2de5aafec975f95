//! DIGEST-MD5 ([RFC 2831](https://www.rfc-editor.org/rfc/rfc2831), historic by
//! [RFC 6331](https://www.rfc-editor.org/rfc/rfc6331)).

mod client;
mod directives;
mod key;
mod server;

pub use key::{DigestMd5Check, DigestMd5Key};

use crate::credentials::Password;
use crate::info::{MechanismInfo, Strength};
use crate::lookup::LookupKind;
use crate::mechanism::{ClientExchange, Mechanism, ServerExchange};
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

/// What a challenge may have at most (RFC 2831 §2.1.1).
const MAX_CHALLENGE: usize = 2_048;
/// What a response may have at most (RFC 2831 §2.1.2).
const MAX_RESPONSE: usize = 4_096;

/// DIGEST-MD5 ([RFC 2831]), for servers and clients that have nothing better. With the feature `digest-md5`.
///
/// [RFC 6331] tells why it is historic. A client's policy must name it ([`Policy::opt_in`](crate::Policy::opt_in)), it
/// needs a confidential channel, and whatever the priorities are it never comes before a SCRAM.
///
/// Authentication only (`qop=auth`), in UTF-8, each nonce once. A client takes one realm, which may be absent, and
/// refuses a success in which the server has not proven that it knows the password. Both sides need
/// [`SelectCx::with_service`](crate::SelectCx::with_service), for what is said to one service must not do for another.
///
/// [RFC 2831]: https://www.rfc-editor.org/rfc/rfc2831
/// [RFC 6331]: https://www.rfc-editor.org/rfc/rfc6331
#[derive(Clone, Debug)]
pub struct DigestMd5 {
    info: MechanismInfo,
    realm: Option<String>,
    nonce_chars: usize,
}

impl DigestMd5 {
    /// The mechanism, with priority 30.
    pub fn new() -> Self {
        Self {
            info: MechanismInfo::new("DIGEST-MD5")
                .server_first()
                .with_priority(30)
                .with_strength(Strength::ChallengeResponse)
                .with_mutual_authentication(true)
                .opt_in()
                .uses::<Password>()
                .asks(LookupKind::DIGEST_MD5),
            realm: None,
            nonce_chars: 24,
        }
    }

    /// Servers: the realm that is part of every stored key. The host, unless it is said here.
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// How many characters of a nonce this side gives: 24 unless it is said here, at least 14, at most 128. A character
    /// holds more than 5 bits.
    #[must_use]
    pub fn with_nonce_length(mut self, chars: usize) -> Self {
        self.nonce_chars = chars.clamp(14, 128);
        self
    }
}

impl Default for DigestMd5 {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for DigestMd5 {
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn available(&self, cx: &SelectCx<'_>) -> Result<(), Unavailable> {
        if cx.service().is_empty() || cx.host().is_empty() {
            return Err(Unavailable::NoService);
        }
        Ok(())
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        Ok(Box::new(client::Client {
            password: cx.credential::<Password>()?.clone(),
            authzid: cx.authzid().map(str::to_owned),
            uri: format!("{}/{}", cx.service(), cx.host()),
            cnonce: nonce(self.nonce_chars, random),
            state: client::State::First,
        }))
    }

    fn server(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let kind = LookupKind::DIGEST_MD5;
        let config = cx.server().ok_or(Unavailable::Lookup(kind))?;
        let realm = self.realm.as_deref().unwrap_or(cx.host());
        Ok(Box::new(server::Server {
            config: config.clone(),
            realm: realm.to_owned(),
            service: cx.service().to_owned(),
            host: cx.host().to_owned(),
            nonce: nonce(self.nonce_chars, random),
            state: server::State::First,
        }))
    }
}

/// Letters and digits, `+` and `/`, which need no quoting. A byte that is one of them stands for itself, so that a
/// generator can replay any nonce; none is more likely than 5 in 256.
fn nonce(chars: usize, random: &mut dyn Random) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; chars];
    random.fill(&mut bytes);
    bytes
        .into_iter()
        .map(|byte| match byte {
            byte if ALPHABET.contains(&byte) => char::from(byte),
            byte => char::from(ALPHABET[usize::from(byte & 63)]),
        })
        .collect()
}
