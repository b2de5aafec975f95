//! What a connection manager allows.

use std::time::Duration;

use xmpp_core::xml::Limits;

/// Limits and habits of a [`Manager`](crate::Manager). Start from [`ManagerConfig::default`].
#[derive(Clone, Debug)]
pub struct ManagerConfig {
    /// The longest `wait` granted (BOSH 3.2). Default 120 s.
    pub max_wait: Duration,
    /// The largest `hold` granted (BOSH 3.7); values above 5 count as 5. Default 2. `requests` is
    /// `hold` + 1, and at least 2.
    pub max_hold: u8,
    /// How long a client may have no request here before its session ends (BOSH 6.2). Default 60 s.
    pub inactivity: Duration,
    /// The same for sessions that poll, `hold` or `wait` being 0 (BOSH 6.4). Default 150 s.
    pub polling_inactivity: Duration,
    /// The longest pause that a client may ask for (BOSH 6.5 to 6.7); `None` offers none. Default
    /// 120 s.
    pub max_pause: Option<Duration>,
    /// The shortest interval between empty requests. `Some` advertises `polling` and switches the
    /// overactivity rules BOSH 7.3 and 7.4 on; default `None`, because a page that reloads sends
    /// two empty requests within half a second.
    pub polling: Option<Duration>,
    /// Whether acknowledgements are used with clients that announce them (BOSH 2.8, 3.9, 5).
    /// Default `true`.
    pub acks: bool,
    /// How often one rid may be repeated before the session ends with `policy-violation` (BOSH
    /// 9.7). Default 50.
    pub max_repeats: u32,
    /// How long the answer to a creation request waits for the stream's features. Default 10 s,
    /// never longer than `wait`.
    pub creation_wait: Duration,
    /// Whether requests come over an encrypted channel, as far as
    /// [`Manager::handle_request`](crate::Manager::handle_request) goes. Default `false`.
    pub encrypted: bool,
    /// The largest body that is read. Default 256 KiB.
    pub max_request_bytes: usize,
    /// Answers are split between stanzas at this size; a larger stanza travels alone. Default 256
    /// KiB.
    pub max_response_bytes: usize,
    /// Bytes of answers kept for repeats, in one session. Above it the oldest are forgotten, a
    /// repeat of which ends the session. Default 2 MiB.
    pub max_cached_bytes: usize,
    /// Sessions at a time; above it a creation request is answered with `internal-server-error`.
    /// Default 10,000. A bound for each address or user is the caller's, on
    /// [`ManagerEvent::Created`](crate::ManagerEvent::Created).
    pub max_sessions: usize,
    /// Limits on the start tag of a body, and on the elements of a session until its server session
    /// gives others. Default [`Limits::SERVER_BEFORE_LOGIN`].
    pub limits: Limits,
}

impl Default for ManagerConfig {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_mins(2),
            max_hold: 2,
            inactivity: Duration::from_mins(1),
            polling_inactivity: Duration::from_secs(150),
            max_pause: Some(Duration::from_mins(2)),
            polling: None,
            acks: true,
            max_repeats: 50,
            creation_wait: Duration::from_secs(10),
            encrypted: false,
            max_request_bytes: 256 * 1024,
            max_response_bytes: 256 * 1024,
            max_cached_bytes: 2 * 1024 * 1024,
            max_sessions: 10_000,
            limits: Limits::SERVER_BEFORE_LOGIN,
        }
    }
}
