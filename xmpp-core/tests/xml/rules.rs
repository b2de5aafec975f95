//! Every rule of XML 1.0, Namespaces in XML 1.0 and RFC 6120 §11 that input may break, each beside a twin that is
//! accepted: HDR-12, HDR-15, HDR-16.

use crate::common::{Seen, document, events, stream, verdict};
use xmpp_core::xml::{Element, Limits, ParseClass, ParseRule as Rule, Parser};

/// What breaks `rule` when it is the content of `<a>…</a>`, and a twin that does not.
#[track_caller]
pub(crate) fn content(rule: Rule, bad: &str, good: &str) {
    document_pair(rule, &format!("<a>{bad}</a>"), &format!("<a>{good}</a>"));
}

#[track_caller]
pub(crate) fn document_pair(rule: Rule, bad: &str, good: &str) {
    assert_eq!(verdict(document, bad.as_bytes()), Err(rule), "{bad}");
    assert_eq!(Element::parse(bad).map_err(|e| e.rule), Err(rule), "{bad}");
    assert_eq!(verdict(document, good.as_bytes()), Ok(()), "{good}");
    assert!(Element::parse(good).is_ok(), "{good}");
}

#[track_caller]
fn bytes(rule: Rule, bad: &[u8]) {
    let text = [b"<a>".as_slice(), bad, b"</a>"].concat();
    assert_eq!(
        verdict(document, &text),
        Err(rule),
        "{}",
        bad.escape_ascii()
    );
}

#[test]
fn hdr_16_utf8() {
    // Truncated before `<`, `>` and a quote; overlong; surrogates; beyond U+10FFFF; lone continuation.
    for bad in [
        &b"\xc3<"[..],
        b"\xe2\x82<",
        b"\xf0\x9f\x98<",
        b"\xc3>",
        b"\xc0\xbc",
        b"\xe0\x80\xbc",
        b"\xf0\x80\x80\xbc",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\x80",
        b"\xff",
        b"\xfe\xff",
    ] {
        bytes(Rule::Utf8, bad);
    }
    for bad in [
        &b"<a b='\xc3'/>"[..],
        b"<a b=\"\xe2\x82\"/>",
        b"<a\xc3>",
        b"\xef\xbb<a/>",
    ] {
        assert_eq!(
            verdict(document, bad),
            Err(Rule::Utf8),
            "{}",
            bad.escape_ascii()
        );
    }
    let good = "<a b='\u{e9}\u{20ac}'>\u{1f600}\u{d7ff}\u{e000}\u{10ffff}</a>";
    assert_eq!(verdict(document, good.as_bytes()), Ok(()));
}

#[test]
fn hdr_16_forbidden_characters() {
    for c in [
        "\0", "\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{1f}", "\u{fffe}", "\u{ffff}",
    ] {
        content(
            Rule::ForbiddenCharacter,
            c,
            "\t\n\r\u{20}\u{7f}\u{85}\u{fffd}",
        );
        document_pair(
            Rule::ForbiddenCharacter,
            &format!("<a b='{c}'/>"),
            "<a b='\t\n\r\u{7f}\u{fffd}'/>",
        );
        document_pair(Rule::ForbiddenCharacter, &format!("<a{c}/>"), "<a\t/>");
        document_pair(
            Rule::ForbiddenCharacter,
            &format!("<a><![CDATA[{c}]]></a>"),
            "<a><![CDATA[\u{fffd}]]></a>",
        );
    }
}

#[test]
fn hdr_16_references_to_forbidden_characters() {
    for bad in [
        "&#0;",
        "&#x0;",
        "&#8;",
        "&#xb;",
        "&#31;",
        "&#xD800;",
        "&#xdfff;",
        "&#xFFFE;",
        "&#65535;",
        "&#x110000;",
        "&#99999999999999999999;",
    ] {
        content(
            Rule::ForbiddenReference,
            bad,
            "&#9;&#xA;&#13;&#32;&#xFFFD;&#x10FFFF;",
        );
        document_pair(
            Rule::ForbiddenReference,
            &format!("<a b='{bad}'/>"),
            "<a b='&#9;&#x00000000000000000000041;'/>",
        );
    }
}

#[test]
fn references_are_well_formed() {
    for bad in [
        "&", "& ", "&;", "&#;", "&#x;", "&#xg;", "&#-1;", "&#+1;", "&#1 ;", "&#X41;", "&amp",
        "&amp ;", "&1;", "&.a;", "&a&b;", "&#41", "&&amp;",
    ] {
        content(
            Rule::MalformedReference,
            bad,
            "&amp;&lt;&gt;&apos;&quot;&#x41;",
        );
        document_pair(
            Rule::MalformedReference,
            &format!("<a b='{bad}'/>"),
            "<a b='&amp;&lt;&gt;&apos;&quot;&#x41;'/>",
        );
    }
}

