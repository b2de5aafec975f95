//! What can be set: on the command line, in a TOML file, or left to its default.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;
use serde::Deserialize;
use xmpp_core::BareJid;

/// An anonymous web chat: open the printed link, type a nick, you are in the room.
///
/// The server speaks XMPP over BOSH (/http-bind) and WebSocket (/xmpp-websocket) to browsers and other clients, with
/// anonymous login (SASL ANONYMOUS) and group chat rooms (XEP-0045) under rooms.DOMAIN.
#[derive(Clone, Debug, Default, Parser, Deserialize)]
#[command(name = "webchat", version, max_term_width = 100)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Options {
    /// Address and port to listen on; port 0 takes a free one. [default: 127.0.0.1:5280]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub listen: Option<String>,

    /// The XMPP domain served; rooms live under `rooms.` before it. [default: localhost]
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,

    /// Folder for what the server stores (nothing yet). [default: webchat-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// An npm install of Converse.js 14 (the package's folder, its `dist`, or the folder with
    /// `node_modules`) to serve under /converse/.
    #[arg(long, value_name = "DIR")]
    pub converse: Option<PathBuf>,

    /// A TOML file with these same options (`max-sessions = 500`); the command line wins.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// What is logged, to stderr: error, warn, info, debug, trace, or per part
    /// (`info,webchat=debug`). [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,

    /// The room that the page offers. [default: lobby]
    #[arg(long, value_name = "ROOM")]
    pub default_channel: Option<String>,

    /// An origin other than the server's own whose pages may connect (`https://example.org`, may be given
    /// several times); by default none.
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    #[serde(default, rename = "cors-origin")]
    pub cors_origins: Vec<String>,

    /// TCP connections at a time; further ones wait. [default: 20000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_connections: Option<usize>,

    /// Sessions at a time. [default: 10000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_sessions: Option<usize>,

    /// Sessions at a time from one IPv4 address or IPv6 /64; loopback, where a reverse proxy
    /// sits, is not counted. [default: 100]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_sessions_per_address: Option<usize>,

    /// Bytes of one stanza, of one BOSH request and of one WebSocket message. [default: 262144]
    #[arg(long, value_name = "BYTES", help_heading = "Limits")]
    pub max_stanza_bytes: Option<usize>,

    /// Bytes that may wait for a session that does not take them; beyond, it is ended.
    /// [default: 1048576]
    #[arg(long, value_name = "BYTES", help_heading = "Limits")]
    pub max_queue_bytes: Option<usize>,

    /// Rooms at a time. [default: 1000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_rooms: Option<usize>,

    /// Occupants of one room. [default: 5000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_occupants: Option<usize>,

    /// Rooms that one session may be in. [default: 20]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_rooms_per_session: Option<usize>,

    /// Messages of a room kept for those who enter. [default: 100]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub history: Option<usize>,

    /// Seconds within which a new session must have logged in. [default: 60]
    #[arg(long, value_name = "SECONDS", help_heading = "Timing")]
    pub login_timeout: Option<u64>,

    /// Longest time a BOSH request is held; keep it below a proxy's timeout. [default: 59]
    #[arg(long, value_name = "SECONDS", help_heading = "Timing")]
    pub bosh_wait: Option<u64>,

    /// Seconds without a request after which a BOSH session ends. [default: 60]
    #[arg(long, value_name = "SECONDS", help_heading = "Timing")]
    pub bosh_inactivity: Option<u64>,

    /// Seconds of silence after which a WebSocket is pinged, and again until it is given up.
    /// [default: 30]
    #[arg(long, value_name = "SECONDS", help_heading = "Timing")]
    pub websocket_ping: Option<u64>,

    /// Seconds that an empty room stays, with its history. [default: 300]
    #[arg(long, value_name = "SECONDS", help_heading = "Timing")]
    pub room_linger: Option<u64>,

    /// Seconds that sessions get to take their farewell on shutdown. [default: 3]
    #[arg(long, value_name = "SECONDS", help_heading = "Timing")]
    pub shutdown_grace: Option<u64>,
}

