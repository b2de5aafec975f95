//! XEP-0045: Multi-User Chat (1.35.5): `<x xmlns='http://jabber.org/protocol/muc#user'/>`, what a room says about its
//! occupants.

use xmpp_core::{
    BareJid, Jid, Payload,
    xml::{XmlText, XmlTextError, ns},
};

use crate::{Affiliation, Mav, Password, Role, StatusCode};

/// `<x xmlns='http://jabber.org/protocol/muc#user'/>` ([XEP-0045 §18.2]).
///
/// In a presence it tells the role and affiliation of the occupant it comes from, with codes that say why; in a
/// message from the bare room JID it carries invitations, declines and changes of configuration; in a private
/// message it is empty.
///
/// [XEP-0045 §18.2]: https://xmpp.org/extensions/xep-0045.html#schemas-user
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "x", ns = ns::MUC_USER)]
pub struct MucUser {
    /// A decline, on its way to the inviter.
    #[xml(child)]
    pub decline: Option<Decline>,
    /// The room is destroyed.
    #[xml(child)]
    pub destroy: Option<Destroy>,
    /// Invitations: any number on their way to the room, one from there.
    #[xml(child)]
    pub invites: Vec<Invite>,
    /// What the occupant is.
    #[xml(child)]
    pub items: Vec<Item>,
    /// The version of the affiliations that this makes (XEP-0463).
    #[xml(child)]
    pub mav: Option<Mav>,
    /// The password that goes with an invitation.
    #[xml(child_text)]
    pub password: Option<Password>,
    /// Why this was sent.
    #[xml(child)]
    pub statuses: Vec<Status>,
}

impl MucUser {
    /// Whether `code` is among the status codes.
    pub fn has_status(&self, code: StatusCode) -> bool {
        self.statuses.iter().any(|status| status.code == code)
    }
}

/// `<status code='…'/>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Payload)]
#[xml(name = "status", ns = ns::MUC_USER)]
pub struct Status {
    /// The code.
    #[xml(attr)]
    pub code: StatusCode,
}

/// `<item/>` of `muc#user`: role and affiliation of an occupant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "item", ns = ns::MUC_USER)]
pub struct Item {
    /// The affiliation.
    #[xml(attr)]
    pub affiliation: Option<Affiliation>,
    /// The role.
    #[xml(attr)]
    pub role: Option<Role>,
    /// The real address, where the receiver may see it; full in a presence.
    #[xml(attr)]
    pub jid: Option<Jid>,
    /// The nick: the new one, with [`StatusCode::NICK_CHANGED`].
    #[xml(attr)]
    pub nick: Option<String>,
    /// Who did it.
    #[xml(child)]
    pub actor: Option<Actor>,
    /// Why.
    #[xml(child_text)]
    pub reason: Option<String>,
}

/// `<actor/>`: who kicked, banned or changed somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "actor", ns = ns::MUC_USER)]
pub struct Actor {
    /// The real address, where the receiver may see it.
    #[xml(attr)]
    pub jid: Option<Jid>,
    /// The nick, if the actor is in the room.
    #[xml(attr)]
    pub nick: Option<String>,
}

/// `<invite/>`: a mediated invitation ([XEP-0045 §7.8.2](https://xmpp.org/extensions/xep-0045.html#invite-mediated)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "invite", ns = ns::MUC_USER)]
pub struct Invite {
    /// The inviter, on the way from the room.
    #[xml(attr)]
    pub from: Option<Jid>,
    /// The invitee, on the way to the room.
    #[xml(attr)]
    pub to: Option<Jid>,
    /// Why.
    #[xml(child_text)]
    pub reason: Option<String>,
    /// The invitation continues a one-to-one conversation.
    #[xml(child)]
    pub r#continue: Option<Continue>,
}

/// `<continue/>`: a one-to-one conversation goes on in the room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "continue", ns = ns::MUC_USER)]
pub struct Continue {
    /// Its thread.
    #[xml(attr)]
    pub thread: Option<String>,
}

/// `<decline/>`: a mediated invitation is declined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "decline", ns = ns::MUC_USER)]
pub struct Decline {
    /// The invitee, on the way from the room.
    #[xml(attr)]
    pub from: Option<Jid>,
    /// The inviter, on the way to the room.
    #[xml(attr)]
    pub to: Option<Jid>,
    /// Why.
    #[xml(child_text)]
    pub reason: Option<String>,
}

/// `<destroy/>` in a presence: the room is gone ([XEP-0045 §10.9]).
///
/// [XEP-0045 §10.9]: https://xmpp.org/extensions/xep-0045.html#destroyroom
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "destroy", ns = ns::MUC_USER)]
pub struct Destroy {
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

impl XmlText for Password {
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        Ok(Self::possibly_empty(text))
    }

    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        f(self.reveal())
    }
}

/// The payload of a presence about one occupant, as most of them are.
impl From<Item> for MucUser {
    fn from(item: Item) -> Self {
        Self {
            items: vec![item],
            ..Self::default()
        }
    }
}

/// Status codes of a `muc#user`, ascending.
impl FromIterator<StatusCode> for MucUser {
    fn from_iter<I: IntoIterator<Item = StatusCode>>(codes: I) -> Self {
        let mut statuses: Vec<_> = codes.into_iter().map(|code| Status { code }).collect();
        statuses.sort_by_key(|status| status.code);
        Self {
            statuses,
            ..Self::default()
        }
    }
}
