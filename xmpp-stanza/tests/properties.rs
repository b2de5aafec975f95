//! Whatever a typed stanza holds comes back from its XML, and whatever XML is read does not panic.

use proptest::{collection::vec, option, prelude::*, sample::select};
use xmpp_core::{
    Jid, Timestamp,
    xml::{Element, LangMap, Payload, ns},
};
use xmpp_stanza::{
    DataForm, DataFormType, DateTime, Delay, DiscoInfo, FieldType, FormField, Iq, IqContent,
    Message, MessageType, Payloads, Presence, PresenceType, Reactions, Stanza, StanzaError,
    StanzaErrorCondition, error_for,
};

/// Characters that XML allows, markup and line ends among them.
fn text() -> impl Strategy<Value = String> {
    "[ -~\t\n\rä\u{85}\u{2028}🐢]{0,12}"
}

fn word() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9&<'\"]{0,6}"
}

fn jid() -> impl Strategy<Value = Option<Jid>> {
    option::of(
        "[a-z]{1,5}@[a-z]{1,5}(/[a-zA-Z<&']{1,5})?".prop_map(|jid| jid.parse().expect("valid")),
    )
}

fn langs() -> impl Strategy<Value = LangMap> {
    vec((select(vec!["", "en", "de-AT"]), text()), 0..3)
        .prop_map(|texts| texts.into_iter().collect())
}

fn delay() -> impl Strategy<Value = Delay> {
    (jid(), 0_u64..4_000_000_000_000, option::of(text())).prop_map(|(from, millis, reason)| Delay {
        from,
        stamp: DateTime::new(Timestamp::from_millis(millis)),
        reason: reason.filter(|reason| !reason.is_empty()),
    })
}

fn form() -> impl Strategy<Value = DataForm> {
    let field_type = select(vec![
        FieldType::Boolean,
        FieldType::TextMulti,
        FieldType::Other("x".into()),
    ]);
    let field = (
        option::of(word()),
        option::of(field_type),
        any::<bool>(),
        vec(text(), 0..3),
    )
        .prop_map(|(var, field_type, required, values)| FormField {
            var,
            field_type,
            required,
            values,
            ..FormField::default()
        });
    (vec(field, 0..4), option::of(text()), vec(text(), 0..2)).prop_map(
        |(fields, title, instructions)| DataForm {
            title,
            instructions,
            fields,
            ..DataForm::bare(DataFormType::Form)
        },
    )
}

fn unknown() -> impl Strategy<Value = Element> {
    (word(), word(), text()).prop_map(|(ns, value, text)| {
        Element::build(ns::CLIENT, |w| {
            let tag = w.start_with("unknown", &format!("urn:{ns}"));
            w.attr("a", &value);
            w.text(&text);
            w.end(tag);
        })
    })
}

fn payloads() -> impl Strategy<Value = Payloads> {
    let payload = prop_oneof![
        delay().prop_map(|p| Element::from_xml(&p)),
        form().prop_map(|p| Element::from_xml(&p)),
        (word(), vec(text(), 0..3))
            .prop_map(|(id, reactions)| Element::from_xml(&Reactions { id, reactions })),
        unknown(),
    ];
    vec(payload, 0..4).prop_map(Payloads::from_iter)
}

prop_compose! {
    fn message()(
        to in jid(), from in jid(), id in option::of(text()), lang in option::of(word()),
        message_type in select(vec![MessageType::Chat, MessageType::Normal, MessageType::Groupchat]),
        payloads in payloads(), bodies in langs(), subjects in langs(),
    ) -> Message {
        Message { to, from, id, message_type, lang, payloads }.with_body(bodies).with_subject(subjects)
    }
}

prop_compose! {
    fn presence()(
        to in jid(), from in jid(), id in option::of(text()), lang in option::of(word()),
        presence_type in select(vec![PresenceType::Available, PresenceType::Unavailable, PresenceType::Subscribe]),
        payloads in payloads(), statuses in langs(), priority in any::<i8>(),
    ) -> Presence {
        Presence { to, from, id, presence_type, lang, payloads }.with_status(statuses).with_priority(priority)
    }
}

prop_compose! {
    fn iq()(
        to in jid(), from in jid(), id in text(), lang in option::of(word()), payload in unknown(),
        condition in select(StanzaErrorCondition::ALL.to_vec()), reason in text(), kind in 0..5,
    ) -> Iq {
        let error = StanzaError::new(condition).with_text(reason);
        let content = match kind {
            0 => IqContent::Get(payload),
            1 => IqContent::Set(payload),
            2 => IqContent::Result(None),
            3 => IqContent::Result(Some(payload)),
            _ => IqContent::Error { error, request: Some(payload) },
        };
        Iq { to, from, id, lang, content }
    }
}

fn stanza() -> impl Strategy<Value = Stanza> {
    prop_oneof![
        message().prop_map(Stanza::Message),
        presence().prop_map(Stanza::Presence),
        iq().prop_map(Stanza::Iq),
    ]
}

proptest! {
    #[test]
    fn every_stanza_reads_back_as_it_was(stanza in stanza()) {
        let element = Element::from_xml(&stanza);
        let read = Stanza::try_from(&element);
        prop_assert_eq!(read.as_ref(), Ok(&stanza), "{}", element);
        // And as text, as on the wire.
        let again: Element = element.to_string().parse().expect("well-formed");
        prop_assert_eq!(Stanza::try_from(&again), Ok(stanza));
    }

    #[test]
    fn every_error_answer_is_a_stanza_that_is_not_answered(stanza in stanza()) {
        let element = Element::from_xml(&stanza);
        let error = StanzaError::new(StanzaErrorCondition::Conflict);
        if let Some(answer) = error_for(element.root(), error.clone()) {
            let answer = Element::from_xml(&answer);
            let read = Stanza::try_from(&answer).expect("valid");
            prop_assert_eq!((read.to(), read.from(), read.id()), (stanza.from(), stanza.to(), stanza.id()));
            prop_assert_eq!(error_for(answer.root(), error), None);
        } else {
            prop_assert!(matches!(stanza, Stanza::Iq(ref iq) if !iq.is_request()));
        }
    }

    #[test]
    fn forms_read_back_as_they_were(form in form()) {
        let element = Element::from_xml(&form);
        prop_assert_eq!(DataForm::from_element(element.root()), Ok(form));
    }

    #[test]
    fn no_element_panics(
        name in select(vec!["message", "presence", "iq", "x", "query"]),
        ns in select(vec!["jabber:client", "jabber:x:data", "http://jabber.org/protocol/disco#info"]),
        attrs in vec((select(vec!["type", "id", "to", "from", "node", "var"]), text()), 0..4),
        children in payloads(),
    ) {
        let element = Element::build(ns::CLIENT, |w| {
            let tag = w.start_with(name, ns);
            let mut seen = Vec::new();
            for (name, value) in &attrs {
                if !seen.contains(name) {
                    seen.push(name);
                    w.attr(name, value);
                }
            }
            for child in &children {
                w.element(child);
            }
            w.end(tag);
        });
        let _ = Stanza::try_from(&element);
        let _ = DataForm::from_element(element.root());
        let _ = DiscoInfo::from_element(element.root());
        let _ = error_for(element.root(), StanzaError::new(StanzaErrorCondition::BadRequest));
    }
}
