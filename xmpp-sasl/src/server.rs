//! A server's login in progress.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::{Failure, Malformed};
use crate::info::{First, MechanismName};
use crate::lookup::{Answer, Lookup, Refusal};
use crate::mechanism::{Claim, Mechanism, ServerExchange, ServerStep};

/// A login at a server by one mechanism, begun by [`Registry::begin`](crate::Registry::begin).
///
/// 1. [`start`](Self::start) with the initial response, or `None`.
/// 2. Do what the [`Outcome`] says: send a challenge and call [`response`](Self::response) with what comes
///    back, or find the answer to a lookup and call [`resolve`](Self::resolve).
/// 3. On [`Outcome::Success`] the client is logged in. On an error send its
///    [`condition`](Failure::condition) and drop the login: every further call is an error.
pub struct ServerLogin {
    /// By which mechanism.
    by: Arc<dyn Mechanism>,
    exchange: Box<dyn ServerExchange>,
    state: State,
}

enum State {
    Fresh,
    AwaitingResponse,
    AwaitingAnswer,
    Authorizing(Claim),
    Done,
    Failed,
}

/// What a server does next.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// Send this challenge; it may be empty.
    Challenge(Vec<u8>),
    /// Find the answer and call [`ServerLogin::resolve`].
    Lookup(Lookup),
    /// The client is logged in.
    Success {
        /// As whom.
        identity: Identity,
        /// What to send with the success: `None` differs from empty. A protocol whose success carries no
        /// data sends it as a challenge and awaits an empty response before.
        data: Option<Vec<u8>>,
    },
}

/// Who has logged in. Only a [`ServerLogin`] makes one, after the mechanism's proof and, if the client
/// wants to act as someone, after the caller's permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    authcid: String,
    authzid: Option<String>,
    mechanism: MechanismName,
    anonymous: bool,
}

impl Identity {
    /// Who has logged in, in the mechanism's prepared form; for an anonymous login the granted name.
    pub fn authcid(&self) -> &str {
        &self.authcid
    }

    /// As whom they act, if the client has said so; the caller has permitted it.
    pub fn authzid(&self) -> Option<&str> {
        self.authzid.as_deref()
    }

    /// By which mechanism.
    pub fn mechanism(&self) -> &MechanismName {
        &self.mechanism
    }

    /// Whether nobody in particular has logged in.
    pub fn is_anonymous(&self) -> bool {
        self.anonymous
    }
}

impl ServerLogin {
    pub(crate) fn new(by: Arc<dyn Mechanism>, exchange: Box<dyn ServerExchange>) -> Self {
        Self {
            by,
            exchange,
            state: State::Fresh,
        }
    }

    /// The mechanism's name.
    pub fn mechanism(&self) -> &MechanismName {
        self.by.info().name()
    }

    /// Begins, with the client's initial response if it sent one: `None` differs from an empty one.
    ///
    /// # Errors
    ///
    /// The login fails.
    pub fn start(&mut self, initial: Option<&[u8]>) -> Result<Outcome, Failure> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Fresh => {}
            _ => return Err(Failure::OutOfOrder),
        }
        let step = match (self.by.info().first(), initial) {
            (First::Client, Some(data)) => self.exchange.response(data)?,
            // RFC 4422 §5: the client's first message is asked for by an empty challenge.
            (First::Client, None) => ServerStep::Challenge(Vec::new()),
            (First::Server, None) => self.exchange.challenge()?,
            (First::Server, Some(_)) => return Err(Malformed::UnexpectedData.into()),
        };
        self.advance(step)
    }

    /// The client's response to a challenge.
    ///
    /// # Errors
    ///
    /// The login fails; with [`Failure::OutOfOrder`] if no challenge is open.
    pub fn response(&mut self, data: &[u8]) -> Result<Outcome, Failure> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::AwaitingResponse => {}
            _ => return Err(Failure::OutOfOrder),
        }
        let step = self.exchange.response(data)?;
        self.advance(step)
    }

    /// The answer to the lookup.
    ///
    /// # Errors
    ///
    /// The login fails; with [`Failure::WrongAnswer`] if nothing was asked, or something else.
    pub fn resolve(&mut self, answer: Answer) -> Result<Outcome, Failure> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::AwaitingAnswer => {
                let step = self.exchange.resolve(answer)?;
                self.advance(step)
            }
            State::Authorizing(claim) => match answer {
                Answer::Accept => Ok(self.succeed(claim)),
                Answer::Refuse(Refusal::WrongCredentials) | Answer::UnknownUser => {
                    Err(Failure::InvalidAuthzid)
                }
                Answer::Refuse(refusal) => Err(refusal.into()),
                _ => Err(Failure::WrongAnswer),
            },
            _ => Err(Failure::WrongAnswer),
        }
    }

    /// After success: what the mechanism knows of how the client proved its claim
    /// ([`HtUsed`](crate::HtUsed) for hashed tokens).
    pub fn export<T: Any>(&self) -> Option<&T> {
        match self.state {
            State::Done => self.exchange.export()?.downcast_ref(),
            _ => None,
        }
    }

    fn advance(&mut self, step: ServerStep) -> Result<Outcome, Failure> {
        match step {
            ServerStep::Challenge(data) => {
                self.state = State::AwaitingResponse;
                Ok(Outcome::Challenge(data))
            }
            ServerStep::Lookup(lookup) => {
                self.state = State::AwaitingAnswer;
                Ok(Outcome::Lookup(lookup))
            }
            ServerStep::Done(claim) if claim.authcid.is_empty() => Err(Failure::WrongCredentials),
            ServerStep::Done(claim) => match claim.authzid.clone() {
                // SAS-11: never silently dropped, always permitted by someone.
                Some(authzid) if !claim.permitted => {
                    let authcid = claim.authcid.clone();
                    self.state = State::Authorizing(claim);
                    Ok(Outcome::Lookup(Lookup::Authorize { authcid, authzid }))
                }
                _ => Ok(self.succeed(claim)),
            },
        }
    }

    fn succeed(&mut self, claim: Claim) -> Outcome {
        self.state = State::Done;
        Outcome::Success {
            identity: Identity {
                authcid: claim.authcid,
                authzid: claim.authzid,
                mechanism: self.by.info().name().clone(),
                anonymous: claim.anonymous,
            },
            data: claim.data,
        }
    }
}

impl fmt::Debug for ServerLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLogin")
            .field("mechanism", self.by.info().name())
            .field(
                "state",
                &match self.state {
                    State::Fresh => "fresh",
                    State::AwaitingResponse => "awaiting a response",
                    State::AwaitingAnswer | State::Authorizing(_) => "awaiting an answer",
                    State::Done => "done",
                    State::Failed => "failed",
                },
            )
            .finish_non_exhaustive()
    }
}
