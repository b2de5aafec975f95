//! xmpp-parsers, fed with rxml's events as tokio-xmpp does.
//!
//! Its own `Message`, `Presence` and `Iq` hold their payloads as minidom elements. These here hold them as its types, so
//! that nothing is an element in between: that is the faster way for it, both to read and to write. What is inside an
//! archived message and a published item it keeps as elements; those become types before they are hashed.

use rxml::{Event, Namespace, Parse, Parser, error::EndOrError, writer::{Encoder, SimpleNamespaces, TrackNamespace as _}};
use std::collections::BTreeMap;
use xmpp_parsers::{
    caps::Caps, chatstates::ChatState, delay::Delay, disco::{DiscoInfoResult, DiscoItemsResult}, jid::Jid, mam,
    message::{Id, Lang, MessageType, Thread}, muc::user::MucUser, ns, occupant_id::OccupantId,
    presence::{Priority, Show, Type}, pubsub, receipts, roster::Roster, sm::Nonza,
    stanza_id::{OriginId, StanzaId}, vcard_update::VCardUpdate,
};
use xso::{AsXml, Context, FromEventsBuilder, FromXml, error::FromEventsError};

use super::{super::Outcome, FOOTER, HEADER, Writes, peer_sums};
use crate::chunks::CHUNK;

/// What stands in the stanzas of the ten shapes.
#[derive(FromXml, AsXml, Debug)]
#[xml()]
pub enum Known {
    #[xml(transparent)]
    ChatState(ChatState),
    #[xml(transparent)]
    ReceiptRequest(receipts::Request),
    #[xml(transparent)]
    OriginId(OriginId),
    #[xml(transparent)]
    StanzaId(StanzaId),
    #[xml(transparent)]
    OccupantId(OccupantId),
    #[xml(transparent)]
    Delay(Delay),
    #[xml(transparent)]
    Caps(Caps),
    #[xml(transparent)]
    VCardUpdate(VCardUpdate),
    #[xml(transparent)]
    MucUser(MucUser),
    #[xml(transparent)]
    Archived(mam::Result_),
    #[xml(transparent)]
    Event(pubsub::Event),
}

/// What stands in the requests' answers of the ten shapes.
#[derive(FromXml, AsXml, Debug)]
#[xml()]
pub enum Answer {
    #[xml(transparent)]
    Roster(Roster),
    #[xml(transparent)]
    DiscoInfo(DiscoInfoResult),
    #[xml(transparent)]
    DiscoItems(DiscoItemsResult),
}

#[derive(FromXml, AsXml, Debug)]
#[xml(namespace = ns::DEFAULT_NS, name = "message")]
pub struct Message {
    #[xml(attribute(default))]
    pub from: Option<Jid>,
    #[xml(attribute(default))]
    pub to: Option<Jid>,
    #[xml(attribute(default))]
    pub id: Option<Id>,
    #[xml(attribute(default, name = "type"))]
    pub kind: MessageType,
    #[xml(extract(n = .., name = "body", fields(lang(type_ = Lang, default), text(type_ = String))))]
    pub bodies: BTreeMap<Lang, String>,
    #[xml(extract(n = .., name = "subject", fields(lang(type_ = Lang, default), text(type_ = String))))]
    pub subjects: BTreeMap<Lang, String>,
    #[xml(child(default))]
    pub thread: Option<Thread>,
    #[xml(child(n = ..))]
    pub payloads: Vec<Known>,
}

#[derive(FromXml, AsXml, Debug)]
#[xml(namespace = ns::DEFAULT_NS, name = "presence")]
pub struct Presence {
    #[xml(attribute(default))]
    pub from: Option<Jid>,
    #[xml(attribute(default))]
    pub to: Option<Jid>,
    #[xml(attribute(default))]
    pub id: Option<String>,
    #[xml(attribute(default, name = "type"))]
    pub kind: Type,
    #[xml(extract(default, name = "show", fields(text(type_ = Show))))]
    pub show: Option<Show>,
    #[xml(extract(n = .., name = "status", fields(lang(type_ = Lang, default), text(type_ = String))))]
    pub statuses: BTreeMap<Lang, String>,
    #[xml(child(default))]
    pub priority: Priority,
    #[xml(child(n = ..))]
    pub payloads: Vec<Known>,
}