#[test]
fn hdr_15_entities_that_are_not_predefined() {
    for bad in [
        "&nbsp;",
        "&a;",
        "&AMP;",
        "&ampa;",
        "&aamp;",
        "&am;",
        "&é;",
        "&x\u{b7};",
        "&lol9;",
    ] {
        content(Rule::UndeclaredEntity, bad, "&amp;");
        document_pair(
            Rule::UndeclaredEntity,
            &format!("<a b=\"{bad}\"/>"),
            "<a b=\"&quot;\"/>",
        );
    }
}

#[test]
fn hdr_15_comments_instructions_and_document_types() {
    content(Rule::Comment, "<!---->", "<![CDATA[<!---->]]>");
    content(Rule::ProcessingInstruction, "<?x?>", "<![CDATA[<?x?>]]>");
    content(Rule::ProcessingInstruction, "<?xm", "&lt;?xm");
    content(Rule::ProcessingInstruction, "<?xmlx ?>", "&lt;?xmlx ?>");
    content(Rule::DocumentType, "<!DOCTYPE a>", "&lt;!DOCTYPE a>");
    for (rule, bad) in [
        (Rule::Comment, "<!-- x -->"),
        (Rule::ProcessingInstruction, "<?xml-stylesheet href='x'?>"),
        (Rule::DocumentType, "<!DOCTYPE a [<!ENTITY x 'y'>]>"),
    ] {
        // Before the root, within it, behind it, between stanzas.
        assert_eq!(
            verdict(document, format!("{bad}<a/>").as_bytes()),
            Err(rule)
        );
        assert_eq!(
            verdict(
                document,
                format!("<?xml version='1.0'?>{bad}<a/>").as_bytes()
            ),
            Err(rule)
        );
        assert_eq!(
            verdict(document, format!("<a><b>{bad}</b></a>").as_bytes()),
            Err(rule)
        );
        assert_eq!(
            verdict(document, format!("<a/>{bad}").as_bytes()),
            Err(rule)
        );
        assert_eq!(verdict(stream, format!("{bad}<a>").as_bytes()), Err(rule));
        assert_eq!(verdict(stream, format!("<a>{bad}").as_bytes()), Err(rule));
        assert_eq!(
            verdict(stream, format!("<a><b/>{bad}").as_bytes()),
            Err(rule)
        );
        assert_eq!(
            verdict(stream, format!("<a></a>{bad}").as_bytes()),
            Err(rule)
        );
        assert_eq!(rule.class(), ParseClass::RestrictedXml);
    }
}

#[test]
fn hdr_12_the_xml_declaration() {
    let good = [
        "",
        "<?xml version='1.0'?>",
        "<?xml version=\"1.0\" ?>",
        "<?xml version = '1.0' encoding = 'UTF-8'?>",
        "<?xml\n\tversion='1.0'\r\n encoding=\"utf-8\" standalone='yes' ?>\n",
        "<?xml version='1.0' encoding='Utf-8'?>",
        "<?xml version='1.0' standalone=\"yes\"?>",
        "\u{feff}",
        "\u{feff}<?xml version='1.0'?>",
        " \t\r\n",
    ];
    for prologue in good {
        assert_eq!(
            verdict(stream, format!("{prologue}<a><b/></a>").as_bytes()),
            Ok(()),
            "{prologue:?}"
        );
        assert!(
            Element::parse(&format!("{prologue}<a/>\n")).is_ok(),
            "{prologue:?}"
        );
    }
}

