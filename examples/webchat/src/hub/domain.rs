//! What the domain answers.

use xmpp_core::{
    BareJid, FullJid, Jid, StanzaError, StanzaErrorCondition, Timestamp,
    xml::{Element, Payload, WriteXml, ns},
};
use xmpp_stanza::{
    DiscoInfo, DiscoItem, DiscoResponder, EntityTime, Identity, Iq, LastActivity, Ping,
    SoftwareVersion, Stanza, UtcOffset, bad_payload, error_for,
};

use super::{Hub, client::Key, commands::Reply};

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

/// What the domain answers.
#[derive(Debug)]
pub(super) struct Domain {
    answers: Answers,
    started: Timestamp,
}

impl Domain {
    /// A domain with these services, which is there since `started`.
    pub(super) fn new(started: Timestamp, services: impl IntoIterator<Item = DiscoItem>) -> Self {
        let info = DiscoInfo::new()
            .with_identity(Identity::new("server", "im").with_name("webchat"))
            .with_features([ns::VERSION, ns::TIME, ns::LAST])
            // What its accounts answer is asked of the domain (XEP-0049, 0054, 0280).
            .with_features([ns::PRIVATE, ns::VCARD_TEMP, ns::CARBONS]);
        Self {
            answers: Answers::new(info, services),
            started,
        }
    }

    /// The same with other services.
    pub(super) fn with_services(&self, services: impl IntoIterator<Item = DiscoItem>) -> Self {
        Self::new(self.started, services)
    }

    /// The answer; `None` when `iq` is no request.
    pub(super) fn answer(&self, now: Timestamp, iq: &Iq) -> Option<Iq> {
        let running = now.since(self.started).as_secs();
        small::<SoftwareVersion>(iq, &SoftwareVersion::new("webchat", VERSION))
            .or_else(|| small::<EntityTime>(iq, &EntityTime::new(now, UtcOffset::default())))
            .or_else(|| {
                let last = LastActivity {
                    seconds: Some(running),
                    status: None,
                };
                small::<LastActivity>(iq, &last)
            })
            .or_else(|| self.answers.answer(iq))
    }
}

/// What the program calls itself.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `answer`, if `iq` asks with such a payload.
fn small<P: Payload>(iq: &Iq, answer: &impl WriteXml) -> Option<Iq> {
    match iq.get_payload::<P>() {
        Ok(None) => None,
        Ok(Some(_)) => iq.reply(answer),
        Err(error) => iq.error(bad_payload(&error)),
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
                    Reply::Now(answer) => answer,
                    Reply::Later => return,
                    Reply::NoCommand => self.server.answer(self.now, &iq),
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

    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn ask(iq_type: &str, payload: &str) -> Option<Element> {
        let iq = format!(
            "<iq xmlns='jabber:client' type='{iq_type}' id='1' from='a@b/c' to='localhost'>{payload}</iq>"
        );
        let element = Element::parse(&iq).expect("XML");
        let iq = Iq::from_element(element.root()).expect("an iq");
        let rooms = BareJid::new("rooms.localhost").expect("a domain");
        let domain = Domain::new(START, [rooms_item(&rooms)]);
        let now = Timestamp::from_millis(START.as_millis() + 61_000);
        let answer = domain.answer(now, &iq);
        answer.map(|answer| Element::from_xml(&answer))
    }

    #[test]
    fn the_domain_lists_the_rooms() {
        let answer = ask(
            "get",
            "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        );
        let answer = answer.expect("an answer");
        let items = answer.child("query", ns::DISCO_ITEMS).expect("items");
        let item = items.children().next().expect("an item");
        assert_eq!(item.attr("jid").as_deref(), Some("rooms.localhost"));
    }

    /// STZ-3, STZ-4
    #[test]
    fn requests_are_answered_and_answers_are_not() {
        for (iq_type, payload, answer) in [
            ("get", "<ping xmlns='urn:xmpp:ping'/>", Some("result")),
            ("set", "<ping xmlns='urn:xmpp:ping'/>", Some("error")),
            ("get", "<query xmlns='jabber:iq:roster'/>", Some("error")),
            ("result", "", None),
            ("result", "<query xmlns='jabber:iq:roster'/>", None),
        ] {
            let given = ask(iq_type, payload);
            let given = given.as_ref().and_then(|a| a.attr("type"));
            assert_eq!(given.as_deref(), answer, "{iq_type} {payload}");
        }
    }

    #[test]
    fn the_domain_tells_what_it_is_and_how_late() {
        let payload = |asked: &str| {
            let answer = ask("get", asked).expect("an answer");
            let payload = answer.children().next().expect("a payload");
            payload.to_element().to_string()
        };
        assert_eq!(
            payload("<query xmlns='jabber:iq:version'/>"),
            format!(
                "<query xmlns='jabber:iq:version'><name>webchat</name><version>{VERSION}</version></query>"
            )
        );
        assert_eq!(
            payload("<time xmlns='urn:xmpp:time'/>"),
            "<time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>2027-01-15T08:01:01Z</utc></time>"
        );
        assert_eq!(
            payload("<query xmlns='jabber:iq:last'/>"),
            "<query xmlns='jabber:iq:last' seconds='61'/>"
        );
        let info = payload("<query xmlns='http://jabber.org/protocol/disco#info'/>");
        for feature in [
            "jabber:iq:version",
            "urn:xmpp:time",
            "jabber:iq:last",
            "urn:xmpp:ping",
            "vcard-temp",
            "jabber:iq:private",
            "urn:xmpp:carbons:2",
        ] {
            assert!(
                info.contains(&format!("var='{feature}'")),
                "{feature}: {info}"
            );
        }
    }
}
