//! The phases of a run, one after the other.

use std::{collections::VecDeque, io, rc::Rc, time::Duration};

use example_support::{Clock, secure_random};
use tokio::{
    runtime,
    sync::mpsc,
    task::{LocalSet, spawn_local},
    time::{Instant, sleep, sleep_until, timeout},
};
use xmpp_core::Random as _;

use crate::{
    board::{Board, Event},
    options::{Pace, Plan},
    process::{Memory, Process},
    report::{Idle, Joins, Logins, Report, Talk, as_float, each, ratio},
    room::Room,
    session::{self, Command, Place, World},
};

/// Why a run was given up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A session is over that should not be.
    #[error("{phase}: session {session} ended: {reason}")]
    Ended {
        /// What was under way.
        phase: &'static str,
        /// Which session, from 0.
        session: u32,
        /// Why, as far as it was told.
        reason: String,
    },
    /// Nothing happened for too long.
    #[error("{phase}: nothing happened for {} s, and {missing} were to come", patience.as_secs_f64())]
    Stalled {
        /// What was under way.
        phase: &'static str,
        /// How many sessions or messages were waited for.
        missing: u64,
        /// For how long.
        patience: Duration,
    },
    /// The system does not do what it should, or the server's process is gone.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Carries out a plan. What the server does wrong stands in the report.
///
/// # Errors
///
/// [`RunError::System`] when there is no runtime to be had.
pub fn run(plan: &Plan) -> Result<Report, RunError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| RunError::System {
            what: "no runtime",
            source,
        })?;
    Ok(LocalSet::new().block_on(&runtime, Run::new(plan.clone()).carry_out()))
}

struct Run {
    world: Rc<World>,
    events: mpsc::UnboundedReceiver<Event>,
    commands: Vec<mpsc::UnboundedSender<Command>>,
    /// Whose turn it is to speak, for each room.
    turns: Vec<u32>,
    /// Messages that not everybody has.
    under_way: u64,
    report: Report,
}

/// What was used until a moment.
struct Mark {
    at: Instant,
    server: Option<Duration>,
    own: Option<Duration>,
}

impl Run {
    fn new(plan: Plan) -> Self {
        let (sessions, rooms) = (plan.sessions, plan.rooms);
        let occupants = |room| sessions / rooms + u32::from(room < sessions % rooms);
        let (board, events) =
            Board::new((0..rooms).map(|room| Room::new(occupants(room))).collect());
        let mut run = [0; 4];
        secure_random().fill(&mut run);
        let report = Report {
            transport: plan.target.transport,
            sessions,
            rooms,
            login: None,
            idle: None,
            join: None,
            talk: None,
            memory_after_talk: None,
            faults: board.faults(),
            failure: None,
        };
        let world = World {
            plan,
            clock: Clock::start(),
            board,
            run: format!("{:08x}", u32::from_ne_bytes(run)),
        };
        Self {
            world: Rc::new(world),
            events,
            commands: Vec::new(),
            turns: vec![0; rooms as usize],
            under_way: 0,
            report,
        }
    }

    async fn carry_out(mut self) -> Report {
        if let Err(error) = self.phases().await {
            self.report.failure = Some(error.to_string());
        }
        self.report.faults = self.world.board.faults();
        self.report
    }

    async fn phases(&mut self) -> Result<(), RunError> {
        self.log_in().await?;
        if self.world.plan.rooms > 0 {
            self.enter().await?;
            self.talk("warm-up", self.world.plan.warm_up, u64::MAX)
                .await?;
            self.measured_talk().await?;
        }
        self.leave().await
    }

