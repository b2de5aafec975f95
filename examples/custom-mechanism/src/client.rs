//! A client that logs in, says so, and leaves.

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use example_support::{Clock, secure_random};
use xmpp_core::{
    FullJid,
    sasl::{Credentials, MechanismName, Policy, Registry},
    stream::{Channel, ClientConfig, ClientEvent, ClientSession, CloseReason, TcpClient},
};

use crate::{DOMAIN, Error, Tls, foo, token};

/// A login that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// By what.
    pub mechanism: MechanismName,
    /// As whom.
    pub jid: FullJid,
}

/// Logs in at `address` with `credentials`, under `policy`; in clear where there is no `tls`.
///
/// # Errors
///
/// [`Error::Refused`] with the reason: the registry's own account of why no mechanism may be used, or the condition that
/// the server gave.
pub fn login(
    address: SocketAddr,
    tls: Option<&Tls>,
    credentials: Credentials,
    policy: Policy,
) -> Result<LoggedIn, Error> {
    let registry = Registry::default()
        .with(foo::client())
        .with(token::client())
        .with_policy(policy.clone());
    let config = ClientConfig::new(DOMAIN, credentials)?
        .with_registry(registry)
        .with_policy(policy)
        .require_tls(false);
    let clock = Clock::start();
    let link = |channel| {
        let random = Box::new(secure_random());
        TcpClient::new(ClientSession::new(config, channel, clock.now(), random))
    };
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;

    let (mut mechanism, mut jid, mut reason) = (None, None, None);
    let handle = |session: &mut ClientSession, event| {
        match event {
            ClientEvent::Derive(job) => session.derived(job.run())?,
            ClientEvent::Authenticated { login } => mechanism = Some(login.mechanism().clone()),
            ClientEvent::Ready { jid: address } => {
                jid = Some(address);
                session.close(clock.now());
            }
            ClientEvent::Closed { reason: why, .. } => reason = Some(why),
            _ => {}
        }
        Ok(())
    };
    match tls {
        Some(tls) => {
            let stream = tls.connect(DOMAIN, stream)?;
            crate::connection::run(stream, link(Channel::tls()), clock, handle)?;
        }
        None => crate::connection::run(stream, link(Channel::plain()), clock, handle)?,
    }
    match (mechanism, jid, reason) {
        (Some(mechanism), Some(jid), _) => Ok(LoggedIn { mechanism, jid }),
        (_, _, Some(CloseReason::LoginFailed(why))) => Err(Error::Refused(why)),
        (_, _, reason) => Err(Error::Refused(format!("{reason:?}"))),
    }
}
