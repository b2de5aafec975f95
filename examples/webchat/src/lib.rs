//! An anonymous web chat: one program that serves a chat page, Converse.js and the XMPP server under both.
//!
//! The protocol is the five crates' business; this program gives them sockets, a clock and randomness. Its parts,
//! from the outside in:
//!
//! - [`Options`] and [`Settings`]: the command line, the TOML file, the defaults.
//! - [`Server`]: the listener, its connections, the orderly end.
//! - `tls`: HTTPS by certificate files.
//! - `http`: from a request to the domain it is for (`Host`, what trusted proxies say, the path's prefix), then that
//!   domain's routes: the page, Converse.js, host-meta, `POST /http-bind` and `GET /xmpp-websocket`, each of which hands over
//!   requests and messages as they come.
//! - [`store`]: rooms and archives in SQLite, and the threads that wait for the disk.
//! - [`upload`]: files that users share (XEP-0363): who gets a slot, where they lie.
//! - `site_check`: the question to a site whose token it is, over HTTP.
//! - `driver`: the one task that owns a hub, with its clock.
//! - [`hub::Hub`]: a machine without I/O as the crates are: sessions of BOSH and WebSocket clients in, answers and
//!   messages out, stanzas routed between them and the rooms. It knows one domain; a process has one for each.
#![forbid(unsafe_code)]

pub mod check;
mod driver;
mod http;
pub mod hub;
pub mod logs;
mod metrics;
mod options;
mod server;
mod site_check;
pub mod store;
pub mod systemd;
mod table;
mod tls;
mod upkeep;
pub mod upload;

pub use example_support::{Clock, secure_random};
pub use options::{
    Admin, AdminOptions, Archive, ArchiveOptions, DeclaredRoom, Flood, FloodOptions, HostOptions,
    HostSettings, Limits, LogAddresses, LogFormat, LogOptions, Logs, Options, Proxies,
    ProxyHeaders, PublicUrl, RoomOptions, Settings, SignOn, SignOnOptions, SiteKey, Timing,
    TlsFiles, TlsOptions, TokenCheck, UnknownHost, UploadLimits, UploadOptions,
};
pub use server::{Server, StartError};
pub use tls::TlsError;
