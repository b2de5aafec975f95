//! xmpp-stanza
#![forbid(unsafe_code)]
