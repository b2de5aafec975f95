//! Under what circumstances a mechanism is chosen, and why it is not.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::channel::{ChannelBindingType, ChannelSecurity};
use crate::credentials::{CredentialKind, Credentials};
use crate::info::Strength;
use crate::lookup::LookupKind;
use crate::mechanisms::scram::ScramKeys;
use crate::policy::{self, Policy};
use crate::prep::{self, PrepareError};

/// The circumstances of one session: channel, policy, and what the mechanisms may want to know.
///
/// The caller makes one with what it knows; the registry adds the credentials and the offer before a
/// mechanism sees it.
#[derive(Clone, Copy, Debug)]
pub struct SelectCx<'a> {
    channel: &'a ChannelSecurity,
    policy: Option<&'a Policy>,
    server: Option<&'a ServerConfig>,
    service: &'a str,
    host: &'a str,
    port: Option<u16>,
    advertised: Option<&'a [&'a str]>,
    binding_types: Option<&'a [&'a str]>,
    binding_types_required: bool,
    peer_name: Option<&'a str>,
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) offered: &'a [&'a str],
    pub(crate) binding_usable: bool,
    pub(crate) contradiction: Option<Contradiction>,
}

/// How an offer contradicts itself about channel binding (XEP-0440 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contradiction {
    /// None of this channel's types is among the server's, nor the one that every server has (rule 6).
    ForeignTypes,
    /// Mechanisms that bind, but no types (rule 4).
    NoTypes,
    /// Types, but no mechanism that binds (rule 5).
    NoMechanism,
}

impl<'a> SelectCx<'a> {
    /// A session over `channel` under the registry's own policy.
    pub fn new(channel: &'a ChannelSecurity) -> Self {
        Self {
            channel,
            policy: None,
            server: None,
            service: "",
            host: "",
            port: None,
            advertised: None,
            binding_types: None,
            binding_types_required: false,
            peer_name: None,
            credentials: None,
            offered: &[],
            binding_usable: false,
            contradiction: None,
        }
    }

    /// A policy for this session in place of the registry's.
    #[must_use]
    pub fn with_policy(mut self, policy: &'a Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Servers: what lookups can be answered, and the rest of the server's settings. Without it no
    /// mechanism is offered that asks anything.
    #[must_use]
    pub fn with_server(mut self, server: &'a ServerConfig) -> Self {
        self.server = Some(server);
        self
    }

    /// The name that the protocol has in IANA's registry of GSS-API services (`xmpp`, `imap`), and the
    /// host that it is offered under (in XMPP the domain). Some mechanisms sign or send them.
    #[must_use]
    pub fn with_service(mut self, service: &'a str, host: &'a str) -> Self {
        self.service = service;
        self.host = host;
        self
    }

    /// The port that the client connected to.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The channel-binding types that the server advertises (XEP-0440), as they are written: what a client was told,
    /// what a server says. Leave it out where none are advertised; a client then tries any.
    #[must_use]
    pub fn with_advertised_bindings(mut self, types: &'a [&'a str]) -> Self {
        self.binding_types = Some(types);
        self
    }

