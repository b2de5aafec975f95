//! The client's side.

use std::any::Any;
use std::marker::PhantomData;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::hash::{self, ScramHash};
use super::keys::ScramClientKeys;
use super::message::{ServerFinal, ServerFirst};
use super::{offer, offers_plus};
use crate::base64;
use crate::credentials::Password;
use crate::error::{DowngradeError, LoginError, Malformed, MutualAuthError};
use crate::info::MechanismInfo;
use crate::mechanism::{ClientExchange, ClientStep, DeriveJob, DerivedKey};
use crate::mechanisms::gs2;
use crate::policy::check_iterations;
use crate::prep::{self, PrepareError};
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

pub(super) struct Client<H> {
    username: String,
    password: Option<Password>,
    saved: Option<ScramClientKeys>,
    bounds: (u32, u32),
    gs2_header: String,
    binding: Vec<u8>,
    offer: Offer,
    nonce: String,
    state: State,
    hash: PhantomData<fn() -> H>,
}

/// What the client was told that the server offers (XEP-0474), and sees of the channel (XEP-0515).
struct Offer {
    /// What the server signs, if nobody has changed it.
    text: Option<String>,
    must_be_signed: bool,
    tls: Option<String>,
}

impl Offer {
    /// The server's signature is checked before anything is computed of the password.
    fn check<H: ScramHash>(&self, said: &ServerFirst<'_>) -> Result<(), DowngradeError> {
        let expected = || Some(offer::signature::<H>(self.text.as_deref()?));
        match said.offer {
            Some(signed) if expected().as_deref() != Some(signed) => Err(DowngradeError::Offer),
            None if self.must_be_signed => Err(DowngradeError::Unsigned),
            _ => match (said.tls, self.tls.as_deref()) {
                (Some(theirs), Some(ours)) if theirs != ours => Err(DowngradeError::TlsVersion),
                _ => Ok(()),
            },
        }
    }
}

enum State {
    /// The next message is the server's first.
    First,
    /// The job runs.
    Deriving(ServerSaid),
    /// The client's proof is sent, the server's is due.
    Final {
        keys: ScramClientKeys,
        signature: Zeroizing<Vec<u8>>,
    },
    /// The server has proven itself.
    Verified(ScramClientKeys),
}

/// The server's first message.
struct ServerSaid {
    message: String,
    nonce: String,
    salt: Vec<u8>,
    iterations: u32,
}

impl<H: ScramHash> Client<H> {
    pub(super) fn new(
        info: &MechanismInfo,
        cx: &SelectCx<'_>,
        nonce: String,
    ) -> Result<Self, Unavailable> {
        let lacking = || Unavailable::Credentials {
            needs: info.credentials().to_vec(),
        };
        let credentials = cx.credentials().ok_or_else(lacking)?;
        let password = credentials.get::<Password>().cloned();
        let saved = credentials.get::<ScramClientKeys>().cloned();
        let username = match (&password, &saved) {
            (Some(password), _) => password.authcid().to_owned(),
            (None, Some(saved)) => saved.authcid().to_owned(),
            (None, None) => return Err(lacking()),
        };
        // RFC 5802 §6: `y` says "I could, but you do not offer it", which a server that does offer it
        // takes as the sign of someone in between.
        let (flag, binding) = match cx.binding() {
            Some(binding) if info.needs_channel_binding() => {
                (format!("p={}", binding.kind()), binding.data().to_vec())
            }
            None if info.needs_channel_binding() => return Err(Unavailable::NoChannelBinding),
            _ if cx.binding_usable() && !offers_plus(cx) => ("y".to_owned(), Vec::new()),
            _ => ("n".to_owned(), Vec::new()),
        };
        let gs2_header = gs2::header(&flag, credentials.authzid());
        Ok(Self {
            username,
            password,
            saved,
            bounds: cx.policy().iteration_bounds(),
            gs2_header,
            binding,
            offer: Offer {
                text: offer::text(cx.whole_offer(), cx.advertised_bindings()),
                // Someone in between can only take the signature away.
                must_be_signed: cx.policy().requires_signed_offer() || cx.contradiction.is_some(),
                tls: offer::expected_tls(cx.channel()),
            },
            nonce,
            state: State::First,
            hash: PhantomData,
        })
    }

    fn first_bare(&self) -> String {
        format!("n={},r={}", gs2::escape(&self.username), self.nonce)
    }

    fn server_first(&mut self, text: &str) -> Result<ClientStep, LoginError> {
        let parsed = ServerFirst::parse(text)?;
        // RFC 5802 §5.1: the nonce must begin with ours, and the server must have added something.
        if !parsed.nonce.starts_with(&self.nonce) || parsed.nonce.len() == self.nonce.len() {
            return Err(Malformed::NonceMismatch.into());
        }
        self.offer.check::<H>(&parsed)?;
        check_iterations(self.bounds, parsed.iterations)?;
        let (got, salt) = (parsed.iterations, parsed.salt);
        let said = ServerSaid {
            message: text.to_owned(),
            nonce: parsed.nonce.to_owned(),
            salt,
            iterations: got,
        };
        // A saved key is good for exactly one user, salt and count.
        let fits = |keys: &ScramClientKeys| keys.fits::<H>(&self.username, &said.salt, got);
        if let Some(keys) = self.saved.take_if(|keys| fits(keys)) {
            return Ok(self.respond(&said, keys));
        }
        let Some(password) = &self.password else {
            return Err(LoginError::StaleKeys);
        };
        let password = Zeroizing::new(prep::password(password.password())?.into_owned());
        let (username, salt) = (self.username.clone(), said.salt.clone());
        self.state = State::Deriving(said);
        Ok(ClientStep::Derive(DeriveJob::new(move || {
            ScramClientKeys::derive::<H>(username, &password, salt, got)
        })))
    }

