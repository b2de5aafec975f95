//! Typed stanzas: addresses, type, id, bodies, show, status and priority as fields, payloads as elements. Every field is
//! read and goes into the checksum.

use rxml::{Event, Parse, Parser, error::EndOrError};
use xmpp_core::xml::{Limits, ParserEvent, ns};
use xmpp_parsers::{iq, message, presence, sm::Nonza, stanza::Stanza};
use xmpp_stanza::{self as stanza, IqType, MessageType, PresenceType, Show};
use xso::{Context, FromEventsBuilder, FromXml, error::FromEventsError};

use super::{Outcome, minidom, ours as element};
use crate::{
    checksum::{Checksum, TextSum, attribute},
    chunks::CHUNK,
};

/// The fields that both libraries have.
#[derive(Default)]
struct Fields<'a> {
    kind: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    id: Option<&'a str>,
    stanza_type: &'a str,
    text: TextSum,
}

impl Fields<'_> {
    fn add_to(&self, checksum: &mut Checksum) {
        let attributes = [
            ("from", self.from),
            ("to", self.to),
            ("id", self.id),
            ("type", Some(self.stanza_type)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(attribute("", name, value?)))
        .fold(0u64, u64::wrapping_add);
        checksum.start("", self.kind, attributes);
        checksum.end(self.text);
    }
}

fn text_sum<'a>(pieces: impl IntoIterator<Item = &'a str>) -> TextSum {
    let mut sum = TextSum::default();
    for piece in pieces {
        sum.add(piece);
    }
    sum
}

/// xmpp-parsers, fed with rxml's events as tokio-xmpp does.
pub fn xmpp_parsers(xml: &[u8]) -> Outcome {
    #[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
    enum Building {
        Stanza(<Stanza as FromXml>::Builder),
        Nonza(<Nonza as FromXml>::Builder),
    }
    let mut parser = Parser::new();
    let mut outcome = Outcome::default();
    let mut root_open = false;
    let mut building = None;
    let context = Context::empty();
    for mut chunk in xml.chunks(CHUNK) {
        loop {
            let event = match parser.parse(&mut chunk, false) {
                Ok(Some(event)) => event,
                Ok(None) => return outcome,
                Err(EndOrError::NeedMoreData) => break,
                Err(EndOrError::Error(error)) => panic!("rxml: {error}"),
            };
            match (&mut building, event) {
                (None, Event::StartElement(_, name, attributes)) => {
                    if !root_open {
                        root_open = true;
                        continue;
                    }
                    building = Some(match Stanza::from_events(name, attributes, &context) {
                        Ok(builder) => Building::Stanza(builder),
                        Err(FromEventsError::Mismatch { name, attrs }) => Building::Nonza(
                            Nonza::from_events(name, attrs, &context).expect("a stanza or a nonza"),
                        ),
                        Err(FromEventsError::Invalid(error)) => panic!("xmpp-parsers: {error}"),
                    });
                }
                (None, _) => {}
                (Some(Building::Stanza(builder)), event) => {
                    if let Some(stanza) = builder.feed(event, &context).expect("a valid stanza") {
                        building = None;
                        outcome.stanzas += 1;
                        peer_stanza(&stanza, &mut outcome.checksum);
                    }
                }
                (Some(Building::Nonza(builder)), event) => {
                    if let Some(nonza) = builder.feed(event, &context).expect("a valid nonza") {
                        building = None;
                        outcome.stanzas += 1;
                        match nonza {
                            Nonza::Req(_) => nonza_sum("r", 0, &mut outcome.checksum),
                            Nonza::Ack(ack) => nonza_sum("a", ack.h, &mut outcome.checksum),
                            other => panic!("not in the input: {other:?}"),
                        }
                    }
                }
            }
        }
    }
    outcome
}

fn nonza_sum(name: &str, h: u32, checksum: &mut Checksum) {
    checksum.start("", name, u64::from(h));
    checksum.end(TextSum::default());
}

