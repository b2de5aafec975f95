//! A client, a connection manager, and the network between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use xmpp_bosh::{CloseReason, RequestId, Response};
use xmpp_core::Timestamp;

use super::{
    client::{Attempt, Ours, Peer},
    ledger::{Direction, Handed, numbers},
    plan::{Down, Plan, Planner, Up},
    server::Server,
    setup::{Setup, Weather, Who},
    strophe::StropheLike,
};
use crate::{Schedule, Seeded};

/// A run that needs more steps than this does not come to rest.
const MAX_STEPS: u64 = 50_000;

/// What a connection manager grants by default.
const INACTIVITY: Duration = Duration::from_mins(1);

/// What happens at a time.
#[derive(Debug)]
enum Event {
    /// A request is there, complete.
    Arrives(u64),
    /// The connection of a waiting request dies.
    Dies(u64),
    ServerNotices(u64),
    ClientNotices(u64),
    /// An answer was handed over, or broke off before it was.
    Written(u64),
    BreaksOff(u64),
    /// An answer, or what came of it, is shown to the client.
    Shown(u64, String),
    ServerSays,
    ClientSays,
    Reload,
    Pause,
}

/// One HTTP request as the server's end sees it.
struct Exchange {
    attempt: u64,
    rid: u64,
    body: String,
    /// There is another copy of the same request.
    copy: bool,
    /// The client listens for the answer here.
    heard: bool,
    line: Line,
    stage: Stage,
    plan: Plan,
    answer: Option<Response>,
}

/// The connection of an exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Alive,
    /// Dead, and the server does not know.
    Dead,
    /// Dead, and the server was told.
    KnownDead,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    OnTheWay,
    Waiting,
    Writing,
    Done,
}

pub(super) struct World {
    pub(super) setup: Setup,
    schedule: Schedule<Event>,
    pub(super) client: Box<dyn Peer>,
    pub(super) server: Server,
    planner: Planner,
    random: Seeded,
    exchanges: BTreeMap<u64, Exchange>,
    last_exchange: u64,
    last_shown: Timestamp,
    /// From here on nothing goes wrong.
    calm: bool,
    pub(super) to_client: Direction,
    pub(super) to_server: Direction,
    pub(super) handed: Handed,
    /// The rid in whose body a stanza of the client travels.
    pub(super) sent_under: BTreeMap<u64, u64>,
    pub(super) abandoned: BTreeSet<u64>,
    /// Requests that the server has seen whole.
    pub(super) arrived: BTreeSet<u64>,
    highest_answered: u64,
    last_arrival: Timestamp,
    /// The session ended because the client was silent for longer than it may be.
    was_idle: bool,
    pub(super) fault: Option<String>,
    steps: u64,
    trace: bool,
}

impl World {
    pub(super) fn new(setup: Setup) -> Self {
        let mut random = Seeded::new(setup.seed);
        let schedule = Schedule::new(Timestamp::from_millis(1_000_000));
        let now = schedule.now();
        let client: Box<dyn Peer> = match setup.who {
            Who::Ours => Box::new(Ours::new(&setup, now, random.fork())),
            Who::Strophe => Box::new(StropheLike::new(now, setup.wait, random.fork())),
        };
        let server = Server::new(&setup, random.fork());
        let planner = Planner::new(&setup, random.fork());
        let mut world = Self {
            schedule,
            client,
            server,
            planner,
            exchanges: BTreeMap::new(),
            last_exchange: 0,
            last_shown: now,
            calm: false,
            to_client: Direction::default(),
            to_server: Direction::default(),
            handed: Handed::default(),
            sent_under: BTreeMap::new(),
            abandoned: BTreeSet::new(),
            arrived: BTreeSet::new(),
            highest_answered: 0,
            last_arrival: now,
            was_idle: false,
            fault: None,
            steps: 0,
            trace: std::env::var_os("SIM_TRACE").is_some(),
            random,
            setup,
        };
        world.script();
        world.carry();
        world
    }

