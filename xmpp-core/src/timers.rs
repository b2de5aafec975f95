//! When which of many state machines wants to know the time.

use std::collections::BTreeSet;

use crate::Timestamp;

/// The timers of many state machines, each named by a key of the caller, such as the number of a session.
///
/// A program with thousands of sessions does not ask each of them when it [wants to be
/// called](crate::stream::Session::poll_timeout): after each call of one it puts the answer in here, and waits for [`Timers::next`].
/// The caller keeps beside each machine where its timer stands (`timer`, `None` at first), and hands that in, so that it is
/// found without a second table. Setting one costs the logarithm of their number; setting it to where it stands costs nothing.
///
/// ```
/// use std::collections::HashMap;
/// use xmpp_core::{Timers, Timestamp};
/// let at = Timestamp::from_millis;
/// let mut timers = Timers::default();
/// let mut sessions: HashMap<&str, Option<Timestamp>> = HashMap::from([("anna", None), ("ben", None)]);
/// timers.set(&"anna", sessions.get_mut("anna").unwrap(), Some(at(9)));
/// timers.set(&"ben", sessions.get_mut("ben").unwrap(), Some(at(5)));
/// assert_eq!(timers.next(), Some(at(5)));
/// // Time has passed.
/// while let Some(key) = timers.pop(at(7)) {
///     assert_eq!(key, "ben");
///     *sessions.get_mut(key).unwrap() = None;
///     // … call the session, and set its timer anew.
/// }
/// assert_eq!(timers.next(), Some(at(9)));
/// ```
#[derive(Clone, Debug)]
pub struct Timers<K> {
    order: BTreeSet<(Timestamp, K)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self {
            order: BTreeSet::new(),
        }
    }
}

impl<K: Clone + Ord> Timers<K> {
    /// Sets, moves or (with `None`) removes the timer of `key`, which stands at `timer` so far.
    pub fn set(&mut self, key: &K, timer: &mut Option<Timestamp>, at: Option<Timestamp>) {
        if *timer == at {
            return;
        }
        if let Some(old) = std::mem::replace(timer, at) {
            self.order.remove(&(old, key.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, key.clone()));
        }
    }

    /// Sets the timer of `key`, or moves it to an earlier time; one that stands earlier stays. It may then go off too early,
    /// which is harmless, and be set anew: where nearly every stanza puts a deadline off and hardly any is ever reached,
    /// that is much cheaper than [`Timers::set`].
    pub fn bring_forward(&mut self, key: &K, timer: &mut Option<Timestamp>, at: Timestamp) {
        if timer.is_none_or(|timer| at < timer) {
            self.set(key, timer, Some(at));
        }
    }

    /// The earliest timer.
    pub fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes out the earliest timer that has been reached by `now`, of several the one with the least key. The caller's `timer` of
    /// this key is `None` from then on.
    pub fn pop(&mut self, now: Timestamp) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        self.order.pop_first().map(|(_, key)| key)
    }

    /// How many are set.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[derive(Clone, Debug)]
    enum Act {
        Set(u8, Option<u64>),
        BringForward(u8, u64),
        Pop(u64),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0..6_u8, option::of(0..20_u64)).prop_map(|(key, at)| Act::Set(key, at)),
            (0..6_u8, 0..20_u64).prop_map(|(key, at)| Act::BringForward(key, at)),
            (0..20_u64).prop_map(Act::Pop),
        ]
    }

    proptest! {
        #[test]
        fn timers_go_off_in_order_and_once(acts in vec(act(), 0..60)) {
            let mut timers = Timers::default();
            let mut kept: BTreeMap<u8, Option<Timestamp>> = BTreeMap::new();
            let mut model: BTreeMap<u8, u64> = BTreeMap::new();
            for act in acts {
                match act {
                    Act::Set(key, time) => {
                        timers.set(&key, kept.entry(key).or_default(), time.map(at));
                        match time {
                            Some(time) => model.insert(key, time),
                            None => model.remove(&key),
                        };
                    }
                    Act::BringForward(key, time) => {
                        timers.bring_forward(&key, kept.entry(key).or_default(), at(time));
                        let stands = model.entry(key).or_insert(time);
                        *stands = time.min(*stands);
                    }
                    Act::Pop(now) => {
                        let first = model.iter().map(|(key, time)| (*time, *key)).min();
                        let first = first.filter(|(time, _)| *time <= now).map(|(_, key)| key);
                        prop_assert_eq!(timers.pop(at(now)), first);
                        if let Some(key) = first {
                            model.remove(&key);
                            kept.insert(key, None);
                        }
                    }
                }
                prop_assert_eq!(timers.next(), model.values().min().copied().map(at));
                prop_assert_eq!((timers.len(), timers.is_empty()), (model.len(), model.is_empty()));
            }
        }
    }
}