/// [`Options`] with everything decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: String,
    /// The XMPP domain.
    pub domain: String,
    /// Where things are stored.
    pub data: PathBuf,
    /// Converse.js's `dist` folder.
    pub converse: Option<PathBuf>,
    /// Filter of the log.
    pub log: String,
    /// The room that the page offers.
    pub default_channel: String,
    /// Foreign origins that may connect, lower case.
    pub cors_origins: HashSet<String>,
    /// TCP connections at a time.
    pub max_connections: usize,
    /// What sessions and rooms may use.
    pub limits: Limits,
    /// Longest time a BOSH request is held.
    pub bosh_wait: Duration,
    /// How long a BOSH session lives without a request.
    pub bosh_inactivity: Duration,
    /// Time within which a session must have logged in.
    pub login_timeout: Duration,
    /// Silence after which a WebSocket is pinged.
    pub websocket_ping: Duration,
    /// How long an empty room stays.
    pub room_linger: Duration,
    /// Time for farewells.
    pub shutdown_grace: Duration,
}

impl Settings {
    /// The domain of the rooms.
    pub fn muc_domain(&self) -> String {
        format!("rooms.{}", self.domain)
    }
}

/// Bounds on what peers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Sessions at a time.
    pub sessions: usize,
    /// Sessions at a time from one address.
    pub sessions_per_address: usize,
    /// Bytes of one stanza, BOSH request and WebSocket message.
    pub stanza_bytes: usize,
    /// Bytes that may wait for one session.
    pub queue_bytes: usize,
    /// Rooms at a time.
    pub rooms: usize,
    /// Occupants of one room.
    pub occupants: usize,
    /// Rooms one session may be in.
    pub rooms_per_session: usize,
    /// Messages a room keeps for those who enter.
    pub history: usize,
}

impl Options {
    /// Reads `--config`, if given, below the options of the command line, and decides everything.
    ///
    /// # Errors
    ///
    /// A sentence for the user: what was given and what is wrong with it.
    pub fn settle(self) -> Result<Settings, String> {
        let file = match &self.config {
            Some(path) => Self::from_file(path)?,
            None => Self::default(),
        };
        let either = self.or(file);
        let seconds = |value: Option<u64>, default| Duration::from_secs(value.unwrap_or(default));
        Ok(Settings {
            listen: listen_address(either.listen.as_deref().unwrap_or("127.0.0.1:5280"))?,
            domain: domain(either.domain.as_deref().unwrap_or("localhost"))?,
            data: either.data.unwrap_or_else(|| "webchat-data".into()),
            converse: either.converse.as_deref().map(converse_dist).transpose()?,
            log: either.log.unwrap_or_else(|| "info".to_owned()),
            default_channel: either.default_channel.unwrap_or_else(|| "lobby".to_owned()),
            cors_origins: either
                .cors_origins
                .iter()
                .map(|o| origin(o))
                .collect::<Result<_, _>>()?,
            max_connections: positive("max-connections", either.max_connections, 20_000)?,
            limits: Limits {
                sessions: positive("max-sessions", either.max_sessions, 10_000)?,
                sessions_per_address: positive(
                    "max-sessions-per-address",
                    either.max_sessions_per_address,
                    100,
                )?,
                stanza_bytes: at_least(
                    "max-stanza-bytes",
                    either.max_stanza_bytes,
                    256 * 1024,
                    10_000, // RFC 6120 §13.12
                )?,
                queue_bytes: at_least(
                    "max-queue-bytes",
                    either.max_queue_bytes,
                    1024 * 1024,
                    10_000,
                )?,
                rooms: positive("max-rooms", either.max_rooms, 1000)?,
                occupants: positive("max-occupants", either.max_occupants, 5000)?,
                rooms_per_session: positive(
                    "max-rooms-per-session",
                    either.max_rooms_per_session,
                    20,
                )?,
                history: either.history.unwrap_or(100),
            },
            bosh_wait: seconds(either.bosh_wait, 59),
            bosh_inactivity: seconds(either.bosh_inactivity, 60),
            login_timeout: seconds(either.login_timeout, 60),
            websocket_ping: seconds(either.websocket_ping.map(|s| s.max(1)), 30),
            room_linger: seconds(either.room_linger, 300),
            shutdown_grace: seconds(either.shutdown_grace, 3),
        })
    }

