//! What may be given: the command line, and the same names as keys of the TOML file.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use serde::Deserialize;

use super::{
    AdminOptions, ArchiveOptions, FloodOptions, LogOptions, ProxyHeaders, RoomOptions,
    SignOnOptions, TlsOptions, UploadOptions, check, host::HostOptions,
};

/// An anonymous web chat: open the printed link, type a nick, you are in the room.
///
/// The server speaks XMPP over BOSH (/http-bind) and WebSocket (/xmpp-websocket) to browsers and other clients, with
/// anonymous login (SASL ANONYMOUS), single sign-on by tokens of a site, and group chat rooms (XEP-0045) under rooms.DOMAIN.
///
/// `webchat check FILE` looks a configuration file over and says all that is wrong with it.
// A group with an `Args` structure of its own stands here as a field: `#[command(flatten)]` makes its options
// `--upload-…`, and serde makes it the table `[upload]`.
#[derive(Clone, Debug, Default, Parser, Deserialize)]
#[command(name = "webchat", version, max_term_width = 100)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Options {
    /// Address and port to listen on; port 0 takes a free one. [default: 127.0.0.1:5280]
    #[arg(long, value_name = "ADDR:PORT", value_parser = check::listen_address)]
    pub listen: Option<String>,

    /// The XMPP domain served; rooms live under `rooms.` before it. For several domains the TOML file
    /// has `[[host]]` tables. [default: localhost]
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,

    /// Where browsers find the chat, when that is behind a proxy or has a name: `https://example.org/` or, with
    /// a path prefix, `https://example.org/anon/`.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// A name that browsers may call the server by (the `Host` of a request; may be given several times); that of
    /// --public-url and the domain count without saying.
    #[arg(long = "host-name", value_name = "NAME")]
    #[serde(rename = "host-name")]
    pub host_names: Vec<String>,

    /// What to do with requests for a name that is not known: refuse them, or take them for the first domain's.
    /// Refusing keeps foreign pages from reaching a chat in a private network by a name of their own (DNS
    /// rebinding). [default: refuse, but first when no name is known and the server listens beyond this machine]
    #[arg(long, value_name = "WHAT", value_enum)]
    pub unknown_host: Option<UnknownHost>,

    /// A reverse proxy that is believed what it says of its clients (address, https, name): an address, a network
    /// like 10.0.0.0/8, or `loopback` for this machine (may be given several times); by default nobody is.
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    #[serde(rename = "trusted-proxy")]
    pub trusted_proxies: Vec<String>,

    /// The headers in which the trusted proxies say it: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239). The
    /// other kind is not read: it may be the client's own. [default: x-forwarded]
    #[arg(long, value_name = "KIND", value_enum)]
    pub proxy_headers: Option<ProxyHeaders>,

    /// Folder for what the server stores, with a folder for each domain; `none` stores nothing: rooms and what was said
    /// in them end with the process. [default: webchat-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// An npm install of Converse.js 14 (the package's folder, its `dist`, or the folder with
    /// `node_modules`) to serve under /converse/.
    #[arg(long, value_name = "DIR")]
    pub converse: Option<PathBuf>,

    /// A TOML file with these same options (`max-sessions = 500`) and tables; the command line wins.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// What is logged, to stderr: error, warn, info, debug, trace, or per part
    /// (`info,webchat=debug`). [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,

    /// How the log is written.
    #[command(flatten)]
    pub logs: LogOptions,

    /// Address and port to serve /metrics on, for Prometheus, such as 127.0.0.1:5281; it is served nowhere
    /// else, and without this not at all.
    #[arg(long, value_name = "ADDR:PORT", value_parser = check::listen_address)]
    pub metrics_listen: Option<String>,

    /// The room that the page offers. [default: lobby]
    #[arg(long, value_name = "ROOM")]
    pub default_channel: Option<String>,

    /// An origin other than the server's own whose pages may connect (`https://example.org`, may be given
    /// several times); by default none.
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    #[serde(rename = "cors-origin")]
    pub cors_origins: Vec<String>,

    /// Threads that serve connections, each of which keeps one core busy at most. The disk and the system's own work have
    /// theirs beside them; what does not move between cores costs less. By default one for every two cores.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,

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

    /// Bytes that may wait for a session that does not take them; beyond, it is ended. Who enters a room gets a presence of
    /// everybody inside: unless said otherwise there is room for 512 bytes of each of --max-occupants, and for 1 MiB at least.
    /// [default: 2560000]
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

    /// What rooms keep.
    #[command(flatten)]
    pub archive: ArchiveOptions,

    /// What may come how fast.
    #[command(flatten, next_help_heading = "Flood control")]
    pub flood: FloodOptions,

    /// What users may upload.
    #[command(flatten)]
    pub upload: UploadOptions,

    /// HTTPS without a proxy.
    #[command(flatten)]
    pub tls: TlsOptions,
    /// Who runs the server.
    #[command(flatten)]
    pub admin: AdminOptions,

    /// Users of a site come in under their names there.
    #[command(flatten)]
    pub sign_on: SignOnOptions,

    /// Rooms that are always there.
    #[arg(skip)]
    #[serde(rename = "room")]
    pub rooms: Vec<RoomOptions>,

    /// The domains, where there are several.
    #[arg(skip)]
    #[serde(rename = "host")]
    pub hosts: Vec<HostOptions>,
}

/// What becomes of a request for a name that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownHost {
    /// It is for the first domain.
    First,
    /// It is refused (421).
    Refuse,
}