#[test]
fn hdr_12_other_xml_declarations() {
    let bad = [
        (Rule::XmlVersion, "<?xml version='1.1'?>"),
        (Rule::XmlVersion, "<?xml version='2.0'?>"),
        (Rule::XmlVersion, "<?xml version='1.00'?>"),
        (Rule::Encoding, "<?xml version='1.0' encoding='UTF-16'?>"),
        (
            Rule::Encoding,
            "<?xml version='1.0' encoding='ISO-8859-1'?>",
        ),
        (Rule::Encoding, "<?xml version='1.0' encoding='US-ASCII'?>"),
        (Rule::NotStandalone, "<?xml version='1.0' standalone='no'?>"),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml version='1.0' standalone='YES'?>",
        ),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml version='1.0' encoding=''?>",
        ),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml version='1.0' encoding='é'?>",
        ),
        (Rule::MalformedXmlDeclaration, "<?xml?>"),
        (Rule::MalformedXmlDeclaration, "<?xml ?>"),
        (Rule::MalformedXmlDeclaration, "<?xml encoding='UTF-8'?>"),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml version='1.0'encoding='UTF-8'?>",
        ),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml encoding='UTF-8' version='1.0'?>",
        ),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>",
        ),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml version='1.0' version='1.0'?>",
        ),
        (
            Rule::MalformedXmlDeclaration,
            "<?xml version='1.0' lang='en'?>",
        ),
        (Rule::MalformedXmlDeclaration, "<?xml version=1.0?>"),
        (Rule::MalformedXmlDeclaration, "<?xml version='1.0\"?>"),
        (Rule::MalformedXmlDeclaration, "<?xml version='1.0' ? >"),
        (Rule::MalformedXmlDeclaration, "<?xml version='1.0'>"),
        (Rule::MisplacedXmlDeclaration, " <?xml version='1.0'?>"),
        (
            Rule::MisplacedXmlDeclaration,
            "\n\u{feff}<?xml version='1.0'?>",
        ),
        (
            Rule::MisplacedXmlDeclaration,
            "<?xml version='1.0'?><?xml version='1.0'?>",
        ),
        (Rule::TextOutsideRoot, "\u{feff}\u{feff}"),
        (Rule::TextOutsideRoot, "<?xml version='1.0'?>\u{feff}"),
    ];
    for (rule, prologue) in bad {
        // The mark is text wherever it is not the first character.
        let rule = if prologue.starts_with("\n\u{feff}") {
            Rule::TextOutsideRoot
        } else {
            rule
        };
        let text = format!("{prologue}<a/>");
        assert_eq!(verdict(stream, text.as_bytes()), Err(rule), "{prologue:?}");
        assert_eq!(
            Element::parse(&text).map_err(|e| e.rule),
            Err(rule),
            "{prologue:?}"
        );
    }
    assert_eq!(Rule::Encoding.class(), ParseClass::UnsupportedEncoding);
    // In mid-stream.
    assert_eq!(
        verdict(stream, b"<a><?xml version='1.0'?>"),
        Err(Rule::MisplacedXmlDeclaration)
    );
    content(
        Rule::MisplacedXmlDeclaration,
        "<?xml version='1.0'?>",
        "&lt;?xml version='1.0'?>",
    );
}

#[test]
fn text_stands_in_the_root_only() {
    document_pair(Rule::TextOutsideRoot, "x<a/>", " <a/>");
    document_pair(Rule::TextOutsideRoot, "<a/>x", "<a/>\r\n\t ");
    document_pair(Rule::TextOutsideRoot, "&#32;<a/>", "<a>&#32;</a>");
    document_pair(
        Rule::TextOutsideRoot,
        "<![CDATA[]]><a/>",
        "<a><![CDATA[]]></a>",
    );
    document_pair(Rule::TextOutsideRoot, "<a/><![CDATA[]]>", "<a/> ");
    document_pair(Rule::ContentAfterRoot, "<a/><a/>", "<b><a/><a/></b>");
    document_pair(Rule::ContentAfterRoot, "<a/></a>", "<a></a>");
    document_pair(Rule::MismatchedEndTag, "</a>", "<a></a>");
}

#[test]
fn hdr_16_text_between_stanzas() {
    for bad in [
        "x",
        "<b/>x",
        "&#32;",
        "&amp;",
        "<b/><![CDATA[ ]]>",
        "\u{feff}",
        "\u{a0}",
        "]]>",
    ] {
        let text = format!("<a>{bad}<b/></a>");
        assert_eq!(
            verdict(stream, text.as_bytes()),
            Err(Rule::TextBetweenStanzas),
            "{bad}"
        );
        assert_eq!(Rule::TextBetweenStanzas.class(), ParseClass::BadFormat);
    }
    assert_eq!(
        verdict(stream, b"<a> \r\n\t<b>x</b> \n <c/>\n</a> \n"),
        Ok(())
    );
    assert_eq!(verdict(stream, b"<a></a>x"), Err(Rule::TextOutsideRoot));
    assert_eq!(verdict(stream, b"<a></a><b/>"), Err(Rule::ContentAfterRoot));
}

