//! Preparation over all of Unicode: quick against step by step, and against other implementations.

use precis_profiles::precis_core::{
    DerivedPropertyValue as P, FreeformClass, IdentifierClass, StringClass,
};
use proptest::prelude::*;

use super::super::{Jid, JidRef, chars, domain, prepare, quick, table};

/// Prepared part by part and step by step.
fn by_steps(local: Option<&str>, domain: &str, resource: Option<&str>) -> Option<String> {
    let local = local.map(prepare::local).transpose().ok()?;
    let domain = domain::domain(domain).ok()?;
    let resource = resource.map(prepare::resource).transpose().ok()?;
    let jid = Jid::join(local.as_deref(), &domain, resource.as_deref());
    Some(jid.as_str().to_owned())
}

/// Checks that the quick way says the same, if it says something.
fn compare(local: Option<&str>, domain: &str, resource: Option<&str>) {
    let steps = by_steps(local, domain, resource);
    let parts = (local, domain, resource);
    let mut out = quick::Prepared::new();
    if quick::prepare(local, domain, resource, &mut out).is_some() {
        assert_eq!(Some(out.as_str()), steps.as_deref(), "{parts:?}");
    }
    let jid = Jid::from_parts(local, domain, resource).ok();
    assert_eq!(jid.as_ref().map(Jid::as_str), steps.as_deref(), "{parts:?}");
}

#[test]
fn every_character_is_prepared_alike_in_one_pass_and_step_by_step() {
    for c in '\0'..=char::MAX {
        let alone = c.to_string();
        compare(None, "d", Some(&alone));
        // What is unassigned or private is refused by the first rule, wherever it stands.
        if chars::is_without_meaning(c) {
            assert!(!table::entry(c).has(!0), "{c:?}");
            continue;
        }
        for part in [alone, format!("{c}a"), format!("aa{c}")] {
            compare(Some(&part), "d", Some(&part));
            compare(None, &part, None);
        }
    }
}

#[test]
fn the_quick_way_answers_for_most_letters() {
    for text in [
        "Жанна@пример.example/Дома",
        "田中@例え.example/家",
        "ÅSA@bücher.example/Zoë",
        "สมชาย@ไทย.example",
        "שלום@d",
    ] {
        let jid = Jid::new(text).expect("a JID");
        let (local, domain, resource) = quick::split(text);
        let mut out = quick::Prepared::new();
        assert!(
            quick::prepare(local, domain, resource, &mut out).is_some(),
            "{text}"
        );
        assert_eq!(out.as_str(), jid.as_str());
    }
}

/// Changes of properties between Unicode 6.3, where the tables of IANA stop, and the version here.
fn changed_since_unicode_6_3(c: char) -> bool {
    matches!(c, '\u{180e}')
}

#[test]
fn the_characters_of_unicode_6_3_are_those_of_the_tables_of_precis() {
    let (identifier, freeform) = (IdentifierClass::default(), FreeformClass::default());
    let mut different = Vec::new();
    for c in '\0'..=char::MAX {
        let expected = match (
            identifier.get_value_from_char(c),
            freeform.get_value_from_char(c),
        ) {
            (P::Unassigned, _) => continue,
            (P::PValid, _) => chars::Precis::Valid,
            (_, P::SpecClassPval) => chars::Precis::Freeform,
            (P::ContextJ | P::ContextO, _) => chars::Precis::Context,
            _ => chars::Precis::Disallowed,
        };
        if chars::precis(c) != expected && !changed_since_unicode_6_3(c) {
            different.push((c, expected, chars::precis(c)));
        }
    }
    assert_eq!(different, []);
}

#[test]
fn widths_are_mapped_as_the_tables_of_precis_map_them() {
    use precis_profiles::{UsernameCaseMapped, precis_core::profile::Rules};
    for c in '\0'..=char::MAX {
        let theirs = UsernameCaseMapped::new()
            .width_mapping_rule(c.to_string())
            .expect("a mapping");
        let theirs = theirs.chars().next().expect("one character");
        if chars::ordinary_width(c) != theirs {
            // Where it goes another way it goes nowhere.
            for to in [chars::ordinary_width(c), theirs] {
                assert_ne!(chars::precis(to), chars::Precis::Valid, "{c:?} to {to:?}");
            }
        }
    }
}

