//! BOSH, XMPP over HTTP requests that wait for their answers
//! ([XEP-0124](https://xmpp.org/extensions/xep-0124.html) 1.11.2,
//! [XEP-0206](https://xmpp.org/extensions/xep-0206.html) 1.4): both ends, as machines that do no
//! I/O.
//!
//! - [`Manager`] is the connection manager: many sessions, each found by its [`Sid`]. It takes HTTP
//!   requests in any order and processes and answers them in the order of their [`Rid`]s, repeats
//!   answers to requests that are repeated, and takes back what a connection lost before it was
//!   handed over.
//! - [`Client`] is the client: one session. It keeps one request at the connection manager, repeats
//!   what was lost byte for byte, and processes answers in the order of their requests.
//! - [`Body`] and [`Attributes`] are the `<body/>` itself.
//!
//! Neither machine holds stanzas that are not in a body yet: these stay in the
//! [`Session`](core::stream::Session) behind it, which [`Manager::pump`] and [`Client::pump`] join
//! to it.
//!
//! Below both ends meet without a network. An HTTP server puts its requests where the client's come
//! from here, and an HTTP client carries them.
//!
//! ```
//! use std::{collections::BTreeMap, sync::Arc};
//! use xmpp_bosh::{Client, ClientConfig, Manager, ManagerConfig, ManagerEvent};
//! use xmpp_bosh::core::{Timestamp, stream};
//! use xmpp_bosh::core::stream::{
//!     BindAnswer, Channel, ClientSession, ServerEvent, ServerSession, Session,
//! };
//! # use testkit::Seeded;
//! # fn random() -> Box<Seeded> { Box::new(Seeded::new(1)) }
//! let now = Timestamp::from_millis(1_780_000_000_000);
//! let server = stream::ServerConfig::new("localhost")?.allow_anonymous().require_tls(false);
//! let server = Arc::new(server);
//! let account = stream::ClientConfig::anonymous("localhost")?.require_tls(false);
//!
//! let mut manager = Manager::new(ManagerConfig::default(), random());
//! let mut sessions: BTreeMap<_, ServerSession> = BTreeMap::new();
//! let mut client = Client::new(ClientConfig::default(), random());
//! let mut session = ClientSession::new(account, Channel::plain(), now, random());
//!
//! while session.jid().is_none() {
//!     client.pump(now, &mut session);
//!     while client.poll_event().is_some() {}
//!     while session.poll_event().is_some() {}
//!     while let Some(request) = client.poll_request() {
//!         manager.handle_request(now, request.id, request.body.as_bytes());
//!     }
//!     while let Some(event) = manager.poll_event() {
//!         if let ManagerEvent::Created { sid, .. } = event {
//!             let session = ServerSession::new(server.clone(), Channel::plain(), now, random());
//!             sessions.insert(sid, session);
//!         }
//!     }
//!     for (sid, session) in &mut sessions {
//!         manager.pump(now, sid, session);
//!         while let Some(event) = session.poll_event() {
//!             if let ServerEvent::Bind { id, .. } = event {
//!                 session.resolve(id, BindAnswer::Accept)?;
//!             }
//!         }
//!         manager.pump(now, sid, session);
//!     }
//!     while let Some(response) = manager.poll_response() {
//!         manager.handle_written(response.id);
//!         client.handle_response(now, response.id, response.status, response.body.as_bytes());
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is lost, and what is not
//!
//! An answer that broke off before it was handed over to HTTP is taken back: its stanzas go out
//! with whichever request comes next. One that was handed over may still be lost on its way. The
//! client gets it by repeating the rid, as [`Client`] does; a client that goes on with the next rid
//! instead, such as a page of Strophe.js that is loaded anew, has lost it, and nobody can know,
//! unless it uses acknowledgements.
//!
//! # What is not offered
//!
//! Several streams in one session (XEP-0124 §16): a request for one is an empty poll. Compressed
//! bodies: beside secrets they leak (BREACH). Script syntax (XEP-0252).
//!
//! Comments name rules as `BOSH 9.4`: these are the rows of the requirements that this crate was
//! written from, section and number; the tests are named after what they check and name the same
//! rows.
#![forbid(unsafe_code)]

mod body;
mod client;
mod condition;
mod creation;
mod error;
mod ids;
mod key;
mod manager;
mod payload;
mod version;

pub use body::{Attributes, Body, BodyError, BodyType, terminate_body};
pub use client::{Attachment, Client, ClientCloseReason, ClientConfig, ClientEvent, Request};
pub use condition::TerminalCondition;
pub use creation::Creation;
pub use error::Misuse;
pub use ids::{RequestId, Rid, Sid};
pub use manager::{CloseReason, Manager, ManagerConfig, ManagerEvent, RESPONSE_HEADERS, Response};
pub use version::{BoshVersion, VersionError};
pub use xmpp_core as core;
