//! The short way to a mechanism of one's own: a description and a function.

use std::any::Any;
use std::fmt;

use crate::channel::ChannelSecurity;
use crate::credentials::Credentials;
use crate::error::{Failure, LoginError};
use crate::info::{MechanismInfo, Side};
use crate::lookup::Answer;
use crate::mechanism::{ClientExchange, ClientStep, Mechanism, ServerExchange, ServerStep};
use crate::mechanisms::scram::nonce;
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

const NONCE_CHARS: usize = 32;

/// A client's mechanism made of one function.
///
/// The function is called for each message and answers with what to send. It is cloned for each login, so
/// that what it remembers in variables of its own begins anew.
///
/// SASL-FOO sends the user name and the password, each encrypted with ROT13 — twice, to be safe:
///
/// ```
/// use xmpp_sasl::*;
///
/// fn rot13(text: &str) -> String {
///     let turn = |c: char, a: u8| char::from((c as u8 - a + 13) % 26 + a);
///     text.chars()
///         .map(|c| match c {
///             'a'..='z' => turn(c, b'a'),
///             'A'..='Z' => turn(c, b'A'),
///             _ => c,
///         })
///         .collect()
/// }
///
/// let foo = ClientMechanism::from_fn(
///     MechanismInfo::new("SASL-FOO").with_priority(5).uses::<Password>(),
///     |input, cx| match input {
///         ClientInput::Initial => {
///             let user = cx.credential::<Password>()?;
///             let secret = rot13(&rot13(user.password()));
///             Ok(Some(format!("{}:{secret}", user.authcid()).into_bytes()))
///         }
///         ClientInput::Challenge(_) | ClientInput::Success(_) => Ok(None),
///     },
/// );
///
/// let registry = Registry::new().with(foo);
/// let tls = ChannelSecurity::tls();
/// let credentials = Credentials::password("marvin", "Earthlings");
/// # struct Zero;
/// # impl Random for Zero { fn fill(&mut self, dest: &mut [u8]) { dest.fill(0) } }
/// # let mut random = Zero;
/// let mut login =
///     registry.select(&["SASL-FOO"], &credentials, &SelectCx::new(&tls), &mut random)?;
/// assert_eq!(login.initial()?.unwrap(), b"marvin:Earthlings");
/// login.success(None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ClientMechanism<F> {
    info: MechanismInfo,
    function: F,
}

/// What the function of a [`ClientMechanism`] answers.
#[derive(Clone, Copy, Debug)]
pub enum ClientInput<'a> {
    /// What is the initial response? `None` is none.
    Initial,
    /// What is the response to this challenge? `None` is an empty one.
    Challenge(&'a [u8]),
    /// The server says that the login succeeded: an error if that cannot be. What is returned otherwise is
    /// not sent.
    Success(Option<&'a [u8]>),
}

impl<F> ClientMechanism<F>
where
    F: FnMut(ClientInput<'_>, &ClientCx) -> Result<Option<Vec<u8>>, LoginError>
        + Clone
        + Send
        + Sync
        + 'static,
{
    /// The mechanism described by `info`, done by `function`.
    pub fn from_fn(info: MechanismInfo, function: F) -> Self {
        Self {
            info: info.only(Side::Client),
            function,
        }
    }
}

impl<F> Mechanism for ClientMechanism<F>
where
    F: FnMut(ClientInput<'_>, &ClientCx) -> Result<Option<Vec<u8>>, LoginError>
        + Clone
        + Send
        + Sync
        + 'static,
{
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        let cx = ClientCx {
            credentials: cx.credentials().cloned().unwrap_or_default(),
            surroundings: Surroundings::new(cx, random),
        };
        Ok(Box::new(Client {
            function: self.function.clone(),
            cx,
        }))
    }
}

impl<F> fmt::Debug for ClientMechanism<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientMechanism").field(&self.info).finish()
    }
}

/// What the function of a [`ClientMechanism`] may know.
#[derive(Clone, Debug)]
pub struct ClientCx {
    credentials: Credentials,
    surroundings: Surroundings,
}

impl ClientCx {
    /// The credential of type `T`.
    ///
    /// # Errors
    ///
    /// [`LoginError::NoCredential`] if it is not in hand.
    pub fn credential<T: Any>(&self) -> Result<&T, LoginError> {
        self.credentials.get().ok_or(LoginError::NoCredential)
    }

    /// Everything in hand.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The channel.
    pub fn channel(&self) -> &ChannelSecurity {
        &self.surroundings.channel
    }

    /// The host (in XMPP the domain); empty if it was not said.
    pub fn host(&self) -> &str {
        &self.surroundings.host
    }

    /// 32 random printable characters without `,`: the same ones during one login, others in the next.
    pub fn nonce(&self) -> &str {
        &self.surroundings.nonce
    }
}

#[derive(Clone, Debug)]
struct Surroundings {
    channel: ChannelSecurity,
    host: String,
    nonce: String,
}

impl Surroundings {
    fn new(cx: &SelectCx<'_>, random: &mut dyn Random) -> Self {
        Self {
            channel: cx.channel().clone(),
            host: cx.host().to_owned(),
            nonce: nonce(NONCE_CHARS, random),
        }
    }
}

