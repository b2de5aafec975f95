//! The traits behind every mechanism, built in or not.

use std::any::Any;
use std::fmt;

use crate::error::{Failure, LoginError};
use crate::info::MechanismInfo;
use crate::lookup::{Answer, Lookup};
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

/// A mechanism: what it is, and how to begin an exchange on either side.
///
/// The registry has checked everything that [`info`](Self::info) says — credentials, channel, policy —
/// before it calls anything else. Randomness is drawn when an exchange begins. For a simple mechanism,
/// [`ClientMechanism::from_fn`](crate::ClientMechanism::from_fn) and
/// [`ServerMechanism::from_fn`](crate::ServerMechanism::from_fn) are shorter.
pub trait Mechanism: Send + Sync {
    /// Name, priority, needs.
    fn info(&self) -> &MechanismInfo;

    /// What else must hold for this mechanism to be a candidate.
    ///
    /// # Errors
    ///
    /// The reason why it is none; [`Registry::explain`](crate::Registry::explain) shows it.
    fn available(&self, cx: &SelectCx<'_>) -> Result<(), Unavailable> {
        let _ = cx;
        Ok(())
    }

    /// Begins an exchange on the client's side.
    ///
    /// # Errors
    ///
    /// The reason why it cannot; the registry then tries the next candidate.
    fn client(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        let _ = (cx, random);
        Err(Unavailable::Side)
    }

    /// Begins an exchange on the server's side.
    ///
    /// # Errors
    ///
    /// The reason why it cannot; the client is told `invalid-mechanism`.
    fn server(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let _ = (cx, random);
        Err(Unavailable::Side)
    }
}

/// The client's side of one exchange.
///
/// [`ClientLogin`](crate::ClientLogin) drives it: it calls [`initial`](Self::initial) first and once,
/// nothing after an error, and nothing after [`success`](Self::success).
pub trait ClientExchange: Send {
    /// The initial response; `None` where there is none, which differs from an empty one.
    ///
    /// # Errors
    ///
    /// The login ends with it.
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        Ok(None)
    }

    /// Answers a challenge.
    ///
    /// # Errors
    ///
    /// The login ends with it.
    fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError>;

    /// Goes on with the key that a [`ClientStep::Derive`] asked for.
    ///
    /// # Errors
    ///
    /// The login ends with it.
    fn resume(&mut self, key: DerivedKey) -> Result<ClientStep, LoginError> {
        let _ = key;
        Err(LoginError::WrongKey)
    }

    /// The server says that the login succeeded, perhaps with data. It is believed only if this returns
    /// `Ok`: a mechanism that authenticates the server checks here that it has (SAS-5).
    ///
    /// # Errors
    ///
    /// The login ends with it.
    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError>;

    /// After success: something that makes the next login cheaper.
    fn export(&self) -> Option<&(dyn Any + Send)> {
        None
    }

    /// Why the server will refuse, where the mechanism lets it say so before it does.
    fn refusal(&self) -> Option<&LoginError> {
        None
    }
}

/// What a client does next.
#[derive(Debug)]
#[must_use]
pub enum ClientStep {
    /// Send this response; it may be empty.
    Respond(Vec<u8>),
    /// Run this job, wherever it suits, and come back with its key.
    Derive(DeriveJob),
}

/// Work that takes long: PBKDF2, from a millisecond to half a second. It may run on another thread.
///
/// ```
/// # fn f(login: &mut xmpp_sasl::ClientLogin, challenge: &[u8]) -> Result<(), xmpp_sasl::LoginError> {
/// use xmpp_sasl::ClientStep;
///
/// if let ClientStep::Derive(job) = login.challenge(challenge)? {
///     let key = std::thread::spawn(|| job.run()).join().expect("the job does not panic");
///     let step = login.resume(key)?;
/// #   let _ = step;
/// }
/// # Ok(()) }
/// ```
#[must_use]
pub struct DeriveJob(Box<dyn FnOnce() -> DerivedKey + Send>);

impl DeriveJob {
    /// A job of a mechanism. What `work` returns comes back by
    /// [`ClientExchange::resume`].
    pub fn new<T: Any + Send>(work: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Box::new(move || DerivedKey(Box::new(work()))))
    }

    /// Does the work, on this thread.
    pub fn run(self) -> DerivedKey {
        (self.0)()
    }
}

impl fmt::Debug for DeriveJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeriveJob").finish_non_exhaustive()
    }
}

/// What a [`DeriveJob`] gives.
#[must_use]
pub struct DerivedKey(Box<dyn Any + Send>);

impl DerivedKey {
    /// The value, if it is a `T`.
    pub fn into<T: Any>(self) -> Option<T> {
        self.0.downcast().ok().map(|value| *value)
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DerivedKey").finish_non_exhaustive()
    }
}

/// The server's side of one exchange.
///
/// [`ServerLogin`](crate::ServerLogin) drives it: nothing is called after an error or after
/// [`ServerStep::Done`]; [`resolve`](Self::resolve) only after [`ServerStep::Lookup`], once.
pub trait ServerExchange: Send {
    /// The first message, where the server speaks first.
    ///
    /// # Errors
    ///
    /// The login fails with it.
    fn challenge(&mut self) -> Result<ServerStep, Failure> {
        Ok(ServerStep::Challenge(Vec::new()))
    }

    /// The client's next message; the initial response where the client speaks first.
    ///
    /// # Errors
    ///
    /// The login fails with it.
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure>;

    /// The answer to the lookup.
    ///
    /// # Errors
    ///
    /// The login fails with it; [`Failure::WrongAnswer`] if the answer does not fit.
    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        let _ = answer;
        Err(Failure::WrongAnswer)
    }

    /// After success: what the server may want to know of how the client proved its claim.
    fn export(&self) -> Option<&(dyn Any + Send)> {
        None
    }
}

/// What a server's mechanism wants next.
#[derive(Debug)]
pub enum ServerStep {
    /// Send this challenge; it may be empty.
    Challenge(Vec<u8>),
    /// Ask this.
    Lookup(Lookup),
    /// The client has proven its claim.
    Done(Claim),
}

/// Who a client has proven to be, as its mechanism says. Only
/// [`ServerLogin`](crate::ServerLogin) turns it into an [`Identity`](crate::Identity).
#[derive(Clone, Debug)]
pub struct Claim {
    pub(crate) authcid: String,
    pub(crate) authzid: Option<String>,
    pub(crate) data: Option<Vec<u8>>,
    pub(crate) anonymous: bool,
    /// The caller has permitted the authorization identity already.
    pub(crate) permitted: bool,
}

impl Claim {
    /// The client is `authcid`.
    pub fn new(authcid: impl Into<String>) -> Self {
        Self {
            authcid: authcid.into(),
            authzid: None,
            data: None,
            anonymous: false,
            permitted: false,
        }
    }

    /// It wants to act as `authzid`; an empty one counts as left out.
    #[must_use]
    pub fn with_authzid(mut self, authzid: Option<String>) -> Self {
        self.authzid = authzid.filter(|authzid| !authzid.is_empty());
        self
    }

    /// The exchange has asked for the authorization identity itself.
    #[must_use]
    pub(crate) fn already_permitted(mut self) -> Self {
        self.permitted = true;
        self
    }

    /// The success carries `data`.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Nobody in particular: the name was granted, not proven.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }
}
