//! Any chunking gives the same events and the same verdict.

use xmpp_core::{
    stream::{Codec as _, TcpCodec},
    xml::{Limits, ParseError, Parser, ParserEvent},
};

use crate::pieces::pieces;

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
    let whole = run(parser(), [input]);
    assert_eq!(run(parser(), input.chunks(1)), whole, "byte by byte");
    assert_eq!(run(parser(), pieces(input, seed)), whole, "in pieces");
    assert_eq!(items([input]), items(pieces(input, seed)), "the TCP codec");
}

fn run<'a>(
    mut parser: Parser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<ParserEvent>, Option<ParseError>) {
    let mut events = Vec::new();
    for piece in pieces {
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
    }
    (events, None)
}

/// What the TCP codec makes of the same pieces.
fn items<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut codec = TcpCodec::new(Limits::SERVER_FROM_CLIENT);
    let mut items = Vec::new();
    for piece in pieces {
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
    }
    items
}