struct Client<F> {
    function: F,
    cx: ClientCx,
}

impl<F> ClientExchange for Client<F>
where
    F: FnMut(ClientInput<'_>, &ClientCx) -> Result<Option<Vec<u8>>, LoginError> + Send,
{
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        (self.function)(ClientInput::Initial, &self.cx)
    }

    fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError> {
        let response = (self.function)(ClientInput::Challenge(data), &self.cx)?;
        Ok(ClientStep::Respond(response.unwrap_or_default()))
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        (self.function)(ClientInput::Success(data), &self.cx).map(drop)
    }
}

/// A server's mechanism made of one function.
///
/// The function is called for each message and each answer. It is cloned for each login, so that what it
/// remembers in variables of its own begins anew.
///
/// ```
/// use xmpp_sasl::*;
///
/// // The client shows a number that the caller knows.
/// struct Number(u64);
/// let number = ServerMechanism::from_fn(
///     MechanismInfo::new("X-NUMBER").asks(LookupKind::custom("number")),
///     |input, _| match input {
///         ServerInput::Response(data) => {
///             let text = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
///             let number = text.parse().map_err(|_| Failure::WrongCredentials)?;
///             Ok(ServerStep::Lookup(Lookup::Custom(CustomValue::new(Number(number)))))
///         }
///         ServerInput::Answer(Answer::Grant { authcid }) => {
///             Ok(ServerStep::Done(Claim::new(authcid)))
///         }
///         _ => Err(Failure::WrongCredentials),
///     },
/// );
///
/// let registry = Registry::new().with(number);
/// let config = ServerConfig::new([7; 32]).answers([LookupKind::custom("number")]);
/// let tls = ChannelSecurity::tls();
/// let cx = SelectCx::new(&tls).with_server(&config);
/// # struct Zero;
/// # impl Random for Zero { fn fill(&mut self, dest: &mut [u8]) { dest.fill(0) } }
/// # let mut random = Zero;
/// let mut login = registry.begin("X-NUMBER", &cx, &mut random)?;
/// let Outcome::Lookup(Lookup::Custom(question)) = login.start(Some(b"42"))? else { panic!() };
/// assert_eq!(question.get::<Number>().unwrap().0, 42);
/// let answer = Answer::Grant { authcid: "marvin".to_owned() };
/// let Outcome::Success { identity, .. } = login.resolve(answer)? else { panic!() };
/// assert_eq!(identity.authcid(), "marvin");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone)]
pub struct ServerMechanism<F> {
    info: MechanismInfo,
    function: F,
}

/// What the function of a [`ServerMechanism`] acts on.
#[derive(Debug)]
pub enum ServerInput<'a> {
    /// The server speaks first: what does it say? Asked only after
    /// [`MechanismInfo::server_first`].
    Start,
    /// The client's next message.
    Response(&'a [u8]),
    /// The answer to the lookup.
    Answer(Answer),
}

impl<F> ServerMechanism<F>
where
    F: FnMut(ServerInput<'_>, &ServerCx) -> Result<ServerStep, Failure>
        + Clone
        + Send
        + Sync
        + 'static,
{
    /// The mechanism described by `info`, done by `function`.
    pub fn from_fn(info: MechanismInfo, function: F) -> Self {
        Self {
            info: info.only(Side::Server),
            function,
        }
    }
}

impl<F> Mechanism for ServerMechanism<F>
where
    F: FnMut(ServerInput<'_>, &ServerCx) -> Result<ServerStep, Failure>
        + Clone
        + Send
        + Sync
        + 'static,
{
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn server(
        &self,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let cx = ServerCx {
            surroundings: Surroundings::new(cx, random),
        };
        Ok(Box::new(Server {
            function: self.function.clone(),
            cx,
        }))
    }
}

impl<F> fmt::Debug for ServerMechanism<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerMechanism").field(&self.info).finish()
    }
}

/// What the function of a [`ServerMechanism`] may know.
#[derive(Clone, Debug)]
pub struct ServerCx {
    surroundings: Surroundings,
}

impl ServerCx {
    /// The channel.
    pub fn channel(&self) -> &ChannelSecurity {
        &self.surroundings.channel
    }

    /// The host (in XMPP the domain); empty if it was not said.
    pub fn host(&self) -> &str {
        &self.surroundings.host
    }

    /// 32 random printable characters without `,`: the same ones during one login, others in the next.
    pub fn nonce(&self) -> &str {
        &self.surroundings.nonce
    }
}

struct Server<F> {
    function: F,
    cx: ServerCx,
}

impl<F> ServerExchange for Server<F>
where
    F: FnMut(ServerInput<'_>, &ServerCx) -> Result<ServerStep, Failure> + Send,
{
    fn challenge(&mut self) -> Result<ServerStep, Failure> {
        (self.function)(ServerInput::Start, &self.cx)
    }

    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        (self.function)(ServerInput::Response(data), &self.cx)
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        (self.function)(ServerInput::Answer(answer), &self.cx)
    }
}
