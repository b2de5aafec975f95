//! Flood control: who sends too much is read later, and in the end not at all.
//!
//! Every element waits in its session ([`Paced`]) until there are tokens for it: in the bucket of its session, in that
//! of the address it comes from, in that of the room it goes to; entering a room and logging in take one more, each from a
//! bucket of its own. Entering also takes the presences that it will cause from a bucket that all rooms share, so that many who
//! enter at once do not hold up what others say. Whoever finds one empty waits behind those who came before. So a flood is slowed down to its
//! rate, and nothing is lost or comes out of order.
//!
//! - A session that sends more than its own rate without a break for longer than the patience is ended, with
//!   `policy-violation`; so is one that sends on although nothing is read (the codec's bound), or brings more
//!   requests than BOSH grants.
//! - A stanza that has waited for so long for others' sake, for its room or its address, is refused with
//!   `resource-constraint`: its sender may have done nothing wrong.

mod charge;
mod lane;
mod paced;

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    time::Duration,
};

use xmpp_core::{BareJid, Timers, Timestamp, TokenRate};

pub(super) use self::{charge::Charge, paced::Paced};
use self::{charge::Login, lane::Lane};
use super::{census::network, client::Key};
use crate::options::Flood as Rates;

/// Attempts to log in with a password from one address in a minute, loopback included.
const PASSWORDS_PER_MINUTE: u64 = 20;
/// What one join or login takes where the rate is one of a minute.
const ONE: u64 = 60;
/// Joins that cause no more presences than this do not wait for those that cause many.
const SMALL_JOIN: u64 = 50;
/// How often joins that have waited are let in, and how much of the rate of presences comes with them. What comes together goes
/// out together: one HTTP answer, one write to a socket. It is also what messages may have to wait for.
const JOINS_TICK: Duration = Duration::from_millis(100);
/// Lanes below which nobody looks for unused ones.
const FEW: usize = 256;

/// All buckets of a hub.
#[derive(Debug)]
pub(super) struct Flood {
    rates: Rates,
    lanes: HashMap<LaneId, Lane>,
    turns: Timers<LaneId>,
    /// When waiting for others ends.
    deadlines: BTreeSet<(Timestamp, Key)>,
    prune_at: usize,
}

/// Names a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum LaneId {
    Session(Key),
    Address(IpAddr),
    Room(BareJid),
    Joins(IpAddr),
    Logins(IpAddr),
    Passwords(IpAddr),
    /// Of all joins.
    Presences,
}

/// What flood control knows of a session.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// What it waits for.
    waiting: Option<LaneId>,
    /// What it has waited for: its turn has come.
    turn: Option<LaneId>,
    /// Since when what it sends now waits for others.
    deadline: Option<Timestamp>,
    /// Since when it has been sending too much.
    slowed_since: Option<Timestamp>,
}

impl Flow {
    /// Whether [`Flood::settle`] has nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_none() && self.turn.is_none() && self.deadline.is_none()
    }
}

/// What becomes of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Let it in.
    Pass,
    /// Later. The session's key comes from [`Flood::wake`].
    Wait,
    /// It has waited long enough for others.
    Refuse,
    /// The session has sent too much for too long.
    End,
}

impl Flood {
    pub(super) fn new(rates: Rates) -> Self {
        Self {
            rates,
            lanes: HashMap::new(),
            turns: Timers::default(),
            deadlines: BTreeSet::new(),
            prune_at: FEW,
        }
    }

    /// Judges an element of the session `key`, which comes from `address`.
    pub(super) fn judge(
        &mut self,
        now: Timestamp,
        key: Key,
        address: IpAddr,
        flow: &mut Flow,
        charge: impl FnOnce() -> Charge,
    ) -> Verdict {
        if flow.waiting.is_some() {
            return if flow.deadline.is_some_and(|deadline| deadline <= now) {
                self.leave(now, key, flow);
                Verdict::Refuse
            } else {
                Verdict::Wait
            };
        }
        let charge = charge();
        let turn = flow.turn.take();
        let costs = self.costs(key, address, &charge);
        for (id, _) in &costs {
            let has_turn = turn.as_ref() == Some(id);
            if self.lane(now, id).is_free(now, has_turn) {
                continue;
            }
            if matches!(id, LaneId::Session(_)) {
                let since = *flow.slowed_since.get_or_insert(now);
                if now.since(since) >= self.rates.patience {
                    flow.turn = turn;
                    self.settle(now, key, flow);
                    return Verdict::End;
                }
            } else if flow.deadline.is_none() && charge.login == Login::No {
                let deadline = now.saturating_add(self.rates.patience);
                flow.deadline = Some(deadline);
                self.deadlines.insert((deadline, key));
            }
            self.lane(now, id).queue(key, has_turn);
            flow.waiting = Some(id.clone());
            self.schedule(now, id);
            if let Some(turn) = turn.filter(|turn| turn != id) {
                self.schedule(now, &turn);
            }
            return Verdict::Wait;
        }
        for (id, tokens) in costs {
            let lane = self.lane(now, &id);
            // Above the rate for no longer than it takes to fill half of the bucket is no break.
            if matches!(id, LaneId::Session(_)) && lane.is_half_full(now) {
                flow.slowed_since = None;
            }
            lane.take(now, tokens);
            self.schedule(now, &id);
        }
        self.end_deadline(key, flow);
        Verdict::Pass
    }

