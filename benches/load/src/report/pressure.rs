//! What a server does under pressure: a burst, some who do not read, a long time.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use super::{as_float, display::figure, percentile_ms, ratio};
use crate::board::Counts;

/// What is flat: so much of the first value is between the least and the most, in percent.
const FLAT_PERCENT: f64 = 2.0;

/// The figures of a burst of joins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Burst {
    /// How many came.
    pub sessions: u32,
    /// How long it took until all of them were in and had seen everybody.
    pub seconds: Option<f64>,
    /// Messages of the others that somebody got meanwhile: time from saying to getting, in ms, half took no longer.
    pub p50_ms: Option<f64>,
    /// 99 of 100 took no longer.
    pub p99_ms: Option<f64>,
    /// None took longer.
    pub max_ms: Option<f64>,
}

/// The figures of those who do not read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deaf {
    /// How many they were.
    pub sessions: u32,
    /// How many of them the server had taken out of their rooms by the end of the talk.
    pub closed: u32,
    /// After how long, in seconds: the first, the one in the middle, the last.
    pub closed_after_seconds: Option<(f64, f64, f64)>,
    /// What these found when they read again, and how many of them.
    pub found: BTreeMap<String, u32>,
    /// What the server's resident set grew by at most meanwhile, for each of all, in KiB.
    pub rss_kib_each: Option<f64>,
}

/// What the server used, looked at again and again while all talked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Samples {
    /// Memory: the resident set in KiB, from the warm-up on.
    pub rss: Vec<u64>,
    /// Open files.
    pub descriptors: Vec<u64>,
}

/// What it costs the server that everybody is gone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Aftermath {
    /// CPU time, in seconds.
    pub server_cpu_seconds: Option<f64>,
    /// The resident set in KiB before.
    pub rss_before: u64,
    /// The resident set in KiB at most.
    pub rss_max: u64,
    /// The resident set in KiB in the end.
    pub rss_after: u64,
}

impl fmt::Display for Aftermath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "gone   {} KiB of RSS before, {} at most, {} in the end",
            self.rss_before, self.rss_max, self.rss_after
        )?;
        figure(f, self.server_cpu_seconds, "s of CPU", 2)
    }
}

/// Files that the server has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Descriptors {
    /// Before the first login.
    pub before: u64,
    /// When everybody is gone.
    pub after: u64,
}

impl Burst {
    pub(crate) fn new(sessions: u32, took: Option<Duration>, counts: &Counts) -> Self {
        let percentile = |percent| percentile_ms(&counts.in_burst, percent);
        Self {
            sessions,
            seconds: took.map(|took| took.as_secs_f64()),
            p50_ms: percentile(50.0),
            p99_ms: percentile(99.0),
            max_ms: percentile(100.0),
        }
    }
}

impl Deaf {
    /// `after` is when those were closed that were; `held` the server's memory before and at most, in KiB.
    pub(crate) fn new(
        sessions: u32,
        mut after: Vec<Duration>,
        found: BTreeMap<String, u32>,
        held: Option<(u64, u64)>,
    ) -> Self {
        after.sort_unstable();
        let at = |index: usize| after.get(index).map(Duration::as_secs_f64);
        let last = after.len().saturating_sub(1);
        Self {
            sessions,
            closed: u32::try_from(after.len()).unwrap_or(u32::MAX),
            closed_after_seconds: at(0)
                .zip(at(last / 2))
                .zip(at(last))
                .map(|((first, middle), last)| (first, middle, last)),
            found,
            rss_kib_each: held.and_then(|(before, most)| {
                ratio(as_float(most.saturating_sub(before)), f64::from(sessions))
            }),
        }
    }
}

impl Samples {
    /// The most memory.
    pub fn most_rss(&self) -> Option<u64> {
        self.rss.iter().max().copied()
    }

    /// What is between the least and the most memory, in percent of the first.
    pub fn spread_percent(&self) -> Option<f64> {
        let spread = self.most_rss()? - self.rss.iter().min()?;
        ratio(as_float(spread) * 100.0, as_float(*self.rss.first()?))
    }

