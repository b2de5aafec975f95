//! What becomes of the answer to a BOSH request: handed over to HTTP, or lost with its connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::driver::{HubHandle, RequestId};

/// Follows one request: from the moment it is read until its answer is handed over. Dropped before that (the
/// client went away while the request was held, or before the answer was taken), it reports the loss.
///
/// BOSH, point 1: lost before it was handed over, the payload is queued again; handed over, it is kept for a repeat of
/// the rid.
#[derive(Debug)]
pub(super) struct Fate {
    id: RequestId,
    hub: HubHandle,
    written: bool,
}

impl Fate {
    pub(super) fn new(id: RequestId, hub: HubHandle) -> Self {
        Self {
            id,
            hub,
            written: false,
        }
    }

    pub(super) fn written(&mut self) {
        self.written = true;
        self.hub.written(self.id);
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        if !self.written {
            self.hub.lost(self.id);
        }
    }
}

/// An answer whose fate is followed.
#[derive(Debug)]
pub(super) struct FollowedBody {
    content: Option<Result<Bytes, Broken>>,
    fate: Fate,
}

/// Makes hyper close the connection instead of answering.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection is to be closed without an answer")]
pub(super) struct Broken;

impl FollowedBody {
    pub(super) fn new(content: Bytes, fate: Fate) -> Self {
        Self {
            content: Some(Ok(content)),
            fate,
        }
    }

    /// No answer at all: the connection is closed (BOSH 14.1).
    pub(super) fn broken(fate: Fate) -> Self {
        Self {
            content: Some(Err(Broken)),
            fate,
        }
    }
}

impl Body for FollowedBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let content = self.content.take();
        if content.is_some() {
            self.fate.written();
        }
        Poll::Ready(content.map(|content| content.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_none()
    }

    /// Exact, so that the answer has a Content-Length and is not chunked (BOSH 1.2).
    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Some(Ok(content)) => SizeHint::with_exact(content.len() as u64),
            Some(Err(_)) => SizeHint::default(),
            None => SizeHint::with_exact(0),
        }
    }
}
