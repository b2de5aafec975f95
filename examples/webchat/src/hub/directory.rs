//! Which sessions a user has, and what it keeps as long as it has one.

use std::collections::HashMap;

use xmpp_core::{BareJid, FullJid};

use super::{client::Key, personal::Personal};

/// Users by their addresses. Anonymous ones have one session each, the others may have several.
#[derive(Debug, Default)]
pub(super) struct Directory {
    users: HashMap<BareJid, User>,
}

#[derive(Debug, Default)]
struct User {
    /// By resourcepart, in its order. Most have one.
    sessions: Vec<(Box<str>, Key)>,
    personal: Personal,
}

impl User {
    /// Where the session of a resourcepart is, or belongs.
    fn find(&self, resource: &str) -> Result<usize, usize> {
        self.sessions
            .binary_search_by(|(other, _)| (**other).cmp(resource))
    }
}

impl Directory {
    /// `jid` belongs to the session `key` from now on.
    pub(super) fn insert(&mut self, jid: &FullJid, key: Key) {
        let user = self.users.entry(jid.to_bare()).or_default();
        match user.find(jid.resource()) {
            Ok(at) => user.sessions[at].1 = key,
            Err(at) => {
                // No room for more: most have one.
                user.sessions.reserve_exact(1);
                user.sessions.insert(at, (jid.resource().into(), key));
            }
        }
    }

    /// The session `key` does not have `jid` any more. What another session has is left alone.
    pub(super) fn remove(&mut self, jid: &FullJid, key: Key) {
        if let Some(user) = self.users.get_mut(jid.bare_str()) {
            if let Ok(at) = user.find(jid.resource())
                && user.sessions[at].1 == key
            {
                user.sessions.remove(at);
            }
            if user.sessions.is_empty() {
                self.users.remove(jid.bare_str());
            }
        }
    }

    /// The session that has exactly this address.
    pub(super) fn session(&self, jid: &FullJid) -> Option<Key> {
        let user = self.users.get(jid.bare_str())?;
        Some(user.sessions[user.find(jid.resource()).ok()?].1)
    }

    /// All sessions of a user.
    pub(super) fn sessions(&self, user: &BareJid) -> impl Iterator<Item = Key> {
        self.users
            .get(user)
            .into_iter()
            .flat_map(|user| &user.sessions)
            .map(|(_, key)| *key)
    }

    /// Everybody who is logged in, with the number of their sessions.
    pub(super) fn users(&self) -> impl Iterator<Item = (&BareJid, usize)> {
        self.users
            .iter()
            .map(|(jid, user)| (jid, user.sessions.len()))
    }

    /// What a user who is here keeps.
    pub(super) fn personal(&self, user: &BareJid) -> Option<&Personal> {
        self.users.get(user).map(|user| &user.personal)
    }

    /// The same, to be changed.
    pub(super) fn personal_mut(&mut self, user: &BareJid) -> Option<&mut Personal> {
        self.users.get_mut(user).map(|user| &mut user.personal)
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
