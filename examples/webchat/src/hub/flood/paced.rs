//! A session whose input waits for permission.

use xmpp_core::{
    Timestamp,
    stream::{
        OutItem, ServerEvent, ServerSession, Session, StreamError, StreamErrorCondition, StreamItem,
    },
    xml::{Element, Limits},
};

use crate::hub::traffic::Traffic;

/// A [`ServerSession`] that takes one element at a time, when [`Paced::pass`] lets it.
///
/// Until then it is not [ready](Session::ready), so that the rest stays where it is: in a WebSocket's codec and then in the
/// client's own TCP, or in requests that BOSH does not answer. What waits stays in order, and none of it is lost.
pub(in crate::hub) struct Paced {
    session: ServerSession,
    held: Option<Element>,
    traffic: Traffic,
}

impl Paced {
    pub(in crate::hub) fn new(session: ServerSession) -> Self {
        Self {
            session,
            held: None,
            traffic: Traffic::default(),
        }
    }

    pub(in crate::hub) fn session(&self) -> &ServerSession {
        &self.session
    }

    pub(in crate::hub) fn session_mut(&mut self) -> &mut ServerSession {
        &mut self.session
    }

    /// What waits for permission. Nothing does that the session could not take anyway.
    pub(in crate::hub) fn held(&self) -> Option<&Element> {
        self.held.as_ref().filter(|_| self.session.ready())
    }

    /// Lets in what waits.
    pub(in crate::hub) fn pass(&mut self, now: Timestamp) {
        if let Some(element) = self.held.take() {
            self.traffic.take_in(&element);
            self.session.handle_item(now, StreamItem::Element(element));
        }
    }

    /// What came and went since this was last taken.
    pub(in crate::hub) fn traffic(&mut self) -> &mut Traffic {
        &mut self.traffic
    }

    /// Takes out what waits: it is not let in.
    pub(in crate::hub) fn refuse(&mut self) -> Option<Element> {
        self.held.take()
    }
}

impl Session for Paced {
    type Event = ServerEvent;

    fn ready(&self) -> bool {
        self.held.is_none() && self.session.ready()
    }

    fn handle_item(&mut self, now: Timestamp, item: StreamItem) {
        match item {
            // The transport brought more than it was allowed to.
            _ if self.held.is_some() => {
                self.handle_error(now, StreamErrorCondition::PolicyViolation.into());
            }
            StreamItem::Element(element) if self.session.ready() => self.held = Some(element),
            item => self.session.handle_item(now, item),
        }
    }

    fn handle_error(&mut self, now: Timestamp, error: StreamError) {
        self.held = None;
        self.session.handle_error(now, error);
    }

    fn handle_eof(&mut self, now: Timestamp) {
        self.held = None;
        self.session.handle_eof(now);
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.session.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.session.poll_timeout()
    }

    fn poll_item(&mut self) -> Option<OutItem<'_>> {
        let item = self.session.poll_item();
        if let Some(OutItem::Stanza(stanza)) = item {
            self.traffic.give_out(stanza);
        }
        item
    }

    fn poll_event(&mut self) -> Option<ServerEvent> {
        self.session.poll_event()
    }

    fn take_restart(&mut self) -> bool {
        self.session.take_restart()
    }

    fn limits(&self) -> Limits {
        self.session.limits()
    }

    fn is_closed(&self) -> bool {
        self.session.is_closed()
    }

    fn awaits_tls(&self) -> bool {
        self.session.awaits_tls()
    }

    fn backlog(&self) -> usize {
        self.session.backlog()
    }
}
