//! Multi-User Chat (XEP-0045): types and the room state machine, without I/O.
#![forbid(unsafe_code)]

mod nick;
mod privileges;
mod role;
mod status_code;

pub use role::{Affiliation, Role, UnknownName};
pub use status_code::StatusCode;

pub use xmpp_stanza as stanza;
