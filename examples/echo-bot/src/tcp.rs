//! XMPP over TCP, with STARTTLS or with TLS from the first byte (RFC 6120, RFC 7590).

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use xmpp_core::stream::{ClientSession, TcpClient};

use crate::{
    client::{Client, End},
    connect::{Stream, Tls},
};

/// Runs a session on `stream` until it ends. `tls` is for STARTTLS.
pub(crate) async fn run(
    mut stream: Stream,
    tls: &Tls,
    session: ClientSession,
    mut client: Client<'_>,
) -> io::Result<End> {
    let mut link = TcpClient::new(session);
    let mut input = vec![0; 16 * 1024];
    let mut output = String::new();
    loop {
        // Events first, because answering them makes more to send …
        let mut start_tls = false;
        while let Some(event) = link.poll_event() {
            start_tls |= client.handle(link.session_mut(), event).await;
            link.pump(client.now());
        }
        // … then output …
        link.poll_transmit(&mut output);
        let sent = send(&mut stream, &output).await;
        output.clear();
        if link.is_closed() {
            // The server may have closed first.
            let _ = stream.shutdown().await;
            return Ok(client.end());
        }
        if sent.is_err() {
            link.handle_eof(client.now());
            continue;
        }
        if start_tls {
            let (secured, security) = tls.secure(stream).await?;
            stream = secured;
            let started = link.session_mut().tls_established(security);
            started.map_err(io::Error::other)?;
            link.pump(client.now());
            continue;
        }
        // … then whatever happens next.
        tokio::select! {
            received = stream.read(&mut input) => match received {
                Ok(0) | Err(_) => link.handle_eof(client.now()),
                Ok(n) => link.handle_input(client.now(), &input[..n]),
            },
            () = client.clock.sleep_until(link.poll_timeout()) => link.handle_timeout(client.now()),
            () = client.stopped() => client.leave(link.session_mut()),
        }
    }
}

async fn send(stream: &mut Stream, output: &str) -> io::Result<()> {
    stream.write_all(output.as_bytes()).await?;
    stream.flush().await
}
