//! Stanzas whose every child is read as a type.

use xmpp_core::{
    BareJid, Jid, Payload,
    xml::{
        AnyPayload, Element, Limits, Parser, ParserEventRef, Payload as _, PayloadScope, WriteXml,
        Writer, ns,
    },
};
use xmpp_stanza::{
    ArchiveResult, BadResult, BadStanza, ChatState, Delay, Forwarded, MessageType, Ping,
    PresenceType, Roster, Show, Stanza, StanzaError, StanzaErrorCondition, TypedIq, TypedIqContent,
    TypedMessage, TypedPresence, TypedStanza, UserNick,
    pubsub::{Event, EventItem, Item},
};

#[derive(Clone, Debug, PartialEq, Payload)]
enum Known {
    Archived(Box<ArchiveResult<TypedMessage<Inner>>>),
    ChatState(ChatState),
    Delay(Delay),
    Error(StanzaError),
    Event(Event<Inner>),
    Forwarded(Forwarded<TypedMessage<Inner>>),
    Ping(Ping),
    Roster(Roster),
    #[xml(other)]
    Other(Element),
}

#[derive(Clone, Debug, PartialEq, Payload)]
enum Inner {
    ChatState(ChatState),
    Nick(UserNick),
    /// Not kept.
    #[xml(other)]
    Other,
}

fn element(xml: &str) -> Element {
    Element::parse_in(xml, Limits::CLIENT, ns::CLIENT).expect("well-formed")
}

fn read(xml: &str) -> TypedStanza<Known> {
    TypedStanza::from_element(element(xml).root()).expect("a valid stanza")
}

#[track_caller]
fn round_trip(xml: &str) -> TypedStanza<Known> {
    let typed = read(xml);
    let written = Element::from_xml(&typed);
    assert_eq!(
        TypedStanza::from_element(written.root()).as_ref(),
        Ok(&typed),
        "{written}"
    );
    typed
}

#[test]
fn every_field_of_a_message_is_read_and_written() {
    let xml = "<message from='a@b.example/c' to='d@e.example' type='chat' id='i&amp;' xml:lang='en'>\
        <subject>S</subject><body>one &lt;</body><body xml:lang='de'>eins</body>\
        <thread parent='p'>t</thread><active xmlns='http://jabber.org/protocol/chatstates'/></message>";
    let TypedStanza::Message(message) = round_trip(xml) else {
        panic!("a message");
    };
    assert_eq!(message.from, Some("a@b.example/c".parse().unwrap()));
    assert_eq!(message.to, Some("d@e.example".parse().unwrap()));
    assert_eq!(message.id.as_deref(), Some("i&"));
    assert_eq!(message.message_type, MessageType::Chat);
    assert_eq!(message.lang.as_deref(), Some("en"));
    assert_eq!(message.subjects.any(), Some("S"));
    assert_eq!(message.bodies.get(""), Some("one <"));
    assert_eq!(message.bodies.get("de"), Some("eins"));
    let thread = message.thread.as_ref().unwrap();
    assert_eq!((thread.parent.as_deref(), &*thread.id), (Some("p"), "t"));
    assert_eq!(message.payloads, [Known::ChatState(ChatState::Active)]);
    // Nothing is lost of what the untyped form has.
    assert_eq!(Element::from_xml(&message), element(xml));
}

#[test]
fn every_field_of_a_presence_is_read_and_written() {
    let xml = "<presence from='a@b.example/c' to='d@e.example' id='i' xml:lang='en'><show>dnd</show>\
        <status>busy</status><priority>-5</priority><delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/></presence>";
    let TypedStanza::Presence(presence) = round_trip(xml) else {
        panic!("a presence");
    };
    assert_eq!(presence.presence_type, PresenceType::Available);
    assert_eq!((presence.show, presence.priority), (Some(Show::Dnd), -5));
    assert_eq!(presence.statuses.any(), Some("busy"));
    assert!(matches!(presence.payloads[..], [Known::Delay(_)]));
    assert_eq!(Element::from_xml(&presence), element(xml));
    // As the untyped form has it: the first counts, and what is no value is none.
    let TypedStanza::Presence(odd) = round_trip(
        "<presence type='unavailable'><show>gone</show><show>xa</show><priority>300</priority></presence>",
    ) else {
        panic!("a presence");
    };
    assert_eq!((odd.show, odd.priority), (None, 0));
    assert_eq!(odd.presence_type, PresenceType::Unavailable);
}

