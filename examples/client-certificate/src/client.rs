//! A client that logs in by its certificate over TCP, and leaves when it is in.

use std::{error::Error as StdError, io, sync::Arc};

use example_support::{Clock, secure_random};
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, rustls};
use xmpp_core::{
    FullJid,
    sasl::Credentials,
    stream::{Channel, ClientConfig, ClientEvent, ClientSession, CloseReason, TcpClient},
};

use crate::{DOMAIN, Error, tls};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The client has this address.
    LoggedIn(FullJid),
    /// The server would not have the login: the SASL condition, or why there is no mechanism.
    LoginRefused(String),
    /// The server would not have the certificate: the alert that ended TLS.
    CertificateRefused(String),
}

/// The settings: nothing in hand but the certificate, and no other mechanism.
pub(crate) fn config(authzid: &str) -> Result<ClientConfig, Error> {
    // Where the certificate has one address the authorization identity stays away (XEP-0178 §2).
    let credentials = Credentials::external().with_authzid(authzid);
    Ok(ClientConfig::new(DOMAIN, credentials)?)
}

/// What became of it, once that is clear. The session leaves as soon as it is in.
pub(crate) fn handle(
    session: &mut ClientSession,
    event: ClientEvent,
    clock: Clock,
) -> Option<Result<Outcome, Error>> {
    match event {
        ClientEvent::Ready { jid } => {
            session.close(clock.now());
            Some(Ok(Outcome::LoggedIn(jid)))
        }
        ClientEvent::Closed {
            reason: CloseReason::LoginFailed(reason),
            ..
        } => Some(Ok(Outcome::LoginRefused(reason))),
        ClientEvent::Closed { reason, .. } => Some(Err(format!("{reason:?}").into())),
        _ => None,
    }
}

/// Logs in at the server on this port.
pub(crate) async fn run(
    port: u16,
    tls: rustls::ClientConfig,
    authzid: &str,
    clock: Clock,
) -> Result<Outcome, Error> {
    let session = ClientSession::new(
        config(authzid)?,
        Channel::start_tls(),
        clock.now(),
        Box::new(secure_random()),
    );
    let mut link = TcpClient::new(session);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    if let Some(outcome) = carry(&mut link, &mut stream, clock).await? {
        return Ok(outcome);
    }
    let connector = TlsConnector::from(Arc::new(tls));
    let connected = connector.connect(ServerName::try_from(DOMAIN)?, stream);
    // TLS 1.2 tells here what it thinks of the certificate, TLS 1.3 with the first bytes that are read.
    let secured = async {
        let mut stream = connected.await?;
        let security = tls::security_of_client(stream.get_ref().1);
        link.session_mut().tls_established(security)?;
        link.pump(clock.now());
        carry(&mut link, &mut stream, clock).await
    };
    match secured.await {
        Ok(outcome) => outcome.ok_or_else(|| "STARTTLS within TLS".into()),
        Err(error) => alert(&*error).map(Outcome::CertificateRefused).ok_or(error),
    }
}

/// Carries bytes until the session is over, with what became of it; `None` if TLS has to be started first.
async fn carry(
    link: &mut TcpClient,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    clock: Clock,
) -> Result<Option<Outcome>, Error> {
    let (mut input, mut output) = ([0; 4096], String::new());
    let mut outcome = None;
    loop {
        let mut start_tls = false;
        while let Some(event) = link.poll_event() {
            start_tls |= matches!(event, ClientEvent::StartTls);
            let became = handle(link.session_mut(), event, clock);
            outcome = outcome.or(became);
            link.pump(clock.now());
        }
        link.poll_transmit(&mut output);
        stream.write_all(output.as_bytes()).await?;
        stream.flush().await?;
        output.clear();
        if start_tls {
            return Ok(None);
        }
        if link.is_closed() {
            return outcome.transpose();
        }
        tokio::select! {
            received = stream.read(&mut input) => match received? {
                0 => link.handle_eof(clock.now()),
                n => link.handle_input(clock.now(), &input[..n]),
            },
            () = clock.sleep_until(link.poll_timeout()) => link.handle_timeout(clock.now()),
        }
    }
}

/// The alert by which the peer ended TLS, if that is the cause of `error`.
pub(crate) fn alert(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref());
        if let Some(rustls::Error::AlertReceived(alert)) = inner.or(error.downcast_ref()) {
            return Some(format!("{alert:?}"));
        }
        cause = error.source();
    }
    None
}