    /// The mechanisms that the server advertises in the profile in use (XEP-0474).
    ///
    /// Servers: with it SCRAM signs the offer, unless [`ServerConfig::sign_offer`] says otherwise: mechanisms and types
    /// must be exactly what the client was sent, or it gives up. Clients: needed only where they choose from
    /// another list than that, as from the one of FAST (XEP-0484).
    #[must_use]
    pub fn with_advertised_mechanisms(mut self, names: &'a [&'a str]) -> Self {
        self.advertised = Some(names);
        self
    }

    /// Clients: in the protocol in use, a server with mechanisms that bind names the types, as in SASL2
    /// (XEP-0440 §3, rule 4). An offer without them was changed on its way.
    #[must_use]
    pub fn with_binding_types_required(mut self) -> Self {
        self.binding_types_required = true;
        self
    }

    /// Servers: what the peer calls itself (in XMPP between servers the `from` of the stream, in ASCII form). It proves
    /// nothing; EXTERNAL compares it with what the channel has proven.
    #[must_use]
    pub fn with_peer_name(mut self, name: &'a str) -> Self {
        self.peer_name = Some(name);
        self
    }

    /// The channel.
    pub fn channel(&self) -> &'a ChannelSecurity {
        self.channel
    }

    /// The policy in force.
    pub fn policy(&self) -> &'a Policy {
        self.policy.unwrap_or(&policy::DEFAULT)
    }

    /// The server's settings.
    pub fn server(&self) -> Option<&'a ServerConfig> {
        self.server
    }

    /// The service's name; empty if it was not said.
    pub fn service(&self) -> &'a str {
        self.service
    }

    /// The host; empty if it was not said.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The port that the client connected to, if it was said.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// What the peer calls itself, if it was said.
    pub fn peer_name(&self) -> Option<&'a str> {
        self.peer_name
    }

    /// The credentials in hand; `None` on a server.
    pub fn credentials(&self) -> Option<&'a Credentials> {
        self.credentials
    }

    /// What the server offers, in its order: to a client what it was told, to a server what it says.
    pub fn offered(&self) -> &'a [&'a str] {
        self.offered
    }

    /// Clients: whether a mechanism with channel binding could be used here if the server offered it.
    pub fn binding_usable(&self) -> bool {
        self.binding_usable
    }

    /// The channel-binding types that the server advertises, if it does.
    pub fn advertised_bindings(&self) -> Option<&'a [&'a str]> {
        self.binding_types
    }

    /// The mechanisms that the server advertises, if that was said.
    pub fn advertised_mechanisms(&self) -> Option<&'a [&'a str]> {
        self.advertised
    }

    /// The binding data to use: of the strongest type that the channel has and the server, as far as known, can do.
    pub fn binding(&self) -> Option<&'a crate::ChannelBinding> {
        self.channel.bindings().iter().find(|binding| {
            self.binding_types
                .is_none_or(|types| types.contains(&binding.kind().as_str()))
        })
    }

    /// The whole offer, of which a client may be choosing from a part.
    pub(crate) fn whole_offer(&self) -> &'a [&'a str] {
        self.advertised.unwrap_or(self.offered)
    }

    /// Clients: what the offer says about channel binding that no server would (CB-3, CB-4).
    ///
    /// `binds`: whether the offer has a mechanism that binds.
    pub(crate) fn find_contradiction(&self, binds: bool) -> Option<Contradiction> {
        if self.channel.bindings().is_empty() {
            return None;
        }
        let every_server_has = ChannelBindingType::TlsServerEndPoint.as_str();
        match self.binding_types {
            None if binds && self.binding_types_required => Some(Contradiction::NoTypes),
            Some(_) if !binds => Some(Contradiction::NoMechanism),
            Some(types) if self.binding().is_none() && !types.contains(&every_server_has) => {
                Some(Contradiction::ForeignTypes)
            }
            _ => None,
        }
    }

    pub(crate) fn or_policy(mut self, policy: &'a Policy) -> Self {
        self.policy.get_or_insert(policy);
        self
    }
}

/// What a server can do for its mechanisms.
///
/// ```
/// use xmpp_sasl::{LookupKind, ServerConfig};
///
/// let secret = [7; 32]; // kept with the accounts, from a generator of random numbers
/// let config = ServerConfig::new(secret)
///     .answers([LookupKind::PASSWORD, LookupKind::SCRAM_SHA_256]);
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct ServerConfig {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    secret: Option<Zeroizing<[u8; 32]>>,
    iterations: u32,
    salt_length: usize,
    lookups: Vec<LookupKind>,
    sign_offer: bool,
    prepare_username: Option<PrepareUsername>,
}

type PrepareUsername = fn(&str) -> Option<String>;

