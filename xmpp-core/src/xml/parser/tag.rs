//! Start tags: names, attributes, the end of the tag. Declarations are in [`super::declare`].

use super::super::{
    chars::{
        CLASS, COLON, SPACE, START, WIDE, is_space, is_wide_name, is_wide_name_start, wide_char,
    },
    error::{Fault, ParseRule, fault},
    scan,
    table::{Entry, Kind, NsId},
    work,
};
use super::{
    attribute::Pending,
    tree::{Open, Stage, Step, Tree, offset},
};

/// The start tag that is being read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tag {
    /// Its node.
    pub(super) node: usize,
    /// Prefixes declared outside of this tag.
    pub(super) scope_len: usize,
    pub(super) attributes: usize,
    pub(super) declarations: usize,
    /// One bit for each sort of attribute name seen.
    pub(super) seen: u64,
    /// The default namespace declared by this tag.
    pub(super) default_ns: Option<NsId>,
    /// An attribute has a prefix other than `xml`.
    pub(super) prefixed: bool,
    /// Two attributes may have the same name.
    pub(super) suspicious: bool,
}

const ROOT: u32 = u32::MAX;

/// A name as far as it was read.
struct Scanned {
    /// Everything before was looked at.
    at: usize,
    prefix_len: usize,
    complete: bool,
}

impl Tree {
    /// A start tag whose name stands at `at`.
    #[inline(never)]
    pub(super) fn start_tag(&mut self, b: &[u8], at: usize) -> Result<Step, Fault> {
        self.elements += 1;
        if self.elements > self.limits().elements {
            return fault(ParseRule::Elements, at);
        }
        if self.open.len() >= self.limits().depth {
            return fault(ParseRule::Depth, at);
        }
        self.tag = Tag {
            node: self.nodes.len(),
            scope_len: self.scope.len(),
            ..Tag::default()
        };
        match self.element_name(b, at, Pending::at(at))? {
            Some(end) => self.attributes(b, end, false),
            None => Ok(Step::More),
        }
    }

    /// Goes on in the midst of a start tag.
    #[inline(never)]
    pub(super) fn rest_of_start_tag(
        &mut self,
        b: &[u8],
        i: usize,
        stage: Stage,
    ) -> Result<Step, Fault> {
        let pending = self.pending;
        let (i, spaced) = match stage {
            Stage::Space => (i, pending.spaced),
            Stage::Slash => return self.slash(b, i),
            _ => {
                let end = match stage {
                    Stage::Name => self.element_name(b, i, pending)?,
                    _ => self.attribute(b, i, stage, pending)?,
                };
                match end {
                    Some(end) => (end, false),
                    None => return Ok(Step::More),
                }
            }
        };
        self.attributes(b, i, spaced)
    }

    /// The text ends in the midst of a start tag.
    #[cold]
    pub(super) fn cut(&mut self, stage: Stage, at: usize, pending: Pending) {
        self.pending = pending;
        self.more(stage, at);
    }

    /// Behind the name of an element, or an attribute.
    #[inline(always)]
    fn attributes(&mut self, b: &[u8], mut i: usize, mut spaced: bool) -> Result<Step, Fault> {
        loop {
            let c = loop {
                let Some(&c) = b.get(i) else {
                    self.cut(
                        Stage::Space,
                        i,
                        Pending {
                            spaced,
                            ..Pending::default()
                        },
                    );
                    return Ok(Step::More);
                };
                if CLASS[c as usize] & SPACE == 0 {
                    break c;
                }
                work::add(1);
                spaced = true;
                i += 1;
            };
            if c == b'>' {
                return self.end_start_tag(b, i + 1, 0);
            }
            if c == b'/' {
                return self.slash(b, i + 1);
            }
            if !spaced {
                return missing_space(c, i);
            }
            match self.attribute(b, i, Stage::AttrName, Pending::at(i))? {
                Some(end) => i = end,
                None => return Ok(Step::More),
            }
            spaced = false;
        }
    }

    /// Behind the `/` of an empty element.
    #[inline(always)]
    fn slash(&mut self, b: &[u8], i: usize) -> Result<Step, Fault> {
        match b.get(i) {
            Some(b'>') => self.end_start_tag(b, i + 1, Entry::EMPTY),
            Some(_) => fault(ParseRule::MalformedTag, i),
            None => Ok(self.more(Stage::Slash, i)),
        }
    }

    /// Reads a name: its end, `None` if the text ends before.
    #[inline(always)]
    pub(super) fn name(
        &mut self,
        b: &[u8],
        i: usize,
        pending: &mut Pending,
        stage: Stage,
    ) -> Result<Option<usize>, Fault> {
        let mut end = i;
        if i == pending.start && CLASS[b.get(i).copied().unwrap_or(0) as usize] & START != 0 {
            end = scan::name_end(b, i);
        }
        // Complete, and without a colon or anything beyond ASCII.
        let simple = end > i
            && b.get(end)
                .is_some_and(|&c| CLASS[c as usize] & (WIDE | COLON) == 0);
        if !simple {
            let scanned = name(b, i, pending.start, pending.prefix_len, stage)?;
            pending.prefix_len = scanned.prefix_len;
            end = scanned.at;
            if !scanned.complete {
                self.cut(stage, end, *pending);
                return Ok(None);
            }
            if pending.prefix_len > usize::from(u8::MAX) {
                return fault(ParseRule::NameLength, pending.start);
            }
        }
        pending.name_len = end - pending.start;
        if pending.name_len > usize::from(u16::MAX) {
            return fault(ParseRule::NameLength, pending.start);
        }
        Ok(Some(end))
    }

