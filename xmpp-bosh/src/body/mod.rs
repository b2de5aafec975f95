//! The wrapper element, `<body/>`.

mod adopt;
mod attributes;
mod error;

use xmpp_core::xml::{Element, Limits, Parser, ParserEvent, ns};

pub use self::{
    attributes::{Attributes, BodyType},
    error::BodyError,
};

/// A `<body/>` that was received: attributes and payload
/// ([XEP-0124 §6](https://xmpp.org/extensions/xep-0124.html#wrapper)).
///
/// ```
/// use xmpp_bosh::{Body, core::xml::Limits};
///
/// let body = Body::parse_request(
///     b"<body rid='7' sid='s1' xmlns='http://jabber.org/protocol/httpbind'>\
///       <presence xmlns='jabber:client'/></body>",
///     Limits::SERVER_FROM_CLIENT,
/// )?;
/// assert_eq!(body.attributes.rid, Some(7));
/// assert_eq!(body.children[0].name(), "presence");
/// # Ok::<(), xmpp_bosh::BodyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The attributes.
    pub attributes: Attributes,
    /// The payload. Stanzas without a namespace of their own were given `jabber:client` (BOSH 4.9).
    pub children: Vec<Element>,
}

impl Body {
    /// Reads what a client sent; `limits` hold for each child element, that of elements for their
    /// number, too.
    ///
    /// # Errors
    ///
    /// [`BodyError`] says which rule was broken; [`BodyError::condition`] what to answer.
    pub fn parse_request(bytes: &[u8], limits: Limits) -> Result<Self, BodyError> {
        Self::parse(bytes, limits, Leniency::Strict)
    }

    /// Reads what a connection manager sent. An attribute whose value is not of its type counts as
    /// absent, so that one wrong number does not cost a session.
    ///
    /// # Errors
    ///
    /// [`BodyError`] says which rule was broken.
    pub fn parse_response(bytes: &[u8], limits: Limits) -> Result<Self, BodyError> {
        Self::parse(bytes, limits, Leniency::Lenient)
    }

    fn parse(bytes: &[u8], limits: Limits, leniency: Leniency) -> Result<Self, BodyError> {
        let (attributes, reader) = BodyReader::open(bytes, limits, leniency)?;
        let children = reader.children(limits)?;
        Ok(Self {
            attributes,
            children,
        })
    }
}

/// Whether attributes of a wrong type are an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leniency {
    Strict,
    Lenient,
}

/// A body of which the start tag was read, and no more: the limits for the rest depend on the
/// session.
#[derive(Debug)]
pub(crate) struct BodyReader {
    parser: Parser,
}

impl BodyReader {
    /// Reads the start tag.
    pub(crate) fn open(
        bytes: &[u8],
        limits: Limits,
        leniency: Leniency,
    ) -> Result<(Attributes, Self), BodyError> {
        let mut parser = Parser::stream(limits);
        parser.push(trim(bytes));
        match parser.poll()? {
            Some(ParserEvent::Open(root)) => {
                if !root.is("body", ns::HTTPBIND) {
                    return Err(BodyError::NotABody);
                }
                Ok((Attributes::read(root.root(), leniency)?, Self { parser }))
            }
            _ => Err(BodyError::Truncated),
        }
    }

    /// Reads the rest.
    pub(crate) fn children(mut self, limits: Limits) -> Result<Vec<Element>, BodyError> {
        self.parser.set_limits(limits);
        let mut children = Vec::new();
        loop {
            match self.parser.poll()? {
                // Each costs many times its few bytes.
                Some(ParserEvent::Element(_)) if children.len() >= limits.elements => {
                    return Err(BodyError::TooMany(limits.elements));
                }
                Some(ParserEvent::Element(element)) => children.push(adopt::adopt(element)),
                Some(ParserEvent::Close) => break,
                _ => return Err(BodyError::Truncated),
            }
        }
        if self.parser.buffered() > 0 {
            return Err(BodyError::Trailing);
        }
        Ok(children)
    }
}

/// Without what clients put around a body: a byte order mark, line ends, spaces (BOSH 1.12).
fn trim(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.trim_ascii();
    bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start()
}

/// A body of one terminal condition, for answers that no [`Manager`](crate::Manager) gives
/// ([XEP-0124 §17.2](https://xmpp.org/extensions/xep-0124.html#errorstatus-terminal)).
///
/// ```
/// assert_eq!(
///     xmpp_bosh::terminate_body(xmpp_bosh::TerminalCondition::PolicyViolation),
///     "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' \
///      condition='policy-violation'/>"
/// );
/// ```
pub fn terminate_body(condition: crate::TerminalCondition) -> String {
    let mut out = String::new();
    Attributes {
        kind: Some(BodyType::Terminate),
        condition: Some(condition),
        ..Attributes::default()
    }
    .write("", false, &mut out);
    out
}
