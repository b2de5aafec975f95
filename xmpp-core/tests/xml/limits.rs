//! One test for each limit: exactly at the limit is accepted, one above is not; nothing grows before.

use xmpp_core::xml::{Element, Limits, ParseClass, ParseRule as Rule, Parser, ParserEvent};

use crate::common::verdict;

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::CLIENT;
    change(&mut limits);
    limits
}

/// `at` is accepted as a document and as a stanza of a stream, `above` breaks `rule`.
#[track_caller]
fn check(limits: Limits, rule: Rule, at: &str, above: &str) {
    assert_eq!(
        verdict(|| Parser::document(limits), at.as_bytes()),
        Ok(()),
        "at"
    );
    assert_eq!(
        verdict(|| Parser::document(limits), above.as_bytes()),
        Err(rule),
        "above"
    );
    let stanza = |text: &str| format!("<s>{text}</s>");
    assert_eq!(
        verdict(|| Parser::stream(limits), stanza(at).as_bytes()),
        Ok(()),
        "at"
    );
    assert_eq!(
        verdict(|| Parser::stream(limits), stanza(above).as_bytes()),
        Err(rule),
        "above"
    );
    assert_eq!(rule.class(), ParseClass::PolicyViolation);
}

#[test]
fn stanza_bytes() {
    let limits = limits(|l| l.stanza_bytes = 100);
    let of = |len: usize| format!("<a>{}</a>", "x".repeat(len - 7));
    check(limits, Rule::StanzaBytes, &of(100), &of(101));
    let of = |len: usize| format!("<a b='{}'/>", "x".repeat(len - 9));
    check(limits, Rule::StanzaBytes, &of(100), &of(101));
    let of = |len: usize| format!("<{}/>", "x".repeat(len - 3));
    check(limits, Rule::StanzaBytes, &of(100), &of(101));
    let of = |len: usize| format!("<a></a{}>", " ".repeat(len - 7));
    check(limits, Rule::StanzaBytes, &of(100), &of(101));
    // The start tag of a stream, its end tag, a declaration.
    let parser = || Parser::stream(limits);
    let root = |len: usize| format!("<a b='{}'>", "x".repeat(len - 8));
    assert_eq!(verdict(parser, root(100).as_bytes()), Ok(()));
    assert_eq!(
        verdict(parser, root(101).as_bytes()),
        Err(Rule::StanzaBytes)
    );
    let end = |len: usize| format!("<a></a{}>", " ".repeat(len - 4));
    assert_eq!(verdict(parser, end(100).as_bytes()), Ok(()));
    assert_eq!(verdict(parser, end(101).as_bytes()), Err(Rule::StanzaBytes));
    let declared = |len: usize| format!("<?xml version='1.0'{}?><a>", " ".repeat(len - 21));
    assert_eq!(verdict(parser, declared(100).as_bytes()), Ok(()));
    assert_eq!(
        verdict(parser, declared(101).as_bytes()),
        Err(Rule::StanzaBytes)
    );
    // White space between stanzas counts for none of them.
    let spaced = format!("<a>{}<b/>{}</a>", " ".repeat(1000), "\n".repeat(1000));
    assert_eq!(verdict(parser, spaced.as_bytes()), Ok(()));
}

#[test]
fn elements() {
    let limits = limits(|l| l.elements = 10);
    let of = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n - 1));
    check(limits, Rule::Elements, &of(10), &of(11));
    // Each stanza anew.
    let stream = format!("<s>{}</s>", of(10).repeat(3));
    assert_eq!(
        verdict(|| Parser::stream(limits), stream.as_bytes()),
        Ok(())
    );
}

#[test]
fn depth() {
    let limits = limits(|l| l.depth = 10);
    let of = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    check(limits, Rule::Depth, &of(10), &of(11));
    let of = |n: usize| format!("{}<b/>{}", "<a>".repeat(n - 1), "</a>".repeat(n - 1));
    check(limits, Rule::Depth, &of(10), &of(11));
}

#[test]
fn attributes() {
    let limits = limits(|l| l.attributes = 10);
    let of = |n: usize| {
        let all: String = (0..n).map(|i| format!(" a{i}=''")).collect();
        format!("<a xmlns='u' xmlns:p='v'><b{all}/></a>")
    };
    check(limits, Rule::Attributes, &of(10), &of(11));
}

#[test]
fn declarations() {
    let limits = limits(|l| l.declarations = 10);
    let of = |n: usize| {
        let all: String = (1..n).map(|i| format!(" xmlns:p{i}='u'")).collect();
        format!("<a xmlns='u'{all} x='' y=''/>")
    };
    check(limits, Rule::Declarations, &of(10), &of(11));
}

