//! Multi-User Chat (XEP-0045): types and the room state machine, without I/O.
#![forbid(unsafe_code)]

mod config;
mod context;
mod effect;
mod ids;
mod muc;
mod muc_admin;
mod muc_owner;
mod muc_user;
mod nick;
mod privileges;
mod request;
mod role;
mod room;
mod room_form;
mod service;
mod service_config;
mod status_code;
mod wire;

pub use config::{AllowPm, Password, RoleSet, RoomConfig, Whois};
pub use effect::{DestroyCause, Effect, Event, StoreEvent, StoredMessage};
pub use muc::{HistoryRequest, Muc};
pub use muc_admin::{AdminActor, AdminItem, MucAdmin};
pub use muc_owner::{DestroyRequest, MucOwner};
pub use muc_user::{Actor, Continue, Decline, Destroy, Invite, Item, MucUser, Status};
pub use role::{Affiliation, Role};
pub use room::Room;
pub use service::{CreateError, Service};
pub use service_config::{Creation, Limits, LockExpiry, ServiceConfig};
pub use status_code::StatusCode;
pub use xmpp_core::xml::Fanout;

pub use xmpp_stanza as stanza;