    /// In the name of an element, which becomes a node.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the lengths were checked")]
    fn element_name(
        &mut self,
        b: &[u8],
        i: usize,
        mut pending: Pending,
    ) -> Result<Option<usize>, Fault> {
        let end = self.name(b, i, &mut pending, Stage::Name)?;
        if end.is_some() {
            self.push_node(Entry {
                start: offset(pending.start),
                link: self.open.last().map_or(ROOT, |open| open.node),
                name_len: pending.name_len as u16,
                prefix_len: pending.prefix_len as u8,
                kind: Kind::Element,
                ..Entry::NONE
            })?;
        }
        Ok(end)
    }

    /// The depth of the tag being read.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "depth is limited to 65,000"
    )]
    pub(super) fn depth(&self) -> u16 {
        self.open.len() as u16 + 1
    }

    /// The tag ends at `end`; `flags` may be [`Entry::EMPTY`].
    #[inline(always)]
    fn end_start_tag(&mut self, b: &[u8], end: usize, mut flags: u8) -> Result<Step, Fault> {
        let tag = &self.tag;
        let outer_default = self.default_ns;
        let mut reach = self.depth();
        if let Some(ns) = tag.default_ns {
            self.default_ns = ns;
            flags |= Entry::OWN_DEFAULT;
        }
        let next = self.nodes.len();
        let element = &mut self.nodes[tag.node];
        element.ns = self.default_ns;
        element.tags = u8::try_from(next - tag.node - 1).unwrap_or(Entry::MANY);
        if (element.start as usize) < self.controls_end
            && memchr::memchr(b'\r', &b[element.start as usize..end]).is_some()
        {
            flags |= Entry::UNSAFE;
        }
        element.flags = flags;
        let open = Open {
            node: offset(tag.node),
            scope_len: offset(tag.scope_len),
            declarations: offset(tag.declarations),
            outer_default,
            reach,
            flags: flags & Entry::UNSAFE,
        };
        if element.prefix_len != 0 || tag.prefixed {
            reach = self.resolve_prefixes(b)?;
        }
        if self.tag.suspicious {
            self.find_duplicate(b)?;
        }
        if self.tag_only {
            let element = &mut self.nodes[0];
            element.end = offset(end);
            element.next = offset(next);
            return Ok(Step::Done(end));
        }
        let open = Open { reach, ..open };
        if flags & Entry::EMPTY == 0 {
            self.open.push(open);
            return Ok(Step::Content(end));
        }
        Ok(self.complete(open, end))
    }
}

/// The name that begins at `start`, from `i` on.
#[inline(never)]
fn name(
    b: &[u8],
    mut i: usize,
    start: usize,
    mut prefix_len: usize,
    stage: Stage,
) -> Result<Scanned, Fault> {
    let mut part = match prefix_len {
        0 => start,
        n => start + n + 1,
    };
    let cut = |at, prefix_len| {
        Ok(Scanned {
            at,
            prefix_len,
            complete: false,
        })
    };
    loop {
        if i == part {
            let Some(&c) = b.get(i) else {
                return cut(i, prefix_len);
            };
            if CLASS[c as usize] & WIDE != 0 {
                match wide(b, i, is_wide_name_start)? {
                    Some(len) => i += len,
                    None => return cut(i, prefix_len),
                }
            } else if CLASS[c as usize] & START == 0 {
                return odd_name_start(c, i > start, stage, i);
            }
        }
        i = scan::name_end(b, i);
        match b.get(i) {
            None => return cut(i, prefix_len),
            Some(b':') => {
                if prefix_len != 0 {
                    return fault(ParseRule::MisplacedColon, i);
                }
                prefix_len = i - start;
                i += 1;
                part = i;
            }
            Some(&c) if CLASS[c as usize] & WIDE != 0 => match wide(b, i, is_wide_name)? {
                Some(len) => i += len,
                None => return cut(i, prefix_len),
            },
            Some(_) => {
                return Ok(Scanned {
                    at: i,
                    prefix_len,
                    complete: true,
                });
            }
        }
    }
}

/// Looks at the character beyond ASCII at `i`: its length if `test` accepts it, `None` if it is cut.
fn wide(b: &[u8], i: usize, test: impl Fn(char) -> bool) -> Result<Option<usize>, Fault> {
    match wide_char(b, i) {
        None => Ok(None),
        Some((c, len)) if test(c) => Ok(Some(len)),
        Some(_) => fault(ParseRule::MalformedName, i),
    }
}

/// `c` cannot begin a name, or its part behind a colon.
#[cold]
fn odd_name_start<T>(c: u8, behind_colon: bool, stage: Stage, at: usize) -> Result<T, Fault> {
    let ends_name = matches!(c, b'=' | b'>' | b'/') || is_space(c);
    let rule = match c {
        b':' => ParseRule::MisplacedColon,
        _ if behind_colon && ends_name => ParseRule::MisplacedColon,
        _ if behind_colon || stage == Stage::AttrName => ParseRule::MalformedName,
        _ => ParseRule::MalformedMarkup,
    };
    fault(rule, at)
}

#[cold]
fn missing_space<T>(c: u8, at: usize) -> Result<T, Fault> {
    let name = CLASS[c as usize] & (START | WIDE | COLON) != 0;
    fault(
        if name {
            ParseRule::MissingSpace
        } else {
            ParseRule::MalformedTag
        },
        at,
    )
}
