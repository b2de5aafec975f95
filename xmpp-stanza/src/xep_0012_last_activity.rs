//! XEP-0012: Last Activity, version 2.0.

use xmpp_core::{Payload, xml::ns};

/// How long ago an entity was active, or for how long a server runs
/// ([XEP-0012 §2](https://xmpp.org/extensions/xep-0012.html)); empty in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "query", ns = ns::LAST)]
pub struct LastActivity {
    /// The seconds.
    #[xml(attr)]
    pub seconds: Option<u64>,
    /// The status of the last unavailable presence.
    #[xml(text)]
    pub status: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn question_and_answer() {
        assert_eq!(
            round_trip::<LastActivity>("<query xmlns='jabber:iq:last'/>"),
            LastActivity::default()
        );
        let last: LastActivity =
            round_trip("<query xmlns='jabber:iq:last' seconds='903'>Heading Home</query>");
        assert_eq!(
            (last.seconds, last.status.as_deref()),
            (Some(903), Some("Heading Home"))
        );
        assert_eq!(
            error::<LastActivity>("<query xmlns='jabber:iq:last' seconds='-1'/>"),
            "<query/>: invalid seconds '-1': invalid digit found in string"
        );
    }
}
