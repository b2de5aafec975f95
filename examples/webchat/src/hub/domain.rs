//! What the domain answers, and what a user's own account does.

use xmpp_core::{BareJid, FullJid, Jid, StanzaError, StanzaErrorCondition, xml::Element, xml::ns};
use xmpp_stanza::{
    DiscoInfo, DiscoItem, DiscoResponder, Identity, Iq, Ping, Stanza, bad_payload, error_for,
};

use super::{Hub, client::Key};

/// Answers every request, if only with an error, and at once: clients wait a minute for an answer that does not
/// come (BOSH, point 6).
#[derive(Debug)]
pub(super) struct Answers {
    disco: DiscoResponder,
}

impl Answers {
    /// Those of an entity that is this, and has these items.
    pub(super) fn new(info: DiscoInfo, items: impl IntoIterator<Item = DiscoItem>) -> Self {
        Self {
            disco: DiscoResponder::new(info.with_feature(ns::PING)).with_items(items),
        }
    }

    /// The domain's, with its services.
    pub(super) fn of_server(services: impl IntoIterator<Item = DiscoItem>) -> Self {
        let identity = Identity::new("server", "im").with_name("webchat");
        Self::new(DiscoInfo::new().with_identity(identity), services)
    }

    /// Those of the account of an anonymous user, to its user.
    pub(super) fn of_account() -> Self {
        let identity = Identity::new("account", "anonymous");
        Self::new(DiscoInfo::new().with_identity(identity), [])
    }

    /// The answer; `None` when `iq` is no request.
    pub(super) fn answer(&self, iq: &Iq) -> Option<Iq> {
        if let Some(answer) = self.disco.answer(iq) {
            return Some(answer);
        }
        match iq.get_payload::<Ping>() {
            Ok(Some(Ping)) => iq.result(),
            Ok(None) => iq.error(StanzaErrorCondition::ServiceUnavailable.into()),
            Err(error) => iq.error(bad_payload(&error)),
        }
    }
}

/// The rooms' place among the domain's services.
pub(super) fn rooms_item(rooms: &BareJid) -> DiscoItem {
    DiscoItem::new(rooms.clone()).with_name("Rooms")
}

impl Hub {
    /// A stanza to the domain (DEL-15).
    pub(super) fn route_to_domain(
        &mut self,
        key: Key,
        from: &FullJid,
        to: &Jid,
        element: &Element,
    ) {
        match Stanza::from_element(element.root()) {
            Ok(Stanza::Iq(iq)) => {
                let iq = iq.with_from(from.clone());
                let answer = match self.command(key, from, &iq) {
                    Some(answer) => answer,
                    None => self.server.answer(&iq),
                };
                self.answer(key, answer);
            }
            // Nobody reads it.
            Ok(Stanza::Message(_)) => {
                self.refuse(
                    key,
                    from,
                    to,
                    element,
                    StanzaErrorCondition::ServiceUnavailable,
                );
            }
            Ok(Stanza::Presence(_)) => {}
            Err(error) => self.refuse(key, from, to, element, error),
        }
    }

    /// Sends the answer to a request, if it was one.
    pub(super) fn answer(&mut self, key: Key, answer: Option<Iq>) {
        if let Some(answer) = answer {
            self.send(key, &answer);
        }
    }

    /// Answers `element`, which came from `from`, with an error in the name of whom it was sent to.
    pub(super) fn refuse(
        &mut self,
        key: Key,
        from: &FullJid,
        to: &Jid,
        element: &Element,
        error: impl Into<StanzaError>,
    ) {
        if let Some(answer) = error_for(element.root(), error.into()) {
            let answer = answer.with_from(to.clone()).with_to(from.clone());
            self.send(key, &answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(answers: &Answers, iq: &str) -> Option<Element> {
        let element = Element::parse(iq).expect("XML");
        let iq = Iq::from_element(element.root()).expect("an iq");
        answers.answer(&iq).map(|answer| Element::from_xml(&answer))
    }

    #[test]
    fn the_domain_lists_the_rooms() {
        let rooms = BareJid::new("rooms.localhost").expect("a domain");
        let answer = ask(
            &Answers::of_server([rooms_item(&rooms)]),
            "<iq xmlns='jabber:client' type='get' id='1' from='a@b/c' to='localhost'>\
             <query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
        );
        let answer = answer.expect("an answer");
        let items = answer.child("query", ns::DISCO_ITEMS).expect("items");
        let item = items.children().next().expect("an item");
        assert_eq!(item.attr("jid").as_deref(), Some("rooms.localhost"));
    }

    /// STZ-3, STZ-4
    #[test]
    fn requests_are_answered_and_answers_are_not() {
        let account = Answers::of_account();
        for (iq_type, payload, answer) in [
            ("get", "<ping xmlns='urn:xmpp:ping'/>", Some("result")),
            ("set", "<ping xmlns='urn:xmpp:ping'/>", Some("error")),
            ("get", "<query xmlns='jabber:iq:roster'/>", Some("error")),
            ("result", "", None),
            ("result", "<query xmlns='jabber:iq:roster'/>", None),
        ] {
            let iq = format!(
                "<iq xmlns='jabber:client' type='{iq_type}' id='1' from='a@b/c' to='a@b'>{payload}</iq>"
            );
            let given = ask(&account, &iq);
            let given = given.as_ref().and_then(|a| a.attr("type"));
            assert_eq!(given.as_deref(), answer, "{iq}");
        }
    }
}
