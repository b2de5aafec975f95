//! What comes in from the peer, and what the transport may ask.

use super::{ServerEvent, ServerSession, State, header::judge};
use crate::{
    Jid, Timestamp,
    stream::{
        Advice, CloseReason, OutItem, Session, StreamError, StreamErrorCondition, StreamHeader,
        StreamItem, faults, stanza::is_stanza,
    },
    xml::{Element, ElementRef, Limits, ns},
};

impl Session for ServerSession {
    type Event = ServerEvent;

    fn ready(&self) -> bool {
        self.pending.is_none() && !matches!(self.state, State::StartingTls | State::Closed)
    }

    fn handle_item(&mut self, now: Timestamp, item: StreamItem) {
        self.deadline.see(now);
        if self.state == State::Closed {
            return;
        }
        if !self.ready() {
            return self.handle_error(now, faults::before_its_time());
        }
        match item {
            StreamItem::Open(header) => self.handle_open(&header),
            StreamItem::Element(element) => self.handle_element(element),
            StreamItem::Close => {
                let reason = if self.state == State::Closing {
                    CloseReason::Local
                } else {
                    CloseReason::ByPeer
                };
                // CLS-2.
                self.send_close_if_due();
                self.finish(reason, None, Advice::None);
            }
        }
        if self.out.is_over_limit() {
            // The session's own answers are never read.
            self.overflow();
        }
    }

    fn handle_error(&mut self, now: Timestamp, error: StreamError) {
        self.deadline.see(now);
        match self.state {
            State::Closed => {}
            // TLS-3: what came in clear behind `<starttls/>` is never read, and nothing more is said.
            State::StartingTls => self.finish(CloseReason::TlsRefused, None, Advice::Stop),
            _ => self.fail(error),
        }
    }

    fn handle_eof(&mut self, now: Timestamp) {
        self.deadline.see(now);
        // CLS-3.
        let reason = if self.state == State::Closing {
            CloseReason::Local
        } else {
            CloseReason::Lost
        };
        let advice = match reason {
            CloseReason::Lost => Advice::Backoff,
            _ => Advice::None,
        };
        self.out.clear();
        self.finish(reason, None, advice);
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.deadline.see(now);
        if !self.deadline.is_over() {
            return;
        }
        match self.state {
            State::Closing => self.finish(CloseReason::Local, None, Advice::None),
            State::StartingTls => self.finish(CloseReason::TlsRefused, None, Advice::Backoff),
            // KEP-4.
            _ => self.fail(faults::login_timeout()),
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadline.at()
    }

    fn poll_item(&mut self) -> Option<OutItem<'_>> {
        self.out.poll()
    }

    fn take_text(&mut self, out: &mut String) -> bool {
        self.out.take_text(out)
    }

    fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    fn take_restart(&mut self) -> bool {
        std::mem::take(&mut self.restart)
    }

    fn limits(&self) -> Limits {
        if self.user.is_some() {
            self.config.limits
        } else {
            self.config.limits_before_login
        }
    }

    fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn awaits_tls(&self) -> bool {
        self.state == State::StartingTls
    }

    fn backlog(&self) -> usize {
        self.out.backlog()
    }
}

impl ServerSession {
    fn handle_open(&mut self, header: &StreamHeader) {
        if self.state == State::Closing {
            return;
        }
        if self.state != State::Header {
            return self.fail(faults::header_in_mid_stream());
        }
        let verdict = judge(
            header,
            &self.config.domains,
            self.domain.as_ref(),
            self.user.as_ref(),
        );
        if verdict.domain.is_some() {
            self.domain = verdict.domain;
        }
        self.peer_lang = verdict.lang;
        self.send_header(verdict.from.as_ref());
        if let Some(fault) = verdict.fault {
            return self.fail(fault);
        }
        self.state = State::Features;
        if self.user.is_some() {
            self.offer_bind();
        } else {
            self.offer_login();
        }
    }

    fn handle_element(&mut self, element: Element) {
        if StreamError::matches(element.root()) {
            // ERR-2: an error is answered by nothing but the end.
            let error = StreamError::from_element(element.root());
            self.send_close_if_due();
            let condition = Some(error.condition);
            return self.finish(CloseReason::ErrorReceived(error), condition, Advice::None);
        }
        match self.state {
            State::Header => self.fail(faults::no_header()),
            State::Features => self.handle_negotiation(&element),
            State::Bound => self.handle_stanza(element),
            State::Closing => self.handle_late(element),
            State::StartingTls | State::Closed => {}
        }
    }

    fn handle_negotiation(&mut self, element: &Element) {
        use StreamErrorCondition as C;
        let root = element.root();
        if root.has_ns(ns::SASL) {
            match self.user {
                None => self.handle_sasl(element),
                // SAS-10, SA2-13.
                Some(_) => self.fail(C::NotAuthorized.into()),
            }
        } else if self.login.is_some() {
            // SAS-9.
            self.fail(C::NotAuthorized.into());
        } else if root.is("starttls", ns::TLS) {
            self.handle_start_tls();
        } else if is_stanza(root) {
            // BND-6.
            if self.user.is_none() || !self.handle_own_iq(element) {
                self.fail(C::NotAuthorized.into());
            }
        } else {
            self.fail(C::UnsupportedStanzaType.into());
        }
    }

    fn handle_start_tls(&mut self) {
        let possible =
            self.channel.can_start_tls() && !self.channel.is_confidential() && self.user.is_none();
        if possible {
            self.out.nonza(|w| w.empty_element("proceed", ns::TLS));
            self.state = State::StartingTls;
            self.events.push_back(ServerEvent::StartTls);
        } else {
            // TLS-1, TLS-4.
            self.out.nonza(|w| w.empty_element("failure", ns::TLS));
            self.out.close();
            self.finish(CloseReason::TlsRefused, None, Advice::Stop);
        }
    }

    fn handle_stanza(&mut self, element: Element) {
        let root = element.root();
        if !is_stanza(root) {
            if root.has_ns(ns::SASL) {
                // SAS-10.
                self.fail(StreamErrorCondition::NotAuthorized.into());
            } else if root.is("starttls", ns::TLS) {
                self.handle_start_tls();
            } else {
                // STZ-1; a lookalike in `jabber:server` is one of these.
                self.fail(StreamErrorCondition::UnsupportedStanzaType.into());
            }
        } else if !self.is_from_here(root) {
            // STZ-6, SEC-4.
            self.fail(StreamErrorCondition::InvalidFrom.into());
        } else if !self.handle_own_iq(&element) {
            self.events.push_back(ServerEvent::Stanza(element));
        }
    }

    /// CLS-1: what the peer sent before it saw the end is delivered, and nothing more is said.
    fn handle_late(&mut self, element: Element) {
        let root = element.root();
        if self.jid.is_some() && is_stanza(root) && self.is_from_here(root) {
            self.events.push_back(ServerEvent::Stanza(element));
        }
    }

    /// Whether a stanza's `from` is absent or the session's own JID, bare or full.
    fn is_from_here(&self, stanza: ElementRef<'_>) -> bool {
        stanza.attr("from").is_none_or(|from| self.is_own(&from))
    }

    fn is_own(&self, from: &str) -> bool {
        let Some(own) = &self.jid else {
            return false;
        };
        let same = |from: &str| from == own.as_str() || from == own.bare_str();
        same(from) || Jid::new(from).is_ok_and(|from| same(from.as_str()))
    }
}