    /// A session that has to be looked at again: give it to [`Flow::wake`], then [judge](Flood::judge) what it holds, or
    /// say that it [holds nothing](Flood::settle). The others wait until then.
    pub(super) fn wake(&mut self, now: Timestamp) -> Option<Woken> {
        while let Some(id) = self.turns.pop(now) {
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.wakes = None;
                if let Some(key) = lane.pop() {
                    let turn = Some(id);
                    return Some(Woken { key, turn });
                }
            }
        }
        let (at, key) = *self.deadlines.first()?;
        if at > now {
            return None;
        }
        self.deadlines.pop_first();
        Some(Woken { key, turn: None })
    }

    /// When [`Flood::wake`] has something.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let turn = self.turns.next();
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        [turn, deadline].into_iter().flatten().min()
    }

    /// The session holds nothing that would wait.
    pub(super) fn settle(&mut self, now: Timestamp, key: Key, flow: &mut Flow) {
        if let Some(turn) = flow.turn.take() {
            self.schedule(now, &turn);
        }
        self.leave(now, key, flow);
    }

    /// The session is gone.
    pub(super) fn remove(&mut self, now: Timestamp, key: Key, mut flow: Flow) {
        self.settle(now, key, &mut flow);
        self.drop_lane(&LaneId::Session(key));
    }

    /// How many sessions wait.
    pub(super) fn slowed(&self) -> usize {
        self.lanes.values().map(Lane::len).sum()
    }

    fn leave(&mut self, now: Timestamp, key: Key, flow: &mut Flow) {
        self.end_deadline(key, flow);
        if let Some(id) = flow.waiting.take() {
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.forget(key);
            }
            self.schedule(now, &id);
        }
    }

    fn end_deadline(&mut self, key: Key, flow: &mut Flow) {
        if let Some(deadline) = flow.deadline.take() {
            self.deadlines.remove(&(deadline, key));
        }
    }

    /// What `charge` takes, and from which buckets.
    fn costs(&self, key: Key, address: IpAddr, charge: &Charge) -> Vec<(LaneId, u64)> {
        let rates = &self.rates;
        let network = network(address);
        let limited = |rate: u64| network.filter(|_| rate > 0);
        let mut costs = Vec::with_capacity(5);
        if rates.session_rate > 0 {
            costs.push((LaneId::Session(key), charge.bytes));
        }
        if let Some(network) = limited(rates.address_rate) {
            costs.push((LaneId::Address(network), charge.bytes));
        }
        if let Some(room) = charge.room.clone().filter(|_| rates.room_rate > 0) {
            costs.push((LaneId::Room(room), charge.bytes));
        }
        if let Some(network) = limited(rates.joins).filter(|_| charge.join) {
            costs.push((LaneId::Joins(network), ONE));
        }
        if let Some(network) = limited(rates.logins).filter(|_| charge.login != Login::No) {
            costs.push((LaneId::Logins(network), ONE));
        }
        if rates.presences > 0 && charge.presences > SMALL_JOIN {
            costs.push((LaneId::Presences, charge.presences));
        }
        if charge.login == Login::Password {
            let source = network.unwrap_or_else(|| address.to_canonical());
            costs.push((LaneId::Passwords(source), ONE));
        }
        costs
    }

    fn lane(&mut self, now: Timestamp, id: &LaneId) -> &mut Lane {
        if !self.lanes.contains_key(id) {
            self.prune(now);
        }
        let rate = self.rate(id);
        self.lanes.entry(id.clone()).or_insert_with(|| match id {
            LaneId::Presences => Lane::new(rate).in_groups(JOINS_TICK),
            _ => Lane::new(rate),
        })
    }

    fn rate(&self, id: &LaneId) -> TokenRate {
        let rates = &self.rates;
        let bytes = |rate| TokenRate::new(rate, rates.burst);
        // A minute's worth at once, then one after the other: a bucket lends the last one, all but a token.
        let per_minute = |n: u64| TokenRate {
            per_second: n,
            burst: (n - 1) * ONE + 1,
        };
        match id {
            LaneId::Session(_) => bytes(rates.session_rate),
            LaneId::Address(_) => bytes(rates.address_rate),
            LaneId::Room(_) => bytes(rates.room_rate),
            LaneId::Joins(_) => per_minute(rates.joins),
            LaneId::Logins(_) => per_minute(rates.logins),
            LaneId::Passwords(_) => per_minute(PASSWORDS_PER_MINUTE),
            LaneId::Presences => TokenRate::new(rates.presences, JOINS_TICK),
        }
    }

    /// Brings the timer of a lane in line with its queue.
    fn schedule(&mut self, now: Timestamp, id: &LaneId) {
        let Some(lane) = self.lanes.get_mut(id) else {
            return;
        };
        let next = lane.next_turn(now);
        self.turns.set(id, &mut lane.wakes, next);
    }

    fn drop_lane(&mut self, id: &LaneId) {
        if let Some(mut lane) = self.lanes.remove(id) {
            self.turns.set(id, &mut lane.wakes, None);
        }
    }

    /// Forgets the lanes that are as new ones, when there are many.
    fn prune(&mut self, now: Timestamp) {
        if self.lanes.len() >= self.prune_at {
            self.lanes.retain(|_, lane| !lane.is_unused(now));
            self.prune_at = (self.lanes.len() * 2).max(FEW);
        }
    }
}

