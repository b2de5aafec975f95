//! The XML layer: every rule, limit, chunking and round trip.

mod chunking;
mod common;
mod limits;
mod rules;
