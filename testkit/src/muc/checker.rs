//! The checker of outcomes.

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::{
    BareJid, FullJid, Jid,
    xml::{Element, ElementRef, ns},
};
use xmpp_muc::{Affiliation, Event, RoomConfig, ServiceConfig, StoreEvent, Whois};

use super::{
    Out,
    requests::Requests,
    room::Room,
    view::{Known, Phase, View, codes, item},
};

/// A room and a session.
pub(super) type Seat = (String, FullJid);

/// What an observer of all clients knows, and the rules that it holds every outcome to; see the [module](super).
///
/// Real addresses are recognised by their domains, `users.example` and `anon.example`: texts that people write must
/// not name these, unless [`Checker::non_anonymous`] is set.
#[derive(Debug)]
pub struct Checker {
    /// Real addresses are not looked for (MUC SE1): every room shows them, or texts name some.
    pub non_anonymous: bool,
    defaults: RoomConfig,
    /// Domains whose users end with their sessions (MUC FL9).
    temporary: BTreeSet<String>,
    administrators: BTreeSet<BareJid>,
    pub(super) rooms: BTreeMap<String, Room>,
    /// Sessions inside.
    pub(super) views: BTreeMap<Seat, View>,
    /// Who got presences before its own, in this outcome.
    entering: BTreeMap<Seat, BTreeMap<String, Known>>,
    /// Sessions whose connection is lost: nothing is sent to them.
    lost: BTreeSet<FullJid>,
    /// Sessions inside, as the events tell.
    entered: BTreeSet<Seat>,
    pub(super) requests: Requests,
    /// Who sends a message with an origin-id now: it may have been sent before.
    pub(super) resending: Option<Seat>,
    /// Sessions inside that joined again: history may come again.
    pub(super) resync: BTreeSet<Seat>,
    outcome: Outcome,
}

/// What is known of the outcome that is being checked.
#[derive(Debug, Default)]
struct Outcome {
    /// Moderators before or after it.
    moderators: BTreeSet<Seat>,
    /// Rooms that show real addresses before or after it.
    open: BTreeSet<String>,
    /// The users behind the nicks, before or after it.
    users: BTreeMap<(String, String), BTreeSet<BareJid>>,
    /// Who heard which message, by room and stanza-id.
    heard: BTreeMap<(String, String), BTreeSet<FullJid>>,
    deleted: BTreeSet<String>,
}

impl Checker {
    /// The observer of a service that is configured like this.
    pub fn new(config: &ServiceConfig) -> Self {
        Self {
            non_anonymous: false,
            defaults: config.room.clone(),
            temporary: config.temporary.domains.clone(),
            administrators: config.administrators.clone(),
            rooms: BTreeMap::new(),
            views: BTreeMap::new(),
            entering: BTreeMap::new(),
            lost: BTreeSet::new(),
            entered: BTreeSet::new(),
            requests: Requests::default(),
            resending: None,
            resync: BTreeSet::new(),
            outcome: Outcome::default(),
        }
    }

    /// A client is about to send something: it is connected.
    pub fn sent(&mut self, from: &FullJid, stanza: &Element) {
        self.lost.remove(from);
        let Some(to) = stanza.attr("to") else {
            return;
        };
        let (room, domain) = match Jid::new(&to) {
            Ok(to) => (to.bare_str().to_owned(), to.domain().to_owned()),
            Err(_) => (String::new(), "rooms.example".to_owned()),
        };
        if domain != "rooms.example" {
            return;
        }
        let kind = stanza.attr("type");
        let kind = kind.as_deref();
        if stanza.name() == "iq" && !matches!(kind, Some("result" | "error")) {
            let id = stanza.attr("id").unwrap_or_default();
            self.requests.ask(from, &id, &room);
        }
        if stanza.name() == "message" && stanza.child("origin-id", ns::STANZA_ID).is_some() {
            self.resending = Some((room.clone(), from.clone()));
        }
        if stanza.name() == "presence" && kind.is_none() && stanza.child("x", ns::MUC).is_some() {
            self.resync.insert((room, from.clone()));
        }
    }

