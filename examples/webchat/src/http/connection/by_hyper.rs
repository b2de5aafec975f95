//! Requests that hyper reads and answers, and the connections that become something else behind them.

use std::{convert::Infallible, future::poll_fn, pin::pin, sync::Arc};

use axum::{
    body::Body,
    http::{Request, Response},
};
use futures_util::future::BoxFuture;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::Upgraded};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};

use super::{Alive, HEAD_TIMEOUT, prefixed::Prefixed};
use crate::http::{Front, Neighbour};

/// Read buffer of a connection; requests of web clients are small, and there are many connections.
const BUFFER: usize = super::head::MAX_HEAD;

/// What its answers need to know of a connection.
#[derive(Clone, Debug)]
pub(super) struct Serving {
    pub(super) neighbour: Arc<Neighbour>,
    pub(super) front: Arc<Front>,
    pub(super) alive: Alive,
}

/// A connection that has become something else: a stream, and what was read of it already.
pub(crate) struct Bare {
    pub(crate) read: Vec<u8>,
    pub(crate) stream: Box<dyn Stream>,
}

/// A stream of bytes both ways.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Takes hyper's wrapping off a connection: an extension of requests that may ask for an upgrade. There are many such
/// connections, and each write would pass through all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unwrap(fn(Upgraded) -> Bare);

impl Unwrap {
    fn of<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>() -> Self {
        Self(
            |upgraded| match upgraded.downcast::<TokioIo<Prefixed<S>>>() {
                Ok(parts) => {
                    let (stream, rest) = parts.io.into_inner().into_inner();
                    let read = [&*parts.read_buf, &*rest].concat();
                    let stream = Box::new(stream);
                    Bare { read, stream }
                }
                Err(upgraded) => Bare {
                    read: Vec::new(),
                    stream: Box::new(TokioIo::new(upgraded)),
                },
            },
        )
    }

    /// The connection that hyper had.
    pub(crate) fn bare(self, upgraded: Upgraded) -> Bare {
        self.0(upgraded)
    }
}

impl Serving {
    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
        let Self {
            neighbour,
            front,
            alive,
        } = self.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(alive);
        Box::pin(async move { Ok(front.answer(&neighbour, request).await) })
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER);
    builder
}

/// Serves a connection until it ends, from the request on that begins with `read`.
pub(super) async fn keep<S>(
    read: Vec<u8>,
    stream: S,
    serving: Serving,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Unwrap::of::<S>());
        serving.answer(request)
    });
    let stream = TokioIo::new(Prefixed::new(read, stream));
    let mut connection = pin!(builder().serve_connection(stream, service).with_upgrades());
    let stop = async move {
        // An error means that the server is gone altogether.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    tokio::select! {
        // First of all hyper takes what was read: told to stop before, it would not answer it.
        biased;
        ended = connection.as_mut() => ended,
        () = stop => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

/// Serves one request without a body, whose head is `head`, and gives the stream back behind the answer: whether it may
/// serve another.
///
/// hyper finds the end of the stream behind the head, as if the client had nothing more to say. It answers what was
/// asked, and leaves the stream open.
pub(super) async fn lend<S>(
    head: Vec<u8>,
    stream: S,
    serving: Serving,
) -> (S, Result<bool, hyper::Error>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| serving.answer(request));
    let stream = TokioIo::new(Prefixed::lent(head, stream));
    let mut connection = builder().half_close(true).serve_connection(stream, service);
    let served = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let parts = connection.into_parts();
    let (stream, rest) = parts.io.into_inner().into_inner();
    let all = rest.is_empty() && parts.read_buf.is_empty();
    (stream, served.map(|()| all))
}
