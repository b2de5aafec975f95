//! A part of a task that is polled only when it was woken itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// Knows whether something that a part of a task waits for has woken it. The task is woken for a message from the hub most
/// often: then its timer and its socket need not be asked, which would cost more than the message.
pub(super) struct Woken {
    state: Arc<State>,
    waker: Waker,
}

struct State {
    is_woken: AtomicBool,
    task: AtomicWaker,
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Woken {
    /// Woken from the beginning, for nothing has been waited for.
    pub(super) fn new() -> Self {
        let state = Arc::new(State {
            is_woken: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        let waker = Arc::clone(&state).into();
        Self { state, waker }
    }

    /// Polls `part` if it was woken since it was last pending.
    pub(super) fn poll<T>(
        &mut self,
        cx: &Context<'_>,
        part: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.state.task.register(cx.waker());
        if !self.state.is_woken.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let polled = part(&mut Context::from_waker(&self.waker));
        if polled.is_ready() {
            // It waits for nothing.
            self.state.is_woken.store(true, Ordering::Release);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_part_is_polled_when_it_is_woken_and_not_with_the_rest() {
        let (messages, mut rest) = mpsc::unbounded_channel();
        let (wakes, mut part) = mpsc::unbounded_channel();
        let mut woken = Woken::new();
        let mut polled = 0;
        let mut next = async || {
            poll_fn(|cx| {
                if let Poll::Ready(message) = rest.poll_recv(cx) {
                    return Poll::Ready((message, polled));
                }
                woken.poll(cx, |cx| {
                    polled += 1;
                    part.poll_recv(cx).map(|message| (message, polled))
                })
            })
            .await
        };
        let sender = tokio::spawn(async move {
            for _ in 0..3 {
                tokio::task::yield_now().await;
                messages.send("rest").expect("a receiver");
            }
            tokio::task::yield_now().await;
            wakes.send("part").expect("a receiver");
            wakes.send("part").expect("a receiver");
            std::future::pending::<()>().await;
        });
        for _ in 0..3 {
            assert_eq!(next().await, (Some("rest"), 1));
        }
        assert_eq!(next().await, (Some("part"), 2));
        assert_eq!(next().await, (Some("part"), 3));
        sender.abort();
    }
}
