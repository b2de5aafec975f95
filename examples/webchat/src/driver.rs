//! The one task that owns the [`Hub`]: it feeds it what the connections bring, carries out what it says, and keeps
//! its clock.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
    task::yield_now,
    time::sleep_until,
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use xmpp_muc::{ArchiveRead, ArchiveReadError};

use crate::{
    Clock,
    hub::{Batch, CheckId, Checked, Hub, Output, Stats, TokenQuestion},
    site_check::SiteCheck,
    store::{Committed, Database, Done, OpenError, Retention, Store},
    table::Table,
    upkeep::Upkeep,
};

pub(crate) use crate::hub::{Peer, RequestId, Response, SocketId, ToSocket};

/// Messages that wait between the hub and one socket's task; the rest stays in the session.
const SOCKET_QUEUE: usize = 32;
/// Commands carried out before the hub's outputs are looked at.
const BATCH: usize = 64;
/// Outputs carried out before the connections that they woke have their turn: what they send is then still in a processor's
/// cache, and the first of many receivers does not wait for the last.
const OUTPUTS_AT_ONCE: usize = 32;
/// How long to sleep when the hub has no timer.
const IDLE: Duration = Duration::from_hours(1);

/// What a connection has for the hub.
///
/// The channel itself has no bound; what may stand in it has: one request per connection, a few messages per socket.
enum Command {
    Request {
        id: RequestId,
        from: Peer,
        body: Bytes,
        reply: oneshot::Sender<Response>,
    },
    Written(RequestId),
    Lost(RequestId),
    Open {
        from: Peer,
        /// At the admin's own door.
        admin: bool,
        socket: oneshot::Sender<Socket>,
    },
    Message {
        id: SocketId,
        text: Utf8Bytes,
        permit: OwnedSemaphorePermit,
    },
    Drained(SocketId),
    Closed(SocketId),
    Stored(Done),
    Checked(CheckId, Checked),
    Report(oneshot::Sender<Report>),
    Shutdown(oneshot::Sender<()>),
    Close(oneshot::Sender<()>),
}

/// How a hub and its driver stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) stats: Stats,
    /// BOSH requests without an answer.
    pub(crate) held_requests: usize,
    /// Inputs that wait.
    pub(crate) waiting_commands: usize,
    pub(crate) commits: u64,
    pub(crate) failed_commits: u64,
    pub(crate) archive_reads: u64,
}

impl Report {
    /// Adds that of another hub.
    pub(crate) fn add(&mut self, more: &Self) {
        self.stats.add(&more.stats);
        self.held_requests += more.held_requests;
        self.waiting_commands += more.waiting_commands;
        self.commits += more.commits;
        self.failed_commits += more.failed_commits;
        self.archive_reads += more.archive_reads;
    }
}

/// How connections reach the hub.
#[derive(Clone)]
pub(crate) struct HubHandle {
    commands: mpsc::UnboundedSender<Command>,
    /// Sockets that take nothing any more, ahead of all that waits among the commands.
    gone: mpsc::UnboundedSender<SocketId>,
    requests: Arc<AtomicU64>,
}

impl HubHandle {
    /// A number for a request that was read.
    pub(crate) fn next_request(&self) -> RequestId {
        RequestId::new(self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// Hands a request in; its answer, or `None` when the server ends first.
    pub(crate) async fn request(&self, id: RequestId, from: Peer, body: Bytes) -> Option<Response> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Request {
            id,
            from,
            body,
            reply,
        });
        answer.await.ok()
    }

    /// The answer to `id` was handed over to HTTP.
    pub(crate) fn written(&self, id: RequestId) {
        self.send(Command::Written(id));
    }

    /// The connection of `id` ended before its answer was handed over.
    pub(crate) fn lost(&self, id: RequestId) {
        self.send(Command::Lost(id));
    }

    /// Announces a WebSocket; `None` when no further session is let in.
    pub(crate) async fn open_socket(&self, from: Peer, admin: bool) -> Option<Socket> {
        let (socket, opened) = oneshot::channel();
        self.send(Command::Open {
            from,
            admin,
            socket,
        });
        opened.await.ok()
    }

