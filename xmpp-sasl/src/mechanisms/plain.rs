//! PLAIN ([RFC 4616](https://www.rfc-editor.org/rfc/rfc4616)).

use zeroize::Zeroizing;

use super::anonymous::no_data;
use super::scram::{FakeSalt, needs_secret};
use crate::credentials::Password;
use crate::error::{Failure, LoginError, Malformed};
use crate::info::{MechanismInfo, Strength};
use crate::lookup::{Answer, Lookup, LookupKind, PasswordCheck};
use crate::mechanism::{Claim, ClientExchange, ClientStep, Mechanism, ServerExchange, ServerStep};
use crate::prep::{self, PrepareError};
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

/// PLAIN ([RFC 4616]): the server learns the password.
///
/// It is no candidate without a confidential channel, on either side. A client's policy must name it
/// (SAS-2): [`Policy::opt_in`](crate::Policy::opt_in), or the allow-list.
///
/// [RFC 4616]: https://www.rfc-editor.org/rfc/rfc4616
#[derive(Clone, Debug)]
pub struct Plain(MechanismInfo);

impl Plain {
    /// The mechanism, with priority 20.
    pub fn new() -> Self {
        Self(
            MechanismInfo::new("PLAIN")
                .with_priority(20)
                .with_strength(Strength::Plaintext)
                .opt_in()
                .uses::<Password>()
                .asks(LookupKind::PASSWORD),
        )
    }
}

impl Default for Plain {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for Plain {
    fn info(&self) -> &MechanismInfo {
        &self.0
    }

    fn available(&self, cx: &SelectCx<'_>) -> Result<(), Unavailable> {
        needs_secret(cx)
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        Ok(Box::new(Client {
            password: cx.credential::<Password>()?.clone(),
            authzid: cx.authzid().map(str::to_owned),
        }))
    }

    fn server(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let config = cx
            .server()
            .ok_or(Unavailable::Lookup(LookupKind::PASSWORD))?;
        Ok(Box::new(Server {
            fake_salt: FakeSalt::new(config, "PLAIN")?,
            claim: None,
        }))
    }
}

struct Client {
    password: Password,
    authzid: Option<String>,
}

impl ClientExchange for Client {
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        let authzid = self.authzid.as_deref().unwrap_or_default();
        let (authcid, password) = (self.password.authcid(), self.password.password());
        if authcid.is_empty() || password.is_empty() {
            return Err(PrepareError::Empty.into());
        }
        if [authzid, authcid, password]
            .iter()
            .any(|part| part.contains('\0'))
        {
            return Err(PrepareError::Prohibited.into());
        }
        // RFC 4616 §2: message = [authzid] UTF8NUL authcid UTF8NUL passwd. The server prepares them.
        Ok(Some([authzid, authcid, password].join("\0").into_bytes()))
    }

    fn challenge(&mut self, _: &[u8]) -> Result<ClientStep, LoginError> {
        Err(Malformed::UnexpectedData.into())
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        no_data(data)
    }
}

struct Server {
    fake_salt: FakeSalt,
    claim: Option<Claim>,
}

impl ServerExchange for Server {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        let message = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
        let mut parts = message.split('\0');
        let (Some(authzid), Some(authcid), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Malformed::Separators.into());
        };
        let authcid = self.fake_salt.username(authcid)?;
        let password = prep::presented_password(password).map_err(|_| Malformed::Preparation)?;
        let claim = Claim::new(authcid.clone()).with_authzid(Some(authzid.to_owned()));
        self.claim = Some(claim);
        Ok(ServerStep::Lookup(Lookup::Password(PasswordCheck {
            fake_salt: self.fake_salt.of(&authcid),
            fake_iterations: self.fake_salt.iterations(),
            authcid: authcid.into_owned(),
            password: Zeroizing::new(password.into_owned()),
        })))
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        match answer {
            Answer::Accept => self
                .claim
                .take()
                .map(ServerStep::Done)
                .ok_or(Failure::OutOfOrder),
            Answer::UnknownUser => Err(Failure::WrongCredentials),
            Answer::Refuse(refusal) => Err(refusal.into()),
            _ => Err(Failure::WrongAnswer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelSecurity;
    use crate::mechanisms::scram::{ScramKeys, ScramSha256, hashes_computed};
    use crate::random::Random;
    use crate::server_config::ServerConfig;

    struct Zero;

    impl Random for Zero {
        fn fill(&mut self, dest: &mut [u8]) {
            dest.fill(0);
        }
    }

    /// The failure, and how many hashes, HMACs and rounds were computed on the way to it.
    fn wrong_password(stored: Option<&ScramKeys>) -> (Failure, u32) {
        let config = ServerConfig::new([7; 32]).with_stored_form(8, 16);
        let tls = ChannelSecurity::tls();
        let cx = SelectCx::new(&tls).with_server(&config);
        let before = hashes_computed();
        let mut server = Plain::new().server(&cx, &mut Zero).unwrap();
        let Ok(ServerStep::Lookup(Lookup::Password(check))) = server.response(b"\0user\0wrong")
        else {
            panic!("no lookup")
        };
        let answer = check.against::<ScramSha256>(stored);
        let failure = server.resolve(answer).err().unwrap();
        (failure, hashes_computed() - before)
    }

    #[test]
    fn unknown_user_costs_as_many_rounds_as_a_wrong_password() {
        let stored = ScramKeys::derive::<ScramSha256>("pencil", b"saltsaltsaltsalt", 8).unwrap();
        let known = wrong_password(Some(&stored));
        assert_eq!(known, wrong_password(None));
        // The salt of unknown users, the rounds, and the keys.
        assert_eq!(known, (Failure::WrongCredentials, 1 + 8 + 3));
    }
}
