//! The command line.

use std::{fs, path::PathBuf};

use clap::{Parser, ValueEnum};
use hyper::Uri;
use xmpp_core::{BareJid, stream::ClientConfig};

use crate::Error;

/// Joins a chat room and repeats what is said to it.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Options {
    /// What carries the session.
    #[arg(long, value_enum, default_value_t = Transport::Tcp)]
    pub transport: Transport,
    /// Log in anonymously at this domain.
    #[arg(long, required_unless_present = "jid", conflicts_with = "jid")]
    pub domain: Option<String>,
    /// Log in with this account, USER@DOMAIN.
    #[arg(long)]
    pub jid: Option<BareJid>,
    /// The file with the password of the account; its first line counts. Or set `ECHO_BOT_PASSWORD`.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    #[arg(long, hide = true, env = "ECHO_BOT_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// The room to join, ROOM@SERVICE.
    #[arg(long)]
    pub room: BareJid,
    /// The nick in the room.
    #[arg(long, default_value = "echo")]
    pub nick: String,
    /// TCP: where to connect, HOST:PORT. Default: the domain at port 5222, or 5223 with --direct-tls.
    #[arg(long, value_name = "HOST:PORT")]
    pub server: Option<String>,
    /// TCP: TLS from the first byte (XEP-0368) in place of STARTTLS.
    #[arg(long)]
    pub direct_tls: bool,
    /// WebSocket and BOSH: the endpoint, such as `wss://chat.example/xmpp-websocket` or `https://chat.example/http-bind`.
    #[arg(long, required_if_eq_any = [("transport", "websocket"), ("transport", "bosh")])]
    pub url: Option<Uri>,
    /// Trust the authorities in this PEM file, and no others.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Speak without TLS, so that anybody on the way can read and change everything. For tests on one machine.
    #[arg(long)]
    pub insecure_plaintext: bool,
    /// What to log, as in `RUST_LOG`.
    #[arg(long, default_value = "info")]
    pub log: String,
}

/// What carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// A TCP connection.
    Tcp,
    /// WebSocket (RFC 7395).
    #[value(name = "websocket")]
    WebSocket,
    /// HTTP requests (XEP-0124).
    Bosh,
}

impl Options {
    /// Whom to log in as.
    ///
    /// # Errors
    ///
    /// [`Error::Options`] when the account or its password cannot be used.
    pub fn client_config(&self) -> Result<ClientConfig, Error> {
        let config = match &self.jid {
            Some(jid) => ClientConfig::with_password(jid, self.password()?),
            None => ClientConfig::anonymous(self.domain.as_deref().unwrap_or_default()),
        };
        let config = config.map_err(|error| Error::Options(error.to_string()))?;
        Ok(config.require_tls(!self.insecure_plaintext))
    }

    /// Host and port of a TCP server.
    ///
    /// # Errors
    ///
    /// [`Error::Options`] when the port is none.
    pub fn server(&self, domain: &str) -> Result<(String, u16), Error> {
        let default_port = if self.direct_tls { 5223 } else { 5222 };
        let Some(server) = &self.server else {
            return Ok((domain.to_owned(), default_port));
        };
        let bad = || Error::Options(format!("--server '{server}' is not HOST:PORT"));
        let (host, port) = server.rsplit_once(':').ok_or_else(bad)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Ok((host.to_owned(), port.parse().map_err(|_| bad())?))
    }

    /// The endpoint, and whether it is reached through TLS.
    ///
    /// # Errors
    ///
    /// [`Error::Options`] without a URL of that scheme, or with one in clear that was not asked for.
    pub fn endpoint(&self, scheme: &str) -> Result<(&Uri, bool), Error> {
        let url = self.url.as_ref();
        let url = url.ok_or_else(|| Error::Options("--url is missing".to_owned()))?;
        let secure = match url.scheme_str() {
            Some(given) if given.strip_suffix('s') == Some(scheme) => true,
            Some(given) if given == scheme => false,
            _ => return Err(Error::Options(format!("--url is not {scheme}s://…"))),
        };
        if !secure && !self.insecure_plaintext {
            return Err(Error::Options(format!(
                "--url {url} has no TLS; --insecure-plaintext allows that"
            )));
        }
        Ok((url, secure))
    }

    fn password(&self) -> Result<String, Error> {
        let Some(file) = &self.password_file else {
            return self.password.clone().ok_or_else(|| {
                Error::Options("--password-file or ECHO_BOT_PASSWORD is needed".to_owned())
            });
        };
        let text = fs::read_to_string(file)
            .map_err(|error| Error::Options(format!("{}: {error}", file.display())))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}
