//! XEP-0319: Last User Interaction in Presence, version 1.0.2.

use xmpp_core::{Payload, xml::ns};

use crate::DateTime;

/// Since when the user has not touched the device ([XEP-0319
/// §3](https://xmpp.org/extensions/xep-0319.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "idle", ns = ns::IDLE)]
pub struct Idle {
    /// Since then.
    #[xml(attr)]
    pub since: DateTime,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn since_when() {
        let idle: Idle = round_trip("<idle xmlns='urn:xmpp:idle:1' since='1989-07-21T02:56:15Z'/>");
        assert_eq!(idle.since.to_string(), "1989-07-21T02:56:15Z");
        assert_eq!(
            error::<Idle>("<idle xmlns='urn:xmpp:idle:1'/>"),
            "<idle/> has no attribute 'since'"
        );
    }
}
