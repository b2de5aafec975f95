//! The receiving entity's side of a client's stream.

mod bind;
mod config;
mod event;
mod header;
mod items;
mod login;

use std::{collections::VecDeque, sync::Arc};

use self::bind::BindRequest;
pub use self::{
    config::ServerConfig,
    event::{Answer, BindAnswer, LookupId, ServerEvent},
};
use super::{
    Advice, Channel, CloseReason, Misuse, StreamError, StreamErrorCondition, StreamHeader,
    deadline::Deadline, faults, ids::random_id, out::OutQueue, version,
};
use crate::{
    BareJid, FullJid, Jid, Random, Timestamp,
    sasl::{ChannelSecurity, ServerLogin},
    xml::{Element, Limits, Patch, WriteXml, Writer, ns},
};

/// A server's session with one client: header, features, STARTTLS, SASL, bind, then stanzas
/// ([RFC 6120](https://www.rfc-editor.org/rfc/rfc6120)).
///
/// It does not know what carries it: see [`Session`](super::Session) for the side of the transport. The side of the router is
///
/// - [`poll_event`](super::Session::poll_event) after everything that was put in;
/// - [`resolve`](ServerSession::resolve) for each event that asks, and then a `pump` of the transport, because a
///   session that waits takes nothing in;
/// - [`send`](ServerSession::send) from [`ServerEvent::Bound`] on;
/// - [`close`](ServerSession::close) or [`close_with`](ServerSession::close_with) at the end.
///
/// Of the IQs it answers those that bind and those of RFC 3921's `<session/>`. Everything else goes to the router.
pub struct ServerSession {
    config: Arc<ServerConfig>,
    channel: Channel,
    random: Box<dyn Random + Send>,
    state: State,
    out: OutQueue,
    events: VecDeque<ServerEvent>,
    /// Of the login, later of the close.
    deadline: Deadline,
    /// The peer's next item has to be a header, and the codec does not know yet.
    restart: bool,
    /// An own header was sent since the last restart.
    header_sent: bool,
    domain: Option<BareJid>,
    peer_lang: Option<String>,
    login: Option<ServerLogin>,
    user: Option<BareJid>,
    jid: Option<FullJid>,
    pending: Option<(LookupId, Pending)>,
    last_lookup: u64,
    attempts: u32,
}

/// What the next item may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A stream header.
    Header,
    /// What the features offer.
    Features,
    /// Nothing before TLS stands.
    StartingTls,
    /// Stanzas.
    Bound,
    /// Stanzas and the end: ours was sent.
    Closing,
    /// Nothing.
    Closed,
}

/// What the caller has been asked.
#[derive(Debug)]
enum Pending {
    Login,
    Bind(BindRequest),
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<ServerSession>();
};

impl ServerSession {
    /// A session that waits for the peer's header on `channel`. `random` makes ids, resources and nonces.
    pub fn new(
        config: Arc<ServerConfig>,
        channel: Channel,
        now: Timestamp,
        random: Box<dyn Random + Send>,
    ) -> Self {
        Self {
            deadline: Deadline::new(now, config.login_timeout),
            out: OutQueue::new(config.max_backlog),
            config,
            channel,
            random,
            state: State::Header,
            events: VecDeque::new(),
            restart: false,
            header_sent: false,
            domain: None,
            peer_lang: None,
            login: None,
            user: None,
            jid: None,
            pending: None,
            last_lookup: 0,
            attempts: 0,
        }
    }

    /// The address that the session has, once it is bound.
    pub fn jid(&self) -> Option<&FullJid> {
        self.jid.as_ref()
    }

    /// Who has logged in.
    pub fn user(&self) -> Option<&BareJid> {
        self.user.as_ref()
    }

    /// The domain that the peer asked for, before that the default one.
    pub fn domain(&self) -> &BareJid {
        self.domain
            .as_ref()
            .unwrap_or_else(|| self.config.default_domain())
    }

