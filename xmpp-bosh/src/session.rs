//! What this crate needs of a session.

/// The side of a session that a transport sees; `xmpp_core`'s server and client sessions have it.
pub trait Session {}
