//! xmpp-stanza and xmpp-muc over xmpp-core: [`TypedStanza`], read from what the parser lends.
#![expect(missing_docs, reason = "the names are those of the libraries' types")]

use base64::{Engine as _, prelude::BASE64_STANDARD};
use xmpp_core::{
    BareJid, Jid, Payload,
    xml::{
        AnyPayload, Element, ElementRef, LangMap, Limits, Parser, ParserEventRef, WriteXml as _,
        Writer, ns,
    },
};
use xmpp_muc::MucUser;
use xmpp_stanza::{
    Ack, AckRequest, ArchiveResult, Caps, ChatState, Delay, DiscoInfo, DiscoItems, Markable,
    OccupantId, OmemoBundle, OriginId, ReceiptRequest, Roster, StanzaId, StanzaKind, TypedIq,
    TypedMessage, TypedPresence, TypedStanza, VCardUpdate, pubsub::Event,
};

use super::{
    super::Outcome,
    FOOTER, HEADER, Writes,
    sums::{ACK_REQUEST, Header, MARKABLE, OCCUPANT_ID, ORIGIN_ID, RECEIPT_REQUEST, STANZA_ID},
};
use crate::{checksum::Checksum, chunks::CHUNK};

/// What stands in the stanzas of the ten shapes. The large ones are boxed, as the compiler's lints want it.
#[derive(Clone, Debug, PartialEq, Payload)]
pub enum Known {
    ChatState(ChatState),
    ReceiptRequest(ReceiptRequest),
    OriginId(OriginId),
    StanzaId(StanzaId),
    OccupantId(OccupantId),
    Delay(Delay),
    Caps(Caps),
    VCardUpdate(VCardUpdate),
    MucUser(Box<MucUser>),
    Archived(Box<ArchiveResult<TypedMessage<Archived>>>),
    Event(Box<Event<Published>>),
    Roster(Roster),
    DiscoInfo(DiscoInfo),
    DiscoItems(DiscoItems),
    #[xml(other)]
    Other(Element),
}

/// What stands in archived messages.
#[derive(Clone, Debug, PartialEq, Payload)]
pub enum Archived {
    Markable(Markable),
    #[xml(other)]
    Other(Element),
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Payload)]
pub enum Published {
    Bundle(OmemoBundle),
    #[xml(other)]
    Other(Element),
}

/// What is no stanza.
#[derive(Clone, Debug, PartialEq, Payload)]
pub enum Management {
    Request(AckRequest),
    Answer(Ack),
    #[xml(other)]
    Other(Element),
}

/// A child of the stream.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
pub enum Child {
    /// A stanza.
    Stanza(TypedStanza<Known>),
    /// XEP-0198.
    Management(Management),
}

impl Child {
    fn read(element: ElementRef<'_>) -> Self {
        if StanzaKind::of(element).is_some() {
            Self::Stanza(TypedStanza::from_element(element).expect("a valid stanza"))
        } else {
            Self::Management(Management::read(element))
        }
    }
}

/// Reads the stream and hashes all values.
pub fn read(xml: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    each(xml, |element| {
        outcome.stanzas += 1;
        add(Child::read(element), &mut outcome.checksum);
    });
    outcome
}

fn each(xml: &[u8], mut f: impl FnMut(ElementRef<'_>)) {
    let mut parser = Parser::stream(Limits::CLIENT);
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll_ref().expect("the input is well-formed") {
            if let ParserEventRef::Element(element) = event {
                f(element);
            }
        }
    }
}

fn add(child: Child, sum: &mut Checksum) {
    match child {
        Child::Stanza(TypedStanza::Message(message)) => add_message(message, sum),
        Child::Stanza(TypedStanza::Presence(presence)) => add_presence(presence, sum),
        Child::Stanza(TypedStanza::Iq(iq)) => add_iq(iq, sum),
        Child::Management(Management::Request(AckRequest)) => sum.flag(ACK_REQUEST),
        Child::Management(Management::Answer(Ack { h })) => sum.ack(h),
        Child::Management(Management::Other(element)) => panic!("untyped: {element}"),
    }
}

fn text(jid: Option<&Jid>) -> Option<&str> {
    jid.map(Jid::as_str)
}

fn add_message_fields<P>(message: &TypedMessage<P>, sum: &mut Checksum) {
    sum.header(Header {
        kind: 0,
        from: text(message.from.as_ref()),
        to: text(message.to.as_ref()),
        id: message.id.as_deref(),
        stanza_type: message.message_type.as_str(),
    });
    add_texts(&message.bodies, sum);
    add_texts(&message.subjects, sum);
    if let Some(thread) = &message.thread {
        sum.thread(thread.parent.as_deref(), &thread.id);
    }
}

