//! Addresses that fail preparation and are kept.

use proptest::prelude::*;

use super::super::{BareJid, FullJid, Jid, JidError, JidPart, JidRule};
use crate::xml::XmlText;

fn received(text: &str) -> Jid {
    Jid::received(text).unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

#[test]
fn underscore_in_a_domain_is_an_unprepared_jid() {
    assert!(Jid::new("user@my_host.example").is_err());
    let jid = received("user@my_host.example/r");
    assert!(!jid.is_prepared());
    assert_eq!(jid.as_str(), "user@my_host.example/r");
    assert_eq!(
        (jid.local(), jid.domain(), jid.resource()),
        (Some("user"), "my_host.example", Some("r"))
    );
}

#[test]
fn unassigned_code_points_are_an_unprepared_jid() {
    for text in ["\u{378}@d/r", "a@\u{378}/r", "a@d/\u{378}"] {
        assert!(Jid::new(text).is_err());
        let jid = received(text);
        assert_eq!((jid.as_str(), jid.is_prepared()), (text, false));
    }
}

#[test]
fn what_can_be_prepared_is_prepared() {
    let jid = received("Juliet@Capulet.EXAMPLE/Balcony");
    assert_eq!(
        (jid.as_str(), jid.is_prepared()),
        ("juliet@capulet.example/Balcony", true)
    );
    // The other parts are prepared too, so that the spelling of what is known does not matter.
    assert_eq!(
        received("User@My_Host.example/r"),
        received("user@My_Host.example/r")
    );
    assert_ne!(
        received("user@My_Host.example"),
        received("user@my_host.example")
    );
}

#[test]
fn a_part_of_an_unprepared_jid_may_be_prepared() {
    let jid = received("user@d.example/\u{378}");
    assert!(!jid.is_prepared());
    assert!(jid.to_bare().is_prepared() && jid.as_bare().is_prepared());
    assert_eq!(jid.to_bare(), BareJid::new("user@d.example").unwrap());
    let jid = BareJid::received("\u{378}@d.example").unwrap();
    assert!(!jid.is_prepared() && jid.to_domain().is_prepared());
    let jid = BareJid::received("user@my_host").unwrap();
    assert!(!jid.to_domain().is_prepared());
    let full = jid.with_resource("r").expect("a resourcepart");
    assert_eq!(
        (full.as_str(), full.is_prepared()),
        ("user@my_host/r", false)
    );
    assert!(
        jid.with_resource("\u{378}").is_err(),
        "what we make is strict"
    );
    let other = FullJid::received("user@d.example/\u{378}")
        .unwrap()
        .with_resource("x")
        .unwrap();
    assert!(other.is_prepared());
}

#[test]
fn what_has_not_the_form_of_an_address_is_none() {
    let long = "\u{378}".repeat(512);
    for (text, part) in [
        ("", JidPart::Domain),
        ("@@", JidPart::Local),
        ("@my_host", JidPart::Local),
        ("a@", JidPart::Domain),
        ("a@my_host/", JidPart::Resource),
        ("a b@my_host", JidPart::Local),
        ("a\"b@d", JidPart::Local),
        ("a\u{7f}b@my_host", JidPart::Local),
        ("a@b@my_host", JidPart::Domain),
        ("a@my host", JidPart::Domain),
        ("a@my\nhost", JidPart::Domain),
        ("my_host:5222", JidPart::Domain),
        ("[::1", JidPart::Domain),
        ("a@my_host/x\u{0}", JidPart::Resource),
        ("a@d/x\t", JidPart::Resource),
        ("a@d/x\u{fffe}", JidPart::Resource),
        (&format!("{long}@d"), JidPart::Local),
        (&format!("a@{long}"), JidPart::Domain),
        (&format!("a@d/{long}"), JidPart::Resource),
    ] {
        assert_eq!(
            Jid::received(text).map_err(JidError::part),
            Err(part),
            "{text:?}"
        );
    }
    assert_eq!(
        BareJid::received("a@my_host/r").map_err(JidError::rule),
        Err(JidRule::Presence)
    );
    assert_eq!(
        FullJid::received("a@my_host").map_err(JidError::rule),
        Err(JidRule::Presence)
    );
}

#[test]
fn an_address_in_xml_is_a_received_one() {
    assert!(!Jid::from_xml_text("a@my_host/r").unwrap().is_prepared());
    assert!(!BareJid::from_xml_text("a@my_host").unwrap().is_prepared());
    assert!(!FullJid::from_xml_text("a@my_host/r").unwrap().is_prepared());
    assert!(Jid::from_xml_text("@@").is_err());
    assert!("a@my_host".parse::<Jid>().is_err());
}

#[cfg(feature = "serde")]
#[test]
fn serde_writes_the_text_and_reads_it_strictly() {
    let full: FullJid = "a@b.example/c".parse().unwrap();
    let json = serde_json::to_string(&full).unwrap();
    assert_eq!(json, "\"a@b.example/c\"");
    assert_eq!(serde_json::from_str::<FullJid>(&json).unwrap(), full);
    assert_eq!(
        serde_json::from_str::<Jid>("\"A@B.example\"").unwrap(),
        "a@b.example"
    );
    assert!(serde_json::from_str::<BareJid>(&json).is_err());
    assert!(serde_json::from_str::<Jid>("\"a@my_host\"").is_err());
}

/// Texts that are often addresses, prepared or not.
fn address() -> impl Strategy<Value = String> {
    let part = || "[a-cA-C_.\u{378}\u{df}\u{e9}\u{2163}\u{265a}\u{5d0}１-]{1,4}";
    (prop::option::of(part()), part(), prop::option::of(part())).prop_map(|(l, d, r)| {
        let local = l.map_or_else(String::new, |l| l + "@");
        local + &d + &r.map_or_else(String::new, |r| format!("/{r}"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_unprepared_jid_is_never_equal_to_a_prepared_one(one in address(), other in address(), any in any::<String>()) {
        for text in [one.as_str(), other.as_str(), any.as_str()] {
            let Ok(jid) = Jid::received(text) else { continue };
            // Its text is that of a prepared JID exactly if it is prepared.
            prop_assert_eq!(Jid::new(jid.as_str()).is_ok_and(|strict| strict == jid), jid.is_prepared());
            prop_assert_eq!(Jid::new(text).is_ok(), jid.is_prepared());
            // And so for what is made of it.
            let bare = jid.to_bare();
            prop_assert_eq!(BareJid::new(bare.as_str()).is_ok_and(|strict| strict == bare), bare.is_prepared());
            let domain = bare.to_domain();
            prop_assert_eq!(BareJid::new(domain.as_str()).is_ok(), domain.is_prepared());
            let full = bare.with_resource("R").expect("a resourcepart");
            prop_assert_eq!(FullJid::new(full.as_str()).is_ok(), full.is_prepared());
            if let (Ok(jid), Ok(prepared)) = (Jid::received(text), Jid::new(&other)) {
                prop_assert!(jid != prepared || jid.is_prepared());
            }
        }
    }

    #[test]
    fn what_is_received_reads_as_itself(text in address()) {
        if let Ok(jid) = Jid::received(&text) {
            let again = Jid::received(jid.as_str()).expect("it was one");
            prop_assert_eq!(again.is_prepared(), jid.is_prepared());
            prop_assert_eq!(again.local(), jid.local());
            prop_assert_eq!(again.domain(), jid.domain());
            prop_assert_eq!(again.resource(), jid.resource());
            prop_assert_eq!(again, jid);
        }
    }
}
