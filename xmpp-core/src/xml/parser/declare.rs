//! Start tags: declarations, prefixes, duplicates.

use super::super::{
    error::{Fault, ParseRule, fault},
    ns,
    table::{Entry, Kind, NsId},
    unescape, work,
};
use super::{
    attribute::{Declares, Pending},
    tree::Tree,
};

/// Whether `written` stands for at most `limit` bytes.
#[cold]
fn is_name_within(written: &[u8], limit: usize) -> bool {
    work::add(written.len());
    unescape::value(str::from_utf8(written).unwrap_or_default()).len() <= limit
}

impl Tree {
    /// The name of a declaration, at `start`, is complete.
    pub(super) fn count_declaration(&mut self, start: usize) -> Result<(), Fault> {
        self.tag.declarations += 1;
        if self.tag.declarations > self.limits().declarations {
            return fault(ParseRule::Declarations, start);
        }
        self.declarations += 1;
        if self.declarations > self.limits().declarations_in_scope {
            return fault(ParseRule::DeclarationsInScope, start);
        }
        Ok(())
    }

    /// A namespace is declared; the value ends at `end`.
    pub(super) fn declare(
        &mut self,
        b: &[u8],
        pending: &Pending,
        end: usize,
        escaped: bool,
    ) -> Result<NsId, Fault> {
        let &Pending {
            start,
            name_len,
            value_start,
            ..
        } = pending;
        // As it is meant: written anew, some of its characters may take more bytes than here, and it must be read again.
        let limit = self.limits().namespace_bytes;
        let written = &b[value_start..end];
        if written.len() > limit && !(escaped && is_name_within(written, limit)) {
            return fault(ParseRule::NamespaceBytes, value_start);
        }
        let ns = self
            .scope
            .resolve(b, value_start..end, escaped)
            .map_err(|rule| Fault::new(rule, value_start))?;
        let reserved = ns.is(ns::XML.id()) || ns.is(ns::XMLNS.id());
        if pending.declares == Declares::Default {
            if reserved {
                return misuse(ns, value_start);
            }
            if self.tag.default_ns.replace(ns).is_some() {
                return fault(ParseRule::DuplicateAttribute, start);
            }
            return Ok(ns);
        }
        let prefix = start + 6..start + name_len;
        match &b[prefix.clone()] {
            b"xmlns" => return fault(ParseRule::ReservedXmlns, start),
            b"xml" if ns.is(ns::XML.id()) => {}
            b"xml" => return fault(ParseRule::ReservedXml, start),
            _ if reserved => return misuse(ns, value_start),
            _ if ns.is(ns::NONE.id()) => return fault(ParseRule::EmptyPrefixBinding, value_start),
            _ => {}
        }
        let depth = self.depth();
        self.scope.bind(b, prefix, ns, depth, self.tag.scope_len)?;
        Ok(ns)
    }

    /// Gives the element and its attributes the namespaces of their prefixes. The depth of the outermost element that
    /// declares one of them.
    pub(super) fn resolve_prefixes(&mut self, b: &[u8]) -> Result<u16, Fault> {
        let mut reach = self.depth();
        work::add(self.nodes.len() - self.tag.node);
        for i in self.tag.node..self.nodes.len() {
            let entry = self.nodes[i];
            if entry.prefix_len != 0 && entry.kind != Kind::Declaration {
                self.nodes[i].ns = self.resolve(b, &entry, &mut reach)?;
            }
        }
        Ok(reach)
    }

    /// The namespace of a prefixed name.
    fn resolve(&mut self, b: &[u8], entry: &Entry, reach: &mut u16) -> Result<NsId, Fault> {
        let span = entry.prefix_span();
        let at = span.start;
        match &b[span] {
            b"xml" => Ok(NsId::XML),
            b"xmlns" => fault(ParseRule::ReservedXmlns, at),
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
    pub(super) fn find_duplicate(&self, b: &[u8]) -> Result<(), Fault> {
        const FEW: usize = 16;
        let attributes = &self.nodes[self.tag.node + 1..];
        let is_same = |a: &Entry, c: &Entry| {
            work::add(1);
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
        // Many: sorted by local name, then only those with the same one are compared.
        let mut sorted: Vec<&Entry> = attributes
            .iter()
            .filter(|a| a.kind == Kind::Attribute)
            .collect();
        sorted.sort_by_key(|a| {
            work::add(1);
            (&b[a.local_span()], a.start)
        });
        for group in sorted.chunk_by(|a, c| b[a.local_span()] == b[c.local_span()]) {
            for (i, a) in group.iter().enumerate() {
                work::add(i);
                if group[..i].iter().any(|c| self.scope.same(b, a.ns, c.ns)) {
                    return fault(ParseRule::DuplicateAttribute, a.start as usize);
                }
            }
        }
        Ok(())
    }
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
