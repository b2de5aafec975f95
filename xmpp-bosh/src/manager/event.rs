//! What a connection manager tells its caller.

use std::sync::Arc;

use crate::{Creation, RequestId, Sid, TerminalCondition};

/// An HTTP answer.
///
/// Send it without chunked coding and without compression, with `Content-Length` (BOSH 1.2, point
/// 10), and with [`RESPONSE_HEADERS`]. When its last byte was handed to the HTTP library, call
/// [`Manager::handle_written`](crate::Manager::handle_written); when it could not be,
/// [`Manager::handle_lost`](crate::Manager::handle_lost).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The request that this answers.
    pub id: RequestId,
    /// HTTP status: 200, or for clients older than BOSH 1.6 also 400, 403 and 404 (BOSH 12.1).
    pub status: u16,
    /// Value of the header `Content-Type` (BOSH 1.5).
    pub content_type: Arc<str>,
    /// The body, which the manager keeps as well, for a repeat of the rid.
    pub body: Arc<str>,
    /// Close the connection without an answer: the request came unencrypted into a session that
    /// began encrypted (BOSH 14.1). Status and body are of no use then.
    pub close: bool,
}

/// Headers that belong on every HTTP answer of a BOSH service, beside `Content-Type`,
/// `Content-Length` and CORS: an answer shown as a page of its own must run no script, and no cache
/// may keep it.
pub const RESPONSE_HEADERS: [(&str, &str); 3] = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("X-Content-Type-Options", "nosniff"),
];

/// What the user of a connection manager should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManagerEvent {
    /// A client asked for a session. Make a server session and [`pump`](crate::Manager::pump) it;
    /// [`terminate`](crate::Manager::terminate) refuses it.
    Created {
        /// The new session.
        sid: Sid,
        /// The HTTP request that asked for it, by which the caller knows where it came from.
        request: RequestId,
        /// What the client asked for.
        creation: Box<Creation>,
    },
    /// Something can be moved in or out: call [`pump`](crate::Manager::pump) for this session.
    Pump {
        /// The session.
        sid: Sid,
    },
    /// The session is over. Nothing more is to be pumped.
    Closed {
        /// The session.
        sid: Sid,
        /// Why it ended.
        reason: CloseReason,
    },
}

/// Why a session of a connection manager ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client ended it with a terminate request.
    ByClient,
    /// The server session ended, and the client was told.
    ByServer,
    /// The client broke a rule, or [`terminate`](crate::Manager::terminate) was called; the client
    /// was told this condition.
    Terminated(TerminalCondition),
    /// The client sent nothing for longer than `inactivity`, or than the pause that it asked for
    /// (BOSH 6.2).
    Inactive,
    /// A request never came although later ones did (BOSH 9.3), for as long as `inactivity`.
    GapNotFilled,
    /// The answer that carried the sid was lost before it was handed over, so nobody can know it.
    CreationLost,
}
