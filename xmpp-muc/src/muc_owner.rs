//! XEP-0045: Multi-User Chat (1.35.5): `<query xmlns='http://jabber.org/protocol/muc#owner'/>`, configuration and end of a
//! room.

use xmpp_core::{BareJid, Payload, xml::ns};
use xmpp_stanza::DataForm;

use crate::Password;

/// `<query xmlns='http://jabber.org/protocol/muc#owner'/>` ([XEP-0045 §18.4]).
///
/// A `get` is empty; its result has the form. A `set` has either a submitted form, empty for an instant room, or
/// `destroy`.
///
/// [XEP-0045 §18.4]: https://xmpp.org/extensions/xep-0045.html#schemas-owner
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::MUC_OWNER)]
pub struct MucOwner {
    /// The configuration.
    #[xml(child)]
    pub form: Option<DataForm>,
    /// The room is to be destroyed.
    #[xml(child)]
    pub destroy: Option<DestroyRequest>,
}

/// `<destroy/>` in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "destroy", ns = ns::MUC_OWNER)]
pub struct DestroyRequest {
    /// The room to go to instead.
    #[xml(attr)]
    pub jid: Option<BareJid>,
    /// The password of that room.
    #[xml(child_text)]
    pub password: Option<Password>,
    /// Why.
    #[xml(child_text)]
    pub reason: Option<String>,
}
