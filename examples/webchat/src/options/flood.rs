//! How much may come how fast.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::{check::positive, timing::seconds};

/// The options of flood control: `--flood-…`, in the TOML file the table `[flood]`.
#[derive(Clone, Copy, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FloodOptions {
    /// Bytes a second that a session may send; more is read later. 0: no limit. [default: 100000]
    #[arg(long = "flood-session-rate", value_name = "BYTES")]
    pub session_rate: Option<u64>,

    /// Bytes a second from one IPv4 address or IPv6 /64 (loopback, where a reverse proxy sits, is not
    /// counted). 0: no limit. [default: 100000]
    #[arg(long = "flood-address-rate", value_name = "BYTES")]
    pub address_rate: Option<u64>,

    /// Bytes a second to one room. 0: no limit. [default: 100000]
    #[arg(long = "flood-room-rate", value_name = "BYTES")]
    pub room_rate: Option<u64>,

    /// Seconds' worth of each rate that may come at once. [default: 2]
    #[arg(long = "flood-burst", value_name = "SECONDS")]
    pub burst: Option<u64>,

    /// Seconds of sending more than its rate without a break after which a session is ended
    /// (policy-violation). [default: 60]
    #[arg(long = "flood-patience", value_name = "SECONDS")]
    pub patience: Option<u64>,

    /// Rooms that one address may enter in a minute; more is read later. 0: no limit. [default: 120]
    #[arg(long = "flood-joins", value_name = "N")]
    pub joins: Option<u64>,

    /// Logins of one address in a minute; more is read later. 0: no limit. [default: 120]
    #[arg(long = "flood-logins", value_name = "N")]
    pub logins: Option<u64>,

    /// Presences a second that entering rooms may cause, in all rooms of a domain together: everybody inside hears of each who
    /// enters, and the other way round. Who enters beyond that is read later, so that what others say meanwhile is not held
    /// up; rooms with few in them are never waited for. 0: no limit. [default: 25000]
    #[arg(long = "flood-presences", value_name = "N")]
    pub presences: Option<u64>,

    /// Occupants of all rooms together. [default: 20000]
    #[arg(
        id = "max_occupants_in_all",
        long = "flood-max-occupants",
        value_name = "N"
    )]
    pub max_occupants: Option<usize>,
}

/// What flood control lets through. A rate of zero is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flood {
    /// Bytes a second of a session.
    pub session_rate: u64,
    /// Bytes a second of an address.
    pub address_rate: u64,
    /// Bytes a second to a room.
    pub room_rate: u64,
    /// How much of each of those rates may come at once.
    pub burst: Duration,
    /// How long a session may go on sending too much.
    pub patience: Duration,
    /// Joins of an address in a minute.
    pub joins: u64,
    /// Logins of an address in a minute.
    pub logins: u64,
    /// Presences a second that joins may cause.
    pub presences: u64,
    /// Occupants of all rooms together.
    pub max_occupants: usize,
}

impl Flood {
    pub(super) fn settle(options: &FloodOptions) -> Result<Self, String> {
        let rate = |value: Option<u64>| value.unwrap_or(100_000);
        let per_minute = |value: Option<u64>| value.unwrap_or(120);
        Ok(Self {
            session_rate: rate(options.session_rate),
            address_rate: rate(options.address_rate),
            room_rate: rate(options.room_rate),
            burst: seconds(options.burst.map(|s| s.max(1)), 2),
            patience: seconds(options.patience, 60),
            joins: per_minute(options.joins),
            logins: per_minute(options.logins),
            presences: options.presences.unwrap_or(25_000),
            max_occupants: positive("flood-max-occupants", options.max_occupants, 20_000)?,
        })
    }
}

impl FloodOptions {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            session_rate: self.session_rate.or(file.session_rate),
            address_rate: self.address_rate.or(file.address_rate),
            room_rate: self.room_rate.or(file.room_rate),
            burst: self.burst.or(file.burst),
            patience: self.patience.or(file.patience),
            joins: self.joins.or(file.joins),
            logins: self.logins.or(file.logins),
            presences: self.presences.or(file.presences),
            max_occupants: self.max_occupants.or(file.max_occupants),
        }
    }
}
