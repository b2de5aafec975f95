//! The phases of a run, one after the other.

mod burst;
mod coming;
mod elsewhere;
mod samples;
mod talk;

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use example_support::{Clock, secure_random};
use tokio::{
    runtime::{self, Runtime},
    sync::mpsc,
    task::LocalSet,
    time::{Instant, timeout},
};
use xmpp_core::Random as _;

use self::elsewhere::Elsewhere;
use crate::{
    board::{Board, Event},
    options::Plan,
    process::{Memory, Process},
    report::Report,
    room::Room,
    session::{Command, World},
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
    let runtime = one_thread()?;
    Ok(LocalSet::new().block_on(&runtime, Run::new(plan.clone()).carry_out()))
}

/// A runtime for the sessions of one thread.
fn one_thread() -> Result<Runtime, RunError> {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| RunError::System {
            what: "no runtime",
            source,
        })
}

struct Run {
    world: Arc<World>,
    events: mpsc::UnboundedReceiver<Event>,
    commands: Vec<mpsc::UnboundedSender<Command>>,
    /// Where the sessions of a burst are.
    elsewhere: Option<Elsewhere>,
    /// Whose turn it is to speak, for each room.
    turns: Vec<u32>,
    /// Messages that not everybody has.
    under_way: u64,
    /// How many sessions are over.
    ended: u32,
    /// Why those that did not read are.
    ends_of_deaf: BTreeMap<String, u32>,
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
        let listeners = |room| Room::new(plan.listeners(room));
        let (board, events) = Board::new((0..rooms).map(listeners).collect());
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
            burst: None,
            deaf: None,
            samples: None,
            memory_after_talk: None,
            aftermath: None,
            descriptors: None,
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
            world: Arc::new(world),
            events,
            commands: Vec::new(),
            elsewhere: None,
            turns: vec![0; rooms as usize],
            under_way: 0,
            ended: 0,
            ends_of_deaf: BTreeMap::new(),
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
        let files = self.of_server(Process::descriptors)?;
        self.log_in().await?;
        if self.world.plan.rooms > 0 {
            self.enter().await?;
            self.warm_up().await?;
            self.measured_talk().await?;
        }
        let mark = self.mark()?;
        let memory = self.of_server(Process::rss)?;
        self.leave().await?;
        if !self.world.plan.aftermath.is_zero()
            && let Some(memory) = memory
        {
            self.watch_aftermath(&mark, memory).await?;
        }
        self.let_go(files).await
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

    fn check(&mut self, phase: &'static str, event: Option<Event>) -> Result<Event, RunError> {
        match event {
            Some(Event::Ended { session, reason }) if self.is_deaf(session) => {
                self.ended += 1;
                *self.ends_of_deaf.entry(reason.clone()).or_default() += 1;
                Ok(Event::Ended { session, reason })
            }
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

    fn is_deaf(&self, session: u32) -> bool {
        let plan = &self.world.plan;
        (plan.sessions - plan.deaf..plan.sessions).contains(&session)
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
