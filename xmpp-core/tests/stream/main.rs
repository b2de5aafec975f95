//! Streams and sessions over their codecs, driven by scripts: one test per rule, named by its number.

mod anything;
mod client;
mod closing;
mod codecs;
mod common;
mod downgrade;
mod errors;
mod external;
mod headers;
mod items;
mod joined;
mod limits;
mod login;
mod recorded;
mod stanzas;
mod starttls;
