//! XEP-0490: Message Displayed Synchronization, version 1.0.1.

use xmpp_core::Payload;

use crate::StanzaId;

/// The last message of a chat that the user has seen ([XEP-0490
/// §3](https://xmpp.org/extensions/xep-0490.html)): an item of the node of the same name, whose id
/// is the address of the chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "displayed", ns = "urn:xmpp:mds:displayed:0")]
pub struct DisplayedUpTo {
    /// The message, by the archive's id.
    #[xml(child)]
    pub stanza_id: StanzaId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn of_a_chat() {
        let displayed: DisplayedUpTo = round_trip(
            "<displayed xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit' \
             id='0f710f2b-52ed-4d52-b928-784dad74a52b'/></displayed>",
        );
        assert_eq!(displayed.stanza_id.by.local(), Some("juliet"));
        assert_eq!(
            error::<DisplayedUpTo>("<displayed xmlns='urn:xmpp:mds:displayed:0'/>"),
            "<displayed/> has no child <stanza-id/>"
        );
    }
}
