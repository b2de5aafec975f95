//! The HTTP connections of one BOSH session.

use std::cell::RefCell;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request,
    client::conn::http1::{SendRequest, handshake},
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;

use crate::target::Target;

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("no connection: {0}")]
    Connect(#[from] std::io::Error),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("no request: {0}")]
    Request(#[from] hyper::http::Error),
}

/// Keeps connections open for the next request, as browsers do.
pub(super) struct Connections<'a> {
    target: &'a Target,
    idle: RefCell<Vec<SendRequest<Full<Bytes>>>>,
}

impl<'a> Connections<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self {
            target,
            idle: RefCell::default(),
        }
    }

    /// Makes one request; its answer counts only when it is complete.
    pub(super) async fn post(&self, body: String) -> Result<(u16, Bytes), HttpError> {
        let mut connection = self.connection().await?;
        let request = Request::post(&*self.target.path)
            .header(HOST, &*self.target.host)
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .body(Full::from(body))?;
        let response = connection.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        self.idle.borrow_mut().push(connection);
        Ok((status, body))
    }

    /// One that is open and free, or a new one.
    async fn connection(&self) -> Result<SendRequest<Full<Bytes>>, HttpError> {
        loop {
            let idle = self.idle.borrow_mut().pop();
            let Some(mut connection) = idle else { break };
            // The server may have closed it meanwhile.
            if connection.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        let stream = TokioIo::new(self.target.connect().await?);
        let (connection, driver) = handshake(stream).await?;
        // What it ends with is told to the request that it carries.
        tokio::task::spawn_local(driver);
        Ok(connection)
    }
}
