//! expat's reading.

use expat_oracle::{Attributes, Handler, parse};

use crate::{
    item::Item,
    reading::{End, Mode, Reading, Refusal},
};

/// Reads `input`; `None` where expat is not installed.
pub(crate) fn read(input: &[u8], mode: Mode) -> Option<Reading<Refusal>> {
    let mut collected = Collected {
        items: Vec::new(),
        depth: 0,
        silent: match mode {
            Mode::Document => 0,
            Mode::Stream => 1,
        },
    };
    // The end is told in both modes, since later versions put off tokens that are not complete until then.
    let end = match parse([input], true, &mut collected)? {
        Ok(()) => End::Complete,
        Err(refusal) if refusal.code.is_end_of_input() => {
            End::Open(refusal.index, Refusal::Expat(refusal, None))
        }
        Err(refusal) => {
            let at = usize::try_from(refusal.index).unwrap_or(usize::MAX);
            let rest = input.get(at..).unwrap_or_default();
            let character = rest
                .utf8_chunks()
                .next()
                .and_then(|c| c.valid().chars().next());
            End::Refused(Refusal::Expat(refusal, character))
        }
    };
    Some(Reading {
        items: collected.items,
        end,
    })
}

struct Collected {
    items: Vec<Item>,
    depth: usize,
    /// Text at this depth is left out.
    silent: usize,
}

impl Handler for Collected {
    fn start(&mut self, ns: &str, name: &str, attributes: Attributes<'_>) {
        self.depth += 1;
        self.items.push(Item::start(ns, name, attributes));
    }

    fn text(&mut self, text: &str) {
        if self.depth != self.silent {
            Item::push_text(&mut self.items, text);
        }
    }

    fn end(&mut self) {
        self.depth -= 1;
        self.items.push(Item::End);
    }
}
