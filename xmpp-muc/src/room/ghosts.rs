//! Sessions that have not been heard for long are asked whether they are still there (XEP-0045 §18.1.2; MUC LV5).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use xmpp_core::{
    BareJid, FullJid, Timestamp,
    xml::{WriteXml, Writer, ns},
};

use super::{
    leave::{Farewell, means_gone},
    private::error_of,
    state::RoomState,
};
use crate::{StatusCode, context::Context, ids::random_id, request::Request};

/// How often a session is asked before it counts as gone.
const TRIES: u32 = 2;

/// When each session was last heard; empty in a service that does not ask.
#[derive(Debug, Default)]
pub(crate) struct Ghosts {
    sessions: BTreeMap<FullJid, Heard>,
    /// When to look next, at the latest.
    next: Option<Timestamp>,
}

#[derive(Debug)]
struct Heard {
    at: Timestamp,
    ping: Option<Ping>,
}

/// A question that waits for its answer.
#[derive(Debug)]
struct Ping {
    id: Arc<str>,
    deadline: Timestamp,
    tries: u32,
}

impl Ghosts {
    /// A session is inside.
    pub(super) fn watch(&mut self, cx: &Context<'_>, session: &FullJid) {
        let Some(silence) = cx.service.ghost_silence else {
            return;
        };
        let due = cx.now.saturating_add(silence);
        self.next = Some(self.next.map_or(due, |next| next.min(due)));
        let heard = Heard {
            at: cx.now,
            ping: None,
        };
        self.sessions.insert(session.clone(), heard);
    }

    /// A session has sent something: it is alive.
    pub(super) fn heard(&mut self, now: Timestamp, session: &FullJid) {
        if let Some(heard) = self.sessions.get_mut(session) {
            heard.at = now;
            heard.ping = None;
        }
    }

    pub(super) fn forget(&mut self, session: &FullJid) {
        self.sessions.remove(session);
        if self.sessions.is_empty() {
            self.next = None;
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.next
    }

    fn is_asked(&self, session: &FullJid, id: &str) -> bool {
        self.sessions
            .get(session)
            .and_then(|heard| heard.ping.as_ref())
            .is_some_and(|ping| *ping.id == *id)
    }

    /// Notes who has to be asked now, and gives who has not answered for too long.
    fn look(&mut self, cx: &mut Context<'_>, silence: Duration) -> (Vec<Question>, Vec<FullJid>) {
        let (mut questions, mut gone) = (Vec::new(), Vec::new());
        let deadline = cx.now.saturating_add(cx.service.limits.query_timeout);
        for (session, heard) in &mut self.sessions {
            let tries = match &heard.ping {
                Some(ping) if ping.deadline > cx.now => continue,
                Some(ping) if ping.tries >= TRIES => {
                    gone.push(session.clone());
                    continue;
                }
                Some(ping) => ping.tries,
                None if cx.now.since(heard.at) < silence => continue,
                None => 0,
            };
            let id = random_id(cx.random);
            questions.push((session.clone(), id.clone()));
            heard.ping = Some(Ping {
                id,
                deadline,
                tries: tries + 1,
            });
        }
        let due = |heard: &Heard| match &heard.ping {
            Some(ping) => ping.deadline,
            None => heard.at.saturating_add(silence),
        };
        // Not for each of many sessions at its own moment.
        let pause = (silence / 16).min(cx.service.limits.query_timeout / 4);
        let soonest = cx.now.saturating_add(pause.max(Duration::from_millis(1)));
        self.next = self
            .sessions
            .values()
            .map(due)
            .min()
            .map(|due| due.max(soonest));
        (questions, gone)
    }
}

/// Who is asked, and with which id.
type Question = (FullJid, Arc<str>);

impl RoomState {
    /// The answer to such a question, or an error in its place. Gives whether it was one.
    pub(super) fn handle_ghost_answer(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
    ) -> bool {
        let id = request.id().unwrap_or_default();
        if !self.ghosts.is_asked(request.from, &id) {
            return false;
        }
        let failed = request.stanza_type().as_deref() == Some("error");
        if failed && means_gone(error_of(request.stanza).condition) {
            self.bury_ghost(cx, request.from);
        } else {
            self.ghosts.heard(cx.now, request.from);
        }
        true
    }

    pub(super) fn look_for_ghosts(&mut self, cx: &mut Context<'_>) {
        let Some(silence) = cx.service.ghost_silence else {
            return;
        };
        if self.ghosts.deadline().is_none_or(|next| next > cx.now) {
            return;
        }
        let (questions, gone) = self.ghosts.look(cx, silence);
        for (session, id) in questions {
            let ping = PingStanza {
                room: &self.jid,
                id: &id,
            };
            cx.send(session, &ping);
        }
        for session in gone {
            self.bury_ghost(cx, &session);
        }
    }

    fn bury_ghost(&mut self, cx: &mut Context<'_>, session: &FullJid) {
        let farewell = Farewell {
            codes: &[StatusCode::ERROR],
            ..Farewell::default()
        };
        self.remove_session(cx, session, farewell, true);
    }
}

struct PingStanza<'a> {
    room: &'a BareJid,
    id: &'a str,
}

impl WriteXml for PingStanza<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let iq = w.start("iq", ns::CLIENT);
        w.attr("from", self.room.as_str());
        w.attr("type", "get");
        w.attr("id", self.id);
        w.empty_element("ping", ns::PING);
        w.end(iq);
    }
}
