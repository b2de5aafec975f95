//! One client's session with its transport.

use std::{collections::BTreeSet, net::IpAddr};

use xmpp_bosh::{Manager, Sid};
use xmpp_core::{
    BareJid, FullJid, Timestamp,
    stream::{Link, ServerEvent, ServerSession, Session as _, WebSocketCodec},
    xml::{Element, ns},
};

use super::flood::{Flow, Paced};

/// A WebSocket's session with its framing.
pub(super) type SocketLink = Link<WebSocketCodec, Paced>;

/// Names a session within the hub; that of a WebSocket is also the socket's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub(super) u64);

/// A session and what the hub knows of it.
pub(super) struct Client {
    pub(super) transport: Transport,
    pub(super) address: IpAddr,
    /// Set while stanzas can be routed to it.
    pub(super) jid: Option<FullJid>,
    /// The priority of its broadcast presence, while it is available.
    pub(super) priority: Option<i8>,
    /// The rooms it is in.
    pub(super) rooms: BTreeSet<BareJid>,
    /// Users that were told of its presence and must hear of its end.
    pub(super) directed: BTreeSet<FullJid>,
    /// Requests of other users that it owes an answer: who asked, and the id.
    pub(super) asked: BTreeSet<(FullJid, String)>,
    /// How flood control sees it.
    pub(super) flow: Flow,
    /// It waits to be attended to.
    pub(super) marked: bool,
    /// Its transport takes nothing any more. What it has brought counts, and its end is still to be dealt with.
    pub(super) is_gone: bool,
    /// When its session wants to know the time.
    pub(super) timer: Option<Timestamp>,
}

pub(super) enum Transport {
    Bosh { sid: Sid, session: Box<Paced> },
    Socket(Box<SocketLink>),
}

impl Client {
    pub(super) fn new(transport: Transport, address: IpAddr) -> Self {
        Self {
            transport,
            address,
            jid: None,
            priority: None,
            rooms: BTreeSet::new(),
            directed: BTreeSet::new(),
            asked: BTreeSet::new(),
            flow: Flow::default(),
            marked: false,
            is_gone: false,
            timer: None,
        }
    }

    pub(super) fn session(&self) -> &ServerSession {
        self.paced().session()
    }

    pub(super) fn session_mut(&mut self) -> &mut ServerSession {
        self.paced_mut().session_mut()
    }

    fn paced(&self) -> &Paced {
        match &self.transport {
            Transport::Bosh { session, .. } => session,
            Transport::Socket(link) => link.session(),
        }
    }

    /// Notes that it waits to be attended to; false when that was known.
    pub(super) fn mark(&mut self) -> bool {
        !std::mem::replace(&mut self.marked, true)
    }

    pub(super) fn paced_mut(&mut self) -> &mut Paced {
        match &mut self.transport {
            Transport::Bosh { session, .. } => session,
            Transport::Socket(link) => link.session_mut(),
        }
    }

    /// What waits for flood control.
    pub(super) fn held(&self) -> Option<&Element> {
        self.paced().held()
    }

    /// The stanza with the language of its stream, where that has one and the stanza does not say its own (HDR-11). On
    /// WebSocket each stanza speaks for itself (BOSH 15.21).
    pub(super) fn with_language(&self, stanza: &Element) -> Option<Element> {
        if !matches!(self.transport, Transport::Bosh { .. }) {
            return None;
        }
        let session = self.session();
        let lang = session.peer_lang()?;
        if stanza.attr_ns("lang", ns::XML).is_some() {
            return None;
        }
        session.stamp(stanza, Some(lang))
    }

    /// Moves what has arrived into the session and, over BOSH, what it says into answers.
    pub(super) fn pump(&mut self, now: Timestamp, bosh: &mut Manager) {
        match &mut self.transport {
            Transport::Bosh { sid, session } => bosh.pump(now, sid, &mut **session),
            Transport::Socket(link) => link.pump(now),
        }
    }

    pub(super) fn poll_event(&mut self) -> Option<ServerEvent> {
        self.session_mut().poll_event()
    }
}
