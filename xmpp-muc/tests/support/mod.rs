//! A small language for room tests: who sends what, and the ordered list of what comes out.
//!
//! A session is written `anna/1` and stands for `anna@users.example/1`; the room `lobby` is
//! `lobby@rooms.example`. What comes out is one line per receiver and stanza:
//!
//! ```text
//! ben/1 < +anna none/participant                      available presence of an occupant
//! ben/1 < -anna none/none #307 reason=…               unavailable presence with status codes
//! ben/1 < anna: Hello                                 groupchat
//! ben/1 < anna (private): Hello                       private message
//! ben/1 < anna! Topic                                 subject
//! ben/1 < presence error auth/forbidden               error
//! ben/1 < iq result ping                              answer
//! store message                                       a store event
//! ```
#![allow(dead_code, missing_docs, reason = "each test file uses a part")]

mod lines;
pub(crate) mod stored;

use std::time::Duration;

use xmpp_core::{FullJid, Jid, Random, Timestamp, xml::Element};
use xmpp_muc::{
    ArchiveRead, Effect, Rates, RoomConfig, RoomSnapshot, Service, ServiceConfig, StoreEvent,
};

pub(crate) use lines::line;
use testkit::muc::{Archive, Checker, Out as Checked};

/// Where the rooms are.
pub(crate) const SERVICE: &str = "rooms.example";

/// A deterministic generator: splitmix64.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("fits")
    }
}

impl Random for Seeded {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            *byte = self.next().to_le_bytes()[0];
        }
    }
}

/// One stanza to one receiver, or a store event.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    Stanza { to: Jid, stanza: Element },
    Store(StoreEvent),
}

impl Out {
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Stanza { to, stanza } => format!("{} < {}", short(to), line(stanza)),
            Self::Store(event) => lines::store(event),
        }
    }

    fn to_check(&self) -> Checked {
        match self {
            Self::Stanza { to, stanza } => Checked::Stanza {
                to: to.clone(),
                stanza: stanza.clone(),
            },
            Self::Store(event) => Checked::Store(event.clone()),
        }
    }

    pub(crate) fn stanza(&self) -> &Element {
        match self {
            Self::Stanza { stanza, .. } => stanza,
            Self::Store(event) => panic!("no stanza: {event:?}"),
        }
    }

    /// Whether it goes to this session.
    pub(crate) fn is_to(&self, session: &str) -> bool {
        matches!(self, Self::Stanza { to, .. } if short(to) == session)
    }

    pub(crate) fn xml(&self) -> String {
        self.stanza().to_string()
    }
}

/// A service with a clock; every effect goes through the checker of invariants.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) now: Timestamp,
    pub(crate) checker: Checker,
    /// The last outcome, whole.
    pub(crate) last: Vec<Out>,
    ids: u32,
    /// The store.
    pub(crate) archive: Archive,
    /// Questions to the store, where they are held back.
    pub(crate) held: Option<Vec<ArchiveRead>>,
    /// Whether the store takes nothing.
    pub(crate) store_fails: bool,
    /// Prints what goes in and comes out.
    pub(crate) verbose: bool,
}

