//! The hub: every session, the rooms, and the routes between them. A machine without I/O, as the crates' are.

mod accounts;
mod admin;
mod bans;
mod census;
mod client;
mod commands;
mod config;
mod directory;
mod domain;
mod effects;
mod flood;
mod pace;
mod peer;
mod personal;
mod route;
mod sign_on;
mod traffic;
mod upload;
mod waiting;

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

pub use self::{
    census::Census,
    peer::{ClientCertificate, Peer, Protection},
    sign_on::{CheckId, Checked, TokenQuestion},
    traffic::{Counts, Stats, Traffic},
    waiting::{Batch, Ticket},
};
pub use xmpp_bosh::{RequestId, Response};

pub(crate) use self::census::network;

use xmpp_bosh::{Manager, ManagerEvent, Sid, TerminalCondition};
use xmpp_core::{
    BareJid, Random, Timers, Timestamp,
    stream::{
        BindAnswer, CloseReason, ServerConfig, ServerEvent, ServerSession, Session as _,
        StreamError, StreamErrorCondition,
    },
};
use xmpp_muc::{ArchiveRead, Service};

use self::{
    admin::{AdminAccount, Letters},
    bans::Bans,
    client::{Client, Key, SocketLink, Transport},
    commands::Commands,
    directory::Directory,
    domain::Domain,
    effects::Spreading,
    flood::{Flood, Paced},
    personal::Profile,
    sign_on::SignOn,
    upload::Upload,
    waiting::Waiting,
};
use crate::{
    HostSettings,
    table::Table,
    upload::{Issuer, Usage},
};

/// Sessions that get a message before they are attended to: what is known of so many stays in a processor's cache.
const RECEIVERS_AT_ONCE: usize = 32;

/// How much later than it could a BOSH session ends that has been silent for too long. Those that were cut off with it follow in this
/// time, and need not be told of each other's end.
const SILENT_TOGETHER: Duration = Duration::from_millis(500);

/// Names an open WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketId(u64);

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the hub wants done.
#[derive(Debug)]
pub enum Output {
    /// Answer an HTTP request; tell [`Hub::handle_written`] or [`Hub::handle_lost`] what became of the answer.
    Answer(Response),
    /// [`Hub::poll_message`] may have something for this WebSocket.
    Pending(SocketId),
    /// Make these commits durable; tell [`Hub::handle_committed`] what became of them. Until then what they changed
    /// is seen by nobody.
    Commit(Batch),
    /// Read the archive of a room, as it is after all commits before; the answer goes to
    /// [`Hub::handle_archive_read`]. Nothing waits for it.
    ReadArchive(Box<ArchiveRead>),
    /// Keep this text, and give it to [`Hub::load_bans`] at the next start.
    KeepBans(String),
    /// The admin wants the server to end.
    ShutDown,
    /// Ask the site whose token this is; the answer goes to [`Hub::handle_checked`]. One that never comes keeps its place
    /// among the questions that may be under way.
    CheckToken(TokenQuestion),
}

/// What must be sent on a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToSocket {
    /// A text message.
    Text(String),
    /// The close frame. The hub has forgotten the socket.
    Close {
        /// The status code (RFC 6455 §7.4).
        code: u16,
        /// Why, in words.
        reason: &'static str,
    },
}

