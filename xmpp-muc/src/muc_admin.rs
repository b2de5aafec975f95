//! XEP-0045: Multi-User Chat (1.35.5): `<query xmlns='http://jabber.org/protocol/muc#admin'/>`, lists and their changes.

use xmpp_core::{Jid, Payload, xml::ns};

use crate::{Affiliation, Role};

/// `<query xmlns='http://jabber.org/protocol/muc#admin'/>` ([XEP-0045 §18.3]).
///
/// A `get` has one item that names the list by a role or an affiliation; the result has an item for each entry; a
/// `set` has the changes.
///
/// [XEP-0045 §18.3]: https://xmpp.org/extensions/xep-0045.html#schemas-admin
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::MUC_ADMIN)]
pub struct MucAdmin {
    /// The entries.
    #[xml(child)]
    pub items: Vec<AdminItem>,
}

/// `<item/>` of `muc#admin`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "item", ns = ns::MUC_ADMIN)]
pub struct AdminItem {
    /// The affiliation: asked for, held, or to be given to `jid`.
    #[xml(attr)]
    pub affiliation: Option<Affiliation>,
    /// The role: asked for, held, or to be given to `nick`.
    #[xml(attr)]
    pub role: Option<Role>,
    /// The user's address.
    #[xml(attr)]
    pub jid: Option<Jid>,
    /// The nick: of the occupant, or reserved for the user; empty to end a reservation.
    #[xml(attr)]
    pub nick: Option<String>,
    /// Who did it.
    #[xml(child)]
    pub actor: Option<AdminActor>,
    /// Why.
    #[xml(child_text)]
    pub reason: Option<String>,
}

/// `<actor/>` of `muc#admin`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "actor", ns = ns::MUC_ADMIN)]
pub struct AdminActor {
    /// The real address.
    #[xml(attr)]
    pub jid: Option<Jid>,
    /// The nick.
    #[xml(attr)]
    pub nick: Option<String>,
}
