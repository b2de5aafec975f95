//! Start tags: names, attributes, declarations.

use super::super::{
    chars::{CLASS, SPACE, START, WIDE, is_space, is_wide_name, is_wide_name_start},
    error::{Fault, ParseRule, fault},
    ns, scan,
    table::{Entry, Kind, NsId},
};
use super::tree::{Flow, Open, Stage, Tree, offset};

/// The start tag that is being read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tag {
    /// Its node.
    node: usize,
    /// Its name, or that of the attribute being read.
    name_start: usize,
    /// Length of the prefix of that name; 0 while there is none.
    prefix_len: usize,
    /// Length of that name, once it is complete.
    name_len: usize,
    /// White space was seen behind the last attribute.
    spaced: bool,
    quote: u8,
    value_start: usize,
    /// A reference was seen in the value.
    escaped: bool,
    declares: Declares,
    attributes: usize,
    declarations: usize,
    /// The default namespace declared by this tag.
    default_ns: Option<NsId>,
    /// Prefixes declared outside of this tag.
    scope_len: usize,
    /// An attribute has a prefix other than `xml`.
    prefixed: bool,
    /// One bit for each sort of attribute name seen.
    seen: u64,
    /// Two attributes may have the same name.
    suspicious: bool,
}

/// What the attribute being read is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Declares {
    #[default]
    Nothing,
    Default,
    Prefix,
}

const ROOT: u32 = u32::MAX;

/// A name so far: complete up to this place, or cut there.
enum Scanned {
    Complete(usize),
    Cut(usize),
}

impl Tree {
    /// A start tag begins; its name stands at `at`.
    #[inline]
    pub(super) fn begin_tag(&mut self, at: usize) -> Result<(), Fault> {
        self.at = at;
        self.elements += 1;
        if self.elements > self.limits.elements {
            return fault(ParseRule::Elements, at);
        }
        if self.open.len() >= self.limits.depth {
            return fault(ParseRule::Depth, at);
        }
        self.tag = Tag {
            name_start: at,
            scope_len: self.scope.len(),
            node: self.nodes.len(),
            ..Tag::default()
        };
        Ok(())
    }

    /// From anywhere in a start tag to its end.
    #[inline]
    pub(super) fn start_tag(&mut self, b: &[u8], mut stage: Stage) -> Result<Flow, Fault> {
        let mut i = self.at;
        macro_rules! more {
            ($stage:expr) => {{
                self.at = i;
                return Ok(Flow::More($stage));
            }};
        }
        if stage == Stage::Name {
            match self.name(b, i)? {
                Scanned::Complete(end) => i = end,
                Scanned::Cut(at) => {
                    i = at;
                    more!(Stage::Name);
                }
            }
            self.begin_element(i)?;
            stage = Stage::Space;
        }
        loop {
            if stage == Stage::Space {
                loop {
                    let Some(&c) = b.get(i) else {
                        more!(Stage::Space)
                    };
                    if CLASS[c as usize] & SPACE != 0 {
                        self.tag.spaced = true;
                        i += 1;
                        continue;
                    }
                    match c {
                        b'>' => return self.end_start_tag(b, i + 1, 0),
                        b'/' => stage = Stage::Slash,
                        _ => {
                            if !self.tag.spaced {
                                return missing_space(c, i);
                            }
                            self.tag.name_start = i;
                            self.tag.prefix_len = 0;
                            stage = Stage::AttrName;
                        }
                    }
                    break;
                }
                if stage == Stage::Slash {
                    i += 1;
                }
            }
            if stage == Stage::Slash {
                return match b.get(i) {
                    Some(b'>') => self.end_start_tag(b, i + 1, Entry::EMPTY),
                    Some(_) => fault(ParseRule::MalformedTag, i),
                    None => more!(Stage::Slash),
                };
            }
            if stage == Stage::AttrName {
                match self.name(b, i)? {
                    Scanned::Complete(end) => i = end,
                    Scanned::Cut(at) => {
                        i = at;
                        more!(Stage::AttrName);
                    }
                }
                self.begin_attribute(b, i)?;
                stage = Stage::Equals;
            }
            if stage == Stage::Equals {
                loop {
                    match b.get(i) {
                        Some(b'=') => break,
                        Some(&c) if is_space(c) => i += 1,
                        Some(_) => return fault(ParseRule::AttributeWithoutValue, i),
                        None => more!(Stage::Equals),
                    }
                }
                i += 1;
                stage = Stage::Quote;
            }
            if stage == Stage::Quote {
                loop {
                    match b.get(i) {
                        Some(&c @ (b'\'' | b'"')) => {
                            self.tag.quote = c;
                            break;
                        }
                        Some(&c) if is_space(c) => i += 1,
                        Some(_) => return fault(ParseRule::AttributeWithoutValue, i),
                        None => more!(Stage::Quote),
                    }
                }
                i += 1;
                self.tag.value_start = i;
                self.tag.escaped = false;
                stage = Stage::Value;
            }
            // In a value.
            loop {
                if stage == Stage::ValueReference {
                    match self.reference.go_on(b, i)? {
                        Some(end) => i = end,
                        None => {
                            i = b.len();
                            more!(Stage::ValueReference);
                        }
                    }
                }
                i = scan::value_end(b, i, self.tag.quote);
                match b.get(i) {
                    Some(b'&') => {
                        self.tag.escaped = true;
                        self.reference.begin();
                        i += 1;
                        stage = Stage::ValueReference;
                    }
                    Some(b'<') => return fault(ParseRule::LessThanInValue, i),
                    Some(_) => break,
                    None => more!(Stage::Value),
                }
            }
            self.end_attribute(b, i)?;
            i += 1;
            stage = Stage::Space;
        }
    }

