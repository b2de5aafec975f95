mod received;
mod unicode;
mod views;

use proptest::prelude::*;

use super::{BareJid, FullJid, Jid, JidPart, JidRule};

fn text(input: &str) -> String {
    Jid::new(input)
        .unwrap_or_else(|e| panic!("{input:?}: {e}"))
        .as_str()
        .to_owned()
}

fn fails(input: &str) -> (JidPart, JidRule) {
    match Jid::new(input) {
        Ok(jid) => panic!("{input:?} became {jid:?}"),
        Err(e) => (e.part(), e.rule()),
    }
}

#[test]
fn size_of_a_jid() {
    assert_eq!(size_of::<Jid>(), 24);
    assert_eq!(size_of::<Option<FullJid>>(), 24);
}

#[test]
fn the_valid_jids_of_rfc7622_section_3_5() {
    for (jid, expected) in [
        ("juliet@example.com", "juliet@example.com"),
        ("juliet@example.com/foo", "juliet@example.com/foo"),
        ("juliet@example.com/foo bar", "juliet@example.com/foo bar"),
        ("juliet@example.com/foo@bar", "juliet@example.com/foo@bar"),
        ("foo\\20bar@example.com", "foo\\20bar@example.com"),
        ("fussball@example.com", "fussball@example.com"),
        ("fußball@example.com", "fußball@example.com"),
        ("π@example.com", "π@example.com"),
        ("Σ@example.com/foo", "σ@example.com/foo"),
        ("σ@example.com/foo", "σ@example.com/foo"),
        ("ς@example.com/foo", "ς@example.com/foo"),
        ("king@example.com/♚", "king@example.com/♚"),
        ("example.com", "example.com"),
        ("example.com/foobar", "example.com/foobar"),
        ("a.example.com/b@example.net", "a.example.com/b@example.net"),
        // The 18th example, which the table has among the invalid ones: erratum 4560 takes it out.
        ("juliet@example.com/ foo", "juliet@example.com/ foo"),
    ] {
        assert_eq!(text(jid), expected);
    }
    // Three of them are three addresses.
    assert_ne!(
        Jid::new("fussball@example.com"),
        Jid::new("fußball@example.com")
    );
    assert_ne!(Jid::new("σ@example.com/foo"), Jid::new("ς@example.com/foo"));
}

#[test]
fn the_invalid_jids_of_rfc7622_section_3_5() {
    for (jid, part, rule) in [
        ("\"juliet\"@example.com", JidPart::Local, JidRule::Character),
        ("foo bar@example.com", JidPart::Local, JidRule::Character),
        ("@example.com/", JidPart::Local, JidRule::Empty),
        ("henryⅣ@example.com", JidPart::Local, JidRule::Character),
        ("♚@example.com", JidPart::Local, JidRule::Character),
        ("juliet@", JidPart::Domain, JidRule::Empty),
        ("/foobar", JidPart::Domain, JidRule::Empty),
    ] {
        assert_eq!(fails(jid), (part, rule), "{jid}");
    }
    assert_eq!(fails(""), (JidPart::Domain, JidRule::Empty));
    assert_eq!(fails("a@b/"), (JidPart::Resource, JidRule::Empty));
    assert_eq!(fails("@@"), (JidPart::Local, JidRule::Empty));
}

#[test]
fn limit_1023_bytes_a_part() {
    let labels = |n: usize| {
        let mut domain = "a23456789.".repeat(n / 10);
        domain.push_str(&"b".repeat(n % 10));
        domain
    };
    for (part, make) in [
        (
            JidPart::Local,
            Box::new(|n| format!("{}@b", "a".repeat(n))) as Box<dyn Fn(usize) -> String>,
        ),
        (JidPart::Domain, Box::new(|n| format!("a@{}", labels(n)))),
        (
            JidPart::Resource,
            Box::new(|n| format!("a@b/{}", "c".repeat(n))),
        ),
    ] {
        assert!(Jid::new(&make(1023)).is_ok(), "{part}");
        assert_eq!(fails(&make(1024)), (part, JidRule::TooLong));
    }
    // After preparation too: U+212A (three bytes) becomes one byte, U+0130 grows from two to three.
    assert!(Jid::new(&format!("{}@b", "\u{130}".repeat(500))).is_err());
    assert_eq!(
        fails(&format!("a@{}", "x".repeat(64))),
        (JidPart::Domain, JidRule::Label)
    );
}

