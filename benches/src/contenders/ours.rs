//! xmpp-core: owned elements, and elements lent by the parser.

use xmpp_core::xml::{ElementRef, Limits, Parser, ParserEvent, ParserEventRef};

use super::Outcome;
use crate::{
    checksum::{Checksum, TextSum, attribute},
    chunks::CHUNK,
};

/// Every child of the stream as an owned element, then visited.
pub fn owned(xml: &[u8]) -> Outcome {
    let mut parser = Parser::stream(Limits::CLIENT);
    let (mut outcome, mut scratch) = (Outcome::default(), String::new());
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll().expect("the input is well-formed") {
            if let ParserEvent::Element(element) = event {
                outcome.stanzas += 1;
                visit_in(element.root(), &mut outcome.checksum, &mut scratch);
            }
        }
    }
    outcome
}

/// Every child of the stream as lent by the parser, visited in place.
pub fn lent(xml: &[u8]) -> Outcome {
    let mut parser = Parser::stream(Limits::CLIENT);
    let (mut outcome, mut scratch) = (Outcome::default(), String::new());
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll_ref().expect("the input is well-formed") {
            if let ParserEventRef::Element(element) = event {
                outcome.stanzas += 1;
                visit_in(element, &mut outcome.checksum, &mut scratch);
            }
        }
    }
    outcome
}

/// Adds one element and all below it.
pub fn visit(element: ElementRef<'_>, checksum: &mut Checksum) {
    visit_in(element, checksum, &mut String::new());
}

/// As [`visit`]; `scratch` takes what must be unescaped.
fn visit_in(element: ElementRef<'_>, checksum: &mut Checksum, scratch: &mut String) {
    let mut attributes = 0u64;
    for a in element.attrs() {
        attributes = attributes.wrapping_add(attribute(a.ns(), a.name(), a.value_in(scratch)));
    }
    checksum.start(element.ns(), element.name(), attributes);
    for child in element.children() {
        visit_in(child, checksum, scratch);
    }
    let mut text = TextSum::default();
    text.add(element.text_in(scratch));
    checksum.end(text);
}
