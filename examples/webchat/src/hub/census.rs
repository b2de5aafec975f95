//! What is counted over all domains of a server: sessions, the addresses they come from, rooms.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::Limits;

/// The counters that the hubs of one server share. Each hub has a clone.
///
/// Loopback, where a reverse proxy sits that says nothing of its clients, is not counted by address.
#[derive(Clone, Debug)]
pub struct Census {
    shared: Arc<Mutex<Counts>>,
    max_sessions: usize,
    max_per_network: usize,
    max_rooms: usize,
}

#[derive(Debug, Default)]
struct Counts {
    sessions: usize,
    by_network: HashMap<IpAddr, usize>,
    rooms: usize,
}

impl Census {
    /// Counters at zero, under these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            shared: Arc::default(),
            max_sessions: limits.sessions,
            max_per_network: limits.sessions_per_address,
            max_rooms: limits.rooms,
        }
    }

    /// Counts a session from `address`, unless there are too many.
    pub(super) fn admit(&self, address: IpAddr) -> bool {
        let mut counts = self.counts();
        if counts.sessions >= self.max_sessions {
            return false;
        }
        if let Some(network) = network(address) {
            let count = counts.by_network.entry(network).or_default();
            if *count >= self.max_per_network {
                return false;
            }
            *count += 1;
        }
        counts.sessions += 1;
        true
    }

    /// A session from `address` that was admitted has ended.
    pub(super) fn release(&self, address: IpAddr) {
        let mut counts = self.counts();
        counts.sessions = counts.sessions.saturating_sub(1);
        let Some(network) = network(address) else {
            return;
        };
        if let Some(count) = counts.by_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                counts.by_network.remove(&network);
            }
        }
    }

    /// A hub that had `before` rooms has `now`.
    pub(super) fn rooms_changed(&self, before: usize, now: usize) {
        let mut counts = self.counts();
        counts.rooms = (counts.rooms + now).saturating_sub(before);
    }

    /// How many rooms a hub may have that has `own` of those counted.
    pub(super) fn room_limit(&self, own: usize) -> usize {
        let others = self.counts().rooms.saturating_sub(own);
        self.max_rooms.saturating_sub(others)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Whoever panicked left numbers, and these are always whole.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one subscriber has: an IPv4 address, or an IPv6 /64. `None` for loopback.
pub(super) fn network(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V4(address) => Some(address.into()),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & (u128::MAX << 64);
            Some(IpAddr::V6(prefix.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn census(sessions: usize, sessions_per_address: usize) -> Census {
        Census::new(&Limits {
            sessions,
            sessions_per_address,
            rooms: 5,
            ..crate::Settings::default().hosts[0].limits
        })
    }

    #[test]
    fn sessions_are_counted_by_subscriber() {
        let census = census(100, 2);
        assert!(census.admit(ip("192.0.2.1")));
        assert!(census.admit(ip("::ffff:192.0.2.1")));
        assert!(!census.admit(ip("192.0.2.1")));
        assert!(census.admit(ip("192.0.2.2")));
        assert!(census.admit(ip("2001:db8::1")));
        assert!(census.admit(ip("2001:db8::2")));
        assert!(!census.admit(ip("2001:db8::3")));
        assert!(census.admit(ip("2001:db8:0:1::3")));
        census.release(ip("192.0.2.1"));
        assert!(census.admit(ip("192.0.2.1")));
    }

    #[test]
    fn sessions_are_counted_in_all() {
        let census = census(3, 1);
        for _ in 0..3 {
            assert!(census.admit(ip("127.0.0.1")));
        }
        assert!(!census.admit(ip("192.0.2.1")));
        census.release(ip("127.0.0.1"));
        assert!(census.admit(ip("192.0.2.1")));
        assert!(!census.admit(ip("::1")));
    }

    #[test]
    fn rooms_are_counted_over_all_hubs() {
        let census = census(1, 1);
        assert_eq!(census.room_limit(0), 5);
        census.rooms_changed(0, 3);
        census.rooms_changed(0, 1);
        assert_eq!(census.room_limit(3), 4);
        assert_eq!(census.room_limit(1), 2);
        census.rooms_changed(3, 0);
        assert_eq!(census.room_limit(1), 5);
    }
}
