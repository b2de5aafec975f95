//! BOSH ([XEP-0124](https://xmpp.org/extensions/xep-0124.html), [XEP-0206](https://xmpp.org/extensions/xep-0206.html)): connection manager and client, without I/O.
#![forbid(unsafe_code)]

mod condition;
mod creation;
mod error;
mod ids;
mod manager;
mod session;
mod version;

pub use condition::TerminalCondition;
pub use creation::Creation;
pub use error::Misuse;
pub use ids::{RequestId, Rid, Sid};
pub use manager::{CloseReason, Manager, ManagerConfig, ManagerEvent, RESPONSE_HEADERS, Response};
pub use session::Session;
pub use version::{BoshVersion, VersionError};
pub use xmpp_core as core;
