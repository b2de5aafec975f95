//! The same client over BOSH on HTTPS.

use bytes::Bytes;
use example_support::{Clock, secure_random};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Uri, header::CONTENT_TYPE};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::task::JoinSet;
use tokio_rustls::rustls;
use xmpp_bosh::{Client, ClientEvent};
use xmpp_core::stream::{Channel, ClientSession, Session as _};

use crate::{
    Error,
    client::{self, Outcome},
};

type Http = HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Logs in at the server on this port.
pub(crate) async fn run(
    port: u16,
    tls: rustls::ClientConfig,
    authzid: &str,
    clock: Clock,
) -> Result<Outcome, Error> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_only()
        .enable_http1()
        .build();
    let http = HttpClient::builder(TokioExecutor::new()).build(connector);
    let url: Uri = format!("https://localhost:{port}/http-bind").parse()?;
    match talk(&http, &url, authzid, clock).await {
        Ok(outcome) => Ok(outcome),
        Err(error) => client::alert(&*error)
            .map(Outcome::CertificateRefused)
            .ok_or(error),
    }
}

async fn talk(http: &Http, url: &Uri, authzid: &str, clock: Clock) -> Result<Outcome, Error> {
    // HTTPS is there from the first byte: nothing has to be started.
    let config = client::config(authzid)?;
    let mut session = ClientSession::new(
        config,
        Channel::tls(),
        clock.now(),
        Box::new(secure_random()),
    );
    let mut bosh = Client::new(
        xmpp_bosh::ClientConfig::default(),
        Box::new(secure_random()),
    );
    let mut under_way = JoinSet::new();
    let mut outcome = None;
    let mut over = false;
    loop {
        loop {
            bosh.pump(clock.now(), &mut session);
            if let Some(event) = session.poll_event() {
                let became = client::handle(&mut session, event, clock);
                outcome = outcome.or(became);
            } else if let Some(event) = bosh.poll_event() {
                if let ClientEvent::Closed(_) = event {
                    over = true;
                    bosh.pump(clock.now(), &mut session);
                    session.handle_eof(clock.now());
                }
            } else {
                break;
            }
        }
        if over {
            return outcome.unwrap_or_else(|| Err("the session ended without a word".into()));
        }
        while let Some(request) = bosh.poll_request() {
            let answer = post(http.clone(), url.clone(), request.body);
            under_way.spawn(async move { (request.id, answer.await) });
        }
        let timeout = [bosh.poll_timeout(), session.poll_timeout()];
        tokio::select! {
            Some(done) = under_way.join_next() => {
                let (id, answer) = done?;
                // A program for others would try again (`Client::handle_lost`); here it would hide what is to be seen.
                let (status, body) = answer?;
                bosh.handle_response(clock.now(), id, status, &body);
            }
            () = clock.sleep_until(timeout.into_iter().flatten().min()) => {
                bosh.handle_timeout(clock.now());
                session.handle_timeout(clock.now());
            }
        }
    }
}

async fn post(http: Http, url: Uri, body: String) -> Result<(u16, Bytes), Error> {
    let request = Request::post(url)
        .header(CONTENT_TYPE, "text/xml; charset=utf-8")
        .body(Full::from(body))?;
    let response = http.request(request).await?;
    let status = response.status().as_u16();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