    /// The name that begins at `self.tag.name_start`, from `i` on.
    #[inline]
    fn name(&mut self, b: &[u8], mut i: usize) -> Result<Scanned, Fault> {
        let start = self.tag.name_start;
        let mut part = match self.tag.prefix_len {
            0 => start,
            n => start + n + 1,
        };
        loop {
            if i == part {
                let Some(&c) = b.get(i) else {
                    return Ok(Scanned::Cut(i));
                };
                if CLASS[c as usize] & START == 0 {
                    match Self::odd_name_start(b, start, i)? {
                        Some(len) => i += len,
                        None => return Ok(Scanned::Cut(i)),
                    }
                }
            }
            i = scan::name_end(b, i);
            match b.get(i) {
                None => return Ok(Scanned::Cut(i)),
                Some(b':') => {
                    if self.tag.prefix_len != 0 {
                        return fault(ParseRule::MisplacedColon, i);
                    }
                    self.tag.prefix_len = i - start;
                    i += 1;
                    part = i;
                }
                Some(&c) if CLASS[c as usize] & WIDE != 0 => {
                    match Self::wide(b, i, is_wide_name)? {
                        Some(len) => i += len,
                        None => return Ok(Scanned::Cut(i)),
                    }
                }
                Some(_) => break,
            }
        }
        self.tag.name_len = i - start;
        if self.tag.name_len > usize::from(u16::MAX) {
            return fault(ParseRule::NameLength, start);
        }
        Ok(Scanned::Complete(i))
    }

    /// The character at `i` cannot begin a name, or is beyond ASCII.
    #[cold]
    fn odd_name_start(b: &[u8], start: usize, i: usize) -> Result<Option<usize>, Fault> {
        let c = b[i];
        if CLASS[c as usize] & WIDE != 0 {
            return Self::wide(b, i, is_wide_name_start);
        }
        fault(
            match c {
                b':' => ParseRule::MisplacedColon,
                _ if i > start
                    && matches!(c, b'=' | b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r') =>
                {
                    ParseRule::MisplacedColon
                }
                _ if i == start => ParseRule::MalformedMarkup,
                _ => ParseRule::MalformedName,
            },
            i,
        )
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a name's length was checked"
    )]
    fn begin_element(&mut self, end: usize) -> Result<(), Fault> {
        let tag = &self.tag;
        let entry = Entry {
            start: offset(tag.name_start - 1),
            end: offset(end),
            link: self.open.last().map_or(ROOT, |open| open.node),
            next: 0,
            name_len: tag.name_len as u16,
            prefix_len: tag.prefix_len as u16,
            ns: NsId::NONE,
            kind: Kind::Element,
            flags: 0,
        };
        self.push_node(entry)
    }

