//! What the server uses while it runs, looked at again and again.

use std::time::Duration;

use tokio::time::Instant;

use crate::report::Samples;

/// Takes samples at an interval.
pub(super) struct Watch {
    every: Duration,
    next: Instant,
    samples: Samples,
}

impl Watch {
    /// The first sample is due at `start`.
    pub(super) fn new(start: Instant, every: Duration) -> Self {
        Self {
            every,
            next: start,
            samples: Samples::default(),
        }
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Takes one: the resident set in KiB, and the open files.
    pub(super) fn take(&mut self, now: Instant, rss: u64, descriptors: u64) {
        // What was missed is not made up for.
        self.next = (self.next + self.every).max(now);
        self.samples.rss.push(rss);
        self.samples.descriptors.push(descriptors);
    }

    pub(super) fn samples(self) -> Samples {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_is_due_an_interval_after_the_last_was() {
        let start = Instant::now();
        let every = Duration::from_secs(5);
        let mut watch = Watch::new(start, every);
        for n in 0..3 {
            assert_eq!(watch.next(), start + every * n);
            // A little late.
            watch.take(watch.next() + every / 2, 100, 7);
        }
        let late = watch.next() + every * 3;
        watch.take(late, 101, 8);
        assert_eq!(watch.next(), late);
        let samples = watch.samples();
        assert_eq!(samples.rss, [100, 100, 100, 101]);
        assert_eq!(samples.descriptors, [7, 7, 7, 8]);
    }
}
