//! Where the server is, and what it is called there.

use std::{fmt, io};

use hyper::Uri;
use tokio::net::TcpStream;

/// How sessions are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// XEP-0124, from an `http` URL.
    Bosh,
    /// RFC 7395, from a `ws` URL.
    WebSocket,
}

impl Transport {
    /// TCP connections that a session has open at a time.
    pub(crate) fn connections(self) -> u64 {
        match self {
            // One request is held while another is sent.
            Self::Bosh => 2,
            Self::WebSocket => 1,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bosh => "BOSH",
            Self::WebSocket => "WebSocket",
        })
    }
}

/// A server's door.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) transport: Transport,
    /// `HOST:PORT` to connect to.
    pub(crate) authority: String,
    pub(crate) path: String,
    /// The `Host` of the requests.
    pub(crate) host: String,
}

impl Target {
    /// Reads a URL; `host` is the name that the server is asked for, if it is not the one in the URL.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL, in words.
    pub(crate) fn new(url: &str, host: Option<&str>) -> Result<Self, String> {
        let wrong = |why: &str| format!("--url {url}: {why}");
        let uri: Uri = url.parse().map_err(|error| wrong(&format!("{error}")))?;
        let transport = match uri.scheme_str() {
            Some("http") => Transport::Bosh,
            Some("ws") => Transport::WebSocket,
            Some("https" | "wss") => {
                return Err(wrong(
                    "TLS is not spoken here: aim at the server itself, not at what ends TLS for it",
                ));
            }
            _ => return Err(wrong("neither http://… (BOSH) nor ws://… (WebSocket)")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("it names no server"))?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self {
            transport,
            authority: format!("{}:{port}", authority.host()),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
            host: host.unwrap_or(authority.as_str()).to_owned(),
        })
    }

    /// A connection.
    pub(crate) async fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_the_transport() {
        let bosh = Target::new("http://127.0.0.1:5280/http-bind", None).expect("a URL");
        assert_eq!(bosh.transport, Transport::Bosh);
        assert_eq!(bosh.authority, "127.0.0.1:5280");
        assert_eq!((&*bosh.path, &*bosh.host), ("/http-bind", "127.0.0.1:5280"));
        let socket = Target::new("ws://[::1]/ws?x", Some("chat.example")).expect("a URL");
        assert_eq!(socket.transport, Transport::WebSocket);
        assert_eq!(socket.authority, "[::1]:80");
        assert_eq!((&*socket.path, &*socket.host), ("/ws?x", "chat.example"));
    }

    #[test]
    fn what_is_no_door_is_refused_with_the_reason() {
        for (url, part) in [
            ("127.0.0.1:5280/http-bind", "--url"),
            ("/http-bind", "neither http"),
            ("ftp://localhost/", "neither http"),
            ("https://localhost/http-bind", "TLS"),
            ("wss://localhost/xmpp-websocket", "TLS"),
            ("", "--url"),
        ] {
            let error = Target::new(url, None).expect_err(url);
            assert!(error.contains(part), "{url}: {error}");
        }
    }
}
