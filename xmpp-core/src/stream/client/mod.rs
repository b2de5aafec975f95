//! The initiating entity's side of a client's stream.

mod bind;
mod config;
mod event;
mod features;
mod items;
mod login;

use std::collections::VecDeque;

pub use self::{config::ClientConfig, event::ClientEvent};
use super::{
    Advice, Channel, CloseReason, Misuse, StreamError, StreamErrorCondition, StreamHeader,
    deadline::Deadline, faults, out::OutQueue, version,
};
use crate::{
    FullJid, Random, Timestamp,
    sasl::{ChannelSecurity, ClientLogin, DerivedKey},
    xml::WriteXml,
};

/// A client's session with its server: header, features, STARTTLS, SASL, bind, then stanzas
/// ([RFC 6120](https://www.rfc-editor.org/rfc/rfc6120)).
///
/// It does not know what carries it: see [`Session`](super::Session) for the side of the transport. Its first header is
/// there to be sent at once. The side of the user is
///
/// - [`poll_event`](super::Session::poll_event) after everything that was put in;
/// - [`send`](ClientSession::send) from [`ClientEvent::Ready`] on;
/// - [`close`](ClientSession::close) at the end.
pub struct ClientSession {
    config: ClientConfig,
    channel: Channel,
    random: Box<dyn Random + Send>,
    state: State,
    out: OutQueue,
    events: VecDeque<ClientEvent>,
    /// Of the login, later of the close.
    deadline: Deadline,
    /// The server's next item has to be a header, and the codec does not know yet.
    restart: bool,
    login: Option<ClientLogin>,
    /// The mechanisms that the server offers.
    offered: Vec<String>,
    /// The channel-binding types that it can do, if it says so, known here or not: its signature covers them (CB-6).
    bindings: Option<Vec<String>>,
    authenticated: bool,
    /// The server offers RFC 3921's session and does not call it optional.
    wants_session: bool,
    /// The id of the IQ that is to be answered.
    request: String,
    peer_lang: Option<String>,
    jid: Option<FullJid>,
}

/// What the next item may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The server's header.
    Header,
    /// Its features.
    Features,
    /// Its answer to `<starttls/>`.
    TlsAsked,
    /// Nothing before TLS stands.
    StartingTls,
    /// A challenge or an outcome.
    Login,
    /// Nothing before the caller has run a job.
    Deriving,
    /// The answer to the bind request.
    Bind,
    /// The answer to the session request.
    Session,
    /// Stanzas.
    Ready,
    /// Stanzas and the end: ours was sent.
    Closing,
    /// Nothing.
    Closed,
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<ClientSession>();
};

impl ClientSession {
    /// A session on `channel`, whose header waits to be sent. `random` makes ids and nonces.
    pub fn new(
        config: ClientConfig,
        channel: Channel,
        now: Timestamp,
        random: Box<dyn Random + Send>,
    ) -> Self {
        let mut session = Self {
            deadline: Deadline::new(now, config.login_timeout),
            out: OutQueue::new(config.max_backlog),
            config,
            channel,
            random,
            state: State::Header,
            events: VecDeque::new(),
            restart: false,
            login: None,
            offered: Vec::new(),
            bindings: None,
            authenticated: false,
            wants_session: false,
            request: String::new(),
            peer_lang: None,
            jid: None,
        };
        session.send_header();
        session
    }

    /// The address that the session has, once it is ready.
    pub fn jid(&self) -> Option<&FullJid> {
        self.jid.as_ref()
    }

    /// The `xml:lang` of the server's header: the language of all text in a stanza that neither names its own nor has
    /// one around it in the stanza (HDR-11). [`ElementRef::lang`](crate::xml::ElementRef::lang) comes first, then this.
    /// On WebSocket each stanza speaks for itself.
    pub fn peer_lang(&self) -> Option<&str> {
        self.peer_lang.as_deref()
    }

