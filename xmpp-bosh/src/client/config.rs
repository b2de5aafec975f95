//! What a BOSH client asks for.

use std::time::Duration;

use xmpp_core::xml::Limits;

/// Wishes and habits of a [`Client`](crate::Client). Start from [`ClientConfig::default`].
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The longest time an answer may take (BOSH 2.2). Default 60 s.
    pub wait: Duration,
    /// How many requests the connection manager may hold. Default 1; 0 polls.
    pub hold: u8,
    /// The `Content-Type` wanted for responses (BOSH 2.7). Default none.
    pub content: Option<String>,
    /// The server wanted, as `proto:host:port` (BOSH 2.5). Default none.
    pub route: Option<String>,
    /// Whether to announce and send acknowledgements (BOSH 2.8, 5.2). Default `true`.
    pub acks: bool,
    /// Whether to protect the session with keys, for plain HTTP (BOSH 10). Default `false`.
    pub keys: bool,
    /// How often one request is sent before the session counts as lost. The second time follows at
    /// once, then after 1, 2, 4 … s, at most 30 s. Default 8.
    pub max_attempts: u32,
    /// Time that an answer may take beyond `wait` before its request is sent again. Default 6 s.
    pub grace: Duration,
    /// Interval of empty requests in a session that polls, where the connection manager names none.
    /// Default 5 s.
    pub polling: Duration,
    /// Bodies are split between stanzas at this size; a larger stanza travels alone. Default 256
    /// KiB.
    pub max_request_bytes: usize,
    /// Limits on each element of a response. Default [`Limits::CLIENT`].
    pub limits: Limits,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            wait: Duration::from_mins(1),
            hold: 1,
            content: None,
            route: None,
            acks: true,
            keys: false,
            max_attempts: 8,
            grace: Duration::from_secs(6),
            polling: Duration::from_secs(5),
            max_request_bytes: 256 * 1024,
            limits: Limits::CLIENT,
        }
    }
}
