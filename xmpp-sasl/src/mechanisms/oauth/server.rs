//! The server's side of OAUTHBEARER.

use zeroize::Zeroizing;

use super::message::{Initial, SEPARATOR};
use super::status::Hints;
use crate::bearer::TokenCheck;
use crate::error::{Failure, Malformed};
use crate::info::MechanismName;
use crate::lookup::{Answer, Lookup, Refusal};
use crate::mechanism::{Claim, ServerExchange, ServerStep};

pub(super) struct Server {
    name: MechanismName,
    hints: Hints,
    max_message: usize,
    state: State,
}

enum State {
    First,
    Lookup {
        authzid: Option<String>,
    },
    /// The error is told; the client's answer is due, then the login fails.
    Refused(Failure),
    Done,
}

impl Server {
    pub(super) fn new(name: MechanismName, hints: Hints, max_message: usize) -> Self {
        Self {
            name,
            hints,
            max_message,
            state: State::First,
        }
    }

    fn first(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        if data.len() > self.max_message {
            return Err(Malformed::TooLong.into());
        }
        let text = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
        let said = Initial::parse(text)?;
        let Some(token) = said.token else {
            return Ok(self.refuse(Failure::WrongCredentials));
        };
        let check = TokenCheck {
            mechanism: self.name.clone(),
            token: Zeroizing::new(token.to_owned()),
            claimed: said.authzid.clone(),
            host: said.host.map(str::to_owned),
            port: said.port,
        };
        self.state = State::Lookup {
            authzid: said.authzid,
        };
        Ok(ServerStep::Lookup(Lookup::Token(check)))
    }

    /// RFC 7628 §3.2.2: a failure carries nothing, so that the reason goes before it.
    fn refuse(&mut self, failure: Failure) -> ServerStep {
        self.state = State::Refused(failure);
        ServerStep::Challenge(self.hints.write("invalid_token").into_bytes())
    }
}

impl ServerExchange for Server {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::First => self.first(data),
            State::Refused(failure) if data == SEPARATOR.to_string().as_bytes() => Err(failure),
            State::Refused(_) => Err(Malformed::UnexpectedData.into()),
            State::Lookup { .. } | State::Done => Err(Failure::OutOfOrder),
        }
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        let State::Lookup { authzid } = std::mem::replace(&mut self.state, State::Done) else {
            return Err(Failure::WrongAnswer);
        };
        match answer {
            Answer::Grant { authcid } => {
                Ok(ServerStep::Done(Claim::new(authcid).with_authzid(authzid)))
            }
            // The token may be right: nothing is said of it.
            Answer::Refuse(refusal @ (Refusal::Unavailable | Refusal::MechanismTooWeak)) => {
                Err(refusal.into())
            }
            Answer::Refuse(refusal) => Ok(self.refuse(refusal.into())),
            Answer::UnknownUser => Ok(self.refuse(Failure::WrongCredentials)),
            _ => Err(Failure::WrongAnswer),
        }
    }
}
