//! The XML parser of xmpp-core beside two others: expat first, rxml second.
//!
//! [`check`] reads the same bytes with all three and compares what they accept and what they tell. What differs is a defect
//! or an entry of [`DIFFERENCES`], which is also the table in `docs/xml-differences.md`.

mod compare;
mod differences;
mod expat;
mod item;
mod ours;
mod reading;
mod rebuild;
mod rxml;
#[cfg(test)]
mod tests;

pub use compare::{Unexplained, check, compare};
pub use differences::{DIFFERENCES, Difference, table};
pub use item::{Item, items};
pub use reading::{Case, End, Mode, Oracle, Reading, Refusal, Way};
pub use rebuild::rebuild;
