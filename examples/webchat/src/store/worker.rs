//! The threads that wait for the disk.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use xmpp_core::Timestamp;
use xmpp_muc::{ArchiveAnswer, ArchiveRead, ArchiveReadError, ArchiveReadId};

use super::{Committed, Database, OpenError, Retention, messages, retention::Round};
use crate::{
    Clock,
    hub::{Batch, Ticket},
};

/// How often what is too old or too much is looked for.
const ROUND_EVERY: Duration = Duration::from_mins(1);
/// Time between two steps of deleting, so that the disk has time for what somebody waits for.
const STEP_EVERY: Duration = Duration::from_millis(20);

/// How long messages wait for their entries where nobody reads and few come. What waits makes the next reader wait.
const INDEX_AFTER: Duration = Duration::from_secs(5);

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

/// A [`Database`] with the threads that use it: one writes and deletes, one reads. Commits are dealt with in their order.
#[derive(Debug)]
pub(crate) struct Store {
    writer: Line,
    /// Not for one in memory, where the writer reads as well.
    reader: Option<Line>,
    /// Whether something was committed that the reader does not see yet.
    is_behind: Arc<AtomicBool>,
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
        let is_behind = Arc::new(AtomicBool::new(database.unindexed() > 0));
        let writer = Line::start("store", {
            let is_behind = Arc::clone(&is_behind);
            let reader = reader.as_ref().map(|reader| reader.jobs.clone());
            move |jobs| {
                let writer = Writer {
                    reader,
                    is_behind: &is_behind,
                    index_at: (database.unindexed() > 0).then(|| clock.now()),
                    is_late: false,
                    database,
                    retention,
                    clock,
                    report: &*report,
                };
                writer.run(&jobs);
            }
        })?;
        Ok(Self {
            writer,
            reader,
            is_behind,
        })
    }

    /// Has commits made durable; [`Done::Commit`] follows.
    pub(crate) fn commit(&self, batch: Batch) {
        self.writer.send(Job::Commit(batch));
    }

    /// Has an archive read; [`Done::Read`] follows. What is said to be committed by now is in it.
    pub(crate) fn read(&self, read: Box<ArchiveRead>) {
        let line = match &self.reader {
            Some(reader) if !self.is_behind.load(Ordering::Acquire) => reader,
            // The writer hands it on.
            _ => &self.writer,
        };
        line.send(Job::Read(read));
    }

    /// Ends the threads when they have done all they were asked to, and closes the database: the write-ahead log is
    /// then part of it. Blocks.
    pub(crate) fn close(self) {
        // The writer may have to hand something on to the reader yet.
        self.writer.close();
        if let Some(reader) = self.reader {
            reader.close();
        }
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
        send(&self.jobs, job);
    }

    fn close(self) {
        drop(self.jobs);
        if self.thread.join().is_err() {
            tracing::error!("a thread of the store has panicked");
        }
    }
}

fn send(jobs: &mpsc::Sender<Job>, job: Job) {
    if jobs.send(job).is_err() {
        tracing::error!("a thread of the store has ended before its time");
    }
}

struct Writer<'a> {
    database: Database,
    retention: Retention,
    clock: Clock,
    reader: Option<mpsc::Sender<Job>>,
    is_behind: &'a AtomicBool,
    /// When the messages that were committed since get their entries.
    index_at: Option<Timestamp>,
    /// Whether that failed the last time: it is then tried at that time only, however many wait.
    is_late: bool,
    report: &'a (dyn Fn(Done) + Send + Sync),
}

