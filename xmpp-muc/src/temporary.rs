//! Temporary identities: users whose addresses end with their sessions, as those of SASL ANONYMOUS do (XEP-0175;
//! MUC FL9, RG10).

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::{BareJid, FullJid, stream::is_anonymous_localpart};

/// Who is temporary, and what that means for its rooms.
///
/// When a temporary user's last session ends, its affiliations, reserved nicks, hats and remembered roles go: the
/// address will never be used again. A room that would be without an owner then passes to somebody inside
/// ([`Succession`]), or to whoever enters next if it is empty. Administrators of the service are never temporary.
///
/// ```
/// let mut config = xmpp_muc::ServiceConfig::default();
/// config.temporary.domains.insert("anon.example".to_owned());
/// config.temporary.may_register = false;
/// ```
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a permission of its own"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemporaryIdentities {
    /// The domains whose users are temporary (none).
    pub domains: BTreeSet<String>,
    /// Which of their users are: all, unless it is said here.
    pub users: TemporaryUsers,
    /// Who inherits a room from its last owner.
    pub succession: Succession,
    /// Whether they make rooms by joining them (`true`; else `not-allowed`, MUC CR2).
    pub may_create: bool,
    /// Whether they make a room persistent (`false`: nobody would be left to look after it).
    pub may_persist: bool,
    /// Whether they register with a room and reserve a nick while they are there (`true`).
    pub may_register: bool,
    /// Whether they invite through a room (`true`).
    pub may_invite: bool,
}

impl Default for TemporaryIdentities {
    fn default() -> Self {
        Self {
            domains: BTreeSet::new(),
            users: TemporaryUsers::All,
            succession: Succession::LongestInside,
            may_create: true,
            may_persist: false,
            may_register: true,
            may_invite: true,
        }
    }
}

/// Which users of a domain with temporary ones are temporary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemporaryUsers {
    /// All.
    All,
    /// Those whose localparts look as a server's session makes them for anonymous users
    /// ([`is_anonymous_localpart`](xmpp_core::stream::is_anonymous_localpart)): on a domain that has accounts too, which
    /// then must not have such names.
    Anonymous,
}

impl TemporaryUsers {
    /// Whether a user with the bare address `user` is one of them.
    pub(crate) fn contain(self, user: &str) -> bool {
        match self {
            Self::All => true,
            Self::Anonymous => user
                .split_once('@')
                .is_some_and(|(localpart, _)| is_anonymous_localpart(localpart)),
        }
    }
}

/// Who becomes owner when the session of a room's only owner ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Succession {
    /// The occupant that has been inside longest, persistent identities before temporary ones.
    LongestInside,
    /// As that, among those with the highest affiliation.
    HighestAffiliation,
}

/// The temporary users that are known: which sessions they have, and which rooms hold something of theirs.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    known: BTreeMap<BareJid, Known>,
}

#[derive(Debug, Default)]
struct Known {
    sessions: BTreeSet<FullJid>,
    rooms: BTreeSet<BareJid>,
}

impl Identities {
    /// This session of a temporary user is there.
    pub(crate) fn seen(&mut self, session: &FullJid) {
        if let Some(known) = self.known.get_mut(session.bare_str()) {
            if !known.sessions.contains(session) {
                known.sessions.insert(session.clone());
            }
            return;
        }
        let known = self.known.entry(session.to_bare()).or_default();
        known.sessions.insert(session.clone());
    }

    /// A room keeps something of a temporary user's.
    pub(crate) fn trace(&mut self, user: &BareJid, room: &BareJid) {
        let known = self.known.entry(user.clone()).or_default();
        known.rooms.insert(room.clone());
    }

    /// A room keeps nothing of a user's any more.
    pub(crate) fn untrace(&mut self, user: &BareJid, room: &BareJid) {
        if let Some(known) = self.known.get_mut(user) {
            known.rooms.remove(room);
            if known.rooms.is_empty() && known.sessions.is_empty() {
                self.known.remove(user);
            }
        }
    }

    /// A session is over. Gives the rooms to clear if it was the last one of its user.
    pub(crate) fn lost(&mut self, session: &FullJid) -> Option<BTreeSet<BareJid>> {
        let known = self.known.get_mut(session.bare_str())?;
        known.sessions.remove(session);
        if !known.sessions.is_empty() {
            return None;
        }
        Some(self.known.remove(session.bare_str())?.rooms)
    }

    /// A user is gone. Gives the sessions that it had, and the rooms to clear.
    pub(crate) fn gone(&mut self, user: &BareJid) -> (BTreeSet<FullJid>, BTreeSet<BareJid>) {
        self.known
            .remove(user)
            .map(|known| (known.sessions, known.rooms))
            .unwrap_or_default()
    }

    /// Whether a session of this user is known.
    pub(crate) fn is_there(&self, user: &BareJid) -> bool {
        self.known
            .get(user)
            .is_some_and(|known| !known.sessions.is_empty())
    }

    /// How many users are known.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fl9_the_last_session_of_a_user_ends_its_identity() {
        let mut identities = Identities::default();
        let [one, two]: [FullJid; 2] =
            ["a@anon.example/1", "a@anon.example/2"].map(|jid| jid.parse().expect("a JID"));
        let room: BareJid = "lobby@rooms.example".parse().expect("a JID");
        identities.seen(&one);
        identities.seen(&two);
        identities.seen(&two);
        identities.trace(&one.to_bare(), &room);
        assert_eq!(identities.lost(&one), None);
        assert_eq!(identities.lost(&one), None, "twice is once");
        assert!(identities.is_there(&one.to_bare()));
        assert_eq!(identities.lost(&two), Some([room.clone()].into()));
        assert_eq!(identities.lost(&two), None);
        assert_eq!(identities.len(), 0);
        // A room that goes first leaves nothing behind either.
        identities.trace(&one.to_bare(), &room);
        identities.untrace(&one.to_bare(), &room);
        assert_eq!(identities.len(), 0);
    }
}