/// Characters that the rules treat in different ways.
fn peculiar() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>(),
        4 => prop::sample::select("aZ09-._~ ßςΣσİıKÅéäⅣ♚😀·l͵α׳א٠۰1ب\u{941}कक\u{94d}\u{902}\u{e4c}ไ・カ漢가각\u{1100}\u{1161}\u{30a}\u{301}\u{327}\u{93c}\u{200c}\u{200d}\u{5b8}\u{64e}。．ａＡ＠／ﾞﾊ\u{16d63}\u{16d67}\u{a0}\u{3000}"
            .chars().collect::<Vec<_>>()),
        2 => proptest::char::range('\u{300}', '\u{10ff}'),
        1 => proptest::char::range('\u{1e900}', '\u{1e95f}'),
    ];
    prop::collection::vec(character, 1..8).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn one_pass_says_what_the_steps_say(local in peculiar(), domain in peculiar(), resource in peculiar()) {
        compare(Some(&local), "d", None);
        compare(None, &domain, None);
        compare(None, "d", Some(&resource));
        compare(Some(&local), &domain, Some(&resource));
    }

    #[test]
    fn an_address_of_ascii_is_what_the_steps_say(
        text in "[A-Ca-c1._@/-]{0,12}|[A-Za-z0-9._-]{1,30}@[A-Za-z.-]{1,45}(/[ -~]{0,60})?|[ -~]{0,80}|[a-zA-Z.]{60,70}(/[A-Z]{0,9})?"
    ) {
        let (local, domain, resource) = quick::split(&text);
        let jid = Jid::new(&text).ok();
        let expected = by_steps(local, domain, resource);
        prop_assert_eq!(jid.as_ref().map(Jid::as_str), expected.as_deref());
        let is_prepared = expected.as_deref() == Some(text.as_str());
        prop_assert_eq!(JidRef::new(&text).map(JidRef::as_str), is_prepared.then_some(text.as_str()));
        if let Some(jid) = jid {
            let again = Jid::join(jid.local(), jid.domain(), jid.resource());
            prop_assert_eq!(again.as_str(), jid.as_str(), "its parts are cut where they end");
        }
    }

    #[test]
    fn what_peculiar_characters_become_is_stable(local in peculiar(), domain in peculiar(), resource in peculiar()) {
        for (local, domain, resource) in [
            (Some(local.as_str()), "d", None), (None, domain.as_str(), None), (None, "d", Some(resource.as_str()))
        ] {
            if let Ok(jid) = Jid::from_parts(local, domain, resource) {
                prop_assert_eq!(Jid::new(jid.as_str()), Ok(jid.clone()));
                prop_assert_eq!(JidRef::new(jid.as_str()).map(JidRef::to_jid), Some(jid));
            }
        }
    }

    #[test]
    fn punycode_is_as_long_as_it_is(label in "[a-zа-я漢字가-힣א-ת\\x{1F600}-\\x{1F64F}\\x{10FFF0}-\\x{10FFFD}]{1,40}") {
        let expected = if label.is_ascii() {
            label.len()
        } else {
            4 + idna::punycode::encode_str(&label).expect("short").len()
        };
        prop_assert_eq!(domain::ascii_len(&label), expected);
        let ascii = label.bytes().filter(u8::is_ascii).count();
        prop_assert!(expected <= 5 + ascii + 9 * (label.chars().count() - ascii), "at most nine digits");
    }

    #[test]
    fn a_domain_here_has_an_ascii_form_by_idna(domain in peculiar()) {
        use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
        if let Ok(jid) = Jid::from_parts(None, &domain, None)
            && !jid.domain().starts_with('[')
        {
            let ascii = Uts46::new()
                .to_ascii(jid.domain().as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify)
                .expect("an ASCII form");
            prop_assert_eq!(Jid::new(&ascii), Ok(jid));
        }
    }
}
