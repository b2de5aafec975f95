//! Any bytes as a stream, under the limits of each role: what is told accounts for the bytes, and an error stays.

use std::ops::Range;

use xmpp_core::xml::{Element, Limits, ParseError, Parser, ParserEvent, ns};

use crate::pieces::pieces;

/// The first three bytes say which limits hold, how the rest is cut, and after how many events the stream is restarted.
pub fn stream_bytes(data: &[u8]) {
    let Some((&[role, seed, restart], input)) = data.split_first_chunk::<3>() else {
        return;
    };
    let limits = match role % 5 {
        0 => Limits::SERVER_BEFORE_LOGIN,
        1 => Limits::SERVER_FROM_CLIENT,
        2 => Limits::SERVER_FROM_SERVER,
        3 => Limits::CLIENT_BEFORE_LOGIN,
        _ => Limits::CLIENT,
    };
    let mut reader = Reader::new(limits, input);
    let mut restart_after = Some(usize::from(restart)).filter(|&n| n > 0);
    for piece in pieces(input, seed) {
        reader.push(piece);
        while let Some(event) = reader.next() {
            reader.check(&event);
            if restart_after.is_some_and(|n| reader.events.len() == n) {
                restart_after = None;
                reader.restart();
            }
        }
        if reader.error.is_some() {
            break;
        }
        let most = limits.stanza_bytes + 3;
        assert!(
            reader.parser.buffered() <= most,
            "more than a stanza is kept"
        );
    }
    reader.check_end();
}

/// A parser, and what is known about it.
struct Reader<'a> {
    parser: Parser,
    limits: Limits,
    input: &'a [u8],
    pushed: usize,
    /// What stands before was told.
    told: usize,
    /// Where the stream was restarted, and the events before that.
    restarted: Option<(usize, usize)>,
    /// The bytes of the root's start tag.
    root: Range<usize>,
    events: Vec<ParserEvent>,
    error: Option<ParseError>,
}

impl<'a> Reader<'a> {
    fn new(limits: Limits, input: &'a [u8]) -> Self {
        Self {
            parser: Parser::stream(limits),
            limits,
            input,
            pushed: 0,
            told: 0,
            restarted: None,
            root: 0..0,
            events: Vec::new(),
            error: None,
        }
    }

    fn push(&mut self, piece: &[u8]) {
        self.pushed += piece.len();
        self.parser.push(piece);
    }

    fn next(&mut self) -> Option<ParserEvent> {
        match self.parser.poll() {
            Ok(event) => event,
            Err(error) => {
                let start = self.restarted.map_or(0, |(at, _)| at);
                let at = start + usize::try_from(error.offset).expect("within the input");
                assert!(
                    (self.told..=self.pushed).contains(&at),
                    "{error:?} is told at {at}, behind {} of {}",
                    self.told,
                    self.pushed
                );
                // It stays, and nothing follows.
                self.parser.push(b"<a/>");
                assert_eq!(self.parser.poll(), Err(error));
                assert_eq!(self.parser.poll_ref().err(), Some(error));
                assert_eq!(self.parser.finish(), Err(error));
                self.error = Some(error);
                None
            }
        }
    }

    /// What `event` was made of stands where the parser says, and says the same on its own.
    fn check(&mut self, event: &ParserEvent) {
        let end = self.pushed - self.parser.buffered();
        let first = self.events.len() == self.restarted.map_or(0, |(_, events)| events);
        let between = self.told;
        assert!(between <= end, "the place goes back");
        match event {
            ParserEvent::Open(root) => {
                assert!(first, "one root");
                // It was made an element that is complete.
                let text = &self.input[between..end];
                let empty = text.ends_with(b"/>");
                let start = end - (root.root().byte_len() - usize::from(!empty));
                self.root = start..end;
                self.check_element(root);
            }
            ParserEvent::Element(element) => {
                assert!(!first, "the root comes first");
                let start = end - element.root().byte_len();
                self.check_space(between..start);
                self.check_element(element);
                if self.events.len() < 16 {
                    self.check_alone(element, start..end);
                }
            }
            ParserEvent::Close => {
                // Of an empty root there is no end tag.
                let text = trim_start(&self.input[between..end]);
                assert!(text.is_empty() || (text.starts_with(b"</") && text.ends_with(b">")));
            }
            other => panic!("a new event: {other:?}"),
        }
        self.told = end;
        self.events.push(event.clone());
    }

    fn check_space(&self, span: Range<usize>) {
        let text = &self.input[span];
        assert!(trim_start(text).is_empty(), "lost: {}", text.escape_ascii());
    }

    fn check_element(&self, element: &Element) {
        // Written, it may declare what was declared outside of it.
        let mut limits = self.limits;
        limits.stanza_bytes *= 8;
        limits.declarations += limits.declarations_in_scope;
        let written = element.to_string();
        let again = Element::parse_in(&written, limits, ns::NONE);
        assert_eq!(again.as_ref(), Ok(element), "{written}");
        assert!(
            element.memory() <= self.limits.stanza_bytes * 4 + 16 * 1024,
            "{} bytes for {written}",
            element.memory()
        );
    }

    /// Behind the root alone the same bytes are the same stanza.
    fn check_alone(&self, element: &Element, span: Range<usize>) {
        let mut parser = Parser::stream(self.limits);
        parser.push(&self.input[self.root.clone()]);
        parser.push(&self.input[span]);
        assert!(matches!(parser.poll(), Ok(Some(ParserEvent::Open(_)))));
        assert_eq!(
            parser.poll(),
            Ok(Some(ParserEvent::Element(element.clone())))
        );
        assert_eq!(parser.buffered(), 0);
    }

    fn restart(&mut self) {
        self.parser.restart();
        self.restarted = Some((self.told, self.events.len()));
    }

    /// A stream that was restarted is a new one; what was not told is not complete.
    fn check_end(self) {
        if let Some((at, before)) = self.restarted {
            let rest = &self.input[at..];
            let text = trim_start(rest);
            // A byte order mark begins the first stream only.
            if !text.starts_with(b"\xef") {
                let (events, error) = read(self.limits, &text[..text.len() - self.unseen()]);
                assert_eq!(self.events[before..], events);
                let skipped = (rest.len() - text.len()) as u64;
                let error = error.map(|e| (e.rule, e.offset + skipped));
                assert_eq!(self.error.map(|e| (e.rule, e.offset)), error);
            }
        }
        if self.error.is_none() {
            let before = self.restarted.map_or(0, |(_, events)| events);
            let whole = matches!(self.events[before..].last(), Some(ParserEvent::Close))
                && self.parser.buffered() == 0;
            let mut parser = self.parser;
            assert_eq!(parser.finish().is_ok(), whole);
        }
    }

    /// Bytes that came no more after an error.
    fn unseen(&self) -> usize {
        self.input.len() - self.pushed
    }
}

/// Without the white space of XML at the start.
fn trim_start(text: &[u8]) -> &[u8] {
    let space = text.iter().take_while(|b| b" \t\r\n".contains(b));
    &text[space.count()..]
}

/// Events and error of a stream that comes at once.
fn read(limits: Limits, input: &[u8]) -> (Vec<ParserEvent>, Option<ParseError>) {
    let mut parser = Parser::stream(limits);
    parser.push(input);
    let mut events = Vec::new();
    loop {
        match parser.poll() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, None),
            Err(error) => return (events, Some(error)),
        }
    }
}
