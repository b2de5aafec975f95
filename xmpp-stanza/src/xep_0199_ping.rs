//! XEP-0199: XMPP Ping, version 2.0.1.

use xmpp_core::{Payload, xml::ns};

/// Asks whether an entity is there ([XEP-0199 §3](https://xmpp.org/extensions/xep-0199.html)); the
/// answer is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "ping", ns = ns::PING)]
pub struct Ping;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn ping() {
        round_trip::<Ping>("<ping xmlns='urn:xmpp:ping'/>");
        assert_eq!(
            error::<Ping>("<ping xmlns='urn:xmpp:pong'/>"),
            "not a <ping/>"
        );
    }
}
