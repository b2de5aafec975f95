//! What an element costs, and whom.

use xmpp_core::{
    BareJid, Jid,
    xml::{Element, ns},
};
use xmpp_stanza::{PresenceType, StanzaRef};

/// What the smallest element costs: its work is not less than that of so many bytes.
const MIN_BYTES: u64 = 200;

/// What one element takes out of the buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub) struct Charge {
    pub(super) bytes: u64,
    /// The room that it goes to.
    pub(super) room: Option<BareJid>,
    /// It enters a room: not one of those that the session is in.
    pub(super) join: bool,
    /// Presences that this will cause, about.
    pub(super) presences: u64,
    pub(super) login: Login,
}

/// Whether an element begins a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    No,
    Anonymous,
    /// With a token of the site, which is too long to be guessed, or by a certificate; many users may come from one address at
    /// once.
    Token,
    /// With a password, which could be guessed.
    Password,
}

impl Charge {
    /// What `element` costs a session that is in the rooms that `inside` knows; `occupants` says how many are in one.
    pub(in crate::hub) fn of(
        element: &Element,
        rooms: &str,
        inside: impl FnOnce(&BareJid) -> bool,
        occupants: impl FnOnce(&BareJid) -> usize,
    ) -> Self {
        let bytes = u64::try_from(element.root().byte_len()).unwrap_or(u64::MAX);
        let to = StanzaRef::new(element.root()).and_then(|stanza| {
            let to = Jid::new(stanza.to()?.as_ref()).ok()?;
            let is_room = to.domain() == rooms && to.local().is_some();
            is_room.then(|| (to, stanza.presence_type()))
        });
        let join = to.as_ref().is_some_and(|(to, presence)| {
            *presence == Some(PresenceType::Available) && to.is_full() && !inside(&to.to_bare())
        });
        let mechanism = element.attr("mechanism");
        let login = match mechanism.as_deref() {
            _ if !element.is("auth", ns::SASL) => Login::No,
            Some("ANONYMOUS") => Login::Anonymous,
            // What comes by PLAIN is never compared with a password (`sign_on`), and by EXTERNAL nothing is shown at all.
            Some("OAUTHBEARER" | "X-OAUTH2" | "PLAIN" | "EXTERNAL") => Login::Token,
            _ => Login::Password,
        };
        let room = to.map(|(to, _)| to.to_bare());
        // Everybody hears of the newcomer, who hears of everybody.
        let presences = room.as_ref().filter(|_| join).map_or(0, |room| {
            u64::try_from(occupants(room))
                .unwrap_or(u64::MAX)
                .saturating_mul(2)
        });
        Self {
            bytes: bytes.max(MIN_BYTES),
            room,
            join,
            presences,
            login,
        }
    }
}