/// What [`Flood::wake`] gives.
#[derive(Debug)]
pub(super) struct Woken {
    pub(super) key: Key,
    turn: Option<LaneId>,
}

impl Flow {
    /// The session's turn has come, or its patience is at an end.
    pub(super) fn wake(&mut self, woken: Woken) {
        if let Some(turn) = woken.turn {
            self.waiting = None;
            self.turn = Some(turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SECURITY: everything a peer controls has a limit.
    #[test]
    fn rooms_that_were_named_once_are_forgotten() {
        let mut flood = Flood::new(crate::Settings::default().hosts[0].flood);
        let here = IpAddr::from([192, 0, 2, 1]);
        for n in 0..100_000_u64 {
            let now = Timestamp::from_millis(1_800_000_000_000 + 10 * n);
            let mut flow = Flow::default();
            let charge = || Charge {
                bytes: 200,
                room: BareJid::new(&format!("room-{n}@rooms.localhost")).ok(),
                join: false,
                presences: 0,
                login: Login::No,
            };
            let verdict = flood.judge(now, Key(1), here, &mut flow, charge);
            assert_eq!(verdict, Verdict::Pass);
            assert!(flood.lanes.len() <= FEW + 1, "{}", flood.lanes.len());
        }
        let now = Timestamp::from_millis(1_900_000_000_000);
        flood.remove(now, Key(1), Flow::default());
        flood.prune_at = 0;
        flood.prune(now);
        assert!(flood.lanes.is_empty() && flood.turns.is_empty() && flood.deadlines.is_empty());
    }

    /// Whoever leaves the queue does not keep the others from their turn.
    #[test]
    fn a_turn_that_is_not_used_goes_to_the_next() {
        let mut rates = crate::Settings::default().hosts[0].flood;
        (rates.session_rate, rates.address_rate) = (0, 0);
        let mut flood = Flood::new(rates);
        let here = IpAddr::from([127, 0, 0, 1]);
        let at = |ms: u64| Timestamp::from_millis(1_800_000_000_000 + ms);
        let charge = |bytes| {
            move || Charge {
                bytes,
                room: BareJid::new("a@rooms.localhost").ok(),
                join: false,
                presences: 0,
                login: Login::No,
            }
        };
        let mut flows: Vec<Flow> = (0..4).map(|_| Flow::default()).collect();
        for (n, verdict) in [Verdict::Pass, Verdict::Wait, Verdict::Wait, Verdict::Wait]
            .into_iter()
            .enumerate()
        {
            let flow = &mut flows[n];
            let key = Key(n as u64);
            assert_eq!(
                flood.judge(at(0), key, here, flow, charge(300_000)),
                verdict
            );
        }
        // The first who waits goes before its turn, the second when it has come.
        let mut gone = std::mem::take(&mut flows[1]);
        flood.remove(at(0), Key(1), std::mem::take(&mut gone));
        let woken = flood.wake(at(1001)).expect("a turn");
        assert_eq!(woken.key, Key(2));
        flows[2].wake(woken);
        assert!(flood.wake(at(1001)).is_none(), "one at a time");
        flood.remove(at(1001), Key(2), std::mem::take(&mut flows[2]));
        let woken = flood.wake(at(1001)).expect("a turn");
        assert_eq!(woken.key, Key(3));
        flows[3].wake(woken);
        let verdict = flood.judge(at(1001), Key(3), here, &mut flows[3], charge(1));
        assert_eq!(verdict, Verdict::Pass);
        assert_eq!(flood.poll_timeout(), None);
        assert_eq!(flood.slowed(), 0);
    }
}
