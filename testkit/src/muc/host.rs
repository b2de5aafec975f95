//! The host of a service: a clock, and hands that carry out effects.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    time::Duration,
};

use xmpp_core::{
    BareJid, FullJid, Jid, Timestamp,
    xml::{Element, Limits, ns},
};
use xmpp_muc::{Commit, Effect, Fanout, RoomSnapshot, Service, ServiceConfig, StoreEvent};

use super::{Archive, Checker, Choose as _};
use crate::Seeded;

/// One stanza to one receiver, or what was stored.
#[derive(Clone, Debug)]
pub enum Out {
    /// A stanza as its receiver gets it.
    Stanza {
        /// The receiver.
        to: Jid,
        /// The stanza.
        stanza: Element,
    },
    /// Something that is durable from here on.
    Store(StoreEvent),
}

impl Out {
    /// The copy of a stanza for one receiver.
    ///
    /// # Panics
    ///
    /// If it cannot be read back: then the room wrote what no client could read.
    pub fn copy(stanza: &Fanout, to: Jid) -> Self {
        let mut text = String::new();
        stanza.copy(to.as_str(), &mut text);
        let stanza = Element::parse_in(&text, Limits::CLIENT, ns::CLIENT)
            .unwrap_or_else(|error| panic!("{error}: {text}"));
        Self::Stanza { to, stanza }
    }
}

/// Something that changes an outcome before it is checked: a bug that is planted.
type Tamper = Box<dyn FnMut(&mut Vec<Out>)>;

/// A service with its clock, its store and the checker of its outcomes.
pub struct Host {
    /// The service.
    pub service: Service,
    /// What the clock shows.
    pub now: Timestamp,
    /// What is known from watching.
    pub checker: Checker,
    /// The last outcome.
    pub last: Vec<Out>,
    /// Whether what goes in and comes out is printed.
    pub verbose: bool,
    /// What is durable.
    archive: Archive,
    rooms: BTreeMap<BareJid, RoomSnapshot>,
    /// One in so many commits of messages fails; zero for none.
    pub failures: usize,
    random: Seeded,
    tamper: Option<Tamper>,
    ids: u64,
}

impl Host {
    /// A new service at `rooms.example`.
    ///
    /// # Panics
    ///
    /// Never: the address is one.
    pub fn new(config: ServiceConfig, seed: u64) -> Self {
        let domain = "rooms.example".parse().expect("an address");
        let checker = Checker::new(&config);
        Self {
            service: Service::new(domain, config, Box::new(Seeded::new(seed))),
            // 2026-11-20T10:00:00Z
            now: Timestamp::from_millis(1_795_168_800_000),
            checker,
            last: Vec::new(),
            verbose: false,
            archive: Archive::default(),
            rooms: BTreeMap::new(),
            failures: 0,
            random: Seeded::new(!seed),
            tamper: None,
            ids: 0,
        }
    }

    /// From now on outcomes pass through `tamper` before they are checked.
    pub fn tamper(&mut self, tamper: impl FnMut(&mut Vec<Out>) + 'static) {
        self.tamper = Some(Box::new(tamper));
    }

    /// An id that was not used before.
    pub fn fresh_id(&mut self) -> String {
        self.ids += 1;
        format!("i{}", self.ids)
    }

    /// A session sends this text; what is no stanza is not sent.
    pub fn send_text(&mut self, from: &FullJid, xml: &str) {
        if let Ok(stanza) = Element::parse_in(xml, Limits::SERVER_FROM_CLIENT, ns::CLIENT) {
            self.send(from, &stanza);
        }
    }

    /// A session sends a stanza.
    pub fn send(&mut self, from: &FullJid, stanza: &Element) {
        if self.verbose {
            println!("{from} > {stanza}");
        }
        self.checker.sent(from, stanza);
        self.service.handle_stanza(self.now, from, stanza);
        self.settle();
    }

    /// An account or a server sends a stanza.
    pub fn send_from_account(&mut self, from: &BareJid, xml: &str) {
        if let Ok(stanza) = Element::parse_in(xml, Limits::SERVER_FROM_CLIENT, ns::CLIENT) {
            if self.verbose {
                println!("{from} > {stanza}");
            }
            self.service.handle_account_stanza(self.now, from, &stanza);
            self.settle();
        }
    }

    /// A session is gone.
    pub fn lose(&mut self, session: &FullJid) {
        if self.verbose {
            println!("{session} is lost");
        }
        self.checker.lost(session);
        self.service.handle_session_lost(self.now, session);
        self.settle();
    }

