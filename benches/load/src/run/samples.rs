//! What the server uses while it runs, looked at again and again.

use std::time::Duration;

use tokio::time::Instant;

use crate::report::Samples;

/// Takes samples at an interval, and keeps of them what a report needs.
pub(super) struct Watch {
    every: Duration,
    next: Instant,
    samples: Option<Samples>,
}

impl Watch {
    /// The first sample is due at `start`.
    pub(super) fn new(start: Instant, every: Duration) -> Self {
        Self {
            every,
            next: start,
            samples: None,
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
        let samples = self.samples.get_or_insert(Samples {
            count: 0,
            first_rss: rss,
            last_rss: rss,
            least_rss: rss,
            most_rss: rss,
            least_descriptors: descriptors,
            most_descriptors: descriptors,
        });
        samples.count += 1;
        samples.last_rss = rss;
        samples.least_rss = samples.least_rss.min(rss);
        samples.most_rss = samples.most_rss.max(rss);
        samples.least_descriptors = samples.least_descriptors.min(descriptors);
        samples.most_descriptors = samples.most_descriptors.max(descriptors);
    }

    pub(super) fn samples(&self) -> Option<Samples> {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_samples_the_first_the_last_and_the_extremes_are_kept() {
        let start = Instant::now();
        let every = Duration::from_secs(5);
        let mut watch = Watch::new(start, every);
        assert_eq!(watch.samples(), None);
        for (n, rss) in [100, 90, 120, 101].into_iter().enumerate() {
            let due = watch.next();
            assert_eq!(due, start + every * u32::try_from(n).expect("few"));
            watch.take(due, rss, 7 + rss % 2);
        }
        let samples = watch.samples().expect("samples");
        assert_eq!((samples.count, samples.first_rss), (4, 100));
        assert_eq!((samples.least_rss, samples.most_rss), (90, 120));
        assert_eq!((samples.last_rss, samples.most_descriptors), (101, 8));
        assert_eq!(samples.spread_percent(), Some(30.0));
        assert!(!samples.is_flat());
    }
}
