//! rxml's reading.

use rxml::{Error, Event, Options, Parse as _, Parser, WithOptions as _, error::EndOrError};

use crate::{
    item::Item,
    reading::{End, Mode, Reading, Refusal},
};

/// Reads `input`.
pub(crate) fn read(mut input: &[u8], mode: Mode) -> Reading<Refusal> {
    // It calls the first byte of a character that is not complete invalid.
    let is_cut = str::from_utf8(input).is_err_and(|e| e.error_len().is_none());
    // No limit on tokens beside the input's own.
    let mut parser = Parser::with_options(Options {
        max_token_length: input.len().max(1024) + 1,
        ..Options::default()
    });
    let silent = match mode {
        Mode::Document => 0,
        Mode::Stream => 1,
    };
    let (mut items, mut depth, mut told) = (Vec::new(), 0, 0);
    let end = loop {
        match parser.parse(&mut input, true) {
            Ok(Some(event)) => {
                let metrics = match event {
                    Event::StartElement(metrics, (ns, name), attributes) => {
                        depth += 1;
                        let attributes = attributes.iter().map(|((ns, name), value)| {
                            (ns.as_str(), name.as_str(), value.as_str())
                        });
                        items.push(Item::start(ns.as_str(), name.as_str(), attributes));
                        metrics
                    }
                    Event::Text(metrics, text) => {
                        if depth != silent {
                            Item::push_text(&mut items, &text);
                        }
                        metrics
                    }
                    Event::EndElement(metrics) => {
                        depth -= 1;
                        items.push(Item::End);
                        metrics
                    }
                    Event::XmlDeclaration(metrics, _) => metrics,
                };
                told += metrics.len() as u64;
            }
            Ok(None) => break End::Complete,
            Err(EndOrError::Error(error @ Error::InvalidEof(_))) => {
                break End::Open(told, Refusal::Rxml(error));
            }
            Err(EndOrError::Error(error @ Error::InvalidUtf8Byte(_))) if is_cut => {
                break End::Open(told, Refusal::Rxml(error));
            }
            Err(EndOrError::Error(error)) => break End::Refused(Refusal::Rxml(error)),
            Err(EndOrError::NeedMoreData) => panic!("rxml was told that nothing more comes"),
        }
    };
    Reading { items, end }
}
