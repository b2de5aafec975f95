//! Stanzas (RFC 6121) and the payloads of the XMPP extensions, typed, without I/O.
#![forbid(unsafe_code)]

mod bad_stanza;
mod dispatch;
mod error_reply;
mod iq;
mod message;
mod payloads;
mod presence;
mod stanza;
mod tracker;

mod xep_0092_version;
mod xep_0199_ping;

pub use xmpp_core as core;
pub use xmpp_core::{StanzaError, StanzaErrorCondition, StanzaErrorType};

pub use bad_stanza::{BadStanza, bad_payload};
pub use dispatch::{IqDispatch, IqReply};
pub use error_reply::{ErrorReply, error_for};
pub use iq::{Iq, IqContent, IqType};
pub use message::{Message, MessageType, Thread};
pub use payloads::Payloads;
pub use presence::{Presence, PresenceType, Show};
pub use stanza::{Stanza, StanzaKind, StanzaRef};
pub use tracker::{IqEvent, IqTracker, Outcome, RequestId};
pub use xep_0092_version::SoftwareVersion;
pub use xep_0199_ping::Ping;

use error_reply::error_of;
