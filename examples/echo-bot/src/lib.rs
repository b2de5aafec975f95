//! A bot that repeats what it hears in a chat room.
//!
//! Read [`Bot`] for what it does with stanzas, and `tcp.rs`, `websocket.rs` and `bosh.rs` for the three loops that carry
//! it: that is all it takes to drive the library's machines from a runtime.
#![forbid(unsafe_code)]

mod bosh;
mod bot;
mod client;
mod connect;
mod options;
mod tcp;
mod websocket;

use std::io;

use tokio_util::sync::CancellationToken;
use xmpp_core::stream::{Channel, ClientSession};

pub use bot::Bot;
pub use client::{Application, End};
pub use example_support::{Clock, secure_random};
pub use options::{Options, Transport};

use client::Client;
use connect::Tls;

/// Why there was no session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The options do not fit together.
    #[error("{0}")]
    Options(String),
    /// The connection could not be made, or not secured.
    #[error("connection: {0}")]
    Io(#[from] io::Error),
}

/// Runs `app` on a session until that ends, or until `stop` says so and it has been left in good order.
///
/// # Errors
///
/// [`Error`] when the options do not fit together, or there was no connection as secure as they want it.
pub async fn run(
    options: &Options,
    app: &mut dyn Application,
    stop: CancellationToken,
) -> Result<End, Error> {
    let config = options.client_config()?;
    let domain = config.domain().as_str().to_owned();
    let clock = Clock::start();
    let client = Client::new(app, clock, stop);
    let session =
        |channel| ClientSession::new(config, channel, clock.now(), Box::new(secure_random()));
    let ca = options.ca.as_deref();
    match options.transport {
        Transport::Tcp => {
            let tls = Tls::new(ca, &domain)?;
            let (host, port) = options.server(&domain)?;
            let mut stream = connect::tcp(&host, port).await?;
            let channel = if options.direct_tls {
                let (secured, security) = tls.secure(stream).await?;
                stream = secured;
                Channel::new(security)
            } else if options.insecure_plaintext {
                Channel::plain()
            } else {
                Channel::start_tls()
            };
            Ok(tcp::run(stream, &tls, session(channel), client).await?)
        }
        Transport::WebSocket => {
            let (url, secure) = options.endpoint("ws")?;
            let host = url.host().unwrap_or(&domain);
            let port = url.port_u16().unwrap_or(if secure { 443 } else { 80 });
            let mut stream = connect::tcp(host, port).await?;
            let mut channel = Channel::plain();
            if secure {
                let (secured, security) = Tls::new(ca, host)?.secure(stream).await?;
                stream = secured;
                channel = Channel::new(security);
            }
            let socket = websocket::open(&url.to_string(), stream).await?;
            Ok(websocket::run(socket, session(channel), client).await)
        }
        Transport::Bosh => {
            let (url, secure) = options.endpoint("http")?;
            let http = Tls::new(ca, url.host().unwrap_or(&domain))?.http();
            let channel = if secure {
                Channel::tls()
            } else {
                Channel::plain()
            };
            let end = bosh::run(&http, url, session(channel), client).await;
            Ok(end.map_err(io::Error::other)?)
        }
    }
}

/// The README's loop of code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
