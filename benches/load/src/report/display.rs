//! The report for people.

use std::fmt;

use super::{Descriptors, Report};

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
            figure(f, talk.max_ms, "ms at most", 2)?;
            figure(f, talk.deliveries_per_response, "deliveries a response", 2)?;
            figure(f, talk.server_cpu_us_each, "µs of CPU a delivery", 2)?;
            figure(f, talk.server_cpu_us_a_message, "a message", 1)?;
            figure(f, talk.load_cpu_us_each, "µs here", 2)?;
            if talk.lost_requests > 0 {
                write!(f, ", {} requests lost and repeated", talk.lost_requests)?;
            }
        }
        if let Some(burst) = &self.burst {
            write!(f, "\n{burst}")?;
        }
        if let Some(deaf) = &self.deaf {
            write!(f, "\n{deaf}")?;
        }
        if let Some(samples) = &self.samples {
            write!(f, "\n{samples}")?;
        }
        if let Some(aftermath) = &self.aftermath {
            write!(f, "\n{aftermath}")?;
        }
        if let Some(Descriptors { before, after }) = &self.descriptors {
            write!(f, "\nfiles  {before} open before, {after} in the end")?;
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
pub(super) fn figure(
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
