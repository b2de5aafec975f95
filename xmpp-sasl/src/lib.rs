//! SASL (RFC 4422) for clients and servers, without I/O.
#![forbid(unsafe_code)]

mod random;
mod timestamp;

pub use random::Random;
pub use timestamp::Timestamp;
