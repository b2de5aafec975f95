//! Invariants that hold for every outcome of every script.
//!
//! Each session keeps the view of the room that a client would have. After every outcome all views agree (EN2 to
//! EN5, PR1 to PR6, MS1 to MS7), every presence has one item and ascending codes (PR2, EN6), nobody hears anything
//! after its own unavailable (SE10, LV7), a message reaches everybody inside and nobody else (GC1), and no real
//! address reaches anybody but moderators (SE1).

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::{
    FullJid,
    xml::{Element, ElementRef, ns},
};

use xmpp_muc::Event;

use super::Out;

/// What a session knows about an occupant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    affiliation: String,
    role: String,
    show: String,
    with_jid: bool,
}

/// A session inside, as its client sees the room.
#[derive(Clone, Debug, Default)]
struct View {
    own: String,
    occupants: BTreeMap<String, Known>,
}

/// What the checker has learnt by watching.
#[derive(Debug)]
pub(crate) struct Checker {
    /// Sessions inside, by room.
    views: BTreeMap<(String, FullJid), View>,
    /// Sessions that got presences of a room before their own, in this outcome.
    entering: BTreeMap<(String, FullJid), BTreeMap<String, Known>>,
    /// Sessions whose connection is lost: nothing is sent to them.
    lost: BTreeSet<FullJid>,
    /// Sessions inside, as the events tell.
    entered: BTreeSet<(String, FullJid)>,
    /// Everybody may see real addresses.
    pub(crate) non_anonymous: bool,
    /// The room does not change between semi- and non-anonymous.
    pub(crate) steady: bool,
    /// Every role is broadcast, so that views are whole.
    pub(crate) all_shown: bool,
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            views: BTreeMap::new(),
            entering: BTreeMap::new(),
            lost: BTreeSet::new(),
            entered: BTreeSet::new(),
            non_anonymous: false,
            steady: true,
            all_shown: true,
        }
    }
}

impl Checker {
    /// A client sent something: it is connected.
    pub(crate) fn sent(&mut self, from: &FullJid, _stanza: &Element) {
        self.lost.remove(from);
    }

