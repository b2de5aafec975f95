//! The server's side.

use subtle::ConstantTimeEq;

use super::MAX_RESPONSE;
use super::directives::{Directives, quote};
use super::key::{COUNT, DigestMd5Check, DigestMd5Key, Exchange};
use crate::error::{Failure, Malformed};
use crate::lookup::{Answer, Lookup};
use crate::mechanism::{Claim, ServerExchange, ServerStep};
use crate::server_config::ServerConfig;

pub(super) struct Server {
    pub(super) config: ServerConfig,
    pub(super) realm: String,
    pub(super) service: String,
    pub(super) host: String,
    pub(super) nonce: String,
    pub(super) state: State,
}

pub(super) enum State {
    First,
    /// The challenge is sent.
    Response,
    Lookup(ClientSaid),
    /// The server's proof is sent; the client has nothing to add.
    Proven(Claim),
    Done,
}

pub(super) struct ClientSaid {
    authcid: String,
    /// As the client has written and hashed it.
    username: String,
    authzid: Option<String>,
    cnonce: String,
    uri: String,
    response: String,
}

impl Server {
    fn read(&self, message: &[u8]) -> Result<ClientSaid, Failure> {
        let said = Directives::parse(message, MAX_RESPONSE)?;
        let lacking = Malformed::Attributes;
        let utf8 = said.is_utf8()?;
        if said.token("qop")?.is_some_and(|qop| qop != "auth") {
            return Err(Malformed::Unsupported.into());
        }
        let username = said.quoted("username")?.ok_or(lacking)?;
        let authzid = said.quoted("authzid")?;
        if authzid.is_some_and(str::is_empty) {
            return Err(lacking.into());
        }
        let ascii = username.is_ascii() && authzid.is_none_or(str::is_ascii);
        if !utf8 && !ascii {
            // ISO 8859-1, which nobody should have to guess.
            return Err(Malformed::Unsupported.into());
        }
        let authcid = self.config.username(username);
        let authcid = authcid.map_err(|_| Malformed::Preparation)?;
        if said.quoted("nonce")?.ok_or(lacking)? != self.nonce {
            return Err(Malformed::NonceMismatch.into());
        }
        if said.token("nc")?.ok_or(lacking)? != COUNT {
            return Err(Malformed::NonceCount.into());
        }
        let cnonce = said.quoted("cnonce")?.ok_or(lacking)?;
        if cnonce.is_empty() {
            return Err(Malformed::Nonce.into());
        }
        let uri = said.quoted("digest-uri")?.ok_or(lacking)?;
        let ours = uri.split_once('/').is_some_and(|(service, host)| {
            service.eq_ignore_ascii_case(&self.service) && host.eq_ignore_ascii_case(&self.host)
        });
        if !ours || said.quoted("realm")?.unwrap_or_default() != self.realm {
            return Err(Failure::ForeignService);
        }
        let response = said.token("response")?.ok_or(lacking)?;
        if response.len() != 32 {
            return Err(lacking.into());
        }
        Ok(ClientSaid {
            authcid: authcid.into_owned(),
            username: username.to_owned(),
            authzid: authzid.map(str::to_owned),
            cnonce: cnonce.to_owned(),
            uri: uri.to_owned(),
            response: response.to_owned(),
        })
    }

    fn prove(
        &mut self,
        said: ClientSaid,
        key: Option<&DigestMd5Key>,
    ) -> Result<ServerStep, Failure> {
        let exchange = Exchange {
            nonce: &self.nonce,
            cnonce: &said.cnonce,
            authzid: said.authzid.as_deref(),
            uri: &said.uri,
        };
        let nobody = DigestMd5Key::of_nobody();
        // For every client, so that nobody sees by the time who does not exist.
        let [theirs, ours] = exchange.proofs(key.unwrap_or(&nobody));
        let right = theirs.as_bytes().ct_eq(said.response.as_bytes());
        if !bool::from(right) || key.is_none() {
            return Err(Failure::WrongCredentials);
        }
        self.state = State::Proven(Claim::new(said.authcid).with_authzid(said.authzid));
        Ok(ServerStep::Challenge(
            format!("rspauth={}", *ours).into_bytes(),
        ))
    }
}

impl ServerExchange for Server {
    fn challenge(&mut self) -> Result<ServerStep, Failure> {
        self.state = State::Response;
        let (realm, nonce) = (quote(&self.realm), quote(&self.nonce));
        let message =
            format!("realm={realm},nonce={nonce},qop=\"auth\",algorithm=md5-sess,charset=utf-8");
        Ok(ServerStep::Challenge(message.into_bytes()))
    }

    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Response => {
                let said = self.read(data)?;
                let check = DigestMd5Check {
                    authcid: said.authcid.clone(),
                    username: said.username.clone(),
                    realm: self.realm.clone(),
                };
                self.state = State::Lookup(said);
                Ok(ServerStep::Lookup(Lookup::DigestMd5(check)))
            }
            State::Proven(claim) if data.is_empty() => Ok(ServerStep::Done(claim)),
            State::Proven(_) => Err(Malformed::UnexpectedData.into()),
            State::First | State::Lookup(_) | State::Done => Err(Failure::OutOfOrder),
        }
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        let State::Lookup(said) = std::mem::replace(&mut self.state, State::Done) else {
            return Err(Failure::WrongAnswer);
        };
        match answer {
            Answer::DigestMd5(key) => self.prove(said, Some(&key)),
            Answer::UnknownUser => self.prove(said, None),
            Answer::Refuse(refusal) => Err(refusal.into()),
            _ => Err(Failure::WrongAnswer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::HASHES;
    use super::*;

    #[test]
    fn unknown_user_costs_as_many_hashes_as_a_wrong_password() {
        let cost = |key: Option<DigestMd5Key>| {
            let mut server = Server {
                config: ServerConfig::without_secret(),
                realm: "example.org".to_owned(),
                service: "xmpp".to_owned(),
                host: "example.org".to_owned(),
                nonce: "n".to_owned(),
                state: State::Response,
            };
            let response = "username=\"user\",realm=\"example.org\",nonce=\"n\",nc=00000001,\
                 cnonce=\"c\",digest-uri=\"xmpp/example.org\",response=00000000000000000000000000000000";
            server.response(response.as_bytes()).unwrap();
            let before = HASHES.get();
            let answer = key.map_or(Answer::UnknownUser, Answer::DigestMd5);
            let failure = server.resolve(answer).unwrap_err();
            (failure, HASHES.get() - before)
        };
        let known = cost(Some(DigestMd5Key::from_bytes([1; 16])));
        assert_eq!(known, cost(None));
        assert_eq!(known, (Failure::WrongCredentials, 5));
    }
}
