//! `POST /http-bind`: BOSH requests (XEP-0124), handed to the hub and answered when it says so.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use xmpp_bosh::RESPONSE_HEADERS;

use super::{
    BOSH, Site,
    fate::{Fate, FollowedBody},
    files,
    origin::{self, Origin},
};
use crate::hub::{self, Peer};

/// Time within which a request must have arrived whole.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// What is said when it has not.
pub(super) const LATE: (StatusCode, &str) = (
    StatusCode::REQUEST_TIMEOUT,
    "The request came too slowly.\n",
);
/// What is said when there is no hub any more.
pub(super) const GOING_DOWN: (StatusCode, &str) = (
    StatusCode::SERVICE_UNAVAILABLE,
    "The server is going down.\n",
);

/// Whether a path, without prefix, is that of BOSH.
///
/// These requests do not go through the router. There is one for every message to everybody, and a router that is made
/// for any handler clones and boxes its own for each request: a tenth of the CPU time of a busy room. Most do not get
/// here either: [`connection`](super::connection) answers them itself.
pub(super) fn is_bosh(path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path) == BOSH
}

/// Every method of `/http-bind`.
pub(super) async fn bind(site: &Site, request: Request<Body>) -> Response<Body> {
    let origin = Origin::of(request.headers(), site);
    match *request.method() {
        Method::POST if origin == Origin::Foreign => {
            files::text(StatusCode::FORBIDDEN, origin::REFUSAL)
        }
        Method::POST => {
            let mut response = post(site, request).await;
            origin.allow(response.headers_mut());
            response
        }
        Method::OPTIONS => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            let headers = response.headers_mut();
            headers.insert(header::ALLOW, ALLOWED);
            origin.allow_preflight(headers, "POST, OPTIONS", "content-type");
            response
        }
        _ => {
            let mut response = files::text(
                StatusCode::METHOD_NOT_ALLOWED,
                "This is a BOSH service (XEP-0124): it takes POST requests of XMPP clients.\n",
            );
            response.headers_mut().insert(header::ALLOW, ALLOWED);
            response
        }
    }
}

const ALLOWED: HeaderValue = HeaderValue::from_static("POST, OPTIONS");

async fn post(site: &Site, request: Request<Body>) -> Response<Body> {
    let Some(peer) = request.extensions().get::<Peer>().cloned() else {
        return files::text(StatusCode::INTERNAL_SERVER_ERROR, "No peer address.\n");
    };
    // The Content-Type that a client sends says nothing (BOSH 1.4).
    let body = match read(request.into_body(), site.max_body).await {
        Ok(body) => body,
        Err(Unread::Late) => return files::text(LATE.0, LATE.1),
        Err(Unread::Broken) => {
            return files::text(StatusCode::BAD_REQUEST, "The request broke off.\n");
        }
    };
    let id = site.hub.next_request();
    let fate = Fate::new(id, site.hub.clone());
    match site.hub.request(id, peer, body).await {
        Some(response) => answer(&response, fate),
        None => files::text(GOING_DOWN.0, GOING_DOWN.1),
    }
}

fn answer(response: &hub::Response, fate: Fate) -> Response<Body> {
    if response.close {
        // hyper closes the connection when the body fails. The status is only counted.
        let mut broken = Response::new(Body::new(FollowedBody::broken(fate)));
        *broken.status_mut() = status(response);
        return broken;
    }
    let body = FollowedBody::new(Bytes::copy_from_slice(response.body.as_bytes()), fate);
    let mut answer = Response::builder()
        .status(status(response))
        .header(header::CONTENT_TYPE, &*response.content_type);
    if let Some(headers) = answer.headers_mut() {
        headers.extend(constant_headers());
    }
    answer.body(Body::new(body)).unwrap_or_else(|error| {
        tracing::warn!(%error, "an answer that HTTP does not take");
        files::text(StatusCode::INTERNAL_SERVER_ERROR, "No such answer.\n")
    })
}

/// The status that the connection manager wants.
pub(super) fn status(response: &hub::Response) -> StatusCode {
    StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What every answer of the connection manager carries, beside its type, its length and what [`Origin::allow`] adds.
pub(super) fn constant_headers() -> HeaderMap {
    let mut headers: HeaderMap = RESPONSE_HEADERS
        .into_iter()
        .map(|(name, value)| {
            let name = HeaderName::try_from(name).expect("a constant of xmpp-bosh");
            (name, HeaderValue::from_static(value))
        })
        .collect();
    files::add_careful(&mut headers);
    headers
}

enum Unread {
    Late,
    Broken,
}

/// The request's body; one that is too large as far as shows that it is, for the connection manager to refuse.
async fn read(mut body: Body, limit: usize) -> Result<Bytes, Unread> {
    let read = async {
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Unread::Broken)?;
            if let Ok(data) = frame.into_data() {
                let room = (limit + 1).saturating_sub(whole.len());
                whole.extend_from_slice(&data[..data.len().min(room)]);
                if whole.len() > limit {
                    break;
                }
            }
        }
        Ok(whole.freeze())
    };
    tokio::time::timeout(READ_TIMEOUT, read)
        .await
        .unwrap_or(Err(Unread::Late))
}
