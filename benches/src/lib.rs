//! The comparison with other XML and XMPP libraries: the same work on the same bytes, with the same checksum.

pub mod checksum;
pub mod chunks;
pub mod contenders;
pub mod jid;
pub mod measure;
pub mod shapes;
