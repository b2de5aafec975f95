//! Streams: headers, errors, codecs, sessions ([RFC 6120] §4 to §7, [RFC 7395]).
//!
//! ```text
//! bytes ── codec (TCP · WebSocket · BOSH body) ── StreamItem ── session (server · client) ── events
//!                                              ── OutItem  ──                            ── commands
//! ```
//!
//! A session does not know what carries it, and a codec does not know what it carries. [`Link`] joins one of each, under
//! the names [`TcpServer`], [`TcpClient`], [`WebSocketServer`] and [`WebSocketClient`].
//!
//! Rules that are cited by a number (`HDR-8`, `SAS-11`, `BND-2`, `BOSH 15.12`) are those of the project's catalogue of
//! requirements; the tests carry the same numbers.
//!
//! [RFC 6120]: https://www.rfc-editor.org/rfc/rfc6120
//! [RFC 7395]: https://www.rfc-editor.org/rfc/rfc7395

mod channel;
mod client;
mod codec;
mod condition;
mod deadline;
mod error;
mod faults;
mod ids;
mod item;
mod link;
mod out;
mod sasl;
mod server;
mod session;
mod stanza;
mod tcp;
mod version;
mod websocket;

pub use self::{
    channel::Channel,
    client::{ClientConfig, ClientEvent, ClientSession},
    codec::Codec,
    condition::StreamErrorCondition,
    error::{Advice, CloseReason, Misuse, StreamError},
    ids::is_anonymous_localpart,
    item::{OutItem, StreamHeader, StreamItem},
    link::Link,
    server::{Answer, BindAnswer, LookupId, ServerConfig, ServerEvent, ServerSession},
    session::Session,
    tcp::TcpCodec,
    websocket::WebSocketCodec,
};

/// A server's session on a byte stream.
pub type TcpServer = Link<TcpCodec, ServerSession>;
/// A client's session on a byte stream.
pub type TcpClient = Link<TcpCodec, ClientSession>;
/// A server's session on a WebSocket.
pub type WebSocketServer = Link<WebSocketCodec, ServerSession>;
/// A client's session on a WebSocket.
pub type WebSocketClient = Link<WebSocketCodec, ClientSession>;