    /// Plans what both sides say, and what the user does.
    fn script(&mut self) {
        let mut at = [200, 200];
        for _ in 0..self.setup.stanzas {
            for (side, event) in [Event::ServerSays, Event::ClientSays]
                .into_iter()
                .enumerate()
            {
                // Bursts, and pauses longer than `wait`.
                at[side] += match self.random.between(0, 9) {
                    0..=4 => self.random.between(0, 50),
                    5..=8 => self.random.between(50, 3000),
                    _ => self.random.between(3000, 30_000),
                };
                self.schedule.after(at[side], event);
            }
        }
        let end = at[0].max(at[1]);
        for _ in 0..self.setup.reloads {
            let reload = self.random.between(1000, end.max(1001));
            self.schedule.after(reload, Event::Reload);
        }
        if self.setup.pauses {
            let pause = self.random.between(1000, end.max(1001));
            self.schedule.after(pause, Event::Pause);
        }
    }

    /// Runs until `done`, at most so many seconds; false when the time was not enough.
    pub(super) fn run(&mut self, seconds: u64, done: impl Fn(&Self) -> bool) -> bool {
        let limit = self.now_plus(seconds * 1000);
        while self.fault.is_none() {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                self.fault = Some(format!("no rest at {:?}", self.schedule.now()));
            }
            if done(self) {
                return true;
            }
            let timers = [self.client.next_timeout(), self.server.next_timeout()];
            let timer = timers.into_iter().flatten().min();
            let event = self.schedule.next_at();
            let next = [timer, event].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= limit) else {
                self.schedule.advance_to(limit);
                return done(self);
            };
            if event == Some(next) {
                if let Some(event) = self.schedule.pop() {
                    self.happen(event);
                }
            } else {
                self.schedule.advance_to(next);
                let now = self.schedule.now();
                self.server.timeout(now);
                self.client.timeout(now);
            }
            self.carry();
        }
        true
    }

    /// From now on nothing goes wrong.
    pub(super) fn calm_down(&mut self) {
        self.calm = true;
    }

    pub(super) fn close(&mut self) {
        let now = self.schedule.now();
        self.client.close(now);
        self.carry();
    }

    /// Whether the server's session with this client is over.
    pub(super) fn is_over(&self) -> bool {
        let sid = self.client.sid();
        let over = |sid: &String| self.server.closed.iter().any(|(closed, _)| closed == sid);
        self.client.ended().is_some() && sid.as_ref().is_none_or(over)
    }

    /// Whether the server's session with this client goes on.
    pub(super) fn server_lives(&self) -> bool {
        let Some(sid) = self.client.sid() else {
            return true;
        };
        !self.server.closed.iter().any(|(closed, _)| *closed == sid)
    }

    /// Whether the network or the user gave the session a reason to end: a loss that nobody noticed,
    /// a client that was silent for too long, a page that went away with requests that never came.
    pub(super) fn has_excuse(&self) -> bool {
        self.planner.was_silent() || self.was_idle || !self.abandoned.is_empty()
    }

    /// Whether everything was said.
    pub(super) fn quiet(&self) -> bool {
        self.to_client.said == self.setup.stanzas && self.to_server.said == self.setup.stanzas
    }

    fn now_plus(&self, millis: u64) -> Timestamp {
        let millis = Duration::from_millis(millis);
        self.schedule.now().saturating_add(millis)
    }

    /// With `SIM_TRACE` set, tells what happens.
    fn trace(&self, what: impl FnOnce() -> String) {
        if self.trace {
            println!(
                "{:>9} {}",
                self.schedule.now().as_millis() - 1_000_000,
                what()
            );
        }
    }

    fn happen(&mut self, event: Event) {
        let now = self.schedule.now();
        self.trace(|| format!("{event:?}"));
        match event {
            Event::Arrives(x) => self.arrives(now, x),
            Event::Dies(x) => self.dies(x),
            Event::ServerNotices(x) => self.server_notices(now, x),
            Event::ClientNotices(attempt) => self.client.lost(now, attempt),
            Event::Written(x) => self.written(now, x),
            Event::BreaksOff(x) => {
                if let Some(exchange) = self.exchanges.get_mut(&x) {
                    exchange.stage = Stage::Done;
                }
                self.server.lost(now, RequestId::new(x));
            }
            Event::Shown(attempt, body) => {
                self.client.response(now, attempt, 200, body.as_bytes());
            }
            Event::ServerSays => {
                let number = self.to_client.said + 1;
                let xml = self.stanza('s', number);
                // Before there is a session nobody says anything.
                let sid = self.client.sid();
                if sid.is_some_and(|sid| self.server.say(now, &sid, &xml)) {
                    self.to_client.said = number;
                } else if self.client.ended().is_none() {
                    self.schedule.after(500, Event::ServerSays);
                }
            }
            Event::ClientSays => {
                let number = self.to_server.said + 1;
                let xml = self.stanza('c', number);
                if self.client.sid().is_some() {
                    self.to_server.said = number;
                    self.client.say(now, &xml);
                } else if self.client.ended().is_none() {
                    self.schedule.after(500, Event::ClientSays);
                }
            }
            Event::Reload => {
                let abandoned = self.client.reload(now);
                for exchange in self.exchanges.values_mut() {
                    exchange.heard = false;
                }
                let open: Vec<u64> = self.exchanges.keys().copied().collect();
                for x in open {
                    self.abort(x);
                }
                self.abandoned.extend(abandoned);
            }
            Event::Pause => self.client.pause(now),
        }
    }

    /// Moves what is ready from one part to the next.
    fn carry(&mut self) {
        while let Some(attempt) = self.client.attempt() {
            self.send(&attempt);
        }
        while let Some(response) = self.server.response() {
            self.answer(response);
        }
        self.check_idleness();
        self.check_promptness();
        self.to_client.receive('s', &self.client.take_received());
        if let Some(sid) = self.client.sid()
            && let Some(session) = self.server.sessions.get_mut(&sid)
        {
            self.to_server.receive('c', &session.take_ids());
        }
    }

    /// A session may end for inactivity only when nothing came for as long (BOSH 6.2).
    fn check_idleness(&mut self) {
        let sid = self.client.sid();
        let inactive = |(closed, reason): &(String, CloseReason)| {
            *reason == CloseReason::Inactive && sid.as_ref() == Some(closed)
        };
        if !self.was_idle && self.server.closed.iter().any(inactive) {
            self.was_idle = true;
            let idle = self.schedule.now().since(self.last_arrival);
            if idle < INACTIVITY {
                self.fault = Some(format!("ended as inactive after {idle:?}"));
            }
        }
    }

    /// Whenever the manager comes to rest, at most `hold` requests wait (BOSH 5.3), and none of them while there is
    /// something to say (BOSH 5.1): an answer that is put off costs its user the rest of `wait`, and loses nothing, so
    /// that nothing else here would tell.
    fn check_promptness(&mut self) {
        let Some(sid) = self.client.sid().filter(|_| self.server_lives()) else {
            return;
        };
        let mut next = self.arrived.first().copied().unwrap_or_default();
        while self.arrived.contains(&next) {
            next += 1;
        }
        // While an answer is handed over, the next one waits to hear what becomes of it (BOSH 9.11).
        if self.exchanges.values().any(|e| e.stage == Stage::Writing) {
            return;
        }
        // Those behind a gap must wait for what is missing (BOSH 4.2).
        let held: BTreeSet<u64> = self
            .exchanges
            .values()
            .filter(|e| e.stage == Stage::Waiting && e.line != Line::KnownDead && e.rid < next)
            .map(|e| e.rid)
            .collect();
        let unsaid = self.server.unsaid(&sid);
        if held.len() > usize::from(self.setup.hold) {
            self.fault = Some(format!("requests {held:?} are held at a time"));
        } else if unsaid > 0 && !held.is_empty() {
            self.fault = Some(format!("{unsaid} stanzas wait while {held:?} are held"));
        }
    }

    /// A request leaves the client.
    fn send(&mut self, attempt: &Attempt) {
        for number in numbers(&attempt.body, 'c') {
            self.sent_under.entry(number).or_insert(attempt.rid);
        }
        if let Some(replaced) = attempt.replaces {
            let aborts = self.random.chance(70);
            let old = self.exchanges.iter().filter(|(_, e)| e.attempt == replaced);
            let old: Vec<u64> = old.map(|(&x, _)| x).collect();
            for x in old {
                if let Some(exchange) = self.exchanges.get_mut(&x) {
                    exchange.copy = true;
                }
                if aborts {
                    self.abort(x);
                }
            }
        }
        let mut plan = self.planner.plan(attempt.rid, self.calm);
        self.trace(|| {
            let Attempt {
                id, body, replaces, ..
            } = attempt;
            let exchange = self.last_exchange + 1;
            format!("  attempt {id} (replaces {replaces:?}) as {exchange}: {body}\n    {plan:?}")
        });
        let arrives = match plan.up {
            Up::Arrives(after) => after,
            Up::CutOff(noticed) => {
                if let Some(after) = noticed {
                    self.schedule.after(after, Event::ClientNotices(attempt.id));
                }
                return;
            }
        };
        let mut copies = vec![(arrives, false, true)];
        if let Some(duplicate) = plan.duplicate.take() {
            copies[0].2 = duplicate.first_heard;
            copies.push((arrives + duplicate.after, true, duplicate.second_heard));
        }
        for (after, copy, heard) in copies {
            self.last_exchange += 1;
            let exchange = Exchange {
                attempt: attempt.id,
                rid: attempt.rid,
                body: attempt.body.clone(),
                copy,
                heard,
                line: Line::Alive,
                stage: Stage::OnTheWay,
                plan: plan.clone(),
                answer: None,
            };
            self.exchanges.insert(self.last_exchange, exchange);
            self.schedule
                .after(after, Event::Arrives(self.last_exchange));
        }
    }

    fn arrives(&mut self, now: Timestamp, x: u64) {
        let requests = u64::from(self.setup.hold) + 1;
        let Some(exchange) = self.exchanges.get_mut(&x) else {
            return;
        };
        // One that was given up on the way may still be complete, or not.
        let cut_off = exchange.line != Line::Alive && self.random.chance(50);
        // A copy so late that no answer is kept any more is beyond the bounds.
        let late = exchange.copy
            && exchange.rid + requests <= self.highest_answered
            && self.setup.weather == Weather::Bounded;
        if cut_off || late {
            self.exchanges.remove(&x);
            return;
        }
        exchange.stage = Stage::Waiting;
        self.last_arrival = now;
        if let Some(death) = exchange.plan.death {
            self.schedule.after(death.after, Event::Dies(x));
        }
        self.arrived.insert(exchange.rid);
        let (rid, body) = (exchange.rid, std::mem::take(&mut exchange.body));
        self.server.request(now, RequestId::new(x), rid, &body);
    }

    fn dies(&mut self, x: u64) {
        let Some(exchange) = self.exchanges.get_mut(&x) else {
            return;
        };
        let Some(death) = exchange
            .plan
            .death
            .filter(|_| exchange.stage == Stage::Waiting && exchange.line == Line::Alive)
        else {
            return;
        };
        exchange.line = Line::Dead;
        let heard = exchange.heard;
        let attempt = exchange.attempt;
        if let Some(after) = death.server {
            self.schedule.after(after, Event::ServerNotices(x));
        }
        if let Some(after) = death.client.filter(|_| heard) {
            self.schedule.after(after, Event::ClientNotices(attempt));
        }
    }

    /// The client closes a connection.
    fn abort(&mut self, x: u64) {
        let Some(exchange) = self.exchanges.get_mut(&x) else {
            return;
        };
        exchange.heard = false;
        if exchange.line == Line::Alive {
            exchange.line = Line::Dead;
        }
        if let Some(after) = self.planner.server_notices() {
            self.schedule.after(after, Event::ServerNotices(x));
        }
    }

    fn server_notices(&mut self, now: Timestamp, x: u64) {
        let Some(exchange) = self.exchanges.get_mut(&x) else {
            return;
        };
        if exchange.stage == Stage::Waiting && exchange.line != Line::KnownDead {
            exchange.line = Line::KnownDead;
            self.server.lost(now, RequestId::new(x));
        }
    }

    /// The server begins to hand an answer over.
    fn answer(&mut self, response: Response) {
        let x = response.id.as_u64();
        self.trace(|| format!("  answer to {x}: {}", response.body));
        let Some(exchange) = self.exchanges.get_mut(&x) else {
            return;
        };
        if exchange.line == Line::KnownDead && !self.server.ignores_the_dead() {
            self.fault = Some(format!("rid {}: a lost request was answered", exchange.rid));
            return;
        }
        self.highest_answered = self.highest_answered.max(exchange.rid);
        exchange.stage = Stage::Writing;
        let plan = exchange.plan.clone();
        let alive = exchange.line == Line::Alive;
        let (attempt, heard) = (exchange.attempt, exchange.heard && alive);
        let body = response.body.clone();
        exchange.answer = Some(response);
        if !alive {
            if self.server.ignores_the_dead() || self.planner.writes_to_the_dead() {
                self.schedule
                    .after(plan.write + plan.notice, Event::Written(x));
            } else {
                self.schedule.after(plan.write, Event::BreaksOff(x));
            }
            return;
        }
        match plan.down {
            Down::Arrives => {
                self.schedule
                    .after(plan.write + plan.notice, Event::Written(x));
                let mut at = self.now_plus(plan.write + plan.latency);
                if self.setup.who == Who::Strophe && self.setup.weather == Weather::Bounded {
                    at = at.max(self.last_shown);
                    self.last_shown = at;
                }
                if heard {
                    self.schedule
                        .at(at, Event::Shown(attempt, body.to_string()));
                }
            }
            Down::BreaksOff { at, shown, client } => {
                self.schedule.after(plan.write, Event::BreaksOff(x));
                let cut = body.len() * usize::try_from(at).unwrap_or(0) / 1000;
                if shown && heard {
                    let part = String::from_utf8_lossy(&body.as_bytes()[..cut]).into_owned();
                    let after = plan.write + plan.latency;
                    self.schedule.after(after, Event::Shown(attempt, part));
                } else if let Some(after) = client.filter(|_| heard) {
                    self.schedule
                        .after(plan.write + after, Event::ClientNotices(attempt));
                }
            }
            Down::Lost(client) => {
                self.schedule
                    .after(plan.write + plan.notice, Event::Written(x));
                if let Some(after) = client.filter(|_| heard) {
                    self.schedule
                        .after(plan.write + after, Event::ClientNotices(attempt));
                }
            }
        }
    }

    fn written(&mut self, now: Timestamp, x: u64) {
        let Some(exchange) = self.exchanges.get_mut(&x) else {
            return;
        };
        exchange.stage = Stage::Done;
        let rid = exchange.rid;
        // On a connection that the server knows to be dead nothing is handed over.
        let answer = exchange.answer.take();
        let answer = answer.filter(|_| exchange.line != Line::KnownDead);
        if let Some(answer) = answer
            && let Err(fault) = self.handed.note(rid, &answer.body)
        {
            self.fault = Some(fault);
        }
        self.server.written(now, RequestId::new(x));
    }

    /// Stanza number `number`, of some size.
    fn stanza(&mut self, prefix: char, number: u64) -> String {
        let size = usize::try_from(self.random.between(0, 120)).unwrap_or(0);
        format!(
            "<message id='{prefix}{number}'><body>{}</body></message>",
            "x".repeat(size)
        )
    }
}