impl World {
    /// An unlocked, otherwise default service.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with_room(change: impl FnOnce(&mut RoomConfig)) -> Self {
        Self::with(|service| change(&mut service.room))
    }

    pub(crate) fn with(change: impl FnOnce(&mut ServiceConfig)) -> Self {
        let mut config = ServiceConfig::default();
        config.lock_new_rooms = false;
        // Scripts are faster than people.
        config.limits.rates = Rates::UNLIMITED;
        change(&mut config);
        let checker = Checker::new(&config);
        Self {
            service: Service::new(SERVICE.parse().expect("a JID"), config, Box::new(Seeded(1))),
            // 2026-11-20T10:00:00Z
            now: Timestamp::from_millis(1_795_168_800_000),
            checker,
            last: Vec::new(),
            ids: 0,
            archive: Archive::default(),
            held: None,
            store_fails: false,
            verbose: false,
        }
    }

    /// Time goes on, and due timers fire.
    pub(crate) fn wait(&mut self, time: Duration) -> Vec<String> {
        self.now = self.now.saturating_add(time);
        self.service.handle_timeout(self.now);
        self.drain()
    }

    /// What comes out of this stanza of a session.
    pub(crate) fn send(&mut self, from: &str, xml: &str) -> Vec<String> {
        let stanza = stanza(xml);
        if self.verbose {
            eprintln!("{from} > {xml}");
        }
        self.service.handle_stanza(self.now, &real(from), &stanza);
        self.checker.sent(&real(from), &stanza);
        self.drain()
    }

    /// What comes out of this stanza of an account.
    pub(crate) fn send_from_account(&mut self, from: &str, xml: &str) -> Vec<String> {
        let account = format!("{from}@users.example").parse().expect("a JID");
        self.service
            .handle_account_stanza(self.now, &account, &stanza(xml));
        self.drain()
    }

    pub(crate) fn lose(&mut self, session: &str) -> Vec<String> {
        if self.verbose {
            eprintln!("{session} > lost");
        }
        self.service.handle_session_lost(self.now, &real(session));
        self.checker.lost(&real(session));
        self.drain()
    }

    /// A join of the lobby under a nick, without history.
    pub(crate) fn join(&mut self, session: &str, nick: &str) -> Vec<String> {
        self.join_with(session, nick, "<history maxstanzas='0'/>", "")
    }

    /// A join with these children of `x` and of the presence.
    pub(crate) fn join_with(
        &mut self,
        session: &str,
        nick: &str,
        x: &str,
        more: &str,
    ) -> Vec<String> {
        self.send(
            session,
            &format!(
                "<presence to='lobby@rooms.example/{nick}' id='j'>{more}\
                 <x xmlns='http://jabber.org/protocol/muc'>{x}</x></presence>"
            ),
        )
    }

    pub(crate) fn leave(&mut self, session: &str, nick: &str) -> Vec<String> {
        self.send(
            session,
            &format!("<presence to='lobby@rooms.example/{nick}' type='unavailable'/>"),
        )
    }

    /// Presence to a nick, without `x`.
    pub(crate) fn presence(&mut self, session: &str, nick: &str, children: &str) -> Vec<String> {
        self.send(
            session,
            &format!("<presence to='lobby@rooms.example/{nick}' id='p'>{children}</presence>"),
        )
    }

    pub(crate) fn say(&mut self, session: &str, text: &str) -> Vec<String> {
        self.groupchat(session, &format!("<body>{text}</body>"))
    }

    /// A groupchat with these children.
    pub(crate) fn groupchat(&mut self, session: &str, children: &str) -> Vec<String> {
        self.send(
            session,
            &format!(
                "<message to='lobby@rooms.example' type='groupchat' id='m'>{children}</message>"
            ),
        )
    }

    pub(crate) fn whisper(&mut self, session: &str, nick: &str, children: &str) -> Vec<String> {
        self.send(
            session,
            &format!(
                "<message to='lobby@rooms.example/{nick}' type='chat' id='w'>{children}</message>"
            ),
        )
    }

    /// An IQ to the room or, with `/nick`, to an occupant: `iq("anna/1", "get", "", "<ping …/>")`.
    pub(crate) fn iq(
        &mut self,
        session: &str,
        iq_type: &str,
        nick: &str,
        payload: &str,
    ) -> Vec<String> {
        self.ids += 1;
        self.send(
            session,
            &format!(
                "<iq to='lobby@rooms.example{nick}' type='{iq_type}' id='q{}'>{payload}</iq>",
                self.ids
            ),
        )
    }

    /// A change by muc#admin with these items.
    pub(crate) fn admin(&mut self, session: &str, items: &str) -> Vec<String> {
        self.iq(
            session,
            "set",
            "",
            &format!("<query xmlns='http://jabber.org/protocol/muc#admin'>{items}</query>"),
        )
    }

    /// The owner submits these fields, `name=value` or several values separated by commas.
    pub(crate) fn configure(&mut self, session: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let mut form = String::new();
        for (name, values) in fields {
            let values: Vec<_> = values
                .split(',')
                .filter(|value| !value.is_empty())
                .collect();
            form += &field(&format!("muc#roomconfig_{name}"), &values);
        }
        self.iq(
            session,
            "set",
            "",
            &format!(
                "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' \
                 type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig\
                 </value></field>{form}</x></query>"
            ),
        )
    }

    /// Empties the queues into [`World::last`] and gives the lines.
    pub(crate) fn drain(&mut self) -> Vec<String> {
        self.last.clear();
        while let Some(effect) = self.service.poll_effect() {
            self.carry_out(effect);
        }
        while let Some(event) = self.service.poll_event() {
            self.checker.event(&event);
        }
        if self.verbose {
            for out in &self.last {
                eprintln!("    {}", out.line());
            }
        }
        let outcome: Vec<_> = self.last.iter().map(Out::to_check).collect();
        for out in &self.last {
            if let Out::Store(StoreEvent::RoomCreated { room, .. }) = out
                && let Some(snapshot) = self.service.snapshot(room)
                && let Some(config) = snapshot.config()
            {
                self.checker.configured(room, config);
            }
        }
        self.checker.check(&outcome);
        self.last.iter().map(Out::line).collect()
    }

    /// As a host with a store in memory does.
    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Store(commit) if self.store_fails => {
                self.service.handle_store_failed(self.now, &commit);
            }
            Effect::Store(commit) => {
                for event in &commit.events {
                    self.archive.store(event);
                }
                self.last.extend(commit.events.into_iter().map(Out::Store));
                for effect in commit.then {
                    self.carry_out(effect);
                }
            }
            Effect::ReadArchive(read) => match &mut self.held {
                Some(held) => held.push(*read),
                None => self.answer(&read),
            },
            Effect::Deliver { stanza, to } => {
                for to in to.iter() {
                    self.last.push(copy(&stanza, to.clone().into()));
                }
            }
            Effect::Send { stanza, to } => self.last.push(copy(&stanza, to)),
            other => panic!("unknown effect {other:?}"),
        }
    }

    /// The store answers; what comes of it is still to be drained.
    pub(crate) fn answer(&mut self, read: &ArchiveRead) {
        let answer = self.archive.read(&read.room, &read.request);
        self.service.handle_archive_read(self.now, read.id, answer);
    }

    /// What comes out when the store answers what was held back.
    pub(crate) fn answer_held(&mut self) -> Vec<String> {
        for read in self.held.take().unwrap_or_default() {
            self.answer(&read);
        }
        self.drain()
    }

    /// A query of the archive with these fields and this `set`.
    pub(crate) fn query(
        &mut self,
        session: &str,
        fields: &[(&str, &str)],
        set: &str,
    ) -> Vec<String> {
        let mut form = String::new();
        for (name, value) in fields {
            form += &field(name, &value.split(',').collect::<Vec<_>>());
        }
        if !fields.is_empty() {
            form = format!(
                "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>\
                 <value>urn:xmpp:mam:2</value></field>{form}</x>"
            );
        }
        self.iq(
            session,
            "set",
            "",
            &format!(
                "<query xmlns='urn:xmpp:mam:2' queryid='f'>{form}\
                 <set xmlns='http://jabber.org/protocol/rsm'>{set}</set></query>"
            ),
        )
    }

    /// The ids of the lobby's archive, oldest first.
    pub(crate) fn archived(&self) -> Vec<String> {
        let room = "lobby@rooms.example".parse().expect("a JID");
        let entries = self.archive.entries(&room).iter();
        entries.map(|entry| entry.id.to_string()).collect()
    }

    /// The process ends at once and another one starts from what is stored: snapshots and archives.
    pub(crate) fn restart(&mut self, rooms: &[RoomSnapshot]) {
        let config = self.service.config().clone();
        let random = Seeded(self.now.as_millis());
        self.service = Service::new(SERVICE.parse().expect("a JID"), config, Box::new(random));
        for snapshot in rooms {
            let history = self.archive.entries(snapshot.room()).to_vec();
            self.service
                .restore_room(self.now, snapshot.clone(), history)
                .unwrap_or_else(|error| panic!("{error}"));
        }
        self.checker.restarted();
    }

    /// What the last outcome holds for a session.
    pub(crate) fn to(&self, session: &str) -> Vec<String> {
        self.last
            .iter()
            .filter(|out| out.is_to(session))
            .map(Out::line)
            .collect()
    }

    /// The number of stanzas of the last outcome for a session.
    pub(crate) fn count(&self, session: &str) -> usize {
        self.to(session).len()
    }

    /// The first stanza of the last outcome for a session.
    pub(crate) fn first(&self, session: &str) -> Element {
        self.last
            .iter()
            .find(|out| out.is_to(session))
            .unwrap_or_else(|| panic!("nothing for {session}: {:?}", self.last))
            .stanza()
            .clone()
    }
}

