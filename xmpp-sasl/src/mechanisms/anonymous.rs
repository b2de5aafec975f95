//! ANONYMOUS ([RFC 4505](https://www.rfc-editor.org/rfc/rfc4505)).

use crate::credentials::Anonymous;
use crate::error::{Failure, LoginError, Malformed};
use crate::info::{MechanismInfo, Strength};
use crate::lookup::{Answer, Lookup, LookupKind};
use crate::mechanism::{Claim, ClientExchange, ClientStep, Mechanism, ServerExchange, ServerStep};
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

/// ANONYMOUS ([RFC 4505]): no account, and a name that the server grants.
///
/// A client uses it only with the credential [`Anonymous`] in hand; a server offers it only where it
/// answers [`LookupKind::ANONYMOUS`].
///
/// [RFC 4505]: https://www.rfc-editor.org/rfc/rfc4505
#[derive(Clone, Debug)]
pub struct AnonymousMechanism(MechanismInfo);

impl AnonymousMechanism {
    /// The mechanism, with priority 10.
    pub fn new() -> Self {
        Self(
            MechanismInfo::new("ANONYMOUS")
                .with_priority(10)
                .with_strength(Strength::Anonymous)
                .safe_in_clear()
                .uses::<Anonymous>()
                .asks(LookupKind::ANONYMOUS),
        )
    }
}

impl Default for AnonymousMechanism {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for AnonymousMechanism {
    fn info(&self) -> &MechanismInfo {
        &self.0
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        let credential = cx.credentials().and_then(|known| known.get::<Anonymous>());
        Ok(Box::new(Client {
            trace: credential.and_then(Anonymous::trace).map(str::to_owned),
        }))
    }

    fn server(
        &self,
        _: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        Ok(Box::new(Server))
    }
}

struct Client {
    trace: Option<String>,
}

impl ClientExchange for Client {
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        // RFC 4505 §2: the message may be empty; without trace data there is none (XEP-0175 §3).
        Ok(self.trace.take().map(String::into_bytes))
    }

    fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError> {
        // The server asks for the message that was not sent as an initial response.
        if data.is_empty() {
            Ok(ClientStep::Respond(Vec::new()))
        } else {
            Err(Malformed::UnexpectedData.into())
        }
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        no_data(data)
    }
}

/// For mechanisms whose success carries nothing; empty data is what some servers send for none.
pub(super) fn no_data(data: Option<&[u8]>) -> Result<(), LoginError> {
    match data {
        None | Some([]) => Ok(()),
        Some(_) => Err(Malformed::UnexpectedData.into()),
    }
}

struct Server;

impl ServerExchange for Server {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        let trace = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
        // RFC 4505 §2: email or token, each of at most 255 characters.
        if trace.chars().nth(255).is_some() {
            return Err(Malformed::TooLong.into());
        }
        if trace.chars().any(char::is_control) {
            return Err(Malformed::Preparation.into());
        }
        let trace = Some(trace)
            .filter(|trace| !trace.is_empty())
            .map(str::to_owned);
        Ok(ServerStep::Lookup(Lookup::Anonymous { trace }))
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        match answer {
            Answer::Grant { authcid } => Ok(ServerStep::Done(Claim::new(authcid).anonymous())),
            Answer::Refuse(refusal) => Err(refusal.into()),
            _ => Err(Failure::WrongAnswer),
        }
    }
}
