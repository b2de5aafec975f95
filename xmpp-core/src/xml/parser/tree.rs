//! One element from `<` to `>`: content, references, CDATA, end tags. Start tags are in [`super::tag`].
//!
//! The text arrives in pieces. Where it ends within a token, the place and the stage are kept and the same code goes
//! on from there; what was looked at once is not looked at again, and no verdict depends on where a piece ends.

use super::super::{
    Limits, Namespace,
    chars::{is_space, wide_char},
    error::{Fault, ParseRule, fault},
    ns, scan,
    table::{Entry, Kind, NsId},
};
use super::{reference::Reference, scope::Scope, tag::Tag};

/// Where the text may end and go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// In content.
    Content,
    /// Behind `<`.
    Less,
    /// In a reference in content.
    TextReference,
    /// Behind `<!`.
    Exclamation,
    /// In a CDATA section.
    Cdata,
    /// Behind `<?`.
    Question,
    /// In the name of a start tag.
    Name,
    /// Where white space, an attribute or the end of the tag may follow.
    Space,
    /// In the name of an attribute.
    AttrName,
    /// Behind the name of an attribute.
    Equals,
    /// Behind `=`.
    Quote,
    /// In a value.
    Value,
    /// In a reference in a value.
    ValueReference,
    /// Behind the `/` of an empty element.
    Slash,
    /// In the name of an end tag.
    EndName,
    /// Behind the name of an end tag.
    EndSpace,
    /// Nothing more belongs to this element.
    Done,
}

/// What a step led to.
pub(super) enum Flow {
    /// Go on with this stage.
    Next(Stage),
    /// The text ended; go on with this stage when there is more.
    More(Stage),
}

/// An element whose end tag has not come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) node: u32,
    /// Prefixes in scope outside of it.
    pub(super) scope_len: u32,
    /// Its declarations, the default one included.
    pub(super) declarations: u32,
    /// The default namespace outside of it.
    pub(super) outer_default: NsId,
    /// The depth of the outermost element whose prefixes it or something in it uses.
    pub(super) reach: u16,
    /// [`Entry::UNSAFE`] if something in it is.
    pub(super) flags: u8,
}

pub(super) const NOWHERE: usize = usize::MAX;

/// Builds the table of one item: a stanza, a document's root, or a stream's root start tag.
#[derive(Debug)]
pub(in super::super) struct Tree {
    pub(super) limits: Limits,
    pub(super) stage: Stage,
    /// Everything before was looked at.
    pub(super) at: usize,
    pub(super) nodes: Vec<Entry>,
    pub(super) open: Vec<Open>,
    pub(super) scope: Scope,
    /// The default namespace in force.
    pub(super) default_ns: NsId,
    /// Declarations in scope, those of default namespaces included.
    pub(super) declarations: usize,
    pub(super) outer_declarations: usize,
    pub(super) elements: usize,
    pub(super) tag: Tag,
    pub(super) reference: Reference,
    /// The run of text that is not yet complete, or [`NOWHERE`].
    pub(super) run: usize,
    /// The run's flags.
    run_flags: u8,
    /// The run is more than empty CDATA sections.
    run_filled: bool,
    /// Progress within a short token: an end tag's name, what follows `<!`.
    matched: usize,
    /// Where literal text began to which `]]>` is forbidden; where a CDATA section's text began.
    segment: usize,
    /// Only a start tag is wanted.
    pub(super) tag_only: bool,
    /// No tab, line feed or carriage return stands from here on.
    pub(super) controls_end: usize,
    /// The default namespace where no declaration stands.
    pub(super) initial_default: Namespace,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "spans are limited to 1 GiB"
)]
pub(super) const fn offset(i: usize) -> u32 {
    i as u32
}

