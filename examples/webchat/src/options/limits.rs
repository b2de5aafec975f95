//! What peers may use.

use super::{
    Options,
    check::{at_least, positive},
};

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
                1024 * 1024,
                10_000,
            )?,
            rooms: positive("max-rooms", options.max_rooms, 1000)?,
            occupants: positive("max-occupants", options.max_occupants, 5000)?,
            rooms_per_session: positive(
                "max-rooms-per-session",
                options.max_rooms_per_session,
                20,
            )?,
            history: options.history.unwrap_or(100),
        })
    }
}