    /// The name of an attribute ends at `end`.
    #[inline]
    fn begin_attribute(&mut self, b: &[u8], end: usize) -> Result<(), Fault> {
        let tag = &mut self.tag;
        let name = &b[tag.name_start..end];
        tag.declares = if tag.prefix_len == 0 && name == b"xmlns" {
            Declares::Default
        } else if tag.prefix_len == 5 && name.starts_with(b"xmlns:") {
            Declares::Prefix
        } else {
            Declares::Nothing
        };
        if tag.declares == Declares::Nothing {
            tag.attributes += 1;
            if tag.attributes > self.limits.attributes {
                return fault(ParseRule::Attributes, tag.name_start);
            }
            // Two attributes with one expanded name have the same local name: one bit for its length and its first
            // byte, so that most tags need no search for duplicates.
            let local = if tag.prefix_len == 0 {
                0
            } else {
                tag.prefix_len + 1
            };
            let sort = (name.len() - local).wrapping_mul(11) ^ usize::from(name[local]);
            let bit = 1 << (sort % 64);
            tag.suspicious |= tag.seen & bit != 0;
            tag.seen |= bit;
        } else {
            tag.declarations += 1;
            if tag.declarations > self.limits.declarations {
                return fault(ParseRule::Declarations, tag.name_start);
            }
            self.declarations += 1;
            if self.declarations > self.limits.declarations_in_scope {
                return fault(ParseRule::DeclarationsInScope, tag.name_start);
            }
        }
        Ok(())
    }

