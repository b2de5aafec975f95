//! Whether a value can be used. Each function gives a sentence for the user where it cannot.

use std::path::{Path, PathBuf};

use axum::http::Uri;
use xmpp_core::BareJid;

pub(super) fn listen_address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err(format!(
            "'{text}' is no address to listen on: ADDR:PORT is wanted, like 127.0.0.1:5280"
        )),
    }
}

/// A domain as the JID rules prepare it, without local part and resource.
pub(super) fn domain(text: &str) -> Result<String, String> {
    match text.parse::<BareJid>() {
        Ok(jid) if jid.local().is_none() => Ok(jid.as_str().to_owned()),
        Ok(_) => Err(format!("'{text}' is no domain but an address in one")),
        Err(error) => Err(format!("'{text}' is no domain: {error}")),
    }
}

/// The name in a `Host`, without a port, in lower case.
pub(super) fn host_name(text: &str) -> Result<String, String> {
    let plain =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'[' | b']' | b':');
    let port = text.rsplit_once(':').map(|(_, port)| port);
    let has_port = port.is_some_and(|port| !port.contains(']'));
    if text.is_empty() || has_port || !text.bytes().all(plain) {
        return Err(format!(
            "'{text}' is no host name: what stands in a link after 'https://' is wanted, without a port, like example.org"
        ));
    }
    Ok(text.trim_end_matches('.').to_ascii_lowercase())
}

/// `https://example.org`, as a browser writes it in `Origin`.
pub(super) fn origin(text: &str) -> Result<String, String> {
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

/// An address of the web, as the user wrote it.
pub(super) fn url(name: &str, text: &str) -> Result<Uri, String> {
    let wanted = |why: &str| {
        format!(
            "{name} is no address of the web: {why}; one like https://www.example.org/chat is wanted"
        )
    };
    let uri: Uri = text.parse().map_err(|_| wanted("it cannot be read"))?;
    if !matches!(uri.scheme_str(), Some("https" | "http")) {
        return Err(wanted("it begins with neither https:// nor http://"));
    }
    match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => Err(wanted("it has a user name")),
        Some(authority) if host_name(authority.host()).is_err() => Err(wanted("it has no host")),
        _ if text.contains('#') => Err(wanted("it has a fragment")),
        _ => Ok(uri),
    }
}

/// The `dist` folder in what the user named.
pub(super) fn converse_dist(dir: &Path) -> Result<PathBuf, String> {
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

pub(super) fn positive(name: &str, value: Option<usize>, default: usize) -> Result<usize, String> {
    at_least(name, value, default, 1)
}

pub(super) fn at_least(
    name: &str,
    value: Option<usize>,
    default: usize,
    min: usize,
) -> Result<usize, String> {
    match value {
        Some(value) if value < min => Err(format!("{name} = {value} is too small: at least {min}")),
        Some(value) => Ok(value),
        None => Ok(default),
    }
}
