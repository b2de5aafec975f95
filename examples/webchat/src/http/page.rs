//! The page, embedded in the program, and what it needs to know.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header},
    response::IntoResponse,
};
use serde::Serialize;

use super::{PublicSignOn, Site, files, origin::Origin};

/// Path below `page/` and content of each file.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The line of `index.html` that says where its relative links start.
const BASE: &str = "<base href=\"./\">";
/// The same one level deeper.
const BASE_OF_ROOM: &str = "<base href=\"../\">";
/// The same for a link to a room with a slash behind it.
const BASE_OF_ROOM_FOLDER: &str = "<base href=\"../../\">";

/// `GET /`
pub(super) async fn index(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response<Body> {
    page(&site, &headers, "index.html", BASE)
}

/// `GET /admin`: the administration, for who has the token.
pub(super) async fn admin(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response<Body> {
    page(&site, &headers, "admin/index.html", BASE)
}

/// `GET /room/ROOM`: the same page; it reads the room from its own address.
pub(super) async fn room(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response<Body> {
    page(&site, &headers, "index.html", BASE_OF_ROOM)
}

/// `GET /room/ROOM/`
pub(super) async fn room_folder(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
) -> Response<Body> {
    page(&site, &headers, "index.html", BASE_OF_ROOM_FOLDER)
}

/// `GET /css/…`, `/js/…` and so on.
pub(super) async fn asset(method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    match find(path) {
        Some(content) if matches!(method, Method::GET | Method::HEAD) => files::file(
            &headers,
            files::content_type(path),
            &files::etag(content),
            content,
        ),
        Some(_) => {
            let mut response =
                files::text(StatusCode::METHOD_NOT_ALLOWED, "This can be read only.\n");
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        None => files::text(StatusCode::NOT_FOUND, "There is nothing here.\n"),
    }
}

/// What the page needs to know of the server.
#[derive(Debug, Serialize)]
struct Config<'a> {
    domain: &'a str,
    muc: &'a str,
    /// Relative to this file, so that all may live below a path prefix.
    bosh: &'static str,
    websocket: &'static str,
    default_channel: &'a str,
    /// How users of a site come in, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_on: Option<&'a PublicSignOn>,
}

/// `GET /config.json`
pub(super) async fn config(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response<Body> {
    let config = Config {
        domain: &site.domain,
        muc: &site.muc,
        bosh: super::BOSH,
        websocket: super::WEBSOCKET,
        default_channel: &site.default_channel,
        sign_on: site.sign_on.as_ref(),
    };
    let no_cache = [(header::CACHE_CONTROL, "no-cache")];
    let mut response = (no_cache, Json(config)).into_response();
    // Pages that may connect may ask how.
    Origin::of(&headers, &site).allow(response.headers_mut());
    response
}

fn page(site: &Site, headers: &HeaderMap, file: &str, base: &str) -> Response<Body> {
    let Some(html) = find(file).and_then(|html| std::str::from_utf8(html).ok()) else {
        return files::text(StatusCode::NOT_FOUND, "This build has no page.\n");
    };
    let html = if base == BASE {
        Cow::Borrowed(html)
    } else {
        Cow::Owned(html.replacen(BASE, base, 1))
    };
    let tag = files::etag(html.as_bytes());
    let content = match html {
        Cow::Borrowed(html) => bytes::Bytes::from_static(html.as_bytes()),
        Cow::Owned(html) => html.into(),
    };
    let mut response = files::file(headers, "text/html; charset=utf-8", &tag, content);
    // Peer text is never HTML; should that ever fail, this still runs none of it.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {}; \
         base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
        files::connect_src(headers, site.public_url.as_ref())
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn find(path: &str) -> Option<&'static [u8]> {
    FILES
        .iter()
        .find(|(name, _)| *name == path)
        .map(|(_, content)| *content)
}
