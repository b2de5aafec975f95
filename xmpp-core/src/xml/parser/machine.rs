//! What stands where in a stream or a document: prolog, root, stanzas, end.

use std::ops::Range;

use super::super::{
    Limits, Namespace,
    chars::is_space,
    error::{Fault, Located, ParseRule, fault},
    table::Entry,
    work,
};
use super::{prolog, tree::Tree};

/// What the input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Mode {
    /// A root whose children are wanted one by one.
    Stream,
    /// One element.
    Document,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// At the very start.
    Start,
    /// At the start after a restart: white space may come before a declaration (HDR-13).
    Restart,
    /// Where an XML declaration may stand.
    Declaration,
    /// Before the root.
    Prolog,
    /// In the root's start tag (stream), in the root (document).
    Root,
    /// Between stanzas.
    Between,
    /// In a stanza.
    Stanza,
    /// In the root's end tag.
    EndTag,
    /// The root is an empty element: its end is still to be told.
    EndOfEmpty,
    /// Behind the root.
    Closed,
}

/// A part of the input that is complete.
#[derive(Clone, Debug)]
pub(in super::super) enum Found {
    Open(Range<usize>),
    Element(Range<usize>),
    Close,
}

/// Reads a text that grows. Keeps no text itself.
#[derive(Debug)]
pub(in super::super) struct Machine {
    pub(in super::super) tree: Tree,
    mode: Mode,
    phase: Phase,
    /// The name of the root.
    root: String,
    /// Progress within an XML declaration or the root's end tag.
    scanned: usize,
    /// Limits that the next item gets.
    next_limits: Option<Limits>,
    /// The document's first byte must be `<`.
    pub(in super::super) strict_start: bool,
}

impl Machine {
    pub(in super::super) fn new(mode: Mode, limits: Limits) -> Self {
        Self {
            tree: Tree::new(limits),
            mode,
            phase: Phase::Start,
            root: String::new(),
            scanned: 0,
            next_limits: None,
            strict_start: false,
        }
    }

    /// The default namespace where no declaration stands.
    pub(in super::super) fn set_default_namespace(&mut self, ns: Namespace) {
        self.tree.initial_default = ns;
    }

    /// Begins anew; behind the old stream's white space if `restart`.
    pub(in super::super) fn reset(&mut self, restart: bool) {
        self.phase = if restart {
            Phase::Restart
        } else {
            Phase::Start
        };
        self.root.clear();
        self.scanned = 0;
    }

    pub(in super::super) fn set_limits(&mut self, limits: Limits) {
        self.next_limits = Some(limits);
    }

    pub(in super::super) fn limits(&self) -> Limits {
        self.next_limits.unwrap_or(*self.tree.limits())
    }

    /// Whether the end of the root was seen and told.
    pub(in super::super) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Goes on at `pos`, up to which everything was taken from `text`. No tab, line feed or carriage return stands in
    /// it from `controls_end` on. The place in a fault counts from the start of `text`.
    pub(in super::super) fn next(
        &mut self,
        text: &str,
        pos: &mut usize,
        controls_end: usize,
    ) -> Result<Option<Found>, Located> {
        let all = text.as_bytes();
        let fault = |rule, at| Err(Located { rule, at });
        loop {
            let b = &all[*pos..];
            match self.phase {
                Phase::Start => {
                    let Some(first) = text[*pos..].chars().next() else {
                        return Ok(None);
                    };
                    if self.strict_start && first != '<' {
                        return fault(ParseRule::FirstByte, *pos);
                    }
                    // HDR-16: one byte order mark is skipped.
                    if first == '\u{feff}' {
                        *pos += first.len_utf8();
                    }
                    self.phase = Phase::Declaration;
                }
                Phase::Restart => {
                    *pos += space(b);
                    if *pos == all.len() {
                        return Ok(None);
                    }
                    self.phase = Phase::Declaration;
                }
                Phase::Declaration => match prolog::is_declaration(b) {
                    None => return Ok(None),
                    Some(false) => self.phase = Phase::Prolog,
                    Some(true) => match self.declaration(b) {
                        Ok(Some(end)) => *pos += end,
                        Ok(None) => return Ok(None),
                        Err(f) => return fault(f.rule, *pos + f.at()),
                    },
                },
                Phase::Prolog => {
                    *pos += space(b);
                    match all.get(*pos) {
                        None => return Ok(None),
                        Some(b'<') => {
                            self.phase = Phase::Root;
                            self.begin_root();
                        }
                        Some(_) => return fault(ParseRule::TextOutsideRoot, *pos),
                    }
                }
                Phase::Between => {
                    *pos += space(b);
                    match (all.get(*pos), all.get(*pos + 1)) {
                        (None, _) | (Some(b'<'), None) => return Ok(None),
                        (Some(b'<'), Some(b'/')) => {
                            self.phase = Phase::EndTag;
                            self.scanned = 2;
                        }
                        (Some(b'<'), _) => {
                            self.phase = Phase::Stanza;
                            self.take_limits();
                            self.tree.start(false);
                        }
                        _ => return fault(ParseRule::TextBetweenStanzas, *pos),
                    }
                }
                Phase::Root | Phase::Stanza => return self.item(b, pos, controls_end),
                Phase::EndTag => match self.end_tag(b) {
                    Ok(Some(end)) => {
                        *pos += end;
                        self.phase = Phase::Closed;
                        return Ok(Some(Found::Close));
                    }
                    Ok(None) => return Ok(None),
                    Err(f) => return fault(f.rule, *pos + f.at()),
                },
                Phase::EndOfEmpty => {
                    self.phase = Phase::Closed;
                    return Ok(Some(Found::Close));
                }
                Phase::Closed => {
                    *pos += space(b);
                    match (all.get(*pos), all.get(*pos + 1)) {
                        (None, _) | (Some(b'<'), None) => return Ok(None),
                        // Forbidden in any place: the tree says why.
                        (Some(b'<'), Some(b'!' | b'?')) => {
                            self.phase = Phase::Root;
                            self.begin_root();
                        }
                        (Some(b'<'), _) => return fault(ParseRule::ContentAfterRoot, *pos),
                        _ => return fault(ParseRule::TextOutsideRoot, *pos),
                    }
                }
            }
        }
    }

