//! Messages, presence, iq and error answers (RFC 6120 §8, RFC 6121 §4 and §5; rules STZ-2 to
//! STZ-11).
#![allow(clippy::result_large_err)]

use xmpp_core::xml::{Element, LangMap, ns};
use xmpp_stanza::{
    BadStanza, ChatState, Delay, Iq, IqContent, IqDispatch, IqReply, IqType, Message, MessageType,
    Ping, Presence, PresenceType, Show, SoftwareVersion, Stanza, StanzaError, StanzaErrorCondition,
    StanzaKind, StanzaRef, Thread,
    core::{Jid, xml::Payload},
    error_for,
};

fn element(xml: &str) -> Element {
    // The stanza's own namespace goes into its start tag.
    xml.replacen(' ', " xmlns='jabber:client' ", 1)
        .parse()
        .unwrap_or_else(|e| panic!("{e}: {xml}"))
}

fn message(xml: &str) -> Message {
    Message::from_element(element(xml).root()).unwrap()
}

fn iq(xml: &str) -> Iq {
    Iq::from_element(element(xml).root()).unwrap()
}

fn jid(jid: &str) -> Jid {
    jid.parse().unwrap()
}

#[test]
fn bodies_and_subjects_have_languages() {
    let message = message(
        "<message xml:lang='cs'><subject>Pros&#237;m</subject><subject xml:lang='en'>I implore you!</subject>\
         <body xml:lang='en'>Wherefore art thou?</body><body xml:lang='de'>Warum?</body><body xml:lang='de'>Nein</body>\
         <body xmlns='urn:x'>not this one</body></message>",
    );
    assert_eq!(message.lang.as_deref(), Some("cs"));
    assert_eq!(message.subject().unwrap(), "Prosím");
    assert_eq!(message.body().unwrap(), "Wherefore art thou?");
    assert_eq!(message.bodies().get("de"), Some("Warum?"));
    assert_eq!(message.bodies().len(), 2);
    assert_eq!(message.subjects().best(&["en-GB"]), Some("I implore you!"));
    assert_eq!(Message::default().body(), None);
}

#[test]
fn setting_a_body_replaces_all_bodies_in_place() {
    let built = message(
        "<message a=''><body>1</body><x xmlns='urn:x'/><body xml:lang='de'>2</body></message>",
    )
    .with_body([("", "one"), ("fr", "un")].into_iter().collect::<LangMap>());
    assert_eq!(
        Element::from_xml(&built),
        element(
            "<message ><body>one</body><body xml:lang='fr'>un</body><x xmlns='urn:x'/></message>"
        )
    );
    let none = built.with_body(LangMap::new());
    assert_eq!(none.payloads.len(), 1);
}

/// STZ-2; RFC 6121 §5.2.2.
#[test]
fn stz_2_message_types() {
    for (xml, expected) in [
        ("<message />", MessageType::Normal),
        ("<message type='normal'/>", MessageType::Normal),
        ("<message type='chat'/>", MessageType::Chat),
        ("<message type='groupchat'/>", MessageType::Groupchat),
        ("<message type='headline'/>", MessageType::Headline),
        ("<message type='error'/>", MessageType::Error),
        ("<message type='telegram'/>", MessageType::Normal),
        ("<message type=''/>", MessageType::Normal),
    ] {
        assert_eq!(message(xml).message_type, expected, "{xml}");
        assert_eq!(
            StanzaRef::new(element(xml).root()).unwrap().message_type(),
            Some(expected)
        );
    }
}

/// STZ-2; RFC 6121 §4.7.1.
#[test]
fn stz_2_presence_types() {
    use PresenceType as T;
    for (name, expected) in [
        ("unavailable", T::Unavailable),
        ("subscribe", T::Subscribe),
        ("subscribed", T::Subscribed),
        ("unsubscribe", T::Unsubscribe),
        ("unsubscribed", T::Unsubscribed),
        ("probe", T::Probe),
        ("error", T::Error),
    ] {
        let presence = element(&format!("<presence type='{name}'/>"));
        assert_eq!(
            Presence::from_element(presence.root())
                .unwrap()
                .presence_type,
            expected
        );
        assert_eq!(Element::from_xml(&Presence::new(expected)), presence);
    }
    for name in ["available", "invisible", ""] {
        let presence = element(&format!("<presence type='{name}' from='a@b'/>"));
        let error = Presence::from_element(presence.root()).unwrap_err();
        assert_eq!(
            error.condition(),
            StanzaErrorCondition::BadRequest,
            "{name}"
        );
        assert_eq!(
            StanzaRef::new(presence.root()).unwrap().presence_type(),
            None
        );
    }
}

