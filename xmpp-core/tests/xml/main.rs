//! The XML layer: every rule, limit, chunking and round trip.
#![expect(clippy::format_collect, reason = "brevity matters more here")]

mod accepted;
mod chunking;
mod common;
mod corpus;
mod differential;
mod editing;
mod limits;
mod roundtrip;
mod rules;
mod security;
mod tags;
