//! What came of a run.

mod display;
mod pressure;

use std::time::Duration;

use serde::Serialize;

use crate::{
    board::Counts, histogram::Histogram, process::Memory, room::Faults, target::Transport,
};

pub use pressure::{Aftermath, Burst, Deaf, Descriptors, Samples};

/// What came of a run: for people by `Display`, for programs as JSON. A figure that was not to be had is absent; those of
/// the server need `--pid`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How sessions were carried.
    pub transport: Transport,
    /// How many there were.
    pub sessions: u32,
    /// How many rooms.
    pub rooms: u32,
    /// All log in.
    pub login: Option<Logins>,
    /// All are logged in, and nobody does anything.
    pub idle: Option<Idle>,
    /// All enter their rooms.
    pub join: Option<Joins>,
    /// All talk.
    pub talk: Option<Talk>,
    /// Some come all at once while the others talk.
    pub burst: Option<Burst>,
    /// Some read nothing while the others talk.
    pub deaf: Option<Deaf>,
    /// What the server used while all talked.
    pub samples: Option<Samples>,
    /// Memory of the server at the end of the talk.
    pub memory_after_talk: Option<Memory>,
    /// All are gone.
    pub aftermath: Option<Aftermath>,
    /// Files that the server has open.
    pub descriptors: Option<Descriptors>,
    /// What is wrong with what arrived, with the warm-up.
    pub faults: Faults,
    /// Why the run was given up, if it was.
    pub failure: Option<String>,
}

/// The figures of the logins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Logins {
    /// How long all of them took.
    pub seconds: f64,
    /// How many there were in a second.
    pub per_second: Option<f64>,
    /// CPU time of the server for each, in ms.
    pub server_cpu_ms_each: Option<f64>,
}

/// The figures of idleness.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Idle {
    /// Memory of the server before the first login.
    pub before: Memory,
    /// Memory of the server with all of them.
    pub with_sessions: Memory,
    /// What each session has added to the resident set.
    pub rss_kib_each: f64,
    /// What each has added to the proportional set.
    pub pss_kib_each: Option<f64>,
}

/// The figures of the joins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Joins {
    /// How long all of them took, until everybody had seen everybody in its room.
    pub seconds: f64,
    /// Presences that arrived.
    pub presences: u64,
    /// CPU time of the server for each presence, in µs.
    pub server_cpu_us_each: Option<f64>,
}

/// The figures of the talk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Talk {
    /// How long it took until the last message was everywhere.
    pub seconds: f64,
    /// Messages that were said.
    pub messages: u64,
    /// Times that somebody got one.
    pub deliveries: u64,
    /// How many of those there were in a second.
    pub deliveries_per_second: Option<f64>,
    /// Time from saying to getting, in ms: half took no longer. Without those of the burst.
    pub p50_ms: Option<f64>,
    /// 99 of 100 took no longer.
    pub p99_ms: Option<f64>,
    /// None took longer.
    pub max_ms: Option<f64>,
    /// HTTP answers of any kind.
    pub responses: u64,
    /// Deliveries in each HTTP answer that had any; the more there are, the cheaper is each.
    pub deliveries_per_response: Option<f64>,
    /// HTTP requests that were lost and sent again.
    pub lost_requests: u64,
    /// CPU time of the server for each delivery, in µs.
    pub server_cpu_us_each: Option<f64>,
    /// CPU time of the server for each message, with all its deliveries, in µs.
    pub server_cpu_us_a_message: Option<f64>,
    /// CPU time of this program for each delivery, in µs.
    pub load_cpu_us_each: Option<f64>,
}

impl Report {
    /// Whether all was carried out, and everybody got everything once and in order.
    pub fn is_well(&self) -> bool {
        self.failure.is_none() && self.faults.is_none()
    }
}

impl Talk {
    pub(crate) fn new(
        counts: &Counts,
        elapsed: Duration,
        server_cpu: Option<Duration>,
        own_cpu: Option<Duration>,
    ) -> Self {
        let deliveries = counts.deliveries;
        let latencies = &counts.latencies;
        Self {
            seconds: elapsed.as_secs_f64(),
            messages: counts.said,
            deliveries,
            deliveries_per_second: ratio(as_float(deliveries), elapsed.as_secs_f64()),
            p50_ms: percentile_ms(latencies, 50.0),
            p99_ms: percentile_ms(latencies, 99.0),
            max_ms: percentile_ms(latencies, 100.0),
            responses: counts.responses,
            deliveries_per_response: ratio(as_float(deliveries), as_float(counts.carrying)),
            lost_requests: counts.lost_requests,
            server_cpu_us_each: each(server_cpu, 1e6, deliveries),
            server_cpu_us_a_message: each(server_cpu, 1e6, counts.said),
            load_cpu_us_each: each(own_cpu, 1e6, deliveries),
        }
    }
}

pub(crate) fn percentile_ms(latencies: &Histogram, percent: f64) -> Option<f64> {
    Some(latencies.percentile(percent)?.as_secs_f64() * 1000.0)
}

/// Of so much time, what one of `count` took, in units of which a second has `units`.
pub(crate) fn each(total: Option<Duration>, units: f64, count: u64) -> Option<f64> {
    ratio(total?.as_secs_f64() * units, as_float(count))
}

pub(crate) fn ratio(a: f64, b: f64) -> Option<f64> {
    Some(a / b).filter(|ratio| ratio.is_finite())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn as_float(count: u64) -> f64 {
    count as f64
}
