//! Requests of occupants to occupants that wait for their answers (MUC IQ2 to IQ7).

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use xmpp_core::{FullJid, Jid, Timestamp};

/// One request that was sent on.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// The session that asked.
    pub(crate) asker: FullJid,
    /// The id it gave.
    pub(crate) id: String,
    /// The occupant JID it asked, as it wrote it: where the answer comes from.
    pub(crate) asked: String,
    /// Who has to answer: a session, or the bare JID of its account (MUC IQ4).
    pub(crate) target: Jid,
}

/// The requests under way, by the id that the room gave them.
///
/// All wait equally long, so that they end in the order in which they began.
#[derive(Debug, Default)]
pub(crate) struct Queries {
    open: BTreeMap<Arc<str>, Query>,
    deadlines: VecDeque<(Timestamp, Arc<str>)>,
}

impl Queries {
    pub(crate) fn insert(&mut self, id: Arc<str>, query: Query, deadline: Timestamp) {
        self.deadlines.push_back((deadline, id.clone()));
        self.open.insert(id, query);
    }

    /// The request that an answer `from` with this id belongs to; it counts once (MUC IQ3).
    pub(crate) fn answered(&mut self, id: &str, from: &Jid) -> Option<Query> {
        if self.open.get(id)?.target != *from {
            return None;
        }
        let query = self.open.remove(id);
        self.drop_answered();
        query
    }

    /// Takes out the requests that wait since before their time.
    pub(crate) fn expired(&mut self, now: Timestamp) -> Vec<Query> {
        let mut expired = Vec::new();
        while let Some((deadline, id)) = self.deadlines.front()
            && (*deadline <= now || !self.open.contains_key(id))
        {
            expired.extend(self.open.remove(id));
            self.deadlines.pop_front();
        }
        expired
    }

    /// A session is gone: its own requests are forgotten, those sent to it come back.
    pub(crate) fn session_gone(&mut self, session: &FullJid) -> Vec<Query> {
        if self.open.is_empty() {
            return Vec::new();
        }
        let mut orphans = Vec::new();
        self.open.retain(|_, query| {
            if query.asker == *session {
                return false;
            }
            let orphan = query.target.as_str() == session.as_str();
            if orphan {
                orphans.push(query.clone());
            }
            !orphan
        });
        self.drop_answered();
        orphans
    }

    /// When the oldest request is due.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.deadlines.front().map(|(deadline, _)| *deadline)
    }

    /// Forgets the deadlines of answered requests at the front, and all of them once most are answered.
    fn drop_answered(&mut self) {
        while let Some((_, id)) = self.deadlines.front()
            && !self.open.contains_key(id)
        {
            self.deadlines.pop_front();
        }
        if self.deadlines.len() > 2 * self.open.len() + 16 {
            let open = &self.open;
            self.deadlines.retain(|(_, id)| open.contains_key(id));
        }
    }
}