    /// What the transport offers.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Sends a stanza (or a nonza). It is written in place, in its canonical form.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotReady`] before [`ClientEvent::Ready`]. [`Misuse::Closed`] when the session is over, also where this
    /// stanza is the one that does not fit into the backlog any more: the session has then ended.
    pub fn send(&mut self, stanza: &(impl WriteXml + ?Sized)) -> Result<(), Misuse> {
        match self.state {
            State::Ready => {}
            State::Closing | State::Closed => return Err(Misuse::Closed),
            _ => return Err(Misuse::NotReady),
        }
        if self.out.send(stanza).is_err() {
            // LIM-4.
            self.out.clear();
            self.fail(faults::unread(), Advice::Backoff);
            return Err(Misuse::Closed);
        }
        Ok(())
    }

    /// Gives the key of the job of [`ClientEvent::Derive`]; the login goes on. Pump the transport next.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownLookup`] when no job is due (any more), [`Misuse::WrongAnswer`] when the key is another one's.
    pub fn derived(&mut self, key: DerivedKey) -> Result<(), Misuse> {
        if self.state != State::Deriving {
            return Err(Misuse::UnknownLookup);
        }
        self.resume_login(key)
    }

    /// TLS stands, after [`ClientEvent::StartTls`], and the server's certificate is valid for the domain (TLS-8): the
    /// stream starts anew.
    ///
    /// # Errors
    ///
    /// [`Misuse::NoHandshake`] when no handshake was due.
    pub fn tls_established(&mut self, security: ChannelSecurity) -> Result<(), Misuse> {
        if self.state != State::StartingTls {
            return Err(Misuse::NoHandshake);
        }
        self.channel = Channel::new(security);
        // FEA-5: nothing learned in clear survives.
        self.offered.clear();
        self.restart();
        Ok(())
    }

    /// Ends the session in good order: what waits is sent, then the end; stanzas still come in until the server's end, for
    /// 5 s at most (CLS-1).
    pub fn close(&mut self, now: Timestamp) {
        self.deadline.see(now);
        match self.state {
            State::Closing | State::Closed => {}
            State::StartingTls => self.finish(CloseReason::Local, None, Advice::None),
            _ => {
                self.out.close();
                self.login = None;
                self.state = State::Closing;
                self.deadline.set(self.config.close_timeout);
            }
        }
    }

    /// HDR-13.
    fn restart(&mut self) {
        self.state = State::Header;
        self.restart = true;
        self.send_header();
    }

    /// HDR-3, HDR-4.
    fn send_header(&mut self) {
        let account = self.config.account.as_ref();
        let header = StreamHeader {
            to: Some(self.config.domain.as_str().to_owned()),
            from: account
                .filter(|_| self.channel.is_confidential())
                .map(ToString::to_string),
            id: None,
            lang: self.config.lang.clone(),
            version: Some(version::OURS.to_owned()),
        };
        self.out.open(header);
    }

    /// Tells the server what it did wrong and ends.
    fn fail(&mut self, error: StreamError, advice: Advice) {
        if self.state == State::Closing {
            // Everything was said.
            return self.finish(CloseReason::Local, None, Advice::None);
        }
        self.out.error(&error);
        self.out.close();
        let condition = Some(error.condition);
        self.finish(CloseReason::ErrorSent(error), condition, advice);
    }

    /// Ends because the login leads nowhere.
    fn give_up(&mut self, reason: impl Into<String>, advice: Advice) {
        self.out.close();
        self.finish(CloseReason::LoginFailed(reason.into()), None, advice);
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
        self.login = None;
        self.events.push_back(ClientEvent::Closed {
            reason,
            condition,
            advice,
        });
    }
}

impl std::fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSession")
            .field("state", &self.state)
            .field("domain", &self.config.domain)
            .field("jid", &self.jid)
            .field("backlog", &self.out.backlog())
            .finish_non_exhaustive()
    }
}