impl Writer<'_> {
    /// Carries out what it is asked to, and tidies up a little in between.
    fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        let mut round = Some(self.round());
        let mut next_step = self.clock.now();
        loop {
            let next = self.index_at.unwrap_or(next_step).min(next_step);
            match jobs.recv_timeout(next.since(self.clock.now())) {
                Ok(Job::Commit(batch)) => self.commit(&batch),
                Ok(Job::Read(read)) => self.read(read),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.index(),
            }
            let now = self.clock.now();
            if self.index_at.is_some_and(|at| at <= now) {
                self.index();
            }
            if next_step <= now {
                let more = self.step(round.get_or_insert_with(|| self.round()));
                if !more {
                    round = None;
                }
                let pause = if more { STEP_EVERY } else { ROUND_EVERY };
                next_step = self.clock.now().saturating_add(pause);
            }
        }
    }

    fn commit(&mut self, batch: &Batch) {
        let result = self.database.commit(&batch.commits);
        let unindexed = self.database.unindexed();
        // Before anybody hears of the commit, and asks for it.
        self.is_behind.store(unindexed > 0, Ordering::Release);
        (self.report)(Done::Commit {
            ticket: batch.ticket,
            result,
        });
        if unindexed > 0 {
            let now = self.clock.now();
            let at = self.index_at.get_or_insert(now.saturating_add(INDEX_AFTER));
            if unindexed >= messages::MOST && !self.is_late {
                *at = now;
            }
        }
    }

    fn read(&mut self, read: Box<ArchiveRead>) {
        self.index();
        if let Some(reader) = &self.reader
            && self.database.unindexed() == 0
        {
            return send(reader, Job::Read(read));
        }
        let answer = self.database.read(&read.room, &read.request);
        (self.report)(Done::Read {
            id: read.id,
            answer,
        });
    }

    /// Lets the archive have what was committed. Where that fails (the disk is full), it is durable all the same,
    /// and read on this thread.
    fn index(&mut self) {
        match self.database.index() {
            Ok(()) => {
                self.index_at = None;
                self.is_late = false;
                self.is_behind.store(false, Ordering::Release);
            }
            Err(error) => {
                tracing::error!(%error, "the archive cannot be brought up to date");
                self.index_at = Some(self.clock.now().saturating_add(INDEX_AFTER));
                self.is_late = true;
            }
        }
    }

    fn round(&self) -> Round {
        Round::new(self.retention, self.clock.now())
    }

    fn step(&mut self, round: &mut Round) -> bool {
        self.database.forget_some(round).unwrap_or_else(|error| {
            tracing::error!(%error, "what is too old cannot be deleted");
            false
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::store::{Change, tests};

    /// A writer with a file, and what it reports.
    fn with_writer(folder: &std::path::Path, test: impl FnOnce(Writer<'_>)) -> Vec<Committed> {
        let reported = Mutex::new(Vec::new());
        let report = |done| match done {
            Done::Commit { result, .. } => reported.lock().expect("no panic").push(result),
            Done::Read { .. } => {}
        };
        test(Writer {
            database: Database::open(folder).expect("a database"),
            retention: Retention::default(),
            clock: Clock::start(),
            reader: None,
            is_behind: &AtomicBool::new(false),
            index_at: None,
            is_late: false,
            report: &report,
        });
        reported.into_inner().expect("no panic")
    }

    fn batch(changes: impl IntoIterator<Item = Change>) -> Batch {
        Batch {
            ticket: Ticket(1),
            commits: changes.into_iter().map(|change| vec![change]).collect(),
        }
    }

    fn say(id: usize) -> Change {
        Change::Message(Arc::new(tests::message(&id.to_string())))
    }

    #[test]
    fn messages_get_their_entries_when_some_have_waited_long_or_many_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        let reported = with_writer(folder.path(), |mut writer| {
            writer.commit(&batch([tests::room(), say(0)]));
            assert!(writer.is_behind.load(Ordering::Acquire));
            let at = writer.index_at.expect("it waits");
            writer.commit(&batch([say(1)]));
            assert_eq!(writer.index_at, Some(at), "the first one counts");
            writer.commit(&batch((2..messages::MOST).map(say)));
            assert!(writer.index_at < Some(at), "they are too many");
            writer.index();
            assert_eq!((writer.index_at, writer.database.unindexed()), (None, 0));
            assert!(!writer.is_behind.load(Ordering::Acquire));
        });
        assert_eq!(reported, [const { Committed::All }; 3]);
    }

    /// What a process that was killed had not indexed.
    #[test]
    fn no_reader_is_let_past_the_writer_before_all_that_is_found_at_the_start_has_entries() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut database = Database::open(folder.path()).expect("a database");
        let commits = [tests::room()].into_iter().chain((0..2000).map(say));
        let commits: Vec<_> = commits.map(|change| vec![change]).collect();
        assert_eq!(database.commit(&commits), Committed::All);
        let other = rusqlite::Connection::open(folder.path().join("rooms.db")).expect("the same");
        let store =
            Store::start(database, Retention::default(), Clock::start(), |_| {}).expect("threads");
        while store.is_behind.load(Ordering::Acquire) {
            thread::yield_now();
        }
        let messages = messages::Messages::open(&other).expect("the messages");
        assert_eq!(messages.unindexed(), 0);
        store.close();
    }

    #[test]
    fn the_last_messages_get_their_entries_when_the_store_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (sender, done) = mpsc::channel();
        let database = Database::open(folder.path()).expect("a database");
        let report = move |event| sender.send(event).expect("somebody listens");
        let store =
            Store::start(database, Retention::default(), Clock::start(), report).expect("threads");
        store.commit(batch([tests::room(), say(0)]));
        assert!(matches!(done.recv(), Ok(Done::Commit { .. })));
        store.close();
        assert!(!folder.path().join("rooms.db-wal").exists());
        assert_eq!(
            Database::open(folder.path()).expect("the same").unindexed(),
            0
        );
    }
}
