//! What a BOSH client tells its caller.

use std::time::Duration;

use crate::{BodyError, RequestId, Rid, Sid, TerminalCondition};

/// An HTTP POST to make, without pipelining and with `Content-Length` (BOSH 1.1, 1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The name under which to report what became of it.
    pub id: RequestId,
    /// Its rid. A repeat has the rid and the bytes of the first one, and another `id`.
    pub rid: Rid,
    /// The body.
    pub body: String,
    /// An earlier attempt that this one replaces: abort it if it is still under way.
    pub replaces: Option<RequestId>,
}

/// What the user of a client should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The session exists.
    Established {
        /// Its identifier.
        sid: Sid,
        /// How long the client may be silent, where the connection manager said so (BOSH 3.6).
        inactivity: Option<Duration>,
    },
    /// Something can be moved in or out: call [`pump`](crate::Client::pump).
    Pump,
    /// After [`detach`](crate::Client::detach): nothing is under way any more.
    Detached(Attachment),
    /// The session is over. Pump once more, then tell the session `handle_eof`.
    Closed(ClientCloseReason),
}

/// A session to be handed on to another client
/// ([XEP-0124](https://xmpp.org/extensions/xep-0124.html) calls its owner whoever knows sid and
/// rid): pre-binding, or a page that reloads.
///
/// Together with the full JID this is the `{jid, sid, rid}` of Strophe's `attach` and of Converse's
/// `prebind_url`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The session.
    pub sid: Sid,
    /// The rid of the *next* request (BOSH 18: a rid that was used already is the usual mistake).
    pub rid: Rid,
    /// The longest time an answer takes.
    pub wait: Duration,
    /// How many requests may be under way.
    pub requests: u64,
}

/// Why a client's session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCloseReason {
    /// It was ended from here.
    Local,
    /// The connection manager ended it: in good order (`None`), or with a condition. A stream error
    /// is given to the session as well.
    Terminated(Option<TerminalCondition>),
    /// The connection manager, or something before it, answered with this HTTP status (BOSH 12.1).
    Http(u16),
    /// One request got no answer in all its attempts.
    ConnectionLost,
    /// What answers is no connection manager: a creation response without sid, or in all attempts
    /// no body of BOSH.
    NotBosh(Option<BodyError>),
}
