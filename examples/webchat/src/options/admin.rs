//! Who runs the server.

use std::{fs, path::PathBuf};

use clap::Args;
use serde::Deserialize;
use xmpp_muc::Password;

/// What a token has at least: whoever guesses it runs the server.
const MIN_CHARS: usize = 16;

/// The options of the admin account: `--admin-…`, in the TOML file the table `[admin]`.
#[derive(Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AdminOptions {
    /// The token itself; it is not for the command line, where others on the machine see it.
    #[arg(skip)]
    pub token: Option<String>,

    /// A file whose first line is the password of `admin@DOMAIN` (16 characters at least), who may run
    /// commands, on the page /admin or with any XMPP client. Without it nobody may.
    #[arg(
        long = "admin-token-file",
        value_name = "FILE",
        help_heading = "Administration"
    )]
    pub token_file: Option<PathBuf>,
}

/// The admin account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Admin {
    /// Its password.
    pub token: Password,
}

impl Admin {
    pub(super) fn settle(options: &AdminOptions) -> Result<Option<Self>, String> {
        let (token, source) = match (&options.token, &options.token_file) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err("both token and token-file of [admin] are given: one is enough".into());
            }
            (Some(token), None) => (token.clone(), "token of [admin]".to_owned()),
            (None, Some(path)) => {
                let name = format!("admin token-file '{}'", path.display());
                let text =
                    fs::read_to_string(path).map_err(|e| format!("cannot read {name}: {e}"))?;
                (text.lines().next().unwrap_or_default().to_owned(), name)
            }
        };
        if token.chars().count() < MIN_CHARS || token.chars().any(char::is_control) {
            return Err(format!(
                "{source} is no token: at least {MIN_CHARS} characters are wanted; try: openssl rand -base64 24"
            ));
        }
        Ok(Password::new(token).map(|token| Self { token }))
    }
}

impl AdminOptions {
    /// Each option from `self`, else from `file`.
    pub(super) fn or(self, file: Self) -> Self {
        let given = self.token.is_some() || self.token_file.is_some();
        if given { self } else { file }
    }
}

/// Without the token.
impl std::fmt::Debug for AdminOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminOptions")
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("token_file", &self.token_file)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(toml: &str) -> Result<Option<Admin>, String> {
        Admin::settle(&toml::from_str(toml).expect("TOML"))
    }

    #[test]
    fn a_token_comes_from_the_file_or_from_a_file_of_its_own() {
        assert_eq!(settle(""), Ok(None));
        let admin = settle("token = 'correct horse battery'").expect("usable");
        let admin = admin.expect("an admin");
        assert_eq!(admin.token.reveal(), "correct horse battery");
        assert!(!format!("{admin:?}").contains("horse"));
        let path = std::env::temp_dir().join(format!("webchat-token-{}", std::process::id()));
        fs::write(&path, "correct horse battery\nmore\n").expect("a file");
        let from_file = settle(&format!("token-file = '{}'", path.display()));
        fs::remove_file(&path).expect("our own file");
        assert_eq!(from_file, Ok(Some(admin)));
    }

    #[test]
    fn an_unusable_token_is_refused_and_not_repeated() {
        for (toml, wanted) in [
            ("token = 'short-secret'", "at least 16"),
            ("token = \"tab-tab-tab-tab\\t\"", "at least 16"),
            ("token-file = '/nonexistent'", "cannot read"),
            ("token = 'x'\ntoken-file = 'y'", "one is enough"),
        ] {
            let error = settle(toml).expect_err(toml);
            assert!(error.contains(wanted), "{error}");
            assert!(!error.contains("short-secret"), "{error}");
        }
        let options: AdminOptions = toml::from_str("token = 'short-secret'").expect("TOML");
        assert!(!format!("{options:?}").contains("short-secret"));
    }
}
