//! The bodies of the fuzz targets: each takes any bytes and panics when a property does not hold.

mod bosh_body;
mod jid;
mod roundtrip;
mod stream_splits;

pub use bosh_body::bosh_body;
pub use jid::jid;
pub use roundtrip::roundtrip;
pub use stream_splits::stream_splits;