#[derive(FromXml, AsXml, Debug)]
#[xml(namespace = ns::DEFAULT_NS, name = "iq", attribute = "type", exhaustive)]
pub enum Iq {
    #[xml(value = "result")]
    Result {
        #[xml(attribute(default))]
        from: Option<Jid>,
        #[xml(attribute(default))]
        to: Option<Jid>,
        #[xml(attribute)]
        id: String,
        #[xml(child)]
        payload: Answer,
    },
}

/// A child of the stream.
#[derive(FromXml, AsXml, Debug)]
#[xml()]
pub enum Child {
    #[xml(transparent)]
    Message(Message),
    #[xml(transparent)]
    Presence(Presence),
    #[xml(transparent)]
    Iq(Iq),
    #[xml(transparent)]
    Nonza(Nonza),
}

/// Reads the stream and hashes all values.
pub fn read(xml: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    each(xml, |child| {
        outcome.stanzas += 1;
        peer_sums::add(child, &mut outcome.checksum);
    });
    outcome
}

fn each(xml: &[u8], mut f: impl FnMut(Child)) {
    let mut parser = Parser::new();
    let mut root_open = false;
    let mut building: Option<<Child as FromXml>::Builder> = None;
    let context = Context::empty();
    for mut chunk in xml.chunks(CHUNK) {
        loop {
            let event = match parser.parse(&mut chunk, false) {
                Ok(Some(event)) => event,
                Ok(None) => return,
                Err(EndOrError::NeedMoreData) => break,
                Err(EndOrError::Error(error)) => panic!("rxml: {error}"),
            };
            match (&mut building, event) {
                (None, Event::StartElement(_, name, attributes)) => {
                    if !root_open {
                        root_open = true;
                        continue;
                    }
                    building = Some(match Child::from_events(name, attributes, &context) {
                        Ok(builder) => builder,
                        Err(FromEventsError::Mismatch { name, .. }) => panic!("untyped: {name:?}"),
                        Err(FromEventsError::Invalid(error)) => panic!("xmpp-parsers: {error}"),
                    });
                }
                (None, _) => {}
                (Some(builder), event) => {
                    if let Some(child) = builder.feed(event, &context).expect("a valid stanza") {
                        building = None;
                        f(child);
                    }
                }
            }
        }
    }
}

/// The values of a stream, to be written.
pub struct Values {
    children: Vec<Child>,
    encoder: Encoder<SimpleNamespaces>,
    buffer: Vec<u8>,
}

impl Values {
    /// Reads the stream.
    pub fn new(xml: &[u8]) -> Self {
        let mut children = Vec::new();
        each(xml, |child| children.push(child));
        // As within a stream: the default namespace is declared already.
        let mut encoder = Encoder::new();
        let client = Namespace::from(ns::JABBER_CLIENT);
        encoder.ns_tracker_mut().declare_fixed(None, client);
        Self {
            children,
            encoder,
            buffer: Vec::new(),
        }
    }

    fn write(&mut self, mut done: impl FnMut(&[u8])) {
        for child in &self.children {
            self.buffer.clear();
            for item in child.as_xml_iter().expect("what was read") {
                let item = item.expect("what was read");
                self.encoder
                    .encode(item.as_rxml_item(), &mut self.buffer)
                    .expect("what was read");
            }
            done(&self.buffer);
        }
    }
}

impl Writes for Values {
    fn run(&mut self) -> usize {
        self.write(|xml| {
            std::hint::black_box(xml);
        });
        self.children.len()
    }

    fn stream(&mut self) -> String {
        let mut stream = String::from(HEADER);
        self.write(|xml| stream.push_str(std::str::from_utf8(xml).expect("XML")));
        stream.push_str(FOOTER);
        stream
    }
}