#[test]
fn fullwidth_separators_are_no_separators() {
    // Cut at ASCII first, prepare then: U+FF20 must not become a separator after the cut.
    assert_eq!(
        fails("admin＠example.com@evil.example"),
        (JidPart::Local, JidRule::Character)
    );
    assert_eq!(
        fails("admin／x@evil.example"),
        (JidPart::Local, JidRule::Character)
    );
    assert_eq!(fails("a＠b.example").0, JidPart::Domain);
    assert_eq!(fails("b.example／c").0, JidPart::Domain);
    // The freeform class keeps them as they are in a resourcepart.
    assert_eq!(text("a@b/c＠d／e"), "a@b/c＠d／e");
}

#[test]
fn domain_separators_and_final_dot() {
    assert_eq!(text("a@example.com."), "a@example.com");
    assert_eq!(text("a@example\u{3002}com"), "a@example.com");
    assert_eq!(text("a@example\u{ff0e}com\u{3002}"), "a@example.com");
    assert_eq!(fails("a@example.com..").0, JidPart::Domain);
    assert_eq!(fails("a@."), (JidPart::Domain, JidRule::Domain));
    assert_eq!(fails("a@\u{3002}").0, JidPart::Domain);
    assert_eq!(fails("a@.example").0, JidPart::Domain);
    assert_eq!(fails("a@b..c").0, JidPart::Domain);
}

#[test]
fn domain_idna() {
    assert_eq!(text("a@BÜCHER.example"), "a@bücher.example");
    assert_eq!(text("a@xn--bcher-kva.example"), "a@bücher.example");
    assert_eq!(text("a@XN--BCHER-KVA.example"), "a@bücher.example");
    assert_eq!(text("a@faß.example"), "a@faß.example");
    assert_eq!(text("a@ｅｘａｍｐｌｅ.com"), "a@example.com");
    assert_eq!(text("a@пример.example"), "a@пример.example");
    assert_eq!(text("a@ΒΌΛΟΣ.example"), "a@βόλοσ.example");
    assert_eq!(text("a@βόλος.example"), "a@βόλος.example");
    assert_eq!(text("a@مثال.إختبار"), "a@مثال.إختبار");
    assert_eq!(text("a@हिन्दी.example"), "a@हिन्दी.example");
    for bad in [
        "a_b.example",
        "-a.example",
        "a-.example",
        "ab--c.example",
        "a b.example",
        "a%b.example",
        "a:5222",
        "א1a.example",
    ] {
        assert_eq!(fails(bad), (JidPart::Domain, JidRule::Domain), "{bad}");
    }
}

#[test]
fn a_domain_is_one_of_idna2008_not_only_of_uts46() {
    for bad in [
        "☃.example",
        "i♥ny.example",
        "xn--n3h.example",
        "a@😀.example",
        "l·a.example",
        "\u{30fb}.example",
        "a\u{200d}b.example",
        "\u{301}a.example",
        "\u{378}.example",
    ] {
        assert_eq!(fails(bad), (JidPart::Domain, JidRule::Domain), "{bad}");
    }
    assert_eq!(text("col·legi.example"), "col·legi.example");
    assert_eq!(text("カ\u{30fb}ナ.example"), "カ\u{30fb}ナ.example");
}

#[test]
fn a_label_has_at_most_63_bytes_in_its_ascii_form() {
    // Punycode needs a digit for each further `п`, and four bytes for `xn--`.
    let label = |n: usize| format!("a@{}.example", "п".repeat(n));
    let longest = (1..64).rev().find(|n| Jid::new(&label(*n)).is_ok());
    let longest = longest.expect("one is short enough");
    assert_eq!(super::domain::ascii_len(&"п".repeat(longest)), 63);
    assert_eq!(
        fails(&label(longest + 1)),
        (JidPart::Domain, JidRule::Label)
    );
    assert_eq!(fails(&label(300)), (JidPart::Domain, JidRule::Label));
}