    fn take_limits(&mut self) {
        if let Some(limits) = self.next_limits.take() {
            self.tree.set_limits(limits);
        }
    }

    fn begin_root(&mut self) {
        self.take_limits();
        self.tree.forget_outer();
        self.tree.start(self.mode == Mode::Stream);
    }

    /// Goes on with the root or a stanza, whose text so far is `b`.
    #[inline]
    fn item(
        &mut self,
        b: &[u8],
        pos: &mut usize,
        controls_end: usize,
    ) -> Result<Option<Found>, Located> {
        self.tree.controls_end = controls_end.saturating_sub(*pos);
        let len = match self.tree.run(b) {
            Ok(Some(len)) => len,
            Ok(None) => return Ok(None),
            Err(f) => {
                let rule = match f.rule {
                    ParseRule::TextOutsideRoot if self.phase == Phase::Stanza => {
                        ParseRule::TextBetweenStanzas
                    }
                    rule => rule,
                };
                return Err(Located {
                    rule,
                    at: *pos + f.at(),
                });
            }
        };
        let span = *pos..*pos + len;
        *pos = span.end;
        if self.phase == Phase::Stanza {
            self.phase = Phase::Between;
            return Ok(Some(Found::Element(span)));
        }
        if self.mode == Mode::Document {
            self.phase = Phase::Closed;
            return Ok(Some(Found::Element(span)));
        }
        let root = self.tree.nodes[0];
        self.root.clear();
        self.root
            .push_str(str::from_utf8(&b[root.name_span()]).unwrap_or_default());
        self.phase = if root.has(Entry::EMPTY) {
            Phase::EndOfEmpty
        } else {
            Phase::Between
        };
        self.tree.adopt(b);
        Ok(Some(Found::Open(span)))
    }

    /// The length of the XML declaration at the start of `b`, once it is complete.
    fn declaration(&mut self, b: &[u8]) -> Result<Option<usize>, Fault> {
        let window = &b[..b.len().min(self.limits().clamped().stanza_bytes)];
        let Some(n) = memchr::memchr(b'>', window.get(self.scanned..).unwrap_or_default()) else {
            work::add(window.len() - self.scanned.min(window.len()));
            self.scanned = window.len();
            return self.too_long(window);
        };
        work::add(n + 1);
        let end = self.scanned + n + 1;
        self.scanned = 0;
        prolog::check(&b[..end])?;
        self.phase = Phase::Prolog;
        Ok(Some(end))
    }

    /// The length of the root's end tag at the start of `b`, once it is complete.
    fn end_tag(&mut self, b: &[u8]) -> Result<Option<usize>, Fault> {
        let window = &b[..b.len().min(self.limits().clamped().stanza_bytes)];
        let name = self.root.as_bytes();
        while let Some(&c) = window.get(self.scanned) {
            work::add(1);
            match name.get(self.scanned - 2) {
                Some(&n) if n == c => {}
                None if is_space(c) => {}
                None if c == b'>' => return Ok(Some(self.scanned + 1)),
                _ => return fault(ParseRule::MismatchedEndTag, self.scanned),
            }
            self.scanned += 1;
        }
        self.too_long(window)
    }

    fn too_long(&self, window: &[u8]) -> Result<Option<usize>, Fault> {
        if window.len() >= self.limits().clamped().stanza_bytes {
            return fault(ParseRule::StanzaBytes, window.len());
        }
        Ok(None)
    }
}

/// Length of the white space at the start of `b`.
#[inline]
fn space(b: &[u8]) -> usize {
    let len = b.iter().take_while(|&&c| is_space(c)).count();
    work::add(len + 1);
    len
}
