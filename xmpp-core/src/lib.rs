//! XMPP core ([RFC 6120], [RFC 7622], [RFC 7395]): JIDs, streaming XML, streams and their negotiation, without I/O.
//!
//! Nothing here touches a socket, a clock, the operating system's randomness, a thread or an async runtime: bytes, time
//! and randomness come in as arguments, bytes and events come out. Any runtime can drive it, and every test is a
//! script.
//!
//! # What is here
//!
//! - [`Jid`], [`BareJid`], [`FullJid`]: addresses, prepared when they are made; [`JidRef`], [`BareJidRef`] borrow them.
//!   [`XmppUri`]: links to them; [`escape_local`]: what people type as a localpart.
//! - [`xml`]: the streaming parser with its limits, [`Element`](xml::Element), the [`Writer`](xml::Writer),
//!   typed payloads by `#[derive(Payload)]`.
//! - [`stream`]: [`ServerSession`](stream::ServerSession) and [`ClientSession`](stream::ClientSession), which negotiate a stream and then carry stanzas, and
//!   the codecs that put them on TCP and WebSocket. BOSH is in the crate `xmpp-bosh`.
//! - [`StanzaError`]; [`sasl`], the crate under this one.
//!
//! # The order of calls
//!
//! A [`Link`](stream::Link) is a session with its codec. After everything that goes in — input, time, a command — take
//! what comes out: events first, because answering them makes more to send, then output, then the next timeout. Any
//! other order is legal too, and `None` only ever means "nothing yet".
//!
//! ```
//! use std::sync::Arc;
//! use xmpp_core::{
//!     Random, Timestamp,
//!     stream::{
//!         BindAnswer, Channel, ClientConfig, ClientEvent, ClientSession, ServerConfig, ServerEvent,
//!         ServerSession, TcpClient, TcpServer,
//!     },
//!     xml::Element,
//! };
//!
//! # struct Os(u8);
//! # impl Random for Os {
//! #     fn fill(&mut self, dest: &mut [u8]) {
//! #         for byte in dest { self.0 = self.0.wrapping_mul(5).wrapping_add(7); *byte = self.0; }
//! #     }
//! # }
//! // `Os` fills bytes from the operating system (the feature `rand` has an adapter for generators of that crate); `now`
//! // comes from the caller's clock.
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let config = ServerConfig::new("chat.example")?.allow_anonymous().require_tls(false);
//! let session = ServerSession::new(Arc::new(config), Channel::plain(), now, Box::new(Os(1)));
//! let mut server = TcpServer::new(session);
//! let wants = ClientConfig::anonymous("chat.example")?.require_tls(false);
//! let mut client = TcpClient::new(ClientSession::new(wants, Channel::plain(), now, Box::new(Os(2))));
//!
//! let mut received = None;
//! while received.is_none() {
//!     // The client's side: what to send, and what happened.
//!     let mut bytes = String::new();
//!     client.poll_transmit(&mut bytes);
//!     server.handle_input(now, bytes.as_bytes());
//!
//!     // The server's side: events, answers to those that ask, a pump so that the session goes on …
//!     while let Some(event) = server.poll_event() {
//!         match event {
//!             ServerEvent::Bind { id, .. } => {
//!                 server.session_mut().resolve(id, BindAnswer::Accept)?;
//!                 server.pump(now);
//!             }
//!             // … stanzas for the router, which answers by `send` …
//!             ServerEvent::Stanza(stanza) => server.session_mut().send(&stanza)?,
//!             ServerEvent::Closed { reason, .. } => panic!("{reason:?}"),
//!             _ => {}
//!         }
//!     }
//!     // … then output, and when to come back although nothing arrives.
//!     let mut bytes = String::new();
//!     server.poll_transmit(&mut bytes);
//!     let _wake_me_at = server.poll_timeout(); // then: server.handle_timeout(now)
//!
//!     client.handle_input(now, bytes.as_bytes());
//!     while let Some(event) = client.poll_event() {
//!         match event {
//!             ClientEvent::Derive(job) => client.session_mut().derived(job.run())?,
//!             ClientEvent::Ready { .. } => {
//!                 let stanza = "<message xmlns='jabber:client'><body>hello</body></message>";
//!                 client.session_mut().send(&stanza.parse::<Element>()?)?;
//!             }
//!             ClientEvent::Stanza(stanza) => received = Some(stanza),
//!             ClientEvent::Closed { advice, .. } => panic!("{advice:?}"),
//!             _ => {}
//!         }
//!         client.pump(now);
//!     }
//! }
//! assert_eq!(received.unwrap().children().next().unwrap().text(), "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! When the transport ends, say [`handle_eof`](stream::Link::handle_eof). When [`is_closed`](stream::Link::is_closed) says so, send what is left and close it.
//! A WebSocket works the same with [`handle_message`](stream::Link::handle_message) and [`poll_message`](stream::Link::poll_message).
//!
//! # Stanzas without a session
//!
//! A logger, a bridge or a proxy needs no session: [`xml`] and the JIDs stand on their own.
//!
//! Split what a TCP connection delivers into stanzas, however it is cut, and read a payload:
//!
//! ```
//! use xmpp_core::{Jid, Payload, xml::{Limits, Parser, ParserEvent, Payload as _, ns}};
//!
//! #[derive(Debug, PartialEq, Payload)]
//! #[xml(name = "origin-id", ns = ns::STANZA_ID)]
//! struct OriginId {
//!     #[xml(attr)]
//!     id: String,
//! }
//!
//! let mut parser = Parser::stream(Limits::SERVER_FROM_CLIENT);
//! let mut stanzas = Vec::new();
//! for chunk in [
//!     &b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://ether"[..],
//!     b"x.jabber.org/streams'><message to='bob@example.org'><body>Tea?</body><origin-id xml",
//!     b"ns='urn:xmpp:sid:0' id='o1'/></message> <presence/>",
//! ] {
//!     parser.push(chunk);
//!     while let Some(event) = parser.poll()? {
//!         match event {
//!             ParserEvent::Open(header) => assert!(header.is("stream", ns::STREAMS)),
//!             ParserEvent::Element(stanza) => stanzas.push(stanza),
//!             ParserEvent::Close => println!("the peer is done"),
//!             _ => {}
//!         }
//!     }
//! }
//! let [message, presence] = &stanzas[..] else { panic!() };
//! assert!(message.is("message", ns::CLIENT) && presence.is("presence", ns::CLIENT));
//! let to: Jid = message.attr("to").expect("it has one").parse()?;
//! assert_eq!((to.local(), to.domain()), (Some("bob"), "example.org"));
//! let id = message.child("origin-id", ns::STANZA_ID).map(OriginId::from_element).transpose()?;
//! assert_eq!(id, Some(OriginId { id: "o1".to_owned() }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Build a message, and forward one under other addresses. What was received is spliced, not written anew, where that is
//! safe; values are escaped on the way:
//!
//! ```
//! use xmpp_core::xml::{Edit, Element, Patch, ns};
//!
//! let message = Element::build(ns::CLIENT, |w| {
//!     let message = w.start("message", ns::CLIENT);
//!     w.attr("to", "room@rooms.example.org");
//!     w.attr("type", "groupchat");
//!     w.text_element("body", ns::CLIENT, "Tea & cake?");
//!     w.end(message);
//! });
//! assert_eq!(message.child("body", ns::CLIENT).map(|body| body.text()).as_deref(), Some("Tea & cake?"));
//!
//! let mut out = String::new();
//! Patch::new(&message, &["from", "to"])
//!     .apply(&[("from", "room@rooms.example.org/alice"), ("to", "bob@example.org/phone")], &mut out);
//! assert_eq!(
//!     out,
//!     "<message from='room@rooms.example.org/alice' to='bob@example.org/phone' type='groupchat'>\
//!      <body>Tea &amp; cake?</body></message>"
//! );
//!
//! // Anything else is an edit, also of what is further in.
//! let body = message.child("body", ns::CLIENT).expect("it has one");
//! let edited = Edit::new(&message).at(body, |body| body.set_text("Coffee?")).remove_attr("type").to_element();
//! assert_eq!(edited.child("body", ns::CLIENT).map(|body| body.text()).as_deref(), Some("Coffee?"));
//! ```
//!
//! Typed messages, presences and queries, and the payloads of the extensions, are in the crate `xmpp-stanza`.
//!
//! # Back-pressure
//!
//! While [`wants_input`](stream::Link::wants_input) is false, read nothing from the transport. What is sent waits in the session until it is
//! fetched, so fetch it only when the transport takes it: the backlog is bounded, and whoever lets it overflow is cut off.
//! What a peer may send is bounded by [`Limits`](xml::Limits), which are enforced while it arrives.
//!
//! [RFC 6120]: https://www.rfc-editor.org/rfc/rfc6120
//! [RFC 7395]: https://www.rfc-editor.org/rfc/rfc7395
//! [RFC 7622]: https://www.rfc-editor.org/rfc/rfc7622
#![forbid(unsafe_code)]

mod error_children;
mod jid;
mod stanza_error;
mod timers;
mod token_bucket;

pub mod stream;
pub mod xml;

pub use jid::{
    BareJid, BareJidRef, FullJid, Jid, JidError, JidPart, JidRef, JidRule, XmppUri, XmppUriError,
    escape_local, unescape_local,
};
pub use stanza_error::{StanzaError, StanzaErrorCondition, StanzaErrorType, UnknownName};
pub use timers::Timers;
pub use token_bucket::{TokenBucket, TokenRate};
pub use xmpp_core_derive::{Payload, XmlText};
pub use xmpp_sasl as sasl;
#[cfg(feature = "rand")]
pub use xmpp_sasl::CryptoRandom;
pub use xmpp_sasl::{Random, Timestamp};
