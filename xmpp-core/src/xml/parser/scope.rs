//! Namespace declarations in scope.

use std::hash::{DefaultHasher, Hasher};

use super::super::{
    Namespace,
    error::{Fault, ParseRule, fault},
    table::{Entry, Kind, NsId, known_id},
    unescape, work,
};
use super::tree::offset;

/// Where a prefix (or the default) leads.
#[derive(Clone, Copy, Debug)]
enum Bound {
    /// Valid in every stanza (known), or in the stanza in which it was declared (local).
    Id(NsId),
    /// Declared outside the stanza and not known: its name stands in [`Scope::outer`].
    Outer {
        start: u32,
        end: u32,
        hash: u64,
        /// The id it has in the stanza numbered so.
        stanza: u64,
        id: NsId,
    },
}

#[derive(Clone, Copy, Debug)]
struct Declared {
    /// The prefix stands in the stanza's text, or in [`Scope::outer`] when `depth` is 0.
    start: u32,
    len: u8,
    /// Depth of the element that declares it; 0 outside the stanza.
    depth: u16,
    bound: Bound,
}

/// The declarations in scope, and the namespaces of the stanza that are not known.
#[derive(Debug, Default)]
pub(in super::super) struct Scope {
    /// First bytes and length of each prefix, searched before anything else.
    keys: Vec<u64>,
    declared: Vec<Declared>,
    /// What was declared outside the stanza: prefixes and namespace names.
    outer: String,
    outer_default: Option<Bound>,
    /// Declarations of prefixes outside the stanza.
    outer_len: usize,
    /// Counts stanzas.
    stanza: u64,
    /// The stanza's own list of namespaces.
    locals: Vec<Entry>,
    /// Names of such namespaces that do not stand in the stanza's text.
    tail: String,
    /// Some recent locals by a hash of their names: a cache that need not be complete.
    recent: Vec<NsId>,
}

const RECENT: usize = 64;

/// A hash for which nobody finds many long names with the same value: what differs is told apart without a look at
/// the names.
fn hash(name: &[u8]) -> u64 {
    work::add(name.len());
    let mut hasher = DefaultHasher::new();
    hasher.write(name);
    hasher.finish()
}

fn halves(hash: u64) -> [u32; 2] {
    [hash & u64::from(u32::MAX), hash >> 32].map(|half| u32::try_from(half).unwrap_or_default())
}

/// The length in the highest byte, then the first seven bytes.
#[inline]
fn key(prefix: &[u8]) -> u64 {
    let mut key = prefix.len().min(0xff) as u64;
    for i in 0..7 {
        key = key << 8 | u64::from(prefix.get(i).copied().unwrap_or(0));
    }
    key
}

impl Scope {
    /// Forgets what was declared outside of items; `default` is the default namespace where no declaration stands.
    pub(super) fn forget_outer(&mut self, default: Namespace) {
        self.truncate(0);
        self.outer.clear();
        self.outer_len = 0;
        self.outer_default = match default.as_str() {
            "" => None,
            name => Some(match known_id(name.as_bytes()) {
                Some(id) => Bound::Id(NsId::known(id)),
                None => self.outer_bound(name),
            }),
        };
    }

    fn outer_bound(&mut self, name: &str) -> Bound {
        let start = offset(self.outer.len());
        self.outer.push_str(name);
        let end = offset(self.outer.len());
        Bound::Outer {
            start,
            end,
            hash: hash(name.as_bytes()),
            stanza: u64::MAX,
            id: NsId::NONE,
        }
    }

    /// A new stanza (or root start tag) begins.
    pub(super) fn start_item(&mut self) {
        self.truncate(self.outer_len);
        self.stanza += 1;
        self.locals.clear();
        self.tail.clear();
        self.recent.clear();
    }

    /// The default namespace at the root of an item.
    pub(super) fn default_at_start(&mut self) -> NsId {
        match self.outer_default {
            None => NsId::NONE,
            Some(Bound::Id(id)) => id,
            Some(bound) => {
                let (bound, id) = self.localise(bound).unwrap_or((bound, NsId::NONE));
                self.outer_default = Some(bound);
                id
            }
        }
    }