fn add_texts(texts: &LangMap, sum: &mut Checksum) {
    for (lang, text) in texts.iter() {
        sum.lang_text(lang, text);
    }
}

fn add_message(message: TypedMessage<Known>, sum: &mut Checksum) {
    add_message_fields(&message, sum);
    for payload in message.payloads {
        add_payload(payload, message.from.as_ref(), sum);
    }
}

fn add_presence(presence: TypedPresence<Known>, sum: &mut Checksum) {
    sum.header(Header {
        kind: 1,
        from: text(presence.from.as_ref()),
        to: text(presence.to.as_ref()),
        id: presence.id.as_deref(),
        stanza_type: presence.presence_type.as_str(),
    });
    sum.option(presence.show.map(|show| show.as_str()));
    add_texts(&presence.statuses, sum);
    sum.number(presence.priority.unsigned_abs().into());
    for payload in presence.payloads {
        add_payload(payload, presence.from.as_ref(), sum);
    }
}

fn add_iq(iq: TypedIq<Known>, sum: &mut Checksum) {
    sum.header(Header {
        kind: 2,
        from: text(iq.from.as_ref()),
        to: text(iq.to.as_ref()),
        id: Some(&iq.id),
        stanza_type: iq.iq_type().as_str(),
    });
    let xmpp_stanza::TypedIqContent::Result(Some(payload)) = iq.content else {
        panic!("only results are in the shapes");
    };
    add_payload(payload, iq.from.as_ref(), sum);
}

fn add_payload(payload: Known, from: Option<&Jid>, sum: &mut Checksum) {
    match payload {
        Known::ChatState(state) => sum.chat_state(match state {
            ChatState::Active => "active",
            ChatState::Composing => "composing",
            ChatState::Gone => "gone",
            ChatState::Inactive => "inactive",
            ChatState::Paused => "paused",
        }),
        Known::ReceiptRequest(ReceiptRequest) => sum.flag(RECEIPT_REQUEST),
        Known::OriginId(OriginId { id }) => sum.id(ORIGIN_ID, &id, None),
        Known::StanzaId(StanzaId { id, by }) => sum.id(STANZA_ID, &id, Some(by.as_str())),
        Known::OccupantId(OccupantId { id }) => sum.id(OCCUPANT_ID, &id, None),
        Known::Delay(delay) => add_delay(&delay, sum),
        Known::Caps(caps) => add_caps(&caps, sum),
        Known::VCardUpdate(VCardUpdate { photo }) => sum.vcard_update(photo.as_deref().map(hex)),
        Known::MucUser(user) => add_muc_user(&user, sum),
        Known::Archived(result) => add_archived(*result, from, sum),
        Known::Event(event) => add_event(&event, sum),
        Known::Roster(roster) => add_roster(&roster, sum),
        Known::DiscoInfo(info) => {
            sum.disco_info(
                info.node.as_deref(),
                info.identities.len(),
                info.forms.len(),
            );
            for i in &info.identities {
                let (lang, name) = (i.lang.as_deref(), i.name.as_deref());
                sum.identity([&i.category, &i.identity_type], [lang, name]);
            }
            sum.features(info.features.iter().map(|feature| feature.var.as_str()));
        }
        Known::DiscoItems(items) => {
            assert!(items.page.is_none(), "not in the shapes");
            sum.disco_items(items.node.as_deref(), items.items.len());
            for item in &items.items {
                let (node, name) = (item.node.as_deref(), item.name.as_deref());
                sum.disco_item(item.jid.as_str(), node, name);
            }
        }
        Known::Other(element) => panic!("untyped: {element}"),
    }
}

fn add_delay(delay: &Delay, sum: &mut Checksum) {
    let stamp = delay.stamp.timestamp().as_millis();
    sum.delay(text(delay.from.as_ref()), stamp, delay.reason.as_deref());
}

/// xmpp-parsers reads the hash as bytes.
fn add_caps(caps: &Caps, sum: &mut Checksum) {
    let mut ver = [0; 64];
    let len = BASE64_STANDARD
        .decode_slice(&caps.ver, &mut ver)
        .expect("a hash");
    sum.caps(
        caps.hash.as_deref().unwrap_or_default(),
        &caps.node,
        &ver[..len],
    );
}

/// xmpp-parsers reads the hash as bytes.
fn hex(photo: &str) -> [u8; 20] {
    let digit = |c: u8| (c & 15) + 9 * (c >> 6);
    let (pairs, _) = photo.as_bytes().as_chunks::<2>();
    let mut bytes = [0; 20];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high) << 4 | digit(*low);
    }
    bytes
}

