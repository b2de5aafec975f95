//! What a handle keeps alive, and what frees it.

use xmpp_core::xml::{Element, Limits, Parser, ParserEventRef, ns};

/// A small payload in a stanza of 100 kB, its namespace and its language given outside of it.
fn large() -> String {
    let body = "x".repeat(100_000);
    format!(
        "<message xmlns='jabber:client' xmlns:p='urn:p' xml:lang='de'><body>{body}</body><p:small p:a='1'>y</p:small></message>"
    )
}

#[test]
fn a_payload_keeps_its_stanza_until_it_is_shrunk() {
    let stanza = Element::parse(&large()).unwrap();
    let all = stanza.memory();
    assert!(all > 100_000);
    let small = stanza.children().last().unwrap().to_element();
    // Handles share: no copy was made, and dropping the stanza frees nothing.
    assert_eq!((small.memory(), stanza.clone().memory()), (all, all));
    drop(stanza);
    assert_eq!(small.memory(), all);
    assert!(small.root().byte_len() < 100);

    let shrunk = small.shrink();
    assert!(shrunk.memory() < 300, "{}", shrunk.memory());
    assert_eq!(shrunk, small);
    assert_eq!(shrunk.to_string(), small.to_string());
    // Shrinking again, or a root, copies nothing.
    assert_eq!(shrunk.shrink().memory(), shrunk.memory());
    // What stood outside and is no part of it.
    assert_eq!((small.lang().as_deref(), shrunk.lang()), (Some("de"), None));
}

#[test]
fn what_a_parser_lends_is_copied_alone() {
    let mut parser = Parser::stream(Limits::CLIENT);
    parser.push(format!("<s>{}", large()).as_bytes());
    assert!(matches!(
        parser.poll_ref(),
        Ok(Some(ParserEventRef::Open(_)))
    ));
    let Ok(Some(ParserEventRef::Element(stanza))) = parser.poll_ref() else {
        panic!()
    };
    let small = stanza.children().last().unwrap().to_element();
    assert!(small.memory() < 300, "{}", small.memory());
    assert_eq!(small.text(), "y");
    assert!(stanza.to_element().memory() > 100_000);
}

#[test]
fn an_edited_or_built_element_shares_nothing() {
    let stanza = Element::parse(&large()).unwrap();
    let small = stanza.children().last().unwrap();
    let copy = Element::build(ns::CLIENT, |w| w.element(small));
    let edited = xmpp_core::xml::Edit::new(small)
        .set_attr("b", "2")
        .to_element();
    assert!(copy.memory() < 300 && edited.memory() < 300);
}
