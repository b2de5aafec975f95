//! expat, found at run time (`libexpat.so.1`): what another parser makes of the same bytes.
//!
//! Binding it at build time would make everybody install it, and safe wrappers exist for old versions only; so a few of
//! its functions are called here, and nowhere else. Nothing is allocated for an event, so that the benchmark measures expat
//! and not this crate.

mod library;
mod parse;
mod refusal;

pub use library::{expect_in_ci, is_available, version};
pub use parse::{Attributes, Handler, parse};
pub use refusal::{Code, Refusal};
