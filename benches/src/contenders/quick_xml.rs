//! quick-xml's namespace reader with attributes and unescaping. It checks no limits and accepts more than XMPP does.

use quick_xml::{
    XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesStart, Event},
    name::{NamespaceResolver, ResolveResult},
    reader::NsReader,
};

use super::{Outcome, Sax};
use crate::{checksum::attribute, chunks::Chunked};

/// Visits every event.
pub fn events(xml: &[u8]) -> Outcome {
    let mut reader = NsReader::from_reader(Chunked::new(xml));
    let mut sax = Sax::default();
    let mut buf = Vec::new();
    loop {
        buf.clear();
        let event = reader
            .read_event_into(&mut buf)
            .expect("the input is well-formed");
        match event {
            Event::Start(tag) => start(&tag, reader.resolver(), &mut sax),
            Event::Empty(tag) => {
                start(&tag, reader.resolver(), &mut sax);
                sax.end();
            }
            Event::End(_) => sax.end(),
            Event::Text(text) => sax.text(&text.xml10_content()),
            Event::CData(text) => sax.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                match reference.resolve_char_ref().expect("a valid reference") {
                    Some(c) => sax.text(c.encode_utf8(&mut [0; 4])),
                    None => sax.text(
                        resolve_xml_entity(&reference.xml10_content()).expect("one of the five"),
                    ),
                }
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    sax.finish()
}

fn start(tag: &BytesStart<'_>, resolver: &NamespaceResolver, sax: &mut Sax) {
    let (ns, name) = resolver.resolve_element(tag.name());
    let mut sum = 0u64;
    for attr in tag.attributes() {
        let attr = attr.expect("well-formed attributes");
        if attr.key.as_namespace_binding().is_some() {
            continue;
        }
        let (ns, name) = resolver.resolve_attribute(attr.key);
        let value = attr
            .normalized_value(XmlVersion::Implicit1_0)
            .expect("a valid value");
        sum = sum.wrapping_add(attribute(resolved(&ns), name.into_inner(), &value));
    }
    sax.start(resolved(&ns), name.into_inner(), sum);
}

fn resolved<'n>(result: &ResolveResult<'n>) -> &'n str {
    match result {
        ResolveResult::Bound(ns) => ns.into_inner(),
        ResolveResult::Unbound => "",
        ResolveResult::Unknown(prefix) => panic!("undeclared prefix {prefix:?}"),
    }
}