impl Tree {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits: limits.clamped(),
            stage: Stage::Content,
            at: 0,
            nodes: Vec::new(),
            open: Vec::new(),
            scope: Scope::default(),
            default_ns: NsId::NONE,
            declarations: 0,
            outer_declarations: 0,
            elements: 0,
            tag: Tag::default(),
            reference: Reference::default(),
            run: NOWHERE,
            run_flags: 0,
            run_filled: false,
            matched: 0,
            segment: 0,
            tag_only: false,
            controls_end: 0,
            initial_default: ns::NONE,
        }
    }

    /// An item begins: byte 0 of what [`Tree::run`] is given is its `<`.
    pub(super) fn start(&mut self, tag_only: bool) {
        self.stage = Stage::Less;
        self.at = 1;
        self.nodes.clear();
        self.open.clear();
        self.scope.start_item();
        self.default_ns = self.scope.default_at_start();
        self.declarations = self.outer_declarations;
        self.elements = 0;
        self.run = NOWHERE;
        self.tag_only = tag_only;
    }

    /// Goes on with the item whose text so far is `b`. The length of its text once it is complete.
    pub(super) fn run(&mut self, b: &[u8]) -> Result<Option<usize>, Fault> {
        // Whatever stands beyond the limit is not looked at.
        let window = &b[..b.len().min(self.limits.stanza_bytes)];
        let mut stage = self.stage;
        loop {
            let flow = match stage {
                Stage::Content => self.content(window)?,
                Stage::Less => self.less(window)?,
                Stage::Name
                | Stage::Space
                | Stage::AttrName
                | Stage::Equals
                | Stage::Quote
                | Stage::Value
                | Stage::ValueReference
                | Stage::Slash => self.start_tag(window, stage)?,
                Stage::EndName | Stage::EndSpace => self.end_tag(window, stage)?,
                Stage::TextReference => self.text_reference(window)?,
                Stage::Exclamation => self.exclamation(window)?,
                Stage::Cdata => self.cdata(window)?,
                Stage::Question => self.question(window)?,
                Stage::Done => return Ok(Some(self.at)),
            };
            match flow {
                Flow::Next(next) => stage = next,
                Flow::More(at) => {
                    self.stage = at;
                    if window.len() == self.limits.stanza_bytes {
                        return fault(ParseRule::StanzaBytes, window.len());
                    }
                    return Ok(None);
                }
            }
        }
    }

    /// Keeps what the root's start tag, whose text is `b`, declared for the stanzas that follow.
    pub(super) fn adopt(&mut self, b: &[u8]) {
        self.scope.adopt(b, self.default_ns);
        self.outer_declarations = self.declarations;
    }

    /// Forgets what a former root declared.
    pub(super) fn forget_outer(&mut self) {
        self.scope.forget_outer(self.initial_default);
        self.outer_declarations = 0;
    }

    /// The item is complete and its text will have `len` bytes, [`Tree::tail`] not counted.
    pub(in super::super) fn finish(&mut self, len: usize) {
        self.scope.finish(&mut self.nodes, len);
    }

    /// What must stand behind the item's text.
    pub(in super::super) fn tail(&self) -> &str {
        self.scope.tail()
    }

    #[inline]
    pub(super) fn push_node(&mut self, entry: Entry) -> Result<(), Fault> {
        if self.nodes.len() == self.nodes.capacity() {
            self.grow()?;
        }
        self.nodes.push(entry);
        Ok(())
    }

    /// Doubles the table, up to its limit.
    #[cold]
    fn grow(&mut self) -> Result<(), Fault> {
        let limit = self.limits.nodes();
        let len = self.nodes.len();
        if len >= limit {
            return fault(ParseRule::Nodes, self.at);
        }
        self.nodes.reserve_exact((len.max(32)).min(limit - len));
        Ok(())
    }

    #[inline]
    fn content(&mut self, b: &[u8]) -> Result<Flow, Fault> {
        let mut i = self.at;
        loop {
            let Some(&c) = b.get(i) else {
                self.at = i;
                return Ok(Flow::More(Stage::Content));
            };
            if c == b'<' {
                self.at = i + 1;
                return Ok(Flow::Next(Stage::Less));
            }
            if self.run == NOWHERE {
                self.run = i;
                self.segment = i;
                self.run_flags = 0;
            }
            self.run_filled = true;
            if c == b'&' {
                self.begin_text_reference(i);
                return Ok(Flow::Next(Stage::TextReference));
            }
            if c == b'>' {
                // `>` alone is text.
                if i >= self.segment + 2 && b[i - 1] == b']' && b[i - 2] == b']' {
                    return fault(ParseRule::CdataEndInText, i);
                }
                i += 1;
                continue;
            }
            i = scan::text_end(b, i + 1);
        }
    }

    #[cold]
    fn begin_text_reference(&mut self, i: usize) {
        self.run_flags |= Entry::ESCAPED;
        self.reference.begin();
        self.at = i + 1;
    }

    fn text_reference(&mut self, b: &[u8]) -> Result<Flow, Fault> {
        match self.reference.go_on(b, self.at) {
            Ok(Some(end)) => {
                self.at = end;
                self.segment = end;
                Ok(Flow::Next(Stage::Content))
            }
            Ok(None) => {
                self.at = b.len();
                Ok(Flow::More(Stage::TextReference))
            }
            Err(fault) => Err(fault),
        }
    }

    /// The run of text that ends at `end` becomes a node.
    #[inline]
    fn end_run(&mut self, b: &[u8], end: usize) -> Result<(), Fault> {
        if self.run == NOWHERE {
            return Ok(());
        }
        let start = std::mem::replace(&mut self.run, NOWHERE);
        let mut flags = self.run_flags;
        if start < self.controls_end && memchr::memchr(b'\r', &b[start..end]).is_some() {
            flags |= Entry::ESCAPED | Entry::UNSAFE;
        }
        if let Some(parent) = self.open.last_mut() {
            parent.flags |= flags & Entry::UNSAFE;
        }
        if !std::mem::take(&mut self.run_filled) {
            return Ok(());
        }
        let next = offset(self.nodes.len() + 1);
        self.push_node(Entry {
            start: offset(start),
            end: offset(end),
            link: 0,
            next,
            name_len: 0,
            prefix_len: 0,
            ns: NsId::NONE,
            kind: Kind::Text,
            flags,
        })
    }

    #[inline]
    fn less(&mut self, b: &[u8]) -> Result<Flow, Fault> {
        let i = self.at;
        let Some(&c) = b.get(i) else {
            return Ok(Flow::More(Stage::Less));
        };
        match c {
            b'/' => {
                self.end_run(b, i - 1)?;
                self.at = i + 1;
                self.matched = 0;
                Ok(Flow::Next(Stage::EndName))
            }
            b'!' => {
                self.at = i + 1;
                self.matched = 0;
                Ok(Flow::Next(Stage::Exclamation))
            }
            b'?' => {
                self.at = i + 1;
                self.matched = 0;
                Ok(Flow::Next(Stage::Question))
            }
            _ => {
                self.end_run(b, i - 1)?;
                self.begin_tag(i)?;
                Ok(Flow::Next(Stage::Name))
            }
        }
    }

    /// `</name>` of the innermost open element.
    #[inline]
    fn end_tag(&mut self, b: &[u8], stage: Stage) -> Result<Flow, Fault> {
        let Some(&open) = self.open.last() else {
            return fault(ParseRule::MismatchedEndTag, self.at);
        };
        let mut i = self.at;
        if stage == Stage::EndName {
            let name = self.nodes[open.node as usize].name_span();
            let name = &b[name.start + self.matched..name.end];
            let found = &b[i..b.len().min(i + name.len())];
            if name != found {
                let same = name.iter().zip(found).take_while(|(a, b)| a == b).count();
                if same < found.len() {
                    return fault(ParseRule::MismatchedEndTag, i + same);
                }
                self.matched += same;
                self.at = i + same;
                return Ok(Flow::More(Stage::EndName));
            }
            i += name.len();
        }
        loop {
            match b.get(i) {
                Some(b'>') => break,
                Some(&c) if is_space(c) => i += 1,
                Some(_) => return fault(ParseRule::MismatchedEndTag, i),
                None => {
                    self.at = i;
                    return Ok(Flow::More(Stage::EndSpace));
                }
            }
        }
        self.at = i + 1;
        self.open.pop();
        self.close(open, i + 1);
        Ok(Flow::Next(if self.open.is_empty() {
            Stage::Done
        } else {
            Stage::Content
        }))
    }

    /// The element ends at `end`.
    #[inline]
    pub(super) fn close(&mut self, open: Open, end: usize) {
        let next = offset(self.nodes.len());
        let depth = self.open.len() + 1;
        let node = &mut self.nodes[open.node as usize];
        node.end = offset(end);
        node.next = next;
        node.flags |= open.flags;
        if (open.reach as usize) < depth {
            node.flags |= Entry::OUTER_PREFIX;
        }
        if let Some(parent) = self.open.last_mut() {
            parent.flags |= open.flags & Entry::UNSAFE;
            parent.reach = parent.reach.min(open.reach);
        }
        if open.declarations > 0 {
            self.declarations -= open.declarations as usize;
            self.default_ns = open.outer_default;
            self.scope.truncate(open.scope_len as usize);
        }
    }

    /// Behind `<!`: CDATA, or something that is forbidden.
    #[cold]
    fn exclamation(&mut self, b: &[u8]) -> Result<Flow, Fault> {
        let begin = self.at - self.matched;
        while let Some(&c) = b.get(self.at) {
            self.matched += 1;
            self.at += 1;
            let seen = &b[begin..self.at];
            match seen {
                b"--" => return fault(ParseRule::Comment, begin - 2),
                b"DOCTYPE" => return fault(ParseRule::DocumentType, begin - 2),
                b"[CDATA[" if self.open.is_empty() => {
                    return fault(ParseRule::TextOutsideRoot, begin - 2);
                }
                b"[CDATA[" => {
                    if self.run == NOWHERE {
                        self.run = begin - 2;
                        self.run_flags = 0;
                        self.run_filled = false;
                    }
                    self.run_flags |= Entry::ESCAPED | Entry::UNSAFE;
                    self.segment = self.at;
                    return Ok(Flow::Next(Stage::Cdata));
                }
                _ => {}
            }
            let possible = |whole: &[u8]| whole.starts_with(seen);
            if !(possible(b"--") || possible(b"DOCTYPE") || possible(b"[CDATA[")) {
                let _ = c;
                return fault(ParseRule::MalformedMarkup, self.at - 1);
            }
        }
        Ok(Flow::More(Stage::Exclamation))
    }

    #[cold]
    fn cdata(&mut self, b: &[u8]) -> Result<Flow, Fault> {
        while let Some(n) = memchr::memchr(b'>', b.get(self.at..).unwrap_or_default()) {
            let i = self.at + n;
            self.at = i + 1;
            if i >= self.segment + 2 && &b[i - 2..i] == b"]]" {
                self.run_filled |= i > self.segment + 2;
                self.segment = self.at;
                return Ok(Flow::Next(Stage::Content));
            }
        }
        self.at = b.len();
        Ok(Flow::More(Stage::Cdata))
    }

    /// Behind `<?`: forbidden; `<?xml` is told apart.
    #[cold]
    fn question(&mut self, b: &[u8]) -> Result<Flow, Fault> {
        let begin = self.at - self.matched;
        while let Some(&c) = b.get(self.at) {
            match b"xml".get(self.matched) {
                Some(&x) if x == c => {}
                None if is_space(c) => {
                    return fault(ParseRule::MisplacedXmlDeclaration, begin - 2);
                }
                _ => return fault(ParseRule::ProcessingInstruction, begin - 2),
            }
            self.matched += 1;
            self.at += 1;
        }
        Ok(Flow::More(Stage::Question))
    }

    /// Looks at the character beyond ASCII at `i`: its length if `test` accepts it, `None` if it is cut.
    #[cold]
    pub(super) fn wide(
        b: &[u8],
        i: usize,
        test: impl Fn(char) -> bool,
    ) -> Result<Option<usize>, Fault> {
        match wide_char(b, i) {
            None => Ok(None),
            Some((c, len)) if test(c) => Ok(Some(len)),
            Some(_) => fault(ParseRule::MalformedName, i),
        }
    }
}
