//! xmpp-bosh
#![forbid(unsafe_code)]
