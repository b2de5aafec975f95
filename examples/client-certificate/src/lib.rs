//! Logging in by a client certificate: SASL EXTERNAL with XEP-0178, without any password.
//!
//! The program makes a certificate authority and certificates with XMPP addresses (`authority.rs`; what people do with
//! openssl otherwise), a server that asks for them (`tls.rs`, `server.rs`, `server_bosh.rs`), and clients that show them
//! over TCP and over BOSH (`client.rs`, `client_bosh.rs`). Then it tries what must work and what must not.
//!
//! What ties it together is one line on each side: the server's session is told by
//! `TlsChannel::with_verified_peer` who the TLS library has verified, and the client has `Credentials::external()`.
#![forbid(unsafe_code)]

mod authority;
mod client;
mod client_bosh;
mod server;
mod server_bosh;
mod tls;

use example_support::Clock;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub use client::Outcome;

use authority::{Authority, Certified};

/// Anything that must not happen here.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

pub(crate) const DOMAIN: &str = "example.org";
pub(crate) const ACCOUNTS: [&str; 2] = ["juliet@example.org", "nurse@example.org"];

/// One attempt: what is tried, over what, and how it ended.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What is tried.
    pub what: &'static str,
    /// `TCP` or `BOSH`.
    pub transport: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// As whom the login should have succeeded, or why it should have been refused.
    pub expected: &'static str,
}

impl Attempt {
    /// Whether it ended as it should.
    pub fn is_as_expected(&self) -> bool {
        match &self.outcome {
            Outcome::LoggedIn(jid) => jid.bare_str() == self.expected,
            Outcome::LoginRefused(reason) => reason.starts_with(self.expected),
            Outcome::CertificateRefused(alert) => alert == self.expected,
        }
    }
}

/// A certificate, the authorization identity that goes with it, and what must come of it.
struct Trial {
    what: &'static str,
    certificate: Option<Certified>,
    authzid: &'static str,
    expected: &'static str,
}

/// Makes the certificates, starts the server, and tries everything over both transports.
///
/// # Errors
///
/// What is nobody's decision: a port that cannot be had, a connection that breaks.
pub async fn run(mut report: impl FnMut(&Attempt)) -> Result<Vec<Attempt>, Error> {
    let authority = Authority::new("The example's authority")?;
    let stranger = Authority::new("Another authority")?;
    let clock = Clock::start();
    let own = authority.server(&[DOMAIN, "localhost"])?;
    let acceptor = TlsAcceptor::from(tls::server(&own, authority.certificate())?);
    let (tcp, bosh) = (listen().await?, listen().await?);
    let ports = (tcp.local_addr()?.port(), bosh.local_addr()?.port());
    tokio::spawn(server::run(tcp, acceptor.clone(), clock));
    tokio::spawn(server_bosh::run(bosh, acceptor, clock));

    let mut attempts = Vec::new();
    for trial in trials(&authority, &stranger)? {
        let tls = tls::client(trial.certificate.as_ref(), authority.certificate())?;
        let over_tcp = client::run(ports.0, tls.clone(), trial.authzid, clock).await?;
        let over_bosh = client_bosh::run(ports.1, tls, trial.authzid, clock).await?;
        for (transport, outcome) in [("TCP", over_tcp), ("BOSH", over_bosh)] {
            let attempt = Attempt {
                what: trial.what,
                transport,
                outcome,
                expected: trial.expected,
            };
            report(&attempt);
            attempts.push(attempt);
        }
    }
    Ok(attempts)
}

async fn listen() -> std::io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).await
}

fn trials(authority: &Authority, stranger: &Authority) -> Result<Vec<Trial>, Error> {
    let [juliet, nurse] = ACCOUNTS;
    let trial = |what, certificate, authzid, expected| Trial {
        what,
        certificate,
        authzid,
        expected,
    };
    Ok(vec![
        trial(
            "a certificate for one account",
            Some(authority.client(&[juliet])?),
            "",
            juliet,
        ),
        trial(
            "a certificate for two accounts, and which",
            Some(authority.client(&ACCOUNTS)?),
            nurse,
            nurse,
        ),
        trial(
            "a certificate for two accounts, and not which",
            Some(authority.client(&ACCOUNTS)?),
            "",
            "invalid-authzid",
        ),
        trial(
            "a certificate for another account than is asked for",
            Some(authority.client(&[juliet])?),
            nurse,
            "invalid-authzid",
        ),
        trial(
            "a certificate for an account that does not exist",
            Some(authority.client(&["romeo@example.org"])?),
            "",
            "not-authorized",
        ),
        trial(
            "a certificate for an account of another domain",
            Some(authority.client(&["juliet@example.com"])?),
            "",
            "not-authorized",
        ),
        trial("no certificate", None, "", "no usable mechanism"),
        trial(
            "an expired certificate",
            Some(authority.expired_client(&[juliet])?),
            "",
            "CertificateExpired",
        ),
        trial(
            "a certificate of another authority",
            Some(stranger.client(&[juliet])?),
            "",
            "UnknownCA",
        ),
    ])
}
