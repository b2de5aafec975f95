//! XEP-0249: Direct MUC Invitations, version 1.2.

use std::fmt;

use xmpp_core::{BareJid, Payload, xml::ns};

/// An invitation to a room that its sender makes without the room's help
/// ([XEP-0249 §2](https://xmpp.org/extensions/xep-0249.html)).
///
/// It is untrusted text: do not join without asking (MUC SE9).
#[derive(Clone, PartialEq, Eq, Payload)]
#[xml(name = "x", ns = ns::CONFERENCE)]
pub struct DirectInvitation {
    /// The room.
    #[xml(attr)]
    pub jid: BareJid,
    /// The password of the room.
    #[xml(attr)]
    pub password: Option<String>,
    /// Why to come, for people.
    #[xml(attr)]
    pub reason: Option<String>,
    /// Whether the room continues a one-to-one chat.
    #[xml(attr, name = "continue", default)]
    pub continues: bool,
    /// The thread of that chat.
    #[xml(attr)]
    pub thread: Option<String>,
}

impl DirectInvitation {
    /// An invitation to that room.
    pub fn new(jid: BareJid) -> Self {
        Self {
            jid,
            password: None,
            reason: None,
            continues: false,
            thread: None,
        }
    }
}

/// Without the password.
impl fmt::Debug for DirectInvitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectInvitation")
            .field("jid", &self.jid)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("reason", &self.reason)
            .field("continues", &self.continues)
            .field("thread", &self.thread)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn to_a_room_with_a_password() {
        let invitation: DirectInvitation = round_trip(
            "<x xmlns='jabber:x:conference' jid='darkcave@macbeth.shakespeare.lit' \
             password='cauldronburn' reason='Hey Hecate, this is the place for all good witches!'/>",
        );
        assert!(!invitation.continues);
        assert!(!format!("{invitation:?}").contains("cauldronburn"));
    }

    #[test]
    fn that_continues_a_chat() {
        let invitation: DirectInvitation = round_trip(
            "<x xmlns='jabber:x:conference' continue='true' jid='darkcave@macbeth.shakespeare.lit' \
             thread='e0ffe42b28561960c6b12b944a092794b9683a38'/>",
        );
        assert!(invitation.continues);
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<DirectInvitation>("<x xmlns='jabber:x:conference'/>"),
            "<x/> has no attribute 'jid'"
        );
        assert!(
            error::<DirectInvitation>("<x xmlns='jabber:x:conference' jid='room@muc/nick'/>")
                .starts_with("<x/>: invalid jid 'room@muc/nick'")
        );
        assert_eq!(
            error::<DirectInvitation>("<x xmlns='jabber:x:conference' jid='a@b' continue='yes'/>"),
            "<x/>: invalid continue 'yes': not one of true, false, 1, 0"
        );
    }
}
