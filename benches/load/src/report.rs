//! What came of a run.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{board::Counts, process::Memory, room::Faults, target::Transport};

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
    /// Memory of the server at the end of the talk.
    pub memory_after_talk: Option<Memory>,
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
    /// Time from saying to getting, in ms: half took no longer.
    pub p50_ms: Option<f64>,
    /// 99 of 100 took no longer.
    pub p99_ms: Option<f64>,
    /// HTTP answers of any kind.
    pub responses: u64,
    /// Deliveries in each HTTP answer that had any; the more there are, the cheaper is each.
    pub deliveries_per_response: Option<f64>,
    /// HTTP requests that were lost and sent again.
    pub lost_requests: u64,
    /// CPU time of the server for each delivery, in µs.
    pub server_cpu_us_each: Option<f64>,
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
        let percentile = |percent| {
            let latency = counts.latencies.percentile(percent)?;
            Some(latency.as_secs_f64() * 1000.0)
        };
        Self {
            seconds: elapsed.as_secs_f64(),
            messages: counts.said,
            deliveries,
            deliveries_per_second: ratio(as_float(deliveries), elapsed.as_secs_f64()),
            p50_ms: percentile(50.0),
            p99_ms: percentile(99.0),
            responses: counts.responses,
            deliveries_per_response: ratio(as_float(deliveries), as_float(counts.carrying)),
            lost_requests: counts.lost_requests,
            server_cpu_us_each: each(server_cpu, 1e6, deliveries),
            load_cpu_us_each: each(own_cpu, 1e6, deliveries),
        }
    }
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

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            transport,
            sessions,
            rooms,
            ..
        } = self;
        write!(f, "{transport}, {sessions} sessions, {rooms} rooms")?;
        if let Some(login) = &self.login {
            write!(f, "\nlogin  {:.2} s", login.seconds)?;
            figure(f, login.per_second, "logins/s", 0)?;
            figure(f, login.server_cpu_ms_each, "ms of CPU a login", 3)?;
        }
        if let Some(idle) = &self.idle {
            write!(f, "\nidle   {:.1} KiB of RSS a session", idle.rss_kib_each)?;
            figure(f, idle.pss_kib_each, "KiB of PSS a session", 1)?;
            write!(f, ", {} KiB before", idle.before.rss)?;
        }
        if let Some(join) = &self.join {
            write!(
                f,
                "\njoin   {:.2} s, {} presences",
                join.seconds, join.presences
            )?;
            figure(f, join.server_cpu_us_each, "µs of CPU a presence", 2)?;
        }
        if let Some(talk) = &self.talk {
            let (seconds, messages) = (talk.seconds, talk.messages);
            write!(
                f,
                "\ntalk   {seconds:.2} s, {messages} messages, {} deliveries",
                talk.deliveries
            )?;
            figure(f, talk.deliveries_per_second, "deliveries/s", 0)?;
            write!(f, "\n       latency")?;
            figure(f, talk.p50_ms, "ms p50", 2)?;
            figure(f, talk.p99_ms, "ms p99", 2)?;
            figure(f, talk.deliveries_per_response, "deliveries a response", 2)?;
            figure(f, talk.server_cpu_us_each, "µs of CPU a delivery", 2)?;
            figure(f, talk.load_cpu_us_each, "µs here", 2)?;
            if talk.lost_requests > 0 {
                write!(f, ", {} requests lost and repeated", talk.lost_requests)?;
            }
        }
        if let Some(failure) = &self.failure {
            write!(f, "\nFAILED {failure}")?;
        }
        let faults = self.faults;
        if faults.is_none() {
            write!(f, "\nNothing lost, doubled or out of order.")
        } else {
            write!(
                f,
                "\nWRONG  {} lost, {} doubled, {} out of order, {} invented",
                faults.lost, faults.doubled, faults.reordered, faults.invented
            )
        }
    }
}

/// A figure with its unit, if there is one.
fn figure(
    f: &mut fmt::Formatter<'_>,
    value: Option<f64>,
    unit: &str,
    digits: usize,
) -> fmt::Result {
    match value {
        Some(value) => write!(f, ", {value:.digits$} {unit}"),
        None => Ok(()),
    }
}
