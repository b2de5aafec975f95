//! The XML layer: every rule, limit, chunking and round trip.

mod chunking;
mod common;
mod editing;
mod limits;
mod roundtrip;
mod rules;