/// The XMPP server: BOSH and WebSocket sessions, the domain, the rooms.
///
/// The order of calls: any `handle_*`, then [`Hub::poll_output`] until it gives nothing, then wait for input or for
/// [`Hub::poll_timeout`]. The work is done in [`Hub::poll_output`], so that inputs which come together share
/// answers.
///
/// Anybody may log in anonymously, unless the settings say otherwise; whoever has is known by a random localpart until the session
/// ends. Users of a site may be signed in by it, under the names that they have there; others, by a certificate. Nothing is
/// kept here for anybody who is gone but what rooms keep of users who come back.
pub struct Hub {
    now: Timestamp,
    domain: BareJid,
    muc_domain: String,
    limits: crate::Limits,
    new_random: fn() -> Box<dyn Random + Send>,
    /// For streams over WebSocket.
    sessions: Arc<ServerConfig>,
    bosh_sessions: Arc<ServerConfig>,
    max_occupants: usize,
    bosh: Manager,
    /// BOSH sessions that were silent for too long, and when they end.
    silent: VecDeque<(Timestamp, Key)>,
    rooms: Service,
    census: Census,
    /// What of this hub is counted there.
    counted: census::Rooms,
    /// What the rooms have said and the store holds up.
    waiting: Waiting,
    /// What they have said and not everybody has yet.
    spreading: Option<Spreading>,
    max_waiting: usize,
    /// Something is kept, on a disk or for those who ask the archive. If not, nothing waits.
    stores: bool,
    /// Boxed, because a table that grows has room for twice as many.
    clients: Table<Key, Box<Client>>,
    by_sid: Table<Sid, Key>,
    users: Directory,
    admin: AdminAccount,
    sign_on: SignOn,
    commands: Commands,
    bans: Bans,
    /// When the admin wants the server to end.
    shutdown_at: Option<Timestamp>,
    /// Rooms of the configuration that are still to be made.
    declared: Vec<crate::DeclaredRoom>,
    /// Whose HTTP request asked for a session, until it is made.
    peers: Table<RequestId, Peer>,
    /// What the domain answers.
    server: Domain,
    /// What users' own accounts are.
    profile: Profile,
    /// The component for uploads, where there is one.
    upload: Option<Upload>,
    timers: Timers<Key>,
    flood: Flood,
    traffic: Traffic,
    marked: VecDeque<Key>,
    outputs: VecDeque<Output>,
    last_key: u64,
    closing: bool,
    /// The sessions have to be ended, for the server does.
    farewells_due: bool,
}

impl Hub {
    /// A hub without sessions, on its own. `new_random` makes a source of randomness for each machine.
    ///
    /// # Panics
    ///
    /// If the domain of `settings` is no domain: [`HostSettings`] are made from checked options.
    pub fn new(
        settings: &HostSettings,
        new_random: fn() -> Box<dyn Random + Send>,
        now: Timestamp,
    ) -> Self {
        Self::among(Census::new(&settings.limits), settings, new_random, now)
    }

    /// [`Hub::new`] for one of several hubs that share the limits which hold for the server.
    ///
    /// # Panics
    ///
    /// As [`Hub::new`].
    pub fn among(
        census: Census,
        settings: &HostSettings,
        new_random: fn() -> Box<dyn Random + Send>,
        now: Timestamp,
    ) -> Self {
        const CHECKED: &str = "the domain was checked with the options";
        let limits = settings.limits;
        let admin = AdminAccount::new(settings, &mut *new_random());
        let sign_on = SignOn::new(settings, &mut *new_random());
        let streams =
            |idle| Arc::new(sign_on.offer(config::sessions(settings, idle).expect(CHECKED)));
        let domain = BareJid::from_parts(None, &settings.domain).expect(CHECKED);
        let muc = BareJid::from_parts(None, &settings.muc_domain()).expect(CHECKED);
        Self {
            now,
            muc_domain: muc.domain().to_owned(),
            sessions: streams(settings.timing.websocket_ping),
            bosh_sessions: streams(settings.timing.bosh_inactivity),
            max_occupants: settings.flood.max_occupants,
            bosh: Manager::new(config::bosh(settings), new_random()),
            silent: VecDeque::new(),
            census,
            counted: census::Rooms::default(),
            domain: domain.clone(),
            limits,
            new_random,
            clients: Table::default(),
            by_sid: Table::default(),
            users: Directory::default(),
            commands: Commands::new(&domain, &admin.jid, new_random()),
            admin,
            sign_on,
            bans: Bans::default(),
            shutdown_at: None,
            declared: settings.rooms.clone(),
            peers: Table::default(),
            server: Domain::new(now, [domain::rooms_item(&muc)]),
            profile: Profile::new(),
            rooms: Service::new(muc, config::rooms(settings), new_random()),
            upload: None,
            waiting: Waiting::default(),
            spreading: None,
            max_waiting: settings.archive.queue_bytes,
            stores: settings.archive.on || settings.data.is_some(),
            timers: Timers::default(),
            flood: Flood::new(settings.flood),
            traffic: Traffic::default(),
            marked: VecDeque::new(),
            outputs: VecDeque::new(),
            last_key: 0,
            closing: false,
            farewells_due: false,
        }
    }