    fn from_file(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path)
            .map_err(|e| format!("cannot read '{}': {e}", path.display()))?;
        toml::from_str(&text).map_err(|e| {
            let line = e
                .span()
                .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let message = e.message().replace('\n', " ");
            format!("{} line {line}: {message}", path.display())
        })
    }

    /// Each option from `self`, else from `file`.
    fn or(self, file: Self) -> Self {
        Self {
            listen: self.listen.or(file.listen),
            domain: self.domain.or(file.domain),
            data: self.data.or(file.data),
            converse: self.converse.or(file.converse),
            config: None,
            log: self.log.or(file.log),
            default_channel: self.default_channel.or(file.default_channel),
            cors_origins: if self.cors_origins.is_empty() {
                file.cors_origins
            } else {
                self.cors_origins
            },
            max_connections: self.max_connections.or(file.max_connections),
            max_sessions: self.max_sessions.or(file.max_sessions),
            max_sessions_per_address: self
                .max_sessions_per_address
                .or(file.max_sessions_per_address),
            max_stanza_bytes: self.max_stanza_bytes.or(file.max_stanza_bytes),
            max_queue_bytes: self.max_queue_bytes.or(file.max_queue_bytes),
            max_rooms: self.max_rooms.or(file.max_rooms),
            max_occupants: self.max_occupants.or(file.max_occupants),
            max_rooms_per_session: self.max_rooms_per_session.or(file.max_rooms_per_session),
            history: self.history.or(file.history),
            login_timeout: self.login_timeout.or(file.login_timeout),
            bosh_wait: self.bosh_wait.or(file.bosh_wait),
            bosh_inactivity: self.bosh_inactivity.or(file.bosh_inactivity),
            websocket_ping: self.websocket_ping.or(file.websocket_ping),
            room_linger: self.room_linger.or(file.room_linger),
            shutdown_grace: self.shutdown_grace.or(file.shutdown_grace),
        }
    }
}

/// The defaults; for tests and for programs that embed the chat.
impl Default for Settings {
    fn default() -> Self {
        Options::default()
            .settle()
            .expect("the defaults are in their own ranges")
    }
}

fn listen_address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err(format!(
            "'{text}' is no address to listen on: ADDR:PORT is wanted, like 127.0.0.1:5280"
        )),
    }
}

/// A domain as the JID rules prepare it, without local part and resource.
fn domain(text: &str) -> Result<String, String> {
    match text.parse::<BareJid>() {
        Ok(jid) if jid.local().is_none() => Ok(jid.as_str().to_owned()),
        Ok(_) => Err(format!("'{text}' is no domain but an address in one")),
        Err(error) => Err(format!("'{text}' is no domain: {error}")),
    }
}

/// `https://example.org`, as a browser writes it in `Origin`.
fn origin(text: &str) -> Result<String, String> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '*', ' ']) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err(format!(
            "'{text}' is no origin: scheme and host are wanted, like https://example.org"
        )),
    }
}

/// The `dist` folder in what the user named.
fn converse_dist(dir: &Path) -> Result<PathBuf, String> {
    const ENTRY: &str = "converse.min.js";
    ["dist", "", "node_modules/converse.js/dist", "converse.js/dist"]
        .iter()
        .map(|below| dir.join(below))
        .find(|dist| dist.join(ENTRY).is_file())
        .and_then(|dist| dist.canonicalize().ok())
        .ok_or_else(|| {
            format!(
                "no Converse.js in '{}': neither it nor its dist folder holds {ENTRY} (npm install converse.js@14)",
                dir.display()
            )
        })
}

