//! The command line.

use std::{fs, net::SocketAddr, path::PathBuf};

use axum::http::Uri;
use clap::Parser;
use xmpp_core::sasl::{
    base64,
    tokens::{TokenKey, TokenSigner},
};

/// A site for demonstration, whose users are signed in to the chat of `webchat`.
#[derive(Clone, Debug, Parser)]
#[command(name = "site", version, max_term_width = 100)]
pub struct Options {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub listen: String,

    /// Where browsers find this site, when that is behind a proxy; with https its cookie is sent by https only.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Where browsers find the chat.
    #[arg(long, value_name = "URL", default_value = "https://127.0.0.1:5280/")]
    pub chat: String,

    /// The chat's XMPP domain.
    #[arg(long, value_name = "DOMAIN", default_value = "localhost")]
    pub domain: String,

    /// What signed tokens are for, as the chat's `sign-on-audience` has it.
    #[arg(long, value_name = "NAME", default_value = "webchat")]
    pub audience: String,

    /// The file that is the chat's `sign-on-key-file` too; tokens are signed with the key in its first line. Without it tokens are
    /// opaque.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// The options with everything decided.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Where browsers find this site, with a `/` at the end.
    pub public_url: String,
    /// Where they find the chat, with a `/` at the end.
    pub chat: String,
    /// The chat's origin, as browsers write it.
    pub chat_origin: String,
    /// The chat's XMPP domain.
    pub domain: String,
    /// Signs tokens, where that is wanted.
    pub signer: Option<TokenSigner>,
}

impl Options {
    /// Decides everything, for a site that listens at `address`.
    ///
    /// # Errors
    ///
    /// A sentence for the user.
    pub fn settle(self, address: SocketAddr) -> Result<Settings, String> {
        let chat = with_slash(&self.chat);
        let signer = match &self.key_file {
            None => None,
            Some(path) => {
                let name = path.display();
                let text =
                    fs::read_to_string(path).map_err(|e| format!("cannot read '{name}': {e}"))?;
                let key = first_key(&text).ok_or_else(|| {
                    format!("'{name}' does not begin with the name of a key and 32 bytes or more in base64")
                })?;
                Some(TokenSigner::new(key, self.audience, self.domain.clone()))
            }
        };
        Ok(Settings {
            chat_origin: origin(&chat)
                .ok_or_else(|| format!("'{chat}' is no address of the web"))?,
            chat,
            public_url: with_slash(&self.public_url.unwrap_or(format!("http://{address}"))),
            domain: self.domain,
            signer,
        })
    }
}

fn with_slash(url: &str) -> String {
    format!("{}/", url.trim_end_matches('/'))
}

/// `https://chat.example` of `https://chat.example/anon/`.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .filter(|s| matches!(*s, "http" | "https"))?;
    let authority = uri.authority()?.as_str().to_ascii_lowercase();
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(own_port).unwrap_or(&authority);
    Some(format!("{scheme}://{authority}"))
}

/// The key in the first line that holds one: `NAME BASE64`.
fn first_key(text: &str) -> Option<TokenKey> {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let (name, secret) = line.split_once(char::is_whitespace)?;
    let key = TokenKey::new(base64::decode(secret.trim()).ok()?).ok()?;
    Some(key.with_id(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_as_browsers_write_it() {
        for (url, wanted) in [
            ("https://chat.example/", Some("https://chat.example")),
            (
                "https://Chat.example:443/anon/",
                Some("https://chat.example"),
            ),
            ("http://127.0.0.1:5280/", Some("http://127.0.0.1:5280")),
            ("ftp://chat.example/", None),
            ("chat.example/", None),
        ] {
            assert_eq!(origin(url).as_deref(), wanted, "{url}");
        }
    }

    #[test]
    fn the_first_key_of_the_file_signs() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let id = |text: &str| first_key(text).and_then(|key| key.id().map(str::to_owned));
        let text = format!("# keys\n\nnew {key}\nold {key}\n");
        assert_eq!(id(&text).as_deref(), Some("new"));
        for none in ["", "new", "new AAEC", "new *"] {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
