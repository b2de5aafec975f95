//! rxml: restricted XML with namespaces, the parser under xmpp-rs.

use rxml::{Event, Parse, Parser, error::EndOrError};

use super::{Outcome, Sax};
use crate::{checksum::attribute, chunks::CHUNK};

/// Visits every event.
pub fn events(xml: &[u8]) -> Outcome {
    let mut parser = Parser::new();
    let mut sax = Sax::default();
    for mut chunk in xml.chunks(CHUNK) {
        loop {
            match parser.parse(&mut chunk, false) {
                Ok(Some(Event::StartElement(_, (ns, name), attributes))) => {
                    let sum = attributes.iter().fold(0u64, |sum, ((ns, name), value)| {
                        sum.wrapping_add(attribute(ns.as_str(), name.as_str(), value))
                    });
                    sax.start(ns.as_str(), name.as_str(), sum);
                }
                Ok(Some(Event::EndElement(_))) => sax.end(),
                Ok(Some(Event::Text(_, text))) => sax.text(&text),
                Ok(Some(Event::XmlDeclaration(..))) => {}
                Ok(None) => return sax.finish(),
                Err(EndOrError::NeedMoreData) => break,
                Err(EndOrError::Error(error)) => panic!("rxml: {error}"),
            }
        }
    }
    sax.finish()
}
