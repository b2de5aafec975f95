//! How long things take and stay.

use std::time::Duration;

use super::Options;

/// Times of sessions and rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// Time within which a session must have logged in.
    pub login: Duration,
    /// Longest time a BOSH request is held.
    pub bosh_wait: Duration,
    /// How long a BOSH session lives without a request.
    pub bosh_inactivity: Duration,
    /// Silence after which a WebSocket is pinged.
    pub websocket_ping: Duration,
    /// How long an empty room stays.
    pub room_linger: Duration,
}

impl Timing {
    pub(super) fn settle(options: &Options) -> Self {
        Self {
            login: seconds(options.login_timeout, 60),
            bosh_wait: seconds(options.bosh_wait, 59),
            bosh_inactivity: seconds(options.bosh_inactivity, 60),
            websocket_ping: seconds(options.websocket_ping.map(|s| s.max(1)), 30),
            room_linger: seconds(options.room_linger, 300),
        }
    }
}

pub(super) fn seconds(value: Option<u64>, default: u64) -> Duration {
    Duration::from_secs(value.unwrap_or(default))
}
