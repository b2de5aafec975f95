//! XEP-0380: Explicit Message Encryption, version 0.4.0.

use xmpp_core::{Payload, xml::ns};

/// Says how a message is encrypted ([XEP-0380 §3](https://xmpp.org/extensions/xep-0380.html)), for
/// clients that cannot read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "encryption", ns = ns::EME)]
pub struct ExplicitEncryption {
    /// The protocol's namespace.
    #[xml(attr)]
    pub namespace: String,
    /// The protocol's name, for protocols that are not well known.
    #[xml(attr)]
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn by_otr() {
        let encryption: ExplicitEncryption =
            round_trip("<encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:otr:0'/>");
        assert_eq!(encryption.namespace, "urn:xmpp:otr:0");
        assert_eq!(
            error::<ExplicitEncryption>("<encryption xmlns='urn:xmpp:eme:0'/>"),
            "<encryption/> has no attribute 'namespace'"
        );
    }
}
