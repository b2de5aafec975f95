//! The tokens that were used, as long as they could be used again.

use std::collections::{BTreeSet, HashSet};

use xmpp_core::Timestamp;

/// Names that are remembered at a time. Only the site can fill it, for only good tokens come in.
const MAX: usize = 100_000;

/// Names of tokens, forgotten when the tokens have expired.
#[derive(Debug, Default)]
pub(super) struct Spent {
    names: HashSet<String>,
    by_expiry: BTreeSet<(Timestamp, String)>,
}

impl Spent {
    /// Whether `name` is used for the first time; it is remembered until then. `None` when there is no room.
    pub(super) fn spend(&mut self, now: Timestamp, name: &str, until: Timestamp) -> Option<bool> {
        while let Some((expiry, _)) = self.by_expiry.first()
            && *expiry <= now
            && let Some((_, name)) = self.by_expiry.pop_first()
        {
            self.names.remove(&name);
        }
        if self.names.contains(name) {
            return Some(false);
        }
        if self.names.len() >= MAX {
            return None;
        }
        self.names.insert(name.to_owned());
        self.by_expiry.insert((until, name.to_owned()));
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_name_is_good_once_until_it_is_forgotten() {
        let mut spent = Spent::default();
        assert_eq!(spent.spend(at(0), "a", at(60)), Some(true));
        assert_eq!(spent.spend(at(0), "b", at(30)), Some(true));
        assert_eq!(spent.spend(at(59), "a", at(90)), Some(false));
        assert_eq!(spent.names.len(), 1, "b is forgotten");
        assert_eq!(spent.spend(at(60), "a", at(90)), Some(true));
        assert_eq!(spent.by_expiry.len(), 1);
    }

    #[test]
    fn a_full_memory_takes_nothing_in_and_forgets_nothing() {
        let mut spent = Spent::default();
        for n in 0..MAX {
            assert_eq!(spent.spend(at(0), &n.to_string(), at(60)), Some(true));
        }
        assert_eq!(spent.spend(at(0), "one more", at(60)), None);
        assert_eq!(spent.spend(at(0), "0", at(60)), Some(false));
        assert_eq!(spent.spend(at(60), "one more", at(90)), Some(true));
    }
}
