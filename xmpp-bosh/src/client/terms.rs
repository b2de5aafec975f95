//! What the connection manager granted.

use std::time::Duration;

use super::ClientConfig;
use crate::Attributes;

/// The terms of a session, as the creation response told them (BOSH 3).
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) wait: Duration,
    /// Bound on requests under way, and on their spread in rid (BOSH 3.3, 7.1).
    pub(super) requests: u64,
    pub(super) inactivity: Option<Duration>,
    /// Interval of empty requests, when the session polls.
    pub(super) polling: Option<Duration>,
    pub(super) max_pause: Option<Duration>,
    /// Without `ver` in the creation response (BOSH 12.1).
    pub(super) legacy: bool,
}

impl Terms {
    /// What holds until the creation response: one request.
    pub(super) fn before(config: &ClientConfig) -> Self {
        Self {
            wait: config.wait,
            requests: 1,
            inactivity: None,
            polling: None,
            max_pause: None,
            legacy: true,
        }
    }

    pub(super) fn granted(response: &Attributes, config: &ClientConfig) -> Self {
        let wait = response.wait.map_or(config.wait, Duration::from_secs);
        let hold = response.hold.unwrap_or(u64::from(config.hold));
        let requests = response.requests.unwrap_or(hold + 1).max(1);
        let polls = hold == 0 || wait.is_zero() || requests == 1;
        let interval = response
            .polling
            .map_or(config.polling, Duration::from_secs)
            .max(Duration::from_millis(100));
        Self {
            wait: wait.min(config.wait),
            requests: requests.min(16),
            inactivity: response.inactivity.map(Duration::from_secs),
            polling: polls.then_some(interval),
            max_pause: response.maxpause.map(Duration::from_secs),
            legacy: response.ver.is_none(),
        }
    }
}
