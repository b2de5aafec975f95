//! What a client's session tells and asks.

use crate::{
    FullJid,
    sasl::{ClientLogin, DeriveJob},
    stream::{Advice, CloseReason, StreamErrorCondition},
    xml::Element,
};

/// What the user of a [`ClientSession`](super::ClientSession) should know or do.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientEvent {
    /// Send what is to be sent, then begin the TLS handshake as its client, with not a byte of what is received from now on
    /// given to the session; then call [`ClientSession::tls_established`](super::ClientSession::tls_established). If it
    /// fails, close the transport and call `handle_eof` (TLS-6).
    StartTls,
    /// Run this job, on another thread if you like (a salted hash takes milliseconds to seconds), and give its key to
    /// [`ClientSession::derived`](super::ClientSession::derived).
    Derive(DeriveJob),
    /// The server has accepted the login, and proved itself where the mechanism does that.
    Authenticated {
        /// By what ([`mechanism`](ClientLogin::mechanism)), and what is worth keeping for the next login: the
        /// [`pin`](ClientLogin::pin), and the keys that spare it PBKDF2 ([`export`](ClientLogin::export) of
        /// [`ScramClientKeys`](crate::sasl::ScramClientKeys)).
        login: ClientLogin,
    },
    /// The session has this address: stanzas may be sent.
    Ready {
        /// The address, as the server says (BND-1).
        jid: FullJid,
    },
    /// A stanza.
    Stanza(Element),
    /// A first-level element that is no stanza and means nothing to this session (STZ-1).
    Nonza(Element),
    /// The session is over; nothing follows.
    Closed {
        /// How it ended.
        reason: CloseReason,
        /// The condition of the stream error that was sent or received, if one was.
        condition: Option<StreamErrorCondition>,
        /// What to do now.
        advice: Advice,
    },
}
