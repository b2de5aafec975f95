//! The feature `serde`.

use serde_json::{from_str, to_string};
use xmpp_core::xml::{Element, LangMap, Limits, Parser, ParserEvent, ns};

#[test]
fn an_element_is_a_string_of_xml_that_stands_alone() {
    // With a namespace and a prefix of the stream.
    let mut parser = Parser::stream(Limits::CLIENT);
    parser
        .push("<s xmlns='jabber:client' xmlns:p='u'><m>é\u{1F600}\"<p:x p:y='1'/></m>".as_bytes());
    parser.poll().unwrap();
    let Some(ParserEvent::Element(m)) = parser.poll().unwrap() else {
        panic!()
    };
    let json = to_string(&m).unwrap();
    assert_eq!(
        json,
        "\"<m xmlns='jabber:client'>é\u{1F600}\\\"<x xmlns='u' xmlns:p='u' p:y='1'/></m>\""
    );
    assert_eq!(from_str::<Element>(&json).unwrap(), m);
    let x = m.children().next().unwrap();
    assert_eq!(from_str::<Element>(&to_string(&x).unwrap()).unwrap(), x);
    // From text that is not borrowed, within something else.
    let value = serde_json::to_value((&m, 1)).unwrap();
    let (again, _): (Element, u8) = serde_json::from_value(value).unwrap();
    assert_eq!(again, m);
    assert!(
        again
            .child("x", xmpp_core::xml::Namespace::new("u"))
            .is_some()
            && again.has_ns(ns::CLIENT)
    );
}

#[test]
fn bad_xml_is_refused_with_the_reason() {
    for (json, reason) in [
        ("\"<a>\"", "input ended too early at byte 3"),
        ("\"<a>&x;</a>\"", "entity that is not predefined"),
        ("\"<!DOCTYPE a><a/>\"", "document type declaration"),
        ("\"<a/><b/>\"", "markup after the root element"),
        ("\"\"", "input ended too early"),
        ("1", "an XML element in a string"),
    ] {
        let error = from_str::<Element>(json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
    let deep = format!("\"{}{}\"", "<a>".repeat(129), "</a>".repeat(129));
    let error = from_str::<Element>(&deep).unwrap_err().to_string();
    assert!(error.contains("nested too deeply"), "{error}");
}

#[test]
fn texts_by_language_are_a_map() {
    let texts: LangMap = [("de", "Hallo"), ("", "Hi")].into_iter().collect();
    let json = to_string(&texts).unwrap();
    assert_eq!(json, "{\"de\":\"Hallo\",\"\":\"Hi\"}");
    assert_eq!(from_str::<LangMap>(&json).unwrap(), texts);
    let twice: LangMap = from_str("{\"de\":\"a\",\"DE\":\"b\"}").unwrap();
    assert_eq!((twice.len(), twice.get("de")), (1, Some("a")));
    assert!(from_str::<LangMap>("[]").is_err());
}
