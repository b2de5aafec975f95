//! One domain: its name, its addresses, and what holds for its rooms and sessions.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    Admin, Archive, DeclaredRoom, Flood, Limits, Options, PublicUrl, RoomOptions, SignOn,
    SignOnOptions, Timing, TlsFiles, TlsOptions, UploadLimits, check, cli::either,
};

/// A table `[[host]]` of the TOML file. What it leaves out is as at the top of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HostOptions {
    /// The XMPP domain.
    pub domain: String,
    /// Names that browsers may call it by, beside the domain and the name in `public-url`.
    #[serde(default)]
    pub names: Vec<String>,
    /// Where browsers find it.
    pub public_url: Option<String>,
    /// The room that its page offers.
    pub default_channel: Option<String>,
    /// Foreign origins that may connect to it.
    #[serde(default, rename = "cors-origin")]
    pub cors_origins: Vec<String>,
    /// An npm install of Converse.js 14.
    pub converse: Option<PathBuf>,
    /// A certificate of its own, authorities of its own; what it leaves out is as in the table at the top.
    #[serde(default)]
    pub tls: TlsOptions,
    /// Whose users come in under their names there; what it leaves out is as in the table at the top.
    #[serde(default)]
    pub sign_on: SignOnOptions,
    /// Its rooms that are always there (`[[host.room]]`).
    #[serde(default, rename = "room")]
    pub rooms: Vec<RoomOptions>,
}

/// What holds for one domain. A hub knows these settings and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostSettings {
    /// The XMPP domain.
    pub domain: String,
    /// The values of `Host`, without port, that mean this domain, in lower case.
    pub names: HashSet<String>,
    /// Whether it was said by which names, beyond the domain, browsers call it.
    pub is_named: bool,
    /// Where browsers find it, if that was said.
    pub public_url: Option<PublicUrl>,
    /// The folder for what it stores; `None`: nothing outlives the process.
    pub data: Option<PathBuf>,
    /// Its certificate and whom it believes who clients are: of its own, or as for all.
    pub tls: Option<TlsFiles>,
    /// Converse.js's `dist` folder.
    pub converse: Option<PathBuf>,
    /// The room that the page offers.
    pub default_channel: String,
    /// Foreign origins that may connect, lower case.
    pub cors_origins: HashSet<String>,
    /// What sessions and rooms may use.
    pub limits: Limits,
    /// How long things take and stay.
    pub timing: Timing,
    /// What rooms keep.
    pub archive: Archive,
    /// What may come how fast.
    pub flood: Flood,

    /// What users may upload.
    pub upload: UploadLimits,
    /// The admin account.
    pub admin: Option<Admin>,
    /// How users of a site come in under their names there, if they do.
    pub sign_on: Option<SignOn>,
    /// Rooms that are always there.
    pub rooms: Vec<DeclaredRoom>,
}

impl HostSettings {
    /// The domain of the rooms.
    pub fn muc_domain(&self) -> String {
        format!("rooms.{}", self.domain)
    }

    /// The authorities whose certificates its users may log in by, if they may.
    pub(crate) fn client_ca(&self) -> Option<&Path> {
        self.tls.as_ref()?.client_ca.as_deref()
    }

    fn settle(
        host: HostOptions,
        options: &Options,
        data: Option<&Path>,
        tls: Option<&TlsFiles>,
    ) -> Result<Self, String> {
        let domain = check::domain(&host.domain)?;
        let rooms = DeclaredRoom::settle(&host.rooms, &domain)?;
        let public_url = host
            .public_url
            .as_deref()
            .map(PublicUrl::parse)
            .transpose()?;
        let mut names: HashSet<String> = host
            .names
            .iter()
            .map(|name| check::host_name(name))
            .collect::<Result<_, _>>()?;
        names.extend(public_url.as_ref().map(|url| url.host().to_owned()));
        let is_named = !names.is_empty();
        // Browsers write a domain in other letters than ASCII's in its ASCII form.
        let ascii = idna::domain_to_ascii(&domain).ok();
        names.extend(ascii.and_then(|name| check::host_name(&name).ok()));
        let tls = TlsFiles::settle(&host.tls, tls)?;
        let sign_on = host.sign_on.or(options.sign_on.clone());
        let by_certificate = tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        Ok(Self {
            sign_on: SignOn::settle(&sign_on, by_certificate)?,
            tls,
            names,
            is_named,
            public_url,
            data: data.map(|data| data.join(&domain)),
            domain,
            converse: host
                .converse
                .as_deref()
                .or(options.converse.as_deref())
                .map(check::converse_dist)
                .transpose()?,
            default_channel: host
                .default_channel
                .or_else(|| options.default_channel.clone())
                .unwrap_or_else(|| "lobby".to_owned()),
            cors_origins: either(host.cors_origins, options.cors_origins.clone())
                .iter()
                .map(|o| check::origin(o))
                .collect::<Result<_, _>>()?,
            limits: Limits::settle(options)?,
            timing: Timing::settle(options),
            archive: Archive::settle(&options.archive)?,
            flood: Flood::settle(&options.flood)?,
            upload: UploadLimits::settle(&options.upload)?,
            admin: Admin::settle(&options.admin)?,
            rooms,
        })
    }
}