#[test]
fn hdr_17_first_byte() {
    let strict = || document().with_strict_start();
    for bad in [" <a/>", "\n<a/>", "\u{feff}<a/>", "x"] {
        assert_eq!(
            verdict(strict, bad.as_bytes()),
            Err(Rule::FirstByte),
            "{bad:?}"
        );
    }
    assert_eq!(verdict(strict, b"<a/>"), Ok(()));
    assert_eq!(verdict(document, b" <a/>"), Ok(()));
    // Each message anew.
    let mut parser = strict();
    for (message, expected) in [
        ("<a/>", None),
        ("<b> </b>\n", None),
        ("\n<c/>", Some(Rule::FirstByte)),
    ] {
        parser.push(message.as_bytes());
        assert_eq!(
            parser.poll().map(|e| e.is_some()).map_err(|e| e.rule).err(),
            expected
        );
        assert_eq!(parser.finish().err().map(|e| e.rule), expected);
    }
}

#[test]
fn input_that_ends_too_early() {
    for bad in [
        "",
        " ",
        "\u{feff}",
        "<",
        "<?xml",
        "<?xml version='1.0'?>",
        "<a",
        "<a ",
        "<a b",
        "<a b=",
        "<a b='",
        "<a b=''",
        "<a/",
        "<a>",
        "<a>x",
        "<a>&am",
        "<a><",
        "<a></",
        "<a></a",
        "<a></a ",
        "<a><![CD",
        "<a><![CDATA[]]",
        "<a><b/>",
        "<a/><",
    ] {
        document_pair(Rule::UnexpectedEnd, bad, "<a/>");
    }
    for bad in [
        "",
        "<a",
        "<a>",
        "<a><b/>",
        "<a><b>",
        "<a><b/></",
        "<a><b/></a",
    ] {
        let mut parser = stream();
        parser.push(bad.as_bytes());
        while parser.poll().unwrap().is_some() {}
        assert_eq!(
            parser.finish().map_err(|e| e.rule),
            Err(Rule::UnexpectedEnd),
            "{bad}"
        );
    }
}

#[test]
fn offsets_count_from_the_start_and_from_a_restart() {
    let mut parser = stream();
    parser.push(b"<a> <b/> <c x='<'");
    while let Ok(Some(_)) = parser.poll() {}
    let error = parser.poll().unwrap_err();
    assert_eq!((error.rule, error.offset), (Rule::LessThanInValue, 15));
    assert_eq!(error.to_string(), "'<' in an attribute value at byte 15");
    // The same error again, whatever comes.
    parser.push(b"/>");
    assert_eq!(parser.poll(), Err(error));

    let mut parser = stream();
    parser.push(b"<a> <b/> \n <?xml version='1.0'?><a><");
    assert!(parser.poll().unwrap().is_some());
    assert!(parser.poll().unwrap().is_some());
    parser.restart();
    assert!(parser.poll().unwrap().is_some());
    assert_eq!(parser.poll(), Ok(None));
    parser.push(b"1");
    let at = " \n <?xml version='1.0'?><a><".len() as u64;
    assert_eq!(parser.poll().unwrap_err().offset, at);
}

#[test]
fn hdr_13_restart_skips_white_space_and_forgets_declarations() {
    let text = "<a xmlns:p='u'><success/>\n <?xml version='1.0'?><a><p:b/></a>";
    for cut in 0..text.len() {
        let mut parser = Parser::stream(Limits::CLIENT);
        let mut found = Vec::new();
        let mut error = None;
        for piece in [&text[..cut], &text[cut..]] {
            parser.push(piece.as_bytes());
            loop {
                match parser.poll() {
                    Ok(Some(event)) => {
                        found.push(format!("{event:?}"));
                        if found.len() == 2 {
                            parser.restart();
                        }
                    }
                    Ok(None) => break,
                    Err(e) => {
                        error = Some(e.rule);
                        break;
                    }
                }
            }
        }
        assert_eq!(
            (found.len(), error),
            (3, Some(Rule::UndeclaredPrefix)),
            "cut at {cut}"
        );
    }
}

/// `xml:xmlns` is an attribute in the namespace of `xml:` and declares nothing, in one piece or byte by byte.
#[test]
fn an_attribute_called_xmlns_under_the_prefix_xml_declares_nothing() {
    let text = b"<s xmlns='u'><a xml:xmlns='v'/><a xml:xmlns='v' xmlns='w'/></s>";
    let whole = events(stream(), text, []);
    assert_eq!(events(stream(), text, 1..text.len()), whole);
    let spaces: Vec<_> = whole
        .iter()
        .filter_map(|seen| match seen {
            Seen::Element(e) => Some((e.ns().to_owned(), e.attrs().count())),
            _ => None,
        })
        .collect();
    assert_eq!(spaces, [("u".to_owned(), 1), ("w".to_owned(), 1)]);
}
