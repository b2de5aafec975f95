//! Invariants that hold for every outcome of every script (MUC PR2, SE1, SE10, GC3, GC4).

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::{
    FullJid, Jid,
    xml::{Element, ElementRef, ns},
};

use super::Out;

/// What the checker has learnt by watching.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    /// Sessions inside, by room, with the role of their last self-presence.
    inside: BTreeMap<(String, FullJid), String>,
    stanza_ids: BTreeSet<String>,
    /// Set by tests of non-anonymous rooms.
    pub(crate) non_anonymous: bool,
    /// Sessions whose connection is lost: nothing is sent to them.
    lost: BTreeSet<FullJid>,
}

impl Checker {
    /// A client sent something: it is connected.
    pub(crate) fn sent(&mut self, from: &FullJid, _stanza: &Element) {
        self.lost.remove(from);
    }

    pub(crate) fn lost(&mut self, session: &FullJid) {
        self.lost.insert(session.clone());
        self.inside.retain(|(_, inside), _| inside != session);
    }

    pub(crate) fn check(&mut self, outcome: &[Out]) {
        // Who becomes moderator in this outcome may see real JIDs in it.
        let mut may_see: BTreeSet<FullJid> = self
            .inside
            .iter()
            .filter(|(_, role)| *role == "moderator")
            .map(|((_, session), _)| session.clone())
            .collect();
        for out in outcome {
            if let Out::Stanza { to, stanza } = out
                && let Some(session) = to.to_full()
                && role_in(stanza).as_deref() == Some("moderator")
                && has_code(stanza.root(), "110")
            {
                may_see.insert(session);
            }
        }
        for out in outcome {
            if let Out::Stanza { to, stanza } = out {
                self.check_stanza(to, stanza, &may_see);
            }
        }
    }

    fn check_stanza(&mut self, to: &Jid, stanza: &Element, may_see: &BTreeSet<FullJid>) {
        let root = stanza.root();
        assert_eq!(root.attr("to").as_deref(), Some(to.as_str()));
        let Some(session) = to.to_full() else {
            return;
        };
        assert!(
            !self.lost.contains(&session),
            "sent to the lost {session}: {stanza}"
        );
        let from = root.attr("from").expect("a sender").into_owned();
        let room = from.split('/').next().unwrap_or_default().to_owned();
        let is_error = root.attr("type").as_deref() == Some("error");
        let key = (room.clone(), session.clone());
        self.check_anonymity(stanza, &session, may_see);
        match root.name() {
            "presence" if !is_error => self.check_presence(key, stanza),
            "message" if !is_error => {
                // An invitation or a notice may go to somebody outside; everything with text is for those inside.
                if root.attr("type").as_deref() == Some("groupchat") {
                    assert!(
                        self.inside.contains_key(&key),
                        "{session} is outside: {stanza}"
                    );
                }
                self.check_message(&room, stanza);
            }
            _ => {}
        }
    }

    /// MUC PR2, SE10.
    fn check_presence(&mut self, key: (String, FullJid), stanza: &Element) {
        let root = stanza.root();
        let Some(x) = root.child("x", ns::MUC_USER) else {
            return; // a declined subscription
        };
        let items = x.children().filter(|child| child.name() == "item").count();
        assert_eq!(items, 1, "one item: {stanza}");
        let item = x.child("item", ns::MUC_USER).expect("an item");
        assert!(item.attr("role").is_some() && item.attr("affiliation").is_some());
        let own = codes(root).iter().filter(|code| *code == "110").count();
        assert!(own <= 1, "one 110: {stanza}");
        let mut ascending = codes(root);
        ascending.sort();
        assert_eq!(ascending, codes(root), "ascending codes: {stanza}");
        let unavailable = root.attr("type").as_deref() == Some("unavailable");
        let stranger = has_code(root, "307") && has_code(root, "333");
        if !stranger
            && root
                .children()
                .filter(|c| c.name() == "occupant-id")
                .count()
                != 1
        {
            panic!("one occupant-id: {stanza}");
        }
        assert!(
            unavailable || item.attr("role").as_deref() != Some("none"),
            "available without a role: {stanza}"
        );
        if own == 1 && unavailable && !has_code(root, "303") {
            assert!(
                self.inside.remove(&key).is_some() || stranger,
                "out twice: {stanza}"
            );
        } else if own == 1 && !unavailable {
            let role = item.attr("role").unwrap_or_default().into_owned();
            self.inside.insert(key, role);
        }
        // Others' presences come before the own one on entering, and after it later: nothing to check here, but
        // nobody hears anything after its own unavailable (checked by the next available one with 110).
    }

    /// MUC GC3, GC4.
    fn check_message(&mut self, room: &str, stanza: &Element) {
        let root = stanza.root();
        let own: Vec<_> = root
            .children()
            .filter(|child| child.is("stanza-id", ns::STANZA_ID))
            .filter(|child| child.attr("by").as_deref() == Some(room))
            .collect();
        assert!(own.len() <= 1, "one stanza-id: {stanza}");
        let occupant_ids = root
            .children()
            .filter(|child| child.is("occupant-id", ns::OCCUPANT_ID))
            .count();
        assert!(occupant_ids <= 1, "one occupant-id: {stanza}");
        if let Some(id) = own.first().and_then(|own| own.attr("id"))
            && root.child("delay", ns::DELAY).is_none()
        {
            self.stanza_ids.insert(id.into_owned());
        }
    }

    /// MUC SE1: no real address of another but for moderators. Tests keep such text out of what people write.
    fn check_anonymity(&self, stanza: &Element, session: &FullJid, may_see: &BTreeSet<FullJid>) {
        if self.non_anonymous || may_see.contains(session) {
            return;
        }
        let text = stanza.to_string().replace(session.to_bare().as_str(), "");
        assert!(
            !text.contains("@users.example"),
            "{session} learns a real JID: {stanza}"
        );
    }
}

fn role_in(stanza: &Element) -> Option<String> {
    let item = stanza
        .child("x", ns::MUC_USER)?
        .child("item", ns::MUC_USER)?;
    item.attr("role").map(Into::into)
}

fn codes(stanza: ElementRef<'_>) -> Vec<String> {
    stanza
        .child("x", ns::MUC_USER)
        .into_iter()
        .flat_map(ElementRef::children)
        .filter(|child| child.name() == "status")
        .filter_map(|status| status.attr("code").map(Into::into))
        .collect()
}

fn has_code(stanza: ElementRef<'_>, code: &str) -> bool {
    codes(stanza).iter().any(|c| c == code)
}
