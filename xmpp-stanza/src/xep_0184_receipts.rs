//! XEP-0184: Message Delivery Receipts, version 1.4.0.

use xmpp_core::{Payload, xml::ns};

use crate::{Message, MessageType};

/// Asks the recipient's client to say that the message arrived
/// ([XEP-0184 §7](https://xmpp.org/extensions/xep-0184.html)). The message needs an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "request", ns = ns::RECEIPTS)]
pub struct ReceiptRequest;

/// Says that a message arrived ([XEP-0184 §7](https://xmpp.org/extensions/xep-0184.html)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "received", ns = ns::RECEIPTS)]
pub struct Receipt {
    /// The id of the message.
    #[xml(attr)]
    pub id: String,
}

impl Receipt {
    /// The answer to a message that asks for a receipt and may get one: not in rooms, not for
    /// errors, not for a receipt (XEP-0184 §5.3 and §5.4). Whether the sender may know that one is
    /// here is the caller's decision.
    pub fn answer(message: &Message) -> Option<Message> {
        let answerable = matches!(
            message.message_type,
            MessageType::Chat | MessageType::Normal | MessageType::Headline
        );
        if !answerable
            || !message.payloads.has::<ReceiptRequest>()
            || message.payloads.has::<Self>()
        {
            return None;
        }
        let id = message.id.clone()?;
        Some(message.reply()?.with_payload(&Self { id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};
    use xmpp_core::xml::Element;

    #[test]
    fn request_and_receipt() {
        round_trip::<ReceiptRequest>("<request xmlns='urn:xmpp:receipts'/>");
        let receipt: Receipt =
            round_trip("<received xmlns='urn:xmpp:receipts' id='richard2-4.1.247'/>");
        assert_eq!(receipt.id, "richard2-4.1.247");
        assert_eq!(
            error::<Receipt>("<received xmlns='urn:xmpp:receipts'/>"),
            "<received/> has no attribute 'id'"
        );
    }

    #[test]
    fn the_answer() {
        let answer = |attrs: &str, content: &str| {
            let xml =
                format!("<message xmlns='jabber:client' from='a@b/c' {attrs}>{content}</message>");
            let element: Element = xml.parse().unwrap();
            Receipt::answer(&Message::from_element(element.root()).unwrap())
        };
        let request = "<request xmlns='urn:xmpp:receipts'/>";
        let receipt = answer("id='1' type='chat'", request).unwrap();
        assert_eq!(receipt.payload(), Ok(Some(Receipt { id: "1".into() })));
        assert_eq!(receipt.to.unwrap().as_str(), "a@b/c");
        assert_eq!(receipt.message_type, MessageType::Chat);
        for (attrs, content) in [
            ("type='chat'", request),
            ("id='1' type='groupchat'", request),
            ("id='1' type='error'", request),
            ("id='1'", ""),
            (
                "id='1'",
                "<request xmlns='urn:xmpp:receipts'/><received xmlns='urn:xmpp:receipts' id='2'/>",
            ),
        ] {
            assert_eq!(answer(attrs, content), None, "{attrs} {content}");
        }
    }
}
