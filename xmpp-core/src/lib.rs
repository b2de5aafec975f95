//! XMPP core: JIDs, streaming XML, streams and negotiation, without I/O.
#![forbid(unsafe_code)]

pub mod xml;

pub use xmpp_core_derive::Payload;
pub use xmpp_sasl as sasl;
pub use xmpp_sasl::{Random, Timestamp};
