//! Counts what the parser does, so that a test can show that it is linear in the input. Nothing outside of tests.

/// Adds to the count: bytes looked at or moved, comparisons.
#[cfg(not(test))]
#[inline(always)]
pub(super) fn add(_: usize) {}

#[cfg(test)]
pub(super) use counting::{add, take};

#[cfg(test)]
mod counting {
    use std::cell::Cell;

    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
    }

    pub(in super::super) fn add(work: usize) {
        COUNT.with(|count| count.set(count.get() + work));
    }

    /// The count since it was taken last.
    pub(in super::super) fn take() -> usize {
        COUNT.with(Cell::take)
    }
}
