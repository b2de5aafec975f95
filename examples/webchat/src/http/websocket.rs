//! `GET /xmpp-websocket`: XMPP over WebSocket (RFC 7395). The messages go to the hub as they come; what they hold is
//! the business of the crates.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    extract::{
        State,
        ws::{
            CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code,
            rejection::WebSocketUpgradeRejection,
        },
    },
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use futures_util::SinkExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use super::{
    Alive, Site, files,
    origin::{self, Origin},
};
use crate::{
    driver::{Socket, ToSocket},
    hub::Peer,
};

/// Messages of one socket that may wait for the hub, together no larger than the largest that is allowed; the rest waits
/// in the client's own TCP.
const IN_FLIGHT: u32 = 8;
/// Read buffer of a socket. The WebSocket library has it zeroed before every attempt to read, and holds it as long as the
/// socket is open; of its default, 128 KiB, a chat's messages fill less than one. A larger message gets room of its own.
const BUFFER: usize = 2 * 1024;
/// A client that takes nothing for so long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for the client's side of the close handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The handshake.
pub(super) async fn upgrade(
    site: State<Arc<Site>>,
    peer: Extension<Peer>,
    alive: Extension<Alive>,
    headers: HeaderMap,
    asked: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    open(site, peer, alive, headers, asked, false).await
}

/// The handshake at the admin's own door.
pub(super) async fn upgrade_admin(
    site: State<Arc<Site>>,
    peer: Extension<Peer>,
    alive: Extension<Alive>,
    headers: HeaderMap,
    asked: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    open(site, peer, alive, headers, asked, true).await
}

async fn open(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<Peer>,
    Extension(alive): Extension<Alive>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    admin: bool,
) -> Response<Body> {
    // BOSH 15.18
    if Origin::of(&headers, &site) == Origin::Foreign {
        return files::text(StatusCode::FORBIDDEN, origin::REFUSAL);
    }
    let Ok(upgrade) = upgrade else {
        let mut response = files::text(
            StatusCode::UPGRADE_REQUIRED,
            "This is XMPP over WebSocket (RFC 7395): it takes WebSocket handshakes.\n",
        );
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        return response;
    };
    // BOSH 15.1, HDR-17
    let upgrade = upgrade.protocols(["xmpp"]);
    if upgrade.selected_protocol().is_none() {
        return files::text(
            StatusCode::BAD_REQUEST,
            "XMPP over WebSocket is the subprotocol 'xmpp' (RFC 7395); the handshake did not offer it.\n",
        );
    }
    let Some(socket) = site.hub.open_socket(peer, admin).await else {
        return files::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "There are too many sessions, here or from your address. Please come back later.\n",
        );
    };
    let (ping, max_bytes) = (site.ping, site.max_body);
    upgrade
        .read_buffer_size(BUFFER)
        // Between the limit and twice as much the client is told in XMPP (BOSH 15.17), beyond it by the close code.
        .max_message_size(site.max_body.saturating_mul(2))
        .max_frame_size(site.max_body.saturating_mul(2))
        .on_upgrade(move |stream| async move {
            Connection::new(stream, socket, ping, max_bytes).run().await;
            drop(alive);
        })
}

/// One open WebSocket.
struct Connection {
    stream: WebSocket,
    socket: Socket,
    in_flight: Arc<Semaphore>,
    /// A message that was read and waits for those before it.
    unsent: Option<Result<Message, axum::Error>>,
    max_bytes: usize,
    ping: Duration,
    /// Pings since anything was received.
    unanswered: u32,
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
    fn new(stream: WebSocket, socket: Socket, ping: Duration, max_bytes: usize) -> Self {
        Self {
            stream,
            socket,
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT as usize)),
            unsent: None,
            max_bytes,
            ping,
            unanswered: 0,
        }
    }

    /// Carries messages both ways until either side ends it; dropping the [`Socket`] tells the hub.
    async fn run(mut self) {
        let mut pings = interval_at(Instant::now() + self.ping, self.ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = tokio::select! {
                biased;
                out = self.socket.receive() => self.send(out).await,
                _ = pings.tick() => self.silence().await,
                received = read(&mut self.stream, &mut self.unsent, &self.in_flight, self.max_bytes) => match received {
                    Some(Ok((message, permit))) => {
                        self.unanswered = 0;
                        pings.reset();
                        self.received(message, permit)
                    }
                    Some(Err(error)) => Self::broken(&error),
                    None => Next::End("the connection was lost"),
                },
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
                self.socket.message(text.as_str().to_owned(), permit);
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
        let sent = timeout(WRITE_TIMEOUT, async {
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
        })
        .await;
        match (sent, close) {
            (Ok(Ok(())), None) => Next::Go,
            (Ok(Ok(())), Some((code, reason))) => Next::Close(code, reason),
            (Ok(Err(_)), _) => Next::End("the connection was lost"),
            (Err(_), _) => Next::End("the client does not read"),
        }
    }

    /// BOSH 15.13: a silent client is pinged, and given up when it leaves two pings unanswered.
    async fn silence(&mut self) -> Next {
        if self.unanswered >= 2 {
            return Next::End("the client does not answer pings");
        }
        self.unanswered += 1;
        let ping = Message::Ping(bytes::Bytes::new());
        match timeout(WRITE_TIMEOUT, self.stream.send(ping)).await {
            Ok(Ok(())) => Next::Go,
            Ok(Err(_)) => Next::End("the connection was lost"),
            Err(_) => Next::End("the client does not read"),
        }
    }

    fn broken(error: &axum::Error) -> Next {
        use tokio_tungstenite::tungstenite::Error;
        let error = std::error::Error::source(error).and_then(|e| e.downcast_ref::<Error>());
        match error {
            Some(Error::Capacity(_)) => Next::Close(close_code::SIZE, "message too big"),
            Some(Error::Utf8(_)) => Next::Close(close_code::INVALID, "not UTF-8"),
            Some(Error::Protocol(_)) => Next::Close(close_code::PROTOCOL, "no WebSocket frame"),
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

/// The next message, when there is room for it among those that the hub has not read. Dropped half-way, it loses
/// nothing: what was read is in `unsent`.
async fn read(
    stream: &mut WebSocket,
    unsent: &mut Option<Result<Message, axum::Error>>,
    in_flight: &Arc<Semaphore>,
    max_bytes: usize,
) -> Option<Result<(Message, OwnedSemaphorePermit), axum::Error>> {
    if unsent.is_none() {
        // Nothing more is taken out of TCP while there is no room at all.
        drop(in_flight.acquire().await.ok()?);
        *unsent = Some(stream.recv().await?);
    }
    let bytes = match unsent {
        Some(Ok(Message::Text(text))) => text.len(),
        _ => 0,
    };
    let share = max_bytes.div_ceil(IN_FLIGHT as usize).max(1);
    let places = u32::try_from(bytes / share + 1).unwrap_or(IN_FLIGHT);
    let permit = in_flight.clone().acquire_many_owned(places.min(IN_FLIGHT));
    let permit = permit.await.ok()?;
    Some(unsent.take()?.map(|message| (message, permit)))
}
