//! Our reading.

use xmpp_core::xml::{Limits, ParseError, ParseRule, Parser, ParserEvent};

use crate::{
    item::{Item, push, start},
    reading::{End, Mode, Reading},
};

/// Reads `pieces`, one after the other, with a client's limits.
pub(crate) fn read<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mode: Mode,
) -> Reading<ParseError> {
    let mut parser = match mode {
        Mode::Document => Parser::document(Limits::CLIENT),
        Mode::Stream => Parser::stream(Limits::CLIENT),
    };
    let mut items = Vec::new();
    let mut pushed = 0;
    let mut run = |parser: &mut Parser, piece: &[u8]| {
        parser.push(piece);
        while let Some(event) = parser.poll()? {
            match event {
                ParserEvent::Open(root) => items.push(start(root.root())),
                ParserEvent::Element(element) => push(element.root(), &mut items),
                ParserEvent::Close => items.push(Item::End),
                other => panic!("a new event: {other:?}"),
            }
        }
        Ok::<_, ParseError>(())
    };
    let result = pieces
        .into_iter()
        .try_for_each(|piece| {
            pushed += piece.len() as u64;
            run(&mut parser, piece)
        })
        .and_then(|()| parser.finish());
    let end = match result {
        Ok(()) => End::Complete,
        Err(error) if error.rule == ParseRule::UnexpectedEnd => {
            End::Open(pushed - parser.buffered() as u64, error)
        }
        Err(error) => End::Refused(error),
    };
    Reading { items, end }
}

/// Whether no character can follow `input`, though nothing is wrong so far: what begins with `<?xml` in the midst of a stream
/// is either an instruction or a declaration. Tries those of one and two bytes.
pub(crate) fn is_lost(input: &[u8], mode: Mode) -> bool {
    matches!(read([input], mode).end, End::Open(..))
        && ('\0'..='\u{7ff}').all(|next| {
            let next = next.encode_utf8(&mut [0; 4]).to_owned();
            matches!(read([input, next.as_bytes()], mode).end, End::Refused(_))
        })
}