    /// How much more memory there is in the end than at first, in percent: the medians of the first and of the last tenth, so
    /// that what goes back at once counts for nothing.
    pub fn growth_percent(&self) -> Option<f64> {
        let tenth = self.rss.len().div_ceil(10);
        let median = |samples: &[u64]| {
            let mut sorted = samples.to_vec();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).copied().map(as_float)
        };
        let first = median(&self.rss[..tenth])?;
        let last = median(&self.rss[self.rss.len() - tenth..])?;
        ratio((last - first) * 100.0, first)
    }

    /// Whether all of them are within 2 %.
    pub fn is_flat(&self) -> bool {
        self.spread_percent()
            .is_some_and(|spread| spread <= FLAT_PERCENT)
    }
}

impl fmt::Display for Burst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "burst  {} sessions", self.sessions)?;
        figure(f, self.seconds, "s until all were in", 2)?;
        write!(f, "; the others meanwhile")?;
        figure(f, self.p50_ms, "ms p50", 2)?;
        figure(f, self.p99_ms, "ms p99", 2)?;
        figure(f, self.max_ms, "ms at most", 2)
    }
}

impl fmt::Display for Deaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "deaf   {} sessions, {} closed",
            self.sessions, self.closed
        )?;
        if let Some((first, middle, last)) = self.closed_after_seconds {
            write!(f, " after {first:.1} to {last:.1} s, half by {middle:.1} s")?;
        }
        figure(f, self.rss_kib_each, "KiB of RSS each at most", 1)?;
        for (found, sessions) in &self.found {
            write!(f, "\n       {sessions} found: {found}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extremes = |all: &[u64]| {
            let found = all.iter().min().zip(all.iter().max());
            found.map_or((0, 0), |(min, max)| (*min, *max))
        };
        let of_first = self.rss.first().copied().unwrap_or_default();
        let of_last = self.rss.last().copied().unwrap_or_default();
        let (min, max) = extremes(&self.rss);
        write!(
            f,
            "soak   {} samples: {of_first} KiB at first, {of_last} at last, {min} to {max}",
            self.rss.len()
        )?;
        figure(f, self.spread_percent(), "% apart", 2)?;
        let verdict = if self.is_flat() { "flat" } else { "NOT FLAT" };
        write!(f, ": {verdict}")?;
        figure(
            f,
            self.growth_percent(),
            "% more in the last tenth than in the first",
            2,
        )?;
        let (min, max) = extremes(&self.descriptors);
        write!(f, "; {min} to {max} files open")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_who_were_closed_the_first_the_middle_and_the_last_count() {
        let after = [9, 3, 1].map(Duration::from_secs).to_vec();
        let deaf = Deaf::new(4, after, BTreeMap::new(), Some((1000, 1400)));
        assert_eq!(deaf.closed, 3);
        assert_eq!(deaf.closed_after_seconds, Some((1.0, 3.0, 9.0)));
        assert_eq!(deaf.rss_kib_each, Some(100.0));
        let none = Deaf::new(4, Vec::new(), BTreeMap::new(), None);
        assert_eq!((none.closed, none.closed_after_seconds), (0, None));
    }

    #[test]
    fn memory_is_flat_within_two_percent_of_the_first() {
        let samples = |rss: &[u64]| Samples {
            rss: rss.to_vec(),
            ..Samples::default()
        };
        assert!(samples(&[1000, 990, 1010]).is_flat());
        assert!(!samples(&[1000, 990, 1011, 1000]).is_flat());
        assert!(!samples(&[]).is_flat());
    }

    #[test]
    fn memory_has_not_grown_where_it_went_back() {
        let mut rss = vec![1000; 30];
        rss[1] = 5000;
        rss[15] = 2000;
        let mut samples = Samples {
            rss,
            ..Samples::default()
        };
        assert_eq!(samples.spread_percent(), Some(400.0));
        assert_eq!(samples.growth_percent(), Some(0.0));
        samples.rss[27..].fill(1100);
        assert_eq!(samples.growth_percent(), Some(10.0));
        assert_eq!(Samples::default().growth_percent(), None);
    }
}
