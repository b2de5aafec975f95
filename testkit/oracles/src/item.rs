//! Content as every parser tells it.

use xmpp_core::xml::{ElementRef, Node};

/// What a parser tells. Prefixes and declarations are not content, nor is the order of attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A start tag.
    Start {
        /// Namespace name, empty for none.
        ns: String,
        /// Local name.
        name: String,
        /// Namespace, name and value of each attribute; sorted.
        attributes: Vec<(String, String, String)>,
    },
    /// A whole run of text, never empty.
    Text(String),
    /// An end tag.
    End,
}

impl Item {
    pub(crate) fn start<'a>(
        ns: &str,
        name: &str,
        attributes: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> Self {
        let mut attributes: Vec<_> = attributes
            .map(|(ns, name, value)| (ns.to_owned(), name.to_owned(), value.to_owned()))
            .collect();
        attributes.sort();
        Self::Start {
            ns: ns.to_owned(),
            name: name.to_owned(),
            attributes,
        }
    }

    /// Adds `text` to the run that `items` ends with, or begins one.
    pub(crate) fn push_text(items: &mut Vec<Self>, text: &str) {
        match items.last_mut() {
            Some(Self::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => items.push(Self::Text(text.to_owned())),
        }
    }
}

/// What the iterators over `element` give.
pub fn items(element: ElementRef<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    push(element, &mut items);
    items
}

/// As [`items`], added to `items`.
pub(crate) fn push(element: ElementRef<'_>, items: &mut Vec<Item>) {
    items.push(start(element));
    for node in element.nodes() {
        match node {
            Node::Element(child) => push(child, items),
            Node::Text(text) => Item::push_text(items, &text),
        }
    }
    items.push(Item::End);
}

/// The start tag of `element`.
pub(crate) fn start(element: ElementRef<'_>) -> Item {
    let attributes: Vec<_> = element
        .attrs()
        .map(|attr| (attr.ns(), attr.name(), attr.value()))
        .collect();
    Item::start(
        element.ns(),
        element.name(),
        attributes
            .iter()
            .map(|(ns, name, value)| (*ns, *name, &**value)),
    )
}
