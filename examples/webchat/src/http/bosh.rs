//! `POST /http-bind`: BOSH requests (XEP-0124), handed to the hub and answered when it says so.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Method, Request, Response, StatusCode, header},
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{
    Peer, Site,
    fate::{Fate, FollowedBody},
    files,
    origin::{self, Origin},
};

/// Time within which a request must have arrived whole.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Every method of `/http-bind`.
pub(super) async fn bind(State(site): State<Arc<Site>>, request: Request<Body>) -> Response<Body> {
    let origin = Origin::of(request.headers(), &site.cors_origins);
    match *request.method() {
        Method::POST if origin == Origin::Foreign => {
            files::text(StatusCode::FORBIDDEN, origin::REFUSAL)
        }
        Method::POST => {
            let mut response = post(&site, request).await;
            origin.allow(response.headers_mut());
            response
        }
        Method::OPTIONS => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            let headers = response.headers_mut();
            headers.insert(header::ALLOW, ALLOWED);
            origin.allow_preflight(headers);
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
    let peer = request.extensions().get::<Peer>().copied();
    let Some(Peer(address)) = peer else {
        return files::text(StatusCode::INTERNAL_SERVER_ERROR, "No peer address.\n");
    };
    // The Content-Type that a client sends says nothing (BOSH 1.4).
    let body = match read(request.into_body(), site.max_body).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => return answer(site.hub.oversized_answer(), None),
        Err(Unread::Late) => {
            return files::text(
                StatusCode::REQUEST_TIMEOUT,
                "The request came too slowly.\n",
            );
        }
        Err(Unread::Broken) => {
            return files::text(StatusCode::BAD_REQUEST, "The request broke off.\n");
        }
    };
    let id = site.hub.next_request();
    let fate = Fate::new(id, site.hub.clone());
    match site.hub.request(id, address, body).await {
        Some(reply) => answer(reply, Some(fate)),
        None => files::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "The server is going down.\n",
        ),
    }
}

fn answer(reply: crate::driver::Reply, fate: Option<Fate>) -> Response<Body> {
    let content = Bytes::from(reply.body);
    let body = match fate {
        Some(fate) => Body::new(FollowedBody::new(content, fate)),
        None => Body::from(content),
    };
    Response::builder()
        .status(reply.status)
        // BOSH 1.5
        .header(header::CONTENT_TYPE, "text/xml; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(body)
        .unwrap_or_else(|_| files::text(StatusCode::INTERNAL_SERVER_ERROR, "No such status.\n"))
}

enum Unread {
    TooLarge,
    Late,
    Broken,
}

/// The request's body, never more than `limit` bytes of it.
async fn read(body: Body, limit: usize) -> Result<Bytes, Unread> {
    let collect = Limited::new(body, limit).collect();
    match tokio::time::timeout(READ_TIMEOUT, collect).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::Late),
    }
}
