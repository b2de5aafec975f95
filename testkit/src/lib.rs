//! For the tests of this workspace: a clock that a test moves, randomness that a seed determines,
//! scripted peers.
#![forbid(unsafe_code)]

pub mod bosh;
#[cfg(feature = "muc")]
pub mod muc;
mod rng;
mod schedule;
mod scripted;

pub use rng::Seeded;
pub use schedule::Schedule;
pub use scripted::ScriptedSession;
