//! Single sign-on: users of a site come in under their names there.

use std::{fmt, fs, path::PathBuf, time::Duration};

use axum::http::Uri;
use clap::Args;
use serde::Deserialize;
use xmpp_core::sasl::{base64, tokens::TokenKey};
use zeroize::Zeroizing;

use super::{check, timing::seconds};

/// Longest time that a login waits for the site.
const MAX_TIMEOUT: u64 = 30;

/// The options `--sign-on-…`, and the tables `[sign-on]` and `[host.sign-on]` of the TOML file.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SignOnOptions {
    /// A file with the keys that the site signs tokens with: on each line a key's name and the key, 32 bytes or more in
    /// base64. With several, a key can be replaced while the one before it is still in use.
    #[arg(
        id = "sign-on-key-file",
        long = "sign-on-key-file",
        value_name = "FILE",
        help_heading = "Single sign-on"
    )]
    pub key_file: Option<PathBuf>,

    /// What signed tokens have to say that they are for (`aud`), beside the domain. [default: webchat]
    #[arg(
        id = "sign-on-audience",
        long = "sign-on-audience",
        value_name = "NAME",
        help_heading = "Single sign-on"
    )]
    pub audience: Option<String>,

    /// Whether a signed token is good once only; it then has to have a name of its own (`jti`). [default: false]
    #[arg(
        id = "sign-on-one-time",
        long = "sign-on-one-time",
        value_name = "BOOL",
        help_heading = "Single sign-on"
    )]
    pub one_time: Option<bool>,

    /// Where the site says whose an unsigned token is: it is asked by POST (RFC 7662).
    #[arg(
        id = "sign-on-check-url",
        long = "sign-on-check-url",
        value_name = "URL",
        help_heading = "Single sign-on"
    )]
    pub check_url: Option<String>,

    /// Seconds that the site has for its answer, 30 at most. [default: 5]
    #[arg(
        id = "sign-on-check-timeout",
        long = "sign-on-check-timeout",
        value_name = "SECONDS",
        help_heading = "Single sign-on"
    )]
    pub check_timeout: Option<u64>,

    /// The site's page where its users sign in and are sent on to the chat; the page links to it.
    #[arg(
        id = "sign-on-login-url",
        long = "sign-on-login-url",
        value_name = "URL",
        help_heading = "Single sign-on"
    )]
    pub login_url: Option<String>,

    /// Where Converse.js fetches the name and token of who is logged in at the site.
    #[arg(
        id = "sign-on-credentials-url",
        long = "sign-on-credentials-url",
        value_name = "URL",
        help_heading = "Single sign-on"
    )]
    pub credentials_url: Option<String>,

    /// Whether anonymous visitors are let in as well. [default: true]
    #[arg(
        id = "sign-on-anonymous",
        long = "sign-on-anonymous",
        value_name = "BOOL",
        help_heading = "Single sign-on"
    )]
    pub anonymous: Option<bool>,
}

/// How users of a site come in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignOn {
    /// What the site signs with; nothing where it does not.
    pub keys: Vec<SiteKey>,
    /// What signed tokens are for.
    pub audience: String,
    /// Whether signed tokens are good once.
    pub one_time: bool,
    /// Where unsigned tokens are asked about, if they are taken.
    pub check: Option<TokenCheck>,
    /// The site's page for signing in.
    pub login_url: Option<String>,
    /// Where Converse.js gets its credentials.
    pub credentials_url: Option<Uri>,
    /// Whether anonymous visitors are let in as well.
    pub anonymous: bool,
}

/// Where the site says whose a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenCheck {
    /// It is asked here.
    pub url: Uri,
    /// Time for an answer.
    pub timeout: Duration,
}

/// A key that the site signs with. It does not print, and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteKey {
    name: String,
    secret: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteKey")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl SiteKey {
    fn token_key(&self) -> Option<TokenKey> {
        let key = TokenKey::new(self.secret.to_vec()).ok()?;
        Some(key.with_id(&self.name))
    }
}

