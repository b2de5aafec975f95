//! The XML layer: every rule, limit, chunking and round trip.
#![expect(clippy::format_collect, reason = "brevity matters more here")]

mod accepted;
mod chunking;
mod common;
mod corpus;
mod differential;
mod editing;
mod edits;
mod limits;
mod meaning;
mod patching;
mod paths;
mod roundtrip;
mod rules;
mod security;
mod serde;
mod sharing;
mod tags;
