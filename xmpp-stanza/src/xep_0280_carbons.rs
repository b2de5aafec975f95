//! XEP-0280: Message Carbons, version 1.0.1.

use xmpp_core::{
    BareJid, Payload,
    xml::{WriteXml, Writer, ns},
};

use crate::{Delay, Forwarded, Message};

/// Turns copies of the messages of the user's other clients on or off
/// ([XEP-0280 §4 and §5](https://xmpp.org/extensions/xep-0280.html)), in an `iq` of type `set`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(ns = ns::CARBONS)]
pub enum Carbons {
    /// Off.
    Disable,
    /// On.
    Enable,
}

/// Says that no copies of a message are wanted ([XEP-0280
/// §9](https://xmpp.org/extensions/xep-0280.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "private", ns = ns::CARBONS)]
pub struct CarbonsPrivate;

/// A copy of a message that another client of the same user sent or received
/// ([XEP-0280 §7](https://xmpp.org/extensions/xep-0280.html)).
///
/// There is no other way to one than [`Carbon::check`]: CVE-2017-5589 and many after it were
/// clients that believed a copy from anyone. Never answer a copy by a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carbon {
    direction: CarbonDirection,
    message: Message,
    delay: Option<Delay>,
}

/// Which way the message of a [`Carbon`] went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CarbonDirection {
    /// Another client received it.
    Received,
    /// Another client sent it.
    Sent,
}

/// Why a copy is not to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadCarbon {
    /// It comes from someone else than the own account.
    #[error("a copy that is not from the own account")]
    Forged,
    /// There is no message in it, or not exactly one copy.
    #[error("a copy without a message")]
    Malformed,
}

impl Carbon {
    /// Takes the copy out of a message; `None` when there is none in it (CAR-2).
    ///
    /// # Errors
    ///
    /// [`BadCarbon`]: drop the message, or treat it as one without that payload.
    pub fn check(message: &Message, own: &BareJid) -> Result<Option<Self>, BadCarbon> {
        let mut copies = message
            .payloads
            .all::<Copied>()
            .map(|copy| copy.map_err(|_| BadCarbon::Malformed));
        let Some(copy) = copies.next() else {
            return Ok(None);
        };
        let from_own = message
            .from
            .as_ref()
            .is_some_and(|from| from.as_str() == own.as_str());
        if !from_own {
            return Err(BadCarbon::Forged);
        }
        let (direction, forwarded) = match copy? {
            Copied::Received(Received { forwarded }) => (CarbonDirection::Received, forwarded),
            Copied::Sent(Sent { forwarded }) => (CarbonDirection::Sent, forwarded),
        };
        if copies.next().is_some() {
            return Err(BadCarbon::Malformed);
        }
        let message = forwarded
            .message()
            .ok()
            .flatten()
            .ok_or(BadCarbon::Malformed)?;
        Ok(Some(Self {
            direction,
            message,
            delay: forwarded.delay,
        }))
    }

    /// Which way it went.
    pub const fn direction(&self) -> CarbonDirection {
        self.direction
    }

    /// The message.
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// When the server received it, where it says so.
    pub const fn delay(&self) -> Option<&Delay> {
        self.delay.as_ref()
    }

    /// The message, without a copy.
    pub fn into_message(self) -> Message {
        self.message
    }
}

/// The payload by which a server sends a copy, in a message of the same type from the user's bare
/// JID (CAR-3).
#[derive(Clone, Debug)]
pub struct CarbonCopy(Copied);

impl CarbonCopy {
    /// A copy of `message`.
    pub fn new(direction: CarbonDirection, message: &impl WriteXml) -> Self {
        let forwarded = Forwarded::new(message, None);
        Self(match direction {
            CarbonDirection::Received => Copied::Received(Received { forwarded }),
            CarbonDirection::Sent => Copied::Sent(Sent { forwarded }),
        })
    }
}

impl WriteXml for CarbonCopy {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        self.0.write_xml(writer);
    }
}

/// What anyone can write: not to be read without the check.
#[derive(Clone, Debug, PartialEq, Payload)]
#[xml(ns = ns::CARBONS, name = "received|sent")]
enum Copied {
    Received(Received),
    Sent(Sent),
}

#[derive(Clone, Debug, PartialEq, Payload)]
#[xml(name = "received", ns = ns::CARBONS)]
struct Received {
    #[xml(child)]
    forwarded: Forwarded,
}

#[derive(Clone, Debug, PartialEq, Payload)]
#[xml(name = "sent", ns = ns::CARBONS)]
struct Sent {
    #[xml(child)]
    forwarded: Forwarded,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::round_trip;
    use xmpp_core::xml::Element;

    const INNER: &str = "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' \
        from='juliet@capulet.example/balcony' to='romeo@montague.example/garden' type='chat'>\
        <body>What man art thou</body></message></forwarded>";

    fn check(from: &str, content: &str) -> Result<Option<Carbon>, BadCarbon> {
        let xml = format!(
            "<message xmlns='jabber:client' {from} to='romeo@montague.example/home' type='chat'>{content}</message>"
        );
        let element: Element = xml.parse().unwrap();
        let message = Message::from_element(element.root()).unwrap();
        Carbon::check(&message, &"romeo@montague.example".parse().unwrap())
    }

    #[test]
    fn on_and_off() {
        assert_eq!(
            round_trip::<Carbons>("<enable xmlns='urn:xmpp:carbons:2'/>"),
            Carbons::Enable
        );
        assert_eq!(
            round_trip::<Carbons>("<disable xmlns='urn:xmpp:carbons:2'/>"),
            Carbons::Disable
        );
        round_trip::<CarbonsPrivate>("<private xmlns='urn:xmpp:carbons:2'/>");
    }

    #[test]
    fn copies_of_both_directions() {
        for (name, direction) in [
            ("received", CarbonDirection::Received),
            ("sent", CarbonDirection::Sent),
        ] {
            let content = format!("<{name} xmlns='urn:xmpp:carbons:2'>{INNER}</{name}>");
            let carbon = check("from='romeo@montague.example'", &content)
                .unwrap()
                .unwrap();
            assert_eq!(carbon.direction(), direction);
            assert_eq!(carbon.message().body().unwrap(), "What man art thou");
            assert_eq!(carbon.delay(), None);
            let copy = CarbonCopy::new(direction, carbon.message());
            assert_eq!(
                Element::from_xml(&copy),
                content.parse::<Element>().unwrap()
            );
        }
        assert_eq!(check("from='romeo@montague.example'", INNER), Ok(None));
    }

    /// CVE-2017-5589 and those like it, CVE-2019-16235, CVE-2020-26547.
    #[test]
    fn car_2_forged_copies_are_not_used() {
        let content = format!("<received xmlns='urn:xmpp:carbons:2'>{INNER}</received>");
        for from in [
            "",
            "from='tybalt@capulet.example/home'",
            "from='romeo@montague.example/garden'",
            "from='montague.example'",
            "from='romeo@montague.example.evil.example'",
        ] {
            assert_eq!(check(from, &content), Err(BadCarbon::Forged), "{from}");
        }
    }

    #[test]
    fn malformed() {
        let copy = |content: &str| format!("<sent xmlns='urn:xmpp:carbons:2'>{content}</sent>");
        for content in [
            copy(""),
            copy("<forwarded xmlns='urn:xmpp:forward:0'/>"),
            copy("<forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'/></forwarded>"),
            copy(INNER).repeat(2),
        ] {
            assert_eq!(
                check("from='romeo@montague.example'", &content),
                Err(BadCarbon::Malformed),
                "{content}"
            );
        }
    }
}
