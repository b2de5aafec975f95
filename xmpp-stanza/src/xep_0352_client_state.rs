//! XEP-0352: Client State Indication, version 1.0.0.

use xmpp_core::{Payload, xml::ns};

/// Whether the user looks at the client ([XEP-0352 §4](https://xmpp.org/extensions/xep-0352.html)):
/// an element of its own on the stream, never answered. Only where the server offers `<csi
/// xmlns='urn:xmpp:csi:0'/>` (CSI-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(ns = ns::CSI)]
pub enum ClientState {
    /// Yes, as at the start of every stream.
    Active,
    /// No: what is not urgent may wait.
    Inactive,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn the_two_states() {
        assert_eq!(
            round_trip::<ClientState>("<active xmlns='urn:xmpp:csi:0'/>"),
            ClientState::Active
        );
        assert_eq!(
            round_trip::<ClientState>("<inactive xmlns='urn:xmpp:csi:0'/>"),
            ClientState::Inactive
        );
        assert_eq!(
            error::<ClientState>("<csi xmlns='urn:xmpp:csi:0'/>"),
            "not a <active|inactive/>"
        );
    }
}
