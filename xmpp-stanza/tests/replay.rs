//! Recorded stanzas of real clients and servers, through the typed form and back.
//!
//! A selection is in `tests/fixtures`; with `XMPP_CORPUS` set to a directory that holds
//! `captures/*.jsonl`, all of them are replayed.

mod support;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use support::visit;
use xmpp_core::xml::{Element, ElementRef, Limits, Node, Payload, ns};
use xmpp_stanza::{Iq, IqContent, Stanza, StanzaError, StanzaKind};

#[test]
fn recorded_stanzas_are_the_same_after_the_typed_form() {
    let mut counts = BTreeMap::new();
    for stanza in recorded() {
        let typed = Stanza::try_from(&stanza).unwrap_or_else(|e| panic!("{e}: {stanza}"));
        *counts.entry(typed.kind().as_str()).or_insert(0) += 1;
        match &typed {
            // Other attributes of an error than RFC 6120's (`code`) do not come back.
            Stanza::Iq(Iq {
                content: IqContent::Error { error, .. },
                ..
            }) => {
                let original = stanza.child("error", ns::CLIENT).expect("read from it");
                assert_eq!(StanzaError::from_element(original).as_ref(), Ok(error));
            }
            typed => assert_eq!(Element::from_xml(typed), canonical(&stanza), "{stanza}"),
        }
    }
    println!("replayed: {counts:?}");
    assert!(counts.values().sum::<usize>() > 300, "{counts:?}");
}

#[test]
fn recorded_payloads_are_the_same_after_the_typed_form() {
    let mut counts = BTreeMap::new();
    for stanza in recorded() {
        let mut open = vec![stanza.root()];
        while let Some(element) = open.pop() {
            visit(element, &mut counts).unwrap_or_else(|e| panic!("{e}: {stanza}"));
            open.extend(element.children());
        }
    }
    println!("payloads read: {counts:?}");
    for expected in [
        "Caps",
        "DataForm",
        "Delay",
        "DiscoInfo",
        "DiscoItems",
        "OccupantId",
        "Ping",
        "StanzaId",
    ] {
        assert!(counts.contains_key(expected), "no {expected} in {counts:?}");
    }
}

/// What a typed stanza is expected to write: text between the children, which means nothing, is
/// left out, and so is a `type` that is the default.
fn canonical(stanza: &Element) -> Element {
    Element::build(ns::CLIENT, |w| {
        let tag = w.start(stanza.name(), ns::CLIENT);
        for attr in stanza.attrs() {
            match (attr.ns(), attr.name(), &*attr.value()) {
                ("", "type", "normal") => {}
                ("", name, value) => w.attr(name, value),
                ("http://www.w3.org/XML/1998/namespace", "lang", lang) => w.attr("xml:lang", lang),
                (ns, name, _) => panic!("attribute {name} of {ns}"),
            }
        }
        for node in stanza.nodes() {
            match node {
                Node::Element(element) => w.element(element),
                Node::Text(text) => assert!(text.trim().is_empty(), "text in {stanza}"),
            }
        }
        w.end(tag);
    })
}

/// All recorded stanzas.
fn recorded() -> Vec<Element> {
    let mut files = jsonl(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"));
    match env::var_os("XMPP_CORPUS") {
        Some(corpus) => files.extend(jsonl(&Path::new(&corpus).join("captures"))),
        None => println!("SKIPPED: XMPP_CORPUS is not set, only tests/fixtures is replayed"),
    }
    let mut stanzas = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("readable");
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let (Some(transport), Some(body)) =
                (record["transport"].as_str(), record["body"].as_str())
            else {
                continue;
            };
            stanzas.extend(stanzas_of(transport, body));
        }
    }
    stanzas
}

fn jsonl(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap_or_else(|e| panic!("{}: {e}", directory.display()))
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    files
}

/// The stanzas in one recorded frame.
fn stanzas_of(transport: &str, body: &str) -> Vec<Element> {
    let parse = |xml: &str| Element::parse_in(xml, Limits::CLIENT, ns::CLIENT);
    let stanza = |element: &Element| StanzaKind::of(element.root()).is_some();
    match transport {
        "ws" => parse(body).into_iter().filter(stanza).collect(),
        "bosh" => parse(body)
            .iter()
            .flat_map(|body| {
                body.children()
                    .map(ElementRef::to_element)
                    .collect::<Vec<_>>()
            })
            .filter(stanza)
            .collect(),
        "tcp" => {
            // The header and the end of the stream are not balanced in one frame.
            let content = match body.split_once("<stream:stream") {
                Some((_, rest)) => rest.split_once('>').map_or("", |(_, rest)| rest),
                None => body,
            };
            let content = content.replace("</stream:stream>", "");
            let wrapped =
                format!("<w xmlns:stream='http://etherx.jabber.org/streams'>{content}</w>");
            parse(&wrapped)
                .iter()
                .flat_map(|w| w.children().map(ElementRef::to_element).collect::<Vec<_>>())
                .filter(stanza)
                .collect()
        }
        _ => Vec::new(),
    }
}