impl ServerConfig {
    /// A server that can answer nothing yet.
    ///
    /// From `secret` come the salts of users that do not exist. It must be random, and stay the same as
    /// long as the accounts do: an unknown user whose salt changes is one that is seen to be unknown.
    pub fn new(secret: [u8; 32]) -> Self {
        Self::with_secret(Some(Zeroizing::new(secret)))
    }

    /// A server without accounts that can answer nothing yet: anonymous logins, or custom mechanisms.
    ///
    /// It has no secret, and so nothing to hide unknown users with: PLAIN and SCRAM are not offered, whatever
    /// it [`answers`](Self::answers). Who has passwords or keys to check begins with [`ServerConfig::new`].
    pub fn without_secret() -> Self {
        Self::with_secret(None)
    }

    fn with_secret(secret: Option<Zeroizing<[u8; 32]>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                secret,
                iterations: 4_096,
                salt_length: 16,
                lookups: Vec::new(),
                sign_offer: true,
                prepare_username: None,
            }),
        }
    }

    /// Adds kinds of lookups that the caller can answer. Mechanisms that ask anything else are not
    /// offered: ANONYMOUS, for instance, only where [`LookupKind::ANONYMOUS`] is said.
    #[must_use]
    pub fn answers(mut self, kinds: impl IntoIterator<Item = LookupKind>) -> Self {
        Arc::make_mut(&mut self.inner).lookups.extend(kinds);
        self
    }

    /// The iteration count and the number of bytes of salt shown for users that do not exist. They must
    /// be those of the stored keys, or they tell who exists. 4,096 and 16 unless it is said here; at
    /// least one and at most [`ScramKeys::MAX_ITERATIONS`] and 32 bytes.
    #[must_use]
    pub fn with_stored_form(mut self, iterations: u32, salt_length: usize) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.iterations = iterations.clamp(1, ScramKeys::MAX_ITERATIONS);
        inner.salt_length = salt_length.clamp(1, 32);
        self
    }

    /// Whether SCRAM signs what the server advertises (XEP-0474, XEP-0515), where the circumstances of a session say
    /// what that is: [`SelectCx::with_advertised_mechanisms`]. It does unless it is said here.
    #[must_use]
    pub fn sign_offer(mut self, sign: bool) -> Self {
        Arc::make_mut(&mut self.inner).sign_offer = sign;
        self
    }

    /// How user names are brought to the form in which the protocol compares them, after SASLprep: in XMPP that of
    /// localparts (RFC 7622 §3.3, which is `UsernameCaseMapped` of RFC 8265 with exceptions). `None` of the function
    /// means that no account can have the name; it is then looked up as it is.
    ///
    /// Lookups, [`Identity::authcid`](crate::Identity::authcid) and the salts of users that do not exist come from this
    /// form. Without it a server whose accounts are `alice` to those who write `Alice` shows who exists: both have one salt,
    /// while `Nobody` and `nobody` have two.
    ///
    /// ```
    /// use xmpp_sasl::ServerConfig;
    ///
    /// let config = ServerConfig::new([7; 32])
    ///     .with_username_preparation(|name| Some(name.to_lowercase()));
    /// # let _ = config;
    /// ```
    #[must_use]
    pub fn with_username_preparation(mut self, prepare: fn(&str) -> Option<String>) -> Self {
        Arc::make_mut(&mut self.inner).prepare_username = Some(prepare);
        self
    }

    /// Whether user names are prepared in a way of the protocol's.
    pub fn prepares_usernames(&self) -> bool {
        self.inner.prepare_username.is_some()
    }

    /// The user name of a client's message: SASLprep, then what the protocol adds.
    pub(crate) fn username<'n>(&self, name: &'n str) -> Result<Cow<'n, str>, PrepareError> {
        let name = prep::name(name)?;
        let compared = self
            .inner
            .prepare_username
            .and_then(|prepare| prepare(&name));
        Ok(compared
            .filter(|name| !name.is_empty())
            .map_or(name, Cow::Owned))
    }

    pub(crate) fn signs_offer(&self) -> bool {
        self.inner.sign_offer
    }

    /// Whether the caller can answer lookups of `kind`.
    pub fn can_answer(&self, kind: &LookupKind) -> bool {
        self.inner.lookups.contains(kind)
    }

    /// The iteration count shown for users that do not exist.
    pub fn iterations(&self) -> u32 {
        self.inner.iterations
    }

    /// The number of bytes of salt shown for users that do not exist.
    pub fn salt_length(&self) -> usize {
        self.inner.salt_length
    }

    /// The secret, of a server that has one.
    pub(crate) fn secret(&self) -> Option<&[u8; 32]> {
        self.inner.secret.as_deref()
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("answers", &self.inner.lookups)
            .field("iterations", &self.inner.iterations)
            .finish_non_exhaustive()
    }
}

