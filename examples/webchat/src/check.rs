//! `webchat check CONFIG`: everything that is wrong with a configuration, before the server is started with it.
#![expect(
    clippy::disallowed_types,
    reason = "the program looks whether its port is free"
)]

use std::{
    fmt, fs, io,
    net::{IpAddr, TcpListener},
    path::{Path, PathBuf},
};

use crate::{HostSettings, Options, Settings, tls::Certificates};

/// Something about a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Whether the server cannot do its work so; otherwise it is a hint.
    pub is_problem: bool,
    /// The key that it is about, if it is about one.
    pub key: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl Finding {
    fn problem(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            is_problem: true,
            key: key.into(),
            text: text.into(),
        }
    }

    fn hint(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            is_problem: false,
            ..Self::problem(key, text)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_problem { "problem" } else { "hint" };
        write!(f, "{kind}: {}: {}", self.key, self.text)
    }
}

/// Looks a configuration file over: its values one by one, then what they name on this machine (files, folders, ports).
/// Nothing is changed but that missing data folders are made.
///
/// # Errors
///
/// A sentence that says why the file cannot be read at all.
pub fn check(path: &Path) -> Result<Vec<Finding>, String> {
    let text =
        fs::read_to_string(path).map_err(|e| format!("cannot read '{}': {e}", path.display()))?;
    let table: toml::Table = toml::from_str(&text).map_err(|e| {
        let line = e
            .span()
            .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        format!(
            "{} line {line}: {}",
            path.display(),
            e.message().replace('\n', " ")
        )
    })?;
    let mut findings: Vec<Finding> = table
        .iter()
        .flat_map(|(key, value)| alone(&table, key, value))
        .collect();
    if findings.is_empty() {
        // What is wrong only together, and then what the values name.
        let whole = table.try_into::<Options>();
        match whole.map_err(|e| e.to_string()).and_then(Options::settle) {
            Ok(settings) => surroundings(&settings, &mut findings),
            Err(error) => findings.push(Finding::problem("configuration", error)),
        }
    }
    Ok(findings)
}

/// What is wrong with one key, whatever the others say.
fn alone(table: &toml::Table, key: &str, value: &toml::Value) -> Vec<Finding> {
    // What one of these leaves out stands in the others; what is wrong there is told there.
    let beside: &[&str] = match key {
        "sign-on" if table.contains_key("host") => return Vec::new(),
        "sign-on" => &["tls"],
        "host" => &["sign-on", "tls"],
        _ => &[],
    };
    let beside = beside.iter().filter_map(|&key| {
        let value = table.get(key)?;
        let is_good = key != "tls" || judge(key, key, value.clone(), &[]).is_none();
        is_good.then_some((key, value))
    });
    let beside: Vec<_> = beside.collect();
    if let (toml::Value::Array(values), "host" | "room") = (value, key) {
        let tables = values.iter().enumerate();
        return tables
            .filter_map(|(n, one)| {
                let only = toml::Value::Array(vec![one.clone()]);
                judge(key, &format!("[[{key}]] {}", n + 1), only, &beside)
            })
            .collect();
    }
    judge(key, key, value.clone(), &beside)
        .into_iter()
        .collect()
}

fn judge(
    key: &str,
    name: &str,
    value: toml::Value,
    beside: &[(&str, &toml::Value)],
) -> Option<Finding> {
    let mut only = toml::Table::new();
    only.insert(key.to_owned(), value);
    only.extend(
        beside
            .iter()
            .map(|&(key, value)| (key.to_owned(), value.clone())),
    );
    let options = match only.try_into::<Options>() {
        Ok(options) => options,
        Err(error) => {
            let text = error.message().replace('\n', " ");
            return Some(Finding::problem(name, text));
        }
    };
    let error = options.settle().err()?;
    Some(Finding::problem(name, error))
}

