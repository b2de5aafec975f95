//! A client's login in progress.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::LoginError;
use crate::explain::Explanation;
use crate::info::{First, MechanismInfo, MechanismName, Strength};
use crate::mechanism::{ClientExchange, ClientStep, DerivedKey, Mechanism};
use crate::pin::Pin;

/// A client's login by one mechanism, begun by [`Registry::select`](crate::Registry::select).
///
/// 1. Send [`mechanism`](Self::mechanism) with what [`initial`](Self::initial) gives. A protocol without
///    initial responses keeps it for the server's first, empty challenge.
/// 2. Answer each challenge with what [`challenge`](Self::challenge) gives. If that is a job, run it and
///    go on with [`resume`](Self::resume) (or let [`run_here`](Self::run_here) do both).
/// 3. When the server says that it succeeded, believe it only if [`success`](Self::success) does.
///
/// After an error every further call is an error. If the server refuses, drop the login and select again,
/// with the failed mechanism denied.
pub struct ClientLogin {
    /// By which mechanism.
    by: Arc<dyn Mechanism>,
    explanation: Explanation,
    exchange: Box<dyn ClientExchange>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fresh,
    Waiting,
    Deriving,
    Done,
    Failed,
}

impl ClientLogin {
    pub(crate) fn new(
        by: Arc<dyn Mechanism>,
        explanation: Explanation,
        exchange: Box<dyn ClientExchange>,
    ) -> Self {
        Self {
            by,
            explanation,
            exchange,
            state: State::Fresh,
        }
    }

    /// The mechanism's name.
    pub fn mechanism(&self) -> &MechanismName {
        self.by.info().name()
    }

    /// What the mechanism says about itself.
    pub fn info(&self) -> &MechanismInfo {
        self.by.info()
    }

    /// Why this mechanism and no other.
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }

    /// Whether the login has succeeded.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The initial response: `None` for none, which differs from an empty one.
    ///
    /// # Errors
    ///
    /// What the mechanism says; [`LoginError::OutOfOrder`] the second time.
    pub fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        self.expect(&[State::Fresh])?;
        let result = self.exchange.initial();
        self.settle(result, |_| State::Waiting)
    }

    /// Answers a challenge.
    ///
    /// # Errors
    ///
    /// What the mechanism says; [`LoginError::OutOfOrder`] before [`initial`](Self::initial), while a job
    /// runs, and after the end.
    pub fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError> {
        if self.by.info().first() == First::Server {
            self.expect(&[State::Fresh, State::Waiting])?;
        } else {
            self.expect(&[State::Waiting])?;
        }
        let result = self.exchange.challenge(data);
        self.settle(result, after)
    }

    /// Goes on with the key of the job that [`challenge`](Self::challenge) gave.
    ///
    /// # Errors
    ///
    /// What the mechanism says; [`LoginError::WrongKey`] for the key of another job, or if none was
    /// asked for.
    pub fn resume(&mut self, key: DerivedKey) -> Result<ClientStep, LoginError> {
        if self.state != State::Deriving {
            self.state = State::Failed;
            return Err(LoginError::WrongKey);
        }
        let result = self.exchange.resume(key);
        self.settle(result, after)
    }

    /// The response of `step`; jobs run on this thread until there is one.
    ///
    /// # Errors
    ///
    /// As [`resume`](Self::resume).
    pub fn run_here(&mut self, mut step: ClientStep) -> Result<Vec<u8>, LoginError> {
        loop {
            match step {
                ClientStep::Respond(response) => return Ok(response),
                ClientStep::Derive(job) => step = self.resume(job.run())?,
            }
        }
    }

    /// The server says that the login succeeded, with additional data or without. Empty data counts as
    /// none where the mechanism has none.
    ///
    /// # Errors
    ///
    /// The success is not to be believed. [`LoginError::MutualAuth`]: the server has not shown that it
    /// knows the account.
    pub fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        if self.by.info().first() == First::Server {
            self.expect(&[State::Fresh, State::Waiting])?;
        } else {
            self.expect(&[State::Waiting])?;
        }
        let result = self.exchange.success(data);
        self.settle(result, |()| State::Done)
    }

    /// After success: a credential that makes the next login cheaper, if the mechanism has one
    /// ([`ScramClientKeys`](crate::ScramClientKeys) for SCRAM).
    pub fn export<T: Any>(&self) -> Option<&T> {
        if self.state != State::Done {
            return None;
        }
        self.exchange.export()?.downcast_ref()
    }

    /// Why the server refuses, if the mechanism lets it say so before it does: OAUTHBEARER,
    /// [`LoginError::TokenRefused`]. To be asked when the server's failure has come.
    pub fn refusal(&self) -> Option<&LoginError> {
        self.exchange.refusal()
    }

    /// After success: what to keep with the account and give to [`Policy::pin`](crate::Policy::pin) next time; `None`
    /// after an anonymous login, which has no account.
    pub fn pin(&self) -> Option<Pin> {
        let strength = self.by.info().strength();
        let known = self.state == State::Done && strength > Strength::Anonymous;
        known.then(|| Pin::new(self.by.info().name(), strength))
    }

    fn expect(&mut self, states: &[State]) -> Result<(), LoginError> {
        if states.contains(&self.state) {
            return Ok(());
        }
        self.state = State::Failed;
        Err(LoginError::OutOfOrder)
    }

    fn settle<T>(
        &mut self,
        result: Result<T, LoginError>,
        next: impl FnOnce(&T) -> State,
    ) -> Result<T, LoginError> {
        self.state = result.as_ref().map_or(State::Failed, next);
        result
    }
}

fn after(step: &ClientStep) -> State {
    match step {
        ClientStep::Respond(_) => State::Waiting,
        ClientStep::Derive(_) => State::Deriving,
    }
}

impl fmt::Debug for ClientLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientLogin")
            .field("mechanism", self.by.info().name())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