fn copy(stanza: &xmpp_muc::Fanout, to: Jid) -> Out {
    let mut text = String::new();
    stanza.copy(to.as_str(), &mut text);
    let element = Element::parse_in(
        &text,
        xmpp_core::xml::Limits::CLIENT,
        xmpp_core::xml::ns::CLIENT,
    )
    .unwrap_or_else(|error| panic!("{error}: {text}"));
    Out::Stanza {
        to,
        stanza: element,
    }
}

/// A stanza in the namespace `jabber:client`.
pub(crate) fn stanza(xml: &str) -> Element {
    Element::parse_in(
        xml,
        xmpp_core::xml::Limits::CLIENT,
        xmpp_core::xml::ns::CLIENT,
    )
    .unwrap_or_else(|error| panic!("{error}: {xml}"))
}

/// A field of a submitted form.
pub(crate) fn field(var: &str, values: &[impl AsRef<str>]) -> String {
    let mut field = format!("<field var='{var}'>");
    for value in values {
        field += "<value>";
        field += value.as_ref();
        field += "</value>";
    }
    field + "</field>"
}

/// `anna/1` as a real JID; a name with `@` stays as it is.
pub(crate) fn real(session: &str) -> FullJid {
    let text = if session.contains('@') {
        session.to_owned()
    } else {
        session.replacen('/', "@users.example/", 1)
    };
    text.parse()
        .unwrap_or_else(|error| panic!("{error}: {session}"))
}

/// A real JID as tests write it.
pub(crate) fn short(jid: &Jid) -> String {
    jid.as_str().replacen("@users.example", "", 1)
}
