//! The server's side.

use std::marker::PhantomData;

use subtle::ConstantTimeEq;

use super::hash::{self, ScramHash};
use super::keys::ScramKeys;
use super::message::{ClientFinal, ClientFirst};
use super::{FakeSalt, offer, offers_plus};
use crate::base64;
use crate::channel::{ChannelBindingType, ChannelSecurity};
use crate::error::{Failure, Malformed};
use crate::info::{MechanismInfo, MechanismName};
use crate::lookup::{Answer, Lookup, LookupKind, Refusal};
use crate::mechanism::{Claim, ServerExchange, ServerStep};
use crate::mechanisms::gs2::BindingFlag;
use crate::select::SelectCx;
use crate::server_config::ServerConfig;
use crate::unavailable::Unavailable;

pub(super) struct Server<H> {
    fake_salt: FakeSalt,
    channel: ChannelSecurity,
    plus: bool,
    offers_plus: bool,
    /// What the first message says of the offer (XEP-0474, XEP-0515).
    extensions: String,
    nonce: String,
    state: State,
    hash: PhantomData<fn() -> H>,
}

enum State {
    First,
    Lookup(ClientSaid),
    Final(ClientSaid, Asked),
    Done,
}

/// The client's first message.
struct ClientSaid {
    /// What `c=` must hold: the GS2 header and the binding data.
    binding: Vec<u8>,
    bare: String,
    authcid: String,
    authzid: Option<String>,
    /// Both nonces.
    nonce: String,
    /// The salt to show if the user does not exist.
    fake_salt: Vec<u8>,
}

/// The server's first message and what it was made of.
struct Asked {
    message: String,
    account: Account,
    /// Of an unknown user: nobody's.
    keys: ScramKeys,
}

enum Account {
    Known,
    Locked(Refusal),
    Unknown,
}

impl<H: ScramHash> Server<H> {
    pub(super) fn new(
        info: &MechanismInfo,
        cx: &SelectCx<'_>,
        nonce: String,
    ) -> Result<Self, Unavailable> {
        let kind = LookupKind::custom(H::MECHANISM);
        let config = cx.server().ok_or(Unavailable::Lookup(kind))?;
        Ok(Self {
            fake_salt: FakeSalt::new(config, H::MECHANISM)?,
            channel: cx.channel().clone(),
            plus: info.needs_channel_binding(),
            offers_plus: offers_plus(cx),
            extensions: extensions::<H>(cx, config),
            nonce,
            state: State::First,
            hash: PhantomData,
        })
    }

    fn client_first(&mut self, text: &str) -> Result<ServerStep, Failure> {
        let parsed = ClientFirst::parse(text)?;
        let authcid = self.fake_salt.username(&parsed.username)?;
        let mut binding = parsed.header.text.as_bytes().to_vec();
        binding.extend_from_slice(self.binding_data(parsed.header.flag)?);
        // Computed for every user, so that nobody sees by the time who does not exist.
        let fake_salt = self.fake_salt.of(&authcid);
        let said = ClientSaid {
            binding,
            bare: parsed.header.rest.to_owned(),
            authzid: parsed.header.authzid,
            nonce: format!("{}{}", parsed.nonce, self.nonce),
            fake_salt,
            authcid: authcid.clone().into_owned(),
        };
        self.state = State::Lookup(said);
        Ok(ServerStep::Lookup(Lookup::ScramKeys {
            authcid: authcid.into_owned(),
            mechanism: const { MechanismName::from_static(H::MECHANISM) },
        }))
    }

    /// RFC 5802 §6: what the flag means to a server.
    fn binding_data(&self, flag: BindingFlag<'_>) -> Result<&[u8], Failure> {
        match flag {
            BindingFlag::NotOffered if self.offers_plus => Err(Failure::Downgrade),
            BindingFlag::No | BindingFlag::NotOffered if !self.plus => Ok(&[]),
            BindingFlag::Used(name) if self.plus => ChannelBindingType::from_name(name)
                .and_then(|kind| self.channel.binding(kind))
                .map(crate::ChannelBinding::data)
                .ok_or(Failure::ChannelBinding),
            _ => Err(Failure::ChannelBinding),
        }
    }

    fn ask(&mut self, said: ClientSaid, keys: ScramKeys, account: Account) -> ServerStep {
        let (nonce, salt) = (&said.nonce, base64::encode(keys.salt()));
        let (iterations, extensions) = (keys.iterations(), &self.extensions);
        let message = format!("r={nonce},s={salt},i={iterations}{extensions}");
        let challenge = message.clone().into_bytes();
        let asked = Asked {
            message,
            account,
            keys,
        };
        self.state = State::Final(said, asked);
        ServerStep::Challenge(challenge)
    }