    /// A session is lost.
    pub fn lost(&mut self, session: &FullJid) {
        self.lost.insert(session.clone());
        self.requests.lost(session);
        self.views.retain(|(_, inside), _| inside != session);
    }

    /// The service reports something.
    ///
    /// # Panics
    ///
    /// If it contradicts what was reported before.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Entered { occupant, session } => {
                let seat = (occupant.bare_str().to_owned(), session.clone());
                assert!(self.entered.insert(seat), "SE10: entered twice: {event:?}");
            }
            Event::Left { occupant, session } => {
                let seat = (occupant.bare_str().to_owned(), session.clone());
                assert!(
                    self.entered.remove(&seat),
                    "SE10: left without being inside: {event:?}"
                );
            }
            Event::RoomDestroyed { room, .. } => assert!(
                self.entered
                    .iter()
                    .all(|(inside, _)| inside != room.as_str()),
                "SE10: {room} is destroyed with somebody inside"
            ),
            _ => {}
        }
    }

    /// The nicks in a room with one of the sessions under each.
    pub fn occupants(&self, room: &str) -> BTreeMap<&str, &FullJid> {
        self.views
            .iter()
            .filter(|((inside, _), _)| inside == room)
            .map(|((_, session), view)| (&*view.own, session))
            .collect()
    }

    /// The nick of a session in a room.
    pub fn nick(&self, room: &str, session: &FullJid) -> Option<&str> {
        let seat = (room.to_owned(), session.clone());
        self.views.get(&seat).map(|view| &*view.own)
    }

    /// A room is configured like this; needed for a room that was made by its host.
    pub fn configured(&mut self, room: &BareJid, config: &RoomConfig) {
        let room = self.rooms.entry(room.to_string()).or_default();
        room.config.get_or_insert_with(|| config.clone());
    }

    /// The service starts anew from what was stored: nobody is inside, no answer will come (MUC PE3), and temporary
    /// users are gone, but for the owners of a room that has no others (MUC FL9, RS4).
    pub fn restarted(&mut self) {
        let lives = |user: &BareJid| {
            !self.temporary.contains(user.domain())
                || user.local().is_none()
                || self.administrators.contains(user)
        };
        for room in self.rooms.values_mut() {
            let is_owner = |affiliation: Affiliation| affiliation == Affiliation::Owner;
            let mut all = room.affiliations.iter();
            let has_another = all.any(|(user, affiliation)| is_owner(*affiliation) && lives(user));
            room.affiliations.retain(|user, affiliation| {
                lives(user) || (is_owner(*affiliation) && !has_another)
            });
        }
        self.views.clear();
        self.entered.clear();
        self.requests = Requests::default();
    }

    /// Nobody waits for an answer any more.
    ///
    /// # Panics
    ///
    /// If somebody does (MUC IQ1).
    pub fn settled(&self) {
        self.requests.settled();
    }

    /// The service counts as many occupants as the clients see (MUC EN12, MS8).
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn count_occupants<'a>(&self, rooms: impl Iterator<Item = (&'a BareJid, usize)>) {
        for (room, count) in rooms {
            // A nick that only lost sessions had is gone with them.
            let seen = self.occupants(room.as_str()).len();
            assert_eq!(count, seen, "MS8: the occupants of {room}");
        }
    }

    /// Holds an outcome to the rules.
    ///
    /// # Panics
    ///
    /// With the number of the rule that is broken.
    pub fn check(&mut self, outcome: &[Out]) {
        self.outcome = self.foresee(outcome);
        for out in outcome {
            match out {
                Out::Store(event) => self.store(event),
                Out::Stanza { to, stanza } => self.check_stanza(to, stanza),
            }
        }
        assert!(
            self.entering.is_empty(),
            "SE10: presences to somebody outside: {:?}",
            self.entering
        );
        let done = std::mem::take(&mut self.outcome);
        self.resync.clear();
        self.resending = None;
        for ((room, id), sessions) in &done.heard {
            let inside = self.sessions_in(room);
            assert_eq!(*sessions, inside, "GC1: who heard {id} in {room}");
        }
        let inside: BTreeSet<_> = self.views.keys().cloned().collect();
        assert_eq!(
            self.entered, inside,
            "SE10: who is inside, by events and by clients"
        );
        for room in &done.deleted {
            assert!(
                self.sessions_in(room).is_empty(),
                "SE10: {room} is gone, not those inside"
            );
            self.rooms.remove(room);
        }
        for (name, room) in &self.rooms {
            let is_known = room.config.is_some();
            assert!(!is_known || room.owners() > 0, "RS4: {name} has no owner");
        }
        for ((room, session), view) in &self.views {
            assert!(
                view.phase == Phase::Live,
                "SU1: {session} got no subject of {room}"
            );
        }
        self.compare_views();
    }

    /// Who heard a message, in the outcome that is being checked.
    pub(super) fn heard(&mut self, room: &str, id: &str) -> &mut BTreeSet<FullJid> {
        let key = (room.to_owned(), id.to_owned());
        self.outcome.heard.entry(key).or_default()
    }

    /// Whether somebody heard it in this outcome.
    pub(super) fn is_heard_now(&self, room: &str, id: &str) -> bool {
        let key = (room.to_owned(), id.to_owned());
        self.outcome.heard.contains_key(&key)
    }

    fn sessions_in(&self, room: &str) -> BTreeSet<FullJid> {
        self.views
            .keys()
            .filter(|(inside, _)| inside == room)
            .map(|(_, session)| session.clone())
            .collect()
    }

    /// What holds before or after the outcome.
    fn foresee(&self, outcome: &[Out]) -> Outcome {
        let mut known = Outcome::default();
        for ((room, session), view) in &self.views {
            if view.role() == "moderator" {
                known.moderators.insert((room.clone(), session.clone()));
            }
            let nick = (room.clone(), view.own.clone());
            known
                .users
                .entry(nick)
                .or_default()
                .insert(session.to_bare());
        }
        for (name, room) in &self.rooms {
            if room
                .config
                .as_ref()
                .is_some_and(|config| config.whois == Whois::Anyone)
            {
                known.open.insert(name.clone());
            }
        }
        for out in outcome {
            match out {
                Out::Store(StoreEvent::Config { room, config })
                    if config.whois == Whois::Anyone =>
                {
                    known.open.insert(room.to_string());
                }
                Out::Store(StoreEvent::RoomCreated { room, .. })
                    if self.defaults.whois == Whois::Anyone =>
                {
                    known.open.insert(room.to_string());
                }
                Out::Stanza { to, stanza } if stanza.name() == "presence" => {
                    let (Some(session), Some(from)) = (to.to_full(), stanza.attr("from")) else {
                        continue;
                    };
                    let Some((room, nick)) = from.split_once('/') else {
                        continue;
                    };
                    let presence = stanza.root();
                    if !codes(presence).contains(&110) {
                        continue;
                    }
                    let role = item(presence).and_then(|item| item.attr("role"));
                    if role.as_deref() == Some("moderator") {
                        known.moderators.insert((room.to_owned(), session.clone()));
                    }
                    let nick = (room.to_owned(), nick.to_owned());
                    known
                        .users
                        .entry(nick)
                        .or_default()
                        .insert(session.to_bare());
                }
                _ => {}
            }
        }
        known
    }

    fn store(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::RoomCreated { room, owner } => {
                let name = room.to_string();
                let room = self.rooms.entry(name.clone()).or_default();
                assert_eq!(room.owners(), 0, "DE3: {name} is made twice");
                room.affiliations.insert(owner.clone(), Affiliation::Owner);
                room.config.get_or_insert_with(|| self.defaults.clone());
            }
            StoreEvent::RoomDeleted { room } => {
                self.outcome.deleted.insert(room.to_string());
            }
            StoreEvent::Replaced { room, id, .. } => {
                let room = self.rooms.entry(room.to_string()).or_default();
                room.retracted.insert(id.to_string());
            }
            StoreEvent::Config { room, config } => {
                if let Some(room) = self.rooms.get_mut(room.as_str()) {
                    room.config = Some((**config).clone());
                }
            }
            StoreEvent::Affiliation {
                room,
                user,
                affiliation,
                ..
            } => {
                let room = self.rooms.entry(room.to_string()).or_default();
                if *affiliation == Affiliation::None {
                    room.affiliations.remove(user);
                } else {
                    room.affiliations.insert(user.clone(), *affiliation);
                }
            }
            _ => {}
        }
    }

    fn check_stanza(&mut self, to: &Jid, stanza: &Element) {
        assert_eq!(stanza.attr("to").as_deref(), Some(to.as_str()), "{stanza}");
        let from = stanza.attr("from").expect("a sender").into_owned();
        let (room, nick) = from.split_once('/').unwrap_or((&from, ""));
        let Some(session) = to.to_full() else {
            return; // to an account: an invitation, a decline, a request for a vCard
        };
        assert!(
            !self.lost.contains(&session),
            "SE10: sent to the lost {session}: {stanza}"
        );
        let seat = (room.to_owned(), session);
        self.check_anonymity(&seat, stanza);
        let kind = stanza.attr("type");
        match (stanza.name(), kind.as_deref()) {
            ("iq", Some("result" | "error")) => {
                let id = stanza.attr("id").unwrap_or_default();
                self.requests.answer(&seat.1, &id, &stanza.to_string());
            }
            ("iq", _) => {
                assert!(
                    self.views.contains_key(&seat),
                    "IQ2: {} is outside: {stanza}",
                    seat.1
                );
                // The room itself asks nothing but whether somebody is still there.
                let asks = stanza.child("ping", ns::PING).is_some();
                assert!(
                    !nick.is_empty() || asks,
                    "IQ2, LV5: from an occupant: {stanza}"
                );
            }
            (_, Some("error")) => {}
            ("presence", _) => self.check_presence(seat, nick, stanza),
            ("message", kind) => self.check_message(&seat, nick, kind, stanza),
            (name, _) => panic!("no stanza: {name}"),
        }
    }

    /// MUC PR2, EN6, SE10.
    fn check_presence(&mut self, seat: Seat, nick: &str, stanza: &Element) {
        let root = stanza.root();
        let Some(x) = root.child("x", ns::MUC_USER) else {
            let kind = stanza.attr("type");
            assert_eq!(kind.as_deref(), Some("unsubscribed"), "PR8: {stanza}");
            return;
        };
        let items = x.children().filter(|child| child.name() == "item").count();
        assert_eq!(items, 1, "PR2: one item: {stanza}");
        let codes = codes(root);
        assert!(
            codes.is_sorted_by(|a, b| a < b),
            "EN6: ascending codes: {stanza}"
        );
        let unavailable = root.attr("type").is_some();
        let own = codes.contains(&110);
        if own && codes.contains(&307) && codes.contains(&333) {
            assert!(
                !self.views.contains_key(&seat),
                "EN14: a stranger that is inside: {stanza}"
            );
            return;
        }
        let ids = root
            .children()
            .filter(|c| c.is("occupant-id", ns::OCCUPANT_ID));
        assert_eq!(ids.count(), 1, "SE3: one occupant-id: {stanza}");
        let known = Known::read(root);
        assert!(
            unavailable || known.role != "none",
            "PR2: available without a role: {stanza}"
        );
        self.check_item(&seat, nick, stanza, &known, &codes);
        match self.views.get(&seat) {
            Some(view) if !own => assert!(view.own != nick, "ST5: no 110: {stanza}"),
            _ => {}
        }
        if own {
            self.own_presence(seat, nick, stanza, known, &codes);
        } else if let Some(view) = self.views.get_mut(&seat) {
            if unavailable {
                let seen = view.occupants.remove(nick);
                assert!(seen.is_some(), "LV7: who was not there goes: {stanza}");
            } else {
                view.occupants.insert(nick.to_owned(), known);
            }
        } else {
            assert!(!unavailable, "SE10: {} is outside: {stanza}", seat.1);
            let roster = self.entering.entry(seat).or_default();
            let twice = roster.insert(nick.to_owned(), known);
            assert!(twice.is_none(), "EN3: twice: {stanza}");
        }
    }

    fn own_presence(
        &mut self,
        seat: Seat,
        nick: &str,
        stanza: &Element,
        known: Known,
        codes: &[u32],
    ) {
        if stanza.attr("type").is_some() {
            let view = self.views.get_mut(&seat);
            let view = view.unwrap_or_else(|| panic!("SE10: out twice: {stanza}"));
            assert_eq!(view.own, nick, "ST5: {stanza}");
            if codes.contains(&303) {
                view.occupants.remove(nick);
                let new = item(stanza.root()).and_then(|item| item.attr("nick"));
                view.own = new.unwrap_or_else(|| panic!("PR3: {stanza}")).into_owned();
            } else {
                self.views.remove(&seat);
                self.requests.left(&seat.1, &seat.0);
            }
            return;
        }
        let roster = self.entering.remove(&seat);
        if !self.views.contains_key(&seat) {
            self.check_roster(&seat, nick, roster.as_ref().unwrap_or(&BTreeMap::new()));
        }
        let is_again = self.resync.contains(&seat);
        let view = self.views.entry(seat).or_default();
        assert!(
            view.own.is_empty() || view.own == nick,
            "PR3: another nick without 303: {stanza}"
        );
        if is_again {
            view.phase = Phase::History;
            view.replayed = None;
        }
        view.occupants.extend(roster.into_iter().flatten());
        nick.clone_into(&mut view.own);
        view.occupants.insert(nick.to_owned(), known);
    }

    /// MUC EN2, EN3: a newcomer knows everybody when it hears of itself.
    fn check_roster(&self, (room, session): &Seat, nick: &str, roster: &BTreeMap<String, Known>) {
        for ((_, other), view) in self.views.iter().filter(|((of, _), _)| of == room) {
            let shown = self
                .rooms
                .get(room)
                .and_then(|room| room.shows(view.role()));
            assert!(
                shown != Some(true) || view.own == nick || roster.contains_key(&view.own),
                "EN2: {session} hears of itself before it hears of {other}"
            );
        }
    }

    /// MUC PR2, PE2: the affiliation shown is the one stored; EN8: the address shown is one of the occupant's.
    fn check_item(
        &self,
        (room, session): &Seat,
        nick: &str,
        stanza: &Element,
        known: &Known,
        codes: &[u32],
    ) {
        let stored = self.rooms.get(room);
        let users = self.outcome.users.get(&(room.clone(), nick.to_owned()));
        let item = item(stanza.root()).expect("seen before");
        if let Some(jid) = item.attr("jid") {
            let jid: FullJid = jid.parse().unwrap_or_else(|_| panic!("EN8: {stanza}"));
            assert!(
                users.is_none_or(|users| users.contains(&jid.to_bare())),
                "EN8: {jid} is not {nick}: {stanza}"
            );
            assert!(!codes.contains(&110) || jid == *session, "MS3: {stanza}");
        }
        let ends = codes.contains(&332)
            || stanza
                .child("x", ns::MUC_USER)
                .is_some_and(|x| x.child("destroy", ns::MUC_USER).is_some());
        let Some(stored) = stored.filter(|room| room.config.is_some() && !ends) else {
            return;
        };
        if let Some(users) = users.filter(|users| users.is_disjoint(&self.administrators)) {
            let of = |user| stored.affiliation(user).as_str() == known.affiliation;
            assert!(
                users.iter().any(of),
                "PR2: affiliation of {users:?}: {stanza}"
            );
            let is_power = matches!(&*known.affiliation, "admin" | "owner");
            assert!(
                !is_power || matches!(&*known.role, "moderator" | "none"),
                "RS5: {} without its role: {stanza}",
                known.affiliation
            );
            assert!(
                known.affiliation != "outcast" || known.role == "none",
                "EN11: an outcast inside: {stanza}"
            );
        }
    }

    /// What two sessions know about the same occupant is the same, and each knows all that are shown to it.
    fn compare_views(&self) {
        let mut truth: BTreeMap<&str, BTreeMap<&str, (&FullJid, &Known)>> = BTreeMap::new();
        for ((room, session), view) in &self.views {
            let own = view.occupants.get(&view.own);
            let own = own.unwrap_or_else(|| panic!("EN5: {session} does not see itself"));
            let nicks = truth.entry(room).or_default();
            if let Some((other, _)) = nicks.insert(&view.own, (session, own)) {
                assert_eq!(
                    other.to_bare(),
                    session.to_bare(),
                    "NI3: two users are {}",
                    view.own
                );
            }
        }
        for (room, nicks) in &truth {
            let folded: BTreeSet<_> = nicks
                .keys()
                .map(|nick| nick.trim().to_lowercase())
                .collect();
            assert_eq!(
                folded.len(),
                nicks.len(),
                "NI3: look-alikes in {room}: {:?}",
                nicks.keys()
            );
        }
        for ((room, session), view) in &self.views {
            let (nicks, stored) = (&truth[&**room], self.rooms.get(room));
            let open = stored
                .and_then(|room| room.config.as_ref())
                .map_or(self.non_anonymous, |config| config.whois == Whois::Anyone);
            let sees = open || view.role() == "moderator";
            for (nick, known) in &view.occupants {
                let (_, real) = nicks.get(&**nick).unwrap_or_else(|| {
                    panic!("PR2: {session} sees {nick} in {room}, who is not there")
                });
                assert_eq!(
                    (&known.affiliation, &known.role, &known.show),
                    (&real.affiliation, &real.role, &real.show),
                    "PR2: {session} about {nick} in {room}"
                );
                assert!(
                    known.with_jid || !sees,
                    "EN8: {session} does not see who {nick} is"
                );
            }
            for (nick, (_, real)) in nicks {
                let shown = stored.and_then(|room| room.shows(&real.role));
                let knows = view.occupants.contains_key(*nick);
                let expected = shown.map(|shown| shown || *nick == view.own);
                assert!(
                    expected.is_none_or(|expected| expected == knows),
                    "PR6: {session} in {room} sees {nick}, a {}: {knows}",
                    real.role
                );
            }
        }
    }

    /// MUC SE1.
    fn check_anonymity(&self, seat: &Seat, stanza: &Element) {
        let (room, session) = seat;
        let user = session.to_bare();
        if self.non_anonymous
            || self.outcome.open.contains(room)
            || self.outcome.moderators.contains(seat)
        {
            return;
        }
        // Lists and forms are for those who run the room, inside or not.
        let runs = self.administrators.contains(&user)
            || self
                .rooms
                .get(room)
                .is_some_and(|room| room.affiliation(&user) >= Affiliation::Admin);
        if runs && stanza.name() == "iq" {
            return;
        }
        // The answer to an invitation comes from who was invited.
        let x = stanza.child("x", ns::MUC_USER);
        if x.is_some_and(|x| x.child("decline", ns::MUC_USER).is_some()) {
            return;
        }
        let text = stanza.to_string().replace(user.as_str(), "");
        assert!(
            !["@users.example", "@anon.example"]
                .iter()
                .any(|domain| text.contains(domain)),
            "SE1: {session} learns a real address: {stanza}"
        );
    }
}

/// Whether a message is one of the history, or the subject, at the end of a join.
pub(super) fn is_late(room: &str, stanza: ElementRef<'_>) -> bool {
    stanza
        .children()
        .filter(|child| child.is("delay", ns::DELAY))
        .any(|delay| delay.attr("from").as_deref() == Some(room))
}
