//! The HTTP side: routes and the headers every answer carries.

mod bosh;
mod converse;
mod fate;
mod files;
mod origin;
mod page;
mod websocket;

use std::{collections::HashSet, net::IpAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, Response, StatusCode},
    middleware,
    routing::{any, get},
};

use crate::{driver::HubHandle, options::HostSettings};

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Site {
    domain: String,
    muc: String,
    default_channel: String,
    cors_origins: HashSet<String>,
    max_body: usize,
    ping: std::time::Duration,
    hub: HubHandle,
}

impl Site {
    /// The site that `settings` describe, with `hub` behind it.
    pub(crate) fn new(settings: &HostSettings, hub: HubHandle) -> Self {
        Self {
            domain: settings.domain.clone(),
            muc: settings.muc_domain(),
            default_channel: settings.default_channel.clone(),
            cors_origins: settings.cors_origins.clone(),
            max_body: settings.limits.stanza_bytes,
            ping: settings.timing.websocket_ping,
            hub,
        }
    }
}

/// Everything that is served. Requests carry their [`Peer`] as an extension.
pub(crate) fn router(settings: &HostSettings, hub: HubHandle) -> Router {
    let site = Arc::new(Site::new(settings, hub));
    Router::new()
        .route("/", get(page::index))
        .route("/room/{room}", get(page::room))
        .route("/config.json", get(page::config))
        .route("/http-bind", any(bosh::bind))
        .route("/http-bind/", any(bosh::bind))
        .route("/xmpp-websocket", get(websocket::upgrade))
        .route("/healthz", get(healthz))
        .merge(converse::routes(settings.converse.as_deref()))
        .fallback(page::asset)
        .layer(middleware::map_response(files::careful))
        .with_state(site)
}

/// For whoever watches the program: whether the hub is at work.
async fn healthz(State(site): State<Arc<Site>>) -> Response<Body> {
    if site.hub.is_alive() {
        files::text(StatusCode::OK, "ok\n")
    } else {
        files::text(StatusCode::SERVICE_UNAVAILABLE, "the hub has stopped\n")
    }
}

/// A request as hyper gives it, ready for the router.
pub(crate) fn with_peer<B>(mut request: Request<B>, peer: Peer) -> Request<Body>
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    request.extensions_mut().insert(peer);
    request.map(Body::new)
}