/// All domains, the first being the one for requests that name none.
pub(super) fn settle(
    options: &Options,
    data: Option<&Path>,
    tls: Option<&TlsFiles>,
) -> Result<Vec<HostSettings>, String> {
    if options.hosts.is_empty() {
        let only = HostOptions {
            domain: options.domain.clone().unwrap_or("localhost".to_owned()),
            names: options.host_names.clone(),
            public_url: options.public_url.clone(),
            default_channel: None,
            cors_origins: Vec::new(),
            converse: None,
            tls: TlsOptions::default(),
            sign_on: SignOnOptions::default(),
            rooms: options.rooms.clone(),
        };
        return Ok(vec![HostSettings::settle(only, options, data, tls)?]);
    }
    for (name, given) in [
        ("domain", options.domain.is_some()),
        ("public-url", options.public_url.is_some()),
        ("host-name", !options.host_names.is_empty()),
        ("[[room]]", !options.rooms.is_empty()),
    ] {
        if given {
            return Err(format!(
                "{name} is given beside [[host]] tables: say it in the table of the domain it is for"
            ));
        }
    }
    let mut settled: Vec<HostSettings> = Vec::new();
    for host in &options.hosts {
        let host = HostSettings::settle(host.clone(), options, data, tls)?;
        for other in &settled {
            if other.domain == host.domain {
                return Err(format!("two [[host]] tables are for '{}'", host.domain));
            }
            if let Some(name) = other.names.intersection(&host.names).next() {
                return Err(format!(
                    "the host name '{name}' means both '{}' and '{}'",
                    other.domain, host.domain
                ));
            }
        }
        settled.push(host);
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(file: &str) -> Result<Vec<HostSettings>, String> {
        let options: Options = toml::from_str(file).map_err(|e| e.message().to_owned())?;
        options.settle().map(|settings| settings.hosts)
    }

    #[test]
    fn several_domains_come_from_tables() {
        let hosts = settle(
            "default-channel = 'foyer'\n\
             [[host]]\ndomain = 'Chat.Example'\npublic-url = 'https://www.chat.example/anon'\nnames = ['Old.example']\n\
             [[host]]\ndomain = 'other.example'\ndefault-channel = 'hall'\n",
        )
        .expect("settings");
        let [first, second] = &hosts[..] else {
            panic!("{hosts:?}")
        };
        assert_eq!(first.domain, "chat.example");
        assert_eq!(first.muc_domain(), "rooms.chat.example");
        let names = ["chat.example", "www.chat.example", "old.example"];
        assert_eq!(first.names, names.map(str::to_owned).into());
        assert_eq!(first.default_channel, "foyer");
        assert_eq!(
            first.data.as_deref(),
            Some(Path::new("webchat-data/chat.example"))
        );
        assert_eq!(second.default_channel, "hall");
        assert_eq!(second.public_url, None);
        let [german] = &settle("domain = 'Bücher.example'").expect("settings")[..] else {
            panic!("one domain")
        };
        assert_eq!(german.domain, "bücher.example");
        assert!(german.names.contains("xn--bcher-kva.example"));
    }

    #[test]
    fn authorities_are_those_of_the_domain_or_of_all() {
        let shared = "[tls]\ncertificate = 'all.pem'\nkey = 'all.key'\n";
        let of = |shared: &str, own: &str| {
            let file = format!("{shared}[[host]]\ndomain = 'a.example'\n[host.tls]\n{own}");
            let host = settle(&file).map(|mut hosts| hosts.remove(0))?;
            let ca = host.client_ca().map(Path::to_owned);
            let certificate = host.tls.map(|tls| tls.certificate);
            Ok::<_, String>((certificate, ca))
        };
        let files = |certificate: &str, ca: &str| {
            let ca = Some(ca).filter(|ca| !ca.is_empty());
            Ok((Some(certificate.into()), ca.map(Into::into)))
        };
        let own = "certificate = 'own.pem'\nkey = 'own.key'\n";
        let ca = "client-ca = 'ca.pem'\n";
        let own_ca = "client-ca = 'own-ca.pem'\n";
        assert_eq!(of(shared, ""), files("all.pem", ""));
        assert_eq!(of(shared, own_ca), files("all.pem", "own-ca.pem"));
        assert_eq!(of(&format!("{shared}{ca}"), ""), files("all.pem", "ca.pem"));
        assert_eq!(
            of(&format!("{shared}{ca}"), own),
            files("own.pem", "ca.pem")
        );
        let both = of(&format!("{shared}{ca}"), &format!("{own}{own_ca}"));
        assert_eq!(both, files("own.pem", "own-ca.pem"));
        assert_eq!(
            of("", &format!("{own}{own_ca}")),
            files("own.pem", "own-ca.pem")
        );
        let error = of("", own_ca).expect_err("no TLS");
        assert!(error.contains("without tls-certificate"), "{error}");
    }

    #[test]
    fn tables_that_contradict_each_other_are_refused() {
        for (file, wanted) in [
            ("domain = 'a'\n[[host]]\ndomain = 'b'", "beside [[host]]"),
            (
                "public-url = 'https://a/'\n[[host]]\ndomain = 'b'",
                "beside [[host]]",
            ),
            (
                "host-name = ['a']\n[[host]]\ndomain = 'b'",
                "beside [[host]]",
            ),
            (
                "[[host]]\ndomain = 'a'\n[[host]]\ndomain = 'A'",
                "two [[host]]",
            ),
            (
                "[[host]]\ndomain = 'a'\nnames = ['w']\n[[host]]\ndomain = 'b'\npublic-url = 'https://w/x/'",
                "'w' means both",
            ),
            ("[[host]]\nnames = ['w']", "domain"),
            ("[[host]]\ndomain = 'a'\nname = 'w'", "name"),
            ("[[host]]\ndomain = 'a'\nnames = ['w:80']", "without a port"),
            ("[[host]]\ndomain = 'a'\npublic-url = 'w'", "no public URL"),
            ("[[host]]\ndomain = 'a@b'", "no domain"),
        ] {
            let error = settle(file).expect_err(file);
            assert!(error.contains(wanted), "{file}: {error}");
        }
    }
}
