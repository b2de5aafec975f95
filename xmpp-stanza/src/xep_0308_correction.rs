//! XEP-0308: Last Message Correction, version 1.2.1.

use xmpp_core::{Payload, xml::ns};

/// Says that the message replaces an earlier one of the same sender
/// ([XEP-0308 §3](https://xmpp.org/extensions/xep-0308.html)).
///
/// The caller checks that it is the same sender: the bare JID, in a room the occupant-id or the
/// full occupant JID without a leave in between.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "replace", ns = ns::CORRECT)]
pub struct Correction {
    /// The id that the sender gave to the first version of the message.
    #[xml(attr)]
    pub id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn of_a_message() {
        let correction: Correction =
            round_trip("<replace xmlns='urn:xmpp:message-correct:0' id='bad1'/>");
        assert_eq!(correction.id, "bad1");
        assert_eq!(
            error::<Correction>("<replace xmlns='urn:xmpp:message-correct:0'/>"),
            "<replace/> has no attribute 'id'"
        );
    }
}
