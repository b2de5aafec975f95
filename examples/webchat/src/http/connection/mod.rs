//! One connection of HTTP/1.1: requests of BOSH are read and answered here, all others by hyper.
//!
//! There is a BOSH request for every message to everybody, and one waits here for every client that is there. hyper keeps
//! 16 KiB of buffers for a request that waits, and took a third of the CPU time of a busy room (`docs/performance.md`).
//! What BOSH clients send is framed in one way, a POST with its length, and that is all that is read here. For
//! other requests hyper is lent the connection, or given it for good where it is not clear from the head where the request ends.

mod answer;
mod by_hyper;
#[cfg(test)]
mod framing;
mod head;
mod patience;
mod prefixed;
mod stall;
#[cfg(test)]
mod tests;

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::http::StatusCode;
use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    sync::{OwnedSemaphorePermit, mpsc, watch},
    time::timeout,
};

pub(super) use self::by_hyper::{Stream, Unwrap};
use self::{
    answer::Answer,
    by_hyper::Serving,
    head::{Head, MAX_HEAD, Post},
    patience::Patience,
    stall::StallGuard,
};
use super::{
    Front, Neighbour,
    bosh::{self, READ_TIMEOUT},
    fate::Fate,
    front::BoshRequest,
    origin::Origin,
};
use crate::logs::Shown;

/// Time within which the head of a request must have arrived, behind the request before.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// A client that takes nothing of its answer for so long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for the end of a connection to be said.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The most that is read at a time.
const CHUNK: usize = 4 * 1024;

/// One connection's place among those that are allowed, and its part in keeping the server from having stopped. A
/// WebSocket's task holds it on: it outlives the HTTP connection it came from.
#[derive(Clone, Debug)]
pub(crate) struct Alive(
    #[expect(dead_code, reason = "it is its drop that counts")]
    Arc<(OwnedSemaphorePermit, mpsc::Sender<()>)>,
);

impl Alive {
    pub(crate) fn new(place: OwnedSemaphorePermit, server: mpsc::Sender<()>) -> Self {
        Self(Arc::new((place, server)))
    }
}

