//! The client's end, whoever it is.

use xmpp_bosh::{Client, ClientCloseReason, ClientConfig, ClientEvent, RequestId};
use xmpp_core::Timestamp;

use super::setup::{Bug, Setup};
use crate::{ScriptedSession, Seeded};

/// An HTTP request to make.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) id: u64,
    pub(super) rid: u64,
    pub(super) body: String,
    pub(super) replaces: Option<u64>,
}

/// A BOSH client that speaks for an application which counts its stanzas.
pub(super) trait Peer {
    fn say(&mut self, now: Timestamp, xml: &str);
    fn response(&mut self, now: Timestamp, id: u64, status: u16, body: &[u8]);
    fn lost(&mut self, now: Timestamp, id: u64);
    fn timeout(&mut self, now: Timestamp);
    fn next_timeout(&self) -> Option<Timestamp>;
    fn attempt(&mut self) -> Option<Attempt>;
    /// The ids of the stanzas processed since the last call.
    fn take_received(&mut self) -> Vec<String>;
    fn sid(&self) -> Option<String>;
    fn close(&mut self, now: Timestamp);
    /// Why the session is over for the client.
    fn ended(&self) -> Option<String>;
    /// Our client asks for a pause; others have none.
    fn pause(&mut self, _now: Timestamp) {}
    /// Rids whose answer the client itself processed behind that of a higher one.
    fn overtaken(&self) -> &[u64] {
        &[]
    }
    /// Rids that the client asks for no more, because it took a recoverable error for their answer.
    fn misread(&self) -> &[u64] {
        &[]
    }
    /// A page is loaded anew; gives the rids that nobody will ask for again.
    fn reload(&mut self, _now: Timestamp) -> Vec<u64> {
        Vec::new()
    }
}

/// `xmpp_bosh::Client` with a scripted session.
pub(super) struct Ours {
    client: Client,
    session: ScriptedSession,
    ended: Option<String>,
    spoil: bool,
    now: Timestamp,
}

impl Ours {
    pub(super) fn new(setup: &Setup, now: Timestamp, random: Seeded) -> Self {
        let config = ClientConfig {
            wait: setup.wait,
            hold: setup.hold,
            acks: setup.acks,
            keys: setup.keys,
            max_request_bytes: setup.max_body,
            ..ClientConfig::default()
        };
        let mut ours = Self {
            client: Client::new(config, Box::new(random)),
            session: ScriptedSession::client("localhost"),
            ended: None,
            spoil: setup.bug == Some(Bug::RepeatsSentEmpty),
            now,
        };
        ours.settle();
        ours
    }

    fn settle(&mut self) {
        self.client.pump(self.now, &mut self.session);
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Pump => self.client.pump(self.now, &mut self.session),
                ClientEvent::Closed(reason) => {
                    self.client.pump(self.now, &mut self.session);
                    self.ended = Some(match reason {
                        ClientCloseReason::Local => "local".to_owned(),
                        other => format!("{other:?}"),
                    });
                }
                _ => {}
            }
        }
    }
}

impl Peer for Ours {
    fn say(&mut self, now: Timestamp, xml: &str) {
        self.now = now;
        self.session.stanza(xml);
        self.settle();
    }

    fn response(&mut self, now: Timestamp, id: u64, status: u16, body: &[u8]) {
        self.now = now;
        self.client
            .handle_response(now, RequestId::new(id), status, body);
        self.settle();
    }

    fn lost(&mut self, now: Timestamp, id: u64) {
        self.now = now;
        self.client.handle_lost(now, RequestId::new(id));
        self.settle();
    }

    fn timeout(&mut self, now: Timestamp) {
        self.now = now;
        self.client.handle_timeout(now);
        self.settle();
    }

    fn next_timeout(&self) -> Option<Timestamp> {
        self.client.poll_timeout()
    }

    fn attempt(&mut self) -> Option<Attempt> {
        let mut request = self.client.poll_request()?;
        if self.spoil && request.replaces.is_some() {
            let end = request.body.find('>').unwrap_or_default();
            if !request.body[..end].ends_with('/') {
                request.body.truncate(end);
                request.body.push_str("/>");
            }
        }
        Some(Attempt {
            id: request.id.as_u64(),
            rid: request.rid.as_u64(),
            body: request.body,
            replaces: request.replaces.map(RequestId::as_u64),
        })
    }

    fn take_received(&mut self) -> Vec<String> {
        self.session.take_ids()
    }

    fn sid(&self) -> Option<String> {
        self.client.sid().map(|sid| sid.as_str().to_owned())
    }

    fn close(&mut self, now: Timestamp) {
        self.now = now;
        self.session.close(None);
        self.settle();
    }

    fn ended(&self) -> Option<String> {
        self.ended.clone()
    }

    fn pause(&mut self, now: Timestamp) {
        self.now = now;
        // Where there is no session at the moment there is nothing to pause.
        let _ = self.client.pause(now, std::time::Duration::from_secs(100));
        self.settle();
    }
}