    /// Adds a service for uploads: slots from `issuer`, for a store that holds the bytes of `usage`.
    ///
    /// # Panics
    ///
    /// If the domain with `upload.` before it is no domain, which the settings were checked for.
    pub fn add_upload(&mut self, issuer: Issuer, usage: Usage) {
        let domain = format!("upload.{}", self.domain.domain());
        let domain = BareJid::from_parts(None, &domain).expect("checked with the options");
        let upload = Upload::new(domain, issuer, usage, (self.new_random)());
        let items = [domain::rooms_item(self.rooms.jid()), upload.item()];
        self.server = self.server.with_services(items);
        self.upload = Some(upload);
    }

    /// A POST to the BOSH endpoint arrived from `peer`.
    pub fn handle_request(
        &mut self,
        now: Timestamp,
        id: RequestId,
        peer: impl Into<Peer>,
        body: &[u8],
    ) {
        self.at(now);
        let peer = peer.into();
        let is_encrypted = peer.protection.is_encrypted();
        self.peers.insert(id, peer);
        self.bosh
            .handle_request_over(self.now, id, is_encrypted, body);
    }

    /// The answer to `id` was handed to HTTP.
    pub fn handle_written(&mut self, now: Timestamp, id: RequestId) {
        self.at(now);
        self.bosh.handle_written(id);
    }

    /// The connection of `id` ended before its answer was handed over.
    pub fn handle_lost(&mut self, now: Timestamp, id: RequestId) {
        self.at(now);
        self.bosh.handle_lost(self.now, id);
    }

    /// A WebSocket wants to be opened; `None` when no further session is let in.
    pub fn handle_open(&mut self, now: Timestamp, peer: impl Into<Peer>) -> Option<SocketId> {
        self.at(now);
        let peer = peer.into();
        if self.bans.holds(self.now, peer.address) {
            return None;
        }
        self.open(&self.sessions.clone(), &peer, (self.new_random)())
    }

    /// A WebSocket wants to be opened at the admin's own door: nobody else may log in there, and the admin nowhere else.
    /// `None` also when there is no admin.
    pub fn handle_admin_open(&mut self, now: Timestamp, peer: impl Into<Peer>) -> Option<SocketId> {
        self.at(now);
        let config = self.admin.sessions.clone()?;
        let random = Box::new(Letters((self.new_random)()));
        self.open(&config, &peer.into(), random)
    }

    fn open(
        &mut self,
        config: &Arc<ServerConfig>,
        peer: &Peer,
        random: Box<dyn Random + Send>,
    ) -> Option<SocketId> {
        if self.closing || !self.census.admit(peer.address) {
            return None;
        }
        let link = SocketLink::new(self.new_session(config, peer, random));
        let transport = Transport::Socket(Box::new(link));
        let key = self.add(Client::new(transport, peer.address));
        Some(SocketId(key.0))
    }

    /// A text message came on a WebSocket.
    pub fn handle_message(&mut self, now: Timestamp, id: SocketId, message: &str) {
        self.at(now);
        let now = self.now;
        self.with_socket(id, |link| link.handle_message(now, message));
    }

