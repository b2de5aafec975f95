//! `/.well-known/host-meta` and `.json` (XEP-0156 1.4): where clients that know only the domain find its BOSH and
//! WebSocket services.
//!
//! Only https and wss links are allowed there, so that there is no document at all without a public URL by https.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    routing::get,
};
use serde_json::json;

use super::{Site, files};
use crate::options::PublicUrl;

const BOSH: &str = "urn:xmpp:alt-connections:xbosh";
const WEBSOCKET: &str = "urn:xmpp:alt-connections:websocket";

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/.well-known/host-meta", get(xrd))
        .route("/.well-known/host-meta.json", get(json))
}

async fn xrd(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response<Body> {
    answer(&site, &headers, "application/xrd+xml", |links| {
        let links = links.map(|(rel, href)| format!("  <Link rel=\"{rel}\" href=\"{href}\"/>\n"));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n{}</XRD>\n",
            links.concat()
        )
    })
}

async fn json(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response<Body> {
    answer(&site, &headers, "application/json", |links| {
        let links = links.map(|(rel, href)| json!({ "rel": rel, "href": href }));
        json!({ "links": links }).to_string()
    })
}

fn answer(
    site: &Site,
    headers: &HeaderMap,
    content_type: &'static str,
    write: impl FnOnce([(&'static str, String); 2]) -> String,
) -> Response<Body> {
    let mut response = match site.public_url.as_ref().filter(|url| url.is_https()) {
        Some(url) => {
            let document = write(links(url));
            let tag = files::etag(document.as_bytes());
            files::file(headers, content_type, &tag, document)
        }
        None => files::text(
            StatusCode::NOT_FOUND,
            "There is no host-meta: it may hold https and wss links only, and the server's operator has given no \
             https address with --public-url.\n",
        ),
    };
    // XEP-0156 §3: clients in browsers ask from any page.
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}

/// A public URL holds nothing that XML or JSON would escape.
fn links(url: &PublicUrl) -> [(&'static str, String); 2] {
    [
        (BOSH, url.join(super::BOSH)),
        (WEBSOCKET, url.join_websocket(super::WEBSOCKET)),
    ]
}
