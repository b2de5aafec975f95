//! The node table while it is filled; its memory serves one stanza after the other.

use std::ops::{Deref, DerefMut};

use super::super::{table::Entry, work};

/// A table whose spare room is filled already, so that adding a node is one comparison.
#[derive(Debug, Default)]
pub(in super::super) struct Nodes {
    all: Vec<Entry>,
    len: usize,
}

/// What stays allocated for the next stanza: enough for a roster of 200.
const KEPT: usize = 2048;

impl Nodes {
    /// Forgets the nodes, and memory that only a large stanza needed.
    pub(super) fn clear(&mut self) {
        if self.all.len() > KEPT && self.len < self.all.len() / 8 {
            self.all.truncate(KEPT);
            self.all.shrink_to_fit();
        }
        self.len = 0;
    }

    /// Bytes allocated.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.all.capacity() * size_of::<Entry>()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a node; `false` if there are `limit` nodes already.
    #[inline(always)]
    pub(super) fn push(&mut self, entry: Entry, limit: usize) -> bool {
        loop {
            if let Some(spare) = self.all.get_mut(self.len) {
                *spare = entry;
                self.len += 1;
                return true;
            }
            if !self.grow(limit) {
                return false;
            }
        }
    }

    /// Room for `N` more nodes that is there already; what is written to it counts once it is kept.
    #[inline(always)]
    pub(super) fn spare<const N: usize>(&mut self) -> Option<&mut [Entry; N]> {
        self.all.get_mut(self.len..)?.first_chunk_mut()
    }

    /// Adds the first `count` nodes of the spare room.
    #[inline(always)]
    pub(super) fn keep(&mut self, count: usize) {
        self.len = (self.len + count).min(self.all.len());
    }

    /// Makes room by doubling, up to `limit` nodes.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, limit: usize) -> bool {
        if self.len >= limit {
            return false;
        }
        work::add(self.len);
        let more = self.len.max(32).min(limit - self.len);
        self.all.reserve_exact(more);
        self.all.resize(self.len + more, Entry::NONE);
        true
    }
}

impl Deref for Nodes {
    type Target = [Entry];

    #[inline]
    fn deref(&self) -> &[Entry] {
        &self.all[..self.len]
    }
}

impl DerefMut for Nodes {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Entry] {
        &mut self.all[..self.len]
    }
}