    fn respond(&mut self, said: &ServerSaid, keys: ScramClientKeys) -> ClientStep {
        let mut binding = self.gs2_header.clone().into_bytes();
        binding.extend_from_slice(&self.binding);
        let without_proof = format!("c={},r={}", base64::encode(binding), said.nonce);
        let auth_message = [&*self.first_bare(), &said.message, &without_proof].join(",");
        let stored_key = hash::digest::<H>(&keys.keys.client_key);
        let client_signature = hash::hmac::<H>(&stored_key, &[auth_message.as_bytes()]);
        let proof = hash::xor(&keys.keys.client_key, &client_signature);
        let signature = hash::hmac::<H>(&keys.keys.server_key, &[auth_message.as_bytes()]);
        self.state = State::Final { keys, signature };
        ClientStep::Respond(format!("{without_proof},p={}", base64::encode(proof)).into_bytes())
    }

    fn server_final(&mut self, text: &str) -> Result<(), LoginError> {
        let State::Final { keys, signature } = &self.state else {
            return Err(LoginError::OutOfOrder);
        };
        match ServerFinal::parse(text)? {
            ServerFinal::Error(error) => Err(LoginError::Refused(error.to_owned())),
            ServerFinal::Verifier(shown) if bool::from(shown.ct_eq(signature)) => {
                self.state = State::Verified(keys.clone());
                Ok(())
            }
            ServerFinal::Verifier(_) => Err(MutualAuthError::Wrong.into()),
        }
    }
}

impl<H: ScramHash> ClientExchange for Client<H> {
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        self.username = prep::name(&self.username)?.into_owned();
        // A password that cannot be used is better known before the server hears of the user.
        if let Some(password) = &self.password {
            prep::password(password.password())?;
        }
        if self.username.contains('\0') || self.gs2_header.contains('\0') {
            return Err(PrepareError::Prohibited.into());
        }
        Ok(Some(
            format!("{}{}", self.gs2_header, self.first_bare()).into_bytes(),
        ))
    }

    fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError> {
        let text = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
        match self.state {
            State::First => self.server_first(text),
            // The server's proof may come before the success.
            State::Final { .. } => {
                self.server_final(text)?;
                Ok(ClientStep::Respond(Vec::new()))
            }
            State::Deriving(_) | State::Verified(_) => Err(LoginError::OutOfOrder),
        }
    }

    fn resume(&mut self, key: DerivedKey) -> Result<ClientStep, LoginError> {
        let State::Deriving(said) = std::mem::replace(&mut self.state, State::First) else {
            return Err(LoginError::WrongKey);
        };
        let keys = key.into::<ScramClientKeys>().ok_or(LoginError::WrongKey)?;
        if !keys.fits::<H>(&self.username, &said.salt, said.iterations) {
            return Err(LoginError::WrongKey);
        }
        Ok(self.respond(&said, keys))
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        match (&self.state, data.unwrap_or_default()) {
            (State::Verified(_), []) => Ok(()),
            (State::Verified(_), _) => Err(Malformed::UnexpectedData.into()),
            // SAS-5: a success without the server's proof is no success, whenever it comes.
            (State::Final { .. }, data @ [_, ..]) => {
                let text = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
                self.server_final(text)
            }
            _ => Err(MutualAuthError::Missing.into()),
        }
    }

    fn export(&self) -> Option<&(dyn Any + Send)> {
        match &self.state {
            State::Verified(keys) => Some(keys),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Scram, ScramSha1, ScramSha256, ScramSha512};
    use super::*;
    use crate::channel::ChannelSecurity;
    use crate::credentials::Credentials;
    use crate::mechanism::Mechanism as _;

    /// How many hashes, HMACs and rounds a challenge costs, with the job that it asks for.
    fn cost<H: ScramHash>(challenge: &str) -> (u32, bool) {
        let credentials = Credentials::password("user", "pencil");
        let mut cx = SelectCx::new(&ChannelSecurity::Plain);
        cx.credentials = Some(&credentials);
        let mut client = Client::<H>::new(Scram::<H>::new().info(), &cx, "abc".to_owned()).unwrap();
        client.initial().unwrap();
        let before = hash::COUNT.get();
        let asked = match client.challenge(challenge.as_bytes()) {
            Ok(ClientStep::Derive(job)) => {
                drop(job.run());
                true
            }
            _ => false,
        };
        (hash::COUNT.get() - before, asked)
    }

    fn nothing_is_computed<H: ScramHash>() {
        for count in [
            "1",
            "4095",
            "1000001",
            "4294967295",
            "0",
            "+4096",
            "4096x",
            "4294967296",
        ] {
            let challenge = format!("r=abcd,s=c2FsdA==,i={count}");
            assert_eq!(cost::<H>(&challenge), (0, false), "{count}");
        }
        // The rounds, and both keys.
        assert_eq!(cost::<H>("r=abcd,s=c2FsdA==,i=4096"), (4_096 + 2, true));
    }

    #[test]
    fn iteration_count_out_of_bounds_is_refused_before_any_hash() {
        nothing_is_computed::<ScramSha1>();
        nothing_is_computed::<ScramSha256>();
        nothing_is_computed::<ScramSha512>();
    }
}
