//! minidom: owned elements, built from rxml's raw events as tokio-xmpp did.

use minidom::{Element, Node, tree_builder::TreeBuilder};
use rxml::{Parse, RawParser, error::EndOrError};

use super::Outcome;
use crate::{
    checksum::{Checksum, TextSum, attribute},
    chunks::CHUNK,
};

/// Every child of the stream as an owned element, then visited.
pub fn owned(xml: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    each(xml, |element| {
        outcome.stanzas += 1;
        visit(&element, &mut outcome.checksum);
    });
    outcome
}

/// Calls `f` for every child of the stream.
pub fn each(xml: &[u8], mut f: impl FnMut(Element)) {
    let mut parser = RawParser::new();
    let mut builder = TreeBuilder::new();
    for mut chunk in xml.chunks(CHUNK) {
        loop {
            match parser.parse(&mut chunk, false) {
                Ok(Some(event)) => {
                    builder
                        .process_event(event)
                        .expect("the input is well-formed");
                    if builder.depth() == 1
                        && let Some(element) = builder.unshift_child()
                    {
                        f(element);
                    }
                }
                Ok(None) => return,
                Err(EndOrError::NeedMoreData) => break,
                Err(EndOrError::Error(error)) => panic!("rxml: {error}"),
            }
        }
    }
}

/// Adds one element and all below it.
pub fn visit(element: &Element, checksum: &mut Checksum) {
    let attributes = element
        .attrs()
        .iter()
        .fold(0u64, |sum, ((ns, name), value)| {
            sum.wrapping_add(attribute(ns.as_str(), name.as_str(), value))
        });
    checksum.start(&element.ns(), element.name(), attributes);
    let mut text = TextSum::default();
    for node in element.nodes() {
        match node {
            Node::Element(child) => visit(child, checksum),
            Node::Text(piece) => text.add(piece),
        }
    }
    checksum.end(text);
}
