//! The bodies of the fuzz targets: each takes any bytes and panics when a property does not hold.

mod bosh_body;
mod diff_xml;
mod edits;
mod jid;
mod muc_stanza;
mod pieces;
mod roundtrip;
mod sasl_client;
mod sasl_server;
mod scram_model;
mod stream_bytes;
mod stream_splits;
mod typed_stanza;
mod x509_san;

pub use bosh_body::bosh_body;
pub use diff_xml::diff_xml;
pub use jid::jid;
pub use muc_stanza::muc_stanza;
pub use roundtrip::roundtrip;
pub use sasl_client::sasl_client;
pub use sasl_server::sasl_server;
pub use stream_bytes::stream_bytes;
pub use stream_splits::stream_splits;
pub use typed_stanza::typed_stanza;
pub use x509_san::x509_san;
