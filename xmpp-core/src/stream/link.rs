//! A session joined to the framing of its transport.

use super::{Codec, Session, StreamError, StreamErrorCondition, TcpCodec, WebSocketCodec};
use crate::Timestamp;

/// A session and the codec that feeds it.
///
/// [`TcpServer`](super::TcpServer), [`TcpClient`](super::TcpClient), [`WebSocketServer`](super::WebSocketServer) and
/// [`WebSocketClient`](super::WebSocketClient) are its forms. Commands go to the session; call [`Link::pump`] after
/// those that let a waiting session go on, and fetch what is to be sent after everything.
#[derive(Debug)]
pub struct Link<C, S> {
    codec: C,
    session: S,
}

/// Bytes that a peer may send ahead while the session waits, beyond the limit of one stanza.
const AHEAD: usize = 64 * 1024;

impl<S: Session> Link<TcpCodec, S> {
    /// Joins `session` to a byte stream.
    pub fn new(session: S) -> Self {
        Self {
            codec: TcpCodec::new(session.limits()),
            session,
        }
    }

    /// Takes what the transport received.
    pub fn handle_input(&mut self, now: Timestamp, bytes: &[u8]) {
        if self.session.is_closed() {
            return;
        }
        self.codec.push(bytes);
        self.pump(now);
    }

    /// Appends what must be sent to `out`. Call it when the transport can take more: what is not fetched counts as
    /// the session's backlog, which is bounded.
    pub fn poll_transmit(&mut self, out: &mut String) {
        if self.session.take_text(out) {
            return;
        }
        while let Some(item) = self.session.poll_item() {
            self.codec.encode(item, out);
        }
    }
}

impl<S: Session> Link<WebSocketCodec, S> {
    /// Joins `session` to a WebSocket with the subprotocol `xmpp`.
    pub fn new(session: S) -> Self {
        Self {
            codec: WebSocketCodec::new(session.limits()),
            session,
        }
    }

    /// Takes a text message, joined from its fragments.
    pub fn handle_message(&mut self, now: Timestamp, message: &str) {
        if self.session.is_closed() {
            return;
        }
        self.codec.push(message);
        self.pump(now);
    }

    /// A binary message came: RFC 7395 §3.2 allows text only (HDR-17).
    pub fn handle_binary(&mut self, now: Timestamp) {
        let error = StreamError::new(StreamErrorCondition::BadFormat)
            .with_text("binary messages are not allowed");
        self.session.handle_error(now, error);
    }

    /// The next text message to send.
    pub fn poll_message(&mut self) -> Option<String> {
        let item = self.session.poll_item()?;
        let mut message = String::new();
        self.codec.encode(item, &mut message);
        Some(message)
    }
}

impl<C: Codec, S: Session> Link<C, S> {
    /// The session.
    pub fn session(&self) -> &S {
        &self.session
    }

    /// The session, for commands.
    pub fn session_mut(&mut self) -> &mut S {
        &mut self.session
    }

    /// Whether the session takes input now. While it does not, stop reading from the transport: what arrives all
    /// the same is kept, up to the limit of one stanza and 64 KiB.
    pub fn wants_input(&self) -> bool {
        self.session.ready()
    }

    /// Moves what was received into the session, as far as it is ready.
    pub fn pump(&mut self, now: Timestamp) {
        loop {
            if self.session.take_restart() {
                self.codec.restart();
            }
            self.codec.set_limits(self.session.limits());
            if !self.session.ready() {
                break;
            }
            match self.codec.next() {
                Ok(Some(item)) => self.session.handle_item(now, item),
                Ok(None) => break,
                Err(error) => self.session.handle_error(now, error),
            }
        }
        self.check_ahead(now);
    }

    /// The transport ended. What the session had not yet taken, because it waited, is dropped with it.
    pub fn handle_eof(&mut self, now: Timestamp) {
        self.session.handle_eof(now);
    }

    /// Time has passed; too early is harmless.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.session.handle_timeout(now);
        self.pump(now);
    }

    /// When to call [`Link::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.session.poll_timeout()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<S::Event> {
        self.session.poll_event()
    }

    /// Whether the session is over: send what is left, then close the transport.
    pub fn is_closed(&self) -> bool {
        self.session.is_closed()
    }

    /// A peer that sends on while the session waits must not fill the memory, nor speak in clear behind STARTTLS.
    fn check_ahead(&mut self, now: Timestamp) {
        let ahead = if self.session.awaits_tls() {
            0
        } else if self.session.ready() || self.session.is_closed() {
            return;
        } else {
            self.session.limits().stanza_bytes.saturating_add(AHEAD)
        };
        if self.codec.buffered() > ahead {
            let error = StreamError::new(StreamErrorCondition::PolicyViolation)
                .with_text("too much was sent ahead");
            self.session.handle_error(now, error);
        }
    }
}
