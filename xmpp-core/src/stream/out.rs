//! What a session has to say and nobody has fetched yet: one flat buffer with marks.

use std::collections::VecDeque;

use super::{OutItem, StreamError, StreamHeader};
use crate::xml::{WriteXml, Writer, ns};

/// Bytes and items for which an empty queue keeps its memory: a few stanzas, so that a session is small again when it has
/// got all presences of a full room, or what came while it was late.
const KEEP: usize = 1024;
const KEEP_MARKS: usize = 16;

/// Bytes beyond the limit for what a session says itself: headers, features, answers.
const OWN: usize = 64 * 1024;

/// The backlog would exceed its limit; what was to be added is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overflow;

#[derive(Debug)]
pub(super) struct OutQueue {
    text: String,
    /// Start of the text that was not handed out.
    read: usize,
    marks: VecDeque<Mark>,
    /// Headers of the marks [`Kind::Open`], in their order.
    headers: VecDeque<StreamHeader>,
    /// The header that is lent out.
    lent: StreamHeader,
    limit: usize,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    kind: Kind,
    len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Open,
    Stanza,
    Nonza,
    Features,
    Error,
    Close,
}

impl OutQueue {
    /// A queue that takes stanzas up to `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            read: 0,
            marks: VecDeque::new(),
            headers: VecDeque::new(),
            lent: StreamHeader::default(),
            limit,
        }
    }

    /// Bytes that wait.
    pub(super) fn backlog(&self) -> usize {
        self.text.len() - self.read
    }

    /// Whether what the session itself had to say is too much.
    pub(super) fn is_over_limit(&self) -> bool {
        self.backlog() > self.limit.saturating_add(OWN)
    }

    /// Writes `value` in place, as a stanza or a nonza.
    pub(super) fn send(&mut self, value: &(impl WriteXml + ?Sized)) -> Result<(), Overflow> {
        let start = self.start();
        let mut w = Writer::new(&mut self.text, ns::CLIENT);
        value.write_xml(&mut w);
        let declares = w.root_declares();
        if self.backlog() > self.limit {
            self.text.truncate(start);
            return Err(Overflow);
        }
        let declares = declares.unwrap_or_else(|| declares_default_namespace(&self.text[start..]));
        let kind = if declares { Kind::Nonza } else { Kind::Stanza };
        self.mark(kind, start);
        Ok(())
    }

    /// Writes a stanza of the session's own.
    pub(super) fn stanza(&mut self, write: impl FnOnce(&mut Writer<'_>)) {
        self.own(Kind::Stanza, ns::CLIENT, write);
    }

    /// Writes a nonza of the session's own: its root declares its namespace.
    pub(super) fn nonza(&mut self, write: impl FnOnce(&mut Writer<'_>)) {
        self.own(Kind::Nonza, ns::NONE, write);
    }

    /// Writes `<stream:features>` around what `write` writes.
    pub(super) fn features(&mut self, write: impl FnOnce(&mut Writer<'_>)) {
        self.own(Kind::Features, ns::CLIENT, |w| {
            let features = w.start_prefixed("stream:features");
            write(w);
            w.end(features);
        });
    }

    pub(super) fn open(&mut self, header: StreamHeader) {
        let start = self.start();
        self.headers.push_back(header);
        self.mark(Kind::Open, start);
    }

    pub(super) fn error(&mut self, error: &StreamError) {
        let start = self.start();
        error.write_prefixed(&mut self.text);
        self.mark(Kind::Error, start);
    }

    pub(super) fn close(&mut self) {
        let start = self.start();
        self.mark(Kind::Close, start);
    }

    /// Drops what waits.
    pub(super) fn clear(&mut self) {
        self.marks.clear();
        self.headers.clear();
        // It was long, and is not needed for what may still be said.
        self.text = String::new();
        self.read = 0;
    }

    /// The next item. Its text is lent until the next call.
    #[inline]
    pub(super) fn poll(&mut self) -> Option<OutItem<'_>> {
        let Some(Mark { kind, len }) = self.marks.pop_front() else {
            self.rewind();
            return None;
        };
        let text = &self.text[self.read..self.read + len];
        self.read += len;
        Some(match kind {
            Kind::Open => {
                self.lent = self.headers.pop_front().unwrap_or_default();
                OutItem::Open(&self.lent)
            }
            Kind::Stanza => OutItem::Stanza(text),
            Kind::Nonza => OutItem::Nonza(text),
            Kind::Features => OutItem::Features(text),
            Kind::Error => OutItem::Error(text),
            Kind::Close => OutItem::Close,
        })
    }

    /// Exchanges all that waits for the empty buffer `out`, if it is text that goes on a byte stream as it stands.
    #[inline]
    pub(super) fn take_text(&mut self, out: &mut String) -> bool {
        let is_text = |mark: &Mark| !matches!(mark.kind, Kind::Open | Kind::Close);
        if !out.is_empty()
            || self.read > 0
            || self.marks.is_empty()
            || !self.marks.iter().all(is_text)
        {
            return false;
        }
        std::mem::swap(&mut self.text, out);
        self.marks.clear();
        true
    }

    fn own(
        &mut self,
        kind: Kind,
        default_ns: crate::xml::Namespace,
        write: impl FnOnce(&mut Writer<'_>),
    ) {
        let start = self.start();
        write(&mut Writer::new(&mut self.text, default_ns));
        self.mark(kind, start);
    }

    /// Where the next item begins.
    #[inline]
    fn start(&mut self) -> usize {
        if self.marks.is_empty() {
            self.rewind();
        } else if self.read > KEEP && self.read > self.text.len() / 2 {
            // Each byte is moved at most once for every byte that was handed out before it.
            self.text.drain(..self.read);
            self.read = 0;
        }
        self.text.len()
    }

    #[inline]
    fn mark(&mut self, kind: Kind, start: usize) {
        let len = self.text.len() - start;
        self.marks.push_back(Mark { kind, len });
    }

    #[inline]
    fn rewind(&mut self) {
        self.text.clear();
        self.read = 0;
        if self.text.capacity() > KEEP {
            self.text.shrink_to(KEEP);
        }
        if self.marks.capacity() > KEEP_MARKS {
            self.marks.shrink_to(KEEP_MARKS);
        }
    }
}

/// Whether the start tag at the beginning of `text` has an attribute `xmlns`, or a prefix (whose declaration
/// [`WriteXml`] puts beside it).
fn declares_default_namespace(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 1;
    while !matches!(
        bytes.get(at),
        None | Some(b' ' | b'\t' | b'\n' | b'/' | b'>')
    ) {
        if bytes[at] == b':' {
            return true;
        }
        at += 1;
    }
    loop {
        match bytes.get(at) {
            None | Some(b'>') => return false,
            Some(quote @ (b'\'' | b'"')) => {
                at += 1;
                match memchr::memchr(*quote, &bytes[at..]) {
                    Some(len) => at += len + 1,
                    None => return false,
                }
            }
            Some(b'x')
                if bytes[at..].starts_with(b"xmlns")
                    && matches!(bytes.get(at + 5), Some(b'=' | b' ' | b'\t' | b'\n'))
                    && matches!(bytes[at - 1], b' ' | b'\t' | b'\n') =>
            {
                return true;
            }
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OutQueue, declares_default_namespace};
    use crate::{
        stream::OutItem,
        xml::{WriteXml, Writer, ns},
    };

    struct Body<'a>(&'a str);

    impl WriteXml for Body<'_> {
        fn write_xml(&self, w: &mut Writer<'_>) {
            let message = w.start("message", ns::CLIENT);
            w.text_element("body", ns::CLIENT, self.0);
            w.end(message);
        }
    }

    #[test]
    fn a_queue_gives_back_what_it_took_in_order() {
        let mut queue = OutQueue::new(1 << 20);
        let mut expected = std::collections::VecDeque::new();
        for i in 0..3000 {
            let text = "x".repeat(i % 97);
            queue.send(&Body(&text)).unwrap();
            expected.push_back(
                format!("<message><body>{text}</body></message>")
                    .replace("<body></body>", "<body/>"),
            );
            if i % 3 != 0 {
                let expected = expected.pop_front().unwrap();
                assert_eq!(queue.poll(), Some(OutItem::Stanza(&expected)));
            }
        }
        for expected in expected {
            assert_eq!(queue.poll(), Some(OutItem::Stanza(&expected)));
        }
        assert_eq!(queue.poll(), None);
        assert_eq!(queue.backlog(), 0);
        assert!(queue.text.capacity() <= super::KEEP);
        assert!(queue.marks.capacity() <= super::KEEP_MARKS);
    }

    #[test]
    fn text_alone_is_taken_without_a_copy() {
        let (mut queue, mut out) = (OutQueue::new(1 << 20), String::new());
        assert!(!queue.take_text(&mut out), "nothing waits");
        queue.send(&Body("a")).unwrap();
        queue.send(&Body("b")).unwrap();
        let text = queue.text.as_ptr();
        assert!(queue.take_text(&mut out));
        assert_eq!(
            out,
            "<message><body>a</body></message><message><body>b</body></message>"
        );
        assert_eq!(out.as_ptr(), text);
        assert_eq!((queue.backlog(), queue.poll()), (0, None));
        // Not behind something, not a part, and no header or end.
        queue.send(&Body("c")).unwrap();
        assert!(!queue.take_text(&mut out), "the buffer is not empty");
        queue.send(&Body("d")).unwrap();
        queue.poll();
        out.clear();
        assert!(!queue.take_text(&mut out), "one was fetched");
        queue.poll();
        queue.send(&Body("e")).unwrap();
        queue.close();
        assert!(!queue.take_text(&mut out), "an end is written by the codec");
        assert_eq!(
            queue.poll(),
            Some(OutItem::Stanza("<message><body>e</body></message>"))
        );
        assert_eq!(queue.poll(), Some(OutItem::Close));
    }

    #[test]
    fn limit_of_the_backlog() {
        let mut queue = OutQueue::new(100);
        queue.send(&Body("a")).unwrap();
        assert!(queue.send(&Body(&"b".repeat(100))).is_err());
        queue.send(&Body("c")).unwrap();
        assert_eq!(
            queue.poll(),
            Some(OutItem::Stanza("<message><body>a</body></message>"))
        );
        assert_eq!(
            queue.poll(),
            Some(OutItem::Stanza("<message><body>c</body></message>"))
        );
    }

    #[test]
    fn a_root_with_its_own_namespace_is_told_from_a_stanza() {
        for (text, expected) in [
            ("<message/>", false),
            ("<message to='a' id=\"xmlns=\"/>", false),
            ("<message to='a xmlns='><x xmlns='u'/></message>", false),
            ("<message to='a' xmlns='jabber:client'/>", true),
            ("<message\txmlns = 'jabber:client'/>", true),
            ("<a xxmlns='u'/>", false),
            ("<a xmlnsx='u'/>", false),
            ("<a xmlns:x='u'/>", false),
            ("<x:a xmlns:x='u'/>", true),
            ("<a>xmlns='u'</a>", false),
        ] {
            assert_eq!(declares_default_namespace(text), expected, "{text}");
        }
    }
}