impl Options {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            listen: self.listen.or(file.listen),
            domain: self.domain.or(file.domain),
            public_url: self.public_url.or(file.public_url),
            host_names: either(self.host_names, file.host_names),
            unknown_host: self.unknown_host.or(file.unknown_host),
            trusted_proxies: either(self.trusted_proxies, file.trusted_proxies),
            proxy_headers: self.proxy_headers.or(file.proxy_headers),
            data: self.data.or(file.data),
            converse: self.converse.or(file.converse),
            config: None,
            log: self.log.or(file.log),
            logs: self.logs.or(file.logs),
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            default_channel: self.default_channel.or(file.default_channel),
            cors_origins: either(self.cors_origins, file.cors_origins),
            threads: self.threads.or(file.threads),
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
            archive: self.archive.or(file.archive),
            flood: self.flood.or(file.flood),
            upload: self.upload.or(file.upload),
            tls: self.tls.or(file.tls),
            admin: self.admin.or(file.admin),
            sign_on: self.sign_on.or(file.sign_on),
            rooms: either(self.rooms, file.rooms),
            hosts: either(self.hosts, file.hosts),
        }
    }
}

/// `first`, unless nothing is in it.
pub(super) fn either<T>(first: Vec<T>, second: Vec<T>) -> Vec<T> {
    if first.is_empty() { second } else { first }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::Settings;

    #[test]
    fn every_option_has_a_help_text() {
        for arg in Options::command().get_arguments() {
            assert!(arg.get_help().is_some(), "{}", arg.get_id());
        }
    }

    /// What the help of an option says that its default is.
    fn documented(id: &str) -> String {
        let command = Options::command();
        let arg = command.get_arguments().find(|a| a.get_id() == id);
        let help = arg
            .expect("an option of that name")
            .get_help()
            .expect("help")
            .to_string();
        let (_, rest) = help.split_once("[default: ").expect("a default");
        rest.trim_end_matches(']').to_owned()
    }

    #[test]
    fn documented_defaults_are_the_defaults() {
        let s = Settings::default();
        let host = &s.hosts[0];
        let (l, t, a) = (host.limits, host.timing, host.archive);
        let flood = host.flood;
        let on = Options::parse_from(["webchat", "--sign-on-check-url", "https://example.org/"]);
        let on = on.settle().expect("usable").hosts.remove(0).sign_on;
        let on = on.expect("configured");
        let on_check = on.check.clone().expect("a check");
        for (id, default) in [
            ("listen", s.listen.clone()),
            ("domain", host.domain.clone()),
            (
                "data",
                s.data.clone().expect("a folder").display().to_string(),
            ),
            ("log", s.log.clone()),
            ("default_channel", host.default_channel.clone()),
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
            ("login_timeout", t.login.as_secs().to_string()),
            ("bosh_wait", t.bosh_wait.as_secs().to_string()),
            ("bosh_inactivity", t.bosh_inactivity.as_secs().to_string()),
            ("websocket_ping", t.websocket_ping.as_secs().to_string()),
            ("room_linger", t.room_linger.as_secs().to_string()),
            ("session_rate", flood.session_rate.to_string()),
            ("address_rate", flood.address_rate.to_string()),
            ("room_rate", flood.room_rate.to_string()),
            ("burst", flood.burst.as_secs().to_string()),
            ("patience", flood.patience.as_secs().to_string()),
            ("joins", flood.joins.to_string()),
            ("logins", flood.logins.to_string()),
            ("presences", flood.presences.to_string()),
            ("max_occupants_in_all", flood.max_occupants.to_string()),
            ("shutdown_grace", s.shutdown_grace.as_secs().to_string()),
            (
                "archive-days",
                (a.age.expect("a bound").as_secs() / 86400).to_string(),
            ),
            ("archive-messages", a.messages.expect("a bound").to_string()),
            ("archive-queue-bytes", a.queue_bytes.to_string()),
            ("sign-on-audience", on.audience.clone()),
            ("sign-on-one-time", on.one_time.to_string()),
            (
                "sign-on-check-timeout",
                on_check.timeout.as_secs().to_string(),
            ),
            ("sign-on-anonymous", on.anonymous.to_string()),
            ("upload_max_file_size", host.upload.file_bytes.to_string()),
            ("upload_max_total_size", host.upload.total_bytes.to_string()),
            (
                "upload_retention",
                host.upload.retention.as_secs().to_string(),
            ),
            (
                "upload_slot_timeout",
                host.upload.slot_validity.as_secs().to_string(),
            ),
            (
                "upload_quota_window",
                host.upload.session.window.as_secs().to_string(),
            ),
            (
                "upload_max_session_bytes",
                host.upload.session.bytes.to_string(),
            ),
            (
                "upload_max_session_files",
                host.upload.session.files.to_string(),
            ),
            (
                "upload_max_address_bytes",
                host.upload.address.bytes.to_string(),
            ),
            (
                "upload_max_address_files",
                host.upload.address.files.to_string(),
            ),
        ] {
            assert_eq!(documented(id), default, "{id}");
        }
    }

    #[test]
    fn there_is_a_thread_for_every_two_cores_and_one_at_least() {
        let cores = std::thread::available_parallelism().expect("cores").get();
        assert_eq!(Settings::default().threads, cores.div_ceil(2));
        let settle = |n| Options::parse_from(["webchat", "--threads", n]).settle();
        assert_eq!(settle("3").expect("usable").threads, 3);
        let refused = settle("0").expect_err("nobody would serve");
        assert!(refused.contains("threads"), "{refused}");
    }

    #[test]
    fn an_address_to_listen_on_has_a_port() {
        Options::try_parse_from(["webchat", "--listen", "localhost"]).expect_err("no port");
    }
}
