//! Restricted XML (RFC 6120 §11): streaming parser, elements, writer, typed payloads.

mod chars;
mod edit;
mod element;
mod error;
mod escape;
mod fanout;
mod lang;
mod limits;
mod namespace;
mod parser;
mod patch;
mod payload;
mod scan;
#[cfg(feature = "serde")]
mod serde;
mod table;
mod unescape;
#[cfg(test)]
mod verdicts;
mod work;
mod writer;

pub mod ns;
pub mod read;

pub use edit::Edit;
pub use element::{
    Attr, Attrs, Children, Descendants, Element, ElementRef, Node, Nodes, Paths, Run, Step, Walk,
};
pub use error::{ParseClass, ParseError, ParseRule};
pub use fanout::Fanout;
pub use lang::LangMap;
pub use limits::Limits;
pub use namespace::Namespace;
pub use parser::{Parser, ParserEvent, ParserEventRef};
pub use patch::Patch;
pub use payload::{Payload, PayloadError, WriteXml, XmlText, XmlTextError};
pub use writer::{Tag, Writer};