#[test]
fn show_status_and_priority() {
    let read = |xml: &str| Presence::from_element(element(xml).root()).unwrap();
    let presence = read(
        "<presence ><show> dnd </show><status>Wooing</status><status xml:lang='cs'>Ja</status>\
         <priority>-128</priority></presence>",
    );
    assert_eq!(
        (presence.show(), presence.priority()),
        (Some(Show::Dnd), -128)
    );
    assert_eq!(presence.status().unwrap(), "Wooing");
    assert_eq!(presence.statuses().get("cs"), Some("Ja"));
    let odd = read("<presence ><show>busy</show><priority>128</priority></presence>");
    assert_eq!((odd.show(), odd.priority(), odd.status()), (None, 0, None));
    let rebuilt = odd.with_show(Show::Xa).with_priority(1).with_status("gone");
    assert_eq!((rebuilt.show(), rebuilt.priority()), (Some(Show::Xa), 1));
    assert_eq!(rebuilt.payloads.len(), 3);
}

/// STZ-2: eight malformed shapes.
#[test]
fn stz_2_malformed_iq() {
    for (xml, expected) in [
        ("<iq type='get'><a/></iq>", BadStanza::MissingId),
        ("<iq id='1'><a/></iq>", BadStanza::MissingType),
        (
            "<iq id='1' type='subscribe'><a/></iq>",
            BadStanza::UnknownType {
                value: "subscribe".into(),
            },
        ),
        (
            "<iq id='1' type='get'/>",
            BadStanza::PayloadCount { count: 0 },
        ),
        (
            "<iq id='1' type='set'/>",
            BadStanza::PayloadCount { count: 0 },
        ),
        (
            "<iq id='1' type='get'><a/><b/></iq>",
            BadStanza::PayloadCount { count: 2 },
        ),
        (
            "<iq id='1' type='result'><a/><b/><c/></iq>",
            BadStanza::PayloadCount { count: 3 },
        ),
        ("<iq id='1' type='error'><a/></iq>", BadStanza::MissingError),
    ] {
        let element = element(xml);
        let error = Iq::from_element(element.root()).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(error.condition(), StanzaErrorCondition::BadRequest);
        // In requests it is answered, in answers it is dropped.
        let answer = error_for(element.root(), error.into());
        assert_eq!(
            answer.is_some(),
            !xml.contains("result") && !xml.contains("error"),
            "{xml}"
        );
    }
}

#[test]
fn malformed_addresses() {
    for (xml, attribute) in [
        ("<message to='@@'/>", "to"),
        ("<presence from='a@'/>", "from"),
        ("<iq id='1' type='get' to='a@b/'><a/></iq>", "to"),
    ] {
        let element = element(xml);
        let error = Stanza::try_from(&element).unwrap_err();
        assert!(matches!(error, BadStanza::InvalidAddress { attribute: a, .. } if a == attribute));
        assert_eq!(error.condition(), StanzaErrorCondition::JidMalformed);
    }
}

