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
mod start_tag;
mod table;
mod unescape;
mod value_writer;
#[cfg(test)]
mod verdicts;
mod work;
mod writer;
mod xml_text;

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
pub use payload::{AnyPayload, Payload, PayloadError, PayloadScope, WriteXml};
pub use start_tag::StartTag;
pub use value_writer::ValueWriter;
pub use writer::{OuterNs, Tag, Writer};
pub use xml_text::{XmlText, XmlTextError};
