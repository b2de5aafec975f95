//! xmpp-core: owned elements, and elements lent by the parser.

use xmpp_core::xml::{ElementRef, Limits, Parser, ParserEvent, ParserEventRef, Step};

use super::Outcome;
use crate::{
    checksum::{Checksum, TextSum, attribute},
    chunks::CHUNK,
};

/// Every child of the stream as an owned element, then visited.
pub fn owned(xml: &[u8]) -> Outcome {
    let mut parser = Parser::stream(Limits::CLIENT);
    let (mut outcome, mut open, mut scratch) = (Outcome::default(), Vec::new(), String::new());
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll().expect("the input is well-formed") {
            if let ParserEvent::Element(element) = event {
                outcome.stanzas += 1;
                visit_in(
                    element.root(),
                    &mut outcome.checksum,
                    &mut open,
                    &mut scratch,
                );
            }
        }
    }
    outcome
}

/// Every child of the stream as lent by the parser, visited in place.
pub fn lent(xml: &[u8]) -> Outcome {
    let mut parser = Parser::stream(Limits::CLIENT);
    let (mut outcome, mut open, mut scratch) = (Outcome::default(), Vec::new(), String::new());
    for chunk in xml.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll_ref().expect("the input is well-formed") {
            if let ParserEventRef::Element(element) = event {
                outcome.stanzas += 1;
                visit_in(element, &mut outcome.checksum, &mut open, &mut scratch);
            }
        }
    }
    outcome
}

/// Adds one element and all below it.
pub fn visit(element: ElementRef<'_>, checksum: &mut Checksum) {
    visit_in(element, checksum, &mut Vec::new(), &mut String::new());
}

/// As [`visit`]; `open` holds the text of the open elements, `scratch` takes what must be unescaped.
fn visit_in(
    element: ElementRef<'_>,
    checksum: &mut Checksum,
    open: &mut Vec<TextSum>,
    scratch: &mut String,
) {
    let mut text = TextSum::default();
    for step in element.walk() {
        match step {
            Step::Start(element) => {
                let attributes = element.attrs().fold(0u64, |sum, a| {
                    sum.wrapping_add(attribute(a.ns(), a.name(), a.value_in(scratch)))
                });
                checksum.start(element.ns(), element.name(), attributes);
                open.push(text);
                text = TextSum::default();
            }
            Step::Text(run) => text.add(run.value_in(scratch)),
            Step::End(_) => {
                checksum.end(text);
                text = open.pop().unwrap_or_default();
            }
        }
    }
}
