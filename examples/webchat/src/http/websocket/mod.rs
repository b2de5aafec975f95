//! `GET /xmpp-websocket`: XMPP over WebSocket (RFC 7395). The messages go to the hub as they come; what they hold is
//! the business of the crates.

mod connection;
mod incoming;
mod woken;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};

use self::connection::Connection;
use super::{
    Alive, Site, files,
    origin::{self, Origin},
};
use crate::hub::Peer;

/// Read buffer of a socket. The WebSocket library has it zeroed before every attempt to read, and holds it as long as the
/// socket is open; of its default, 128 KiB, a chat's messages fill less than one. A larger message gets room of its own.
const BUFFER: usize = 2 * 1024;

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
        // It keeps what it needed once: a full room's presences at the join.
        .write_buffer_size(2 * BUFFER)
        // Between the limit and twice as much the client is told in XMPP (BOSH 15.17), beyond it by the close code.
        .max_message_size(site.max_body.saturating_mul(2))
        .max_frame_size(site.max_body.saturating_mul(2))
        .on_upgrade(move |stream| async move {
            Connection::new(stream, socket, ping, max_bytes).run().await;
            drop(alive);
        })
}
