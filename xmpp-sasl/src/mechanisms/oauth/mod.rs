//! OAUTHBEARER ([RFC 7628](https://www.rfc-editor.org/rfc/rfc7628)) and its elder relative X-OAUTH2.

mod client;
mod message;
mod server;
mod status;
mod x_oauth2;

pub use status::OauthError;
pub use x_oauth2::XOauth2;

use crate::bearer::BearerToken;
use crate::info::{MechanismInfo, Strength};
use crate::lookup::LookupKind;
use crate::mechanism::{ClientExchange, Mechanism, ServerExchange};
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

/// Bytes of the message that carries a token, on either side of it (SEC-6).
const MAX_MESSAGE: usize = 16_384;

/// OAUTHBEARER ([RFC 7628]): a bearer token in place of a password.
///
/// The server learns the token, so that it is no candidate without a confidential channel, on either side. A
/// client needs a [`BearerToken`]; a server must answer [`LookupKind::TOKEN`].
///
/// A client that shows no token asks where to get one. The answer, and the one to a token that is refused, is a
/// JSON text with what [`with_scope`](Self::with_scope) and
/// [`with_openid_configuration`](Self::with_openid_configuration) say; the login then fails. Clients find it in
/// [`ClientLogin::refusal`](crate::ClientLogin::refusal).
///
/// [RFC 7628]: https://www.rfc-editor.org/rfc/rfc7628
#[derive(Clone, Debug)]
pub struct OauthBearer {
    info: MechanismInfo,
    hints: status::Hints,
    max_message: usize,
}

impl OauthBearer {
    /// The mechanism, with priority 40.
    pub fn new() -> Self {
        Self {
            info: info("OAUTHBEARER", 40),
            hints: status::Hints::default(),
            max_message: MAX_MESSAGE,
        }
    }

    /// Servers: the OAuth scope that a token must have, told to clients whose token is refused.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        self.hints.scope = Some(scope.into());
        self
    }

    /// Servers: the URL of an `OpenID` provider configuration, told to clients whose token is refused.
    #[must_use]
    pub fn with_openid_configuration(mut self, url: impl Into<String>) -> Self {
        self.hints.openid_configuration = Some(url.into());
        self
    }

    /// Servers: how many bytes a client's message may have; 16,384 unless it is said here.
    #[must_use]
    pub fn with_max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }
}

impl Default for OauthBearer {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for OauthBearer {
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        let token = cx.credential::<BearerToken>()?.clone();
        Ok(Box::new(client::Client::new(cx, token)))
    }

    fn server(
        &self,
        _: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        Ok(Box::new(server::Server::new(
            self.info.name().clone(),
            self.hints.clone(),
            self.max_message,
        )))
    }
}

fn info(name: &'static str, priority: i32) -> MechanismInfo {
    MechanismInfo::new(name)
        .with_priority(priority)
        .with_strength(Strength::Plaintext)
        .uses::<BearerToken>()
        .asks(LookupKind::TOKEN)
}
