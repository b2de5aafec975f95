//! A server of one domain, over TCP with STARTTLS. It knows accounts by their addresses and no passwords at all.

use std::{io, sync::Arc, time::Duration};

use example_support::{Clock, secure_random};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use xmpp_core::{
    sasl::{self, Lookup, LookupKind, Registry},
    stream::{BindAnswer, Channel, ServerConfig, ServerEvent, ServerSession, TcpServer},
};

use crate::{ACCOUNTS, DOMAIN, Error, tls};

/// The server's settings: logins by certificate, and nothing else.
pub(crate) fn config() -> Result<Arc<ServerConfig>, Error> {
    // No passwords, and so no secret to hide unknown users with.
    let sasl = sasl::ServerConfig::without_secret().answers([LookupKind::EXTERNAL]);
    let config = ServerConfig::new(DOMAIN)?.with_sasl(Registry::default(), sasl);
    Ok(Arc::new(config))
}

/// Answers what a session asks. The session has checked that the address is one of its domain; whether there is such an
/// account, a database may say here.
pub(crate) fn answer(session: &mut ServerSession, event: ServerEvent) {
    let answered = match event {
        ServerEvent::Lookup {
            id,
            lookup: Lookup::External { name },
        } => {
            let known = ACCOUNTS.contains(&name.as_str());
            let answer = if known {
                sasl::Answer::Accept
            } else {
                sasl::Answer::UnknownUser
            };
            session.resolve(id, answer)
        }
        ServerEvent::Bind { id, .. } => session.resolve(id, BindAnswer::Accept),
        _ => Ok(()),
    };
    // An `Err` says that the session is over already.
    let _ = answered;
}

/// Serves whoever connects.
pub(crate) async fn run(
    listener: TcpListener,
    tls: TlsAcceptor,
    clock: Clock,
) -> Result<(), Error> {
    let config = config()?;
    loop {
        let (stream, _) = listener.accept().await?;
        let (tls, config) = (tls.clone(), config.clone());
        tokio::spawn(async move {
            let session = ServerSession::new(
                config,
                Channel::start_tls(),
                clock.now(),
                Box::new(secure_random()),
            );
            // Why a connection broke is the client's to tell here.
            let _ = serve(TcpServer::new(session), stream, &tls, clock).await;
        });
    }
}

async fn serve(
    mut link: TcpServer,
    mut stream: TcpStream,
    tls: &TlsAcceptor,
    clock: Clock,
) -> io::Result<()> {
    if carry(&mut link, &mut stream, clock).await? {
        let mut stream = handshake(tls, stream).await?;
        let security = tls::security_of_server(stream.get_ref().1);
        let started = link.session_mut().tls_established(security);
        started.map_err(io::Error::other)?;
        link.pump(clock.now());
        carry(&mut link, &mut stream, clock).await?;
        stream.shutdown().await?;
    }
    Ok(())
}

/// Carries bytes until the session is over; `true` if TLS has to be started first.
async fn carry(
    link: &mut TcpServer,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    clock: Clock,
) -> io::Result<bool> {
    let (mut input, mut output) = ([0; 4096], String::new());
    loop {
        let mut start_tls = false;
        while let Some(event) = link.poll_event() {
            start_tls |= matches!(event, ServerEvent::StartTls);
            answer(link.session_mut(), event);
            link.pump(clock.now());
        }
        link.poll_transmit(&mut output);
        stream.write_all(output.as_bytes()).await?;
        stream.flush().await?;
        output.clear();
        if start_tls || link.is_closed() {
            return Ok(start_tls);
        }
        tokio::select! {
            received = stream.read(&mut input) => match received {
                Ok(0) | Err(_) => link.handle_eof(clock.now()),
                Ok(n) => link.handle_input(clock.now(), &input[..n]),
            },
            () = clock.sleep_until(link.poll_timeout()) => link.handle_timeout(clock.now()),
        }
    }
}

/// The handshake. After one that failed, what the client has sent meanwhile is read to its end: a connection that is
/// closed over unread bytes is reset, and the client might never read why.
pub(crate) async fn handshake(
    tls: &TlsAcceptor,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    match tls.accept(stream).into_fallible().await {
        Ok(stream) => Ok(stream),
        Err((error, mut stream)) => {
            stream.shutdown().await?;
            let mut nowhere = tokio::io::sink();
            let rest = tokio::io::copy(&mut stream, &mut nowhere);
            let _ = timeout(Duration::from_secs(1), rest).await;
            Err(error)
        }
    }
}
