//! Requests and their answers.

use std::collections::BTreeMap;

use xmpp_core::FullJid;

/// Open requests of all sessions.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: BTreeMap<(FullJid, String), Vec<Open>>,
}

#[derive(Debug)]
struct Open {
    room: String,
    /// The asker has left the room since: an answer may come or not (MUC IQ3).
    excused: bool,
}

impl Requests {
    pub(super) fn ask(&mut self, session: &FullJid, id: &str, room: &str) {
        let key = (session.clone(), id.to_owned());
        self.open.entry(key).or_default().push(Open {
            room: room.to_owned(),
            excused: false,
        });
    }

    pub(super) fn answer(&mut self, session: &FullJid, id: &str, stanza: &str) {
        let key = (session.clone(), id.to_owned());
        let open = self.open.get_mut(&key).and_then(Vec::pop);
        assert!(
            open.is_some(),
            "IQ1: an answer that nobody waits for: {stanza}"
        );
        if self.open.get(&key).is_some_and(Vec::is_empty) {
            self.open.remove(&key);
        }
    }

    /// Whether a session waits for an answer.
    pub(super) fn waits(&self, session: &FullJid) -> bool {
        let first = (session.clone(), String::new());
        self.open
            .range(first..)
            .next()
            .is_some_and(|((waiting, _), _)| waiting == session)
    }

    pub(super) fn left(&mut self, session: &FullJid, room: &str) {
        for ((asker, _), open) in &mut self.open {
            for one in open
                .iter_mut()
                .filter(|one| asker == session && one.room == room)
            {
                one.excused = true;
            }
        }
    }

    pub(super) fn lost(&mut self, session: &FullJid) {
        self.open.retain(|(asker, _), _| asker != session);
    }

    /// Nobody waits any more.
    pub(super) fn settled(&self) {
        for ((session, id), open) in &self.open {
            assert!(
                open.iter().all(|one| one.excused),
                "IQ1: {session} waits for an answer to {id}"
            );
        }
    }
}
