//! How often something is done in a second by one core.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::measure::median;

/// Work that has no peer to compare with.
#[derive(Clone, Debug, Serialize)]
pub struct Rate {
    /// What is done.
    pub work: &'static str,
    /// How often in a second of thread CPU time; the median of the runs.
    pub per_second: f64,
    /// Allocations each time.
    pub allocs: f64,
}

impl Rate {
    /// The rate of `work`, done `count` times in each of the runs that took `elapsed`, with `allocations` in one of them.
    pub fn of(
        work: &'static str,
        count: usize,
        allocations: u64,
        elapsed: impl Iterator<Item = Duration>,
    ) -> Self {
        let median = median(&mut elapsed.collect::<Vec<_>>());
        Self {
            work,
            per_second: count as f64 / median.as_secs_f64(),
            allocs: allocations as f64 / count as f64,
        }
    }
}

/// A line of the table.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:45} {:12.0} a second {:8.1} ns {:8.3} allocations",
            self.work,
            self.per_second,
            1e9 / self.per_second,
            self.allocs
        )
    }
}
