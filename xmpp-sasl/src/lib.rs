//! SASL (RFC 4422) for clients and servers, without I/O.
#![forbid(unsafe_code)]
#![allow(
    clippy::similar_names,
    reason = "authcid and authzid are the names of RFC 4422"
)]

pub mod base64;

mod channel;
mod client;
mod credentials;
mod error;
mod explain;
mod from_fn;
mod info;
mod lookup;
mod mechanism;
mod mechanisms;
mod policy;
mod prep;
mod random;
mod registry;
mod select;
mod server;
mod timestamp;

pub use channel::{ChannelBinding, ChannelBindingType, ChannelSecurity, TlsChannel};
pub use client::ClientLogin;
pub use credentials::{Anonymous, CredentialKind, Credentials, Password};
pub use error::{Failure, FailureKind, LoginError, Malformed, MutualAuthError};
pub use explain::{Decision, Explanation, NoMechanism, Verdict};
pub use from_fn::{ClientCx, ClientInput, ClientMechanism, ServerCx, ServerInput, ServerMechanism};
pub use hmac::{Hmac, SimpleHmac};
pub use info::{First, InvalidName, MechanismInfo, MechanismName, Side, Strength};
pub use lookup::{Answer, CustomValue, Lookup, LookupKind, PasswordCheck, Refusal};
pub use mechanism::{
    Claim, ClientExchange, ClientStep, DeriveJob, DerivedKey, Mechanism, ServerExchange, ServerStep,
};
pub use mechanisms::scram::{
    InvalidScramKeys, Scram, ScramClientKeys, ScramHash, ScramKeys, ScramSha1, ScramSha256,
    ScramSha512,
};
pub use mechanisms::{AnonymousMechanism, Plain};
pub use policy::Policy;
pub use prep::{PrepareError, saslprep_query, saslprep_stored};
pub use random::Random;
pub use registry::Registry;
pub use select::{SelectCx, ServerConfig, Unavailable};
pub use server::{Identity, Outcome, ServerLogin};
pub use timestamp::Timestamp;

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