    pub(crate) fn lost(&mut self, session: &FullJid) {
        self.lost.insert(session.clone());
        self.views.retain(|(_, inside), _| inside != session);
    }

    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::Entered { occupant, session } => {
                let key = (occupant.bare_str().to_owned(), session.clone());
                assert!(self.entered.insert(key), "entered twice: {event:?}");
            }
            Event::Left { occupant, session } => {
                let key = (occupant.bare_str().to_owned(), session.clone());
                assert!(
                    self.entered.remove(&key),
                    "left without being inside: {event:?}"
                );
            }
            Event::RoomCreated { .. } => {}
            Event::RoomDestroyed { room, .. } => {
                assert!(
                    self.entered
                        .iter()
                        .all(|(inside, _)| inside != room.as_str())
                );
            }
            other => panic!("unknown {other:?}"),
        }
    }

    pub(crate) fn check(&mut self, outcome: &[Out]) {
        // Who is moderator before or after this outcome may see real JIDs in it.
        let mut may_see = self.moderators();
        for out in outcome {
            if let Out::Stanza { to, stanza } = out
                && let Some(session) = to.to_full()
                && has_code(stanza.root(), "110")
                && item(stanza.root())
                    .is_some_and(|i| i.attr("role").as_deref() == Some("moderator"))
            {
                may_see.insert(session);
            }
        }
        let mut heard: BTreeMap<String, BTreeSet<FullJid>> = BTreeMap::new();
        for out in outcome {
            if let Out::Stanza { to, stanza } = out
                && let Some(session) = to.to_full()
            {
                assert_eq!(stanza.attr("to").as_deref(), Some(to.as_str()));
                assert!(
                    !self.lost.contains(&session),
                    "sent to the lost {session}: {stanza}"
                );
                self.check_anonymity(stanza, &session, &may_see);
                self.check_stanza(session, stanza, &mut heard);
            }
        }
        assert!(
            self.entering.is_empty(),
            "presences to somebody outside: {:?}",
            self.entering
        );
        for ((room, id), sessions) in heard
            .iter()
            .map(|(key, s)| (key.split_once(' ').expect("two"), s))
        {
            let inside: BTreeSet<FullJid> = self
                .views
                .keys()
                .filter(|(inside, _)| inside == room)
                .map(|(_, session)| session.clone())
                .collect();
            assert_eq!(*sessions, inside, "who heard {id}");
        }
        let inside: BTreeSet<_> = self.views.keys().cloned().collect();
        assert_eq!(self.entered, inside, "what the events tell");
        self.compare_views();
    }

    fn moderators(&self) -> BTreeSet<FullJid> {
        self.views
            .iter()
            .filter(|(_, view)| {
                view.occupants
                    .get(&view.own)
                    .is_some_and(|own| own.role == "moderator")
            })
            .map(|((_, session), _)| session.clone())
            .collect()
    }

    fn check_stanza(
        &mut self,
        session: FullJid,
        stanza: &Element,
        heard: &mut BTreeMap<String, BTreeSet<FullJid>>,
    ) {
        let from = stanza.attr("from").expect("a sender").into_owned();
        let (room, nick) = from.split_once('/').unwrap_or((&from, ""));
        let key = (room.to_owned(), session.clone());
        let kind = stanza.attr("type");
        match (stanza.name(), kind.as_deref()) {
            (_, Some("error")) => {}
            ("presence", _) => self.check_presence(key, nick, stanza),
            ("message", Some("groupchat")) => {
                assert!(
                    self.views.contains_key(&key),
                    "{session} is outside: {stanza}"
                );
                if let Some(id) = check_message(room, stanza) {
                    heard
                        .entry(format!("{room} {id}"))
                        .or_default()
                        .insert(session);
                }
            }
            _ => {}
        }
    }

    /// MUC PR2, EN6, SE10.
    fn check_presence(&mut self, key: (String, FullJid), nick: &str, stanza: &Element) {
        let root = stanza.root();
        let Some(x) = root.child("x", ns::MUC_USER) else {
            return; // a declined subscription
        };
        let items = x.children().filter(|child| child.name() == "item").count();
        assert_eq!(items, 1, "one item: {stanza}");
        let codes = codes(root);
        assert!(
            codes.is_sorted_by(|a, b| a < b),
            "ascending codes: {stanza}"
        );
        let unavailable = root.attr("type").as_deref() == Some("unavailable");
        let own = has_code(root, "110");
        if own && has_code(root, "307") && has_code(root, "333") {
            return; // EN14: a stranger is told that it is one
        }
        let ids = root
            .children()
            .filter(|c| c.is("occupant-id", ns::OCCUPANT_ID))
            .count();
        assert_eq!(ids, 1, "one occupant-id: {stanza}");
        let item = item(root).expect("an item");
        let known = Known {
            affiliation: item
                .attr("affiliation")
                .expect("an affiliation")
                .into_owned(),
            role: item.attr("role").expect("a role").into_owned(),
            show: root
                .child("show", ns::CLIENT)
                .map(|c| c.text().into_owned())
                .unwrap_or_default(),
            with_jid: item.attr("jid").is_some(),
        };
        assert!(
            unavailable || known.role != "none",
            "available without a role: {stanza}"
        );
        match (own, unavailable) {
            (true, true) if has_code(root, "303") => {
                let view = self
                    .views
                    .get_mut(&key)
                    .unwrap_or_else(|| panic!("outside: {stanza}"));
                view.occupants.remove(nick);
            }
            (true, true) => {
                let view = self
                    .views
                    .remove(&key)
                    .unwrap_or_else(|| panic!("out twice: {stanza}"));
                assert_eq!(view.own, nick, "{stanza}");
            }
            (true, false) => {
                let mut view = self.views.remove(&key).unwrap_or_default();
                if let Some(roster) = self.entering.remove(&key) {
                    view.occupants.extend(roster);
                }
                nick.clone_into(&mut view.own);
                view.occupants.insert(nick.to_owned(), known);
                self.views.insert(key, view);
            }
            (false, false) => {
                let view = match self.views.get_mut(&key) {
                    Some(view) => &mut view.occupants,
                    None => self.entering.entry(key).or_default(),
                };
                view.insert(nick.to_owned(), known);
            }
            (false, true) => {
                let view = self
                    .views
                    .get_mut(&key)
                    .unwrap_or_else(|| panic!("outside: {stanza}"));
                view.occupants.remove(nick);
            }
        }
    }

    /// What two sessions know about the same occupant is the same.
    fn compare_views(&self) {
        for ((room, session), view) in &self.views {
            let own = view.occupants.get(&view.own);
            let is_moderator = own.is_some_and(|own| own.role == "moderator");
            for (nick, known) in &view.occupants {
                let sees = is_moderator || self.non_anonymous || *nick == view.own;
                assert!(
                    known.with_jid || !sees || !self.steady,
                    "{session} does not see who {nick} is"
                );
            }
            for ((other_room, other), other_view) in &self.views {
                if other_room != room {
                    continue;
                }
                for (nick, known) in &view.occupants {
                    match other_view.occupants.get(nick) {
                        Some(also) => assert_eq!(
                            (&known.affiliation, &known.role, &known.show),
                            (&also.affiliation, &also.role, &also.show),
                            "{session} and {other} about {nick}"
                        ),
                        None => assert!(
                            !self.all_shown,
                            "{session} knows of {nick}, {other} does not"
                        ),
                    }
                }
            }
        }
    }

    /// MUC SE1. Tests keep such text out of what people write.
    fn check_anonymity(&self, stanza: &Element, session: &FullJid, may_see: &BTreeSet<FullJid>) {
        if self.non_anonymous || may_see.contains(session) {
            return;
        }
        let is_answer = stanza.name() == "iq" && stanza.child("query", ns::MUC_OWNER).is_some();
        let text = stanza.to_string().replace(session.to_bare().as_str(), "");
        assert!(
            is_answer || !text.contains("@users.example"),
            "{session} learns a real JID: {stanza}"
        );
    }
}

