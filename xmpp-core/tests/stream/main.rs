//! Streams and sessions over their codecs, driven by scripts: one test per rule, named by its number.

mod closing;
mod common;
mod errors;
mod headers;
mod login;
mod stanzas;
mod starttls;