    /// Whether a WebSocket's messages are read now. While they are not, further ones should wait in the client's own
    /// TCP: a session for which too much waits here is ended. [`Output::Pending`] says when to ask again.
    pub fn wants_input(&self, id: SocketId) -> bool {
        match self.clients.get(&Key(id.0)).map(|c| &c.transport) {
            Some(Transport::Socket(link)) => link.wants_input(),
            _ => true,
        }
    }

    /// A WebSocket takes nothing any more; [`Hub::handle_closed`] follows when all that it brought is handed in. Where many are gone
    /// at once, say it of all of them before anything else: they are then not told of each other's end.
    pub fn handle_gone(&mut self, id: SocketId) {
        self.gone(Key(id.0));
    }

    fn gone(&mut self, key: Key) {
        if let Some(client) = self.clients.get_mut(&key) {
            client.is_gone = true;
            if let Some(jid) = &client.jid {
                self.rooms.handle_session_unreachable(jid);
            }
        }
    }

    /// A WebSocket is gone, and all that it brought was handed in.
    pub fn handle_closed(&mut self, now: Timestamp, id: SocketId) {
        self.at(now);
        let now = self.now;
        self.with_socket(id, |link| link.handle_eof(now));
        // Its last words are of no use, but its end is.
        self.attend(Key(id.0));
        self.remove(Key(id.0));
    }

