//! What to do, from the command line.

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use xmpp_core::BareJid;

use crate::{
    process::{Process, max_open_files},
    target::Target,
};

/// Files that are open beside the connections.
const OTHER_FILES: u64 = 64;
/// The least that a message's text holds: the run, the sender, the number.
const MIN_BYTES: usize = 40;

/// Logs in many anonymous sessions, lets them talk in rooms, checks that every message reaches everybody once and in
/// order, and tells what it cost the server.
///
/// The server must let one address log in as often and say as much as the load wants (`benches/peers/run` starts three
/// servers that do). Exit code: 0 when all is well, 1 when something was lost, doubled or out of order or the server failed,
/// 2 for wrong options.
#[derive(Clone, Debug, Parser)]
#[command(name = "load", max_term_width = 100, args_override_self = true)]
pub struct Options {
    /// The server's door: `http://HOST:PORT/http-bind` for BOSH, `ws://HOST:PORT/xmpp-websocket` for WebSocket.
    #[arg(long)]
    pub url: String,

    /// The name that the server is asked for (`Host`). [default: that of the URL]
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,

    /// The XMPP domain to log in to.
    #[arg(long, default_value = "localhost")]
    pub domain: String,

    /// The domain of the rooms. [default: rooms.DOMAIN]
    #[arg(long, value_name = "DOMAIN")]
    pub muc: Option<String>,

    /// Sessions to log in.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub sessions: u32,

    /// Rooms, among which the sessions are dealt out evenly; 0: nobody enters a room or talks.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub rooms: u32,

    /// How long to talk, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,

    /// How long to talk before that without being measured, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub warm_up: f64,

    /// Messages after which the talk ends in any case.
    #[arg(long, value_name = "N")]
    pub messages: Option<u64>,

    /// Messages under way in each room: the next one is said when everybody has one of these.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub window: u32,

    /// How long a room is silent after that, in milliseconds.
    ///
    /// A BOSH client that speaks at once does so while its next request is still on its way, on another connection; a
    /// server that cannot put the two in order (ejabberd 23.01) then waits for a third.
    #[arg(long, value_name = "MS", default_value_t = 0, conflicts_with = "rate")]
    pub think: u64,

    /// Messages a second in all rooms together, whatever is under way, instead of --window.
    #[arg(long, value_name = "N", conflicts_with = "window")]
    pub rate: Option<f64>,

    /// Bytes of a message's text.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub bytes: usize,

    /// Logins under way at a time.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub logins: u32,

    /// Joins under way at a time.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub joins: u32,

    /// Sessions of those that enter their rooms, and read nothing while the others talk.
    ///
    /// Over WebSocket they leave everything in their socket; over BOSH they make no further request. The report tells when
    /// they left their rooms, what they found when they read again, and what the server held for them meanwhile.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub deaf: u32,

    /// Further sessions that log in and enter the rooms all at once, when a third of the talk is over.
    ///
    /// They say nothing. The report has the latency of the others' messages until all of them were in.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "deaf")]
    pub burst: u32,

    /// Read the server's memory and open files so often while all talk, in seconds, and tell whether the memory is flat.
    #[arg(long, value_name = "SECONDS", requires = "pid")]
    pub sample: Option<f64>,

    /// How long all are logged in and idle before memory is read, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub idle: f64,

    /// How long the server may do nothing that is waited for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub patience: f64,

    /// Drop the connections in the end instead of leaving rooms and closing sessions.
    #[arg(long)]
    pub abandon: bool,

    /// Watch the server for so long after that, in seconds: what it costs that all are gone at once. Over BOSH it learns that when
    /// sessions have been silent for long enough.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, requires = "pid")]
    pub aftermath: f64,

    /// The server's process, if it is on this machine: its CPU time and memory are read from /proc.
    #[arg(long)]
    pub pid: Option<u32>,

    /// Write the figures to this file as JSON, too.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// How messages follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// So many are under way in each room.
    Window(u32),
    /// So much time from one to the next, in all rooms together.
    Every(Duration),
}

