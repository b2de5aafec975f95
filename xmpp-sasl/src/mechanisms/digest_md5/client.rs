//! The client's side.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::directives::{Directives, quote};
use super::key::{COUNT, DigestMd5Key, Exchange};
use super::{MAX_CHALLENGE, MAX_RESPONSE};
use crate::credentials::Password;
use crate::error::{LoginError, Malformed, MutualAuthError};
use crate::mechanism::{ClientExchange, ClientStep};
use crate::mechanisms::anonymous::no_data;
use crate::prep::{self, PrepareError};

pub(super) struct Client {
    pub(super) password: Password,
    pub(super) authzid: Option<String>,
    pub(super) uri: String,
    pub(super) cnonce: String,
    pub(super) state: State,
}

pub(super) enum State {
    /// The server speaks first.
    First,
    /// Our proof is sent, the server's is due.
    Proof(Zeroizing<String>),
    /// The server has proven itself.
    Verified,
}

impl Client {
    fn respond(&mut self, challenge: &[u8]) -> Result<ClientStep, LoginError> {
        let said = Directives::parse(challenge, MAX_CHALLENGE)?;
        if said.token("algorithm")? != Some("md5-sess") {
            return Err(Malformed::Unsupported.into());
        }
        // RFC 2831 §2.1.1: `auth` is what is meant where nothing is said.
        let mut offered = said.quoted("qop")?.unwrap_or("auth").split(',');
        if !offered.any(|qop| qop.trim() == "auth") {
            return Err(Malformed::Unsupported.into());
        }
        let utf8 = said.is_utf8()?;
        let nonce = said.quoted("nonce")?.ok_or(Malformed::Attributes)?;
        if nonce.is_empty() {
            return Err(Malformed::Nonce.into());
        }
        let realm = said.quoted("realm")?;
        let user = prep::name(self.password.authcid())?;
        let password = Zeroizing::new(prep::password(self.password.password())?.into_owned());
        let authzid = self.authzid.as_deref();
        let ascii = user.is_ascii() && password.is_ascii() && authzid.is_none_or(str::is_ascii);
        if !utf8 && !ascii {
            return Err(Malformed::Unsupported.into());
        }
        if [&user, authzid.unwrap_or_default()]
            .iter()
            .any(|text| text.contains(char::is_control))
        {
            return Err(PrepareError::Prohibited.into());
        }
        let key = DigestMd5Key::from_prepared(&user, realm.unwrap_or_default(), &password);
        let exchange = Exchange {
            nonce,
            cnonce: &self.cnonce,
            authzid,
            uri: &self.uri,
        };
        let [ours, theirs] = exchange.proofs(&key);
        let mut response = [
            if utf8 { "charset=utf-8," } else { "" },
            &format!("username={},", quote(&user)),
            &realm.map_or_else(String::new, |realm| format!("realm={},", quote(realm))),
            &format!("nonce={},nc={COUNT},", quote(nonce)),
            &format!("cnonce={},", quote(&self.cnonce)),
            &format!("digest-uri={},", quote(&self.uri)),
            &format!("response={},qop=auth", *ours),
        ]
        .concat();
        if let Some(authzid) = authzid {
            response.push_str(",authzid=");
            response.push_str(&quote(authzid));
        }
        if response.len() > MAX_RESPONSE {
            return Err(Malformed::TooLong.into());
        }
        self.state = State::Proof(theirs);
        Ok(ClientStep::Respond(response.into_bytes()))
    }

    fn verify(&mut self, message: &[u8]) -> Result<(), LoginError> {
        let State::Proof(expected) = &self.state else {
            return Err(LoginError::OutOfOrder);
        };
        let said = Directives::parse(message, MAX_CHALLENGE)?;
        let shown = said.token("rspauth")?.ok_or(MutualAuthError::Missing)?;
        if !bool::from(shown.as_bytes().ct_eq(expected.as_bytes())) {
            return Err(MutualAuthError::Wrong.into());
        }
        self.state = State::Verified;
        Ok(())
    }
}

impl ClientExchange for Client {
    fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError> {
        match self.state {
            State::First => self.respond(data),
            // The server's proof is a challenge of its own where success carries no data.
            State::Proof(_) => self.verify(data).map(|()| ClientStep::Respond(Vec::new())),
            State::Verified => Err(LoginError::OutOfOrder),
        }
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        match (&self.state, data) {
            (State::Verified, data) => no_data(data),
            (State::Proof(_), Some(data)) => self.verify(data),
            (State::Proof(_) | State::First, _) => Err(MutualAuthError::Missing.into()),
        }
    }
}
