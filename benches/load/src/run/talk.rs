//! All talk: at a pace, some without reading, some coming late.

use std::{collections::VecDeque, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{Run, RunError, burst::Coming, elsewhere::Elsewhere, samples::Watch};
use crate::{
    board::Event,
    options::Pace,
    process::Process,
    report::{Burst, Deaf, Samples, Talk},
    session::Command,
};

/// How often the server's memory is looked at while somebody is deaf.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What goes on beside the talk.
struct Beside {
    watch: Option<Watch>,
    burst: Option<Coming>,
}

impl Run {
    pub(super) async fn warm_up(&mut self) -> Result<(), RunError> {
        let mut nothing = Beside {
            watch: None,
            burst: None,
        };
        let duration = self.world.plan.warm_up;
        self.talk("warm-up", duration, u64::MAX, &mut nothing).await
    }

    pub(super) async fn measured_talk(&mut self) -> Result<(), RunError> {
        let plan = &self.world.plan;
        let (duration, messages, deaf) = (plan.talk, plan.messages, plan.deaf);
        let start = Instant::now();
        let look = plan.sample.or((deaf > 0).then_some(LOOK_EVERY));
        let mut beside = Beside {
            watch: look
                .filter(|_| plan.process.is_some())
                .map(|every| Watch::new(start, every)),
            burst: (plan.burst > 0).then(|| Coming::new(plan.burst, start + duration / 3)),
        };
        if beside.burst.is_some() {
            self.elsewhere = Some(Elsewhere::new()?);
        }
        self.deafen();
        self.world.board.take_counts();
        let before = self.of_server(Process::rss)?;
        let mark = self.mark()?;
        self.talk("talk", duration, messages, &mut beside).await?;
        let (elapsed, server, own) = self.since(&mark)?;
        let counts = self.world.board.take_counts();
        self.report.talk = Some(Talk::new(&counts, elapsed, server, own));
        self.report.memory_after_talk = self.memory()?;
        if let Some(burst) = beside.burst {
            let took = burst.took();
            self.report.burst = Some(Burst::new(self.world.plan.burst, took, &counts));
        }
        let samples = beside.watch.map(Watch::samples);
        if deaf > 0 {
            let most = samples.as_ref().and_then(Samples::most_rss);
            self.hear_again(before.zip(most)).await?;
        }
        if self.world.plan.sample.is_some() {
            self.report.samples = samples;
        }
        Ok(())
    }

    /// Talks until the time is over or so much was said, then waits until everybody has everything.
    async fn talk(
        &mut self,
        phase: &'static str,
        duration: Duration,
        messages: u64,
        beside: &mut Beside,
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
            let coming = beside.burst.as_ref().map_or(0, Coming::missing);
            let begin = beside.burst.as_ref().and_then(Coming::begins);
            if next.is_none() && self.under_way == 0 && coming == 0 {
                return Ok(());
            }
            let look = beside.watch.as_ref().map(Watch::next);
            let missing = self.under_way + u64::from(coming);
            let awaits = self.under_way > 0 || (coming > 0 && begin.is_none());
            tokio::select! {
                event = self.event(phase, missing), if awaits => match event? {
                    Event::Complete(room) => {
                        self.under_way -= 1;
                        if let Pace::Window(_) = pace {
                            due.push_back((Instant::now() + think, room));
                        }
                    }
                    Event::Ready(session) => self.command(session, Command::Join),
                    event => {
                        if let Some(burst) = &mut beside.burst && burst.note(&event) {
                            self.world.board.burst_ends(Instant::now());
                        }
                    }
                },
                () = sleep_until(next.map_or(end, |(at, _)| at)), if next.is_some() => {
                    let Some((at, room)) = due.pop_front() else { continue };
                    // Late or not, it was due then.
                    self.say(room, at);
                    said += 1;
                    if let Pace::Every(interval) = pace {
                        due.push_back((at + interval, (room + 1) % self.report.rooms));
                    }
                }
                () = sleep_until(begin.unwrap_or(end)), if begin.is_some() => {
                    let Some(burst) = &mut beside.burst else { continue };
                    self.world.board.burst_begins(burst.begin());
                    for _ in 0..self.world.plan.burst {
                        let newcomer = self.newcomer();
                        if let Some(elsewhere) = &self.elsewhere {
                            elsewhere.start(newcomer);
                        }
                    }
                }
                () = sleep_until(look.unwrap_or(end)), if look.is_some() => {
                    let sample = self.of_server(|p| Ok((p.rss()?, p.descriptors()?)))?;
                    if let (Some(watch), Some((rss, descriptors))) = (&mut beside.watch, sample) {
                        watch.take(Instant::now(), rss, descriptors);
                    }
                }
            }
        }
    }

    /// The next one in the room speaks.
    fn say(&mut self, room: u32, due: Instant) {
        let listeners = self.world.plan.listeners(room);
        let turn = &mut self.turns[room as usize];
        let seat = *turn;
        *turn = (seat + 1) % listeners;
        self.under_way += 1;
        self.command(seat * self.report.rooms + room, Command::Say(due));
    }

    fn deaf_sessions(&self) -> impl Iterator<Item = u32> + use<> {
        let plan = &self.world.plan;
        plan.sessions - plan.deaf..plan.sessions
    }

    fn deafen(&self) {
        let rooms = self.report.rooms;
        for session in self.deaf_sessions() {
            self.world.board.deafen(session % rooms, session / rooms);
            self.command(session, Command::Deafen);
        }
    }

    /// Those who are gone find out why; `held` is the server's memory before they stopped reading, and at most since.
    async fn hear_again(&mut self, held: Option<(u64, u64)>) -> Result<(), RunError> {
        let rooms = self.report.rooms;
        let stayed = |session| self.world.board.stayed(session % rooms, session / rooms);
        let gone: Vec<(u32, Duration)> = self
            .deaf_sessions()
            .filter_map(|session| Some((session, stayed(session)?)))
            .collect();
        for (session, _) in &gone {
            self.command(*session, Command::Listen);
        }
        let closed = u32::try_from(gone.len()).unwrap_or(u32::MAX);
        while self.ends_of_deaf.values().sum::<u32>() < closed {
            self.event("deaf", closed).await?;
        }
        let after = gone.into_iter().map(|(_, stayed)| stayed).collect();
        let reasons = std::mem::take(&mut self.ends_of_deaf);
        self.report.deaf = Some(Deaf::new(self.world.plan.deaf, after, reasons, held));
        Ok(())
    }
}
