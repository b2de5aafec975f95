//! An open WebSocket: messages both ways until either side ends it.

use std::{future::poll_fn, io, task::Poll, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::SinkExt;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use super::{incoming::Incoming, woken::Woken};
use crate::driver::{Socket, ToSocket};

/// Time for the client's side of the close handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// One open WebSocket.
pub(super) struct Connection {
    stream: WebSocket,
    socket: Socket,
    incoming: Incoming,
    ping: Duration,
    /// Pings since anything was received.
    unanswered: u32,
}

/// What a connection waits for.
enum Happened {
    /// The hub has something to say; `None` when it has ended.
    Said(Option<ToSocket>),
    /// Nothing has been received for a while.
    Silence,
    Received(Option<Result<(Message, OwnedSemaphorePermit), axum::Error>>),
}

/// How a connection goes on after a step.
enum Next {
    Go,
    /// Say why, then wait for the client's close frame.
    Close(u16, &'static str),
    /// The transport is gone.
    End(&'static str),
}

impl Connection {
    pub(super) fn new(stream: WebSocket, socket: Socket, ping: Duration, max_bytes: usize) -> Self {
        Self {
            stream,
            socket,
            incoming: Incoming::new(max_bytes),
            ping,
            unanswered: 0,
        }
    }

    /// Carries messages both ways until either side ends it; dropping the [`Socket`] tells the hub.
    pub(super) async fn run(mut self) {
        let mut pings = interval_at(Instant::now() + self.ping, self.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut others = Woken::new();
        loop {
            let happened = poll_fn(|cx| {
                if let Poll::Ready(out) = self.socket.poll_receive(cx) {
                    return Poll::Ready(Happened::Said(out));
                }
                others.poll(cx, |cx| {
                    if pings.poll_tick(cx).is_ready() {
                        return Poll::Ready(Happened::Silence);
                    }
                    let received = self.incoming.poll(cx, &mut self.stream);
                    received.map(Happened::Received)
                })
            });
            let next = match happened.await {
                Happened::Said(out) => self.send(out).await,
                Happened::Silence => self.silence().await,
                Happened::Received(Some(Ok((message, permit)))) => {
                    self.unanswered = 0;
                    pings.reset();
                    self.received(message, permit)
                }
                Happened::Received(Some(Err(error))) => Self::broken(&error),
                Happened::Received(None) => Next::End("the connection was lost"),
            };
            match next {
                Next::Go => {}
                Next::Close(code, reason) => {
                    self.close(code, reason).await;
                    return;
                }
                Next::End(reason) => {
                    tracing::debug!(socket = %self.socket.id(), reason, "websocket ended");
                    return;
                }
            }
        }
    }

    fn received(&self, message: Message, permit: OwnedSemaphorePermit) -> Next {
        match message {
            Message::Text(text) => {
                self.socket.message(text, permit);
                Next::Go
            }
            // BOSH 15.2, HDR-17
            Message::Binary(_) => Next::Close(close_code::UNSUPPORTED, "text messages only"),
            // Pings are answered below us.
            Message::Ping(_) | Message::Pong(_) => Next::Go,
            Message::Close(_) => Next::End("closed by the client"),
        }
    }

    /// Sends `first` and what waits behind it, flushed once.
    async fn send(&mut self, first: Option<ToSocket>) -> Next {
        let Some(first) = first else {
            return Next::Close(close_code::AWAY, "the server is going down");
        };
        let mut close = None;
        let sent = async {
            let mut next = Some(first);
            while let Some(out) = next {
                match out {
                    ToSocket::Text(text) => self.stream.feed(Message::Text(text.into())).await?,
                    ToSocket::Close { code, reason } => {
                        close = Some((code, reason));
                        break;
                    }
                }
                next = self.socket.try_receive();
            }
            self.stream.flush().await
        }
        .await;
        match (sent, close) {
            (Ok(()), None) => Next::Go,
            (Ok(()), Some((code, reason))) => Next::Close(code, reason),
            (Err(error), _) => Self::broken(&error),
        }
    }

    /// BOSH 15.13: a silent client is pinged, and given up when it leaves two pings unanswered.
    async fn silence(&mut self) -> Next {
        if self.unanswered >= 2 {
            return Next::End("the client does not answer pings");
        }
        self.unanswered += 1;
        let ping = Message::Ping(bytes::Bytes::new());
        match self.stream.send(ping).await {
            Ok(()) => Next::Go,
            Err(error) => Self::broken(&error),
        }
    }

    fn broken(error: &axum::Error) -> Next {
        use tokio_tungstenite::tungstenite::Error;
        let error = std::error::Error::source(error).and_then(|e| e.downcast_ref::<Error>());
        match error {
            Some(Error::Capacity(_)) => Next::Close(close_code::SIZE, "message too big"),
            Some(Error::Utf8(_)) => Next::Close(close_code::INVALID, "not UTF-8"),
            Some(Error::Protocol(_)) => Next::Close(close_code::PROTOCOL, "no WebSocket frame"),
            // The connection below sees to it.
            Some(Error::Io(error)) if error.kind() == io::ErrorKind::TimedOut => {
                Next::End("the client does not read")
            }
            _ => Next::End("the connection was lost"),
        }
    }

    /// The WebSocket close handshake (BOSH 15.10).
    async fn close(mut self, code: u16, reason: &'static str) {
        tracing::debug!(socket = %self.socket.id(), code, reason, "websocket closed");
        // The hub need not wait for the handshake.
        drop(self.socket);
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let handshake = async {
            self.stream.send(Message::Close(Some(frame))).await?;
            while let Some(Ok(message)) = self.stream.recv().await {
                if matches!(message, Message::Close(_)) {
                    break;
                }
            }
            Ok::<_, axum::Error>(())
        };
        // Whether the client answers in time or not, it is over.
        let _ = timeout(CLOSE_TIMEOUT, handshake).await;
    }
}
