//! The question to a site: whose is this token? (RFC 7662, token introspection.)

use std::{fmt, sync::Arc, time::Duration};

use axum::http::{Request, StatusCode, Uri, header};
use bytes::Bytes;
use example_support::percent_encode;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Deserialize;
use tokio::time::timeout;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{hub::Checked, options::TokenCheck};

/// What an answer may have at most: it holds a name, and perhaps more that nobody here reads.
const MAX_ANSWER: usize = 16 * 1024;

/// Asks one site. It follows no redirects, and never says a token in the log.
pub(crate) struct SiteCheck {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
    /// The domain that the token has to be for.
    domain: String,
    timeout: Duration,
}

/// What counts of the answer.
#[derive(Debug, Deserialize)]
struct Answer {
    active: bool,
    sub: Option<String>,
}

/// Why the site said nothing.
#[derive(Debug, thiserror::Error)]
enum Silence {
    #[error("no answer in time")]
    Late,
    #[error("no answer: {0}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    #[error("the answer broke off or is too large: {0}")]
    Body(#[from] Box<dyn std::error::Error + Send + Sync>),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("the answer is not as RFC 7662 has it")]
    Nonsense,
    #[error("the URL makes no request: {0}")]
    Request(#[from] axum::http::Error),
}

impl SiteCheck {
    /// Asks as `check` says whose tokens for `domain` are.
    pub(crate) fn new(check: &TokenCheck, domain: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        Self {
            http: Client::builder(TokioExecutor::new()).build(connector),
            url: check.url.clone(),
            domain: domain.to_owned(),
            timeout: check.timeout,
        }
    }

    /// What the site says of `token`. It takes no longer than the site has time.
    pub(crate) async fn ask(&self, token: &str) -> Checked {
        let asked = timeout(self.timeout, self.post(token)).await;
        let answer = match asked.unwrap_or(Err(Silence::Late)) {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(domain = self.domain, %error, "the site does not say whose a token is");
                return Checked::Unavailable;
            }
        };
        match answer {
            Answer {
                active: true,
                sub: Some(subject),
            } => Checked::Good { subject },
            Answer { active: false, .. } => Checked::Refused,
            Answer { sub: None, .. } => {
                tracing::warn!(
                    domain = self.domain,
                    "the site calls a token good and does not say whose it is"
                );
                Checked::Unavailable
            }
        }
    }

    async fn post(&self, token: &str) -> Result<Answer, Silence> {
        let form = form(token, &self.domain);
        let request = Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(Full::from(form))?;
        let response = self.http.request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(Silence::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await?;
        serde_json::from_slice(&body.to_bytes()).map_err(|_| Silence::Nonsense)
    }
}

impl fmt::Debug for SiteCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteCheck")
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// The question, as `application/x-www-form-urlencoded`.
fn form(token: &str, domain: &str) -> String {
    let mut form = String::from("token=");
    percent_encode(token, &mut form);
    form.push_str("&domain=");
    percent_encode(domain, &mut form);
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_token_holds_it_is_one_value() {
        let form = form("a+b/c=&domain=x y ü~", "chat.example");
        let token = "a%2Bb%2Fc%3D%26domain%3Dx%20y%20%C3%BC~";
        assert_eq!(form, format!("token={token}&domain=chat.example"));
    }
}
