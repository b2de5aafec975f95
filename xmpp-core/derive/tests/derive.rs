//! What `#[derive(Payload)]` and `#[derive(XmlText)]` read and write.
#![allow(missing_docs)]

use xmpp_core::xml::{
    Element, LangMap, Namespace, Payload as _, PayloadError, WriteXml, XmlText as _, ns,
};
use xmpp_core::{Payload, XmlText};

const TEST: Namespace = Namespace::new("urn:example:test");

#[derive(Clone, Copy, Debug, Default, PartialEq, XmlText)]
enum Level {
    #[default]
    Low,
    VeryHigh,
    #[xml(name = "2")]
    Two,
}

#[derive(Clone, Debug, PartialEq, XmlText)]
enum Open {
    Known,
    #[xml(other)]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, XmlText)]
struct Id(String);

#[derive(Debug, PartialEq, Payload)]
#[xml(name = "thing", ns = TEST)]
struct Thing {
    #[xml(attr)]
    id: Id,
    #[xml(attr)]
    size: Option<u32>,
    #[xml(attr, default)]
    level: Level,
    #[xml(attr, name = "xml:lang")]
    lang: Option<String>,
    #[xml(attr, name = "type", default = Open::Known)]
    kind: Open,
    #[xml(child)]
    part: Option<Box<Part>>,
    #[xml(child)]
    links: Vec<Link>,
    #[xml(child_text)]
    title: Option<String>,
    #[xml(child_text, name = "tag")]
    tags: Vec<String>,
    #[xml(child_text, default = 7)]
    count: u8,
    #[xml(flag)]
    is_open: bool,
    #[xml(lang, name = "desc", ns = ns::CLIENT)]
    descriptions: LangMap,
    #[xml(rest)]
    rest: Vec<Element>,
}

#[derive(Debug, PartialEq, Payload)]
#[xml(name = "part", ns = "urn:example:part")]
struct Part(#[xml(text)] u16);

#[derive(Debug, PartialEq, Payload)]
#[xml(name = "link", ns = TEST, crate = xmpp_core)]
struct Link {
    #[xml(child)]
    state: State,
    #[xml(child_text)]
    r#type: String,
}

#[derive(Debug, PartialEq, Payload)]
#[xml(ns = TEST)]
enum State {
    Idle,
    #[xml(name = "b-u-s-y", ns = "urn:example:busy")]
    Busy,
    Part(Part),
}

#[derive(Debug, PartialEq, Payload)]
#[xml(name = "wrap", ns = TEST)]
struct Wrap<T: xmpp_core::xml::Payload> {
    #[xml(child)]
    inner: T,
    #[xml(rest)]
    other: Option<Element>,
}

#[derive(Debug, PartialEq, Payload)]
#[xml(name = "empty", ns = TEST)]
struct Empty;

fn read<T: xmpp_core::xml::Payload>(xml: &str) -> Result<T, PayloadError> {
    T::from_element(Element::parse(xml).expect("well-formed").root())
}

fn error<T: xmpp_core::xml::Payload + std::fmt::Debug>(xml: &str) -> String {
    read::<T>(xml).expect_err("invalid").to_string()
}

fn written(value: &impl WriteXml) -> Element {
    Element::from_xml(value)
}

const FULL: &str = "<thing xmlns='urn:example:test' id='a' size=' 3 ' level='very-high' xml:lang='de' type='x'>\
    <part xmlns='urn:example:part'>65535</part>\
    <link><idle/><type>t</type></link>\
    <link><b-u-s-y xmlns='urn:example:busy'/><type>u</type></link>\
    <title>Ti&amp;tle</title><tag>one</tag><tag>two</tag><count>9</count><is-open/>\
    <desc xmlns='jabber:client'>plain</desc>\
    <desc xmlns='jabber:client' xml:lang='fr'>clair</desc>\
    <other xmlns='urn:example:other'><a/></other></thing>";

#[test]
fn every_kind_of_field_is_read() {
    let thing: Thing = read(FULL).unwrap();
    assert_eq!(thing.id, Id("a".into()));
    assert_eq!((thing.size, thing.level), (Some(3), Level::VeryHigh));
    assert_eq!(thing.lang.as_deref(), Some("de"));
    assert_eq!(thing.kind, Open::Other("x".into()));
    assert_eq!(thing.part, Some(Box::new(Part(65535))));
    assert_eq!(thing.links[0].state, State::Idle);
    assert_eq!(thing.links[1].state, State::Busy);
    assert_eq!(thing.links[1].r#type, "u");
    assert_eq!(thing.title.as_deref(), Some("Ti&tle"));
    assert_eq!(thing.tags, ["one", "two"]);
    assert_eq!(thing.count, 9);
    assert!(thing.is_open);
    assert_eq!(thing.descriptions.get("fr"), Some("clair"));
    assert_eq!(thing.descriptions.any(), Some("plain"));
    assert_eq!(thing.rest.len(), 1);
}

#[test]
fn what_is_written_reads_back() {
    let thing: Thing = read(FULL).unwrap();
    let element = written(&thing);
    assert_eq!(Thing::from_element(element.root()).unwrap(), thing);
    assert_eq!(
        element,
        FULL.replace("' 3 '", "'3'").parse::<Element>().unwrap()
    );
}

#[test]
fn absent_values_take_their_defaults_and_defaults_are_not_written() {
    let xml = "<thing xmlns='urn:example:test' id=''/>";
    let thing: Thing = read(xml).unwrap();
    assert_eq!(
        (thing.size, thing.level, thing.count),
        (None, Level::Low, 7)
    );
    assert_eq!((thing.kind.clone(), thing.is_open), (Open::Known, false));
    assert_eq!(written(&thing), xml.parse::<Element>().unwrap());
}

#[test]
fn generic_unit_and_tuple_structs() {
    let xml = "<wrap xmlns='urn:example:test'><empty/><x xmlns='urn:x'/></wrap>";
    let wrap: Wrap<Empty> = read(xml).unwrap();
    assert_eq!(wrap.inner, Empty);
    assert!(wrap.other.is_some());
    assert_eq!(written(&wrap), xml.parse::<Element>().unwrap());
    let state: State = read("<part xmlns='urn:example:part'>1</part>").unwrap();
    assert_eq!(state, State::Part(Part(1)));
    assert_eq!(State::NAME, "idle|b-u-s-y");
}

#[test]
fn another_element_is_a_mismatch() {
    for xml in [
        "<thing xmlns='urn:example:other' id='a'/>",
        "<thin xmlns='urn:example:test' id='a'/>",
        "<thing id='a'/>",
    ] {
        assert!(read::<Thing>(xml).unwrap_err().is_mismatch(), "{xml}");
    }
    assert_eq!(
        error::<State>("<gone xmlns='urn:example:test'/>"),
        "not a <idle|b-u-s-y/>"
    );
}

#[test]
fn errors_name_element_place_and_value() {
    let with = |attrs: &str, content: &str| {
        format!("<thing xmlns='urn:example:test' {attrs}>{content}</thing>")
    };
    for (xml, expected) in [
        (with("", ""), "<thing/> has no attribute 'id'"),
        (
            with("id='a' size='4294967296'", ""),
            "<thing/>: invalid size '4294967296': number too large to fit in target type",
        ),
        (
            with("id='a' level='high'", ""),
            "<thing/>: invalid level 'high': not one of low, very-high, 2",
        ),
        (
            with("id='a'", "<part xmlns='urn:example:part'/>"),
            "<part/>: invalid text '': cannot parse integer from empty string",
        ),
        (
            with("id='a'", "<count>x</count>"),
            "<thing/>: invalid count 'x': invalid digit found in string",
        ),
        (
            with("id='a'", "<title/><title/>"),
            "<thing/> has more than one <title/>",
        ),
        (
            with("id='a'", "<link><type/></link>"),
            "<link/> has no child <idle|b-u-s-y/>",
        ),
        (
            with("id='a'", "<link><idle/></link>"),
            "<link/> has no child <type/>",
        ),
        (
            with("id='a'", "<link><idle/><idle/><type/></link>"),
            "<link/> has more than one <idle|b-u-s-y/>",
        ),
    ] {
        assert_eq!(error::<Thing>(&xml), expected, "{xml}");
    }
}

#[test]
fn long_values_are_cut_in_errors() {
    let long = "ä".repeat(1000);
    let xml = format!("<part xmlns='urn:example:part'>{long}</part>");
    match read::<Part>(&xml) {
        Err(PayloadError::InvalidValue { value, .. }) => assert_eq!(value, "ä".repeat(64)),
        other => panic!("{other:?}"),
    }
}

/// `as_str` is usable in constants.
const TWO: &str = Level::Two.as_str();

#[test]
fn enumerated_values() {
    assert_eq!(Level::from_xml_text(" \n2\t"), Ok(Level::Two));
    assert!(Level::from_xml_text("Low").is_err());
    assert!(Level::from_xml_text("").is_err());
    assert_eq!((TWO, Open::Other("z".into()).as_str()), ("2", "z"));
    assert_eq!(Level::VeryHigh.with_xml_text(str::to_owned), "very-high");
    assert_eq!(Open::from_xml_text("known"), Ok(Open::Known));
    assert_eq!(Open::Other("y".into()).with_xml_text(str::to_owned), "y");
}

#[test]
fn booleans_and_integers_follow_xml_schema() {
    for (text, value) in [
        ("true", true),
        ("1", true),
        (" false", false),
        ("0\n", false),
    ] {
        assert_eq!(bool::from_xml_text(text), Ok(value));
    }
    for text in ["TRUE", "yes", "", "2", "t"] {
        assert!(bool::from_xml_text(text).is_err(), "{text}");
    }
    assert_eq!(i64::MIN.with_xml_text(str::to_owned), i64::MIN.to_string());
    assert_eq!(u64::MAX.with_xml_text(str::to_owned), u64::MAX.to_string());
    assert_eq!(i8::from_xml_text("+5"), Ok(5));
    for text in ["", "1.0", "0x1", "١", "1 2", "256"] {
        assert!(u8::from_xml_text(text).is_err(), "{text}");
    }
}
