//! How what arrives gets into the sessions: at the pace that flood control allows.

use xmpp_core::{
    StanzaErrorCondition,
    stream::{StreamError, StreamErrorCondition},
    xml::Element,
};
use xmpp_stanza::StanzaRef;

use super::{
    Hub, Key,
    flood::{Charge, Verdict},
};

/// Elements of one session that are read before it is somebody else's turn.
const AT_ONCE: usize = 32;

impl Hub {
    /// Reads what a session has brought, and deals with what it reports.
    pub(super) fn read(&mut self, key: Key) {
        for _ in 0..AT_ONCE {
            let Some(client) = self.clients.get_mut(&key) else {
                return;
            };
            client.pump(self.now, &mut self.bosh);
            let event = client.poll_event();
            // Most have only something to say.
            if event.is_none() && client.held().is_none() && client.flow.is_idle() {
                return;
            }
            if let Some(event) = event {
                self.session_event(key, event);
            }
            while let Some(event) = self.clients.get_mut(&key).and_then(|c| c.poll_event()) {
                self.session_event(key, event);
            }
            let Some(verdict) = self.judge(key) else {
                return;
            };
            let Some(client) = self.clients.get_mut(&key) else {
                return;
            };
            match verdict {
                Verdict::Pass => client.paced_mut().pass(self.now),
                Verdict::Wait => return,
                Verdict::Refuse => {
                    if let Some(element) = client.paced_mut().refuse() {
                        self.refuse_slowed(key, &element);
                    }
                }
                Verdict::End => {
                    tracing::info!(session = key.0, "ended: it sent too much for too long");
                    let error = StreamError::new(StreamErrorCondition::PolicyViolation)
                        .with_text("too much was sent for too long");
                    client.session_mut().close_with(self.now, error);
                }
            }
        }
        self.mark(key);
    }

    /// Attends to a session whose turn has come. False when there is none.
    pub(super) fn wake_slowed(&mut self) -> bool {
        let Some(woken) = self.flood.wake(self.now) else {
            return false;
        };
        let key = woken.key;
        if let Some(client) = self.clients.get_mut(&key) {
            client.flow.wake(woken);
            self.attend(key);
        }
        true
    }

    /// What becomes of the element that the session holds; `None` when it holds none.
    fn judge(&mut self, key: Key) -> Option<Verdict> {
        let client = self.clients.get_mut(&key)?;
        let mut flow = std::mem::take(&mut client.flow);
        let verdict = if let Some(element) = client.held() {
            let inside = |room: &_| client.rooms.contains(room);
            let occupants = |room: &_| self.rooms.occupants_in(room);
            let charge = || Charge::of(element, &self.muc_domain, inside, occupants);
            let verdict = self
                .flood
                .judge(self.now, key, client.address, &mut flow, charge);
            Some(verdict)
        } else {
            self.flood.settle(self.now, key, &mut flow);
            None
        };
        client.flow = flow;
        verdict
    }

    /// A stanza that has waited too long for the room that it goes to, or for others at its address.
    fn refuse_slowed(&mut self, key: Key, element: &Element) {
        let from = self.clients.get(&key).and_then(|c| c.jid.clone());
        let to = StanzaRef::new(element.root()).and_then(StanzaRef::to);
        if let Some(from) = from {
            let to = to.and_then(|to| xmpp_core::Jid::new(&to).ok());
            let to = to.unwrap_or_else(|| self.domain.clone().into());
            self.refuse(
                key,
                &from,
                &to,
                element,
                StanzaErrorCondition::ResourceConstraint,
            );
        }
    }
}
