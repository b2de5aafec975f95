//! What a server's session tells and asks.

use crate::{
    BareJid, FullJid, StanzaErrorCondition,
    sasl::{self, Identity, Lookup},
    stream::{Advice, CloseReason, StreamErrorCondition},
    xml::Element,
};

/// What the user of a [`ServerSession`](super::ServerSession) should know or answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerEvent {
    /// Send what is to be sent, then begin the TLS handshake as its server, with not a byte of what is received
    /// from now on given to the session; then call [`ServerSession::tls_established`](super::ServerSession::tls_established).
    /// If it fails, close the transport and call `handle_eof` (TLS-6).
    StartTls,
    /// Find the answer and give it to [`ServerSession::resolve`](super::ServerSession::resolve).
    Lookup {
        /// Goes with the answer.
        id: LookupId,
        /// The question of the mechanism in use.
        lookup: Lookup,
    },
    /// The peer has logged in.
    Authenticated {
        /// As whom.
        jid: BareJid,
        /// By what.
        identity: Identity,
    },
    /// May the session have this address? Give a [`BindAnswer`] to [`ServerSession::resolve`](super::ServerSession::resolve).
    Bind {
        /// Goes with the answer.
        id: LookupId,
        /// The address: with the resourcepart that was asked for, or else a random one.
        jid: FullJid,
    },
    /// The session has this address: stanzas may be sent to it. Everything that it sent before is older.
    Bound {
        /// The address.
        jid: FullJid,
    },
    /// A stanza from the peer. Its `from` is absent or that of the session, bare or full; the rest is as it came.
    Stanza(Element),
    /// The session is over; nothing follows.
    Closed {
        /// How it ended.
        reason: CloseReason,
        /// The condition of the stream error that was sent or received, if one was.
        condition: Option<StreamErrorCondition>,
        /// What the client is expected to do.
        advice: Advice,
    },
}

/// Names an open question within its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupId(pub(super) u64);

/// The answer to a question of a session.
#[derive(Debug)]
pub enum Answer {
    /// To [`ServerEvent::Lookup`].
    Login(sasl::Answer),
    /// To [`ServerEvent::Bind`].
    Bind(BindAnswer),
}

impl From<sasl::Answer> for Answer {
    fn from(answer: sasl::Answer) -> Self {
        Self::Login(answer)
    }
}

impl From<BindAnswer> for Answer {
    fn from(answer: BindAnswer) -> Self {
        Self::Bind(answer)
    }
}

/// Whether a session may have the address that it is about to get (BND-3, BND-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindAnswer {
    /// It may. If another session has it, that one is ended first, with
    /// [`StreamErrorCondition::Conflict`].
    Accept,
    /// It gets this one instead, of the same bare JID.
    AcceptAs(FullJid),
    /// It may not: `conflict`, `resource-constraint` or `not-allowed`. The peer may ask again.
    Refuse(StanzaErrorCondition),
}
