//! Streams and sessions over their codecs, driven by scripts: one test per rule, named by its number.

mod common;
mod errors;
mod headers;
