//! XMPP over WebSocket (RFC 7395).

use std::io;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};
use xmpp_core::stream::{ClientSession, WebSocketClient};

use crate::{
    client::{Client, End},
    connect::Stream,
};

/// Makes the WebSocket, with the subprotocol `xmpp`, of a connection to the host of `url`.
pub(crate) async fn open(url: &str, stream: Stream) -> io::Result<WebSocketStream<Stream>> {
    let mut request = url.into_client_request().map_err(io::Error::other)?;
    let protocol = HeaderValue::from_static("xmpp");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    // It fails when the server does not choose the subprotocol.
    let (socket, _) = client_async(request, stream)
        .await
        .map_err(io::Error::other)?;
    Ok(socket)
}

/// Runs a session on `socket` until it ends.
pub(crate) async fn run(
    mut socket: WebSocketStream<Stream>,
    session: ClientSession,
    mut client: Client<'_>,
) -> End {
    let mut link = WebSocketClient::new(session);
    loop {
        // Events first, because answering them makes more to send …
        while let Some(event) = link.poll_event() {
            client.handle(link.session_mut(), event).await;
            link.pump(client.now());
        }
        // … then output, one message for each element …
        let sent = send(&mut socket, &mut link).await;
        if link.is_closed() {
            // The server may have closed first.
            let _ = socket.close(None).await;
            return client.end();
        }
        if sent.is_err() {
            link.handle_eof(client.now());
            continue;
        }
        // … then whatever happens next. Pings are answered by the WebSocket itself.
        tokio::select! {
            received = socket.next() => match received {
                Some(Ok(Message::Text(text))) => link.handle_message(client.now(), &text),
                Some(Ok(Message::Binary(_))) => link.handle_binary(client.now()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => link.handle_eof(client.now()),
                Some(Ok(_)) => {}
            },
            () = client.clock.sleep_until(link.poll_timeout()) => link.handle_timeout(client.now()),
            () = client.stopped() => client.leave(link.session_mut()),
        }
    }
}

async fn send(
    socket: &mut WebSocketStream<Stream>,
    link: &mut WebSocketClient,
) -> Result<(), Error> {
    while let Some(message) = link.poll_message() {
        socket.feed(Message::text(message)).await?;
    }
    socket.flush().await
}
