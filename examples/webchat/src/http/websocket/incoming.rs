//! What a client sends, as fast as the hub reads it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::{FutureExt as _, Stream as _, future::BoxFuture};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::WebSocket;

/// Messages of one socket that may wait for the hub, together no larger than the largest that is allowed; the rest waits
/// in the client's own TCP.
const IN_FLIGHT: u32 = 8;

/// What comes on one socket.
pub(super) struct Incoming {
    in_flight: Arc<Semaphore>,
    max_bytes: usize,
    /// The place of the next message: nothing is taken out of TCP while there is none.
    place: Option<OwnedSemaphorePermit>,
    /// What is waited for, when there are too few places.
    wanted: Option<BoxFuture<'static, Result<OwnedSemaphorePermit, AcquireError>>>,
    /// A message that was read and waits for those before it.
    message: Option<Message>,
}

impl Incoming {
    /// Messages of at most `max_bytes`.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT as usize)),
            max_bytes,
            place: None,
            wanted: None,
            message: None,
        }
    }

    /// The next message, with its places among those that the hub has not read; `None` at the end.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut WebSocket,
    ) -> Poll<Option<Result<(Message, OwnedSemaphorePermit), Error>>> {
        let mut place = match self.place.take() {
            Some(place) => place,
            None => match ready!(self.poll_places(cx, 1)) {
                Some(place) => place,
                None => return Poll::Ready(None),
            },
        };
        let message = match self.message.take() {
            Some(message) => message,
            None => match Pin::new(stream).poll_next(cx) {
                Poll::Ready(Some(Ok(message))) => message,
                Poll::Ready(ended) => {
                    return Poll::Ready(ended.map(|read| read.map(|message| (message, place))));
                }
                Poll::Pending => {
                    self.place = Some(place);
                    return Poll::Pending;
                }
            },
        };
        let more = self.places(&message) - 1;
        if more > 0 {
            match self.poll_places(cx, more) {
                Poll::Ready(Some(places)) => place.merge(places),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    (self.place, self.message) = (Some(place), Some(message));
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Some(Ok((message, place))))
    }

    /// How many places a message takes.
    fn places(&self, message: &Message) -> u32 {
        let bytes = match message {
            Message::Text(text) => text.len(),
            _ => 0,
        };
        let share = self.max_bytes.div_ceil(IN_FLIGHT as usize).max(1);
        u32::try_from(bytes / share + 1).map_or(IN_FLIGHT, |places| places.min(IN_FLIGHT))
    }

    fn poll_places(
        &mut self,
        cx: &mut Context<'_>,
        count: u32,
    ) -> Poll<Option<OwnedSemaphorePermit>> {
        let mut wanted = match self.wanted.take() {
            Some(wanted) => wanted,
            None => match self.in_flight.clone().try_acquire_many_owned(count) {
                Ok(places) => return Poll::Ready(Some(places)),
                Err(_) => Box::pin(self.in_flight.clone().acquire_many_owned(count)),
            },
        };
        match wanted.poll_unpin(cx) {
            Poll::Ready(places) => Poll::Ready(places.ok()),
            Poll::Pending => {
                self.wanted = Some(wanted);
                Poll::Pending
            }
        }
    }
}