    /// Ends all sessions, each with its farewell; returns when every session has taken it.
    pub(crate) async fn shut_down(&self) {
        let (done, all_gone) = oneshot::channel();
        self.send(Command::Shutdown(done));
        // An error means that the hub has ended, and all sessions with it.
        let _ = all_gone.await;
    }

    /// Closes the store when it has written all that it was given. What comes later is not stored, and so not seen.
    pub(crate) async fn close_store(&self) {
        let (done, closed) = oneshot::channel();
        self.send(Command::Close(done));
        // An error means that the hub has ended, which closes the store.
        let _ = closed.await;
    }

    /// How things stand; `None` when the hub has ended.
    pub(crate) async fn report(&self) -> Option<Report> {
        let (reply, report) = oneshot::channel();
        self.send(Command::Report(reply));
        report.await.ok()
    }

    /// Whether the hub is at work.
    pub(crate) fn is_alive(&self) -> bool {
        !self.commands.is_closed()
    }

    fn send(&self, command: Command) {
        // The hub's task ends after all connections; what comes later has no receiver and needs none.
        let _ = self.commands.send(command);
    }
}

impl fmt::Debug for HubHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubHandle").finish_non_exhaustive()
    }
}

/// One WebSocket's line to the hub. Dropped, it tells the hub that the socket is gone.
pub(crate) struct Socket {
    id: SocketId,
    hub: HubHandle,
    queue: mpsc::Receiver<ToSocket>,
    /// The hub found the queue full and waits to be told that it is not.
    full: Arc<AtomicBool>,
}

impl Socket {
    pub(crate) fn id(&self) -> SocketId {
        self.id
    }

    /// Hands in a message; `permit` is released when the hub has read it.
    pub(crate) fn message(&self, text: Utf8Bytes, permit: OwnedSemaphorePermit) {
        self.hub.send(Command::Message {
            id: self.id,
            text,
            permit,
        });
    }

    /// The next thing to send; `None` when the hub has ended.
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<ToSocket>> {
        self.queue.poll_recv(cx)
    }

