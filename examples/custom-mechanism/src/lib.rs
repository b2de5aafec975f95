//! Two SASL mechanisms of one's own, between our client and our server.
//!
//! [`foo`] is a joke, [`token`] is serious; `docs/sasl-mechanisms.md` walks through both. Everything else here is what any
//! program has: TLS, a socket, a session at each end. Threads and blocking sockets, because the library does not mind.
#![expect(
    clippy::disallowed_types,
    reason = "a program; the sockets are blocking ones"
)]

mod client;
mod connection;
pub mod foo;
mod server;
mod tls;
pub mod token;

pub use client::{LoggedIn, login};
pub use server::Server;
pub use tls::Tls;

/// The server's domain, which its certificate is for.
pub const DOMAIN: &str = "localhost";

/// Why there was no login.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// One of the two sides would not.
    #[error("{0}")]
    Refused(String),
    /// The domain is none.
    #[error(transparent)]
    Jid(#[from] xmpp_core::JidError),
    /// The session was used wrongly.
    #[error(transparent)]
    Misuse(#[from] xmpp_core::stream::Misuse),
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// The domain is no name that a certificate can be for.
    #[error(transparent)]
    Name(#[from] rustls::pki_types::InvalidDnsNameError),
}