#[test]
fn a_stanza_from_an_unprepared_jid_is_read_and_answered() {
    // An underscore in a domain and a code point without meaning: no JIDs that we would make, but those of a peer.
    for from in [
        "user@my_host.example/x",
        "u\u{378}ser@d.example/x",
        "user@d.example/\u{378}",
    ] {
        assert!(Jid::new(from).is_err());
        let message = message(&format!(
            "<message from='{from}' to='me@d.example' id='1' type='chat'><body>hi</body></message>"
        ));
        let sender = message.from.as_ref().expect("a sender");
        assert_eq!((sender.as_str(), sender.is_prepared()), (from, false));
        let reply = message.reply().expect("an answer").with_body("hello");
        assert_eq!(reply.to.as_ref(), message.from.as_ref());
        assert_eq!(Element::from_xml(&reply).attr("to").as_deref(), Some(from));
        let error = message.error(&StanzaErrorCondition::ServiceUnavailable.into());
        assert_eq!(error.expect("an error").to.as_ref(), message.from.as_ref());
        let iq = iq(&format!(
            "<iq from='{from}' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>"
        ));
        assert_eq!(iq.from.expect("a sender").as_str(), from);
        let presence = element(&format!("<presence from='{from}' type='subscribe'/>"));
        let presence = Presence::from_element(presence.root()).expect("a presence");
        assert_eq!(presence.from.expect("a sender").as_str(), from);
    }
}

#[test]
fn what_is_no_stanza() {
    for xml in [
        "<message/>",
        "<message xmlns='jabber:server'/>",
        "<x:iq xmlns:x='jabber:component:accept' type='get' id='1'><a/></x:iq>",
        "<Message xmlns='jabber:client'/>",
        "<a xmlns='urn:xmpp:sm:3' h='1'/>",
    ] {
        let element: Element = xml.parse().unwrap();
        assert!(
            matches!(
                Stanza::try_from(&element),
                Err(BadStanza::NotAStanza { .. })
            ),
            "{xml}"
        );
        assert!(StanzaRef::new(element.root()).is_none());
        assert_eq!(
            error_for(element.root(), StanzaErrorCondition::BadRequest.into()),
            None
        );
    }
    let prefixed: Element = "<c:iq xmlns:c='jabber:client' type='result' id='1'/>"
        .parse()
        .unwrap();
    assert_eq!(Stanza::try_from(&prefixed).unwrap().kind(), StanzaKind::Iq);
}

/// STZ-4, STZ-11.
#[test]
fn stz_11_errors_and_results_are_never_answered() {
    let error = || StanzaError::new(StanzaErrorCondition::ServiceUnavailable);
    for xml in [
        "<message type='error' from='a@b'/>",
        "<presence type='error' from='a@b'/>",
        "<iq type='error' id='1' from='a@b'/>",
        "<iq type='result' id='1' from='a@b'/>",
    ] {
        assert_eq!(error_for(element(xml).root(), error()), None, "{xml}");
    }
    let failed = message("<message type='error' from='a@b'><body>x</body></message>");
    assert_eq!((failed.error(&error()), failed.reply()), (None, None));
    assert_eq!(
        failed.stanza_error().unwrap().condition,
        StanzaErrorCondition::UndefinedCondition
    );
    let result = iq("<iq type='result' id='1' from='a@b'/>");
    assert_eq!(
        (result.result(), result.reply(&Ping), result.error(error())),
        (None, None, None)
    );
    // A loop of two entities that answer everything with an error ends at once.
    let first = message("<message id='1' from='a@b/c' to='d@e'><body>x</body></message>");
    let second = first.error(&error()).unwrap();
    assert_eq!(second.error(&error()), None);
    assert_eq!(error_for(Element::from_xml(&second).root(), error()), None);
}

/// STZ-10.
#[test]
fn stz_10_error_answers_swap_the_addresses_and_keep_the_id() {
    let error = StanzaError::new(StanzaErrorCondition::Forbidden);
    let expected = |name: &str| {
        element(&format!(
            "<{name} type='error' id='i&amp;1' from='d@e/f' to='a@b/c'><error type='auth'>\
             <forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></{name}>"
        ))
    };
    for (name, xml) in [
        (
            "message",
            "<message id='i&amp;1' from='a@b/c' to='d@e/f' type='chat'><body>secret</body></message>",
        ),
        (
            "presence",
            "<presence id='i&amp;1' from='a@b/c' to='d@e/f'><x xmlns='urn:x'/></presence>",
        ),
        (
            "iq",
            "<iq id='i&amp;1' from='a@b/c' to='d@e/f' type='set'><x xmlns='urn:x'/></iq>",
        ),
    ] {
        let answer = error_for(element(xml).root(), error.clone()).unwrap();
        assert_eq!(answer.stanza_error(), &error);
        assert_eq!(Element::from_xml(&answer), expected(name));
        let typed = match Stanza::try_from(&element(xml)).unwrap() {
            Stanza::Message(m) => Stanza::Message(m.error(&error).unwrap()),
            Stanza::Presence(p) => Stanza::Presence(p.error(&error).unwrap()),
            Stanza::Iq(iq) => Stanza::Iq(iq.error(error.clone()).unwrap()),
        };
        assert_eq!(Element::from_xml(&typed), expected(name));
    }
    let with_payload = error_for(element("<presence from='a@b/c' to='d@e/f'/>").root(), error)
        .unwrap()
        .with_payload(&Ping);
    let written = Element::from_xml(&with_payload);
    let names: Vec<_> = written.children().map(|c| c.name().to_owned()).collect();
    assert_eq!(names, ["ping", "error"]);
}

