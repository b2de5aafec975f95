//! Where browsers find the chat.

use std::{fmt, net::SocketAddr};

use axum::http::Uri;

use super::check;

/// What begins a path of the chat's own. Below such a prefix one could not tell whether a proxy has taken it off.
const OWN_PATHS: &[&str] = &[
    ".well-known",
    "admin",
    "config.json",
    "converse",
    "css",
    "healthz",
    "http-bind",
    "js",
    "metrics",
    "room",
    "upload",
    "xmpp-websocket",
];

/// The address of the page: scheme, host and a path that begins and ends with `/`.
///
/// All that the server says of itself is derived from it: links of uploads, of BOSH and of WebSocket, host-meta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    /// Host and port as a browser writes them: in lower case, without the scheme's own port.
    authority: String,
    path: String,
}

impl PublicUrl {
    /// Reads `https://example.org/anon/`; the last `/` may be missing.
    ///
    /// # Errors
    ///
    /// A sentence for the user: what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unusable = |why: &str| {
            format!(
                "'{text}' is no public URL: {why}; one like https://example.org/ or https://example.org/anon/ is wanted"
            )
        };
        let (https, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (false, rest)
        } else {
            return Err(unusable("it begins with neither https:// nor http://"));
        };
        if rest.contains(['?', '#']) {
            return Err(unusable("it has a query or a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| unusable("it cannot be read"))?;
        let authority = uri.authority().ok_or_else(|| unusable("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(unusable("it has a user name"));
        }
        if check::host_name(authority.host()).is_err() {
            return Err(unusable(
                "it has no host that a browser would ask for (xn-- for what is not ASCII)",
            ));
        }
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            None => None,
            Some(port) => Some(
                port.parse::<u16>()
                    .map_err(|_| unusable("its port is no port"))?,
            ),
        };
        let port = match port {
            Some(port) if port != if https { 443 } else { 80 } => format!(":{port}"),
            _ => String::new(),
        };
        let mut path = uri.path().to_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        if !path[1..].split_terminator('/').all(is_plain_segment) {
            return Err(unusable(
                "its path has parts other than letters, digits and '-', '_', '.', '~'",
            ));
        }
        let first = path[1..].split('/').next().unwrap_or_default();
        if OWN_PATHS.contains(&first) {
            return Err(unusable(
                "its path begins with a name that the chat uses itself",
            ));
        }
        Ok(Self {
            https,
            authority: format!("{}{port}", authority.host().to_ascii_lowercase()),
            path,
        })
    }

    /// What a server that nobody gave a public URL is found at: its own address.
    pub(crate) fn local(mut address: SocketAddr, https: bool) -> Self {
        if address.ip().is_unspecified() {
            // Listening everywhere; this machine's own browser finds it here.
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        Self {
            https,
            authority: address.to_string(),
            path: "/".to_owned(),
        }
    }

    /// Whether it is reached by TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The host, without port.
    pub fn host(&self) -> &str {
        let port = self
            .authority
            .rfind(':')
            .filter(|at| !self.authority[*at..].contains(']'));
        &self.authority[..port.unwrap_or(self.authority.len())]
    }

    /// What stands between the host and the chat's own paths; `/` where nothing does.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The origin of its pages, as a browser writes it.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme("http"), self.authority)
    }

    /// [`PublicUrl::origin`] with the scheme of a WebSocket.
    pub fn websocket_origin(&self) -> String {
        format!("{}://{}", self.scheme("ws"), self.authority)
    }

    /// The URL of what lives at `below` on this server (`http-bind`, without a leading `/`).
    pub fn join(&self, below: &str) -> String {
        format!("{}{}{below}", self.origin(), self.path)
    }

    /// [`PublicUrl::join`] with the scheme of a WebSocket.
    pub fn join_websocket(&self, below: &str) -> String {
        format!("{}{}{below}", self.websocket_origin(), self.path)
    }

    fn scheme(&self, plain: &str) -> String {
        format!("{plain}{}", if self.https { "s" } else { "" })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.join(""))
    }
}

/// A part of a path that no proxy rewrites and no attribute needs to escape.
fn is_plain_segment(segment: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    !matches!(segment, "" | "." | "..") && segment.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_written_as_browsers_write_them() {
        for (given, origin, path, bosh, websocket) in [
            (
                "https://Example.ORG",
                "https://example.org",
                "/",
                "https://example.org/http-bind",
                "wss://example.org/ws",
            ),
            (
                "https://example.org:443/anon",
                "https://example.org",
                "/anon/",
                "https://example.org/anon/http-bind",
                "wss://example.org/anon/ws",
            ),
            (
                "http://[2001:db8::1]:8080/a/b/",
                "http://[2001:db8::1]:8080",
                "/a/b/",
                "http://[2001:db8::1]:8080/a/b/http-bind",
                "ws://[2001:db8::1]:8080/a/b/ws",
            ),
        ] {
            let url = PublicUrl::parse(given).expect(given);
            assert_eq!(url.origin(), origin);
            assert_eq!(url.path(), path);
            assert_eq!(url.join("http-bind"), bosh);
            assert_eq!(url.join_websocket("ws"), websocket);
            assert_eq!(PublicUrl::parse(&url.to_string()), Ok(url));
        }
        let host = |text| PublicUrl::parse(text).expect("a URL").host().to_owned();
        assert_eq!(host("https://example.org:8443/"), "example.org");
        assert_eq!(host("https://[::1]/"), "[::1]");
        assert_eq!(host("https://[::1]:8443/"), "[::1]");
    }

    #[test]
    fn what_is_no_base_of_links_is_refused() {
        for text in [
            "",
            "example.org",
            "//example.org/",
            "ftp://example.org/",
            "https://",
            "https:///anon/",
            "https://user@example.org/",
            "https://example.org/?a",
            "https://example.org/#a",
            "https://example.org/../",
            "https://example.org/a//b/",
            "https://example.org/a b/",
            "https://example.org/a%2fb/",
            "https://example.org/\"/",
            "https://a&b/",
            "https://example.org/js/",
            "https://example.org/room/chat/",
            "https://example.org:99999/",
            "https://example.org:/",
        ] {
            let error = PublicUrl::parse(text).expect_err(text);
            assert!(error.contains("https://example.org/anon/"), "{error}");
        }
    }
}
