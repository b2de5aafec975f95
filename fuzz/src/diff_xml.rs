//! The same verdict and the same content as expat, but for the rules that XMPP adds and a short list of differences.

use xmpp_core::xml::{
    Element, ElementRef, Limits, Node, ParseClass, ParseError, Parser, ParserEvent,
};

/// Content as both tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Start(String, String, Vec<(String, String, String)>),
    Text(String),
    End,
}

impl Item {
    pub(crate) fn push_text(items: &mut Vec<Self>, text: &str) {
        match items.last_mut() {
            Some(Self::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => items.push(Self::Text(text.to_owned())),
        }
    }
}

/// The input is one document, in any bytes.
pub fn diff_xml(data: &[u8]) {
    let Some(theirs) = crate::expat::items(data) else {
        return;
    };
    let ours = document(data);
    match (&ours, &theirs) {
        (Ok(element), Some(their_items)) => {
            let mut items = Vec::new();
            push(element.root(), &mut items);
            assert_eq!(&items, their_items);
        }
        (Err(_), None) => {}
        (Ok(element), None) => {
            assert!(
                has_wide_name(data),
                "expat refuses what we accept: {element}"
            );
        }
        // What XMPP forbids beyond XML, and limits, are our own rules.
        (Err(error), Some(_)) => assert_ne!(
            error.rule.class(),
            ParseClass::NotWellFormed,
            "expat accepts what we refuse: {error}"
        ),
    }
}

fn document(data: &[u8]) -> Result<Element, ParseError> {
    let mut parser = Parser::document(Limits::CLIENT);
    parser.push(data);
    let mut root = None;
    while let Some(event) = parser.poll()? {
        if let ParserEvent::Element(element) = event {
            root = Some(element);
        }
    }
    parser.finish()?;
    Ok(root.expect("finished, so there was an element"))
}

fn push(element: ElementRef<'_>, items: &mut Vec<Item>) {
    let mut attrs: Vec<_> = element
        .attrs()
        .map(|a| {
            (
                a.ns().to_owned(),
                a.name().to_owned(),
                a.value().into_owned(),
            )
        })
        .collect();
    attrs.sort();
    items.push(Item::Start(
        element.ns().to_owned(),
        element.name().to_owned(),
        attrs,
    ));
    for node in element.nodes() {
        match node {
            Node::Element(child) => push(child, items),
            Node::Text(text) => Item::push_text(items, &text),
        }
    }
    items.push(Item::End);
}

/// Whether a name, used or just declared, has characters beyond ASCII: expat knows the names of XML 1.0's fourth edition,
/// we those of the fifth. `data` is well-formed.
fn has_wide_name(data: &[u8]) -> bool {
    let mut rest = data;
    while let Some(at) = rest.iter().position(|&b| b == b'<') {
        rest = &rest[at..];
        if rest.starts_with(b"<![CDATA[") {
            let end = rest
                .windows(3)
                .position(|w| w == b"]]>")
                .unwrap_or(rest.len());
            rest = &rest[end..];
            continue;
        }
        let mut quote = None;
        for (i, &b) in rest.iter().enumerate() {
            match (quote, b) {
                (None, b'>') => {
                    rest = &rest[i..];
                    break;
                }
                (None, b'\'' | b'"') => quote = Some(b),
                (None, 0x80..) => return true,
                (Some(q), b) if q == b => quote = None,
                _ => {}
            }
        }
    }
    false
}
