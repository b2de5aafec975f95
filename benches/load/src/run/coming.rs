//! All log in, enter their rooms, and leave in the end.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{Mark, Run, RunError, elsewhere::Newcomer};
use crate::{
    board::Event,
    process::{Memory, Process},
    report::{Aftermath, Descriptors, Idle, Joins, Logins, as_float, each, ratio},
    session::{Command, Place},
};

/// How often the server's open files are counted in the end, and how long nothing may change then.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const SETTLING: Duration = Duration::from_secs(3);
/// How often its memory is looked at once all are gone.
const GLANCE_EVERY: Duration = Duration::from_millis(10);

impl Run {
    pub(super) async fn log_in(&mut self) -> Result<(), RunError> {
        let (sessions, at_a_time) = (self.world.plan.sessions, self.world.plan.logins);
        let memory = self.memory()?;
        let mark = self.mark()?;
        let (mut started, mut ready) = (0, 0);
        while ready < sessions {
            while started < sessions && started - ready < at_a_time {
                self.newcomer().start();
                started += 1;
            }
            if let Event::Ready(_) = self.event("login", sessions - ready).await? {
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

    /// One more session, with the next number.
    pub(super) fn newcomer(&mut self) -> Newcomer {
        let number = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
        let (commands, received) = mpsc::unbounded_channel();
        self.commands.push(commands);
        Newcomer {
            world: Arc::clone(&self.world),
            number,
            place: self.place(number),
            commands: received,
        }
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
    pub(super) async fn enter(&mut self) -> Result<(), RunError> {
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

    pub(super) async fn leave(&mut self) -> Result<(), RunError> {
        let all = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
        for session in 0..all {
            let command = if self.world.plan.abandon {
                Command::Abandon
            } else {
                Command::Leave
            };
            self.command(session, command);
        }
        while self.ended < all {
            let next = timeout(self.world.plan.patience, self.events.recv()).await;
            let Ok(next) = next else {
                return Err(self.stalled("leave", all - self.ended));
            };
            self.ended += u32::from(matches!(next, Some(Event::Ended { .. })));
        }
        Ok(())
    }

    /// Watches what the server does with all of them gone.
    pub(super) async fn watch_aftermath(
        &mut self,
        mark: &Mark,
        rss_before: u64,
    ) -> Result<(), RunError> {
        let until = Instant::now() + self.world.plan.aftermath;
        let (mut rss_max, mut rss_after) = (rss_before, rss_before);
        while Instant::now() < until {
            sleep(GLANCE_EVERY).await;
            rss_after = self.of_server(Process::rss)?.unwrap_or(rss_after);
            rss_max = rss_max.max(rss_after);
        }
        let (_, cpu, _) = self.since(mark)?;
        self.report.aftermath = Some(Aftermath {
            server_cpu_seconds: cpu.map(|cpu| cpu.as_secs_f64()),
            rss_before,
            rss_max,
            rss_after,
        });
        Ok(())
    }

    /// Waits until the server has closed what it opened for the sessions, as long as that goes on.
    pub(super) async fn let_go(&mut self, before: Option<u64>) -> Result<(), RunError> {
        let Some(before) = before else { return Ok(()) };
        let mut left = self.of_server(Process::descriptors)?.unwrap_or(before);
        let mut last_change = Instant::now();
        while left > before && last_change.elapsed() < SETTLING {
            sleep(LOOK_EVERY).await;
            let now = self.of_server(Process::descriptors)?.unwrap_or(before);
            if now != left {
                (left, last_change) = (now, Instant::now());
            }
        }
        let after = left;
        self.report.descriptors = Some(Descriptors { before, after });
        Ok(())
    }

    /// Where a session sits: they are dealt out to the rooms, those of the burst behind the others.
    fn place(&self, session: u32) -> Option<Place> {
        let plan = &self.world.plan;
        let room = session.checked_rem(plan.rooms)?;
        let in_burst = session >= plan.sessions;
        Some(Place {
            room,
            seat: session / plan.rooms,
            occupants: if in_burst {
                plan.crowd(room)
            } else {
                plan.occupants(room)
            },
            counts: session < plan.sessions - plan.deaf,
        })
    }
}