#[test]
fn namespace_bytes() {
    let limits = limits(|l| l.namespace_bytes = 40);
    let of = |n: usize| format!("<a xmlns='{}'/>", "u".repeat(n));
    check(limits, Rule::NamespaceBytes, &of(40), &of(41));
    let of = |n: usize| format!("<a xmlns:p='{}' b='{}'/>", "u".repeat(n), "x".repeat(50));
    check(limits, Rule::NamespaceBytes, &of(40), &of(41));
    // However they are escaped: what is read can be written, and read again.
    for escaped in [
        "&#x75;",
        "&#x0000000075;",
        "&quot;",
        "\"",
        "&gt;",
        ">",
        "\n",
    ] {
        let of = |n: usize| format!("<a xmlns='{}{}'/>", escaped.repeat(6), "u".repeat(n - 6));
        check(limits, Rule::NamespaceBytes, &of(40), &of(41));
        let anew = Element::parse(&of(40)).unwrap().to_string();
        assert_eq!(
            verdict(|| Parser::document(limits), anew.as_bytes()),
            Ok(())
        );
        let of = |n: usize| format!("<a xmlns:p='{}{}'/>", escaped.repeat(6), "u".repeat(n - 6));
        check(limits, Rule::NamespaceBytes, &of(40), &of(41));
    }
    let of = |n: usize| format!("<s xmlns:p='{}'><a/></s>", "u".repeat(n));
    let parser = || Parser::stream(limits);
    assert_eq!(verdict(parser, of(40).as_bytes()), Ok(()));
    assert_eq!(
        verdict(parser, of(41).as_bytes()),
        Err(Rule::NamespaceBytes)
    );
}

#[test]
fn declarations_in_scope() {
    let limits = limits(|l| l.declarations_in_scope = 10);
    let of = |n: usize| {
        let opened: String = (1..n).map(|i| format!("<a xmlns:p{i}='u'>")).collect();
        // What went out of scope does not count.
        format!(
            "<b><c xmlns='v'/>{opened}<d xmlns=''/><d xmlns='w'/>{}</b>",
            "</a>".repeat(n - 1)
        )
    };
    check(limits, Rule::DeclarationsInScope, &of(10), &of(11));
    // The stream's own count for all of its stanzas.
    let of = |n: usize| {
        let all: String = (1..n).map(|i| format!(" xmlns:p{i}='u'")).collect();
        format!("<s{all}><a xmlns='v'/><a xmlns='v'/></s>")
    };
    assert_eq!(
        verdict(|| Parser::stream(limits), of(10).as_bytes()),
        Ok(())
    );
    assert_eq!(
        verdict(|| Parser::stream(limits), of(11).as_bytes()),
        Err(Rule::DeclarationsInScope)
    );
}

#[test]
fn nodes_for_the_size_of_a_stanza() {
    let limits = limits(|l| {
        l.stanza_bytes = 8000;
        l.elements = 10_000;
    });
    // One node per 8 bytes of the limit, and 64: element and text, element and text.
    let of = |n: usize| {
        format!(
            "<a>{}{}</a>",
            "<b/>x".repeat((n - 1) / 2),
            "<b/>".repeat((n - 1) % 2)
        )
    };
    check(limits, Rule::Nodes, &of(1064), &of(1065));
}

#[test]
fn length_of_names() {
    let limits = limits(|_| ());
    let of = |n: usize| format!("<{}/>", "a".repeat(n));
    check(limits, Rule::NameLength, &of(65_535), &of(65_536));
    let of = |n: usize| format!("<a {}=''/>", "a".repeat(n));
    check(limits, Rule::NameLength, &of(65_535), &of(65_536));
    let of = |n: usize| {
        let prefix = "p".repeat(n);
        format!("<{prefix}:a xmlns:{prefix}='u'/>")
    };
    check(limits, Rule::NameLength, &of(255), &of(256));
}

#[test]
fn namespaces_outside_the_table() {
    let limits = limits(|l| l.elements = 50_000);
    let of = |n: usize| {
        let all: String = (0..n).map(|i| format!("<b xmlns='{i}'/>")).collect();
        format!("<a>{all}</a>")
    };
    check(limits, Rule::Namespaces, &of(32_767), &of(32_768));
    // The same one again and again is one.
    let same = format!("<a>{}</a>", "<b xmlns='u'/>".repeat(40_000));
    assert_eq!(
        verdict(|| Parser::document(limits), same.as_bytes()),
        Ok(())
    );
}

