//! BOSH ([XEP-0124](https://xmpp.org/extensions/xep-0124.html), [XEP-0206](https://xmpp.org/extensions/xep-0206.html)): connection manager and client, without I/O.
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
