//! Messages that are sent again: recognised by nick, origin-id and body (XEP-0359), within five minutes.
//!
//! A client that lost its connection does not know whether its last message arrived. It sends it again with the same
//! origin-id, maybe from another real address (an anonymous user after reconnecting); the room then shows it to
//! nobody again and gives the sender the first reflection, with the first stanza-id.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use sha2::{Digest as _, Sha256};
use xmpp_core::{
    Timestamp,
    xml::{ElementRef, ns},
};

use super::state::RoomState;
use crate::{
    Fanout, Limits,
    context::Context,
    request::{Asker, Request},
};

/// Senders of one message that are told if it could not be stored after all.
const MAX_WAITING: usize = 10;

/// The latest messages with an origin-id, bounded by time, count and bytes.
#[derive(Debug, Default)]
pub(crate) struct Resends {
    sent: VecDeque<Sent>,
    bytes: usize,
}

/// One message that would be recognised.
#[derive(Debug)]
struct Sent {
    fingerprint: Fingerprint,
    time: Timestamp,
    /// As it was reflected.
    live: Arc<Fanout>,
    /// Who sent it again: they share its fate should it not be stored (MUC ET14).
    waiting: Vec<Asker>,
}

/// Nick, origin-id and body of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// `None` for a message without an origin-id or without a body.
    pub(super) fn of(nick: &str, message: ElementRef<'_>) -> Option<Self> {
        let origin = message.child("origin-id", ns::STANZA_ID)?.attr("id")?;
        if origin.is_empty() {
            return None;
        }
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part(nick);
        part(&origin);
        let mut bodies = 0;
        for body in message
            .children()
            .filter(|child| child.is("body", ns::CLIENT))
        {
            part(&body.attr_ns("lang", ns::XML).unwrap_or_default());
            part(&body.text());
            bodies += 1;
        }
        (bodies > 0).then(|| Self(hash.finalize().into()))
    }
}

impl Resends {
    fn find(&mut self, fingerprint: Fingerprint) -> Option<&mut Sent> {
        self.sent
            .iter_mut()
            .rev()
            .find(|sent| sent.fingerprint == fingerprint)
    }

    pub(super) fn push(
        &mut self,
        fingerprint: Fingerprint,
        time: Timestamp,
        live: Arc<Fanout>,
        limits: &Limits,
    ) {
        self.bytes += live.as_str().len();
        self.sent.push_back(Sent {
            fingerprint,
            time,
            live,
            waiting: Vec::new(),
        });
        while self.sent.len() > limits.resend_messages || self.bytes > limits.resend_bytes {
            self.drop_first();
        }
    }

    /// Forgets what is too old to be sent again.
    fn expire(&mut self, now: Timestamp, window: Duration) {
        while self
            .sent
            .front()
            .is_some_and(|sent| now.since(sent.time) > window)
        {
            self.drop_first();
        }
    }

    /// Forgets a message that could not be stored. Gives who sent it again meanwhile.
    pub(super) fn take_back(&mut self, live: &Arc<Fanout>) -> Vec<Asker> {
        let Some(at) = self
            .sent
            .iter()
            .rposition(|sent| Arc::ptr_eq(&sent.live, live))
        else {
            return Vec::new();
        };
        self.bytes -= live.as_str().len();
        self.sent
            .remove(at)
            .map_or_else(Vec::new, |sent| sent.waiting)
    }

    fn drop_first(&mut self) {
        if let Some(first) = self.sent.pop_front() {
            self.bytes -= first.live.as_str().len();
        }
    }
}

impl RoomState {
    /// Whether a message was sent before; then its sender, and nobody else, gets what all got then.
    pub(super) fn is_sent_again(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        fingerprint: Option<Fingerprint>,
    ) -> bool {
        self.resends.expire(cx.now, cx.service.limits.resend_window);
        let Some(sent) = fingerprint.and_then(|fingerprint| self.resends.find(fingerprint)) else {
            return false;
        };
        if sent.waiting.len() < MAX_WAITING {
            sent.waiting.push(Asker::new(request));
        }
        cx.send_written(request.from.clone(), sent.live.clone());
        true
    }
}
