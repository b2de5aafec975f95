//! An open WebSocket: messages both ways until either side ends it.

use std::{future::poll_fn, io, task::Poll, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{WebSocket, incoming::Incoming, woken::Woken};
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
    Received(Option<Result<(Message, OwnedSemaphorePermit), Error>>),
}

/// How a connection ends.
pub(super) enum Ended {
    /// Say why, then wait for the client's close frame.
    Ours(CloseCode, &'static str),
    /// The transport is gone, or is about to be.
    Theirs(&'static str),
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

    /// Carries messages both ways until either side ends it.
    pub(super) async fn carry(&mut self) -> Ended {
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
                Happened::Received(Some(Err(error))) => Err(broken(&error)),
                Happened::Received(None) => Err(Ended::Theirs("the connection was lost")),
            };
            if let Err(ended) = next {
                return ended;
            }
        }
    }

    /// Says the end, where that is still to be said.
    pub(super) async fn end(self, ended: Ended) {
        match ended {
            Ended::Ours(code, reason) => {
                tracing::debug!(socket = %self.socket.id(), %code, reason, "websocket closed");
                // That tells the hub, which need not wait for the handshake.
                drop(self.socket);
                close(self.stream, code, reason).await;
            }
            Ended::Theirs(reason) => {
                tracing::debug!(socket = %self.socket.id(), reason, "websocket ended");
            }
        }
    }

    fn received(&self, message: Message, permit: OwnedSemaphorePermit) -> Result<(), Ended> {
        match message {
            Message::Text(text) => {
                self.socket.message(text, permit);
                Ok(())
            }
            // BOSH 15.2, HDR-17
            Message::Binary(_) => Err(Ended::Ours(CloseCode::Unsupported, "text messages only")),
            // Pings are answered below us.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
            Message::Close(_) => Err(Ended::Theirs("closed by the client")),
        }
    }

    /// Sends `first` and what waits behind it, flushed once.
    async fn send(&mut self, first: Option<ToSocket>) -> Result<(), Ended> {
        let Some(first) = first else {
            return Err(Ended::Ours(CloseCode::Away, "the server is going down"));
        };
        let mut close = None;
        let sent = async {
            let mut next = Some(first);
            while let Some(out) = next {
                match out {
                    ToSocket::Text(text) => self.stream.feed(Message::Text(text.into())).await?,
                    ToSocket::Close { code, reason } => {
                        close = Some((code.into(), reason));
                        break;
                    }
                }
                next = self.socket.try_receive();
            }
            self.stream.flush().await
        }
        .await;
        match (sent, close) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some((code, reason))) => Err(Ended::Ours(code, reason)),
            (Err(error), _) => Err(broken(&error)),
        }
    }

    /// BOSH 15.13: a silent client is pinged, and given up when it leaves two pings unanswered.
    async fn silence(&mut self) -> Result<(), Ended> {
        if self.unanswered >= 2 {
            return Err(Ended::Theirs("the client does not answer pings"));
        }
        self.unanswered += 1;
        let ping = Message::Ping(bytes::Bytes::new());
        self.stream.send(ping).await.map_err(|error| broken(&error))
    }
}

fn broken(error: &Error) -> Ended {
    match error {
        Error::Capacity(_) => Ended::Ours(CloseCode::Size, "message too big"),
        Error::Utf8(_) => Ended::Ours(CloseCode::Invalid, "not UTF-8"),
        Error::Protocol(_) => Ended::Ours(CloseCode::Protocol, "no WebSocket frame"),
        // The connection below sees to it.
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            Ended::Theirs("the client does not read")
        }
        _ => Ended::Theirs("the connection was lost"),
    }
}

/// The WebSocket close handshake (BOSH 15.10).
async fn close(mut stream: WebSocket, code: CloseCode, reason: &'static str) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let handshake = async {
        stream.send(Message::Close(Some(frame))).await?;
        while let Some(Ok(message)) = stream.next().await {
            if matches!(message, Message::Close(_)) {
                break;
            }
        }
        Ok::<_, Error>(())
    };
    // Whether the client answers in time or not, it is over.
    let _ = timeout(CLOSE_TIMEOUT, handshake).await;
}
