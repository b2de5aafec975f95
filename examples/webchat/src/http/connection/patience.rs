//! A deadline that is moved for every request and hardly ever reached.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

/// A timer that moves only when it goes off, or when it would go off too late: each move costs the runtime's lock.
#[derive(Debug)]
pub(super) struct Patience {
    timer: Pin<Box<Sleep>>,
    deadline: Instant,
}

impl Patience {
    pub(super) fn new(time: Duration) -> Self {
        let timer = Box::pin(sleep(time));
        let deadline = timer.deadline();
        Self { timer, deadline }
    }

    /// Begins anew.
    pub(super) fn renew(&mut self, time: Duration) {
        self.deadline = Instant::now() + time;
        if self.deadline < self.timer.deadline() {
            self.timer.as_mut().reset(self.deadline);
        }
    }

    /// Ready at its end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn time_of(patience: &mut Patience) -> Duration {
        let start = Instant::now();
        poll_fn(|cx| patience.poll(cx)).await;
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_it_was_last_told() {
        let mut patience = Patience::new(SECOND);
        assert_eq!(time_of(&mut patience).await, SECOND);
        patience.renew(2 * SECOND);
        assert_eq!(time_of(&mut patience).await, 2 * SECOND);
        let mut patience = Patience::new(SECOND);
        patience.renew(3 * SECOND);
        assert_eq!(time_of(&mut patience).await, 3 * SECOND);
        let mut patience = Patience::new(3 * SECOND);
        patience.renew(SECOND);
        assert_eq!(time_of(&mut patience).await, SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn what_went_off_unseen_is_of_no_consequence() {
        let mut patience = Patience::new(SECOND);
        sleep(5 * SECOND).await;
        patience.renew(SECOND);
        assert_eq!(time_of(&mut patience).await, SECOND);
    }
}
