//! What the tests of the XML layer share.

use xmpp_core::xml::{Element, Limits, ParseRule, Parser, ParserEvent};

/// A parser of documents with a client's limits.
pub(crate) fn document() -> Parser {
    Parser::document(Limits::CLIENT)
}

/// A parser of streams with a client's limits.
pub(crate) fn stream() -> Parser {
    Parser::stream(Limits::CLIENT)
}

/// What came out of a parser, in a form that can be compared and printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Open(Element),
    Element(Element),
    Close,
    Error(ParseRule, u64),
}

/// Everything that comes out of `parser` when `input` is pushed in pieces that end at `cuts`.
pub(crate) fn events(
    mut parser: Parser,
    input: &[u8],
    cuts: impl IntoIterator<Item = usize>,
) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut from = 0;
    for cut in cuts.into_iter().chain([input.len()]) {
        parser.push(&input[from..cut]);
        from = cut;
        loop {
            seen.push(match parser.poll() {
                Ok(Some(ParserEvent::Open(e))) => Seen::Open(e),
                Ok(Some(ParserEvent::Element(e))) => Seen::Element(e),
                Ok(Some(ParserEvent::Close)) => Seen::Close,
                Ok(Some(other)) => panic!("{other:?}"),
                Ok(None) => break,
                Err(e) => {
                    seen.push(Seen::Error(e.rule, e.offset));
                    return seen;
                }
            });
        }
    }
    seen
}

/// The rule that `input` breaks, pushed to its end at once and byte by byte, which must agree.
#[track_caller]
pub(crate) fn verdict(parser: impl Fn() -> Parser, input: &[u8]) -> Result<(), ParseRule> {
    let whole = finished(parser(), input, input.len());
    assert_eq!(
        finished(parser(), input, 1),
        whole,
        "{}",
        input.escape_ascii()
    );
    whole.map_err(|(rule, _)| rule)
}

fn finished(mut parser: Parser, input: &[u8], piece: usize) -> Result<(), (ParseRule, u64)> {
    let mut is_stream = false;
    for piece in input.chunks(piece.max(1)) {
        parser.push(piece);
        loop {
            match parser.poll() {
                Ok(Some(event)) => is_stream |= matches!(event, ParserEvent::Open(_)),
                Ok(None) => break,
                Err(e) => return Err((e.rule, e.offset)),
            }
        }
    }
    // A stream may stay open.
    if is_stream {
        return Ok(());
    }
    parser.finish().map_err(|e| (e.rule, e.offset))
}