impl SignOn {
    /// `by_certificate`: users are known by that too, so that anonymous visitors may be shut out without any tokens.
    pub(super) fn settle(
        options: &SignOnOptions,
        by_certificate: bool,
    ) -> Result<Option<Self>, String> {
        if options.key_file.is_none() && options.check_url.is_none() {
            return match options.anonymous {
                None if !options.is_about_tokens() => Ok(None),
                Some(anonymous) if by_certificate && !options.is_about_tokens() => {
                    Ok(Some(Self::without_tokens(anonymous)))
                }
                _ => Err("single sign-on has neither sign-on-key-file nor sign-on-check-url: by what are users of the site known?".into()),
            };
        }
        let keys = match &options.key_file {
            Some(path) => {
                let name = format!("sign-on-key-file '{}'", path.display());
                let text =
                    fs::read_to_string(path).map_err(|e| format!("cannot read {name}: {e}"))?;
                read_keys(&name, &Zeroizing::new(text))?
            }
            None => Vec::new(),
        };
        if options.one_time == Some(true) && keys.is_empty() {
            return Err(
                "sign-on-one-time is for signed tokens, and there is no sign-on-key-file; the site itself sees to the others"
                    .into(),
            );
        }
        let timeout = seconds(options.check_timeout, 5);
        if timeout.is_zero() || timeout > Duration::from_secs(MAX_TIMEOUT) {
            return Err(format!(
                "sign-on-check-timeout = {} is out of bounds: 1 to {MAX_TIMEOUT}",
                timeout.as_secs()
            ));
        }
        let url = |name, given: &Option<String>| {
            let url = given.as_deref().map(|text| check::url(name, text));
            url.transpose()
        };
        let audience = options.audience.clone().unwrap_or("webchat".to_owned());
        if audience.is_empty() {
            return Err("sign-on-audience is empty".to_owned());
        }
        Ok(Some(Self {
            keys,
            audience,
            one_time: options.one_time.unwrap_or(false),
            check: url("sign-on-check-url", &options.check_url)?
                .map(|url| TokenCheck { url, timeout }),
            login_url: url("sign-on-login-url", &options.login_url)?.and(options.login_url.clone()),
            credentials_url: url("sign-on-credentials-url", &options.credentials_url)?,
            anonymous: options.anonymous.unwrap_or(true),
        }))
    }

    fn without_tokens(anonymous: bool) -> Self {
        Self {
            keys: Vec::new(),
            audience: String::new(),
            one_time: false,
            check: None,
            login_url: None,
            credentials_url: None,
            anonymous,
        }
    }

    /// Whether there is anything by which tokens are known to be good.
    pub(crate) fn takes_tokens(&self) -> bool {
        !self.keys.is_empty() || self.check.is_some()
    }

    /// The origin of [`credentials_url`](Self::credentials_url), as a policy of a page names it.
    pub(crate) fn credentials_origin(&self) -> Option<String> {
        let url = self.credentials_url.as_ref()?;
        let (scheme, authority) = (url.scheme_str()?, url.authority()?);
        Some(format!("{scheme}://{authority}"))
    }

    /// The keys, for who verifies.
    pub(crate) fn token_keys(&self) -> Vec<TokenKey> {
        self.keys.iter().filter_map(SiteKey::token_key).collect()
    }
}

impl SignOnOptions {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            key_file: self.key_file.or(file.key_file),
            audience: self.audience.or(file.audience),
            one_time: self.one_time.or(file.one_time),
            check_url: self.check_url.or(file.check_url),
            check_timeout: self.check_timeout.or(file.check_timeout),
            login_url: self.login_url.or(file.login_url),
            credentials_url: self.credentials_url.or(file.credentials_url),
            anonymous: self.anonymous.or(file.anonymous),
        }
    }

    /// Whether anything is said that means nothing without tokens.
    fn is_about_tokens(&self) -> bool {
        self.audience.is_some()
            || self.one_time.is_some()
            || self.check_timeout.is_some()
            || self.login_url.is_some()
            || self.credentials_url.is_some()
    }
}

