//! xmpp-muc
#![forbid(unsafe_code)]
