//! The roster (RFC 6121 §2).

use xmpp_core::{BareJid, Jid, Payload, StanzaError, StanzaErrorCondition, XmlText, xml::ns};

use crate::{Iq, bad_payload};

/// The roster: asked for, told, or with one item changed
/// ([RFC 6121 §2.1](https://www.rfc-editor.org/rfc/rfc6121#section-2.1)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::ROSTER)]
pub struct Roster {
    /// The version: in a request the one the client has, empty for none.
    #[xml(attr)]
    pub ver: Option<String>,
    /// The items.
    #[xml(child)]
    pub items: Vec<RosterItem>,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "item", ns = ns::ROSTER)]
pub struct RosterItem {
    /// Its address, as a rule a bare one.
    #[xml(attr)]
    pub jid: Jid,
    /// The user's name for it.
    #[xml(attr)]
    pub name: Option<String>,
    /// Who sees whose presence.
    #[xml(attr, default)]
    pub subscription: Subscription,
    /// A request that the contact has not answered yet.
    #[xml(attr)]
    pub ask: Option<RosterAsk>,
    /// Whether the contact may see the user's presence as soon as it asks.
    #[xml(attr, default)]
    pub approved: bool,
    /// The user's groups that it is in.
    #[xml(child_text, name = "group")]
    pub groups: Vec<String>,
}

/// Who sees whose presence ([RFC 6121
/// §2.1.2.5](https://www.rfc-editor.org/rfc/rfc6121#section-2.1.2.5)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, XmlText)]
pub enum Subscription {
    /// Each the other's.
    Both,
    /// The contact sees the user's.
    From,
    /// Nobody sees anything.
    #[default]
    None,
    /// Not a state: the item is to be removed, or was.
    Remove,
    /// The user sees the contact's.
    To,
}

/// The value of `ask` in a [`RosterItem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum RosterAsk {
    /// The user asked to see the contact's presence.
    Subscribe,
}

/// The most characters that a name or a group should have here.
const LONGEST_NAME: usize = 1023;

impl Roster {
    /// Asks for the roster.
    pub fn request() -> Self {
        Self::default()
    }

    /// Asks for what has changed since `ver`, empty for no version at all.
    pub fn request_since(ver: impl Into<String>) -> Self {
        Self {
            ver: Some(ver.into()),
            items: Vec::new(),
        }
    }

    /// Changes or tells one item.
    pub fn of(item: RosterItem) -> Self {
        Self {
            ver: None,
            items: vec![item],
        }
    }

    /// The one item of a client's request to change the roster, for a server (ROS-5).
    ///
    /// # Errors
    ///
    /// `bad-request` for another number of items, an address with a resourcepart or a repeated
    /// group; `not-acceptable` for an empty group and an overlong name or group.
    pub fn requested_change(&self) -> Result<&RosterItem, StanzaErrorCondition> {
        let [item] = &self.items[..] else {
            return Err(StanzaErrorCondition::BadRequest);
        };
        let repeated = item
            .groups
            .iter()
            .enumerate()
            .any(|(i, group)| item.groups[..i].contains(group));
        if item.jid.is_full() || repeated {
            return Err(StanzaErrorCondition::BadRequest);
        }
        let too_long = |name: &String| name.len() > LONGEST_NAME;
        if item.groups.iter().any(|g| g.is_empty() || too_long(g))
            || item.name.as_ref().is_some_and(too_long)
        {
            return Err(StanzaErrorCondition::NotAcceptable);
        }
        Ok(item)
    }
}

impl RosterItem {
    /// A contact without name, groups and subscription.
    pub fn new(jid: impl Into<Jid>) -> Self {
        Self {
            jid: jid.into(),
            name: None,
            subscription: Subscription::None,
            ask: None,
            approved: false,
            groups: Vec::new(),
        }
    }

    /// Asks to remove a contact.
    pub fn removal(jid: impl Into<Jid>) -> Self {
        Self {
            subscription: Subscription::Remove,
            ..Self::new(jid)
        }
    }

    /// The same with a name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same in one more group.
    #[must_use]
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }
}

/// A change of the roster that the server tells its client (ROS-3). There is no other way to one
/// than the check that it comes from the own account: CVE-2015-8688, CVE-2016-9928 and
/// CVE-2019-16236 were clients without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterPush {
    item: RosterItem,
    ver: Option<String>,
}

impl RosterPush {
    /// Reads a roster push for the account `own`; `None` when `iq` is another request.
    ///
    /// After `Some(Ok(push))` apply it, then answer with [`Iq::result`].
    ///
    /// # Errors
    ///
    /// `Some(Err(error))` is a forged or malformed one: change nothing, and answer with
    /// [`Iq::error`].
    pub fn check(iq: &Iq, own: &BareJid) -> Option<Result<Self, StanzaError>> {
        let roster = match iq.set_payload::<Roster>() {
            Ok(roster) => roster?,
            Err(error) => return Some(Err(bad_payload(&error))),
        };
        let genuine = iq
            .from
            .as_ref()
            .is_none_or(|from| from.as_str() == own.as_str());
        if !genuine {
            return Some(Err(StanzaErrorCondition::ServiceUnavailable.into()));
        }
        let Roster { ver, mut items } = roster;
        Some(match (items.pop(), items.is_empty()) {
            (Some(item), true) => Ok(Self { item, ver }),
            _ => Err(StanzaErrorCondition::BadRequest.into()),
        })
    }

    /// The changed item; gone if its subscription is [`Subscription::Remove`].
    pub const fn item(&self) -> &RosterItem {
        &self.item
    }

