//! What the tests need: a server on a free port, an HTTP client, and users who speak XMPP over both transports.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses its own part"
)]

pub mod archive;
pub mod bosh;
pub mod http;
pub mod program;
pub mod websocket;

use std::{net::SocketAddr, time::Duration};

use clap::Parser;
use webchat::{Options, Server};
use xmpp_core::xml::{Element, ns};

/// Longer than anything here should take; shorter than a hang.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a free port of this machine, unless the options say otherwise; it stores nothing unless they say where.
pub async fn server(options: &[&str]) -> Server {
    let mut line = vec!["webchat"];
    if !options.contains(&"--listen") {
        line.extend(["--listen", "127.0.0.1:0"]);
    }
    line.extend(nothing_stored(options));
    line.extend(options);
    let settings = Options::parse_from(line).settle().expect("usable options");
    Server::start(&settings).await.expect("a free port")
}

/// What keeps tests out of each other's data.
pub fn nothing_stored(options: &[&str]) -> &'static [&'static str] {
    if options.contains(&"--data") {
        &[]
    } else {
        &["--data", "none"]
    }
}

/// A server on a free port, with these options and this TOML file.
pub async fn server_with_file(options: &[&str], file: &str) -> Server {
    let path = std::env::temp_dir().join(format!("webchat-{}.toml", rand::random::<u64>()));
    std::fs::write(&path, file).expect("a file");
    let mut options = options.to_vec();
    options.extend(["--config", path.to_str().expect("UTF-8")]);
    let server = server(&options).await;
    std::fs::remove_file(&path).expect("our own file");
    server
}

/// Waits for `future`, but not for ever.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("timed out: {what}"))
}

/// One logged-in user, over either transport.
pub enum User {
    Bosh(bosh::Bosh),
    WebSocket(websocket::Socket),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Bosh,
    WebSocket,
}

pub const TRANSPORTS: [Transport; 2] = [Transport::Bosh, Transport::WebSocket];

impl User {
    /// Logs in anonymously.
    pub async fn login(address: SocketAddr, transport: Transport) -> Self {
        match transport {
            Transport::Bosh => Self::Bosh(bosh::Bosh::login(address).await),
            Transport::WebSocket => Self::WebSocket(websocket::Socket::login(address).await),
        }
    }

    /// The full JID that the server gave.
    pub fn jid(&self) -> &str {
        match self {
            Self::Bosh(user) => &user.jid,
            Self::WebSocket(user) => &user.jid,
        }
    }

    /// Sends one stanza, written without `xmlns`.
    pub async fn send(&mut self, stanza: &str) {
        match self {
            Self::Bosh(user) => user.send(stanza).await,
            Self::WebSocket(user) => user.send_stanza(stanza).await,
        }
    }

    /// As [`send`](Self::send), to a server that may be gone: whether it was taken.
    pub async fn offer(&mut self, stanza: &str) -> bool {
        match self {
            Self::Bosh(user) => {
                user.send(stanza).await;
                !user.lost
            }
            Self::WebSocket(user) => user.offer(stanza).await,
        }
    }

    /// The next stanza; `None` when the session has ended, or the server.
    pub async fn try_next(&mut self) -> Option<Element> {
        soon("a stanza", async {
            match self {
                Self::Bosh(user) => user.next().await,
                Self::WebSocket(user) => user.next().await,
            }
        })
        .await
    }

    /// The next stanza that arrives.
    pub async fn next(&mut self) -> Element {
        self.try_next().await.expect("the session is alive")
    }

    /// The next stanza that `wanted` accepts; others are passed over.
    pub async fn find(&mut self, what: &str, wanted: impl Fn(&Element) -> bool) -> Element {
        soon(what, async {
            loop {
                let stanza = match self {
                    Self::Bosh(user) => user.next().await,
                    Self::WebSocket(user) => user.next().await,
                };
                match stanza {
                    Some(stanza) if wanted(&stanza) => return stanza,
                    Some(_) => {}
                    None => panic!("{what}: the session ended"),
                }
            }
        })
        .await
    }

    /// Nothing else arrives before the answer to a ping that is sent now; gives what did.
    pub async fn drain(&mut self) -> Vec<Element> {
        let id = format!("drain-{}", rand::random::<u64>());
        self.send(&format!(
            "<iq type='get' id='{id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"
        ))
        .await;
        let mut seen = Vec::new();
        loop {
            let stanza = self.next().await;
            if stanza.attr("id").as_deref() == Some(&id) {
                return seen;
            }
            seen.push(stanza);
        }
    }

    /// Enters `room@rooms.localhost` as `nick`; what came up to and with the room's subject.
    pub async fn join(&mut self, room: &str, nick: &str) -> Vec<Element> {
        self.send(&format!(
            "<presence to='{room}@rooms.localhost/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        ))
        .await;
        let mut seen = Vec::new();
        loop {
            let stanza = self.next().await;
            let last = is_subject(&stanza) || is_error(&stanza);
            seen.push(stanza);
            if last {
                return seen;
            }
        }
    }

    /// Sends `text` to the room.
    pub async fn say(&mut self, room: &str, text: &str, id: &str) {
        self.send(&format!(
            "<message type='groupchat' id='{id}' to='{room}@rooms.localhost'><body>{text}</body></message>"
        ))
        .await;
    }

    /// The next message of a room that has a body: who and what.
    pub async fn hears(&mut self) -> (String, String) {
        let message = self.find("a message", |s| body(s).is_some()).await;
        let from = message.attr("from").expect("from").into_owned();
        (from, body(&message).expect("a body"))
    }
}

/// The text of a message.
pub fn body(stanza: &Element) -> Option<String> {
    stanza
        .is("message", ns::CLIENT)
        .then(|| stanza.child("body", ns::CLIENT))
        .flatten()
        .map(|body| body.text().into_owned())
}

pub fn is_error(stanza: &Element) -> bool {
    stanza.attr("type").as_deref() == Some("error")
}

/// A message that sets the room's subject, if only to nothing.
pub fn is_subject(stanza: &Element) -> bool {
    stanza.is("message", ns::CLIENT)
        && stanza.child("subject", ns::CLIENT).is_some()
        && stanza.child("body", ns::CLIENT).is_none()
}

/// The name of the condition in an error stanza.
pub fn condition(stanza: &Element) -> Option<String> {
    let error = stanza.child("error", ns::CLIENT)?;
    error
        .children()
        .find(|child| child.has_ns(ns::STANZA_ERRORS) && child.name() != "text")
        .map(|child| child.name().to_owned())
}

/// The status codes of a room's presence.
pub fn status_codes(stanza: &Element) -> Vec<String> {
    stanza
        .child("x", ns::MUC_USER)
        .into_iter()
        .flat_map(xmpp_core::xml::ElementRef::children)
        .filter(|child| child.name() == "status")
        .filter_map(|status| status.attr("code").map(std::borrow::Cow::into_owned))
        .collect()
}
