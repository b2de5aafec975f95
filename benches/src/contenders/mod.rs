//! One file per library, each doing the same work on the same bytes.

pub mod expat;
pub mod minidom;
pub mod ours;
pub mod quick_xml;
pub mod rxml;
pub mod typed;

use crate::checksum::{Checksum, TextSum};

/// What a contender found: the same for all of them, or the comparison is void.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Children of the stream.
    pub stanzas: usize,
    /// Over every name, namespace, attribute and text below the stream's root.
    pub checksum: Checksum,
}

/// Turns the events of a SAX-like parser into an [`Outcome`].
#[derive(Debug, Default)]
pub struct Sax {
    outcome: Outcome,
    /// Character data of the open elements below the root.
    open: Vec<TextSum>,
    root_open: bool,
}

impl Sax {
    /// A start tag; `attributes` is the sum over its attributes.
    #[inline]
    pub fn start(&mut self, ns: &str, name: &str, attributes: u64) {
        if !self.root_open {
            self.root_open = true;
            return;
        }
        if self.open.is_empty() {
            self.outcome.stanzas += 1;
        }
        self.outcome.checksum.start(ns, name, attributes);
        self.open.push(TextSum::default());
    }

    /// Character data.
    #[inline]
    pub fn text(&mut self, text: &str) {
        if let Some(top) = self.open.last_mut() {
            top.add(text);
        }
    }

    /// An end tag.
    #[inline]
    pub fn end(&mut self) {
        if let Some(text) = self.open.pop() {
            self.outcome.checksum.end(text);
        }
    }

    /// The result.
    pub fn finish(self) -> Outcome {
        self.outcome
    }
}
