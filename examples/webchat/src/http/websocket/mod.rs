//! `GET /xmpp-websocket`: XMPP over WebSocket (RFC 7395). The messages go to the hub as they come; what they hold is
//! the business of the crates.

mod connection;
mod incoming;
mod woken;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderValue, Request, Response, StatusCode, header},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::server::create_response_with_body,
        protocol::{Role, WebSocketConfig},
    },
};

use self::connection::Connection;
use super::{
    Alive, Site,
    connection::{Stream, Unwrap},
    files,
    origin::{self, Origin},
};
use crate::hub::Peer;

/// A socket behind its handshake.
type WebSocket = WebSocketStream<Box<dyn Stream>>;

/// The subprotocol (RFC 7395, 3.1).
const PROTOCOL: &str = "xmpp";

/// Read buffer of a socket. The WebSocket library has it zeroed before every attempt to read, and holds it as long as the
/// socket is open; of its default, 128 KiB, a chat's messages fill less than one. A larger message gets room of its own.
const BUFFER: usize = 2 * 1024;

/// The handshake.
pub(super) async fn upgrade(
    site: State<Arc<Site>>,
    peer: Extension<Peer>,
    alive: Extension<Alive>,
    unwrap: Option<Extension<Unwrap>>,
    request: Request<Body>,
) -> Response<Body> {
    open(site, peer, alive, unwrap, request, false).await
}

/// The handshake at the admin's own door.
pub(super) async fn upgrade_admin(
    site: State<Arc<Site>>,
    peer: Extension<Peer>,
    alive: Extension<Alive>,
    unwrap: Option<Extension<Unwrap>>,
    request: Request<Body>,
) -> Response<Body> {
    open(site, peer, alive, unwrap, request, true).await
}

async fn open(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<Peer>,
    Extension(alive): Extension<Alive>,
    unwrap: Option<Extension<Unwrap>>,
    mut request: Request<Body>,
    admin: bool,
) -> Response<Body> {
    // BOSH 15.18
    if Origin::of(request.headers(), &site) == Origin::Foreign {
        return files::text(StatusCode::FORBIDDEN, origin::REFUSAL);
    }
    let agreed = create_response_with_body(&request, Body::empty);
    let (Ok(mut response), Some(Extension(unwrap))) = (agreed, unwrap) else {
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
    if !files::entries(request.headers(), &header::SEC_WEBSOCKET_PROTOCOL)
        .any(|protocol| protocol == PROTOCOL)
    {
        return files::text(
            StatusCode::BAD_REQUEST,
            "XMPP over WebSocket is the subprotocol 'xmpp' (RFC 7395); the handshake did not offer it.\n",
        );
    }
    let protocol = HeaderValue::from_static(PROTOCOL);
    let headers = response.headers_mut();
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    let Some(socket) = site.hub.open_socket(peer, admin).await else {
        return files::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "There are too many sessions, here or from your address. Please come back later.\n",
        );
    };
    let (ping, max_bytes) = (site.ping, site.max_body);
    // Between the limit and twice as much the client is told in XMPP (BOSH 15.17), beyond it by the close code.
    let most = Some(max_bytes.saturating_mul(2));
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        // It keeps what it needed once: a full room's presences at the join.
        .write_buffer_size(2 * BUFFER)
        .max_message_size(most)
        .max_frame_size(most);
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // Boxed is what is over soon: the task of every socket would have the room for it as long as it lives.
        let accepted = Box::pin(async {
            let upgraded = upgrade.await?;
            let bare = unwrap.bare(upgraded);
            let role = Role::Server;
            let stream = WebSocket::from_partially_read(bare.stream, bare.read, role, Some(config));
            Ok::<_, hyper::Error>(stream.await)
        });
        match accepted.await {
            Ok(stream) => {
                let mut connection = Connection::new(stream, socket, ping, max_bytes);
                let ended = connection.carry().await;
                Box::pin(connection.end(ended)).await;
            }
            Err(error) => tracing::debug!(socket = %socket.id(), %error, "no websocket"),
        }
        drop(alive);
    });
    response
}
