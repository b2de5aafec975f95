//! Who uploads at the moment: so many in all, and so many from one address, so that nobody keeps the others out by being
//! slow.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Uploads at a time, of one domain. Each has an open file and a buffer.
const IN_ALL: usize = 64;
/// Of these from one IPv4 address or IPv6 /64. Loopback is not counted: many come through a proxy there.
const FROM_ONE: usize = 8;

/// The places.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A place that is taken; free again when dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    places: &'a Places,
    network: Option<IpAddr>,
}

impl Places {
    /// A place for somebody from `network`, if there is one.
    pub(super) fn take(&self, network: Option<IpAddr>) -> Option<Place<'_>> {
        let mut taken = self.taken();
        let from_one = network.map_or(0, |network| {
            taken.by_network.get(&network).copied().unwrap_or_default()
        });
        if taken.in_all >= IN_ALL || from_one >= FROM_ONE {
            return None;
        }
        taken.in_all += 1;
        if let Some(network) = network {
            taken.by_network.insert(network, from_one + 1);
        }
        drop(taken);
        Some(Place {
            places: self,
            network,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Whoever panicked left numbers, and these are always whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.in_all -= 1;
        let Some(network) = self.network else {
            return;
        };
        if let Some(count) = taken.by_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                taken.by_network.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_for_one_and_not_many_for_all() {
        let places = Places::default();
        let one = Some(IpAddr::from([192, 0, 2, 1]));
        let mut taken: Vec<_> = (0..FROM_ONE).map(|_| places.take(one)).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(places.take(one).is_none());
        taken.pop();
        assert!(places.take(one).is_some(), "free again");
        taken.extend((FROM_ONE..=IN_ALL).map(|_| places.take(None)));
        assert!(taken.iter().all(Option::is_some));
        assert!(places.take(None).is_none());
        assert!(places.take(Some(IpAddr::from([192, 0, 2, 2]))).is_none());
        taken.clear();
        assert!(places.taken().by_network.is_empty());
        assert_eq!(places.taken().in_all, 0);
    }
}
