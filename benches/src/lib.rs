//! The comparison with other XML and XMPP libraries: the same work on the same bytes, with the same checksum.

pub mod checksum;
pub mod chunks;
pub mod contenders;
pub mod fanout;
pub mod jid;
pub mod measure;
pub mod rate;
pub mod routing;
pub mod sasl;
pub mod shapes;

/// The guide's examples, which have both sides.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-xmpp-parsers.md")]
struct FromXmppParsers;