    /// The next thing to send, if there is one already.
    pub(crate) fn try_receive(&mut self) -> Option<ToSocket> {
        let next = self.queue.try_recv().ok();
        if next.is_none() && self.full.swap(false, Ordering::AcqRel) {
            self.hub.send(Command::Drained(self.id));
        }
        next
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // As for `HubHandle::send`.
        let _ = self.hub.gone.send(self.id);
        self.hub.send(Command::Closed(self.id));
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Starts the task, and the threads of its store. It ends when every [`HubHandle`] is gone.
///
/// # Errors
///
/// [`OpenError`] when the store's threads cannot start.
pub(crate) fn start(
    hub: Hub,
    clock: Clock,
    upkeep: Upkeep,
    database: Database,
    retention: Retention,
    site: Option<SiteCheck>,
) -> Result<HubHandle, OpenError> {
    let (commands, inbox) = mpsc::unbounded_channel();
    let (gone, ended) = mpsc::unbounded_channel();
    let handle = HubHandle {
        commands,
        gone,
        requests: Arc::default(),
    };
    // The task must not hold a handle, or it would keep itself alive.
    let weak = WeakHandle {
        commands: handle.commands.downgrade(),
        gone: handle.gone.downgrade(),
        requests: handle.requests.clone(),
    };
    let report = handle.commands.downgrade();
    let store = Store::start(database, retention, clock, move |done| {
        if let Some(commands) = report.upgrade() {
            // As for `HubHandle::send`.
            let _ = commands.send(Command::Stored(done));
        }
    })?;
    let driver = Driver {
        hub,
        clock,
        store: Some(store),
        upkeep,
        site: site.map(Arc::new),
        weak,
        replies: Table::default(),
        sockets: Table::default(),
        report: Report::default(),
        all_gone: None,
        ended,
    };
    tokio::spawn(driver.run(inbox));
    Ok(handle)
}

struct WeakHandle {
    commands: mpsc::WeakUnboundedSender<Command>,
    gone: mpsc::WeakUnboundedSender<SocketId>,
    requests: Arc<AtomicU64>,
}

impl WeakHandle {
    fn upgrade(&self) -> Option<HubHandle> {
        Some(HubHandle {
            commands: self.commands.upgrade()?,
            gone: self.gone.upgrade()?,
            requests: self.requests.clone(),
        })
    }
}

struct Driver {
    hub: Hub,
    clock: Clock,
    /// Until it is closed.
    store: Option<Store>,
    upkeep: Upkeep,
    /// Who knows whose tokens are.
    site: Option<Arc<SiteCheck>>,
    weak: WeakHandle,
    replies: Table<RequestId, oneshot::Sender<Response>>,
    sockets: Table<SocketId, SocketQueue>,
    /// Counters of the report.
    report: Report,
    /// To be told when a shutdown has ended the last session.
    all_gone: Option<oneshot::Sender<()>>,
    /// Sockets that take nothing any more. What they brought, and then their end, is among the commands.
    ended: mpsc::UnboundedReceiver<SocketId>,
}

struct SocketQueue {
    queue: mpsc::Sender<ToSocket>,
    full: Arc<AtomicBool>,
    /// Of messages that the hub has, but has not read: it is how a client is slowed down.
    withheld: Vec<OwnedSemaphorePermit>,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        loop {
            let now = self.clock.now();
            let deadline = self.hub.poll_timeout().unwrap_or(now.saturating_add(IDLE));
            tokio::select! {
                biased;
                command = inbox.recv() => match command {
                    Some(command) => self.carry_out(command),
                    None => break,
                },
                () = sleep_until(self.clock.instant(deadline)) => {}
            }
            self.note_ended();
            for _ in 1..BATCH {
                let Ok(command) = inbox.try_recv() else { break };
                self.carry_out(command);
            }
            let now = self.clock.now();
            self.report.waiting_commands = inbox.len();
            if deadline <= now {
                self.hub.handle_timeout(now);
            }
            self.deliver().await;
            if self.all_gone.is_some()
                && self.hub.is_empty()
                && let Some(done) = self.all_gone.take()
            {
                // Whoever waited may have given up.
                let _ = done.send(());
            }
        }
        self.close_store(None);
    }

    /// Nothing is said any more to sockets that have ended, however many commands come before their end.
    fn note_ended(&mut self) {
        while let Ok(id) = self.ended.try_recv() {
            self.hub.handle_gone(id);
        }
    }

    fn carry_out(&mut self, command: Command) {
        let now = self.clock.now();
        match command {
            Command::Request {
                id,
                from,
                body,
                reply,
            } => {
                let gone = reply.is_closed();
                self.replies.insert(id, reply);
                self.hub.handle_request(now, id, from, &body);
                if gone {
                    self.lost(id);
                }
            }
            Command::Written(id) => self.hub.handle_written(now, id),
            Command::Lost(id) => self.lost(id),
            Command::Open {
                from,
                admin,
                socket,
            } => self.open(from, admin, socket),
            Command::Message { id, text, permit } => {
                self.hub.handle_message(now, id, &text);
                if let Some(socket) = self.sockets.get_mut(&id) {
                    socket.withheld.push(permit);
                }
            }
            Command::Drained(id) => self.fill(id),
            Command::Closed(id) => {
                self.sockets.remove(&id);
                self.hub.handle_closed(now, id);
            }
            Command::Stored(Done::Commit { ticket, result }) => {
                match result {
                    Committed::Nothing => self.report.failed_commits += 1,
                    _ => self.report.commits += 1,
                }
                self.hub.handle_committed(now, ticket, &result);
            }
            Command::Stored(Done::Read { id, answer }) => {
                self.hub.handle_archive_read(now, id, answer);
            }
            Command::Checked(id, checked) => self.hub.handle_checked(now, id, checked),
            Command::Close(done) => self.close_store(Some(done)),
            Command::Report(reply) => {
                let report = Report {
                    stats: self.hub.stats(),
                    held_requests: self.replies.len(),
                    ..self.report.clone()
                };
                // Whoever asked may have gone.
                let _ = reply.send(report);
            }
            Command::Shutdown(done) => {
                self.hub.shut_down(now);
                self.all_gone = Some(done);
            }
        }
    }

    fn lost(&mut self, id: RequestId) {
        self.replies.remove(&id);
        self.hub.handle_lost(self.clock.now(), id);
    }

    fn open(&mut self, from: Peer, admin: bool, socket: oneshot::Sender<Socket>) {
        let now = self.clock.now();
        let opened = if admin {
            self.hub.handle_admin_open(now, from)
        } else {
            self.hub.handle_open(now, from)
        };
        let (Some(hub), Some(id)) = (self.weak.upgrade(), opened) else {
            return;
        };
        let (queue, receiver) = mpsc::channel(SOCKET_QUEUE);
        let full = Arc::new(AtomicBool::new(false));
        let line = Socket {
            id,
            hub,
            queue: receiver,
            full: full.clone(),
        };
        let withheld = Vec::new();
        let socket_queue = SocketQueue {
            queue,
            full,
            withheld,
        };
        self.sockets.insert(id, socket_queue);
        // If the handshake was given up meanwhile, the line is dropped here and reports its end.
        let _ = socket.send(line);
    }

    /// Carries out what the hub wants done. Now and then those who have something to send have their turn.
    async fn deliver(&mut self) {
        let mut outputs = 0_usize;
        while let Some(output) = self.hub.poll_output() {
            match output {
                Output::Answer(response) => {
                    let id = response.id;
                    let taken = self.replies.remove(&id).map(|to| to.send(response));
                    if !matches!(taken, Some(Ok(()))) {
                        self.hub.handle_lost(self.clock.now(), id);
                    }
                }
                Output::KeepBans(text) => self.upkeep.keep_bans(&text),
                // One permit is kept, should nobody wait just now.
                Output::ShutDown => self.upkeep.asked_to_stop.notify_one(),
                Output::Pending(id) => self.fill(id),
                Output::Commit(batch) => self.commit(batch),
                Output::ReadArchive(read) => self.read(read),
                Output::CheckToken(question) => self.check(question),
            }
            outputs += 1;
            if outputs.is_multiple_of(OUTPUTS_AT_ONCE) {
                yield_now().await;
                self.note_ended();
            }
        }
    }

    fn commit(&mut self, batch: Batch) {
        if let Some(store) = &self.store {
            store.commit(batch);
        } else {
            self.report.failed_commits += 1;
            let now = self.clock.now();
            self.hub
                .handle_committed(now, batch.ticket, &Committed::Nothing);
        }
    }

    fn read(&mut self, read: Box<ArchiveRead>) {
        self.report.archive_reads += 1;
        if let Some(store) = &self.store {
            store.read(read);
        } else {
            let failed = Err(ArchiveReadError::Failed);
            self.hub
                .handle_archive_read(self.clock.now(), read.id, failed);
        }
    }

    /// Asks the site, in a task of its own.
    fn check(&mut self, question: TokenQuestion) {
        let id = question.id;
        let Some(site) = self.site.clone() else {
            let now = self.clock.now();
            return self.hub.handle_checked(now, id, Checked::Unavailable);
        };
        let commands = self.weak.commands.clone();
        tokio::spawn(async move {
            let checked = site.ask(&question.token).await;
            if let Some(commands) = commands.upgrade() {
                // As for `HubHandle::send`.
                let _ = commands.send(Command::Checked(id, checked));
            }
        });
    }

    /// The threads end when they have done what they were given; they need not be waited for here.
    fn close_store(&mut self, done: Option<oneshot::Sender<()>>) {
        let store = self.store.take();
        tokio::task::spawn_blocking(move || {
            if let Some(store) = store {
                store.close();
            }
            if let Some(done) = done {
                // Whoever waited may have given up.
                let _ = done.send(());
            }
        });
    }

    /// Moves messages from the hub to the queue of a socket while it takes them.
    fn fill(&mut self, id: SocketId) {
        let Some(socket) = self.sockets.get_mut(&id) else {
            return;
        };
        if !socket.withheld.is_empty() && self.hub.wants_input(id) {
            socket.withheld.clear();
        }
        loop {
            let permit = match socket.queue.try_reserve() {
                Ok(permit) => permit,
                Err(mpsc::error::TrySendError::Full(())) => {
                    socket.full.store(true, Ordering::Release);
                    // It may have been drained before the flag was up, and nobody would say so.
                    if socket.queue.capacity() == 0 {
                        return;
                    }
                    continue;
                }
                Err(mpsc::error::TrySendError::Closed(())) => return,
            };
            match self.hub.poll_message(id) {
                Some(message) => permit.send(message),
                None => return,
            }
        }
    }
}
