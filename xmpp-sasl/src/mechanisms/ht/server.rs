//! The server's side.

use std::any::Any;
use std::marker::PhantomData;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::hash::{self, HtHash, Role};
use super::keys::{HtKey, HtTokens, HtUsed};
use crate::error::{Failure, Malformed};
use crate::info::MechanismName;
use crate::lookup::{Answer, Lookup};
use crate::mechanism::{Claim, ServerExchange, ServerStep};
use crate::server_config::ServerConfig;

/// Bytes of a user name (SEC-6). The draft's §3.1 wants 255 at least; 1,023 is what XMPP allows.
const MAX_AUTHCID: usize = 1_023;

/// Stands in for a token that is not there, so that the same is computed. It matches nothing.
const NO_TOKEN: &[u8] = &[0; 44];

pub(super) struct Server<H> {
    name: MechanismName,
    binding: Vec<u8>,
    config: ServerConfig,
    said: Option<Said>,
    used: Option<HtUsed>,
    hash: PhantomData<fn() -> H>,
}

struct Said {
    authcid: String,
    /// Without channel binding it is as good as the token.
    hashed: Zeroizing<Vec<u8>>,
}

impl<H: HtHash> Server<H> {
    pub(super) fn new(name: MechanismName, binding: Vec<u8>, config: ServerConfig) -> Self {
        Self {
            name,
            binding,
            config,
            said: None,
            used: None,
            hash: PhantomData,
        }
    }

    /// Whoever asks and whatever is stored: two hashed tokens to compare with, and one to answer with.
    fn verify(&mut self, said: Said, tokens: &HtTokens) -> Result<ServerStep, Failure> {
        let mut found: Option<&HtKey> = None;
        for slot in &tokens.slots {
            let token = slot.as_ref().map_or(NO_TOKEN, |key| key.token.as_bytes());
            let right = hash::hashed::<H>(token, Role::Initiator, &self.binding);
            let equal = bool::from(right.ct_eq(&said.hashed));
            if let (true, None) = (equal, found) {
                found = slot.as_ref();
            }
        }
        let token = found.map_or(NO_TOKEN, |key| key.token.as_bytes());
        let answer = hash::hashed::<H>(token, Role::Responder, &self.binding);
        let key = found.ok_or(Failure::WrongCredentials)?;
        // XEP-0484 §3.4: a token for one mechanism is no token for another.
        if key.mechanism != self.name {
            return Err(Failure::ForeignToken);
        }
        if let Some(refusal) = key.refusal {
            return Err(refusal.into());
        }
        self.used = Some(HtUsed {
            mechanism: key.mechanism.clone(),
            token: key.token.clone(),
        });
        Ok(ServerStep::Done(
            Claim::new(said.authcid).with_data(answer.to_vec()),
        ))
    }
}

impl<H: HtHash> ServerExchange for Server<H> {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        let at = data.iter().position(|&byte| byte == 0);
        let (authcid, hashed) = data.split_at(at.ok_or(Malformed::Separators)?);
        let hashed = &hashed[1..];
        if authcid.len() > MAX_AUTHCID {
            return Err(Malformed::TooLong.into());
        }
        if hashed.len() != hash::length::<H>() {
            return Err(Malformed::HashedToken.into());
        }
        let authcid = std::str::from_utf8(authcid).map_err(|_| Malformed::Utf8)?;
        let authcid = self.config.username(authcid);
        let authcid = authcid.map_err(|_| Malformed::Preparation)?;
        self.said = Some(Said {
            authcid: authcid.clone().into_owned(),
            hashed: Zeroizing::new(hashed.to_vec()),
        });
        Ok(ServerStep::Lookup(Lookup::HtTokens {
            authcid: authcid.into_owned(),
            mechanism: self.name.clone(),
        }))
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        let said = self.said.take().ok_or(Failure::OutOfOrder)?;
        match answer {
            Answer::HtTokens(tokens) => self.verify(said, &tokens),
            Answer::UnknownUser => self.verify(said, &HtTokens::default()),
            Answer::Refuse(refusal) => Err(refusal.into()),
            _ => Err(Failure::WrongAnswer),
        }
    }

    fn export(&self) -> Option<&(dyn Any + Send)> {
        self.used.as_ref().map(|used| used as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::Refusal;
    use crate::mechanisms::ht::HtSha256;

    const NAME: MechanismName = MechanismName::from_static("HT-SHA-256-NONE");
    const TOKEN: &str = "secret-token-of-juliet";

    /// What came of it, and how many HMACs were computed.
    fn login(token: &str, answer: Answer) -> (Option<Failure>, u32) {
        let mut server = Server::<HtSha256>::new(NAME, Vec::new(), ServerConfig::without_secret());
        let mut message = b"juliet\0".to_vec();
        message.extend(hash::hashed::<HtSha256>(token.as_bytes(), Role::Initiator, &[]).iter());
        let before = hash::COUNT.get();
        server.response(&message).unwrap();
        let failure = server.resolve(answer).err();
        (failure, hash::COUNT.get() - before)
    }

    #[test]
    fn unknown_user_costs_as_many_hmacs_as_a_wrong_or_a_right_token() {
        let key = || HtKey::new(NAME, TOKEN).unwrap();
        let stored = |current, next| Answer::HtTokens(HtTokens::new(current, next));
        let other = || HtKey::new(NAME, "another-token-of-juliet").unwrap();
        let wrong = (Some(Failure::WrongCredentials), 3);
        assert_eq!(login(TOKEN, Answer::UnknownUser), wrong);
        assert_eq!(login(TOKEN, stored(None, None)), wrong);
        assert_eq!(login(TOKEN, stored(Some(other()), None)), wrong);
        assert_eq!(login(TOKEN, stored(Some(other()), Some(other()))), wrong);
        assert_eq!(login(TOKEN, stored(Some(key()), None)), (None, 3));
        assert_eq!(login(TOKEN, stored(None, Some(key()))), (None, 3));
        assert_eq!(login(TOKEN, stored(Some(key()), Some(key()))), (None, 3));
        let expired = key().refused(Refusal::CredentialsExpired);
        let refused = (Some(Failure::CredentialsExpired), 3);
        assert_eq!(login(TOKEN, stored(Some(expired), None)), refused);
    }

    #[test]
    fn what_stands_in_for_a_missing_token_logs_nobody_in() {
        let stand_in = std::str::from_utf8(NO_TOKEN).unwrap();
        let wrong = (Some(Failure::WrongCredentials), 3);
        assert_eq!(login(stand_in, Answer::UnknownUser), wrong);
    }
}
