//! The client's side of OAUTHBEARER.

use super::MAX_MESSAGE;
use super::message::{Initial, SEPARATOR, is_token};
use super::status::OauthError;
use crate::bearer::BearerToken;
use crate::error::{LoginError, Malformed};
use crate::mechanism::{ClientExchange, ClientStep};
use crate::mechanisms::anonymous::no_data;
use crate::prep::PrepareError;
use crate::select::SelectCx;

pub(super) struct Client {
    token: BearerToken,
    authzid: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    /// What the server said is wrong with the token.
    refusal: Option<LoginError>,
}

impl Client {
    pub(super) fn new(cx: &SelectCx<'_>, token: BearerToken) -> Self {
        // The pair is optional, and its value is ASCII: a host with other letters is left out.
        let host = Some(cx.host())
            .filter(|host| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic()));
        Self {
            token,
            authzid: cx.authzid().map(str::to_owned),
            host: host.map(str::to_owned),
            port: cx.port().filter(|&port| port != 0),
            refusal: None,
        }
    }
}

impl ClientExchange for Client {
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        if self.token.token().is_empty() {
            return Err(PrepareError::Empty.into());
        }
        let authzid = self.authzid.take();
        let prohibited = |authzid: &str| authzid.contains(['\0', SEPARATOR]);
        if !is_token(self.token.token()) || authzid.as_deref().is_some_and(prohibited) {
            return Err(PrepareError::Prohibited.into());
        }
        let message = Initial {
            authzid,
            host: self.host.as_deref(),
            port: self.port,
            token: Some(self.token.token()),
        };
        Ok(Some(message.write().into_bytes()))
    }

    fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError> {
        if self.refusal.is_some() {
            return Err(Malformed::UnexpectedData.into());
        }
        if data.len() > MAX_MESSAGE {
            return Err(Malformed::TooLong.into());
        }
        let text = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
        self.refusal = Some(LoginError::TokenRefused(OauthError::read(text)));
        // RFC 7628 §3.2.3: so that the server can end the exchange.
        Ok(ClientStep::Respond(SEPARATOR.to_string().into_bytes()))
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        match self.refusal.take() {
            Some(refusal) => Err(refusal),
            None => no_data(data),
        }
    }

    fn refusal(&self) -> Option<&LoginError> {
        self.refusal.as_ref()
    }
}