    /// The language that the peer's header gave: that of stanzas without their own on a byte stream and BOSH
    /// (HDR-11), of none on WebSocket (BOSH 15.21).
    pub fn peer_lang(&self) -> Option<&str> {
        self.peer_lang.as_deref()
    }

    /// A stanza of the peer as it goes on from here: `from` is the session's full JID, of a subscription's presence its
    /// bare one (STZ-6), and `xml:lang` is `lang` where the stanza has none of its own (HDR-11). For `lang` give
    /// [`peer_lang`](Self::peer_lang) on a byte stream and BOSH, `None` on WebSocket. `None` before the session is bound.
    pub fn stamp(&self, stanza: &Element, lang: Option<&str>) -> Option<Element> {
        let jid = self.jid.as_ref()?;
        let is_subscription = stanza.name() == "presence"
            && matches!(
                stanza.attr("type").as_deref(),
                Some("subscribe" | "subscribed" | "unsubscribe" | "unsubscribed")
            );
        let from = if is_subscription {
            jid.bare_str()
        } else {
            jid.as_str()
        };
        let patch = Patch::new(stanza, &["from"]).inherit_lang(lang);
        Some(Element::build(ns::CLIENT, |w| {
            patch.apply(&[("from", from)], w.raw());
        }))
    }

    /// What the transport offers.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Sends a stanza (or a nonza). It is written in place, in its canonical form.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotReady`] before the session is bound. [`Misuse::Closed`] when it is over, also where this stanza
    /// is the one that does not fit into the backlog any more: the session has then ended with
    /// `resource-constraint`.
    pub fn send(&mut self, stanza: &(impl WriteXml + ?Sized)) -> Result<(), Misuse> {
        match self.state {
            State::Bound => {}
            State::Closing | State::Closed => return Err(Misuse::Closed),
            _ => return Err(Misuse::NotReady),
        }
        if self.out.send(stanza).is_err() {
            self.overflow();
            return Err(Misuse::Closed);
        }
        Ok(())
    }

    /// Answers [`ServerEvent::Lookup`] or [`ServerEvent::Bind`]; the session goes on. Pump its transport next.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownLookup`] when this is not asked (any more), for instance because the session is over;
    /// [`Misuse::WrongAnswer`] when the answer does not fit what is asked.
    pub fn resolve(&mut self, id: LookupId, answer: impl Into<Answer>) -> Result<(), Misuse> {
        match self.pending.take() {
            Some((asked, pending)) if asked == id => match (pending, answer.into()) {
                (Pending::Login, Answer::Login(answer)) => self.resolve_login(answer),
                (Pending::Bind(request), Answer::Bind(answer)) => {
                    self.resolve_bind(request, answer).map_err(|(request, e)| {
                        self.pending = Some((id, Pending::Bind(request)));
                        e
                    })
                }
                (pending, _) => {
                    self.pending = Some((id, pending));
                    Err(Misuse::WrongAnswer)
                }
            },
            pending => {
                self.pending = pending;
                Err(Misuse::UnknownLookup)
            }
        }
    }

    /// TLS stands, after [`ServerEvent::StartTls`]: the stream starts anew.
    ///
    /// # Errors
    ///
    /// [`Misuse::NoHandshake`] when no handshake was due.
    pub fn tls_established(&mut self, security: ChannelSecurity) -> Result<(), Misuse> {
        if self.state != State::StartingTls {
            return Err(Misuse::NoHandshake);
        }
        self.channel = Channel::new(security);
        self.restart(State::Header);
        Ok(())
    }

    /// Ends the session in good order: what waits is sent, then the end; stanzas still come in until the peer's end, for
    /// 5 s at most (CLS-1).
    pub fn close(&mut self, now: Timestamp) {
        self.deadline.see(now);
        if matches!(self.state, State::Closing | State::Closed) {
            return;
        }
        if self.state == State::StartingTls {
            return self.finish(CloseReason::Local, None, Advice::None);
        }
        self.send_header_if_due();
        self.out.close();
        self.forget_questions();
        self.state = State::Closing;
        self.deadline.set(self.config.close_timeout);
    }

