//! expat, the C library, with namespaces: its events through `expat_oracle`, which adds no work to them.

use expat_oracle::{Attributes, Handler};

use super::{Outcome, Sax};
use crate::{checksum::attribute, chunks::CHUNK};

impl Handler for Sax {
    #[inline]
    fn start(&mut self, ns: &str, name: &str, attributes: Attributes<'_>) {
        let sum = attributes.fold(0u64, |sum, (ns, name, value)| {
            sum.wrapping_add(attribute(ns, name, value))
        });
        Sax::start(self, ns, name, sum);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        Sax::text(self, text);
    }

    #[inline]
    fn end(&mut self) {
        Sax::end(self);
    }
}

/// Visits every event; `None` when libexpat is not installed.
pub fn events(xml: &[u8]) -> Option<Outcome> {
    let mut sax = Sax::default();
    let result = expat_oracle::parse(xml.chunks(CHUNK), false, &mut sax)?;
    result.expect("expat accepts the input");
    Some(sax.finish())
}
