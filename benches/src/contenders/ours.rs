//! xmpp-core: owned elements, and elements lent by the parser.

use xmpp_core::xml::{ElementRef, Limits, Node, Parser, ParserEvent, ParserEventRef};

use super::Outcome;
use crate::{
    checksum::{Checksum, TextSum, attribute},
    chunks::CHUNK,
};

/// Every child of the stream as an owned [`Element`], then visited.
pub fn owned(xml: &[u8]) -> Outcome {
    let mut parser = Parser::stream(Limits::CLIENT);
    let mut outcome = Outcome::default();
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll().expect("the input is well-formed") {
            if let ParserEvent::Element(element) = event {
                outcome.stanzas += 1;
                visit(element.root(), &mut outcome.checksum);
            }
        }
    }
    outcome
}

/// Every child of the stream as lent by the parser, visited in place.
pub fn lent(xml: &[u8]) -> Outcome {
    let mut parser = Parser::stream(Limits::CLIENT);
    let mut outcome = Outcome::default();
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll_ref().expect("the input is well-formed") {
            if let ParserEventRef::Element(element) = event {
                outcome.stanzas += 1;
                visit(element, &mut outcome.checksum);
            }
        }
    }
    outcome
}

/// Adds one element and all below it.
pub fn visit(element: ElementRef<'_>, checksum: &mut Checksum) {
    let attributes = element.attrs().fold(0u64, |sum, a| {
        sum.wrapping_add(attribute(a.ns(), a.name(), &a.value()))
    });
    checksum.start(element.ns(), element.name(), attributes);
    let mut text = TextSum::default();
    for node in element.nodes() {
        match node {
            Node::Element(child) => visit(child, checksum),
            Node::Text(piece) => text.add(&piece),
        }
    }
    checksum.end(text);
}