    /// Ends the session with a stream error: `conflict` for the older of two sessions, `system-shutdown`,
    /// `not-authorized` for an account that is gone, and so on. What waits is sent first.
    pub fn close_with(&mut self, now: Timestamp, error: StreamError) {
        self.deadline.see(now);
        match self.state {
            State::Closed => {}
            State::StartingTls => self.finish(CloseReason::Local, None, Advice::None),
            _ => self.fail(error),
        }
    }

    /// Asks the caller; until the answer nothing is taken in.
    fn ask(&mut self, pending: Pending) -> LookupId {
        self.last_lookup += 1;
        let id = LookupId(self.last_lookup);
        self.pending = Some((id, pending));
        id
    }

    /// SAS-7, BND-4: so many attempts and no more.
    fn count_attempt(&mut self, text: &str) {
        self.attempts += 1;
        if self.attempts >= self.config.max_attempts {
            self.fail(StreamError::new(StreamErrorCondition::PolicyViolation).with_text(text));
        }
    }

    fn restart(&mut self, state: State) {
        self.state = state;
        self.restart = true;
        self.header_sent = false;
    }

    /// HDR-5, HDR-6.
    fn send_header(&mut self, to: Option<&Jid>) {
        let header = StreamHeader {
            to: to.map(ToString::to_string),
            from: Some(self.domain().as_str().to_owned()),
            id: Some(random_id(&mut *self.random)),
            lang: Some(self.config.lang.clone()),
            version: Some(version::OURS.to_owned()),
        };
        self.out.open(header);
        self.header_sent = true;
    }

    /// ERR-3: the own header stands before every error and every end.
    fn send_header_if_due(&mut self) {
        if !self.header_sent {
            self.send_header(None);
        }
    }

    fn send_close_if_due(&mut self) {
        if self.state != State::Closing {
            self.send_header_if_due();
            self.out.close();
        }
    }

    /// Tells the peer what it did wrong and ends.
    fn fail(&mut self, error: StreamError) {
        if self.state == State::Closing {
            // Everything was said.
            return self.finish(CloseReason::Local, None, Advice::None);
        }
        self.send_header_if_due();
        self.out.error(&error);
        self.out.close();
        let advice = Advice::after(&error);
        let condition = Some(error.condition);
        self.finish(CloseReason::ErrorSent(error), condition, advice);
    }

    /// LIM-4: who does not read is cut off. What waits would never be read.
    fn overflow(&mut self) {
        self.out.clear();
        self.fail(faults::unread());
    }

    fn finish(
        &mut self,
        reason: CloseReason,
        condition: Option<StreamErrorCondition>,
        advice: Advice,
    ) {
        if self.state == State::Closed {
            return;
        }
        self.state = State::Closed;
        self.deadline.clear();
        self.forget_questions();
        self.events.push_back(ServerEvent::Closed {
            reason,
            condition,
            advice,
        });
    }

    fn forget_questions(&mut self) {
        self.pending = None;
        self.login = None;
    }
}

impl std::fmt::Debug for ServerSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSession")
            .field("state", &self.state)
            .field("domain", &self.domain)
            .field("user", &self.user)
            .field("jid", &self.jid)
            .field("pending", &self.pending)
            .field("backlog", &self.out.backlog())
            .finish_non_exhaustive()
    }
}

/// What is allowed (XEP-0478).
fn write_limits(config: &ServerConfig, limits: &Limits, w: &mut Writer<'_>) {
    let tag = w.start("limits", ns::STREAM_LIMITS);
    w.text_element(
        "max-bytes",
        ns::STREAM_LIMITS,
        &limits.stanza_bytes.to_string(),
    );
    if let Some(idle) = config.idle {
        w.text_element(
            "idle-seconds",
            ns::STREAM_LIMITS,
            &idle.as_secs().to_string(),
        );
    }
    w.end(tag);
}