#[test]
fn other_limits_hold_from_the_next_stanza_on() {
    let mut parser = Parser::stream(Limits::SERVER_BEFORE_LOGIN);
    parser.push(b"<s><a>");
    parser.poll().unwrap();
    parser.poll().unwrap();
    parser.set_limits(limits(|l| l.stanza_bytes = 50_000));
    let text = "x".repeat(20_000);
    parser.push(format!("</a><b>{text}</b>").as_bytes());
    assert!(matches!(parser.poll(), Ok(Some(ParserEvent::Element(_)))));
    assert!(matches!(parser.poll(), Ok(Some(ParserEvent::Element(_)))));
    parser.push(format!("<b>{text}").as_bytes());
    assert_eq!(parser.poll(), Ok(None));
    parser.set_limits(Limits::SERVER_BEFORE_LOGIN);
    // Begun under the old ones.
    parser.push(b"</b><b>");
    assert!(matches!(parser.poll(), Ok(Some(ParserEvent::Element(_)))));
    parser.push(text.as_bytes());
    assert_eq!(parser.poll().unwrap_err().rule, Rule::StanzaBytes);
}

#[test]
fn the_defaults_are_those_of_the_table() {
    let rows = [
        (
            Limits::SERVER_BEFORE_LOGIN,
            [10_000, 500, 16, 64, 32, 64, 512],
        ),
        (
            Limits::SERVER_FROM_CLIENT,
            [256 << 10, 25_000, 64, 64, 32, 256, 512],
        ),
        (
            Limits::SERVER_FROM_SERVER,
            [512 << 10, 50_000, 64, 64, 32, 256, 512],
        ),
        (
            Limits::CLIENT_BEFORE_LOGIN,
            [256 << 10, 100_000, 128, 256, 64, 1024, 1024],
        ),
        (
            Limits::CLIENT,
            [10 << 20, 100_000, 128, 256, 64, 1024, 1024],
        ),
    ];
    for (l, row) in rows {
        let fields = [
            l.stanza_bytes,
            l.elements,
            l.depth,
            l.attributes,
            l.declarations,
            l.declarations_in_scope,
            l.namespace_bytes,
        ];
        assert_eq!(fields, row);
    }
}

#[test]
fn absurd_limits_are_brought_into_range() {
    let all = limits(|l| {
        l.stanza_bytes = usize::MAX;
        l.elements = usize::MAX;
        l.depth = usize::MAX;
        l.attributes = usize::MAX;
        l.declarations = usize::MAX;
        l.declarations_in_scope = usize::MAX;
        l.namespace_bytes = usize::MAX;
    });
    let none = limits(|l| {
        l.stanza_bytes = 0;
        l.elements = 0;
        l.depth = 0;
        l.attributes = 0;
        l.declarations = 0;
        l.declarations_in_scope = 0;
        l.namespace_bytes = 0;
    });
    let deep = format!("{}{}", "<a>".repeat(65_000), "</a>".repeat(65_000));
    assert_eq!(verdict(|| Parser::document(all), deep.as_bytes()), Ok(()));
    let deeper = format!("<a>{deep}</a>");
    assert_eq!(
        verdict(|| Parser::document(all), deeper.as_bytes()),
        Err(Rule::Depth)
    );
    assert_eq!(
        verdict(|| Parser::document(none), b"<a/>"),
        Err(Rule::StanzaBytes)
    );
}

#[test]
fn memory_stays_within_eight_times_the_limit() {
    // The densest stanzas that the limits allow: many nodes for their bytes.
    let dense: [(&str, usize); 4] = [
        ("<b/>x", 5),
        ("<b a=''/>", 9),
        ("<b xmlns='u'>y</b>z", 19),
        ("<c x='' y='' z=''/>", 19),
    ];
    for limits in [
        Limits::SERVER_BEFORE_LOGIN,
        Limits::SERVER_FROM_CLIENT,
        Limits::CLIENT_BEFORE_LOGIN,
    ] {
        for (piece, len) in dense {
            let count = (limits.stanza_bytes - 7) / len;
            let text = format!("<a>{}</a>", piece.repeat(count));
            for n in (1..=count).rev().step_by((count / 64).max(1)) {
                let text = format!("{}</a>", &text[..3 + n * len]);
                let Ok(element) = Element::parse_in(&text, limits, xmpp_core::xml::ns::NONE) else {
                    continue;
                };
                // The element's half; the parser's text and table are no larger.
                assert!(
                    element.memory() <= limits.stanza_bytes * 4 + 64 * 24,
                    "{piece} × {n}"
                );
                break;
            }
        }
    }
}
