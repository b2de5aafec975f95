//! A small HTTP client: one connection, one request at a time.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use xmpp_core::xml::Element;

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// One request on a connection of its own; `Host` is the address, unless `headers` have another.
///
/// # Errors
///
/// When there is no connection, or it ends before the answer is complete.
pub async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).expect("a method"))
        .uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header(header::HOST, address.to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    connection.abort();
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap_or_default(),
    })
}

pub async fn get(address: SocketAddr, path: &str) -> Answer {
    super::soon(path, request(address, "GET", path, &[], ""))
        .await
        .expect("an answer")
}

pub async fn post(address: SocketAddr, path: &str, body: impl Into<Bytes>) -> Answer {
    super::soon(path, request(address, "POST", path, &[], body))
        .await
        .expect("an answer")
}

/// A GET with these headers.
pub async fn ask(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Answer {
    super::soon(path, request(address, "GET", path, headers, ""))
        .await
        .expect("an answer")
}

/// A POST to the BOSH service with these headers.
pub async fn post_bosh(address: SocketAddr, headers: &[(&str, &str)], body: &str) -> Answer {
    super::soon(
        body,
        request(address, "POST", "/http-bind", headers, body.to_owned()),
    )
    .await
    .expect("an answer")
}

/// The body that asks for a session.
pub fn creation(domain: &str) -> String {
    format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1000' to='{domain}' ver='1.6' wait='1' hold='1' \
         xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>"
    )
}

/// The body of an answer.
pub fn body(answer: &Answer) -> Element {
    Element::parse(&answer.body).expect("a body")
}
