//! The comparison with other XML and XMPP libraries: the same work on the same bytes, with the same checksum.

pub mod checksum;
pub mod chunks;
pub mod contenders;
pub mod fanout;
pub mod measure;
pub mod rate;
pub mod routing;
pub mod shapes;
