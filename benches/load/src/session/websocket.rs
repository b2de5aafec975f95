//! A session over WebSocket.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, header::HOST},
        protocol::WebSocketConfig,
    },
};
use xmpp_core::stream::{ClientSession, WebSocketClient};

use super::{Conduct, Visitor, alarm::Alarm};
use crate::target::Target;

/// Read buffer of a socket: there are many, and what they read is small.
const BUFFER: usize = 4 * 1024;

/// Runs it until it is over. An error says why it is in the transport's words.
pub(super) async fn run(visitor: &mut Visitor, session: ClientSession) -> Result<(), String> {
    let world = visitor.world.clone();
    let clock = world.clock;
    let mut socket = open(&world.plan.target).await?;
    let mut link = WebSocketClient::new(session);
    let mut alarm = Alarm::new(clock);
    loop {
        visitor.be_deaf(link.session_mut()).await;
        while let Some(event) = link.poll_event() {
            visitor.handle(link.session_mut(), event);
            link.pump(clock.now());
        }
        let sent = send(&mut socket, &mut link).await;
        if link.is_closed() {
            // The server may have closed first.
            let _ = socket.close(None).await;
            return Ok(());
        }
        if visitor.conduct == Conduct::Abandons {
            return Ok(());
        }
        if let Err(error) = sent {
            visitor.transport_end.get_or_insert(error.to_string());
            link.handle_eof(clock.now());
            continue;
        }
        tokio::select! {
            received = socket.next() => match received {
                Some(Ok(Message::Text(text))) => link.handle_message(clock.now(), &text),
                Some(Ok(Message::Binary(_))) => link.handle_binary(clock.now()),
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| format!("close code {}", u16::from(frame.code)));
                    visitor.transport_end = Some(code.unwrap_or_else(|| "close frame".to_owned()));
                    link.handle_eof(clock.now());
                }
                Some(Err(error)) => {
                    visitor.transport_end = Some(error.to_string());
                    link.handle_eof(clock.now());
                }
                None => link.handle_eof(clock.now()),
                Some(Ok(_)) => {}
            },
            command = visitor.next_command() => visitor.obey(link.session_mut(), command),
            () = alarm.at(link.poll_timeout()) => link.handle_timeout(clock.now()),
        }
    }
}

async fn open(target: &Target) -> Result<WebSocketStream<TcpStream>, String> {
    let stream = target.connect().await.map_err(|error| error.to_string())?;
    let url = format!("ws://{}{}", target.authority, target.path);
    let mut request = url.into_client_request().map_err(|e| e.to_string())?;
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", HeaderValue::from_static("xmpp"));
    let host = HeaderValue::from_str(&target.host).map_err(|e| format!("--host: {e}"))?;
    headers.insert(HOST, host);
    let config = WebSocketConfig::default().read_buffer_size(BUFFER);
    let opened = client_async_with_config(request, stream, Some(config)).await;
    // It fails when the server does not choose the subprotocol.
    opened.map(|(socket, _)| socket).map_err(|e| e.to_string())
}

async fn send(
    socket: &mut WebSocketStream<TcpStream>,
    link: &mut WebSocketClient,
) -> Result<(), Error> {
    let mut any = false;
    while let Some(message) = link.poll_message() {
        socket.feed(Message::text(message)).await?;
        any = true;
    }
    if any {
        socket.flush().await?;
    }
    Ok(())
}