    /// Time goes on; due timers fire at their time.
    pub fn wait(&mut self, time: Duration) {
        if self.verbose {
            println!("{time:?} go by");
        }
        let end = self.now.saturating_add(time);
        while let Some(at) = self.service.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.service.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
        self.service.handle_timeout(end);
        self.settle();
    }

    /// The service goes down.
    pub fn shutdown(&mut self) {
        self.service.shutdown(self.now);
        self.settle();
    }

    /// The host ends a room.
    pub fn destroy_room(&mut self, room: &BareJid) {
        self.service.destroy_room(self.now, room);
        self.settle();
    }

    /// The process ends at once and another starts, from what was stored (MUC PE1, PE3): nobody is inside, and nobody
    /// is told.
    ///
    /// # Panics
    ///
    /// If a stored room cannot be restored.
    pub fn restart(&mut self) {
        if self.verbose {
            println!("restart");
        }
        let domain = self.service.jid().clone();
        let config = self.service.config().clone();
        let seed = self.random.next_u64();
        self.service = Service::new(domain, config, Box::new(Seeded::new(seed)));
        for (room, snapshot) in &self.rooms {
            let history = self.archive.entries(room).to_vec();
            self.service
                .restore_room(self.now, snapshot.clone(), history)
                .unwrap_or_else(|error| panic!("PE1: {room}: {error}"));
        }
        self.checker.restarted();
        self.settle();
    }

    /// Carries out what there is to do, and has it checked.
    fn settle(&mut self) {
        let mut outcome = Vec::new();
        let mut waiting = VecDeque::new();
        loop {
            waiting.extend(std::iter::from_fn(|| self.service.poll_effect()));
            let Some(effect) = waiting.pop_front() else {
                break;
            };
            match effect {
                Effect::Store(commit) if self.fails(&commit) => {
                    commit.strip(&mut waiting);
                    self.service.handle_store_failed(self.now, &commit);
                }
                Effect::Store(commit) => {
                    for event in commit.events {
                        self.store(&event);
                        outcome.push(Out::Store(event));
                    }
                    for effect in commit.then.into_iter().rev() {
                        waiting.push_front(effect);
                    }
                }
                Effect::Deliver { stanza, to } => {
                    outcome.extend(to.iter().map(|to| Out::copy(&stanza, to.clone().into())));
                }
                Effect::Send { stanza, to } => outcome.push(Out::copy(&stanza, to)),
                Effect::ReadArchive(read) => {
                    let answer = self.archive.read(&read.room, &read.request);
                    self.service.handle_archive_read(self.now, read.id, answer);
                }
                other => panic!("an effect that the host does not know: {other:?}"),
            }
        }
        while let Some(event) = self.service.poll_event() {
            self.checker.event(&event);
        }
        if let Some(tamper) = &mut self.tamper {
            tamper(&mut outcome);
        }
        if self.verbose {
            for out in &outcome {
                match out {
                    Out::Stanza { to, stanza } => println!("    {to} < {stanza}"),
                    Out::Store(event) => println!("    {event:?}"),
                }
            }
        }
        self.checker.check(&outcome);
        self.checker.count_occupants(self.service.rooms());
        let occupants: usize = self.service.rooms().map(|(_, count)| count).sum();
        assert_eq!(self.service.occupant_count(), occupants);
        self.last = outcome;
    }

    /// Whether the store fails now: only messages do, as nothing else is taken back (MUC ET14).
    fn fails(&mut self, commit: &Commit) -> bool {
        let is_message = |event: &StoreEvent| matches!(event, StoreEvent::Message(_));
        self.failures > 0
            && commit.events.iter().all(is_message)
            && self.random.below(self.failures) == 0
    }

    fn store(&mut self, event: &StoreEvent) {
        self.archive.store(event);
        let room = match event {
            StoreEvent::RoomDeleted { room } => {
                self.rooms.remove(room);
                return;
            }
            StoreEvent::RoomCreated { room, .. }
            | StoreEvent::Config { room, .. }
            | StoreEvent::Affiliation { room, .. }
            | StoreEvent::Room { room } => room,
            _ => return,
        };
        if let Some(snapshot) = self.service.snapshot(room) {
            if let Some(config) = snapshot.config() {
                self.checker.configured(room, config);
            }
            self.rooms.insert(room.clone(), snapshot);
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("service", &self.service)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
