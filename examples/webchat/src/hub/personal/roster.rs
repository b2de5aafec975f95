//! The roster (RFC 6121 §2): empty, for there is nobody whose presence could be subscribed to.

use xmpp_core::StanzaErrorCondition;
use xmpp_stanza::{Iq, Roster};

use super::{Outcome, asked, refuse, reply};

/// The version of the empty roster, which never changes.
const VERSION: &str = "1";

pub(super) fn answer(iq: &Iq) -> Option<Outcome> {
    asked(iq.get_payload(), |Roster { ver, .. }| match ver {
        // RFC 6121 §2.6.3: an empty result, where the client has that version.
        Some(ver) if ver == VERSION => Ok(None),
        ver => reply(&Roster {
            ver: ver.map(|_| VERSION.to_owned()),
            items: Vec::new(),
        }),
    })
    .or_else(|| {
        asked(iq.set_payload(), |_: Roster| {
            refuse(StanzaErrorCondition::NotAllowed)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::Me;

    #[test]
    fn the_roster_is_empty_and_stays_so() {
        let mut me = Me::new();
        for (kind, payload, expected) in [
            (
                "get",
                "<query xmlns='jabber:iq:roster'/>",
                "<query xmlns='jabber:iq:roster'/>",
            ),
            (
                "get",
                "<query xmlns='jabber:iq:roster' ver=''/>",
                "<query xmlns='jabber:iq:roster' ver='1'/>",
            ),
            ("get", "<query xmlns='jabber:iq:roster' ver='1'/>", "ok"),
            (
                "set",
                "<query xmlns='jabber:iq:roster'><item jid='a@b'/></query>",
                "not-allowed",
            ),
        ] {
            assert_eq!(me.ask(kind, payload), expected, "{payload}");
        }
    }
}
