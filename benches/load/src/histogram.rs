//! How long things took, in little memory.

use std::time::Duration;

/// Steps within each power of two: a value is kept to 1/64 of itself.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// Counts of durations, in classes that are at most 1.6 % wide.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, value: Duration) {
        let class = class(u64::try_from(value.as_micros()).unwrap_or(u64::MAX));
        if self.counts.len() <= class {
            self.counts.resize(class + 1, 0);
        }
        self.counts[class] += 1;
        self.total += 1;
    }

    /// The duration that `percent` of those counted do not exceed; `None` when nothing was counted.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a rank between 1 and the total"
        )]
        let rank =
            ((percent / 100.0 * self.total as f64).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (class, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Some(Duration::from_micros(upper_end(class as u64)));
            }
        }
        None
    }
}

/// Values below `STEPS` have a class each; from there on each power of two has `STEPS` of them.
fn class(value: u64) -> usize {
    if value < STEPS {
        return usize::try_from(value).expect("below STEPS");
    }
    let power = value.ilog2() - STEP_BITS;
    let step = (value >> power) - STEPS;
    usize::try_from(u64::from(power + 1) * STEPS + step).expect("at most 59 powers of 64 steps")
}

/// The largest value of a class.
fn upper_end(class: u64) -> u64 {
    let Some(power) = (class / STEPS).checked_sub(1) else {
        return class;
    };
    let start = (STEPS + class % STEPS) << power;
    start + ((1 << power) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_a_class_that_ends_at_most_a_sixty_fourth_above_it() {
        let mut values: Vec<u64> = (0..100_000).collect();
        values.extend((0..64).map(|power| 1 << power));
        values.extend([u64::MAX, u64::MAX - 1]);
        for value in values {
            let end = upper_end(class(value) as u64);
            assert!(
                end >= value && end - value <= value / STEPS,
                "{value}: {end}"
            );
        }
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50.0), None);
        for value in (1..=100).rev() {
            histogram.record(Duration::from_micros(value));
        }
        // From 128 on classes are wider than a microsecond.
        for (percent, value) in [(0.0, 1), (1.0, 1), (50.0, 50), (99.0, 99), (100.0, 100)] {
            let wanted = Duration::from_micros(value);
            assert_eq!(histogram.percentile(percent), Some(wanted), "{percent} %");
        }
    }

    #[test]
    fn one_slow_value_among_a_hundred_is_not_the_ninety_ninth_percentile() {
        let mut histogram = Histogram::default();
        for _ in 0..99 {
            histogram.record(Duration::from_micros(10));
        }
        histogram.record(Duration::from_secs(1));
        assert_eq!(histogram.percentile(99.0), Some(Duration::from_micros(10)));
        assert!(histogram.percentile(99.1) >= Some(Duration::from_secs(1)));
    }
}
