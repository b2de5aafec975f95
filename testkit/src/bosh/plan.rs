//! What happens to one HTTP request.

use std::collections::BTreeMap;

use super::setup::{Setup, Weather, Who};
use crate::Seeded;

/// The fate of a request and of its answer. Times are milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) up: Up,
    /// A second copy of the request arrives so much later.
    pub(super) duplicate: Option<Duplicate>,
    /// The connection dies so long after the request arrived, should it still wait.
    pub(super) death: Option<Death>,
    pub(super) down: Down,
    /// How long the answer takes to be handed over.
    pub(super) write: u64,
    /// How much later the connection manager hears of it.
    pub(super) notice: u64,
    pub(super) latency: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Up {
    Arrives(u64),
    /// Cut off at some byte: the server never sees a whole request.
    CutOff(Noticed),
}

/// When the client sees that a connection is dead; never, if it hears nothing.
pub(super) type Noticed = Option<u64>;

#[derive(Clone, Copy, Debug)]
pub(super) struct Duplicate {
    pub(super) after: u64,
    /// Whether the client hears the second copy's answer, and whether it hears the first one's.
    pub(super) second_heard: bool,
    pub(super) first_heard: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Death {
    pub(super) after: u64,
    pub(super) server: Noticed,
    pub(super) client: Noticed,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Down {
    Arrives,
    /// The answer breaks off while it is handed over, after so many thousandths of its bytes; the
    /// client is given what came, or hears that the connection broke.
    BreaksOff {
        at: u64,
        shown: bool,
        client: Noticed,
    },
    /// Handed over, and lost on the way.
    Lost(Noticed),
}

/// Makes plans; keeps within bounds.
#[derive(Debug)]
pub(super) struct Planner {
    random: Seeded,
    who: Who,
    weather: Weather,
    fault_percent: u64,
    /// Faults so far for each rid: those that the client notices, and silent ones.
    spent: BTreeMap<u64, (u32, u32)>,
    was_silent: bool,
}

impl Planner {
    pub(super) fn new(setup: &Setup, random: Seeded) -> Self {
        Self {
            random,
            who: setup.who,
            weather: setup.weather,
            fault_percent: setup.fault_percent,
            spent: BTreeMap::new(),
            was_silent: false,
        }
    }

    /// The plan for an attempt at `rid`; nothing goes wrong when `calm`.
    pub(super) fn plan(&mut self, rid: u64, calm: bool) -> Plan {
        let mut plan = Plan {
            up: Up::Arrives(self.latency()),
            duplicate: None,
            death: None,
            down: Down::Arrives,
            write: self.random.between(0, 3),
            notice: 0,
            latency: self.latency(),
        };
        if self.random.chance(20) {
            plan.notice = self.random.between(0, 400);
        }
        let (noticed, silent) = self.spent.get(&rid).copied().unwrap_or_default();
        let spent = self.weather == Weather::Bounded && noticed + silent >= 3;
        if calm || spent || !self.random.chance(self.fault_percent) {
            return plan;
        }
        let may_be_silent = self.weather == Weather::Wild || silent == 0;
        let heard = self.noticed(may_be_silent);
        match self.random.between(0, 5) {
            0 => plan.up = Up::CutOff(heard),
            1 => {
                // Answers to a copy that nobody hears are lost behind their hand-over.
                let first_heard = self.is_careful() || self.random.chance(60);
                plan.duplicate = Some(Duplicate {
                    after: self.random.between(0, 3000),
                    first_heard,
                    second_heard: !first_heard || (!self.is_careful() && self.random.chance(50)),
                });
            }
            2 => {
                plan.death = Some(Death {
                    after: self.random.between(0, 15_000),
                    server: self.random.chance(70).then(|| self.random.between(0, 2000)),
                    client: heard,
                });
            }
            3 | 4 => {
                plan.write = self.random.between(0, 500);
                plan.down = Down::BreaksOff {
                    at: self.random.between(0, 999),
                    // A browser shows a cut off answer as an error.
                    shown: self.who == Who::Ours && self.random.chance(50),
                    client: heard,
                };
            }
            _ if self.is_careful() => {}
            _ => plan.down = Down::Lost(heard),
        }
        let spent = self.spent.entry(rid).or_default();
        if heard.is_some() {
            spent.0 += 1;
        } else {
            spent.1 += 1;
            self.was_silent = true;
        }
        plan
    }

    /// Whether there was a fault that the client does not notice before its own timer.
    pub(super) fn was_silent(&self) -> bool {
        self.was_silent
    }

    /// Whether the server sees that the client went away, and when.
    pub(super) fn server_notices(&mut self) -> Noticed {
        self.random.chance(60).then(|| self.random.between(0, 5000))
    }

    /// Whether an answer on a connection that is dead already counts as handed over.
    pub(super) fn writes_to_the_dead(&mut self) -> bool {
        !self.is_careful() && self.random.chance(50)
    }

    /// Whether an answer that was handed over is lost with its page only.
    fn is_careful(&self) -> bool {
        self.who == Who::Strophe && self.weather == Weather::Bounded
    }

    fn noticed(&mut self, may_be_silent: bool) -> Noticed {
        if may_be_silent && self.random.chance(15) {
            None
        } else {
            Some(self.random.between(0, 1500))
        }
    }

    fn latency(&mut self) -> u64 {
        if self.random.chance(15) {
            self.random.between(0, 900)
        } else {
            self.random.between(5, 60)
        }
    }
}
