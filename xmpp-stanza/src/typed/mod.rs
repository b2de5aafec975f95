//! Stanzas whose every child is read as a type.

mod iq;
mod message;
mod presence;

use std::borrow::Cow;

use xmpp_core::{
    Jid,
    xml::{AnyPayload, ElementRef, PayloadError, WriteXml, Writer, XmlText, read},
};

pub use self::{
    iq::{TypedIq, TypedIqContent},
    message::TypedMessage,
    presence::TypedPresence,
};
use crate::{
    BadStanza, StanzaKind,
    bad_stanza::{not_a_stanza, received},
};

/// A stanza whose children are read at once, as `P`: a choice of payloads that the program knows, with a variant for the
/// others.
///
/// It is read from an element that a parser lends as well as from one that is kept, and owns nothing but its values: one
/// allocation for each string, address and list in it. What breaks its schema is kept as the others are, so that a broken
/// payload never loses the stanza; [`Payload::from_element`](xmpp_core::xml::Payload::from_element) of the type in
/// question says what is wrong with it.
///
/// ```
/// use xmpp_stanza::core::{Payload, xml::{Element, Limits, Parser, ParserEventRef}};
/// use xmpp_stanza::{ChatState, Delay, Receipt, TypedStanza};
///
/// #[derive(Debug, PartialEq, Payload)]
/// enum Known {
///     ChatState(ChatState),
///     Delay(Delay),
///     Receipt(Receipt),
///     #[xml(other)]
///     Other(Element),
/// }
///
/// let mut parser = Parser::stream(Limits::CLIENT);
/// parser.push(b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\
///     <message from='a@b.example/c' type='chat'><body>Hi</body>\
///     <active xmlns='http://jabber.org/protocol/chatstates'/>\
///     <delay xmlns='urn:xmpp:delay' stamp='yesterday'/></message>");
/// while let Some(event) = parser.poll_ref()? {
///     let ParserEventRef::Element(element) = event else { continue };
///     let TypedStanza::Message(message) = TypedStanza::from_element(element)? else { panic!() };
///     assert_eq!(message.bodies.any(), Some("Hi"));
///     let [Known::ChatState(ChatState::Active), Known::Other(broken)] = &message.payloads[..] else { panic!() };
///     assert!(broken.to_string().contains("yesterday"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The types nest: a [`Forwarded`](crate::Forwarded), an [`ArchiveResult`](crate::ArchiveResult) and a pubsub
/// [`Event`](crate::pubsub::Event) take a parameter for what they hold, such as a `TypedMessage` of another choice. Reading
/// goes as deep as the types do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedStanza<P> {
    /// Pushed to one recipient.
    Message(TypedMessage<P>),
    /// Broadcast to those who are subscribed, or directed at one.
    Presence(TypedPresence<P>),
    /// A request or its answer.
    Iq(TypedIq<P>),
}

impl<P: AnyPayload> TypedStanza<P> {
    /// Reads a stanza in the namespace `jabber:client`, the canonical form in which the sessions
    /// hand them up.
    ///
    /// # Errors
    ///
    /// [`BadStanza`]; answer it with [`error_for`](crate::error_for).
    #[inline]
    pub fn from_element(element: ElementRef<'_>) -> Result<Self, BadStanza> {
        match StanzaKind::of(element) {
            Some(StanzaKind::Message) => TypedMessage::from_element(element).map(Self::Message),
            Some(StanzaKind::Presence) => TypedPresence::from_element(element).map(Self::Presence),
            Some(StanzaKind::Iq) => TypedIq::from_element(element).map(Self::Iq),
            None => Err(not_a_stanza(element)),
        }
    }
}

impl<P> TypedStanza<P> {
    /// Its kind.
    pub const fn kind(&self) -> StanzaKind {
        match self {
            Self::Message(_) => StanzaKind::Message,
            Self::Presence(_) => StanzaKind::Presence,
            Self::Iq(_) => StanzaKind::Iq,
        }
    }

    /// The recipient.
    pub const fn to(&self) -> Option<&Jid> {
        match self {
            Self::Message(message) => message.to.as_ref(),
            Self::Presence(presence) => presence.to.as_ref(),
            Self::Iq(iq) => iq.to.as_ref(),
        }
    }

    /// The sender.
    pub const fn from(&self) -> Option<&Jid> {
        match self {
            Self::Message(message) => message.from.as_ref(),
            Self::Presence(presence) => presence.from.as_ref(),
            Self::Iq(iq) => iq.from.as_ref(),
        }
    }
}

impl<P: AnyPayload> WriteXml for TypedStanza<P> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        match self {
            Self::Message(message) => message.write_xml(w),
            Self::Presence(presence) => presence.write_xml(w),
            Self::Iq(iq) => iq.write_xml(w),
        }
    }
}

/// The attributes of any stanza.
#[derive(Default)]
struct Header<'a> {
    to: Option<Jid>,
    from: Option<Jid>,
    id: Option<String>,
    lang: Option<String>,
    stanza_type: Option<Cow<'a, str>>,
}

impl<'a> Header<'a> {
    #[inline]
    fn read(element: ElementRef<'a>) -> Result<Self, BadStanza> {
        let mut header = Self::default();
        for attribute in read::attributes(element) {
            let name = attribute.name();
            if name == b"from" {
                header.from = Some(received("from", &attribute.text())?);
            } else if name == b"to" {
                header.to = Some(received("to", &attribute.text())?);
            } else if name == b"id" {
                header.id = Some(attribute.text().into_owned());
            } else if name == b"type" {
                header.stanza_type = Some(attribute.text());
            } else if name == b"xml:lang" {
                header.lang = Some(attribute.text().into_owned());
            }
        }
        Ok(header)
    }
}

/// Writes the attributes of a stanza.
#[inline]
fn write_header<T: XmlText>(
    w: &mut Writer<'_>,
    [from, to]: [&Option<Jid>; 2],
    stanza_type: Option<T>,
    id: Option<&String>,
    lang: Option<&String>,
) {
    if let Some(from) = from {
        w.value_attr(" from='", from);
    }
    if let Some(to) = to {
        w.value_attr(" to='", to);
    }
    if let Some(stanza_type) = stanza_type {
        w.value_attr(" type='", &stanza_type);
    }
    if let Some(id) = id {
        w.value_attr(" id='", id);
    }
    if let Some(lang) = lang {
        w.value_attr(" xml:lang='", lang);
    }
}

/// As the error of a payload, for a stanza inside another one.
#[cold]
fn as_payload_error(element: &'static str, error: &BadStanza) -> PayloadError {
    match error {
        BadStanza::NotAStanza { .. } => PayloadError::Mismatch { expected: element },
        BadStanza::InvalidAddress { attribute, .. } => {
            PayloadError::invalid(element, attribute, "", error.to_string())
        }
        _ => PayloadError::invalid(element, "content", "", error.to_string()),
    }
}
