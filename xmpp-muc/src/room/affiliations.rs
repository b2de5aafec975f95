//! The lasting relations of users to the room, with their reserved nicks.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use xmpp_core::BareJid;

use crate::{Affiliation, nick::NickKey};

/// Everybody with an affiliation other than none.
///
/// A room always has an owner (MUC RS4): callers look at [`Affiliations::owners`] before they lower one.
#[derive(Debug, Default)]
pub(crate) struct Affiliations {
    entries: BTreeMap<BareJid, Entry>,
    reserved: HashMap<NickKey, BareJid>,
    owners: BTreeSet<BareJid>,
}

/// What is known about one affiliated user, or about a banned domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) affiliation: Affiliation,
    /// The nick reserved for the user.
    pub(crate) nick: Option<Arc<str>>,
    pub(crate) reason: Option<Arc<str>>,
}

impl Affiliations {
    /// The affiliation that holds for a user: its own, else the ban of its domain (MUC EN11, RS3).
    pub(crate) fn of(&self, user: &BareJid) -> Affiliation {
        if let Some(entry) = self.entries.get(user) {
            return entry.affiliation;
        }
        match self.entries.get(user.domain()) {
            Some(entry) if entry.affiliation == Affiliation::Outcast => Affiliation::Outcast,
            _ => Affiliation::None,
        }
    }

    /// What is listed for exactly this address.
    pub(crate) fn get(&self, user: &BareJid) -> Option<&Entry> {
        self.entries.get(user)
    }

    /// Everybody with this affiliation, in the order of the addresses.
    pub(crate) fn list(
        &self,
        affiliation: Affiliation,
    ) -> impl Iterator<Item = (&BareJid, &Entry)> {
        self.entries
            .iter()
            .filter(move |(_, entry)| entry.affiliation == affiliation)
    }

    /// Everybody, in the order of the addresses.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&BareJid, &Entry)> {
        self.entries.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn owners(&self) -> usize {
        self.owners.len()
    }

    /// The owners, in the order of their addresses.
    pub(crate) fn owners_in_order(&self) -> impl Iterator<Item = &BareJid> {
        self.owners.iter()
    }

    /// Everybody who is listed.
    pub(crate) fn users(&self) -> impl Iterator<Item = &BareJid> {
        self.entries.keys()
    }

    /// How many nicks are reserved.
    pub(crate) fn reserved(&self) -> usize {
        self.reserved.len()
    }

    /// Who has reserved the nick of this key (MUC RG8).
    pub(crate) fn reserved_by(&self, key: &NickKey) -> Option<&BareJid> {
        self.reserved.get(key)
    }

    /// Sets what is listed for an address; [`Affiliation::None`] takes it off. Gives what was there.
    pub(crate) fn set(&mut self, user: &BareJid, entry: Entry) -> Option<Entry> {
        let key = |entry: &Entry| entry.nick.as_deref().and_then(NickKey::new);
        let old = self.entries.remove(user);
        if let Some(old) = &old {
            self.owners.remove(user);
            if let Some(key) = key(old) {
                self.reserved.remove(&key);
            }
        }
        if entry.affiliation != Affiliation::None {
            if entry.affiliation == Affiliation::Owner {
                self.owners.insert(user.clone());
            }
            if let Some(key) = key(&entry) {
                self.reserved.insert(key, user.clone());
            }
            self.entries.insert(user.clone(), entry);
        }
        old
    }
}

impl From<Affiliation> for Entry {
    fn from(affiliation: Affiliation) -> Self {
        Self {
            affiliation,
            nick: None,
            reason: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> BareJid {
        text.parse().expect("a JID")
    }

    #[test]
    fn rs3_a_domain_ban_comes_after_the_exact_jid() {
        let mut list = Affiliations::default();
        list.set(&jid("evil.example"), Affiliation::Outcast.into());
        list.set(&jid("good@evil.example"), Affiliation::Member.into());
        assert_eq!(list.of(&jid("any@evil.example")), Affiliation::Outcast);
        assert_eq!(list.of(&jid("evil.example")), Affiliation::Outcast);
        assert_eq!(list.of(&jid("good@evil.example")), Affiliation::Member);
        assert_eq!(list.of(&jid("any@example")), Affiliation::None);
        // A member that is a domain says nothing about its users.
        list.set(&jid("friendly.example"), Affiliation::Member.into());
        assert_eq!(list.of(&jid("any@friendly.example")), Affiliation::None);
    }

    #[test]
    fn rg8_a_reserved_nick_ends_with_its_entry() {
        let mut list = Affiliations::default();
        let anna = jid("anna@example.org");
        let entry = |affiliation, nick: &str| Entry {
            affiliation,
            nick: Some(nick.into()),
            reason: None,
        };
        list.set(&anna, entry(Affiliation::Member, "Anna"));
        let key = |nick| NickKey::new(nick).expect("a nick");
        assert_eq!(list.reserved_by(&key("anna")), Some(&anna));
        list.set(&anna, entry(Affiliation::Owner, "Annika"));
        assert_eq!(list.reserved_by(&key("anna")), None);
        assert_eq!((list.owners(), list.len()), (1, 1));
        list.set(&anna, Affiliation::None.into());
        assert_eq!(list.reserved_by(&key("annika")), None);
        assert_eq!((list.owners(), list.len()), (0, 0));
    }
}
