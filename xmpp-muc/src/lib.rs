//! Multi-User Chat (XEP-0045): types and the room state machine, without I/O.
#![forbid(unsafe_code)]

mod config;
mod effect;
mod fanout;
mod nick;
mod privileges;
mod role;
mod room;
mod service;
mod service_config;
mod status_code;

pub use config::{AllowPm, Password, RoleSet, RoomConfig, Whois};
pub use effect::{DestroyCause, Effect, Event, StoreEvent, StoredMessage};
pub use fanout::Fanout;
pub use role::{Affiliation, Role, UnknownName};
pub use room::Room;
pub use service::{CreateError, Service};
pub use service_config::{Creation, Limits, LockExpiry, ServiceConfig};
pub use status_code::StatusCode;

pub use xmpp_stanza as stanza;