/// STZ-9: the bad address is not repeated as the sender of the answer.
#[test]
fn stz_9_unparsable_to() {
    let request = element("<iq id='1' from='a@b/c' to='@@' type='get'><x xmlns='urn:x'/></iq>");
    let error = Stanza::try_from(&request).unwrap_err();
    let answer = error_for(request.root(), error.into())
        .unwrap()
        .with_from(jid("b"));
    let written = Element::from_xml(&answer);
    assert_eq!(written.attr("from").as_deref(), Some("b"));
    assert!(written.to_string().contains("<jid-malformed"), "{written}");
    let stamped = error_for(request.root(), StanzaErrorCondition::BadRequest.into())
        .unwrap()
        .with_to(jid("z@b/c"));
    assert_eq!(
        Element::from_xml(&stamped).attr("to").as_deref(),
        Some("z@b/c")
    );
}

#[test]
fn replies_to_messages() {
    let chat = message(
        "<message type='chat' id='1' from='a@b/c' to='d@e'><thread parent='p'>t</thread><body>hi</body></message>",
    );
    let reply = chat
        .reply()
        .unwrap()
        .with_body("ho")
        .with_payload(&ChatState::Active);
    assert_eq!(
        Element::from_xml(&reply),
        element(
            "<message type='chat' to='a@b/c'><thread parent='p'>t</thread><body>ho</body>\
             <active xmlns='http://jabber.org/protocol/chatstates'/></message>"
        )
    );
    assert_eq!(
        reply.thread(),
        Some(Thread {
            parent: Some("p".into()),
            id: "t".into()
        })
    );
    let groupchat =
        message("<message type='groupchat' from='room@b/nick'><body>hi</body></message>");
    assert_eq!(groupchat.reply().unwrap().to, Some(jid("room@b")));
    assert_eq!(
        message("<message type='chat'><body>hi</body></message>").reply(),
        None
    );
    let other = Message::chat(jid("a@b"))
        .with_thread(&Thread::new("1"))
        .with_thread(&Thread::new("2"));
    assert_eq!(
        (other.thread(), other.payloads.len()),
        (Some(Thread::new("2")), 1)
    );
}

#[test]
fn requests_and_their_answers() {
    let request =
        iq("<iq type='get' id='1' from='a@b/c' to='d'><query xmlns='jabber:iq:version'/></iq>");
    assert_eq!(request.get_payload(), Ok(Some(SoftwareVersion::request())));
    assert_eq!(request.set_payload::<SoftwareVersion>(), Ok(None));
    assert_eq!(request.payload::<Ping>(), Ok(None));
    let answer = request
        .reply(&SoftwareVersion::new("Exodus", "0.7"))
        .unwrap();
    assert_eq!(
        Element::from_xml(&answer),
        element(
            "<iq type='result' id='1' from='d' to='a@b/c'><query xmlns='jabber:iq:version'>\
             <name>Exodus</name><version>0.7</version></query></iq>"
        )
    );
    assert_eq!(request.result().unwrap().content, IqContent::Result(None));
    let failed = iq(
        "<iq type='error' id='1'><query xmlns='jabber:iq:version'/><error type='cancel'>\
         <item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
    );
    assert_eq!((failed.iq_type(), failed.element()), (IqType::Error, None));
    assert!(
        matches!(&failed.content, IqContent::Error { error, request: Some(_) }
        if error.condition == StanzaErrorCondition::ItemNotFound)
    );
}