fn peer_stanza(stanza: &Stanza, checksum: &mut Checksum) {
    match stanza {
        Stanza::Message(m) => {
            let fields = Fields {
                kind: "message",
                from: m.from.as_ref().map(xmpp_parsers::jid::Jid::as_str),
                to: m.to.as_ref().map(xmpp_parsers::jid::Jid::as_str),
                id: m.id.as_ref().map(|i| i.0.as_str()),
                stanza_type: match m.type_ {
                    message::MessageType::Chat => "chat",
                    message::MessageType::Error => "error",
                    message::MessageType::Groupchat => "groupchat",
                    message::MessageType::Headline => "headline",
                    message::MessageType::Normal => "normal",
                },
                text: text_sum(
                    m.bodies
                        .values()
                        .chain(m.subjects.values())
                        .map(String::as_str),
                ),
            };
            fields.add_to(checksum);
            m.payloads.iter().for_each(|p| minidom::visit(p, checksum));
        }
        Stanza::Presence(p) => {
            let show = match p.show {
                None => "",
                Some(presence::Show::Away) => "away",
                Some(presence::Show::Chat) => "chat",
                Some(presence::Show::Dnd) => "dnd",
                Some(presence::Show::Xa) => "xa",
            };
            let fields = Fields {
                kind: "presence",
                from: p.from.as_ref().map(xmpp_parsers::jid::Jid::as_str),
                to: p.to.as_ref().map(xmpp_parsers::jid::Jid::as_str),
                id: p.id.as_deref(),
                stanza_type: match p.type_ {
                    presence::Type::None => "",
                    presence::Type::Unavailable => "unavailable",
                    _ => "other",
                },
                text: text_sum(p.statuses.values().map(String::as_str).chain([show])),
            };
            fields.add_to(checksum);
            nonza_sum("priority", i32::from(p.priority.0).unsigned_abs(), checksum);
            p.payloads.iter().for_each(|p| minidom::visit(p, checksum));
        }
        Stanza::Iq(iq) => {
            let (from, to, id, stanza_type, payload) = match iq {
                iq::Iq::Get {
                    from,
                    to,
                    id,
                    payload,
                } => (from, to, id, "get", Some(payload)),
                iq::Iq::Set {
                    from,
                    to,
                    id,
                    payload,
                } => (from, to, id, "set", Some(payload)),
                iq::Iq::Result {
                    from,
                    to,
                    id,
                    payload,
                } => (from, to, id, "result", payload.as_ref()),
                iq::Iq::Error {
                    from,
                    to,
                    id,
                    payload,
                    ..
                } => (from, to, id, "error", payload.as_ref()),
            };
            let fields = Fields {
                kind: "iq",
                from: from.as_ref().map(xmpp_parsers::jid::Jid::as_str),
                to: to.as_ref().map(xmpp_parsers::jid::Jid::as_str),
                id: Some(id),
                stanza_type,
                text: TextSum::default(),
            };
            fields.add_to(checksum);
            if let Some(payload) = payload {
                minidom::visit(payload, checksum);
            }
        }
    }
}

/// xmpp-stanza over xmpp-core.
pub fn ours(xml: &[u8]) -> Outcome {
    let mut parser = xmpp_core::xml::Parser::stream(Limits::CLIENT);
    let mut outcome = Outcome::default();
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll().expect("the input is well-formed") {
            let ParserEvent::Element(received) = event else {
                continue;
            };
            outcome.stanzas += 1;
            let checksum = &mut outcome.checksum;
            match received.name() {
                "r" => nonza_sum("r", 0, checksum),
                "a" => {
                    let h = received
                        .attr("h")
                        .and_then(|h| h.parse().ok())
                        .expect("a counter");
                    nonza_sum("a", h, checksum);
                }
                _ => {
                    let stanza =
                        stanza::Stanza::from_element(received.root()).expect("a valid stanza");
                    our_stanza(&stanza, checksum);
                }
            }
        }
    }
    outcome
}

fn our_stanza(received: &stanza::Stanza, checksum: &mut Checksum) {
    match received {
        stanza::Stanza::Message(m) => {
            let (bodies, subjects) = (m.bodies(), m.subjects());
            let fields = Fields {
                kind: "message",
                from: m.from.as_ref().map(xmpp_core::Jid::as_str),
                to: m.to.as_ref().map(xmpp_core::Jid::as_str),
                id: m.id.as_deref(),
                stanza_type: match m.message_type {
                    MessageType::Chat => "chat",
                    MessageType::Error => "error",
                    MessageType::Groupchat => "groupchat",
                    MessageType::Headline => "headline",
                    MessageType::Normal => "normal",
                },
                text: text_sum(bodies.iter().chain(subjects.iter()).map(|(_, text)| text)),
            };
            fields.add_to(checksum);
            let fields = ["body", "subject", "thread"];
            for payload in m
                .payloads
                .iter()
                .filter(|p| !(p.has_ns(ns::CLIENT) && fields.contains(&p.name())))
            {
                element::visit(payload, checksum);
            }
        }
        stanza::Stanza::Presence(p) => {
            let statuses = p.statuses();
            let show = match p.show() {
                None => "",
                Some(Show::Away) => "away",
                Some(Show::Chat) => "chat",
                Some(Show::Dnd) => "dnd",
                Some(Show::Xa) => "xa",
            };
            let fields = Fields {
                kind: "presence",
                from: p.from.as_ref().map(xmpp_core::Jid::as_str),
                to: p.to.as_ref().map(xmpp_core::Jid::as_str),
                id: p.id.as_deref(),
                stanza_type: match p.presence_type {
                    PresenceType::Available => "",
                    PresenceType::Unavailable => "unavailable",
                    _ => "other",
                },
                text: text_sum(statuses.iter().map(|(_, text)| text).chain([show])),
            };
            fields.add_to(checksum);
            nonza_sum("priority", i32::from(p.priority()).unsigned_abs(), checksum);
            let fields = ["show", "status", "priority"];
            for payload in p
                .payloads
                .iter()
                .filter(|p| !(p.has_ns(ns::CLIENT) && fields.contains(&p.name())))
            {
                element::visit(payload, checksum);
            }
        }
        stanza::Stanza::Iq(iq) => {
            let fields = Fields {
                kind: "iq",
                from: iq.from.as_ref().map(xmpp_core::Jid::as_str),
                to: iq.to.as_ref().map(xmpp_core::Jid::as_str),
                id: Some(&iq.id),
                stanza_type: match iq.iq_type() {
                    IqType::Get => "get",
                    IqType::Set => "set",
                    IqType::Result => "result",
                    IqType::Error => "error",
                },
                text: TextSum::default(),
            };
            fields.add_to(checksum);
            iq.element()
                .iter()
                .for_each(|p| element::visit(p.root(), checksum));
        }
    }
}