/// Serves one connection until it ends.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    neighbour: Neighbour,
    front: Arc<Front>,
    mut stopped: watch::Receiver<bool>,
    alive: Alive,
) {
    let address = neighbour.address;
    let serving = Serving {
        neighbour: Arc::new(neighbour),
        front,
        alive,
    };
    let mut connection = Connection::new(stream, stopped.clone());
    let mut stop = pin!(async move {
        // An error means that the server is gone altogether.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    });
    let ended = loop {
        let served = match connection.next(stop.as_mut()).await {
            Err(ended) => Err(ended),
            Ok(Head::Post(mut post)) => {
                let path = String::from_utf8_lossy(&connection.input[post.path.clone()]);
                let asked = serving.front.bosh(
                    &serving.neighbour,
                    // Not kept while the request waits.
                    &mut std::mem::take(&mut post.fields),
                    &path,
                );
                match asked.filter(|asked| post.body <= asked.site.max_body) {
                    Some(asked) => connection.exchange(&serving.front, asked, &post).await,
                    None => break connection.give_away(serving.clone()).await,
                }
            }
            Ok(Head::Bare(len)) => {
                let served;
                (connection, served) = connection.lend(len, serving.clone()).await;
                served
            }
            Ok(Head::Partial | Head::Other) => {
                break connection.give_away(serving.clone()).await;
            }
        };
        if let Err(ended) = served {
            connection.close().await;
            break ended;
        }
    };
    tracing::debug!(reason = %ended, neighbour = %Shown(address), "connection ended");
}

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("closed by the client")]
    Eof,
    #[error("the connection was lost: {0}")]
    Lost(#[from] io::Error),
    #[error("no further request came in time")]
    Silent,
    #[error("it was to be closed behind its last answer")]
    Answered,
    #[error("hyper had it to the end, or it has become a WebSocket")]
    GivenAway,
    #[error("the server is going down")]
    Stopped,
    #[error("hyper: {0}")]
    Hyper(#[from] hyper::Error),
}

struct Connection<S> {
    stream: StallGuard<S>,
    /// What was read and belongs to no request yet.
    input: Vec<u8>,
    patience: Patience,
    stopped: watch::Receiver<bool>,
}

impl<S> Connection<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    fn new(stream: S, stopped: watch::Receiver<bool>) -> Self {
        Self {
            stream: StallGuard::new(stream, WRITE_TIMEOUT),
            input: Vec::new(),
            patience: Patience::new(HEAD_TIMEOUT),
            stopped,
        }
    }

    /// The head of the next request.
    async fn next(&mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> Result<Head, Ended> {
        self.patience.renew(HEAD_TIMEOUT);
        // What has no end is looked at once, and then at the latest when it is too much.
        let mut looked_at = 0;
        loop {
            if is_worth_reading(&self.input, looked_at) {
                match head::read(&self.input) {
                    Head::Partial => {}
                    head => return Ok(head),
                }
            }
            looked_at = self.input.len();
            let is_idle = self.input.is_empty();
            poll_fn(|cx| {
                if let Poll::Ready(filled) = self.poll_fill(cx) {
                    return Poll::Ready(filled);
                }
                // Whoever has begun a request is heard.
                if is_idle && stop.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Err(Ended::Stopped));
                }
                self.patience.poll(cx).map(|()| Err(Ended::Silent))
            })
            .await?;
        }
    }

    /// Reads a BOSH request and answers it when the hub says so.
    async fn exchange(
        &mut self,
        front: &Front,
        BoshRequest { site, peer, origin }: BoshRequest<'_>,
        post: &Post,
    ) -> Result<(), Ended> {
        let whole = post.head + post.body;
        self.patience.renew(READ_TIMEOUT);
        while self.input.len() < whole {
            let filled = poll_fn(|cx| match self.poll_fill(cx) {
                Poll::Pending => self.patience.poll(cx).map(|()| Err(Ended::Silent)),
                filled @ Poll::Ready(_) => filled,
            });
            match filled.await {
                Err(Ended::Silent) => {
                    self.answer(front, &origin, bosh::LATE.into(), true).await?;
                    return Err(Ended::Silent);
                }
                filled => filled?,
            }
        }
        let next = self.input.split_off(whole);
        let body = Bytes::from(std::mem::replace(&mut self.input, next)).slice(post.head..);
        let id = site.hub.next_request();
        let mut fate = Fate::new(id, site.hub.clone());
        let said = {
            let mut answer = pin!(site.hub.request(id, peer, body));
            poll_fn(|cx| match answer.as_mut().poll(cx) {
                Poll::Pending => self.poll_gone(cx).map(Err),
                Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            })
            .await?
        };
        let close = post.close || *self.stopped.borrow();
        match said {
            Some(response) if response.close => {
                // BOSH 14.1
                front.count_bosh(bosh::status(&response));
                fate.written();
                Err(Ended::Answered)
            }
            Some(response) => {
                let said = Said {
                    status: bosh::status(&response),
                    content_type: &response.content_type,
                    body: &response.body,
                };
                self.answer(front, &origin, said, close).await?;
                fate.written();
                if close { Err(Ended::Answered) } else { Ok(()) }
            }
            None => {
                self.answer(front, &origin, bosh::GOING_DOWN.into(), true)
                    .await?;
                Err(Ended::Stopped)
            }
        }
    }

    /// Sends an answer.
    async fn answer(
        &mut self,
        front: &Front,
        origin: &Origin,
        said: Said<'_>,
        close: bool,
    ) -> Result<(), Ended> {
        let answer = Answer {
            status: said.status,
            content_type: said.content_type,
            origin,
            body: said.body.as_bytes(),
            close,
        };
        let bytes = answer.write(front.now());
        front.count_bosh(said.status);
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Ready when the client is gone. What it says meanwhile is kept for later, as far as that is a head at most: then its
    /// end is not noticed before its answer is.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        while self.input.len() < MAX_HEAD {
            match ready!(self.poll_fill(cx)) {
                Ok(()) => {}
                Err(ended) => return Poll::Ready(ended),
            }
        }
        Poll::Pending
    }

    /// Reads some more. There is no buffer while nothing comes.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        let mut space = [MaybeUninit::uninit(); CHUNK];
        let mut read = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        if read.filled().is_empty() {
            return Poll::Ready(Err(Ended::Eof));
        }
        self.input.extend_from_slice(read.filled());
        Poll::Ready(Ok(()))
    }

    /// Has hyper answer a request that has no body.
    async fn lend(mut self, len: usize, serving: Serving) -> (Self, Result<(), Ended>) {
        let next = self.input.split_off(len);
        let head = std::mem::replace(&mut self.input, next);
        // Boxed, as all that hyper does: most connections should not have the room for it.
        let (stream, lent) = Box::pin(by_hyper::lend(head, self.stream, serving)).await;
        let served = match lent {
            Ok(true) => Ok(()),
            Ok(false) => Err(Ended::Answered),
            Err(error) => Err(error.into()),
        };
        (Self { stream, ..self }, served)
    }

    /// Leaves the rest of the connection to hyper.
    async fn give_away(self, serving: Serving) -> Ended {
        let kept = by_hyper::keep(self.input, self.stream, serving, self.stopped);
        match Box::pin(kept).await {
            Ok(()) => Ended::GivenAway,
            Err(error) => error.into(),
        }
    }

    /// Says the end, where that is still heard.
    async fn close(&mut self) {
        // Whether it can be said or not, it is the end.
        let _ = timeout(CLOSE_TIMEOUT, self.stream.shutdown()).await;
    }
}

/// Whether a head may have ended behind the `looked_at` bytes where it had not, so that one which comes byte by byte costs
/// no more than its length.
fn is_worth_reading(input: &[u8], looked_at: usize) -> bool {
    let new = &input[looked_at.saturating_sub(3).min(input.len())..];
    match looked_at {
        0 => !input.is_empty(),
        _ if input.len() >= MAX_HEAD => true,
        _ => {
            new.windows(2).any(|pair| pair == b"\n\n") || new.windows(3).any(|end| end == b"\n\r\n")
        }
    }
}

/// What an answer says.
struct Said<'a> {
    status: StatusCode,
    content_type: &'a str,
    body: &'a str,
}

impl From<(StatusCode, &'static str)> for Said<'static> {
    fn from((status, body): (StatusCode, &'static str)) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body,
        }
    }
}
