//! XMPP over BOSH: a session in the bodies of HTTP requests (XEP-0124, XEP-0206).

use std::collections::HashMap;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Uri, header::CONTENT_TYPE};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client as HttpClient, connect::HttpConnector};
use tokio::task::{AbortHandle, JoinSet};
use xmpp_bosh::{ClientConfig, ClientEvent};
use xmpp_core::stream::{ClientSession, Session as _};

use crate::{
    client::{Client, End},
    secure_random,
};

/// An HTTP client that speaks TLS where the URL says `https`.
pub(crate) type Http = HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// What a response may have at most: many stanzas, each within the parser's own limits.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;

/// Why a request or its answer was lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the URL makes no request: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("no answer: {0:?}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    #[error("the answer broke off: {0}")]
    Body(#[from] Box<dyn std::error::Error + Send + Sync>),
}

impl HttpError {
    fn is_connect(&self) -> bool {
        matches!(self, Self::Connection(error) if error.is_connect())
    }
}

/// Runs a session by requests to `url` until it ends.
pub(crate) async fn run(
    http: &Http,
    url: &Uri,
    mut session: ClientSession,
    mut client: Client<'_>,
) -> Result<End, HttpError> {
    let mut bosh = xmpp_bosh::Client::new(ClientConfig::default(), Box::new(secure_random()));
    let mut under_way = JoinSet::new();
    let mut attempts = HashMap::<_, AbortHandle>::new();
    let mut over = false;
    loop {
        // Events first, because answering them makes more to send …
        loop {
            bosh.pump(client.now(), &mut session);
            if let Some(event) = session.poll_event() {
                client.handle(&mut session, event).await;
            } else if let Some(event) = bosh.poll_event() {
                tracing::debug!(?event, "BOSH");
                if let ClientEvent::Closed(_) = event {
                    over = true;
                    bosh.pump(client.now(), &mut session);
                    session.handle_eof(client.now());
                }
            } else {
                break;
            }
        }
        // … then requests, each in a task of its own …
        while let Some(request) = bosh.poll_request() {
            if let Some(replaced) = request.replaces.and_then(|id| attempts.remove(&id)) {
                replaced.abort();
            }
            let answer = post(http.clone(), url.clone(), request.body);
            let id = request.id;
            attempts.insert(id, under_way.spawn(async move { (id, answer.await) }));
        }
        if over {
            return Ok(client.end());
        }
        // … then whatever happens next.
        let timeout = [bosh.poll_timeout(), session.poll_timeout()];
        tokio::select! {
            Some(done) = under_way.join_next() => {
                // An aborted attempt is reported by the one that replaces it.
                let Ok((id, answer)) = done else { continue };
                attempts.remove(&id);
                match answer {
                    Ok((status, body)) => bosh.handle_response(client.now(), id, status, &body),
                    // Nobody is there, or it is not who it should be.
                    Err(error) if error.is_connect() && bosh.sid().is_none() => return Err(error),
                    Err(error) => {
                        tracing::debug!(%error, "a request was lost");
                        bosh.handle_lost(client.now(), id);
                    }
                }
            }
            () = client.clock.sleep_until(timeout.into_iter().flatten().min()) => {
                bosh.handle_timeout(client.now());
                session.handle_timeout(client.now());
            }
            () = client.stopped() => client.leave(&mut session),
        }
    }
}

/// Makes one request; its answer counts only when it is complete.
async fn post(http: Http, url: Uri, body: String) -> Result<(u16, Bytes), HttpError> {
    let request = Request::post(url)
        .header(CONTENT_TYPE, "text/xml; charset=utf-8")
        .body(Full::from(body))?;
    let response = http.request(request).await?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), MAX_RESPONSE)
        .collect()
        .await?;
    Ok((status, body.to_bytes()))
}