    /// Keeps what the root start tag declared for the stanzas that follow. `b` is its text.
    pub(super) fn adopt(&mut self, b: &[u8], default: NsId) {
        for i in self.outer_len..self.declared.len() {
            let Declared {
                start, len, bound, ..
            } = self.declared[i];
            let Bound::Id(id) = bound else { continue };
            let bound = self.lasting(b, id);
            let at = offset(self.outer.len());
            let prefix = &b[start as usize..start as usize + len as usize];
            self.outer
                .push_str(str::from_utf8(prefix).unwrap_or_default());
            self.declared[i] = Declared {
                start: at,
                len,
                depth: 0,
                bound,
            };
        }
        self.outer_len = self.declared.len();
        self.outer_default = Some(self.lasting(b, default));
    }

    fn lasting(&mut self, b: &[u8], id: NsId) -> Bound {
        if id.as_known().is_some() {
            return Bound::Id(id);
        }
        let name = str::from_utf8(self.name(b, id))
            .unwrap_or_default()
            .to_owned();
        self.outer_bound(&name)
    }

    /// Number of prefixes declared.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.declared.len()
    }

    /// Forgets all but the first `len` declarations of prefixes.
    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        self.keys.truncate(len);
        self.declared.truncate(len);
    }

    /// Binds a prefix on the element at `depth`. Those from `own` on stand on the same element: a duplicate is
    /// refused.
    pub(super) fn bind(
        &mut self,
        b: &[u8],
        prefix: std::ops::Range<usize>,
        ns: NsId,
        depth: u16,
        own: usize,
    ) -> Result<(), Fault> {
        let name = &b[prefix.clone()];
        if self.declared[own..]
            .iter()
            .any(|d| self.prefix(b, d) == name)
        {
            return fault(ParseRule::DuplicateAttribute, prefix.start);
        }
        self.keys.push(key(name));
        self.declared.push(Declared {
            start: offset(prefix.start),
            len: u8::try_from(prefix.len()).unwrap_or(u8::MAX),
            depth,
            bound: Bound::Id(ns),
        });
        Ok(())
    }

    fn prefix<'a>(&'a self, b: &'a [u8], declared: &Declared) -> &'a [u8] {
        let text = if declared.depth == 0 {
            self.outer.as_bytes()
        } else {
            b
        };
        let start = declared.start as usize;
        &text[start..start + declared.len as usize]
    }

    /// What `prefix` is bound to, and the depth of the element that binds it.
    pub(super) fn lookup(
        &mut self,
        b: &[u8],
        prefix: &[u8],
    ) -> Result<Option<(NsId, u16)>, ParseRule> {
        let key = key(prefix);
        let mut search = self.keys.len();
        work::add(search / 8 + 1);
        while let Some(i) = self.keys[..search].iter().rposition(|&k| k == key) {
            let declared = self.declared[i];
            if prefix.len() > 7 && self.prefix(b, &declared) != prefix {
                search = i;
                continue;
            }
            let id = match declared.bound {
                Bound::Id(id) => id,
                bound @ Bound::Outer { .. } => {
                    let (bound, id) = self.localise(bound)?;
                    self.declared[i].bound = bound;
                    id
                }
            };
            return Ok(Some((id, declared.depth)));
        }
        Ok(None)
    }

    /// The id that a namespace from outside has in this stanza.
    fn localise(&mut self, bound: Bound) -> Result<(Bound, NsId), ParseRule> {
        match bound {
            Bound::Id(id) => Ok((bound, id)),
            Bound::Outer { stanza, id, .. } if stanza == self.stanza => Ok((bound, id)),
            Bound::Outer {
                start, end, hash, ..
            } => {
                let at = self.tail.len();
                self.tail
                    .push_str(&self.outer[start as usize..end as usize]);
                let id = self.add_local(at..self.tail.len(), hash, Entry::IN_TAIL)?;
                Ok((
                    Bound::Outer {
                        start,
                        end,
                        hash,
                        stanza: self.stanza,
                        id,
                    },
                    id,
                ))
            }
        }
    }

    /// The id of the namespace whose name stands in `b` (the value of a declaration).
    pub(super) fn resolve(
        &mut self,
        b: &[u8],
        value: std::ops::Range<usize>,
        escaped: bool,
    ) -> Result<NsId, ParseRule> {
        let raw = &b[value.clone()];
        if escaped {
            return self.resolve_escaped(b, raw);
        }
        match known_id(raw) {
            Some(id) => Ok(NsId::known(id)),
            None => self.intern(b, value, 0),
        }
    }

    #[cold]
    fn resolve_escaped(&mut self, b: &[u8], raw: &[u8]) -> Result<NsId, ParseRule> {
        let name = unescape::value(str::from_utf8(raw).unwrap_or_default());
        if let Some(id) = known_id(name.as_bytes()) {
            return Ok(NsId::known(id));
        }
        let at = self.tail.len();
        self.tail.push_str(&name);
        self.intern(b, at..self.tail.len(), Entry::IN_TAIL)
    }

    fn intern(
        &mut self,
        b: &[u8],
        span: std::ops::Range<usize>,
        flags: u8,
    ) -> Result<NsId, ParseRule> {
        let name = if flags == 0 {
            &b[span.clone()]
        } else {
            &self.tail.as_bytes()[span.clone()]
        };
        let hash = hash(name);
        let slot = usize::from(hash.to_le_bytes()[0]) % RECENT;
        if let Some(&id) = self.recent.get(slot)
            && self.hash(id) == Some(halves(hash))
            && self.name(b, id) == name
        {
            return Ok(id);
        }
        let id = self.add_local(span, hash, flags)?;
        if self.recent.is_empty() {
            self.recent.resize(RECENT, NsId::NONE);
        }
        self.recent[slot] = id;
        Ok(id)
    }

    fn add_local(
        &mut self,
        span: std::ops::Range<usize>,
        hash: u64,
        flags: u8,
    ) -> Result<NsId, ParseRule> {
        if self.locals.len() == NsId::MAX_LOCALS {
            return Err(ParseRule::Namespaces);
        }
        let [low, high] = halves(hash);
        self.locals.push(Entry {
            start: offset(span.start),
            end: offset(span.end),
            // Where other entries have links, these keep the hash of the name.
            link: low,
            next: high,
            kind: Kind::Namespace,
            flags,
            ..Entry::NONE
        });
        Ok(NsId::local(self.locals.len() - 1))
    }

    /// The hash of a local namespace's name.
    fn hash(&self, id: NsId) -> Option<[u32; 2]> {
        let local = self.locals.get(id.as_local()?)?;
        Some([local.link, local.next])
    }

    /// The name of a local namespace.
    fn name<'a>(&'a self, b: &'a [u8], id: NsId) -> &'a [u8] {
        let Some(local) = id.as_local().and_then(|i| self.locals.get(i)) else {
            return b"";
        };
        if local.has(Entry::IN_TAIL) {
            &self.tail.as_bytes()[local.span()]
        } else {
            &b[local.span()]
        }
    }

    /// Whether `a` and `b` are one namespace.
    pub(super) fn same(&self, text: &[u8], a: NsId, b: NsId) -> bool {
        a.is_same_id(b)
            || a.as_local().is_some()
                && self.hash(a) == self.hash(b)
                && self.name(text, a) == self.name(text, b)
    }

    /// The stanza is complete: its list of namespaces. What they refer to in the tail will stand behind the stanza's
    /// `len` bytes.
    pub(super) fn finish(&mut self, len: usize) -> impl Iterator<Item = Entry> {
        self.locals.iter().map(move |&local| {
            if local.has(Entry::IN_TAIL) {
                Entry {
                    start: local.start + offset(len),
                    end: local.end + offset(len),
                    flags: 0,
                    ..local
                }
            } else {
                local
            }
        })
    }

    /// What stands behind the stanza's text.
    pub(super) fn tail(&self) -> &str {
        &self.tail
    }
}