    /// The value ends at `end`.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a name's length was checked"
    )]
    fn end_attribute(&mut self, b: &[u8], end: usize) -> Result<(), Fault> {
        let Tag {
            name_start,
            name_len,
            prefix_len,
            value_start,
            mut escaped,
            ..
        } = self.tag;
        if value_start < self.controls_end {
            escaped |= memchr::memchr3(b'\t', b'\n', b'\r', &b[value_start..end]).is_some();
        }
        let (kind, ns) = match self.tag.declares {
            Declares::Nothing => {
                let mut ns = NsId::NONE;
                if prefix_len != 0 {
                    if &b[name_start..name_start + prefix_len] == b"xml" {
                        ns = NsId::XML;
                    } else {
                        self.tag.prefixed = true;
                    }
                }
                (Kind::Attribute, ns)
            }
            _ => (Kind::Declaration, self.declare(b, end, escaped)?),
        };
        self.tag.spaced = false;
        self.push_node(Entry {
            start: offset(name_start),
            end: offset(end),
            link: offset(value_start),
            next: 0,
            name_len: name_len as u16,
            prefix_len: prefix_len as u16,
            ns,
            kind,
            flags: if escaped { Entry::ESCAPED } else { 0 },
        })
    }

    /// A namespace is declared; the value ends at `end`.
    fn declare(&mut self, b: &[u8], end: usize, escaped: bool) -> Result<NsId, Fault> {
        let Tag {
            name_start,
            name_len,
            value_start,
            declares,
            ..
        } = self.tag;
        let ns = self
            .scope
            .resolve(b, value_start..end, escaped)
            .map_err(|rule| Fault::new(rule, value_start))?;
        let reserved = ns.is(ns::XML.id()) || ns.is(ns::XMLNS.id());
        if declares == Declares::Default {
            if reserved {
                return misuse(ns, value_start);
            }
            if self.tag.default_ns.replace(ns).is_some() {
                return fault(ParseRule::DuplicateAttribute, name_start);
            }
            return Ok(ns);
        }
        let prefix = name_start + 6..name_start + name_len;
        match &b[prefix.clone()] {
            b"xmlns" => return fault(ParseRule::ReservedXmlns, name_start),
            b"xml" if ns.is(ns::XML.id()) => {}
            b"xml" => return fault(ParseRule::ReservedXml, name_start),
            _ if reserved => return misuse(ns, value_start),
            _ if ns.is(ns::NONE.id()) => return fault(ParseRule::EmptyPrefixBinding, value_start),
            _ => {}
        }
        let depth = self.depth();
        self.scope.bind(b, prefix, ns, depth, self.tag.scope_len)?;
        Ok(ns)
    }

    /// The depth of the tag being read.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "depth is limited to 65,000"
    )]
    fn depth(&self) -> u16 {
        self.open.len() as u16 + 1
    }

    /// The tag ends at `end`; `flags` may be [`Entry::EMPTY`].
    #[inline]
    fn end_start_tag(&mut self, b: &[u8], end: usize, mut flags: u8) -> Result<Flow, Fault> {
        let outer_default = self.default_ns;
        let mut reach = self.depth();
        let node = self.tag.node;
        if let Some(ns) = self.tag.default_ns {
            self.default_ns = ns;
            flags |= Entry::OWN_DEFAULT;
        }
        let element = self.nodes[node];
        let ns = if element.prefix_len == 0 {
            self.default_ns
        } else {
            self.resolve(b, &element, &mut reach)?
        };
        if self.tag.prefixed {
            for i in node + 1..self.nodes.len() {
                let attribute = self.nodes[i];
                if attribute.kind == Kind::Attribute
                    && attribute.prefix_len != 0
                    && !attribute.ns.is(ns::XML.id())
                {
                    self.nodes[i].ns = self.resolve(b, &attribute, &mut reach)?;
                }
            }
        }
        if self.tag.suspicious {
            self.find_duplicate(b)?;
        }
        let start = element.start as usize;
        if start < self.controls_end && memchr::memchr(b'\r', &b[start..end]).is_some() {
            flags |= Entry::UNSAFE;
        }
        let next = offset(self.nodes.len());
        let element = &mut self.nodes[node];
        element.ns = ns;
        element.flags = flags;
        self.at = end;
        let open = Open {
            node: offset(node),
            scope_len: offset(self.tag.scope_len),
            declarations: offset(self.tag.declarations),
            outer_default,
            reach,
            flags: flags & Entry::UNSAFE,
        };
        if self.tag_only {
            element.end = offset(end);
            element.next = next;
            return Ok(Flow::Next(Stage::Done));
        }
        if flags & Entry::EMPTY == 0 {
            self.open.push(open);
            return Ok(Flow::Next(Stage::Content));
        }
        self.close(open, end);
        Ok(Flow::Next(if self.open.is_empty() {
            Stage::Done
        } else {
            Stage::Content
        }))
    }

    /// The namespace of a prefixed name.
    fn resolve(&mut self, b: &[u8], entry: &Entry, reach: &mut u16) -> Result<NsId, Fault> {
        let span = entry.prefix_span();
        let at = span.start;
        match &b[span] {
            b"xml" => return Ok(NsId::XML),
            b"xmlns" => return fault(ParseRule::ReservedXmlns, at),
            prefix => match self.scope.lookup(b, prefix) {
                Ok(Some((ns, depth))) => {
                    *reach = (*reach).min(depth);
                    Ok(ns)
                }
                Ok(None) => fault(ParseRule::UndeclaredPrefix, at),
                Err(rule) => fault(rule, at),
            },
        }
    }

    /// Compares the expanded names of the attributes.
    fn find_duplicate(&mut self, b: &[u8]) -> Result<(), Fault> {
        const FEW: usize = 16;
        let attributes = &self.nodes[self.tag.node + 1..];
        let is_same = |a: &Entry, c: &Entry| {
            b[a.local_span()] == b[c.local_span()] && self.scope.same(b, a.ns, c.ns)
        };
        if attributes.len() <= FEW {
            for (i, a) in attributes.iter().enumerate() {
                for c in &attributes[..i] {
                    if a.kind == Kind::Attribute && c.kind == a.kind && is_same(a, c) {
                        return fault(ParseRule::DuplicateAttribute, a.start as usize);
                    }
                }
            }
            return Ok(());
        }
        // Many: sorted by local name, then only equal neighbours are compared.
        let mut sorted: Vec<&Entry> = attributes
            .iter()
            .filter(|a| a.kind == Kind::Attribute)
            .collect();
        sorted.sort_by_key(|a| (&b[a.local_span()], a.start));
        for group in sorted.chunk_by(|a, c| b[a.local_span()] == b[c.local_span()]) {
            for (i, a) in group.iter().enumerate() {
                if group[..i].iter().any(|c| self.scope.same(b, a.ns, c.ns)) {
                    return fault(ParseRule::DuplicateAttribute, a.start as usize);
                }
            }
        }
        Ok(())
    }
}

#[cold]
fn missing_space<T>(c: u8, at: usize) -> Result<T, Fault> {
    let class = CLASS[c as usize];
    let rule = if class & (START | WIDE) != 0 {
        ParseRule::MissingSpace
    } else {
        ParseRule::MalformedTag
    };
    fault(rule, at)
}

#[cold]
fn misuse<T>(ns: NsId, at: usize) -> Result<T, Fault> {
    let rule = if ns.is(ns::XML.id()) {
        ParseRule::ReservedXml
    } else {
        ParseRule::ReservedXmlns
    };
    fault(rule, at)
}
