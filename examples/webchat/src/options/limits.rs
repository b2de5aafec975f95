//! What peers may use.

use super::{
    Options,
    check::{at_least, positive},
};

/// Bytes of an occupant's presence, with room for more than most have: a newcomer gets one of each.
const PRESENCE_BYTES: usize = 512;

/// Bounds on what peers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Sessions at a time, of all domains together.
    pub sessions: usize,
    /// Sessions at a time from one address, of all domains together.
    pub sessions_per_address: usize,
    /// Bytes of one stanza, BOSH request and WebSocket message.
    pub stanza_bytes: usize,
    /// Bytes that may wait for one session.
    pub queue_bytes: usize,
    /// Rooms at a time, of all domains together.
    pub rooms: usize,
    /// Occupants of one room.
    pub occupants: usize,
    /// Rooms one session may be in.
    pub rooms_per_session: usize,
    /// Messages a room keeps for those who enter.
    pub history: usize,
}

impl Limits {
    pub(super) fn settle(options: &Options) -> Result<Self, String> {
        let occupants = positive("max-occupants", options.max_occupants, 5000)?;
        Ok(Self {
            sessions: positive("max-sessions", options.max_sessions, 10_000)?,
            sessions_per_address: positive(
                "max-sessions-per-address",
                options.max_sessions_per_address,
                100,
            )?,
            stanza_bytes: at_least(
                "max-stanza-bytes",
                options.max_stanza_bytes,
                256 * 1024,
                10_000, // RFC 6120 §13.12
            )?,
            queue_bytes: at_least(
                "max-queue-bytes",
                options.max_queue_bytes,
                // Nobody could enter a full room otherwise.
                occupants.saturating_mul(PRESENCE_BYTES).max(1024 * 1024),
                10_000,
            )?,
            rooms: positive("max-rooms", options.max_rooms, 1000)?,
            occupants,
            rooms_per_session: positive(
                "max-rooms-per-session",
                options.max_rooms_per_session,
                20,
            )?,
            history: options.history.unwrap_or(100),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn queue_bytes(options: &[&str]) -> usize {
        let line = ["webchat"].iter().chain(options);
        let settings = Options::parse_from(line).settle().expect("settings");
        settings.hosts[0].limits.queue_bytes
    }

    #[test]
    fn what_waits_for_a_session_may_be_as_much_as_the_list_of_a_full_room() {
        assert_eq!(queue_bytes(&["--max-occupants", "10"]), 1024 * 1024);
        assert_eq!(queue_bytes(&["--max-occupants", "8000"]), 8000 * 512);
        let both = ["--max-occupants", "8000", "--max-queue-bytes", "20000"];
        assert_eq!(queue_bytes(&both), 20_000);
    }
}
