//! X-OAUTH2, the form of PLAIN that ejabberd offers for tokens and Strophe.js speaks. No document defines it.

use zeroize::Zeroizing;

use super::message::is_token;
use super::{MAX_MESSAGE, info};
use crate::bearer::{BearerToken, TokenCheck};
use crate::error::{Failure, LoginError, Malformed};
use crate::info::{MechanismInfo, MechanismName};
use crate::lookup::{Answer, Lookup, LookupKind};
use crate::mechanism::{Claim, ClientExchange, ClientStep, Mechanism, ServerExchange, ServerStep};
use crate::mechanisms::anonymous::no_data;
use crate::prep::PrepareError;
use crate::random::Random;
use crate::select::SelectCx;
use crate::server_config::ServerConfig;
use crate::unavailable::Unavailable;

/// X-OAUTH2: `[authzid] NUL name NUL token`.
///
/// It is no candidate without a confidential channel, on either side. A client needs a
/// [`BearerToken`](crate::BearerToken) that says whose it is; a server must answer
/// [`LookupKind::TOKEN`](crate::LookupKind::TOKEN).
///
/// The token decides who logs in. The name may be left empty. One that differs is, where no authorization
/// identity comes with it, taken for one: Strophe.js writes the whole address there.
#[derive(Clone, Debug)]
pub struct XOauth2 {
    info: MechanismInfo,
    max_message: usize,
}

impl XOauth2 {
    /// The mechanism, with priority 30.
    pub fn new() -> Self {
        Self {
            info: info("X-OAUTH2", 30),
            max_message: MAX_MESSAGE,
        }
    }

    /// Servers: how many bytes a client's message may have; 16,384 unless it is said here.
    #[must_use]
    pub fn with_max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }
}

impl Default for XOauth2 {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for XOauth2 {
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn available(&self, cx: &SelectCx<'_>) -> Result<(), Unavailable> {
        match cx.credentials() {
            Some(_) if cx.credential::<BearerToken>()?.authcid().is_none() => Err(
                Unavailable::Other("the token in hand does not say whose it is".to_owned()),
            ),
            _ => Ok(()),
        }
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        Ok(Box::new(Client {
            token: cx.credential::<BearerToken>()?.clone(),
            authzid: cx.authzid().map(str::to_owned),
        }))
    }

    fn server(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let config = cx.server().ok_or(Unavailable::Lookup(LookupKind::TOKEN))?;
        Ok(Box::new(Server {
            name: self.info.name().clone(),
            config: config.clone(),
            max_message: self.max_message,
            said: None,
        }))
    }
}

struct Client {
    token: BearerToken,
    authzid: Option<String>,
}

impl ClientExchange for Client {
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        let authzid = self.authzid.as_deref().unwrap_or_default();
        let authcid = self.token.authcid().unwrap_or_default();
        if self.token.token().is_empty() || authcid.is_empty() {
            return Err(PrepareError::Empty.into());
        }
        if !is_token(self.token.token()) || [authzid, authcid].concat().contains('\0') {
            return Err(PrepareError::Prohibited.into());
        }
        let message = [authzid, authcid, self.token.token()].join("\0");
        Ok(Some(message.into_bytes()))
    }

    fn challenge(&mut self, _: &[u8]) -> Result<ClientStep, LoginError> {
        Err(Malformed::UnexpectedData.into())
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        no_data(data)
    }
}

struct Server {
    name: MechanismName,
    config: ServerConfig,
    max_message: usize,
    said: Option<Said>,
}

/// The names that the client said.
struct Said {
    authzid: Option<String>,
    name: Option<String>,
}

impl ServerExchange for Server {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        if data.len() > self.max_message {
            return Err(Malformed::TooLong.into());
        }
        let message = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
        let mut parts = message.split('\0');
        let (Some(authzid), Some(name), Some(token), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Malformed::Separators.into());
        };
        if !is_token(token) {
            return Err(Malformed::Authorization.into());
        }
        let name = match name {
            "" => None,
            name => Some(
                self.config
                    .username(name)
                    .map_err(|_| Malformed::Preparation)?
                    .into_owned(),
            ),
        };
        let authzid = Some(authzid.to_owned()).filter(|authzid| !authzid.is_empty());
        let check = TokenCheck {
            mechanism: self.name.clone(),
            token: Zeroizing::new(token.to_owned()),
            claimed: name.clone().or_else(|| authzid.clone()),
            host: None,
            port: None,
        };
        self.said = Some(Said { authzid, name });
        Ok(ServerStep::Lookup(Lookup::Token(check)))
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        let said = self.said.take().ok_or(Failure::OutOfOrder)?;
        match answer {
            Answer::Grant { authcid } => {
                let other = said.name.filter(|name| *name != authcid);
                let authzid = match (said.authzid, other) {
                    (Some(_), Some(_)) => return Err(Failure::WrongCredentials),
                    (authzid, other) => authzid.or(other),
                };
                Ok(ServerStep::Done(Claim::new(authcid).with_authzid(authzid)))
            }
            Answer::UnknownUser => Err(Failure::WrongCredentials),
            Answer::Refuse(refusal) => Err(refusal.into()),
            _ => Err(Failure::WrongAnswer),
        }
    }
}