#[test]
fn masked_punycode_is_refused() {
    // CVE-2024-12224: a label that decodes to ASCII would equal another name.
    for bad in [
        "xn--example-.com",
        "xn--a.com",
        "xn--.com",
        "xn--a-.com",
        "ｘｎ－－example-.com",
    ] {
        assert_eq!(fails(bad).0, JidPart::Domain, "{bad}");
    }
}

#[test]
fn ip_literals() {
    assert_eq!(text("a@127.0.0.1/b"), "a@127.0.0.1/b");
    assert_eq!(text("a@[::1]/b"), "a@[::1]/b");
    assert_eq!(text("[2001:DB8:0:0::1]"), "[2001:db8::1]");
    for bad in [
        "[::1",
        "[]",
        "[127.0.0.1]",
        "[fe80::1%eth0]",
        "::1",
        "[::1].",
        "[::1]a",
    ] {
        assert_eq!(fails(bad), (JidPart::Domain, JidRule::Domain), "{bad}");
    }
}

#[test]
fn local_special_characters() {
    for c in "\"&'/:<>@ \u{7f}\u{a0}\t\n".chars() {
        assert!(Jid::new(&format!("a{c}b@d")).is_err() || c == '/', "{c:?}");
        assert!(
            Jid::from_parts(Some(&format!("a{c}b")), "d", None).is_err(),
            "{c:?}"
        );
    }
    assert_eq!(text("ÄÖ@d"), "äö@d");
    assert_eq!(text("A\u{30a}@d"), "å@d", "composed");
    assert_eq!(text("ς@d"), "ς@d");
    assert_eq!(text("ı@d"), "ı@d");
    assert_eq!(text("ß@d"), "ß@d");
}

#[test]
fn ascii_is_prepared_without_the_tables() {
    assert_eq!(
        text("A.b-C_d!#$%()*+,;=?[]^`{|}~\\@X-1.Example"),
        "a.b-c_d!#$%()*+,;=?[]^`{|}~\\@x-1.example"
    );
    assert_eq!(text("a@EXAMPLE.ORG./R"), "a@example.org/R");
    // The same verdicts as where the tables judge.
    for b in 0u8..128 {
        let c = char::from(b);
        let ascii = Jid::from_parts(Some(&format!("a{c}")), "d", None);
        let tables = Jid::from_parts(Some(&format!("a{c}ß")), "d", None);
        assert_eq!(ascii.is_ok(), tables.is_ok(), "localpart {c:?}");
        let ascii = Jid::from_parts(None, &format!("a{c}b"), None);
        let tables = Jid::from_parts(None, &format!("a{c}bß"), None);
        assert_eq!(ascii.is_ok(), tables.is_ok(), "domainpart {c:?}");
        let ascii = Jid::from_parts(None, "d", Some(&format!("a{c}")));
        let tables = Jid::from_parts(None, "d", Some(&format!("a{c}ß")));
        assert_eq!(ascii.is_ok(), tables.is_ok(), "resourcepart {c:?}");
    }
}

#[test]
fn local_direction() {
    assert_eq!(text("אבג@d"), "אבג@d");
    assert_eq!(fails("אa@d"), (JidPart::Local, JidRule::Direction));
    assert_eq!(fails("1א@d"), (JidPart::Local, JidRule::Direction));
    assert_eq!(
        fails("א٠1@d"),
        (JidPart::Local, JidRule::Direction),
        "digits of two kinds"
    );
    assert_eq!(
        fails("אב-@d"),
        (JidPart::Local, JidRule::Direction),
        "ends with neither"
    );
    assert_eq!(text("سلام5@d"), "سلام5@d");
}

#[test]
fn vowel_points_inside_a_word_are_no_mixed_direction() {
    // RFC 5893 §2 asks for marks at the end alone to follow a letter; inside they may stand anywhere.
    assert_eq!(text("שָׁלוֹם@d"), text("שָׁלוֹם@d"));
    assert_eq!(text("مُحَمَّد@d"), "مُحَمَّد@d");
}

