//! How much somebody may upload in a while.

use std::{collections::VecDeque, time::Duration};

use xmpp_core::Timestamp;

/// Bytes and files in any stretch of time that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The most bytes.
    pub bytes: u64,
    /// The most files.
    pub files: usize,
    /// How long what was granted counts.
    pub window: Duration,
}

/// What was granted to one asker within the window. It holds no more entries than the quota has files.
#[derive(Debug, Default)]
pub(super) struct Granted {
    grants: VecDeque<(Timestamp, u64)>,
    bytes: u64,
}

impl Granted {
    /// Forgets what does not count any more.
    pub(super) fn forget(&mut self, now: Timestamp, quota: &Quota) {
        while let Some(&(at, size)) = self.grants.front()
            && at.saturating_add(quota.window) <= now
        {
            self.bytes -= size;
            self.grants.pop_front();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.grants.is_empty()
    }

    /// When a file of `size` bytes fits: `None` for now. A file larger than the whole quota never does.
    pub(super) fn fits_at(&self, quota: &Quota, size: u64) -> Option<Timestamp> {
        // As many of the oldest have to go as are one too many, or as hold the bytes that are too many.
        let files = (self.grants.len() + 1).saturating_sub(quota.files);
        let mut excess = self.bytes.saturating_add(size).saturating_sub(quota.bytes);
        let mut last = None;
        for (index, &(at, granted)) in self.grants.iter().enumerate() {
            if index >= files && excess == 0 {
                break;
            }
            excess = excess.saturating_sub(granted);
            last = Some(at.saturating_add(quota.window));
        }
        last
    }

    pub(super) fn add(&mut self, now: Timestamp, size: u64) {
        self.grants.push_back((now, size));
        self.bytes = self.bytes.saturating_add(size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota {
        bytes: 100,
        files: 3,
        window: Duration::from_mins(1),
    };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1000 * seconds)
    }

    #[test]
    fn files_are_counted() {
        let mut granted = Granted::default();
        for second in 0..3 {
            assert_eq!(granted.fits_at(&QUOTA, 1), None);
            granted.add(at(second), 1);
        }
        assert_eq!(granted.fits_at(&QUOTA, 1), Some(at(60)));
        granted.forget(at(59), &QUOTA);
        assert_eq!(granted.fits_at(&QUOTA, 1), Some(at(60)));
        granted.forget(at(60), &QUOTA);
        assert_eq!(granted.fits_at(&QUOTA, 1), None);
        granted.forget(at(62), &QUOTA);
        assert!(granted.is_empty());
        assert_eq!(granted.bytes, 0);
    }

    #[test]
    fn bytes_are_counted() {
        let mut granted = Granted::default();
        granted.add(at(0), 30);
        granted.add(at(10), 60);
        assert_eq!(granted.fits_at(&QUOTA, 10), None);
        assert_eq!(granted.fits_at(&QUOTA, 11), Some(at(60)));
        assert_eq!(granted.fits_at(&QUOTA, 40), Some(at(60)));
        assert_eq!(granted.fits_at(&QUOTA, 41), Some(at(70)));
        assert_eq!(granted.fits_at(&QUOTA, 100), Some(at(70)));
    }

    #[test]
    fn sizes_do_not_overflow() {
        let mut granted = Granted::default();
        granted.add(at(0), u64::MAX);
        assert_eq!(granted.fits_at(&QUOTA, u64::MAX), Some(at(60)));
    }
}
