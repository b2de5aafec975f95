//! SASL ([RFC 4422]) for clients and servers, without I/O.
//!
//! SASL is how a client and a server of almost any protocol — XMPP, IMAP, SMTP, LDAP, message brokers —
//! agree on who is who: the server offers *mechanisms*, the client picks one, and the two exchange opaque
//! messages until one of them is satisfied. This crate knows the mechanisms and chooses among them. It knows no
//! protocol: names and messages go in and come out as they are, and how they travel (base64 or not, how an
//! empty message is written) is the caller's.
//!
//! It opens no socket, starts no thread, reads no clock and takes its random numbers from a [`Random`] that
//! the caller gives. Nothing blocks: where a server needs an account's data it asks by a [`Lookup`] and
//! waits, and where a client must run PBKDF2 it hands out a [`DeriveJob`].
//!
//! | mechanism | client | server | needs |
//! |---|---|---|---|
//! | SCRAM-SHA-512-PLUS, -256-PLUS, -1-PLUS | ✓ | ✓ | channel-binding data |
//! | SCRAM-SHA-512, -256, -1 | ✓ | ✓ | |
//! | PLAIN | ✓ | ✓ | a confidential channel; a client's policy must name it |
//! | EXTERNAL | ✓ | ✓ | a peer whom the channel has named: by a certificate (feature `x509`) or otherwise |
//! | DIGEST-MD5 | ✓ | ✓ | the feature `digest-md5`; a confidential channel; a client's policy must name it |
//! | ANONYMOUS | ✓ | ✓ | |
//! | HT-SHA-256-EXPR, -UNIQ, -ENDP, -NONE | ✓ | ✓ | a confidential channel; a token that the server has issued ([`FastRecord`]); binding data, but for -NONE |
//! | OAUTHBEARER, X-OAUTH2 | ✓ | ✓ | a confidential channel; a [`BearerToken`] |
//! | hashed tokens over another hash | ✓ | ✓ | a few lines: [`HtHash`] |
//! | SCRAM over another hash | ✓ | ✓ | a few lines: [`ScramHash`] |
//! | your own | ✓ | ✓ | a function ([`ClientMechanism`], [`ServerMechanism`]) or the trait [`Mechanism`] |
//!
//! With the feature `tokens` the module `tokens` has bearer tokens that a site signs and a server verifies, so that
//! the users of a site log in without an account here.
//!
//! # A client
//!
//! 1. Make a [`Registry`], once. Say what you have in hand ([`Credentials`]), how the channel is protected
//!    ([`ChannelSecurity`]) and, if the defaults are not enough, a [`Policy`].
//! 2. [`Registry::select`] takes the server's offer and begins a [`ClientLogin`] — or explains why it cannot.
//! 3. [`ClientLogin::initial`], then [`ClientLogin::challenge`] for each challenge, running the job if there is
//!    one, then [`ClientLogin::success`]. A success that this refuses is none.
//!
//! ```
//! use xmpp_sasl::{ChannelSecurity, ClientStep, Credentials, Registry, SelectCx};
//! # use xmpp_sasl::Random;
//! # struct Vector;
//! # impl Random for Vector {
//! #     fn fill(&mut self, dest: &mut [u8]) { dest.copy_from_slice(b"rOprNGfwEbeRWgbNEkqO%hvY") }
//! # }
//! # let mut random = Vector;
//!
//! let registry = Registry::default();
//! let credentials = Credentials::password("user", "pencil");
//! let channel = ChannelSecurity::tls();
//! let cx = SelectCx::new(&channel);
//!
//! let offered = ["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"];
//! let mut login = registry.select(&offered, &credentials, &cx, &mut random)?;
//! assert_eq!(login.mechanism(), &"SCRAM-SHA-256");
//! assert_eq!(login.initial()?.unwrap(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO%hvY");
//!
//! let challenge = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAf,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
//! let response = match login.challenge(challenge)? {
//!     ClientStep::Respond(response) => response,
//!     // PBKDF2: here, or on another thread.
//!     ClientStep::Derive(job) => {
//!         let key = job.run();
//!         let step = login.resume(key)?;
//!         login.run_here(step)?
//!     }
//! };
//! assert!(response.starts_with(b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAf,p="));
//!
//! // "Welcome!", says the server, and shows nothing that proves that it knows the account.
//! assert!(login.success(None).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A server
//!
//! 1. Make a [`Registry`] and a [`ServerConfig`] that says which [`LookupKind`]s you can answer, once.
//! 2. Send [`Registry::offered`].
//! 3. When the client names a mechanism, [`Registry::begin`], then [`ServerLogin::start`] with the initial
//!    response if it came. Do what each [`Outcome`] says: [`ServerLogin::response`],
//!    [`ServerLogin::resolve`], until there is an [`Identity`] — or a [`Failure`], whose
//!    [`condition`](Failure::condition) is what the client may know.
//!
//! ```
//! use xmpp_sasl::{
//!     Answer, ChannelSecurity, Lookup, LookupKind, Outcome, Registry, ScramKeys, ScramSha256,
//!     SelectCx, ServerConfig,
//! };
//! # use xmpp_sasl::Random;
//! # struct Zero;
//! # impl Random for Zero { fn fill(&mut self, dest: &mut [u8]) { dest.fill(0) } }
//! # let mut random = Zero;
//!
//! // Stored when juliet chose her password.
//! let stored = ScramKeys::generate::<ScramSha256>("r0m30myr0m30", 10_000, &mut random)?;
//!
//! let registry = Registry::default();
//! let config = ServerConfig::new([7; 32]) // random, and the same as long as the accounts live
//!     .answers([LookupKind::PASSWORD, LookupKind::SCRAM_SHA_256])
//!     .with_stored_form(10_000, 16);
//! let channel = ChannelSecurity::tls();
//! let cx = SelectCx::new(&channel).with_server(&config);
//! assert_eq!(registry.offered(&cx), ["SCRAM-SHA-256", "PLAIN"]);
//!
//! let mut login = registry.begin("PLAIN", &cx, &mut random)?;
//! let mut outcome = login.start(Some(b"\0juliet\0r0m30myr0m30"))?;
//! let identity = loop {
//!     outcome = match outcome {
//!         Outcome::Lookup(Lookup::Password(check)) => {
//!             // From a database; `None` for a user that does not exist.
//!             let found = (check.authcid() == "juliet").then_some(&stored);
//!             login.resolve(check.against::<ScramSha256>(found))?
//!         }
//!         Outcome::Lookup(Lookup::ScramKeys { authcid, .. }) if authcid == "juliet" => {
//!             login.resolve(Answer::ScramKeys(stored.clone()))?
//!         }
//!         Outcome::Lookup(_) => login.resolve(Answer::UnknownUser)?,
//!         // Send it, and go on with what comes back. (PLAIN has none.)
//!         Outcome::Challenge(_) => login.response(b"the client's next message")?,
//!         Outcome::Success { identity, data: _ } => break identity,
//!     }
//! };
//! assert_eq!(identity.authcid(), "juliet");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # By certificate, or by whatever else the channel has proven
//!
//! Who the peer is may be known before SASL begins: from the certificate that the TLS library has verified, from the
//! credentials of a Unix socket. The caller says so by a [`Peer`] in its [`ChannelSecurity`], and the server offers
//! EXTERNAL; the client has [`Credentials::external`] in hand. With the feature `x509`, `Certificate` reads the names in
//! a certificate, and the hash that binds a channel to the server's.
//!
//! ```
//! use xmpp_sasl::{
//!     Answer, ChannelSecurity, Lookup, LookupKind, Outcome, Peer, Registry, SelectCx, ServerConfig,
//!     TlsChannel,
//! };
//! # use xmpp_sasl::Random;
//! # struct Zero;
//! # impl Random for Zero { fn fill(&mut self, dest: &mut [u8]) { dest.fill(0) } }
//! # let mut random = Zero;
//!
//! let juliet = Peer::new().with_account("juliet@example.org");
//! let channel = ChannelSecurity::Tls(TlsChannel::new().with_verified_peer(juliet));
//! let config = ServerConfig::without_secret().answers([LookupKind::EXTERNAL]);
//! let cx = SelectCx::new(&channel).with_server(&config);
//!
//! let mut login = Registry::default().begin("EXTERNAL", &cx, &mut random)?;
//! let mut outcome = login.start(Some(b""))?;
//! if let Outcome::Lookup(Lookup::External { name }) = &outcome {
//!     // Is there such an account, and may it log in? The answer cannot name another.
//!     assert_eq!(name, "juliet@example.org");
//!     outcome = login.resolve(Answer::Accept)?;
//! }
//! assert!(matches!(outcome, Outcome::Success { identity, .. } if identity.authcid() == "juliet@example.org"));
//! # Ok::<(), xmpp_sasl::Failure>(())
//! ```
//!
//! # A mechanism of one's own
//!
//! [`ClientMechanism::from_fn`] and [`ServerMechanism::from_fn`] make one of a description and a function;
//! their pages have an example each. What the description says — which credentials, which channel, how
//! strong — is checked before any of its code runs, and its claims become an [`Identity`] only through a
//! [`ServerLogin`].
//!
//! # What holds always
//!
//! - A mechanism is a candidate only when the credentials in hand, the channel's security and the allow-list
//!   permit it. [`Registry::explain`] says why each was or was not chosen.
//! - Any order of calls is legal. After an error every further call is an error, and nothing panics.
//! - `None` and empty differ wherever SASL lets them.
//! - Secrets do not print, and are zeroed when they are dropped. They are compared in constant time.
//! - Every login can be moved to another thread.
//!
//! [RFC 4422]: https://www.rfc-editor.org/rfc/rfc4422
#![forbid(unsafe_code)]
#![allow(
    clippy::similar_names,
    reason = "authcid and authzid are the names of RFC 4422"
)]

