//! XEP-0463: MUC Affiliations Versioning (0.2.0): the payload.

use xmpp_core::{Payload, xml::ns};

/// `<mav/>`: which version of a room's affiliations something is about ([XEP-0463 §5]).
///
/// In a join it asks for what has changed `since` a version, or for everything without one. From the room it says
/// that what comes with it leads from `since` to `until`.
///
/// [XEP-0463 §5]: https://xmpp.org/extensions/xep-0463.html#usage
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "mav", ns = ns::MAV)]
pub struct Mav {
    /// The version before; opaque.
    #[xml(attr)]
    pub since: Option<String>,
    /// The version after.
    #[xml(attr)]
    pub until: Option<String>,
}