#[test]
fn every_kind_of_iq_is_read_and_written() {
    let content = |xml: &str| match round_trip(xml) {
        TypedStanza::Iq(iq) => {
            assert_eq!(iq.id, "1");
            assert_eq!(Element::from_xml(&iq), element(xml));
            iq.content
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        content("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"),
        TypedIqContent::Get(Known::Ping(Ping))
    );
    assert!(matches!(
        content("<iq type='set' id='1' to='a@b.example'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>"),
        TypedIqContent::Set(Known::Roster(roster)) if roster.items.len() == 1
    ));
    assert_eq!(
        content("<iq type='result' id='1'/>"),
        TypedIqContent::Result(None)
    );
    assert!(matches!(
        content("<iq type='error' id='1'><ping xmlns='urn:xmpp:ping'/><error type='cancel'>\
                 <item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"),
        TypedIqContent::Error { error, request: Some(Known::Ping(Ping)) }
            if error.condition == StanzaErrorCondition::ItemNotFound
    ));
}

#[test]
fn a_broken_or_unknown_payload_is_kept_where_it_stood() {
    let xml = "<message><delay xmlns='urn:xmpp:delay' stamp='yesterday'/>\
        <composing xmlns='http://jabber.org/protocol/chatstates'/><x xmlns='urn:example:x'><y/></x>\
        <typing xmlns='http://jabber.org/protocol/chatstates'/></message>";
    let TypedStanza::Message(message) = round_trip(xml) else {
        panic!("a message");
    };
    let [
        Known::Other(broken),
        Known::ChatState(ChatState::Composing),
        Known::Other(unknown),
        Known::Other(state),
    ] = &message.payloads[..]
    else {
        panic!("{message:?}");
    };
    assert_eq!(
        Delay::from_element(broken.root()).unwrap_err().to_string(),
        "<delay/>: invalid stamp 'yesterday': not of the form CCYY-MM-DDThh:mm:ss[.sss]TZD"
    );
    assert_eq!((unknown.ns(), state.name()), ("urn:example:x", "typing"));
    assert_eq!(Element::from_xml(&message), element(xml));
    let TypedStanza::Iq(iq) =
        read("<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item/></query></iq>")
    else {
        panic!("an iq");
    };
    assert!(matches!(iq.payload(), Some(Known::Other(_))));
}

#[test]
fn what_is_wrong_with_a_stanza_is_the_same_as_in_its_untyped_form() {
    for xml in [
        "<message from='@'/>",
        "<message to='a@@b'/>",
        "<presence from='/'/>",
        "<presence type='available'/>",
        "<presence type='what'/>",
        "<iq type='get'><a/></iq>",
        "<iq id='1'><a/></iq>",
        "<iq id='1' type='ask'><a/></iq>",
        "<iq id='1' type='get'/>",
        "<iq id='1' type='set'><a/><b/></iq>",
        "<iq id='1' type='result'><a/><b/></iq>",
        "<iq id='1' type='error'/>",
        "<iq id='1' type='get' from=''><a/></iq>",
        "<message xmlns='urn:x'/>",
        "<msg/>",
    ] {
        let element = element(xml);
        let untyped = Stanza::from_element(element.root()).unwrap_err();
        let typed = TypedStanza::<Known>::from_element(element.root()).unwrap_err();
        assert_eq!(typed, untyped, "{xml}");
    }
    let message = element("<message/>");
    assert!(matches!(
        TypedPresence::<Known>::from_element(message.root()),
        Err(BadStanza::NotAStanza { .. })
    ));
    assert!(TypedIq::<Known>::from_element(message.root()).is_err());
}

#[test]
fn lent_and_kept_elements_read_alike() {
    let stanza = "<message id='1'><x xmlns:p='urn:p' xmlns='urn:x'><p:y p:a='1'/></x><body>b</body></message>";
    let mut parser = Parser::stream(Limits::CLIENT);
    parser.push(
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    );
    parser.push(stanza.as_bytes());
    let mut seen = 0;
    while let Some(event) = parser.poll_ref().unwrap() {
        if let ParserEventRef::Element(lent) = event {
            assert_eq!(TypedStanza::from_element(lent), Ok(read(stanza)));
            seen += 1;
        }
    }
    assert_eq!(seen, 1);
}

#[test]
fn what_an_archive_sends_is_had_through_the_check_only() {
    let xml = "<message from='a@b.example'><result xmlns='urn:xmpp:mam:2' queryid='q' id='i'>\
        <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2010-07-10T23:08:25Z'/>\
        <message xmlns='jabber:client' from='c@d.example'><body>hi</body>\
        <active xmlns='http://jabber.org/protocol/chatstates'/></message></forwarded></result></message>";
    let TypedStanza::Message(message) = round_trip(xml) else {
        panic!("a message");
    };
    let [Known::Archived(result)] = &message.payloads[..] else {
        panic!("{message:?}");
    };
    let own: BareJid = "a@b.example".parse().unwrap();
    let other: Jid = "mallory@evil.example".parse().unwrap();
    let archive = Jid::from(own.clone());
    let check = |from: Option<&Jid>, queryid: &str| {
        ArchiveResult::clone(result).check(from, &archive, &own, queryid)
    };
    assert_eq!(result.queryid(), Some("q"));
    let archived = check(message.from.as_ref(), "q").unwrap();
    assert_eq!(archived.message().bodies.any(), Some("hi"));
    assert_eq!(
        archived.message().payloads,
        [Inner::ChatState(ChatState::Active)]
    );
    assert_eq!(
        archived.delay().unwrap().stamp,
        archived.received().unwrap()
    );
    assert!(check(None, "q").is_ok());
    assert_eq!(check(Some(&other), "q"), Err(BadResult::NotAsked));
    assert_eq!(check(message.from.as_ref(), "r"), Err(BadResult::NotAsked));

    let empty = "<message from='a@b.example'><result xmlns='urn:xmpp:mam:2' queryid='q' id='i'>\
        <forwarded xmlns='urn:xmpp:forward:0'/></result></message>";
    let TypedStanza::Message(message) = read(empty) else {
        panic!("a message");
    };
    let [Known::Archived(result)] = &message.payloads[..] else {
        panic!("{message:?}");
    };
    let result = ArchiveResult::clone(result);
    let from = message.from.as_ref();
    assert_eq!(
        result.check(from, &archive, &own, "q"),
        Err(BadResult::Malformed)
    );
}

#[test]
fn a_broken_stanza_inside_breaks_the_payload_around_it_only() {
    let xml = "<message><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='@'/></forwarded></message>";
    let TypedStanza::Message(message) = round_trip(xml) else {
        panic!("a message");
    };
    assert!(matches!(message.payloads[..], [Known::Other(_)]));
    let inner = element("<message from='@'/>");
    let error = <TypedMessage<Inner> as xmpp_core::xml::Payload>::from_element(inner.root());
    assert!(
        error
            .unwrap_err()
            .to_string()
            .starts_with("<message/>: invalid from")
    );
}

#[test]
fn a_choice_without_a_place_for_others_drops_them() {
    let xml = "<message><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='n'>\
        <item id='1' publisher='a@b.example'><nick xmlns='http://jabber.org/protocol/nick'>N</nick></item>\
        <item id='2'><z xmlns='urn:z'/></item></items></event></message>";
    let TypedStanza::Message(message) = read(xml) else {
        panic!("a message");
    };
    let [Known::Event(event)] = &message.payloads[..] else {
        panic!("{message:?}");
    };
    let items = event.items.as_ref().unwrap();
    let published = |EventItem(item): &EventItem<Inner>| item.elements.clone();
    assert_eq!(
        published(&items.items[0]),
        [Inner::Nick(UserNick::new("N"))]
    );
    assert_eq!(published(&items.items[1]), [Inner::Other]);
    let mut out = String::new();
    Item::<Inner>::default().write_xml(&mut Writer::new(&mut out, ns::PUBSUB));
    assert_eq!(out, "<item/>");
}

#[test]
fn the_scope_of_a_payload_says_where_it_may_stand() {
    assert_eq!(Delay::SCOPE, PayloadScope::Element);
    assert_eq!(ChatState::SCOPE, PayloadScope::Namespace);
    assert_eq!(Known::SCOPE, PayloadScope::Any);
    assert_eq!(Box::<Delay>::SCOPE, PayloadScope::Element);
    assert!(Known::matches(element("<x/>").root()));
    assert_eq!(Element::read(element("<x/>").root()), element("<x/>"));
}

#[test]
fn a_stanza_from_an_unprepared_jid_is_read_with_its_payloads_as_without() {
    let element: Element =
        "<message xmlns='jabber:client' from='user@my_host.example' to='a@b'><body>Hi</body></message>"
            .parse()
            .unwrap();
    let typed = TypedStanza::<Known>::from_element(element.root()).unwrap();
    let from = typed.from().unwrap();
    assert_eq!(
        (from.as_str(), from.is_prepared()),
        ("user@my_host.example", false)
    );
}
