//! What is counted over all domains of a server: sessions, the addresses they come from, rooms and their occupants.

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
    rooms: Rooms,
}

/// Rooms, and the occupants of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rooms {
    pub(super) rooms: usize,
    pub(super) occupants: usize,
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
            tracing::debug!(address = %crate::logs::Shown(address), "no session: there are too many");
            return false;
        }
        if let Some(network) = network(address) {
            let count = counts.by_network.entry(network).or_default();
            if *count >= self.max_per_network {
                tracing::debug!(address = %crate::logs::Shown(address), "no session: there are too many from this address");
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

    /// A hub that had what `before` says has what `now` says.
    pub(super) fn rooms_changed(&self, before: Rooms, now: Rooms) {
        let all = &mut self.counts().rooms;
        all.rooms = (all.rooms + now.rooms).saturating_sub(before.rooms);
        all.occupants = (all.occupants + now.occupants).saturating_sub(before.occupants);
    }

    /// How many rooms a hub may have that has `own` of those counted.
    pub(super) fn room_limit(&self, own: Rooms) -> usize {
        let others = self.counts().rooms.rooms.saturating_sub(own.rooms);
        self.max_rooms.saturating_sub(others)
    }

    /// The occupants of all rooms.
    pub(super) fn occupants(&self) -> usize {
        self.counts().rooms.occupants
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Whoever panicked left numbers, and these are always whole.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one subscriber has: an IPv4 address, or an IPv6 /64. `None` for loopback.
pub(crate) fn network(address: IpAddr) -> Option<IpAddr> {
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
    fn rooms_and_occupants_are_counted_over_all_hubs() {
        let census = census(1, 1);
        let [none, first, second] =
            [(0, 0), (3, 10), (1, 4)].map(|(rooms, occupants)| Rooms { rooms, occupants });
        assert_eq!(census.room_limit(none), 5);
        census.rooms_changed(none, first);
        census.rooms_changed(none, second);
        assert_eq!(census.room_limit(first), 4);
        assert_eq!(census.room_limit(second), 2);
        assert_eq!(census.occupants(), 14);
        census.rooms_changed(first, none);
        assert_eq!(census.room_limit(second), 5);
        assert_eq!(census.occupants(), 4);
    }
}