#[test]
fn payloads_are_asked_for_by_type() {
    let message = message(
        "<message a=''><delay xmlns='urn:xmpp:delay'/><x xmlns='urn:unknown' y='1'>z</x>\
         <composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
    );
    assert_eq!(message.payload(), Ok(Some(ChatState::Composing)));
    assert_eq!(message.payload::<Ping>(), Ok(None));
    // A broken payload is an error of that payload alone.
    assert!(message.payload::<Delay>().is_err());
    let mut payloads = message.payloads;
    assert!(payloads.has::<Delay>());
    assert_eq!(payloads.remove::<Delay>(), 1);
    payloads.set(&ChatState::Gone);
    payloads.set(&ChatState::Paused);
    assert_eq!(
        (payloads.len(), payloads.get()),
        (2, Ok(Some(ChatState::Paused)))
    );
    assert_eq!(
        payloads.as_slice()[0].to_string(),
        "<x xmlns='urn:unknown' y='1'>z</x>"
    );
    assert!(payloads.child("x", ns::NONE).is_none());
    assert_eq!((&payloads).into_iter().count(), 2);
}

/// STZ-3: exactly one answer to each request.
#[test]
fn stz_3_dispatch_answers_every_request() {
    let mut dispatch = IqDispatch::new()
        .on_get(|seen: &mut Vec<String>, iq, Ping| {
            seen.push(iq.id.clone());
            Ok(IqReply::Empty)
        })
        .on_set(|_, _, _: SoftwareVersion| Err(StanzaError::new(StanzaErrorCondition::NotAllowed)))
        .on_get(|_, _, version: SoftwareVersion| Ok(IqReply::payload(&version)))
        .on_get(|_, _, _: xmpp_stanza::EntityTime| Ok(IqReply::Later));
    let mut seen = Vec::new();
    let mut answer = |xml: &str| {
        dispatch
            .handle(&mut seen, &iq(xml))
            .map(|iq| Element::from_xml(&iq).to_string())
    };
    let ping = answer("<iq type='get' id='p' from='a@b'><ping xmlns='urn:xmpp:ping'/></iq>");
    assert_eq!(
        ping.unwrap(),
        "<iq xmlns='jabber:client' to='a@b' type='result' id='p'/>"
    );
    for (xml, expected) in [
        (
            "<iq type='set' id='p'><ping xmlns='urn:xmpp:ping'/></iq>",
            "service-unavailable",
        ),
        (
            "<iq type='get' id='p'><pong xmlns='urn:xmpp:ping'/></iq>",
            "service-unavailable",
        ),
        (
            "<iq type='set' id='p'><query xmlns='jabber:iq:version'/></iq>",
            "not-allowed",
        ),
        (
            "<iq type='get' id='p'><query xmlns='jabber:iq:version'/></iq>",
            "type='result'",
        ),
        (
            "<iq type='get' id='p'><query xmlns='jabber:iq:version'><os/><os/></query></iq>",
            "bad-request",
        ),
    ] {
        assert!(answer(xml).unwrap().contains(expected), "{xml}");
    }
    for xml in [
        "<iq type='get' id='p'><time xmlns='urn:xmpp:time'/></iq>",
        "<iq type='result' id='p'/>",
        "<iq type='error' id='p'><error/></iq>",
    ] {
        assert_eq!(answer(xml), None, "{xml}");
    }
    assert_eq!(seen, ["p"]);
}

/// A payload inside a stanza of another namespace is not that payload.
#[test]
fn lookalikes_are_other_payloads() {
    let message = message(
        "<message a=''><delay xmlns='urn:xmpp:delay2' stamp='2002-09-10T23:08:25Z'/></message>",
    );
    assert_eq!(message.payload::<Delay>(), Ok(None));
    let broken = message.payloads.iter().next().unwrap();
    assert!(Delay::from_element(broken).unwrap_err().is_mismatch());
}