    async fn log_in(&mut self) -> Result<(), RunError> {
        let (sessions, at_a_time) = (self.world.plan.sessions, self.world.plan.logins);
        let memory = self.memory()?;
        let mark = self.mark()?;
        let (mut started, mut ready) = (0, 0);
        while ready < sessions {
            while started < sessions && started - ready < at_a_time {
                let (commands, received) = mpsc::unbounded_channel();
                self.commands.push(commands);
                let place = self.place(started);
                let world = Rc::clone(&self.world);
                spawn_local(session::run(world, started, place, received));
                started += 1;
            }
            if let Event::Ready = self.event("login", sessions - ready).await? {
                ready += 1;
            }
        }
        let (elapsed, cpu, _) = self.since(&mark)?;
        self.report.login = Some(Logins {
            seconds: elapsed.as_secs_f64(),
            per_second: ratio(f64::from(sessions), elapsed.as_secs_f64()),
            server_cpu_ms_each: each(cpu, 1000.0, sessions.into()),
        });
        self.stay_idle(memory).await
    }

    async fn stay_idle(&mut self, before: Option<Memory>) -> Result<(), RunError> {
        let idle = sleep(self.world.plan.idle);
        tokio::pin!(idle);
        loop {
            tokio::select! {
                () = &mut idle => break,
                event = self.events.recv() => self.check("idle", event)?,
            };
        }
        if let (Some(before), Some(with_sessions)) = (before, self.memory()?) {
            let each = |before: u64, with: u64| {
                (as_float(with) - as_float(before)) / f64::from(self.report.sessions)
            };
            self.report.idle = Some(Idle {
                before,
                with_sessions,
                rss_kib_each: each(before.rss, with_sessions.rss),
                pss_kib_each: before.pss.zip(with_sessions.pss).map(|(a, b)| each(a, b)),
            });
        }
        Ok(())
    }

    /// Everybody enters its room, and waits until it has seen everybody else there.
    async fn enter(&mut self) -> Result<(), RunError> {
        let (sessions, at_a_time) = (self.world.plan.sessions, self.world.plan.joins);
        let mark = self.mark()?;
        let (mut started, mut joined, mut settled) = (0, 0, 0);
        while joined < sessions || settled < sessions {
            while started < sessions && started - joined < at_a_time {
                self.command(started, Command::Join);
                started += 1;
            }
            match self.event("join", sessions - joined.min(settled)).await? {
                Event::Joined => joined += 1,
                Event::Settled => settled += 1,
                _ => {}
            }
        }
        let (elapsed, cpu, _) = self.since(&mark)?;
        let presences = self.world.board.take_counts().presences;
        self.report.join = Some(Joins {
            seconds: elapsed.as_secs_f64(),
            presences,
            server_cpu_us_each: each(cpu, 1e6, presences),
        });
        Ok(())
    }

    async fn measured_talk(&mut self) -> Result<(), RunError> {
        let (duration, messages) = (self.world.plan.talk, self.world.plan.messages);
        self.world.board.take_counts();
        let mark = self.mark()?;
        self.talk("talk", duration, messages).await?;
        let (elapsed, server, own) = self.since(&mark)?;
        let counts = self.world.board.take_counts();
        self.report.talk = Some(Talk::new(&counts, elapsed, server, own));
        self.report.memory_after_talk = self.memory()?;
        Ok(())
    }

    /// Talks until the time is over or so much was said, then waits until everybody has everything.
    async fn talk(
        &mut self,
        phase: &'static str,
        duration: Duration,
        messages: u64,
    ) -> Result<(), RunError> {
        let (pace, think) = (self.world.plan.pace, self.world.plan.think);
        let start = Instant::now();
        let end = start + duration;
        let mut said = 0;
        // When which room is to hear the next message.
        let mut due: VecDeque<(Instant, u32)> = match pace {
            Pace::Window(window) => (0..self.report.rooms)
                .flat_map(|room| (0..window).map(move |_| (start, room)))
                .collect(),
            Pace::Every(_) => VecDeque::from([(start, 0)]),
        };
        loop {
            due.truncate(usize::try_from(messages - said).unwrap_or(usize::MAX));
            let next = due.front().copied().filter(|(at, _)| *at < end);
            if next.is_none() && self.under_way == 0 {
                return Ok(());
            }
            tokio::select! {
                event = self.event(phase, self.under_way), if self.under_way > 0 => {
                    if let Event::Complete(room) = event? {
                        self.under_way -= 1;
                        if let Pace::Window(_) = pace {
                            due.push_back((Instant::now() + think, room));
                        }
                    }
                }
                () = sleep_until(next.map_or(end, |(at, _)| at)), if next.is_some() => {
                    let Some((at, room)) = due.pop_front() else { continue };
                    // Late or not, it was due then.
                    self.say(room, at);
                    said += 1;
                    if let Pace::Every(interval) = pace {
                        due.push_back((at + interval, (room + 1) % self.report.rooms));
                    }
                }
            }
        }
    }

