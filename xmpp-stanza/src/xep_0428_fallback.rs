//! XEP-0428: Fallback Indication, version 0.2.1.

use xmpp_core::{Payload, xml::ns};

/// Says which text stands in a message only for clients that do not know a payload
/// ([XEP-0428 §2](https://xmpp.org/extensions/xep-0428.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "fallback", ns = ns::FALLBACK)]
pub struct Fallback {
    /// The namespace of the payload.
    #[xml(attr, name = "for")]
    pub for_ns: Option<String>,
    /// Parts of the subject.
    #[xml(child)]
    pub subject: Vec<FallbackSubject>,
    /// Parts of the body. With neither body nor subject, it is all of both.
    #[xml(child)]
    pub body: Vec<FallbackBody>,
}

/// A part of the body, in Unicode code points; all of it without numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "body", ns = ns::FALLBACK)]
pub struct FallbackBody {
    /// The first code point.
    #[xml(attr)]
    pub start: Option<u32>,
    /// The code point after the last one.
    #[xml(attr)]
    pub end: Option<u32>,
}

/// A part of the subject, in Unicode code points; all of it without numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "subject", ns = ns::FALLBACK)]
pub struct FallbackSubject {
    /// The first code point.
    #[xml(attr)]
    pub start: Option<u32>,
    /// The code point after the last one.
    #[xml(attr)]
    pub end: Option<u32>,
}

impl Fallback {
    /// Says that all text is for clients that do not know the namespace `ns`.
    pub fn all_for(ns: impl Into<String>) -> Self {
        Self {
            for_ns: Some(ns.into()),
            ..Self::default()
        }
    }

    /// What remains of `body` for a client that knows the payload.
    pub fn strip_body(&self, body: &str) -> String {
        if self.subject.is_empty() && self.body.is_empty() {
            return String::new();
        }
        body.chars()
            .zip(0_u32..)
            .filter(|(_, i)| {
                !self
                    .body
                    .iter()
                    .any(|part| part.start.unwrap_or(0) <= *i && *i < part.end.unwrap_or(u32::MAX))
            })
            .map(|(c, _)| c)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn a_quoted_message_before_a_reply() {
        let fallback: Fallback = round_trip(
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='9'/></fallback>",
        );
        assert_eq!(fallback.strip_body("> Grüße \nGreat 🐢"), "Great 🐢");
        assert_eq!(fallback.strip_body("short"), "");
    }

    #[test]
    fn all_of_it() {
        let fallback: Fallback =
            round_trip("<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>");
        assert_eq!(fallback, Fallback::all_for("urn:xmpp:message-retract:1"));
        assert_eq!(fallback.strip_body("unsupported by your client"), "");
        let body: Fallback = round_trip("<fallback xmlns='urn:xmpp:fallback:0'><body/></fallback>");
        assert_eq!(body.strip_body("all"), "");
        let subject: Fallback =
            round_trip("<fallback xmlns='urn:xmpp:fallback:0'><subject start='1'/></fallback>");
        assert_eq!(subject.strip_body("all"), "all");
    }

    #[test]
    fn malformed() {
        let xml = "<fallback xmlns='urn:xmpp:fallback:0'><body start='-1'/></fallback>";
        assert_eq!(
            error::<Fallback>(xml),
            "<body/>: invalid start '-1': invalid digit found in string"
        );
        // A turned-around part is none.
        let body: Fallback = round_trip(
            "<fallback xmlns='urn:xmpp:fallback:0'><body start='3' end='1'/></fallback>",
        );
        assert_eq!(body.strip_body("all of it"), "all of it");
    }
}
