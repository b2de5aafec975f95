//! The threads that wait for the disk.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use xmpp_muc::{ArchiveAnswer, ArchiveRead, ArchiveReadError, ArchiveReadId};

use super::{Committed, Database, OpenError, Retention, retention::Round};
use crate::{
    Clock,
    hub::{Batch, Ticket},
};

/// How often what is too old or too much is looked for.
const ROUND_EVERY: Duration = Duration::from_mins(1);
/// Time between two steps of deleting, so that the disk has time for what somebody waits for.
const STEP_EVERY: Duration = Duration::from_millis(20);

/// What the store has done.
#[derive(Debug)]
pub(crate) enum Done {
    /// A batch of commits.
    Commit { ticket: Ticket, result: Committed },
    /// A request to an archive.
    Read {
        id: ArchiveReadId,
        answer: Result<ArchiveAnswer, ArchiveReadError>,
    },
}

/// A [`Database`] with the threads that use it: one writes and deletes, one reads. Requests of one kind are dealt with
/// in their order.
#[derive(Debug)]
pub(crate) struct Store {
    writer: Line,
    /// Not for one in memory, where the writer reads as well.
    reader: Option<Line>,
}

impl Store {
    /// Starts the threads. `report` is called on them.
    ///
    /// # Errors
    ///
    /// When there cannot be another connection or another thread.
    pub(crate) fn start(
        database: Database,
        retention: Retention,
        clock: Clock,
        report: impl Fn(Done) + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let report = Arc::new(report);
        let reader = match database.reader()? {
            None => None,
            Some(reader) => Some(Line::start("archive", {
                let report = Arc::clone(&report);
                move |jobs| {
                    for job in jobs {
                        if let Job::Read(read) = job {
                            let answer = reader.read(&read.room, &read.request);
                            report(Done::Read {
                                id: read.id,
                                answer,
                            });
                        }
                    }
                }
            })?),
        };
        let writer = Line::start("store", move |jobs| {
            let writer = Writer {
                database,
                retention,
                clock,
                report: &*report,
            };
            writer.run(&jobs);
        })?;
        Ok(Self { writer, reader })
    }

    /// Has commits made durable; [`Done::Commit`] follows.
    pub(crate) fn commit(&self, batch: Batch) {
        self.writer.send(Job::Commit(batch));
    }

    /// Has an archive read; [`Done::Read`] follows.
    pub(crate) fn read(&self, read: Box<ArchiveRead>) {
        self.reader
            .as_ref()
            .unwrap_or(&self.writer)
            .send(Job::Read(read));
    }

    /// Ends the threads when they have done all they were asked to, and closes the database: the write-ahead log is
    /// then part of it. Blocks.
    pub(crate) fn close(self) {
        if let Some(reader) = self.reader {
            reader.close();
        }
        self.writer.close();
    }
}

enum Job {
    Commit(Batch),
    Read(Box<ArchiveRead>),
}

/// A thread and the way to it.
#[derive(Debug)]
struct Line {
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

impl Line {
    fn start(
        name: &str,
        work: impl FnOnce(mpsc::Receiver<Job>) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let (jobs, inbox) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(inbox))
            .map_err(|source: io::Error| OpenError::Thread { source })?;
        Ok(Self { jobs, thread })
    }

    fn send(&self, job: Job) {
        if self.jobs.send(job).is_err() {
            tracing::error!("a thread of the store has ended before its time");
        }
    }

    fn close(self) {
        drop(self.jobs);
        if self.thread.join().is_err() {
            tracing::error!("a thread of the store has panicked");
        }
    }
}

struct Writer<'a> {
    database: Database,
    retention: Retention,
    clock: Clock,
    report: &'a (dyn Fn(Done) + Send + Sync),
}

impl Writer<'_> {
    /// Carries out what it is asked to, and deletes a little in between.
    fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        let mut round = Some(self.round());
        let mut next_step = self.clock.now();
        loop {
            match jobs.recv_timeout(next_step.since(self.clock.now())) {
                Ok(Job::Commit(batch)) => {
                    let result = self.database.commit(&batch.commits);
                    let ticket = batch.ticket;
                    (self.report)(Done::Commit { ticket, result });
                }
                Ok(Job::Read(read)) => {
                    let answer = self.database.read(&read.room, &read.request);
                    (self.report)(Done::Read {
                        id: read.id,
                        answer,
                    });
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if next_step <= self.clock.now() {
                let more = self.step(round.get_or_insert_with(|| self.round()));
                if !more {
                    round = None;
                }
                let pause = if more { STEP_EVERY } else { ROUND_EVERY };
                next_step = self.clock.now().saturating_add(pause);
            }
        }
    }

    fn round(&self) -> Round {
        Round::new(self.retention, self.clock.now())
    }

    fn step(&self, round: &mut Round) -> bool {
        self.database.forget_some(round).unwrap_or_else(|error| {
            tracing::error!(%error, "what is too old cannot be deleted");
            false
        })
    }
}