#[test]
fn contextual_characters() {
    for good in [
        "l·l",
        "\u{375}α",
        "א׳",
        "カ・ナ",
        "क्\u{200d}ष",
        "ب\u{200c}ب",
        "\u{6f0}\u{6f1}",
    ] {
        let good = format!("{good}@d");
        // Digits of Arabic scripts need letters that read from right to left before them.
        let good = if good.starts_with('\u{6f0}') {
            format!("ب{good}")
        } else {
            good
        };
        assert_eq!(text(&good), good);
    }
    for bad in [
        "a·l",
        "l·",
        "\u{375}a",
        "a׳",
        "a・b",
        "a\u{200d}",
        "a\u{200c}b",
        "ب\u{660}\u{6f0}",
    ] {
        assert_eq!(
            fails(&format!("{bad}@d")),
            (JidPart::Local, JidRule::Character),
            "{bad}"
        );
    }
}

#[test]
fn resource_is_opaque() {
    assert_eq!(text("a@b/Foo/Bar"), "a@b/Foo/Bar");
    assert_eq!(text("a@b/x\u{a0}y\u{3000}z"), "a@b/x y z");
    assert_eq!(text("a@b/A\u{30a}"), "a@b/Å");
    assert_eq!(text("a@b/ "), "a@b/ ");
    for bad in [
        "\u{0}", "\t", "\n", "\u{7f}", "\u{200b}", "\u{202e}", "\u{fffe}", "\u{e000}",
    ] {
        assert_eq!(
            fails(&format!("a@b/x{bad}")).0,
            JidPart::Resource,
            "{bad:?}"
        );
    }
}

#[test]
fn characters_newer_than_the_precis_tables() {
    // U+1F914 is of Unicode 8, U+1F970 of 11, U+1FAE0 of 14; U+A7C2 (a letter) of 12.
    assert_eq!(text("a@b/Tom 🤔🥰🫠"), "a@b/Tom 🤔🥰🫠");
    assert_eq!(text("\u{a7c2}@b"), "\u{a7c3}@b");
    assert_eq!(fails("🤔@b").0, JidPart::Local, "a symbol in a localpart");
    // Never assigned, or a format character assigned later (U+13430 of Unicode 12).
    assert_eq!(fails("a@b/\u{378}").0, JidPart::Resource);
    assert_eq!(fails("a@b/\u{13430}").0, JidPart::Resource);
}

#[test]
fn conversions() {
    let full: FullJid = "a@b.example/c".parse().unwrap();
    let bare = full.to_bare();
    assert_eq!(bare.as_str(), "a@b.example");
    assert_eq!(bare, "a@b.example".parse::<BareJid>().unwrap());
    assert_eq!(bare.with_resource("c"), Ok(full.clone()));
    assert_eq!(bare.to_domain().as_str(), "b.example");
    assert_eq!(Jid::from(full.clone()).to_full(), Some(full.clone()));
    assert_eq!(Jid::from(bare.clone()).to_full(), None);
    assert!(BareJid::new("a@b/c").is_err());
    assert!(FullJid::new("a@b").is_err());
    assert_eq!(
        format!("{full} {full:?}"),
        "a@b.example/c FullJid(\"a@b.example/c\")"
    );
    let map = std::collections::HashMap::from([(full, 1)]);
    assert_eq!(map.get("a@b.example/c"), Some(&1));
}

proptest! {
    #[test]
    fn preparation_is_idempotent(input in "\\PC{0,12}(@\\PC{1,12})?(/\\PC{1,12})?") {
        if let Ok(jid) = Jid::new(&input) {
            let again = Jid::new(jid.as_str()).expect("a prepared JID is a JID");
            prop_assert_eq!(again.as_str(), jid.as_str());
            prop_assert_eq!(again.local(), jid.local());
            prop_assert_eq!(again.domain(), jid.domain());
            prop_assert_eq!(again.resource(), jid.resource());
        }
    }

    #[test]
    fn any_text_is_a_jid_or_an_error(input in any::<String>()) {
        let _ = Jid::new(&input);
    }

    #[test]
    fn parts_are_what_the_text_says(
        local in "[a-z0-9._-]{1,20}", domain in "[a-z0-9]{1,20}(\\.[a-z]{1,9})?", resource in "[ -~]{1,20}"
    ) {
        let jid = Jid::from_parts(Some(&local), &domain, Some(&resource)).unwrap();
        prop_assert_eq!(jid.as_str(), format!("{local}@{domain}/{resource}"));
        prop_assert_eq!(Jid::new(jid.as_str()), Ok(jid));
    }
}