/// Options that can be carried out.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) target: Target,
    pub(crate) domain: String,
    pub(crate) muc: String,
    pub(crate) sessions: u32,
    pub(crate) rooms: u32,
    pub(crate) talk: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) messages: u64,
    pub(crate) pace: Pace,
    pub(crate) think: Duration,
    pub(crate) bytes: usize,
    pub(crate) logins: u32,
    pub(crate) joins: u32,
    /// The last ones.
    pub(crate) deaf: u32,
    /// Beyond `sessions`.
    pub(crate) burst: u32,
    pub(crate) sample: Option<Duration>,
    pub(crate) idle: Duration,
    pub(crate) patience: Duration,
    pub(crate) abandon: bool,
    pub(crate) aftermath: Duration,
    pub(crate) process: Option<Process>,
    pub(crate) json: Option<PathBuf>,
}

impl Options {
    /// Checks them.
    ///
    /// # Errors
    ///
    /// What cannot be, and why, in words.
    pub fn settle(self) -> Result<Plan, String> {
        let muc = self.muc.unwrap_or_else(|| format!("rooms.{}", self.domain));
        for (option, domain) in [("domain", &self.domain), ("muc", &muc)] {
            BareJid::from_parts(None, domain)
                .map_err(|error| format!("--{option} {domain}: {error}"))?;
        }
        let target = Target::new(&self.url, self.host.as_deref())?;
        let least_one = [
            ("sessions", self.sessions),
            ("window", self.window),
            ("logins", self.logins),
            ("joins", self.joins),
        ];
        if let Some((option, _)) = least_one.iter().find(|(_, value)| *value == 0) {
            return Err(format!("--{option} 0: at least 1"));
        }
        if self.rooms > self.sessions {
            return Err(format!(
                "--rooms {}: more than --sessions {}, and each room needs somebody in it",
                self.rooms, self.sessions
            ));
        }
        if self.rooms == 0 && self.deaf.max(self.burst) > 0 {
            return Err(
                "--rooms 0: nobody enters a room, so that --deaf and --burst mean nothing".into(),
            );
        }
        if self.deaf > 0 && self.sessions - self.deaf.min(self.sessions) < self.rooms {
            return Err(format!(
                "--deaf {}: one session in each of --rooms {} reads at least",
                self.deaf, self.rooms
            ));
        }
        if self.bytes < MIN_BYTES {
            return Err(format!(
                "--bytes {}: a message that can be told from others has {MIN_BYTES} or more",
                self.bytes
            ));
        }
        let all = u64::from(self.sessions) + u64::from(self.burst);
        let files = all * target.transport.connections() + OTHER_FILES;
        if let Some(max) = max_open_files().filter(|max| *max < files) {
            return Err(format!(
                "{all} sessions: up to {files} files are open at a time, and {max} are allowed here (ulimit -n)"
            ));
        }
        Ok(Plan {
            target,
            domain: self.domain,
            muc,
            sessions: self.sessions,
            rooms: self.rooms,
            talk: seconds("seconds", self.seconds)?,
            warm_up: seconds("warm-up", self.warm_up)?,
            messages: self.messages.unwrap_or(u64::MAX),
            pace: match self.rate {
                Some(rate) => Pace::Every(
                    Some(1.0 / rate)
                        .filter(|_| rate > 0.0)
                        .and_then(|s| Duration::try_from_secs_f64(s).ok())
                        .filter(|interval| !interval.is_zero())
                        .ok_or_else(|| format!("--rate {rate}: no number of messages a second"))?,
                ),
                None => Pace::Window(self.window),
            },
            think: Duration::from_millis(self.think),
            bytes: self.bytes,
            logins: self.logins,
            joins: self.joins,
            deaf: self.deaf,
            burst: self.burst,
            sample: self
                .sample
                .map(|sample| match seconds("sample", sample)? {
                    Duration::ZERO => Err("--sample 0: more than 0".to_owned()),
                    sample => Ok(sample),
                })
                .transpose()?,
            idle: seconds("idle", self.idle)?,
            patience: seconds("patience", self.patience)?,
            abandon: self.abandon,
            aftermath: seconds("aftermath", self.aftermath)?,
            process: self.pid.map(Process::new).transpose()?,
            json: self.json,
        })
    }
}

impl Plan {
    /// Who sits in a room, of so many sessions that are dealt out to all rooms.
    pub(crate) fn dealt(&self, sessions: u32, room: u32) -> u32 {
        sessions / self.rooms + u32::from(room < sessions % self.rooms)
    }