/// Lines `NAME BASE64`; empty ones and those that begin with `#` say nothing. What is wrong is named by its line: nothing of
/// a key gets into an error.
fn read_keys(file: &str, text: &str) -> Result<Vec<SiteKey>, String> {
    let mut keys: Vec<SiteKey> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| format!("{file} line {}: {why}", n + 1);
        let mut words = line.split_whitespace();
        let (Some(name), Some(secret), None) = (words.next(), words.next(), words.next()) else {
            return Err(wrong(
                "the name of a key and the key in base64 are wanted, like '2026-01 …'; try: openssl rand -base64 32",
            ));
        };
        let secret = base64::decode(secret).map_err(|_| wrong("the key is not base64"))?;
        let key = SiteKey {
            name: name.to_owned(),
            secret: Zeroizing::new(secret),
        };
        if key.token_key().is_none() {
            return Err(wrong(
                "the key has fewer than 32 bytes; try: openssl rand -base64 32",
            ));
        }
        if keys.iter().any(|known| known.name == key.name) {
            return Err(wrong("a key of this name stands above"));
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(format!("{file} holds no key"));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn settle(toml: &str) -> Result<Option<SignOn>, String> {
        let options: Options = toml::from_str(toml).map_err(|e| e.message().to_owned())?;
        options.settle().map(|settings| {
            let [host] = &settings.hosts[..] else {
                panic!("one domain")
            };
            host.sign_on.clone()
        })
    }

    fn key_file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(&file, text).expect("our own file");
        file
    }

    #[test]
    fn keys_come_from_a_file_and_do_not_print() {
        let file = key_file(&format!("# ours\nold {KEY}\n\n  new\t{KEY}  \n"));
        let on = settle(&format!(
            "[sign-on]\nkey-file = '{}'",
            file.path().display()
        ));
        let on = on.expect("usable").expect("configured");
        let names: Vec<&str> = on.keys.iter().map(|key| &*key.name).collect();
        assert_eq!(names, ["old", "new"]);
        assert_eq!(on.token_keys().len(), 2);
        assert_eq!(
            (&*on.audience, on.one_time, on.anonymous),
            ("webchat", false, true)
        );
        assert_eq!(on.check, None);
        let debug = format!("{on:?}");
        assert!(
            !debug.contains("AAEC") && !debug.contains("[0, 1, 2"),
            "{debug}"
        );
    }

    #[test]
    fn a_file_that_is_no_list_of_keys_is_named_by_its_line_and_not_repeated() {
        for (text, wanted) in [
            ("", "holds no key"),
            ("# nothing\n", "holds no key"),
            (KEY, "line 1: the name of a key"),
            (&format!("a {KEY}\nb c {KEY}"), "line 2: the name of a key"),
            (
                "a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
                "fewer than 32 bytes",
            ),
            ("a AAEC*wQF", "not base64"),
            (&format!("a {KEY}\na {KEY}"), "line 2: a key of this name"),
        ] {
            let file = key_file(text);
            let error = settle(&format!(
                "[sign-on]\nkey-file = '{}'",
                file.path().display()
            ));
            let error = error.expect_err(text);
            assert!(error.contains(wanted) && !error.contains("AAEC"), "{error}");
        }
        let error = settle("[sign-on]\nkey-file = '/nonexistent'").expect_err("no file");
        assert!(error.contains("cannot read"), "{error}");
    }

    #[test]
    fn tables_that_cannot_be_used_say_why() {
        let check = "[sign-on]\ncheck-url = 'https://www.example.org/check'\n";
        assert_eq!(settle(""), Ok(None));
        let on = settle(check).expect("usable").expect("configured");
        assert_eq!(
            on.check.map(|check| check.timeout),
            Some(Duration::from_secs(5))
        );
        for (more, wanted) in [
            ("check-timeout = 0", "1 to 30"),
            ("check-timeout = 31", "1 to 30"),
            ("one-time = true", "no sign-on-key-file"),
            ("audience = ''", "audience is empty"),
            ("login-url = 'javascript:alert(1)'", "neither https://"),
            ("login-url = 'www.example.org'", "neither https://"),
            (
                "credentials-url = 'https://me:secret@example.org/'",
                "a user name",
            ),
            ("credentials-url = 'https://example.org/#x'", "a fragment"),
            ("login-ulr = 'https://example.org/'", "login-ulr"),
        ] {
            let error = settle(&format!("{check}{more}")).expect_err(more);
            assert!(
                error.contains(wanted) && !error.contains("secret"),
                "{error}"
            );
        }
        let error = settle("[sign-on]\nanonymous = false").expect_err("nobody could come in");
        assert!(error.contains("neither sign-on-key-file"), "{error}");
    }

    #[test]
    fn where_certificates_are_known_anonymous_visitors_may_be_shut_out_without_tokens() {
        let tls = "[tls]\ncertificate = 'a.pem'\nkey = 'a.key'\nclient-ca = 'ca.pem'\n";
        let on = settle(&format!("{tls}[sign-on]\nanonymous = false")).expect("usable");
        let on = on.expect("configured");
        assert!(!on.anonymous && !on.takes_tokens());
        assert_eq!(settle(tls), Ok(None));
        let both = format!("{tls}[sign-on]\nanonymous = false\nlogin-url = 'https://example.org/'");
        let error = settle(&both).expect_err("a login for tokens that nobody takes");
        assert!(error.contains("neither sign-on-key-file"), "{error}");
    }

    #[test]
    fn a_domain_may_have_a_site_of_its_own() {
        let options: Options = toml::from_str(
            "[sign-on]\ncheck-url = 'https://www.example.org/check'\naudience = 'all'\n\
             [[host]]\ndomain = 'a.example'\n[host.sign-on]\nanonymous = false\n\
             [[host]]\ndomain = 'b.example'\n[host.sign-on]\ncheck-url = 'http://127.0.0.1/check'\naudience = 'b'\n",
        )
        .expect("TOML");
        let hosts = options.settle().expect("settings").hosts;
        let of = |n: usize| {
            let on = hosts[n].sign_on.clone().expect("configured");
            let url = on.check.expect("a check").url.to_string();
            (url, on.audience, on.anonymous)
        };
        assert_eq!(
            of(0),
            ("https://www.example.org/check".into(), "all".into(), false)
        );
        assert_eq!(of(1), ("http://127.0.0.1/check".into(), "b".into(), true));
    }
}
