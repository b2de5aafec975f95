//! The HTTP side: from a request to the site it is for, the routes of a site, the headers every answer carries.

mod bosh;
mod connection;
mod converse;
mod fate;
mod files;
mod forwarded;
mod front;
mod host_meta;
mod origin;
mod page;
mod places;
mod range;
mod upload;
mod websocket;

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, StatusCode},
    middleware,
    routing::get,
};

pub(crate) use self::{
    connection::{Alive, serve},
    front::{Front, Neighbour},
    upload::Uploads,
};
use crate::{
    driver::HubHandle,
    options::{HostSettings, PublicUrl},
};

/// Where the BOSH service is, below the chat's root.
const BOSH: &str = "http-bind";
/// Where the WebSocket service is.
const WEBSOCKET: &str = "xmpp-websocket";

/// What the handlers of one domain share.
#[derive(Debug)]
pub(crate) struct Site {
    domain: String,
    muc: String,
    default_channel: String,
    /// Where browsers find it, if that is known.
    public_url: Option<PublicUrl>,
    cors_origins: HashSet<String>,
    max_body: usize,
    ping: std::time::Duration,
    /// Where files are uploaded to, if they are.
    uploads: Option<Uploads>,
    /// How users of a site come in, if they do.
    sign_on: Option<PublicSignOn>,
    /// The authorities that are believed who its users are.
    client_ca: Option<PathBuf>,
    hub: HubHandle,
}

/// What pages need to know of single sign-on.
#[derive(Debug, serde::Serialize)]
struct PublicSignOn {
    login_url: Option<String>,
    credentials_url: Option<String>,
    /// Whose pages may be asked by the page of Converse.js.
    #[serde(skip)]
    credentials_origin: Option<String>,
    /// Whether anonymous visitors are let in as well.
    anonymous: bool,
}

impl Site {
    /// The site that `settings` describe, with `hub` behind it.
    pub(crate) fn new(settings: &HostSettings, uploads: Option<Uploads>, hub: HubHandle) -> Self {
        Self {
            domain: settings.domain.clone(),
            muc: settings.muc_domain(),
            default_channel: settings.default_channel.clone(),
            public_url: settings.public_url.clone(),
            cors_origins: settings.cors_origins.clone(),
            max_body: settings.limits.stanza_bytes,
            ping: settings.timing.websocket_ping,
            uploads,
            sign_on: settings.sign_on.as_ref().map(|on| PublicSignOn {
                login_url: on.login_url.clone(),
                credentials_url: on.credentials_url.as_ref().map(ToString::to_string),
                credentials_origin: on.credentials_origin(),
                anonymous: on.anonymous,
            }),
            client_ca: settings.client_ca().map(Into::into),
            hub,
        }
    }
}

/// The site of one domain and everything that it serves but BOSH, which [`Front`] gives to its handler itself. Requests
/// carry their [`Peer`](crate::hub::Peer) as an extension; their path has no prefix.
pub(crate) fn site(
    settings: &HostSettings,
    uploads: Option<Uploads>,
    hub: HubHandle,
) -> (Arc<Site>, Router) {
    let site = Arc::new(Site::new(settings, uploads, hub));
    let router = Router::new()
        .route("/", get(page::index))
        .route("/room/{room}", get(page::room))
        .route("/room/{room}/", get(page::room_folder))
        .route("/admin", get(page::admin))
        .route("/admin/xmpp-websocket", get(websocket::upgrade_admin))
        .route("/config.json", get(page::config))
        .route("/xmpp-websocket", get(websocket::upgrade))
        .route("/healthz", get(healthz))
        .merge(host_meta::routes())
        .merge(upload::routes())
        .merge(converse::routes(settings.converse.as_deref()))
        .fallback(page::asset)
        .layer(middleware::map_response(files::careful))
        .with_state(site.clone());
    (site, router)
}

/// For whoever watches the program: whether the hub is at work.
async fn healthz(State(site): State<Arc<Site>>) -> Response<Body> {
    if site.hub.is_alive() {
        files::text(StatusCode::OK, "ok\n")
    } else {
        files::text(StatusCode::SERVICE_UNAVAILABLE, "the hub has stopped\n")
    }
}
