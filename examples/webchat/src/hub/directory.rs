//! Which sessions a user has.

use std::collections::{BTreeMap, HashMap};

use xmpp_core::{BareJid, FullJid};

use super::client::Key;

/// Users by their addresses. Anonymous ones have one session each, the admin may have several.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// By user, then by resourcepart.
    users: HashMap<BareJid, BTreeMap<String, Key>>,
}

impl Directory {
    /// `jid` belongs to the session `key` from now on.
    pub(super) fn insert(&mut self, jid: &FullJid, key: Key) {
        let sessions = self.users.entry(jid.to_bare()).or_default();
        sessions.insert(jid.resource().to_owned(), key);
    }

    /// The session `key` does not have `jid` any more. What another session has is left alone.
    pub(super) fn remove(&mut self, jid: &FullJid, key: Key) {
        if let Some(sessions) = self.users.get_mut(jid.bare_str()) {
            if sessions.get(jid.resource()) == Some(&key) {
                sessions.remove(jid.resource());
            }
            if sessions.is_empty() {
                self.users.remove(jid.bare_str());
            }
        }
    }

    /// The session that has exactly this address.
    pub(super) fn session(&self, jid: &FullJid) -> Option<Key> {
        self.users.get(jid.bare_str())?.get(jid.resource()).copied()
    }

    /// All sessions of a user.
    pub(super) fn sessions(&self, user: &BareJid) -> impl Iterator<Item = Key> {
        self.users
            .get(user)
            .into_iter()
            .flat_map(BTreeMap::values)
            .copied()
    }

    /// Everybody who is logged in, with the number of their sessions.
    pub(super) fn users(&self) -> impl Iterator<Item = (&BareJid, usize)> {
        self.users
            .iter()
            .map(|(user, sessions)| (user, sessions.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> FullJid {
        FullJid::new(text).expect("a full JID")
    }

    #[test]
    fn a_user_has_several_sessions() {
        let mut directory = Directory::default();
        let (one, two) = (jid("admin@localhost/one"), jid("admin@localhost/two"));
        directory.insert(&one, Key(1));
        directory.insert(&two, Key(2));
        assert_eq!(directory.session(&one), Some(Key(1)));
        assert_eq!(directory.session(&two), Some(Key(2)));
        let all: Vec<Key> = directory.sessions(&one.to_bare()).collect();
        assert_eq!(all, [Key(1), Key(2)]);
        directory.remove(&one, Key(1));
        assert_eq!(directory.session(&one), None);
        assert_eq!(directory.users().count(), 1);
        directory.remove(&two, Key(2));
        assert_eq!(directory.users().count(), 0);
    }

    #[test]
    fn whoever_was_replaced_takes_nothing_along() {
        let mut directory = Directory::default();
        let one = jid("admin@localhost/one");
        directory.insert(&one, Key(1));
        directory.insert(&one, Key(2));
        directory.remove(&one, Key(1));
        assert_eq!(directory.session(&one), Some(Key(2)));
    }
}