/// Why a mechanism is no candidate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// It has no code for this side.
    #[error("not implemented for this side")]
    Side,
    /// The other side does not offer it.
    #[error("the server does not offer it")]
    NotOffered,
    /// It is on the deny-list.
    #[error("denied by policy")]
    Denied,
    /// It is not on the allow-list.
    #[error("not on the allow-list")]
    NotAllowed,
    /// It gives away the password, and the policy does not name it.
    #[error("it gives away the password, and policy has not opted in")]
    NotOptedIn,
    /// It is weaker than the policy's minimum.
    #[error("its strength is {strength}, policy requires {minimum}")]
    TooWeak {
        /// What it withstands.
        strength: Strength,
        /// What it should.
        minimum: Strength,
    },
    /// The server proves nothing in it, and policy requires that.
    #[error("the server does not authenticate itself in it, and policy requires that")]
    NotMutual,
    /// The server cannot sign its offer in it, and policy requires that.
    #[error("the server cannot sign its offer in it, and policy requires that")]
    UnsignedOffer,
    /// It is weaker than what this account used before.
    #[error("weaker than {pinned}, which was used before")]
    Pinned {
        /// What was used before.
        pinned: String,
    },
    /// None of the credentials that it works with is in hand.
    #[error("no credential in hand that it works with (it uses {})", Names(.needs))]
    Credentials {
        /// Those it works with.
        needs: Vec<CredentialKind>,
    },
    /// The channel is not confidential.
    #[error("the channel is not confidential")]
    NotConfidential,
    /// The channel has no binding data that the other side can do.
    #[error("no channel-binding data")]
    NoChannelBinding,
    /// The only binding data is `tls-unique`, which is not defined for TLS 1.3: the channel has that version, or
    /// nobody has said which one ([`TlsChannel::with_version`](crate::TlsChannel::with_version)).
    #[error("tls-unique is for TLS 1.2 and older, which this channel was not said to be")]
    TlsUnique,
    /// The channel has binding data, but the offer contradicts itself about it: mechanisms that bind without types,
    /// types without such mechanisms, or types of which the server cannot have only these. A login without channel
    /// binding is what someone in between waits for (CB-3, CB-4).
    #[error("the server's offer of channel binding contradicts itself")]
    ChannelBindingHidden,
    /// The channel has not proven who the peer is, or not by a name that this mechanism works with.
    #[error("the channel has proven no name of the peer")]
    UnknownPeer,
    /// The caller has not said which service this is ([`SelectCx::with_service`]).
    #[error("the service and its host are not known")]
    NoService,
    /// The server has accounts to look up, but no secret that hides unknown users
    /// ([`ServerConfig::without_secret`]).
    #[error("the server has no secret to hide unknown users with")]
    NoSecret,
    /// The server's caller cannot answer what it asks.
    #[error("nobody answers its lookups of the kind {}", .0.as_str())]
    Lookup(LookupKind),
    /// The reason of a custom mechanism.
    #[error("{0}")]
    Other(String),
}

struct Names<'a>(&'a [CredentialKind]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, kind) in self.0.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { " or " }, kind.name())?;
        }
        Ok(())
    }
}