fn positive(name: &str, value: Option<usize>, default: usize) -> Result<usize, String> {
    at_least(name, value, default, 1)
}

fn at_least(name: &str, value: Option<usize>, default: usize, min: usize) -> Result<usize, String> {
    match value {
        Some(value) if value < min => Err(format!("{name} = {value} is too small: at least {min}")),
        Some(value) => Ok(value),
        None => Ok(default),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_option_has_a_help_text() {
        for arg in Options::command().get_arguments() {
            assert!(arg.get_help().is_some(), "{}", arg.get_id());
        }
    }

    #[test]
    fn documented_defaults_are_the_defaults() {
        let s = Settings::default();
        let l = s.limits;
        let documented = |id: &str| {
            let command = Options::command();
            let arg = command.get_arguments().find(|a| a.get_id() == id);
            let help = arg
                .expect("an option of that name")
                .get_help()
                .expect("help")
                .to_string();
            let (_, rest) = help.split_once("[default: ").expect("a default");
            rest.trim_end_matches(']').to_owned()
        };
        for (id, default) in [
            ("listen", s.listen.clone()),
            ("domain", s.domain.clone()),
            ("data", s.data.display().to_string()),
            ("log", s.log.clone()),
            ("default_channel", s.default_channel.clone()),
            ("max_connections", s.max_connections.to_string()),
            ("max_sessions", l.sessions.to_string()),
            (
                "max_sessions_per_address",
                l.sessions_per_address.to_string(),
            ),
            ("max_stanza_bytes", l.stanza_bytes.to_string()),
            ("max_queue_bytes", l.queue_bytes.to_string()),
            ("max_rooms", l.rooms.to_string()),
            ("max_occupants", l.occupants.to_string()),
            ("max_rooms_per_session", l.rooms_per_session.to_string()),
            ("history", l.history.to_string()),
            ("login_timeout", s.login_timeout.as_secs().to_string()),
            ("bosh_wait", s.bosh_wait.as_secs().to_string()),
            ("bosh_inactivity", s.bosh_inactivity.as_secs().to_string()),
            ("websocket_ping", s.websocket_ping.as_secs().to_string()),
            ("room_linger", s.room_linger.as_secs().to_string()),
            ("shutdown_grace", s.shutdown_grace.as_secs().to_string()),
        ] {
            assert_eq!(documented(id), default, "{id}");
        }
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let file: Options =
            toml::from_str("domain = 'chat.example'\nmax-sessions = 7\nhistory = 3").expect("TOML");
        let line = Options::parse_from(["webchat", "--history", "9"]);
        let settings = line.or(file).settle().expect("settings");
        assert_eq!(settings.domain, "chat.example");
        assert_eq!(settings.limits.sessions, 7);
        assert_eq!(settings.limits.history, 9);
    }

    #[test]
    fn unknown_key_in_the_file_is_named() {
        let error = toml::from_str::<Options>("max-sesions = 7").expect_err("a typo");
        assert!(error.message().contains("max-sesions"), "{error}");
        toml::from_str::<Options>("config = 'x'").expect_err("a file names no other file");
    }

    #[test]
    fn unusable_values_say_what_is_wanted() {
        for (args, wanted) in [
            (["--max-sessions", "0"], "at least 1"),
            (["--max-stanza-bytes", "100"], "at least 10000"),
            (["--cors-origin", "example.org"], "https://example.org"),
            (["--cors-origin", "https://*"], "https://example.org"),
            (["--converse", "/nonexistent"], "converse.min.js"),
            (["--config", "/nonexistent.toml"], "cannot read"),
        ] {
            let options = Options::parse_from(["webchat"].into_iter().chain(args));
            let error = options.settle().expect_err(args[1]);
            assert!(error.contains(wanted) && !error.contains('\n'), "{error}");
        }
        Options::try_parse_from(["webchat", "--listen", "localhost"]).expect_err("no port");
    }
}
