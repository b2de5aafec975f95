//! Borrowed addresses.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
};

use proptest::prelude::*;

use super::super::{BareJidRef, FullJid, Jid, JidRef};

#[test]
fn a_view_of_a_text_has_the_parts_of_the_jid() {
    for text in [
        "d.example",
        "a@d.example",
        "d.example/r",
        "a@d.example/r@x/y",
        "ж@пример.example/Дома",
        "a@[::1]/b",
        "a@127.0.0.1",
        "ב٣@d/é",
    ] {
        let (view, jid) = (JidRef::new(text).expect(text), Jid::new(text).unwrap());
        assert_eq!(view.as_str(), text);
        assert_eq!(view.local(), jid.local());
        assert_eq!(view.domain(), jid.domain());
        assert_eq!(view.resource(), jid.resource());
        assert_eq!(
            (view.is_bare(), view.is_full()),
            (jid.is_bare(), jid.is_full())
        );
        assert!(view.is_prepared());
        assert_eq!(view, jid.as_view());
        assert_eq!(view.to_jid(), jid);
        assert_eq!(view.as_bare().to_bare_jid(), jid.to_bare());
        assert_eq!(BareJidRef::new(text).is_some(), jid.is_bare());
    }
}

#[test]
fn a_text_that_preparation_changes_or_refuses_has_no_view() {
    for text in [
        "A@d",
        "a@D",
        "a@d.",
        "a@xn--bcher-kva.example",
        "a@d/A\u{30a}",
        "a@my_host",
        "",
        "@",
        "a@d/",
    ] {
        assert_eq!(JidRef::new(text), None, "{text}");
    }
}

#[test]
fn the_bare_view_of_a_full_jid() {
    let full: FullJid = "a@d.example/r".parse().unwrap();
    let bare: BareJidRef<'_> = full.as_bare();
    assert_eq!(bare, full.to_bare());
    assert_eq!((bare.local(), bare.domain()), (Some("a"), "d.example"));
    // It borrows the text of the full one.
    assert_eq!(bare.as_str().as_ptr(), full.as_str().as_ptr());
    assert_eq!(JidRef::from(bare).resource(), None);
    assert_eq!(
        format!("{bare} {bare:?}"),
        "a@d.example BareJidRef(\"a@d.example\")"
    );
    // A bare JID that shares the text of a full one shows no resourcepart.
    assert_eq!(full.to_bare().as_view().as_str(), "a@d.example");
}

#[test]
fn maps_are_asked_by_views() {
    let full: FullJid = "a@d.example/r".parse().unwrap();
    let hashed = HashMap::from([(full.to_bare(), 1)]);
    assert_eq!(hashed.get(full.as_bare().as_str()), Some(&1));
    let sorted = BTreeMap::from([(full.clone(), 2)]);
    assert_eq!(
        sorted.get(JidRef::new("a@d.example/r").unwrap().as_str()),
        Some(&2)
    );
    // The keys may be views too.
    let views = HashMap::from([(full.as_bare(), 3)]);
    assert_eq!(views.get("a@d.example"), Some(&3));
    let received = Jid::received("a@my_host/r").unwrap();
    assert!(!received.as_view().is_prepared() && !received.as_bare().is_prepared());
}

proptest! {
    #[test]
    fn views_compare_and_hash_as_the_texts_do(a in "[a-c]{1,2}(@[a-c]{1,2})?(/[a-c]{1,2})?", b in "[a-c]{1,2}(@[a-c]{1,2})?(/[a-c]{1,2})?") {
        let jids = (Jid::new(&a).unwrap(), Jid::new(&b).unwrap());
        let views = (jids.0.as_view(), jids.1.as_view());
        prop_assert_eq!(views.0 == views.1, a == b);
        prop_assert_eq!(views.0.cmp(&views.1), a.cmp(&b));
        let hasher = RandomState::new();
        prop_assert_eq!(hasher.hash_one(views.0), hasher.hash_one(a.as_str()));
        prop_assert_eq!(hasher.hash_one(&jids.0), hasher.hash_one(a.as_str()));
        prop_assert_eq!(views.0.as_bare().to_bare_jid(), jids.0.to_bare());
    }
}
