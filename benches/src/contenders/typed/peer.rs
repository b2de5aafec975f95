//! xmpp-parsers, fed with rxml's events as tokio-xmpp does.
//!
//! Its stanzas hold their payloads as minidom elements, from which its types are made. To write, the typed payloads are
//! kept beside a stanza without payloads, and their items go to the encoder where the payloads stand: nothing becomes an
//! element in between, which is its fastest way.
#![expect(missing_docs, reason = "the names are those of the libraries' types")]

use minidom::Element;
use rxml::{
    Event, Namespace, NcName, Parse, Parser,
    error::EndOrError,
    writer::{Encoder, Item, SimpleNamespaces, TrackNamespace as _},
};
use xmpp_parsers::{
    caps::Caps,
    chatstates::ChatState,
    delay::Delay,
    disco::{DiscoInfoResult, DiscoItemsResult},
    iq::Iq,
    mam,
    muc::user::MucUser,
    ns,
    occupant_id::OccupantId,
    pubsub, receipts,
    roster::Roster,
    sm::Nonza,
    stanza::Stanza,
    stanza_id::{OriginId, StanzaId},
    vcard_update::VCardUpdate,
};
use xso::{AsXml, Context, FromEventsBuilder, FromXml, error::FromEventsError};

use super::{super::Outcome, FOOTER, HEADER, Writes, peer_sums};
use crate::chunks::CHUNK;

/// Declares the payloads that stand in the ten shapes: how they are told apart, and that they write themselves.
macro_rules! known {
    ($($name:literal in $ns:expr => $variant:ident($ty:ty),)*) => {
        /// What stands in the stanzas of the ten shapes.
        #[derive(Debug)]
        pub enum Known {
            $($variant($ty),)*
        }

        impl Known {
            fn read(element: Element) -> Self {
                $(if element.is($name, $ns) {
                    return Self::$variant(typed(element));
                })*
                panic!("untyped: {element:?}")
            }

            fn write(&self, encoder: &mut Encoder<SimpleNamespaces>, buffer: &mut Vec<u8>) {
                match self {
                    $(Self::$variant(value) => write_all(value, encoder, buffer),)*
                }
            }
        }
    };
}

known! {
    "active" in ns::CHATSTATES => ChatState(ChatState),
    "request" in ns::RECEIPTS => ReceiptRequest(receipts::Request),
    "origin-id" in ns::SID => OriginId(OriginId),
    "stanza-id" in ns::SID => StanzaId(StanzaId),
    "occupant-id" in ns::OID => OccupantId(OccupantId),
    "delay" in ns::DELAY => Delay(Delay),
    "c" in ns::CAPS => Caps(Caps),
    "x" in ns::VCARD_UPDATE => VCardUpdate(VCardUpdate),
    "x" in ns::MUC_USER => MucUser(MucUser),
    "result" in ns::MAM => Archived(mam::Result_),
    "event" in ns::PUBSUB_EVENT => Event(pubsub::Event),
    "query" in ns::ROSTER => Roster(Roster),
    "query" in ns::DISCO_INFO => DiscoInfo(DiscoInfoResult),
    "query" in ns::DISCO_ITEMS => DiscoItems(DiscoItemsResult),
}

/// An element as one of the library's types.
pub fn typed<T: TryFrom<Element>>(element: Element) -> T {
    T::try_from(element).unwrap_or_else(|_| panic!("untyped"))
}

/// A child of the stream.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
pub enum Child {
    /// A stanza without its payloads, and these.
    Stanza(Stanza, Vec<Known>),
    Nonza(Nonza),
}

impl Child {
    fn new(mut stanza: Stanza) -> Self {
        let payloads = match &mut stanza {
            Stanza::Message(message) => std::mem::take(&mut message.payloads),
            Stanza::Presence(presence) => std::mem::take(&mut presence.payloads),
            Stanza::Iq(Iq::Result { payload, .. }) => payload.take().into_iter().collect(),
            Stanza::Iq(other) => panic!("not in the shapes: {other:?}"),
        };
        Self::Stanza(stanza, payloads.into_iter().map(Known::read).collect())
    }
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
    #[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
    enum Building {
        Stanza(<Stanza as FromXml>::Builder),
        Nonza(<Nonza as FromXml>::Builder),
    }
    let mut parser = Parser::new();
    let mut root_open = false;
    let mut building = None;
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
                        f(Child::new(stanza));
                    }
                }
                (Some(Building::Nonza(builder)), event) => {
                    if let Some(nonza) = builder.feed(event, &context).expect("a valid nonza") {
                        building = None;
                        f(Child::Nonza(nonza));
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
        // As within a stream: the root is open, the default namespace declared.
        let mut encoder = Encoder::new();
        let client = Namespace::from(ns::JABBER_CLIENT);
        encoder.ns_tracker_mut().declare_fixed(None, client.clone());
        let root = NcName::try_from("stream").expect("a name");
        for item in [Item::ElementHeadStart(client, &root), Item::ElementHeadEnd] {
            encoder
                .encode(item, &mut Vec::new())
                .expect("the first element");
        }
        Self {
            children,
            encoder,
            buffer: Vec::new(),
        }
    }

    fn write(&mut self, mut done: impl FnMut(&[u8])) {
        for child in &self.children {
            self.buffer.clear();
            let (encoder, buffer) = (&mut self.encoder, &mut self.buffer);
            match child {
                Child::Stanza(stanza, payloads) => {
                    let mut items = stanza.as_xml_iter().expect("what was read").peekable();
                    while let Some(item) = items.next() {
                        // The last item is the end of the stanza.
                        if items.peek().is_none() {
                            for payload in payloads {
                                payload.write(encoder, buffer);
                            }
                        }
                        let item = item.expect("what was read");
                        encoder
                            .encode(item.as_rxml_item(), buffer)
                            .expect("what was read");
                    }
                }
                Child::Nonza(nonza) => write_all(nonza, encoder, buffer),
            }
            done(buffer);
        }
    }
}

fn write_all(value: &impl AsXml, encoder: &mut Encoder<SimpleNamespaces>, buffer: &mut Vec<u8>) {
    for item in value.as_xml_iter().expect("what was read") {
        let item = item.expect("what was read");
        encoder
            .encode(item.as_rxml_item(), buffer)
            .expect("what was read");
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