    /// Those who are in a room before the burst.
    pub(crate) fn occupants(&self, room: u32) -> u32 {
        self.dealt(self.sessions, room)
    }

    /// Those of them that read and talk, which have the first seats.
    pub(crate) fn listeners(&self, room: u32) -> u32 {
        self.dealt(self.sessions - self.deaf, room)
    }

    /// Those who are in a room in the end.
    pub(crate) fn crowd(&self, room: u32) -> u32 {
        self.dealt(self.sessions + self.burst, room)
    }
}

fn seconds(option: &str, value: f64) -> Result<Duration, String> {
    let refuse = |_| format!("--{option} {value}: no number of seconds");
    Duration::try_from_secs_f64(value).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn settle(more: &[&str]) -> Result<Plan, String> {
        let mut line = vec!["load"];
        if !more.contains(&"--url") {
            line.extend(["--url", "http://localhost:1/http-bind"]);
        }
        line.extend(more);
        let options = Options::try_parse_from(line).map_err(|error| error.to_string())?;
        options.settle()
    }

    #[test]
    fn the_options_are_well_formed_and_explained() {
        Options::command().debug_assert();
        for arg in Options::command().get_arguments() {
            assert!(arg.get_help().is_some(), "{}", arg.get_id());
        }
    }

    /// `benches/peers/archive` has options of its own, and those of the user after them.
    #[test]
    fn of_an_option_that_is_given_twice_the_last_one_counts() {
        let plan = settle(&["--sessions", "40", "--sessions", "100"]).expect("a plan");
        assert_eq!(plan.sessions, 100);
    }

    #[test]
    fn misuse_is_refused_with_the_option_and_the_reason() {
        for (line, part) in [
            (&["--url", "https://localhost/"][..], "TLS"),
            (&["--sessions", "0"], "--sessions 0"),
            (&["--sessions", "5", "--rooms", "6"], "--rooms 6"),
            (&["--sessions", "4000000000"], "ulimit"),
            (&["--sessions", "1", "--burst", "4000000000"], "ulimit"),
            (&["--rooms", "0", "--burst", "1"], "--rooms 0"),
            (
                &["--sessions", "6", "--rooms", "3", "--deaf", "4"],
                "--deaf 4",
            ),
            (&["--deaf", "1", "--burst", "1"], "--deaf"),
            (&["--sample", "1"], "--pid"),
            (&["--window", "0"], "--window 0"),
            (&["--rate", "0"], "--rate 0"),
            (&["--rate", "NaN"], "--rate NaN"),
            (&["--rate=-1"], "--rate -1"),
            (&["--rate", "5", "--window", "2"], "--window"),
            (&["--seconds", "NaN"], "--seconds NaN"),
            (&["--bytes", "3"], "--bytes 3"),
            (&["--domain", "a b"], "--domain a b"),
            (&["--muc", ""], "--muc"),
            (&["--pid", "4294967295"], "--pid 4294967295"),
        ] {
            let error = settle(line).expect_err(part);
            assert!(error.contains(part), "{line:?}: {error}");
        }
    }

    #[test]
    fn sessions_are_dealt_out_to_the_rooms_and_the_deaf_have_the_last_seats() {
        let plan = settle(&["--sessions", "7", "--rooms", "2", "--deaf", "3"]).expect("usable");
        assert_eq!([0, 1].map(|room| plan.occupants(room)), [4, 3]);
        assert_eq!([0, 1].map(|room| plan.listeners(room)), [2, 2]);
        let plan = settle(&["--sessions", "7", "--rooms", "2", "--burst", "4"]).expect("usable");
        assert_eq!([0, 1].map(|room| plan.listeners(room)), [4, 3]);
        assert_eq!([0, 1].map(|room| plan.crowd(room)), [6, 5]);
    }

    #[test]
    fn rooms_are_below_the_domain_unless_said_otherwise() {
        let plan = settle(&["--domain", "chat.example"]).expect("usable");
        assert_eq!(plan.muc, "rooms.chat.example");
        let plan = settle(&["--muc", "conference.localhost", "--rate", "50"]).expect("usable");
        assert_eq!(plan.muc, "conference.localhost");
        assert_eq!(plan.pace, Pace::Every(Duration::from_millis(20)));
    }
}