fn add_muc_user(user: &MucUser, sum: &mut Checksum) {
    assert!(
        user.decline.is_none()
            && user.destroy.is_none()
            && user.invites.is_empty()
            && user.mav.is_none()
            && user.password.is_none(),
        "not in the shapes"
    );
    sum.muc_user(user.items.len(), user.statuses.len());
    for item in &user.items {
        let affiliation = item.affiliation.unwrap_or_default().as_str();
        let role = item.role.unwrap_or_default().as_str();
        let jid = text(item.jid.as_ref());
        assert!(item.actor.is_none(), "not in the shapes");
        let (nick, reason) = (item.nick.as_deref(), item.reason.as_deref());
        sum.muc_item([affiliation, role], [jid, nick, reason]);
    }
    for status in &user.statuses {
        sum.number(status.code.as_u16().into());
    }
}

fn add_archived(
    result: ArchiveResult<TypedMessage<Archived>>,
    from: Option<&Jid>,
    sum: &mut Checksum,
) {
    // The archive of the own account; what was asked for is what is answered.
    let archive = from.expect("from the archive");
    let own: BareJid = archive.to_bare();
    let queryid = result.queryid().expect("a query").to_owned();
    let message = result
        .check(from, archive, &own, &queryid)
        .expect("a genuine result");
    sum.archive_result(message.id(), Some(&queryid));
    if let Some(delay) = message.delay() {
        add_delay(delay, sum);
    }
    let message = message.message();
    add_message_fields(message, sum);
    for payload in &message.payloads {
        match payload {
            Archived::Markable(Markable) => sum.flag(MARKABLE),
            Archived::Other(element) => panic!("untyped: {element}"),
        }
    }
}

fn add_event(event: &Event<Published>, sum: &mut Checksum) {
    assert!(
        event.purge.is_none()
            && event.delete.is_none()
            && event.configuration.is_none()
            && event.collection.is_none(),
        "not in the shapes"
    );
    let items = event.items.as_ref().expect("items");
    sum.event_items(&items.node, items.items.len(), items.retracted.len());
    for item in &items.items {
        let item = &item.0;
        sum.event_item(item.id.as_deref(), text(item.publisher.as_ref()));
        for payload in &item.elements {
            match payload {
                Published::Bundle(bundle) => add_bundle(bundle, sum),
                Published::Other(element) => panic!("untyped: {element}"),
            }
        }
    }
}

fn add_bundle(bundle: &OmemoBundle, sum: &mut Checksum) {
    let signed = &bundle.signed_pre_key;
    sum.bundle(
        (signed.id.into(), &signed.key.0),
        &bundle.signature.0,
        &bundle.identity_key.0,
    );
    for key in &bundle.pre_keys.keys {
        sum.key(key.id.into(), &key.key.0);
    }
}

fn add_roster(roster: &Roster, sum: &mut Checksum) {
    sum.roster(roster.ver.as_deref(), roster.items.len());
    for item in &roster.items {
        sum.roster_item(
            item.jid.as_str(),
            item.name.as_deref(),
            item.subscription.as_str(),
            [item.ask.is_some(), item.approved],
        );
        for group in &item.groups {
            sum.text(group);
        }
    }
}

/// The values of a stream, to be written.
#[derive(Debug)]
pub struct Values {
    children: Vec<Child>,
    buffer: String,
}

impl Values {
    /// Reads the stream.
    pub fn new(xml: &[u8]) -> Self {
        let mut children = Vec::new();
        each(xml, |element| children.push(Child::read(element)));
        Self {
            children,
            buffer: String::new(),
        }
    }

    #[inline]
    fn write(&mut self, mut done: impl FnMut(&str)) {
        for child in &self.children {
            self.buffer.clear();
            let mut writer = Writer::new(&mut self.buffer, ns::CLIENT);
            match child {
                Child::Stanza(stanza) => stanza.write_xml(&mut writer),
                Child::Management(management) => management.write_xml(&mut writer),
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
        self.write(|xml| stream.push_str(xml));
        stream.push_str(FOOTER);
        stream
    }
}

#[cfg(test)]
mod tests {
    use super::{super::owned, Child, each};
    use crate::shapes::{SHAPES, stream_of};

    #[test]
    fn each_string_and_list_is_one_allocation_and_two_more_a_stanza_at_most() {
        for shape in &SHAPES {
            let stream = stream_of(shape, 50_000);
            // What is made once is made before.
            super::read(stream.xml.as_bytes());
            each(stream.xml.as_bytes(), |element| {
                let mut child = None;
                let info = allocation_counter::measure(|| child = Some(Child::read(element)));
                let owned = owned::child(&child.expect("read"));
                let allocated = usize::try_from(info.count_total).expect("few");
                assert!(
                    (owned..=owned + 2).contains(&allocated),
                    "{}: {allocated} allocations, {owned} values own memory: {element}",
                    shape.name
                );
            });
        }
    }
}