    async fn leave(&mut self) -> Result<(), RunError> {
        let sessions = self.world.plan.sessions;
        for session in 0..sessions {
            let command = if self.world.plan.abandon {
                Command::Abandon
            } else {
                Command::Leave
            };
            self.command(session, command);
        }
        let mut ended = 0;
        while ended < sessions {
            let next = timeout(self.world.plan.patience, self.events.recv()).await;
            let Ok(next) = next else {
                return Err(self.stalled("leave", sessions - ended));
            };
            ended += u32::from(matches!(next, Some(Event::Ended { .. })));
        }
        Ok(())
    }

    /// Where a session sits: they are dealt out to the rooms.
    fn place(&self, session: u32) -> Option<Place> {
        let rooms = self.report.rooms;
        let room = session.checked_rem(rooms)?;
        Some(Place {
            room,
            seat: session / rooms,
            occupants: self.occupants(room),
        })
    }

    fn occupants(&self, room: u32) -> u32 {
        let (sessions, rooms) = (self.report.sessions, self.report.rooms);
        sessions / rooms + u32::from(room < sessions % rooms)
    }

    /// The next one in the room speaks.
    fn say(&mut self, room: u32, due: Instant) {
        let occupants = self.occupants(room);
        let turn = &mut self.turns[room as usize];
        let seat = *turn;
        *turn = (seat + 1) % occupants;
        self.under_way += 1;
        self.command(seat * self.report.rooms + room, Command::Say(due));
    }

    fn command(&self, session: u32, command: Command) {
        // One that is over tells so.
        let _ = self.commands[session as usize].send(command);
    }

    /// What happens next, while so many are waited for.
    async fn event(
        &mut self,
        phase: &'static str,
        missing: impl Into<u64>,
    ) -> Result<Event, RunError> {
        match timeout(self.world.plan.patience, self.events.recv()).await {
            Ok(event) => self.check(phase, event),
            Err(_) => Err(self.stalled(phase, missing)),
        }
    }

    fn check(&self, phase: &'static str, event: Option<Event>) -> Result<Event, RunError> {
        match event {
            Some(Event::Ended { session, reason }) => Err(RunError::Ended {
                phase,
                session,
                reason,
            }),
            Some(event) => Ok(event),
            // The board is ours, and so is a sender.
            None => Err(self.stalled(phase, 0_u64)),
        }
    }

    fn stalled(&self, phase: &'static str, missing: impl Into<u64>) -> RunError {
        RunError::Stalled {
            phase,
            missing: missing.into(),
            patience: self.world.plan.patience,
        }
    }

    fn mark(&self) -> Result<Mark, RunError> {
        let server = self.of_server(Process::cpu)?;
        Ok(Mark {
            server,
            own: Process::own().cpu().ok(),
            at: Instant::now(),
        })
    }

    /// Time, the server's CPU time and our own since `mark`.
    fn since(
        &self,
        mark: &Mark,
    ) -> Result<(Duration, Option<Duration>, Option<Duration>), RunError> {
        let now = self.mark()?;
        let used = |now: Option<Duration>, then: Option<Duration>| now?.checked_sub(then?);
        let (server, own) = (used(now.server, mark.server), used(now.own, mark.own));
        Ok((now.at - mark.at, server, own))
    }

    fn memory(&self) -> Result<Option<Memory>, RunError> {
        self.of_server(Process::memory)
    }

    fn of_server<T>(
        &self,
        read: impl FnOnce(Process) -> io::Result<T>,
    ) -> Result<Option<T>, RunError> {
        let value = self.world.plan.process.map(read).transpose();
        value.map_err(|source| RunError::System {
            what: "the server's process",
            source,
        })
    }
}
