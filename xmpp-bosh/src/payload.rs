//! What stands in a body: between stream items and text.

use xmpp_core::stream::{OutItem, StreamHeader};

use crate::Attributes;

/// Payload of one body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Complete elements, in order.
    pub(crate) xml: String,
    /// Whether one of them needs the prefix `stream`.
    pub(crate) stream_prefix: bool,
    /// The stream header, which rides on the attributes of the body (HDR-18).
    pub(crate) header: Option<Box<StreamHeader>>,
}

impl Chunk {
    pub(crate) fn is_empty(&self) -> bool {
        self.xml.is_empty() && self.header.is_none()
    }

    /// Adds an element; `false` when the item is none (a header or the end of the stream).
    pub(crate) fn push(&mut self, item: OutItem<'_>) -> bool {
        match item {
            OutItem::Stanza(xml) => push_with_namespace(xml, &mut self.xml),
            OutItem::Nonza(xml) => self.xml.push_str(xml),
            OutItem::Features(xml) | OutItem::Error(xml) => {
                self.stream_prefix = true;
                push_with_namespace(xml, &mut self.xml);
            }
            _ => return false,
        }
        true
    }

    /// Adds another chunk behind this one.
    pub(crate) fn append(&mut self, other: Self) {
        self.xml.push_str(&other.xml);
        self.stream_prefix |= other.stream_prefix;
        if other.header.is_some() {
            self.header = other.header;
        }
    }

    /// The body with these attributes and this payload.
    pub(crate) fn to_body(&self, mut attributes: Attributes) -> String {
        if let Some(header) = &self.header {
            attributes.from.clone_from(&header.from);
            attributes.authid.clone_from(&header.id);
            attributes.xmpp_version.clone_from(&header.version);
            attributes.lang.clone_from(&header.lang);
        }
        let mut out = String::with_capacity(self.xml.len() + 160);
        attributes.write(&self.xml, self.stream_prefix, &mut out);
        out
    }
}

/// Appends an element in its canonical form, which has no `xmlns`, as it must stand in a body: with
/// `xmlns='jabber:client'` (BOSH 4.9).
fn push_with_namespace(xml: &str, out: &mut String) {
    let name_end = xml
        .find([' ', '/', '>'])
        .expect("a session writes complete elements");
    out.push_str(&xml[..name_end]);
    out.push_str(" xmlns='jabber:client'");
    out.push_str(&xml[name_end..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_and_features_get_their_namespace() {
        let mut chunk = Chunk::default();
        assert!(chunk.push(OutItem::Stanza("<presence/>")));
        assert!(chunk.push(OutItem::Stanza("<message to='a@b'><body/></message>")));
        assert!(chunk.push(OutItem::Nonza("<a xmlns='urn:xmpp:sm:3' h='1'/>")));
        assert!(chunk.push(OutItem::Features("<stream:features></stream:features>")));
        assert!(!chunk.push(OutItem::Close));
        assert_eq!(
            chunk.to_body(Attributes::default()),
            "<body xmlns='http://jabber.org/protocol/httpbind' \
             xmlns:stream='http://etherx.jabber.org/streams'>\
             <presence xmlns='jabber:client'/>\
             <message xmlns='jabber:client' to='a@b'><body/></message>\
             <a xmlns='urn:xmpp:sm:3' h='1'/>\
             <stream:features xmlns='jabber:client'></stream:features></body>"
        );
    }

    #[test]
    fn an_empty_body() {
        assert_eq!(
            Chunk::default().to_body(Attributes::default()),
            "<body xmlns='http://jabber.org/protocol/httpbind'/>"
        );
    }
}
