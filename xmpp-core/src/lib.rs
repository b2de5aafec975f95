//! XMPP core: JIDs, streaming XML, streams and negotiation, without I/O.
#![forbid(unsafe_code)]

mod jid;
mod stanza_error;

pub mod stream;
pub mod xml;

pub use jid::{BareJid, FullJid, Jid, JidError, JidPart, JidRule};
pub use stanza_error::{StanzaError, StanzaErrorCondition, StanzaErrorType, UnknownName};
pub use xmpp_core_derive::{Payload, XmlText};
pub use xmpp_sasl as sasl;
pub use xmpp_sasl::{Random, Timestamp};