pub mod base64;
#[cfg(feature = "tokens")]
pub mod tokens;

mod bearer;
mod channel;
mod client;
mod credentials;
mod error;
mod explain;
mod fast;
mod from_fn;
mod info;
mod lookup;
mod mechanism;
mod mechanisms;
mod peer;
mod pin;
mod policy;
mod prep;
mod random;
mod registry;
mod select;
mod server;
mod server_config;
mod timestamp;
mod unavailable;
#[cfg(feature = "x509")]
mod x509;

pub use bearer::{BearerToken, TokenCheck};
pub use channel::{ChannelBinding, ChannelBindingType, ChannelSecurity, TlsChannel, TlsVersion};
pub use client::ClientLogin;
pub use credentials::{Anonymous, CredentialKind, Credentials, External, Password};
pub use error::{DowngradeError, Failure, FailureKind, LoginError, Malformed, MutualAuthError};
pub use explain::{Decision, Explanation, NoMechanism, Verdict};
pub use fast::{FastAttempt, FastPolicy, FastRecord, FastToken, IssuedToken};
pub use from_fn::{ClientCx, ClientInput, ClientMechanism, ServerCx, ServerInput, ServerMechanism};
pub use hmac::{Hmac, SimpleHmac};
pub use info::{First, InvalidName, MechanismInfo, MechanismName, Side, Strength};
pub use lookup::{Answer, CustomValue, Lookup, LookupKind, PasswordCheck, Refusal};
pub use mechanism::{
    Claim, ClientExchange, ClientStep, DeriveJob, DerivedKey, Mechanism, ServerExchange, ServerStep,
};
pub use mechanisms::ht::{Ht, HtHash, HtKey, HtSha256, HtToken, HtTokens, HtUsed, TooShortToken};
pub use mechanisms::scram::{
    InvalidScramKeys, SaltedPassword, Scram, ScramClientKeys, ScramHash, ScramKeys, ScramSha1,
    ScramSha256, ScramSha512, ScramUpgrade, UpgradeRequest,
};
pub use mechanisms::{
    AnonymousMechanism, ExternalMechanism, OauthBearer, OauthError, Plain, XOauth2,
};
#[cfg(feature = "digest-md5")]
pub use mechanisms::{DigestMd5, DigestMd5Check, DigestMd5Key};
pub use peer::{Peer, matches_domain};
pub use pin::{InvalidPin, Pin};
pub use policy::Policy;
pub use prep::{PrepareError, saslprep_query, saslprep_stored};
#[cfg(feature = "rand")]
pub use random::CryptoRandom;
pub use random::Random;
pub use registry::Registry;
pub use select::SelectCx;
pub use server::{Identity, Outcome, ServerLogin};
pub use server_config::ServerConfig;
pub use timestamp::Timestamp;
pub use unavailable::Unavailable;
#[cfg(feature = "x509")]
pub use x509::{Certificate, CertificateError, CertificateLimits, NoEndPoint};
pub use zeroize::Zeroizing;

// A runtime may move a login, and what belongs to it, to another thread.
const _: () = {
    const fn send<T: Send>() {}
    const fn send_sync<T: Send + Sync>() {}
    send::<ClientLogin>();
    send::<ServerLogin>();
    send::<ClientStep>();
    send::<DerivedKey>();
    send::<Outcome>();
    send::<Answer>();
    send_sync::<Registry>();
    send_sync::<Credentials>();
    send_sync::<ServerConfig>();
    send_sync::<Policy>();
    send_sync::<ScramKeys>();
    send_sync::<Identity>();
};