/// MUC GC3: gives the room's own stanza-id of a live message.
fn check_message(room: &str, stanza: &Element) -> Option<String> {
    let own: Vec<_> = stanza
        .children()
        .filter(|child| child.is("stanza-id", ns::STANZA_ID))
        .filter(|child| child.attr("by").as_deref() == Some(room))
        .collect();
    assert!(own.len() <= 1, "one stanza-id: {stanza}");
    let occupant_ids = stanza
        .children()
        .filter(|child| child.is("occupant-id", ns::OCCUPANT_ID))
        .count();
    assert!(occupant_ids <= 1, "one occupant-id: {stanza}");
    if stanza.child("delay", ns::DELAY).is_some() {
        return None;
    }
    Some(own.first()?.attr("id")?.into_owned())
}

fn item(stanza: ElementRef<'_>) -> Option<ElementRef<'_>> {
    stanza.child("x", ns::MUC_USER)?.child("item", ns::MUC_USER)
}

fn codes(stanza: ElementRef<'_>) -> Vec<u32> {
    stanza
        .child("x", ns::MUC_USER)
        .into_iter()
        .flat_map(ElementRef::children)
        .filter(|child| child.name() == "status")
        .map(|status| {
            status
                .attr("code")
                .expect("a code")
                .parse()
                .expect("a number")
        })
        .collect()
}

fn has_code(stanza: ElementRef<'_>, code: &str) -> bool {
    codes(stanza).contains(&code.parse().expect("a number"))
}
