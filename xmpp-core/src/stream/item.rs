//! What a stream consists of, whatever carries it.

use crate::xml::Element;

/// What came in on a stream: the output of a codec and the input of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamItem {
    /// The stream header: `<stream:stream>` on TCP, `<open/>` on WebSocket, the attributes of the creating or
    /// restarting `<body/>` on BOSH. A second one is a restart.
    Open(StreamHeader),
    /// A first-level element: a stanza, a nonza, `<stream:features/>` or `<stream:error/>`.
    Element(Element),
    /// The end of the stream: `</stream:stream>`, `<close/>`, a BOSH body of type `terminate`.
    Close,
}

/// What goes out on a stream: the output of a session and the input of a codec.
///
/// The texts are well-formed. A codec adds the namespace declarations that its transport needs, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutItem<'a> {
    /// The own stream header.
    Open(&'a StreamHeader),
    /// A stanza in its canonical form: the default namespace in force is `jabber:client`, and the root element neither has
    /// a prefix nor declares a default namespace.
    Stanza(&'a str),
    /// An element whose root declares its own default namespace, such as `<success xmlns='…'/>`.
    Nonza(&'a str),
    /// `<stream:features>…</stream:features>`, where the prefix `stream` is not declared and the default namespace in
    /// force is `jabber:client`.
    Features(&'a str),
    /// `<stream:error>…</stream:error>`, of the same form. [`OutItem::Close`] follows.
    Error(&'a str),
    /// The end of the stream.
    Close,
}

/// The attributes of a stream header (RFC 6120 §4.7), as they were received or as they are to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamHeader {
    /// The domain that the header is meant for; in an answer the JID of the initiating entity, if it gave one.
    pub to: Option<String>,
    /// Whom the header is from.
    pub from: Option<String>,
    /// The stream's id, in an answer (`authid` on BOSH).
    pub id: Option<String>,
    /// The default language of what follows (`xml:lang`).
    pub lang: Option<String>,
    /// The version, `1.0`.
    pub version: Option<String>,
}
