//! What can be set: on the command line, in a TOML file, or left to its default.
//!
//! - [`Options`]: what was given, on the command line or in the file, all optional.
//! - [`Settings`]: what holds for the server: listener, logs, folders. Its [`HostSettings`] hold for one domain each.
//! - One file for each group of settings, with its defaults and checks.

mod admin;
mod archive;
mod check;
mod cli;
mod file;
mod flood;
mod host;
mod limits;
mod logs;
mod proxies;
mod public_url;
mod room;
mod sign_on;
mod timing;
mod tls;
mod upload;

use std::{path::PathBuf, time::Duration};

pub use admin::{Admin, AdminOptions};
pub use archive::{Archive, ArchiveOptions};
pub use cli::{Options, UnknownHost};
pub use flood::{Flood, FloodOptions};
pub use host::{HostOptions, HostSettings};
pub use limits::Limits;
pub use logs::{LogAddresses, LogFormat, LogOptions, Logs};
pub use proxies::{Proxies, ProxyHeaders};
pub use public_url::PublicUrl;
pub use room::{DeclaredRoom, RoomOptions};
pub use sign_on::{SignOn, SignOnOptions, SiteKey, TokenCheck};
pub use timing::Timing;
pub use tls::{TlsFiles, TlsOptions};
pub use upload::{UploadLimits, UploadOptions};

/// [`Options`] with everything decided: what holds for the server as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: String,
    /// Where things are stored; `None`: nowhere, what there is ends with the process.
    pub data: Option<PathBuf>,
    /// Filter of the log.
    pub log: String,
    /// How the log is written.
    pub logs: Logs,
    /// Address and port of `/metrics`.
    pub metrics_listen: Option<String>,
    /// Threads that serve connections.
    pub threads: usize,
    /// TCP connections at a time.
    pub max_connections: usize,
    /// Time for farewells.
    pub shutdown_grace: Duration,
    /// What becomes of requests for an unknown name; `None`: what is safest that works.
    pub unknown_host: Option<UnknownHost>,
    /// The certificate for HTTPS, for all domains that have none of their own. Where there is none at all, the server
    /// speaks HTTP.
    pub tls: Option<TlsFiles>,
    /// The reverse proxies that are believed what they say of clients.
    pub proxies: Proxies,
    /// The domains: one at least. The first is for requests that name none.
    pub hosts: Vec<HostSettings>,
}

impl Options {
    /// Reads `--config`, if given, below the options of the command line, and decides everything.
    ///
    /// # Errors
    ///
    /// A sentence for the user: what was given and what is wrong with it.
    pub fn settle(self) -> Result<Settings, String> {
        let file = match &self.config {
            Some(path) => file::read(path)?,
            None => Self::default(),
        };
        let either = self.or(file);
        let data = match &either.data {
            Some(path) if path.as_os_str() == "none" => None,
            Some(path) => Some(path.clone()),
            None => Some("webchat-data".into()),
        };
        let proxies = Proxies::settle(&either)?;
        let tls = TlsFiles::settle(&either.tls, None)?;
        Ok(Settings {
            listen: check::listen_address(either.listen.as_deref().unwrap_or("127.0.0.1:5280"))?,
            hosts: host::settle(&either, data.as_deref(), tls.as_ref())?,
            data,
            logs: Logs::settle(either.logs),
            metrics_listen: either
                .metrics_listen
                .as_deref()
                .map(check::listen_address)
                .transpose()?,
            log: either.log.unwrap_or_else(|| "info".to_owned()),
            threads: check::positive("threads", either.threads, half_of_the_cores())?,
            max_connections: check::positive("max-connections", either.max_connections, 20_000)?,
            shutdown_grace: timing::seconds(either.shutdown_grace, 3),
            unknown_host: either.unknown_host,
            tls,
            proxies,
        })
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

/// One for every two, and one at least.
fn half_of_the_cores() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file() {
        let file: Options =
            toml::from_str("domain = 'chat.example'\nmax-sessions = 7\nhistory = 3").expect("TOML");
        let line = Options::parse_from(["webchat", "--history", "9"]);
        let settings = line.or(file).settle().expect("settings");
        let host = &settings.hosts[0];
        assert_eq!(host.domain, "chat.example");
        assert_eq!(host.limits.sessions, 7);
        assert_eq!(host.limits.history, 9);
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
            (["--host-name", "https://example.org"], "like example.org"),
            (["--public-url", "example.org"], "https://example.org/anon/"),
            (["--trusted-proxy", "nginx"], "loopback"),
            (["--tls-key", "key.pem"], "without tls-certificate"),
            (["--tls-client-ca", "ca.pem"], "without tls-certificate"),
            (["--converse", "/nonexistent"], "converse.min.js"),
            (["--config", "/nonexistent.toml"], "cannot read"),
        ] {
            let options = Options::parse_from(["webchat"].into_iter().chain(args));
            let error = options.settle().expect_err(args[1]);
            assert!(error.contains(wanted) && !error.contains('\n'), "{error}");
        }
    }
}
