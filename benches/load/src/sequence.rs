//! Numbers that should arrive as 0, 1, 2 …

use std::collections::BTreeSet;

/// What has arrived of a sequence of numbers, and whether it did so once each and in order.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    next: u32,
    /// Those below `next` that have not arrived.
    missing: BTreeSet<u32>,
}

/// What the arrival of one number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is the next one.
    InOrder,
    /// It is new, and leaves out some that should have been before it. They are lost, or come late.
    Ahead,
    /// It is new, and others arrived that should have come after it.
    Late,
    /// It has been here before.
    Doubled,
}

impl Sequence {
    /// The number that should arrive now.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// Takes a number.
    pub fn take(&mut self, number: u32) -> Arrival {
        if number == self.next {
            self.next += 1;
            Arrival::InOrder
        } else if number > self.next {
            self.missing.extend(self.next..number);
            self.next = number + 1;
            Arrival::Ahead
        } else if self.missing.remove(&number) {
            Arrival::Late
        } else {
            Arrival::Doubled
        }
    }

    /// How many of the numbers below `total` have not arrived.
    pub fn lost(&self, total: u32) -> u64 {
        let skipped = self.missing.range(..total).count() as u64;
        skipped + u64::from(total.saturating_sub(self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Arrival::{Ahead, Doubled, InOrder, Late},
        *,
    };

    fn take_all(numbers: impl IntoIterator<Item = u32>) -> (Sequence, Vec<Arrival>) {
        let mut sequence = Sequence::default();
        let arrivals = numbers.into_iter().map(|n| sequence.take(n)).collect();
        (sequence, arrivals)
    }

    #[test]
    fn what_comes_once_and_in_order_is_well() {
        let (sequence, arrivals) = take_all(0..1000);
        assert!(arrivals.iter().all(|a| *a == InOrder));
        assert_eq!(sequence.lost(1000), 0);
    }

    #[test]
    fn a_lost_number_is_found_in_the_middle_and_at_the_end() {
        let (sequence, arrivals) = take_all([0, 1, 3, 4]);
        assert_eq!(arrivals[2], Ahead);
        assert_eq!(arrivals[3], InOrder);
        assert_eq!(sequence.lost(5), 1);
        assert_eq!(sequence.lost(7), 3);
    }

    #[test]
    fn a_doubled_number_is_found_at_once_and_later() {
        let (sequence, arrivals) = take_all([0, 1, 1, 2, 0]);
        assert_eq!(arrivals, [InOrder, InOrder, Doubled, InOrder, Doubled]);
        assert_eq!(sequence.lost(3), 0);
    }

    #[test]
    fn numbers_out_of_order_are_late_and_not_lost() {
        let (sequence, arrivals) = take_all([0, 2, 1, 3, 1]);
        assert_eq!(arrivals, [InOrder, Ahead, Late, InOrder, Doubled]);
        assert_eq!(sequence.lost(4), 0);
    }
}