    fn client_final(said: ClientSaid, asked: &Asked, text: &str) -> Result<ServerStep, Failure> {
        let parsed = ClientFinal::parse(text)?;
        if parsed.nonce != said.nonce {
            return Err(Malformed::NonceMismatch.into());
        }
        if parsed.proof.len() != hash::length::<H>() {
            return Err(Malformed::Attributes.into());
        }
        if !bool::from(parsed.binding.ct_eq(&said.binding)) {
            return Err(Failure::ChannelBinding);
        }
        let auth_message = [&*said.bare, &asked.message, parsed.without_proof].join(",");
        let client_signature = hash::hmac::<H>(asked.keys.stored_key(), &[auth_message.as_bytes()]);
        let client_key = hash::xor(&parsed.proof, &client_signature);
        let right = hash::digest::<H>(&client_key).ct_eq(asked.keys.stored_key());
        // For every client, so that a wrong proof takes as long as a right one.
        let signature = hash::hmac::<H>(asked.keys.server_key(), &[auth_message.as_bytes()]);
        match asked.account {
            Account::Known if bool::from(right) => {}
            // Who has proven to own the account may know that it is locked.
            Account::Locked(refusal) if bool::from(right) => return Err(refusal.into()),
            _ => return Err(Failure::WrongCredentials),
        }
        let data = format!("v={}", base64::encode(signature));
        Ok(ServerStep::Done(
            Claim::new(said.authcid)
                .with_authzid(said.authzid)
                .with_data(data),
        ))
    }
}

/// `h=` where it is known what the client was told, and `t=` with it.
fn extensions<H: ScramHash>(cx: &SelectCx<'_>, config: &ServerConfig) -> String {
    let told = cx
        .advertised_mechanisms()
        .filter(|_| config.signs_offer())
        .and_then(|mechanisms| offer::text(mechanisms, cx.advertised_bindings()));
    let Some(told) = told else {
        return String::new();
    };
    let signature = offer::signature::<H>(&told);
    match cx.channel().tls_version() {
        Some(version) => format!(",h={signature},t={version}"),
        None => format!(",h={signature}"),
    }
}

impl<H: ScramHash> ServerExchange for Server<H> {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        let text = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
        match std::mem::replace(&mut self.state, State::Done) {
            State::First => self.client_first(text),
            State::Final(said, asked) => Self::client_final(said, &asked, text),
            State::Lookup(_) | State::Done => Err(Failure::OutOfOrder),
        }
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        let State::Lookup(mut said) = std::mem::replace(&mut self.state, State::Done) else {
            return Err(Failure::WrongAnswer);
        };
        match answer {
            Answer::ScramKeys(keys) if keys.is_of::<H>() => {
                Ok(self.ask(said, keys, Account::Known))
            }
            Answer::LockedScramKeys(keys, refusal) if keys.is_of::<H>() => {
                Ok(self.ask(said, keys, Account::Locked(refusal)))
            }
            Answer::UnknownUser => {
                let salt = std::mem::take(&mut said.fake_salt);
                let keys = ScramKeys::of_nobody::<H>(salt, self.fake_salt.iterations());
                Ok(self.ask(said, keys, Account::Unknown))
            }
            Answer::Refuse(refusal) => Err(refusal.into()),
            _ => Err(Failure::WrongAnswer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ScramSha1, ScramSha256, ScramSha512};
    use super::*;
    use crate::channel::{ChannelBinding, TlsChannel};
    use crate::mechanism::Mechanism as _;
    use crate::mechanisms::Scram;

    /// What the server said and how it failed, and how many hashes and HMACs were computed on the way.
    fn wrong_proof<H: ScramHash>(plus: bool, answer: Answer) -> (usize, Failure, u32) {
        let config = ServerConfig::new([7; 32]);
        let binding = ChannelBinding::new(ChannelBindingType::TlsExporter, [1; 32]);
        let channel = ChannelSecurity::Tls(TlsChannel::new().with_binding(binding));
        let cx = SelectCx::new(&channel)
            .with_server(&config)
            .with_advertised_mechanisms(&["SCRAM-SHA-1-PLUS"]);
        let mechanism = if plus {
            Scram::<H>::plus()
        } else {
            Scram::new()
        };
        let nonce = "abcdefghijklmnopqrstuvwx".to_owned();
        let before = hash::COUNT.get();
        let mut server = Server::<H>::new(mechanism.info(), &cx, nonce).unwrap();
        let flag = if plus { "p=tls-exporter" } else { "n" };
        server
            .response(format!("{flag},,n=user,r=abc").as_bytes())
            .unwrap();
        let Ok(ServerStep::Challenge(challenge)) = server.resolve(answer) else {
            panic!("no challenge")
        };
        let proof = base64::encode(vec![0; hash::length::<H>()]);
        let mut binding = format!("{flag},,").into_bytes();
        binding.extend_from_slice(if plus { &[1; 32] } else { &[] });
        let binding = base64::encode(binding);
        let last = format!("c={binding},r=abcabcdefghijklmnopqrstuvwx,p={proof}");
        let failure = server.response(last.as_bytes()).err().unwrap();
        (challenge.len(), failure, hash::COUNT.get() - before)
    }

    fn costs_the_same<H: ScramHash>() {
        let salt = b"saltsaltsaltsalt";
        let keys = || ScramKeys::derive::<H>("pencil", salt, 4_096).unwrap();
        let locked = || Answer::LockedScramKeys(keys(), Refusal::AccountDisabled);
        for plus in [false, true] {
            let known = wrong_proof::<H>(plus, Answer::ScramKeys(keys()));
            assert_eq!(known, wrong_proof::<H>(plus, Answer::UnknownUser));
            assert_eq!(known, wrong_proof::<H>(plus, locked()));
            // The salt of unknown users, the offer's signature, and the three of the proof.
            assert_eq!((known.1, known.2), (Failure::WrongCredentials, 5));
        }
    }

    #[test]
    fn unknown_user_costs_as_many_hashes_as_a_wrong_password() {
        costs_the_same::<ScramSha1>();
        costs_the_same::<ScramSha256>();
        costs_the_same::<ScramSha512>();
    }
}