    /// The version of the roster after this change (ROS-7: keep it once the change is applied).
    pub fn ver(&self) -> Option<&str> {
        self.ver.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};
    use xmpp_core::xml::Element;

    #[test]
    fn a_roster() {
        let roster: Roster = round_trip(
            "<query xmlns='jabber:iq:roster' ver='ver11'>\
             <item jid='romeo@example.net' name='Romeo' subscription='both'><group>Friends</group></item>\
             <item jid='mercutio@example.com' name='Mercutio' subscription='from'/>\
             <item jid='nurse@example.com' ask='subscribe' approved='true'><group>Servants</group><group>A</group></item></query>",
        );
        assert_eq!(roster.items[0].subscription, Subscription::Both);
        assert_eq!(roster.items[2].ask, Some(RosterAsk::Subscribe));
        assert_eq!(roster.items[2].groups, ["Servants", "A"]);
        assert_eq!(
            round_trip::<Roster>("<query xmlns='jabber:iq:roster'/>"),
            Roster::request()
        );
        assert_eq!(
            round_trip::<Roster>("<query xmlns='jabber:iq:roster' ver=''/>"),
            Roster::request_since("")
        );
    }

    #[test]
    fn malformed() {
        let item = |xml: &str| format!("<query xmlns='jabber:iq:roster'>{xml}</query>");
        for (xml, expected) in [
            ("<item/>", "<item/> has no attribute 'jid'"),
            (
                "<item jid='a@b' subscription='all'/>",
                "<item/>: invalid subscription 'all': not one of both, from, none, remove, to",
            ),
            (
                "<item jid='a@b' ask='please'/>",
                "<item/>: invalid ask 'please': not one of subscribe",
            ),
        ] {
            assert_eq!(error::<Roster>(&item(xml)), expected);
        }
    }

    fn push(from: &str, items: &str) -> Option<Result<RosterPush, StanzaErrorCondition>> {
        let xml = format!(
            "<iq xmlns='jabber:client' type='set' id='1' {from}><query xmlns='jabber:iq:roster' ver='v'>{items}</query></iq>"
        );
        let element: Element = xml.parse().unwrap();
        let own = "me@home.example".parse().unwrap();
        RosterPush::check(&Iq::from_element(element.root()).unwrap(), &own)
            .map(|push| push.map_err(|error| error.condition))
    }

    /// CVE-2015-8688, CVE-2016-9928, CVE-2019-16236.
    #[test]
    fn ros_3_forged_pushes_are_not_applied() {
        let item = "<item jid='mallory@evil.example' subscription='both'/>";
        for from in ["", "from='me@home.example'", "from='Me@HOME.example'"] {
            let push = push(from, item).unwrap().unwrap();
            assert_eq!(push.item().jid.as_str(), "mallory@evil.example");
            assert_eq!(push.ver(), Some("v"));
        }
        for from in [
            "mallory@evil.example/x",
            "home.example",
            "me@home.example/other",
            "me@home.example.evil.example",
        ] {
            assert_eq!(
                push(&format!("from='{from}'"), item),
                Some(Err(StanzaErrorCondition::ServiceUnavailable)),
                "{from}"
            );
        }
        assert_eq!(push("", ""), Some(Err(StanzaErrorCondition::BadRequest)));
        assert_eq!(
            push("", &item.repeat(2)),
            Some(Err(StanzaErrorCondition::BadRequest))
        );
        assert_eq!(
            push("", "<item/>"),
            Some(Err(StanzaErrorCondition::BadRequest))
        );
    }

    #[test]
    fn another_request_is_no_push() {
        for xml in [
            "<iq xmlns='jabber:client' type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
            "<iq xmlns='jabber:client' type='result' id='1'><query xmlns='jabber:iq:roster'/></iq>",
            "<iq xmlns='jabber:client' type='set' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
        ] {
            let element: Element = xml.parse().unwrap();
            let iq = Iq::from_element(element.root()).unwrap();
            assert_eq!(
                RosterPush::check(&iq, &"me@home.example".parse().unwrap()),
                None
            );
        }
    }

    /// ROS-5: seven inputs.
    #[test]
    fn ros_5_changes_that_a_server_refuses() {
        let jid = |jid: &str| jid.parse::<Jid>().unwrap();
        let item = || RosterItem::new(jid("a@b"));
        let long = "x".repeat(1024);
        for (roster, expected) in [
            (Roster::request(), StanzaErrorCondition::BadRequest),
            (
                Roster {
                    ver: None,
                    items: vec![item(), item()],
                },
                StanzaErrorCondition::BadRequest,
            ),
            (
                Roster::of(RosterItem::new(jid("a@b/c"))),
                StanzaErrorCondition::BadRequest,
            ),
            (
                Roster::of(item().with_group("g").with_group("h").with_group("g")),
                StanzaErrorCondition::BadRequest,
            ),
            (
                Roster::of(item().with_group("")),
                StanzaErrorCondition::NotAcceptable,
            ),
            (
                Roster::of(item().with_group(&long)),
                StanzaErrorCondition::NotAcceptable,
            ),
            (
                Roster::of(item().with_name(&long)),
                StanzaErrorCondition::NotAcceptable,
            ),
        ] {
            assert_eq!(roster.requested_change(), Err(expected));
        }
        let removal = Roster::of(RosterItem::removal(jid("a@b")));
        assert_eq!(removal.requested_change(), Ok(&removal.items[0]));
    }
}
