//! One element from `<` to `>`, and what is in it.
//!
//! The text arrives in pieces. Where it ends within a token, the place and the stage are kept and the same code goes
//! on from there; what was looked at once is not looked at again, and no verdict depends on where a piece ends.
//! [`Tree::run`] is the hot path: functions that go on in the midst of a token are compiled twice, once for the case
//! that nothing was cut.

use std::num::NonZeroUsize;

use super::super::{
    Limits, Namespace,
    chars::{CLASS, START},
    error::{Fault, ParseRule, fault},
    ns, scan,
    table::{Entry, NsId},
    work,
};
use super::{attribute::Pending, nodes::Nodes, reference::Reference, scope::Scope, tag::Tag};

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
    /// Behind the `/` of an empty element.
    Slash,
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
    /// In the name of an end tag.
    EndName,
    /// Behind the name of an end tag.
    EndSpace,
}

/// What a piece of the text led to.
pub(super) enum Step {
    /// To content, which goes on here.
    Content(usize),
    /// To the end of the item.
    Done(usize),
    /// To the end of the text; place and stage are kept.
    More,
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

/// No place.
pub(super) const NOWHERE: usize = usize::MAX;

/// Builds the table of one item: a stanza, a document's root, or a stream's root start tag.
#[derive(Debug)]
pub(in super::super) struct Tree {
    pub(super) limits: Limits,
    /// What follows from the limits.
    node_limit: usize,
    stage: Stage,
    /// Everything before was looked at.
    at: usize,
    pub(super) nodes: Nodes,
    pub(super) open: Vec<Open>,
    pub(super) scope: Scope,
    /// The default namespace in force.
    pub(super) default_ns: NsId,
    /// Declarations in scope, those of default namespaces included.
    pub(super) declarations: usize,
    outer_declarations: usize,
    pub(super) elements: usize,
    pub(super) tag: Tag,
    pub(super) pending: Pending,
    pub(super) reference: Reference,
    /// The run of text that is not yet complete, or [`NOWHERE`].
    pub(super) run: usize,
    /// The run's flags.
    pub(super) run_flags: u8,
    /// The run is more than empty CDATA sections.
    pub(super) run_filled: bool,
    /// Where the literal text began in which `]]>` is forbidden; where a CDATA section's text began.
    pub(super) segment: usize,
    /// Progress within a short token: an end tag's name, what follows `<!` or `<?`.
    pub(super) matched: usize,
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
            node_limit: limits.clamped().nodes(),
            stage: Stage::Content,
            at: 0,
            nodes: Nodes::default(),
            open: Vec::new(),
            scope: Scope::default(),
            default_ns: NsId::NONE,
            declarations: 0,
            outer_declarations: 0,
            elements: 0,
            tag: Tag::default(),
            pending: Pending::default(),
            reference: Reference::default(),
            run: NOWHERE,
            run_flags: 0,
            run_filled: false,
            segment: 0,
            matched: 0,
            tag_only: false,
            controls_end: 0,
            initial_default: ns::NONE,
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits.clamped();
        self.node_limit = self.limits.nodes();
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
        work::add(1);
        // Whatever stands beyond the limit is not looked at.
        let b = &b[..b.len().min(self.limits.stanza_bytes)];
        let mut step = match self.stage {
            Stage::Content => Step::Content(self.at),
            Stage::Less => self.markup(b, self.at)?,
            _ => self.resume(b)?,
        };
        loop {
            let i = match step {
                Step::Content(i) => i,
                Step::Done(end) => return Ok(Some(end)),
                Step::More => break,
            };
            let less = if b.get(i) == Some(&b'<') {
                Some(i)
            } else if let Some(less) = self.plain_text(b, i) {
                Some(less)
            } else {
                self.text(b, i)?
            };
            let Some(less) = less else { break };
            step = self.markup(b, less + 1)?;
        }
        if b.len() == self.limits.stanza_bytes {
            return fault(ParseRule::StanzaBytes, b.len());
        }
        Ok(None)
    }

    /// The text ends: keeps the place.
    #[cold]
    pub(super) fn more(&mut self, stage: Stage, at: usize) -> Step {
        self.stage = stage;
        self.at = at;
        Step::More
    }

    /// Goes on where the text ended in the midst of something.
    #[cold]
    #[inline(never)]
    fn resume(&mut self, b: &[u8]) -> Result<Step, Fault> {
        let (stage, i) = (self.stage, self.at);
        match stage {
            Stage::Content => Ok(Step::Content(i)),
            Stage::Less => self.markup(b, i),
            Stage::TextReference => match self.text_reference(b, i)? {
                Some(end) => Ok(Step::Content(end)),
                None => Ok(Step::More),
            },
            Stage::Exclamation => self.exclamation(b, i),
            Stage::Cdata => Ok(self.cdata(b, i)),
            Stage::Question => self.question(b, i),
            Stage::EndName | Stage::EndSpace => self.rest_of_end_tag(b, i, stage),
            _ => self.rest_of_start_tag(b, i, stage),
        }
    }

