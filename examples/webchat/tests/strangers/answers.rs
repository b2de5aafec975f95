//! What kind of request or answer a stanza is, in a few words.

use xmpp_core::xml::{Element, ElementRef, ns};

/// A request: type and payload.
pub fn request(iq: &Element) -> String {
    let kind = iq.attr("type").unwrap_or_default();
    let payload = iq.children().next();
    let payload = payload.map(|payload| {
        let mut text = name(payload);
        if payload.is("pubsub", ns::PUBSUB)
            && let Some(verb) = payload.children().next()
        {
            let node = verb.attr("node").unwrap_or_default();
            text = format!("{text} {} {node}", verb.name());
        }
        text
    });
    format!("{kind} {}", payload.unwrap_or_default())
}

/// An answer: type, condition, payload.
pub fn describe(iq: &Element) -> String {
    let kind = iq.attr("type").unwrap_or_default().into_owned();
    let Some(error) = iq.child("error", ns::CLIENT) else {
        let payloads = iq.children().map(|payload| format!(" {}", name(payload)));
        return kind + &payloads.collect::<String>();
    };
    let conditions = error
        .children()
        .filter(|child| child.name() != "text")
        .map(|child| {
            if child.has_ns(ns::STANZA_ERRORS) {
                format!(" {}", child.name())
            } else {
                format!(" {}", name(child))
            }
        });
    let error_type = error.attr("type").unwrap_or_default();
    format!("{kind} {error_type}{}", conditions.collect::<String>())
}

fn name(element: ElementRef<'_>) -> String {
    format!("{} ({})", element.name(), element.ns())
}
