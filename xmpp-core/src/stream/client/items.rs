//! What comes in from the server, and what the transport may ask.

use super::{ClientEvent, ClientSession, State};
use crate::{
    Jid, Timestamp,
    stream::{
        Advice, CloseReason, OutItem, Session, StreamError, StreamErrorCondition, StreamHeader,
        StreamItem, faults, stanza::is_stanza, version::Version,
    },
    xml::{Element, Limits, ns},
};

impl Session for ClientSession {
    type Event = ClientEvent;

    fn ready(&self) -> bool {
        !matches!(
            self.state,
            State::StartingTls | State::Deriving | State::Closed
        )
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
            StreamItem::Close => self.handle_close(),
        }
    }

    fn handle_error(&mut self, now: Timestamp, error: StreamError) {
        self.deadline.see(now);
        match self.state {
            State::Closed => {}
            // TLS-3: what came in clear behind `<proceed/>` is never read.
            State::StartingTls => self.finish(CloseReason::TlsRefused, None, Advice::Stop),
            _ => {
                let advice = Advice::after(&error);
                self.fail(error, advice);
            }
        }
    }

    fn handle_eof(&mut self, now: Timestamp) {
        self.deadline.see(now);
        self.out.clear();
        match self.state {
            State::Closing => self.finish(CloseReason::Local, None, Advice::None),
            // TLS-5, TLS-6: a network error, or a handshake that failed.
            State::TlsAsked | State::StartingTls => {
                self.finish(CloseReason::Lost, None, Advice::NextCandidate);
            }
            _ => self.finish(CloseReason::Lost, None, Advice::Backoff),
        }
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.deadline.see(now);
        if !self.deadline.is_over() {
            return;
        }
        match self.state {
            State::Closing => self.finish(CloseReason::Local, None, Advice::None),
            State::StartingTls => self.finish(CloseReason::Lost, None, Advice::NextCandidate),
            _ => self.fail(faults::login_timeout(), Advice::Backoff),
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

    fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    fn take_restart(&mut self) -> bool {
        std::mem::take(&mut self.restart)
    }

    fn limits(&self) -> Limits {
        if self.authenticated {
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

impl ClientSession {
    fn handle_open(&mut self, header: &StreamHeader) {
        if self.state == State::Closing {
            return;
        }
        if self.state != State::Header {
            return self.fail(faults::header_in_mid_stream(), Advice::Stop);
        }
        // HDR-10.
        let known = match header.from.as_deref().map(Jid::new) {
            None => self.channel.is_confidential(),
            Some(from) => from.is_ok_and(|from| from.as_str() == self.config.domain.as_str()),
        };
        if !known {
            let error = StreamError::new(StreamErrorCondition::InvalidFrom);
            return self.fail(error, Advice::NextCandidate);
        }
        // HDR-7 (d).
        if let Err(error) = Version::check(header.version.as_deref()) {
            return self.fail(error, Advice::NextCandidate);
        }
        if let Some(error) = faults::long_lang(header) {
            return self.fail(error, Advice::NextCandidate);
        }
        self.peer_lang.clone_from(&header.lang);
        self.state = State::Features;
    }

    fn handle_close(&mut self) {
        if self.state == State::Closing {
            return self.finish(CloseReason::Local, None, Advice::None);
        }
        // CLS-2.
        self.out.close();
        self.finish(CloseReason::ByPeer, None, Advice::Backoff);
    }

    fn handle_element(&mut self, element: Element) {
        let root = element.root();
        if StreamError::matches(root) {
            return self.handle_stream_error(StreamError::from_element(root));
        }
        match self.state {
            State::Header => self.fail(faults::no_header(), Advice::NextCandidate),
            State::Features if root.is("features", ns::STREAMS) => self.handle_features(root),
            // Nothing but features can come now.
            State::Features => self.fail(
                StreamError::new(StreamErrorCondition::BadFormat)
                    .with_text("the stream has no features"),
                Advice::NextCandidate,
            ),
            State::TlsAsked => self.handle_tls_answer(root),
            State::Login => self.handle_login(root),
            State::Bind | State::Session if self.is_answer(root) => self.handle_answer(root),
            // CLS-1: of what comes late only stanzas count.
            State::Closing if !is_stanza(root) || self.jid.is_none() => {}
            _ if is_stanza(root) => self.events.push_back(ClientEvent::Stanza(element)),
            // FEA-6, STZ-1.
            _ => self.events.push_back(ClientEvent::Nonza(element)),
        }
    }

    /// ERR-2, ERR-4: an error is answered by nothing but the end.
    fn handle_stream_error(&mut self, error: StreamError) {
        if self.state != State::Closing {
            self.out.close();
        }
        let mut advice = Advice::after(&error);
        // SEC-6: nobody but the verified server sends us elsewhere.
        if matches!(advice, Advice::ReconnectTo(_)) && !self.channel.is_confidential() {
            advice = Advice::NextCandidate;
        }
        let condition = Some(error.condition);
        self.finish(CloseReason::ErrorReceived(error), condition, advice);
    }
}