    /// Time has passed; too early is harmless.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.at(now);
        let now = self.now;
        self.bosh.handle_timeout(now);
        while let Some((_, key)) = self.silent.pop_front_if(|(at, _)| *at <= now) {
            self.bosh_closed(key);
        }
        self.rooms.handle_timeout(now);
        if self.shutdown_at.is_some_and(|at| at <= now) {
            self.shutdown_at = None;
            self.outputs.push_back(Output::ShutDown);
        }
        while let Some(key) = self.timers.pop(now) {
            if let Some(client) = self.clients.get_mut(&key) {
                client.timer = None;
                client.session_mut().handle_timeout(now);
                self.mark(key);
            }
        }
        self.carry_out_effects();
    }

    /// When to call [`Hub::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let timers = [
            self.bosh.poll_timeout(),
            self.silent.front().map(|(at, _)| *at),
            self.rooms.poll_timeout(),
            self.timers.next(),
            self.flood.poll_timeout(),
            self.waiting.poll_timeout(),
            self.shutdown_at,
        ];
        timers.into_iter().flatten().min()
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.say_farewells();
        loop {
            // What a session has led to is carried out before the next one has its turn, while all of it is at hand.
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if let Some(response) = self.bosh.poll_response() {
                return Some(Output::Answer(response));
            }
            if let Some(event) = self.bosh.poll_event() {
                self.bosh_event(event);
            } else if let Some(key) = self.marked.pop_front() {
                self.attend(key);
            } else if !self.spread(RECEIVERS_AT_ONCE) && !self.wake_slowed() {
                self.peers.clear();
                self.commit();
                return self.outputs.pop_front();
            }
        }
    }

    /// The next thing to send on a WebSocket. What is not fetched counts against the session, which ends when
    /// too much waits.
    pub fn poll_message(&mut self, id: SocketId) -> Option<ToSocket> {
        let key = Key(id.0);
        let Transport::Socket(link) = &mut self.clients.get_mut(&key)?.transport else {
            return None;
        };
        if let Some(text) = link.poll_message() {
            return Some(ToSocket::Text(text));
        }
        if !link.is_closed() {
            return None;
        }
        self.attend(key);
        self.remove(key);
        // BOSH 15.10: after <close/> each way, or when the peer's did not come in time.
        Some(ToSocket::Close {
            code: 1000,
            reason: "the stream is closed",
        })
    }

    /// Ends every session, each with its farewell: rooms say 332 (MUC LV6), streams `system-shutdown`. Nobody new
    /// is let in.
    pub fn shut_down(&mut self, now: Timestamp) {
        self.at(now);
        self.closing = true;
        self.rooms.shutdown(self.now);
        self.carry_out_effects();
        self.farewells_due = true;
    }

    /// Ends every session, once it has got all that its rooms had to say.
    fn say_farewells(&mut self) {
        if !self.waiting.is_empty()
            || self.spreading.is_some()
            || !std::mem::take(&mut self.farewells_due)
        {
            return;
        }
        let keys: Vec<Key> = self.clients.keys().copied().collect();
        for key in keys {
            if let Some(client) = self.clients.get_mut(&key) {
                client
                    .session_mut()
                    .close_with(self.now, StreamErrorCondition::SystemShutdown.into());
                self.mark(key);
            }
        }
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.clients.len()
    }

    /// How many of them are slowed down at present.
    pub fn slowed(&self) -> usize {
        self.flood.slowed()
    }

    /// Whether nobody is here, nor anybody who is still to be told the end.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.bosh.untold() == 0 && self.waiting.is_empty()
    }

    fn bosh_event(&mut self, event: ManagerEvent) {
        match event {
            ManagerEvent::Created { sid, request, .. } => self.created(sid, request),
            ManagerEvent::Pump { sid } => {
                if let Some(&key) = self.by_sid.get(&sid) {
                    self.mark(key);
                }
            }
            ManagerEvent::Closed { sid, reason } => {
                let Some(&key) = self.by_sid.get(&sid) else {
                    return;
                };
                tracing::debug!(session = key.0, ?reason, "BOSH session ended");
                if reason != xmpp_bosh::CloseReason::Inactive {
                    return self.bosh_closed(key);
                }
                self.gone(key);
                let at = self.now.saturating_add(SILENT_TOGETHER);
                self.silent.push_back((at, key));
            }
            _ => {}
        }
    }

    /// The session is over as far as its transport goes.
    fn bosh_closed(&mut self, key: Key) {
        if let Some(client) = self.clients.get_mut(&key) {
            client.session_mut().handle_eof(self.now);
        }
        self.attend(key);
        self.remove(key);
    }

    fn created(&mut self, sid: Sid, request: RequestId) {
        let admitted = match self.peers.remove(&request) {
            _ if self.closing => Err(TerminalCondition::SystemShutdown),
            Some(peer)
                if !self.bans.holds(self.now, peer.address) && self.census.admit(peer.address) =>
            {
                Ok(peer)
            }
            _ => Err(TerminalCondition::PolicyViolation),
        };
        let peer = match admitted {
            Ok(peer) => peer,
            Err(condition) => {
                if self.bosh.terminate(self.now, &sid, condition).is_err() {
                    tracing::debug!("a session ended before it was refused");
                }
                return;
            }
        };
        let session = Box::new(self.new_session(&self.bosh_sessions, &peer, (self.new_random)()));
        let transport = Transport::Bosh {
            sid: sid.clone(),
            session,
        };
        let key = self.add(Client::new(transport, peer.address));
        self.by_sid.insert(sid, key);
    }

    /// Moves what waits in and out of a session, as fast as it may send, and deals with what it reports.
    fn attend(&mut self, key: Key) {
        let Some(client) = self.clients.get_mut(&key) else {
            return;
        };
        client.marked = false;
        let is_socket = matches!(client.transport, Transport::Socket(_));
        self.read(key);
        if is_socket {
            self.outputs.push_back(Output::Pending(SocketId(key.0)));
        }
        if let Some(client) = self.clients.get_mut(&key)
            && let Some(at) = client.session().poll_timeout()
        {
            self.timers.bring_forward(&key, &mut client.timer, at);
        }
    }

    fn session_event(&mut self, key: Key, event: ServerEvent) {
        match event {
            ServerEvent::Stanza(stanza) => self.route(key, &stanza),
            ServerEvent::Lookup { id, lookup } => self.look_up(key, id, &lookup),
            ServerEvent::Bind { id, jid } => {
                // BND-3: the newer session of a user has the address.
                if let Some(holder) = self.users.session(&jid).filter(|holder| *holder != key) {
                    self.end(holder, StreamErrorCondition::Conflict.into());
                }
                let answer = BindAnswer::Accept;
                if let Some(client) = self.clients.get_mut(&key)
                    && let Err(error) = client.session_mut().resolve(id, answer)
                {
                    tracing::warn!(%error, "bind");
                }
                self.mark(key);
            }
            ServerEvent::Bound { jid } => {
                tracing::debug!(session = key.0, "logged in");
                self.users.insert(&jid, key);
                if let Some(client) = self.clients.get_mut(&key) {
                    client.jid = Some(jid);
                }
            }
            ServerEvent::Closed {
                reason, condition, ..
            } => {
                if let Some(condition) = condition {
                    let errors = &mut self.traffic.stream_errors;
                    *errors.entry(condition.as_str()).or_default() += 1;
                }
                self.ended(key, &reason);
            }
            _ => {}
        }
    }

    /// Ends a session, and tells it why.
    fn end(&mut self, key: Key, error: StreamError) {
        if let Some(client) = self.clients.get_mut(&key) {
            client.session_mut().close_with(self.now, error);
            self.attend(key);
        }
    }

    /// The session is over: whoever it was leaves the rooms, and the address is free.
    fn ended(&mut self, key: Key, reason: &CloseReason) {
        let Some(client) = self.clients.get_mut(&key) else {
            return;
        };
        tracing::debug!(session = key.0, ?reason, "session ended");
        let directed = std::mem::take(&mut client.directed);
        let asked = std::mem::take(&mut client.asked);
        if let Some(jid) = client.jid.take() {
            self.users.remove(&jid, key);
            self.commands.session_ended(&jid);
            self.rooms.handle_session_lost(self.now, &jid);
            self.carry_out_effects();
            self.announce_end(&jid, directed);
            self.answer_for(&jid, asked);
        }
    }

    fn new_session(
        &self,
        config: &Arc<ServerConfig>,
        peer: &Peer,
        random: Box<dyn Random + Send>,
    ) -> Paced {
        let channel = peer.channel(self.domain.domain(), self.now);
        let config = Arc::clone(config);
        Paced::new(ServerSession::new(config, channel, self.now, random))
    }

    fn add(&mut self, client: Client) -> Key {
        self.last_key += 1;
        let key = Key(self.last_key);
        tracing::debug!(session = key.0, address = %crate::logs::Shown(client.address), "session begins");
        self.clients.insert(key, Box::new(client));
        self.mark(key);
        key
    }

    fn remove(&mut self, key: Key) {
        if let Some(mut client) = self.clients.remove(&key) {
            self.traffic.absorb(client.paced_mut().traffic());
            self.census.release(client.address);
            if let Some(upload) = &mut self.upload {
                upload.session_ended(key);
            }
            self.timers.set(&key, &mut client.timer, None);
            self.flood.remove(self.now, key, client.flow);
            if let Transport::Bosh { sid, .. } = client.transport {
                self.by_sid.remove(&sid);
            }
        }
    }

    /// Has a session attended to before the next output.
    fn mark(&mut self, key: Key) {
        if let Some(client) = self.clients.get_mut(&key)
            && client.mark()
        {
            self.marked.push_back(key);
        }
    }

    fn with_socket(&mut self, id: SocketId, act: impl FnOnce(&mut SocketLink)) {
        let key = Key(id.0);
        if let Some(client) = self.clients.get_mut(&key)
            && let Transport::Socket(link) = &mut client.transport
        {
            act(link);
            self.mark(key);
        }
    }

    fn at(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("domain", &self.domain)
            .field("sessions", &self.clients.len())
            .finish_non_exhaustive()
    }
}
