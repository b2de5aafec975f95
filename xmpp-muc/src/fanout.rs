//! Stands in for `xmpp_core::xml::Fanout` until that is there.

use xmpp_core::xml::{WriteXml, Writer, ns};

/// One stanza without `to`, written once and copied to many.
#[derive(Clone, Debug)]
pub struct Fanout {
    text: String,
    /// Where ` to='…'` goes: behind the root's name.
    at: usize,
}

impl Fanout {
    /// Writes `stanza`, which must have no `to`.
    pub fn new(stanza: &impl WriteXml) -> Self {
        let mut text = String::new();
        stanza.write_xml(&mut Writer::new(&mut text, ns::CLIENT));
        let at = text.find([' ', '>', '/']).unwrap_or(text.len());
        Self { text, at }
    }

    /// Appends a copy for `to`.
    pub fn copy(&self, to: &str, out: &mut String) {
        out.push_str(&self.text[..self.at]);
        out.push_str(" to='");
        for c in to.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '\'' => out.push_str("&apos;"),
                c => out.push(c),
            }
        }
        out.push('\'');
        out.push_str(&self.text[self.at..]);
    }
}