    /// Behind `<`.
    #[inline(always)]
    fn markup(&mut self, b: &[u8], i: usize) -> Result<Step, Fault> {
        match b.get(i) {
            Some(&c) if CLASS[c as usize] & START != 0 => {
                self.end_run(b, i - 1)?;
                match self.plain_start_tag(b, i).map(NonZeroUsize::get) {
                    Some(end) if self.open.is_empty() => Ok(Step::Done(end)),
                    Some(end) => Ok(Step::Content(end)),
                    None => self.start_tag(b, i),
                }
            }
            Some(b'/') => {
                self.end_run(b, i - 1)?;
                self.end_tag(b, i + 1)
            }
            _ => self.odd_markup(b, i),
        }
    }

    /// Behind `<`, neither a letter nor `/`.
    #[cold]
    #[inline(never)]
    fn odd_markup(&mut self, b: &[u8], i: usize) -> Result<Step, Fault> {
        self.matched = 0;
        match b.get(i) {
            None => Ok(self.more(Stage::Less, i)),
            Some(b'!') => self.exclamation(b, i + 1),
            Some(b'?') => self.question(b, i + 1),
            Some(_) => {
                self.end_run(b, i - 1)?;
                self.start_tag(b, i)
            }
        }
    }

    /// Behind `</`.
    #[inline(always)]
    fn end_tag(&mut self, b: &[u8], i: usize) -> Result<Step, Fault> {
        if let Some(&open) = self.open.last() {
            let name = self.nodes[open.node as usize].name_span();
            let end = i + name.len();
            if b.get(end) == Some(&b'>') && scan::same(b, name.start, i, name.len()) {
                return Ok(self.close(open, end + 1));
            }
        }
        self.matched = 0;
        self.rest_of_end_tag(b, i, Stage::EndName)
    }

    /// In an end tag, whatever it looks like.
    #[cold]
    #[inline(never)]
    fn rest_of_end_tag(&mut self, b: &[u8], mut i: usize, stage: Stage) -> Result<Step, Fault> {
        let Some(open) = self.open.last_mut() else {
            return fault(ParseRule::MismatchedEndTag, i);
        };
        if stage == Stage::EndName {
            let name = self.nodes[open.node as usize].name_span();
            let name = &b[name.start + self.matched..name.end];
            let found = &b[i..b.len().min(i + name.len())];
            let same = name.iter().zip(found).take_while(|(a, b)| a == b).count();
            work::add(same + 1);
            i += same;
            if same < found.len() {
                return fault(ParseRule::MismatchedEndTag, i);
            }
            if same < name.len() {
                self.matched += same;
                return Ok(self.more(Stage::EndName, i));
            }
        }
        loop {
            work::add(1);
            match b.get(i) {
                Some(b'>') => {
                    let open = *open;
                    return Ok(self.close(open, i + 1));
                }
                Some(b' ' | b'\t' | b'\n') => {}
                Some(b'\r') => open.flags |= Entry::UNSAFE,
                Some(_) => return fault(ParseRule::MismatchedEndTag, i),
                None => return Ok(self.more(Stage::EndSpace, i)),
            }
            i += 1;
        }
    }

    /// The innermost element that is open ends at `end`.
    #[inline(always)]
    fn close(&mut self, open: Open, end: usize) -> Step {
        self.open.pop();
        self.complete(open, end)
    }

    /// The element ends at `end`; it is not, or no longer, among those that are open.
    #[inline(always)]
    pub(super) fn complete(&mut self, open: Open, end: usize) -> Step {
        let next = offset(self.nodes.len());
        let depth = self.open.len() + 1;
        let node = &mut self.nodes[open.node as usize];
        node.end = offset(end);
        node.next = next;
        node.flags |= open.flags;
        if (open.reach as usize) < depth {
            node.flags |= Entry::OUTER_PREFIX;
        }
        if open.declarations > 0 {
            self.declarations -= open.declarations as usize;
            self.default_ns = open.outer_default;
            self.scope.truncate(open.scope_len as usize);
        }
        match self.open.last_mut() {
            Some(parent) => {
                parent.flags |= open.flags & Entry::UNSAFE;
                parent.reach = parent.reach.min(open.reach);
                Step::Content(end)
            }
            None => Step::Done(end),
        }
    }

    #[inline(always)]
    pub(super) fn push_node(&mut self, entry: Entry) -> Result<(), Fault> {
        let start = entry.start;
        if self.nodes.push(entry, self.node_limit) {
            return Ok(());
        }
        fault(ParseRule::Nodes, start as usize)
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
        for entry in self.scope.finish(len) {
            self.nodes.push(entry, usize::MAX);
        }
    }

    /// What must stand behind the item's text.
    pub(in super::super) fn tail(&self) -> &str {
        self.scope.tail()
    }
}