/// What the settings name on this machine, and what goes badly together.
fn surroundings(settings: &Settings, findings: &mut Vec<Finding>) {
    if let Err(error) = Certificates::load(settings) {
        findings.push(Finding::problem(
            "tls",
            format!(
                "{error}. The server needs to read a certificate chain and the key that goes with it, and for client-ca the \
                 certificates of authorities, all PEM"
            ),
        ));
    }
    let listens = [
        ("listen", Some(&settings.listen)),
        ("metrics-listen", settings.metrics_listen.as_ref()),
    ];
    for (key, listen) in listens {
        let Some(listen) = listen else { continue };
        if let Err(error) = TcpListener::bind(listen) {
            findings.push(Finding::problem(key, port(listen, &error)));
        }
    }
    for host in &settings.hosts {
        if let Some(folder) = &host.data
            && let Err((path, error)) = is_writable(folder)
        {
            findings.push(Finding::problem(
                "data",
                format!(
                    "'{}' cannot be written to: {error}. Make it, and give it to the user that the server runs as",
                    path.display()
                ),
            ));
        }
        for_public(settings, host, findings);
        for_sign_on(settings, host, findings);
        for_certificates(settings, host, findings);
    }
    if settings.hosts.iter().all(|host| host.admin.is_none()) {
        findings.push(Finding::hint(
            "admin",
            "there is no admin account; [admin] token-file = 'FILE' makes one, for the page /admin",
        ));
    }
    if !settings.proxies.is_empty() {
        let wait = settings.hosts[0].timing.bosh_wait.as_secs();
        if wait >= 60 {
            findings.push(Finding::hint(
                "bosh-wait",
                format!(
                    "requests are held for {wait} s, and proxies give up after 60 s unless told otherwise: \
                     59 or less, or raise the proxy's timeout (docs/reverse-proxy.md)"
                ),
            ));
        }
    }
}

/// Hints for a server that browsers are to find by a name.
fn for_public(settings: &Settings, host: &HostSettings, findings: &mut Vec<Finding>) {
    let Some(url) = &host.public_url else {
        return;
    };
    let https = url.to_string().starts_with("https:");
    let tls = matches!(Certificates::load(settings), Ok(Some(_)));
    if !https {
        findings.push(Finding::hint(
            "public-url",
            format!("{url} is not https: what people write can be read on the way, and there is no host-meta"),
        ));
    } else if !tls && settings.proxies.is_empty() {
        findings.push(Finding::hint(
            "trusted-proxy",
            format!(
                "{url} is https, but neither a certificate nor a trusted proxy is configured: without \
                 trusted-proxy everybody seems to come from the proxy's address, and limits and bans by address do nothing"
            ),
        ));
    }
}

/// Hints for a server that people log in to by certificates.
fn for_certificates(settings: &Settings, host: &HostSettings, findings: &mut Vec<Finding>) {
    if host.client_ca().is_none() {
        return;
    }
    if !settings.proxies.is_empty() {
        findings.push(Finding::hint(
            "tls",
            "client-ca counts for who connects to this server itself: what comes by a trusted proxy has no certificate here, \
             whatever the proxy was shown",
        ));
    }
    let on = host.sign_on.as_ref();
    if on.is_some_and(|on| !on.anonymous && !on.takes_tokens()) {
        findings.push(Finding::hint(
            "sign-on",
            "only certificates open, and the page logs in as a guest or by a token: people need another client",
        ));
    }
}

/// Hints for a server that users of a site come in to.
fn for_sign_on(settings: &Settings, host: &HostSettings, findings: &mut Vec<Finding>) {
    let Some(on) = host.sign_on.as_ref().filter(|on| on.takes_tokens()) else {
        return;
    };
    let mut hint = |key, text: String| findings.push(Finding::hint(key, text));
    let tls = matches!(Certificates::load(settings), Ok(Some(_)));
    if !tls && settings.proxies.is_empty() {
        hint(
            "sign-on",
            "neither a certificate nor a trusted proxy is configured: tokens are taken on encrypted connections only, so \
             that nobody can sign on"
                .to_owned(),
        );
    }
    if let Some(check) = &on.check
        && check.url.scheme_str() == Some("http")
        && !is_this_machine(check.url.host().unwrap_or_default())
    {
        hint(
            "sign-on",
            format!(
                "sign-on-check-url {} is not https: whoever listens on the way gets the tokens, and can answer in the site's place",
                check.url
            ),
        );
    }
    if on.login_url.is_none() {
        hint(
            "sign-on",
            "there is no sign-on-login-url: the page cannot say where to sign in".to_owned(),
        );
    }
}

fn is_this_machine(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    literal == "localhost" || literal.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn port(listen: &str, error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has the port (this server, perhaps): stop it or take another"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 are for root; the systemd unit allows them with CAP_NET_BIND_SERVICE"
        }
        _ => "an address of this machine is wanted, like 127.0.0.1:5280",
    };
    format!("cannot listen on {listen}: {error}: {advice}")
}

fn is_writable(folder: &Path) -> Result<(), (PathBuf, io::Error)> {
    let fail = |error| (folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(fail)?;
    let probe = folder.join(format!(".check-{}", std::process::id()));
    fs::write(&probe, b"").map_err(fail)?;
    fs::remove_file(&probe).map_err(fail)
}
