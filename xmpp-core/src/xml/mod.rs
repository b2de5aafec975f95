//! Restricted XML (RFC 6120 §11): streaming parser, elements, writer, typed payloads.

mod element;
mod lang;
mod namespace;
mod parser;
mod payload;
mod writer;

pub mod ns;
pub mod read;

pub use element::{Attr, Attrs, Children, Element, ElementRef, Node, Nodes};
pub use lang::LangMap;
pub use namespace::Namespace;
pub use parser::{Limits, ParseError, ParseRule, Parser, ParserEvent};
pub use payload::{Payload, PayloadError, WriteXml, XmlText, XmlTextError};
pub use writer::{Tag, Writer};
