//! XEP-0297: Stanza Forwarding, version 1.0.

use xmpp_core::{
    Payload,
    xml::{Element, WriteXml, ns},
};

use crate::{BadStanza, Delay, Message, Stanza};

/// A stanza inside another one ([XEP-0297 §3](https://xmpp.org/extensions/xep-0297.html)).
///
/// It is what the sender of the outer stanza claims. Copies of one's own messages and messages from
/// an archive have types that check the claim: [`Carbon`](crate::Carbon),
/// [`ArchivedMessage`](crate::ArchivedMessage).
///
/// `S` is what the stanza is read as: any element, or for example a [`TypedMessage`](crate::TypedMessage).
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "forwarded", ns = ns::FORWARD)]
pub struct Forwarded<S = Element> {
    /// When the sender of the outer stanza received it.
    #[xml(child)]
    pub delay: Option<Delay>,
    /// The stanza.
    #[xml(child)]
    pub element: Option<S>,
}

impl<S> Default for Forwarded<S> {
    fn default() -> Self {
        Self {
            delay: None,
            element: None,
        }
    }
}

impl Forwarded {
    /// A forwarded stanza.
    pub fn new(stanza: &impl WriteXml, delay: Option<Delay>) -> Self {
        Self {
            delay,
            element: Some(Element::from_xml(stanza)),
        }
    }

    /// The stanza; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`BadStanza`] when the element is no stanza.
    pub fn stanza(&self) -> Result<Option<Stanza>, BadStanza> {
        self.element.as_ref().map(Stanza::try_from).transpose()
    }

    /// The message; `None` where there is nothing, or another kind of stanza.
    ///
    /// # Errors
    ///
    /// [`BadStanza`] when the element is no stanza.
    pub fn message(&self) -> Result<Option<Message>, BadStanza> {
        Ok(self.stanza()?.and_then(|stanza| match stanza {
            Stanza::Message(message) => Some(message),
            _ => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn a_message() {
        let forwarded: Forwarded = round_trip(
            "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2010-07-10T23:08:25Z'/>\
             <message xmlns='jabber:client' from='juliet@capulet.lit/orchard' id='0202197' to='romeo@montague.lit' \
             type='chat'><body>Yet I should kill thee with much cherishing.</body>\
             <mood xmlns='http://jabber.org/protocol/mood'><amorous/></mood></message></forwarded>",
        );
        let message = forwarded.message().unwrap().unwrap();
        assert_eq!(message.payloads.len(), 2);
        assert_eq!(Forwarded::new(&message, forwarded.delay.clone()), forwarded);
    }

    #[test]
    fn something_else() {
        let empty: Forwarded = round_trip("<forwarded xmlns='urn:xmpp:forward:0'/>");
        assert_eq!(empty.message(), Ok(None));
        let presence: Forwarded = round_trip(
            "<forwarded xmlns='urn:xmpp:forward:0'><presence xmlns='jabber:client'/></forwarded>",
        );
        assert_eq!(presence.message(), Ok(None));
        let other: Forwarded = round_trip(
            "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='urn:x'/></forwarded>",
        );
        assert!(other.message().is_err());
        assert_eq!(
            error::<Forwarded>("<forwarded xmlns='urn:xmpp:forward:0'><a/><b/></forwarded>"),
            "<forwarded/> has more than one <*/>"
        );
    }
}
