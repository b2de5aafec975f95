//! Who is let in: sessions in all and from one address.

use std::{collections::HashMap, net::IpAddr};

/// Counts sessions. Loopback, where a reverse proxy sits, is not counted by address.
#[derive(Debug)]
pub(super) struct Admission {
    max: usize,
    max_per_network: usize,
    sessions: usize,
    by_network: HashMap<IpAddr, usize>,
}

impl Admission {
    pub(super) fn new(max: usize, max_per_network: usize) -> Self {
        Self {
            max,
            max_per_network,
            sessions: 0,
            by_network: HashMap::new(),
        }
    }

    /// Counts a session from `address`, unless there are too many.
    pub(super) fn admit(&mut self, address: IpAddr) -> bool {
        if self.sessions >= self.max {
            return false;
        }
        if let Some(network) = network(address) {
            let count = self.by_network.entry(network).or_default();
            if *count >= self.max_per_network {
                return false;
            }
            *count += 1;
        }
        self.sessions += 1;
        true
    }

    /// A session from `address` that was admitted has ended.
    pub(super) fn release(&mut self, address: IpAddr) {
        self.sessions = self.sessions.saturating_sub(1);
        let Some(network) = network(address) else {
            return;
        };
        if let Some(count) = self.by_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&network);
            }
        }
    }
}

/// What one subscriber has: an IPv4 address, or an IPv6 /64. `None` for loopback.
fn network(address: IpAddr) -> Option<IpAddr> {
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

    #[test]
    fn sessions_are_counted_by_subscriber() {
        let mut admission = Admission::new(100, 2);
        assert!(admission.admit(ip("192.0.2.1")));
        assert!(admission.admit(ip("::ffff:192.0.2.1")));
        assert!(!admission.admit(ip("192.0.2.1")));
        assert!(admission.admit(ip("192.0.2.2")));
        assert!(admission.admit(ip("2001:db8::1")));
        assert!(admission.admit(ip("2001:db8::2")));
        assert!(!admission.admit(ip("2001:db8::3")));
        assert!(admission.admit(ip("2001:db8:0:1::3")));
        admission.release(ip("192.0.2.1"));
        assert!(admission.admit(ip("192.0.2.1")));
    }

    #[test]
    fn sessions_are_counted_in_all() {
        let mut admission = Admission::new(3, 1);
        for _ in 0..3 {
            assert!(admission.admit(ip("127.0.0.1")));
        }
        assert!(!admission.admit(ip("192.0.2.1")));
        admission.release(ip("127.0.0.1"));
        assert!(admission.admit(ip("192.0.2.1")));
        assert!(!admission.admit(ip("::1")));
    }
}
