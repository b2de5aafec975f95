//! Any chunking gives the same events and the same verdict.

use xmpp_core::{
    stream::{Codec as _, TcpCodec},
    xml::{Limits, ParseError, Parser, ParserEvent},
};

/// The first two bytes say how the rest is cut and read.
pub fn stream_splits(data: &[u8]) {
    let Some((&[mode, seed], input)) = data.split_first_chunk::<2>() else {
        return;
    };
    let limits = if mode & 1 == 0 {
        Limits::SERVER_BEFORE_LOGIN
    } else {
        Limits::CLIENT
    };
    let parser = || {
        if mode & 2 == 0 {
            Parser::stream(limits)
        } else {
            Parser::document(limits)
        }
    };
    let whole = run(parser(), input, |_| usize::MAX);
    assert_eq!(run(parser(), input, |_| 1), whole, "byte by byte");
    let cut = |i: usize| 1 + (i.wrapping_mul(usize::from(seed) | 1) >> 2) % 17;
    assert_eq!(run(parser(), input, cut), whole, "in pieces");
    assert_eq!(
        items(input, |_| usize::MAX),
        items(input, cut),
        "the TCP codec"
    );
}

fn run(
    mut parser: Parser,
    mut input: &[u8],
    mut cut: impl FnMut(usize) -> usize,
) -> (Vec<ParserEvent>, Option<ParseError>) {
    let mut events = Vec::new();
    for i in 0.. {
        let (piece, rest) = input.split_at(cut(i).min(input.len()));
        input = rest;
        parser.push(piece);
        loop {
            match parser.poll() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(parser.poll(), Err(error), "an error stays");
                    return (events, Some(error));
                }
            }
        }
        if input.is_empty() {
            break;
        }
    }
    (events, None)
}

/// What the TCP codec makes of the same pieces.
fn items(mut input: &[u8], mut cut: impl FnMut(usize) -> usize) -> Vec<String> {
    let mut codec = TcpCodec::new(Limits::SERVER_FROM_CLIENT);
    let mut items = Vec::new();
    for i in 0.. {
        let (piece, rest) = input.split_at(cut(i).min(input.len()));
        input = rest;
        codec.push(piece);
        loop {
            match codec.next() {
                Ok(Some(item)) => items.push(format!("{item:?}")),
                Ok(None) => break,
                Err(error) => {
                    items.push(format!("{error:?}"));
                    return items;
                }
            }
        }
        if input.is_empty() {
            break;
        }
    }
    items
}
