//! Any stanza: typed, or as a view of an element.

use std::borrow::Cow;

use xmpp_core::{
    Jid,
    xml::{Element, ElementRef, WriteXml, Writer, XmlText as _, ns},
};

use crate::{
    BadStanza, Iq, IqType, Message, MessageType, Presence, PresenceType, bad_stanza::not_a_stanza,
};

/// A stanza of any kind ([RFC 6120 §8](https://www.rfc-editor.org/rfc/rfc6120#section-8)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stanza {
    /// Pushed to one recipient.
    Message(Message),
    /// Broadcast to those who are subscribed, or directed at one.
    Presence(Presence),
    /// A request or its answer.
    Iq(Iq),
}

impl Stanza {
    /// Reads a stanza in the namespace `jabber:client`, the canonical form in which the sessions
    /// hand them up.
    ///
    /// # Errors
    ///
    /// [`BadStanza`]; answer it with [`error_for`](crate::error_for).
    pub fn from_element(element: ElementRef<'_>) -> Result<Self, BadStanza> {
        match StanzaKind::of(element) {
            Some(StanzaKind::Message) => Message::from_element(element).map(Self::Message),
            Some(StanzaKind::Presence) => Presence::from_element(element).map(Self::Presence),
            Some(StanzaKind::Iq) => Iq::from_element(element).map(Self::Iq),
            None => Err(not_a_stanza(element)),
        }
    }

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

    /// The sender's name for it.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Message(message) => message.id.as_deref(),
            Self::Presence(presence) => presence.id.as_deref(),
            Self::Iq(iq) => Some(&iq.id),
        }
    }
}

impl TryFrom<&Element> for Stanza {
    type Error = BadStanza;

    fn try_from(element: &Element) -> Result<Self, BadStanza> {
        Self::from_element(element.root())
    }
}

impl From<Message> for Stanza {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Presence> for Stanza {
    fn from(presence: Presence) -> Self {
        Self::Presence(presence)
    }
}

impl From<Iq> for Stanza {
    fn from(iq: Iq) -> Self {
        Self::Iq(iq)
    }
}

impl WriteXml for Stanza {
    fn write_xml(&self, w: &mut Writer<'_>) {
        match self {
            Self::Message(message) => message.write_xml(w),
            Self::Presence(presence) => presence.write_xml(w),
            Self::Iq(iq) => iq.write_xml(w),
        }
    }
}

/// The three kinds of stanza.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StanzaKind {
    /// `<message/>`
    Message,
    /// `<presence/>`
    Presence,
    /// `<iq/>`
    Iq,
}

impl StanzaKind {
    /// The kind of an element, `None` when it is no stanza.
    pub fn of(element: ElementRef<'_>) -> Option<Self> {
        if !element.has_ns(ns::CLIENT) {
            return None;
        }
        match element.name() {
            "message" => Some(Self::Message),
            "presence" => Some(Self::Presence),
            "iq" => Some(Self::Iq),
            _ => None,
        }
    }

    /// Its element's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Presence => "presence",
            Self::Iq => "iq",
        }
    }
}

/// A view of a stanza that copies and checks nothing: what a router looks at before it passes the
/// element on.
#[derive(Clone, Copy, Debug)]
pub struct StanzaRef<'a> {
    kind: StanzaKind,
    element: ElementRef<'a>,
}

impl<'a> StanzaRef<'a> {
    /// A view of `element`, `None` when it is no stanza.
    pub fn new(element: ElementRef<'a>) -> Option<Self> {
        let kind = StanzaKind::of(element)?;
        Some(Self { kind, element })
    }

    /// Its kind.
    pub const fn kind(self) -> StanzaKind {
        self.kind
    }

    /// The element itself.
    pub const fn element(self) -> ElementRef<'a> {
        self.element
    }

    /// The attribute `to`, not checked.
    pub fn to(self) -> Option<Cow<'a, str>> {
        self.element.attr("to")
    }

    /// The attribute `from`, not checked.
    pub fn from(self) -> Option<Cow<'a, str>> {
        self.element.attr("from")
    }

    /// The attribute `id`.
    pub fn id(self) -> Option<Cow<'a, str>> {
        self.element.attr("id")
    }

    /// The attribute `type`.
    pub fn type_attr(self) -> Option<Cow<'a, str>> {
        self.element.attr("type")
    }

    /// The type of a message: `normal` when absent or unknown. `None` for another kind of stanza.
    pub fn message_type(self) -> Option<MessageType> {
        (self.kind == StanzaKind::Message).then(|| {
            self.type_attr()
                .and_then(|t| MessageType::from_xml_text(&t).ok())
                .unwrap_or_default()
        })
    }

    /// The type of a presence. `None` for another kind of stanza or an unknown type.
    pub fn presence_type(self) -> Option<PresenceType> {
        if self.kind != StanzaKind::Presence {
            return None;
        }
        match self.type_attr() {
            None => Some(PresenceType::Available),
            Some(t) => PresenceType::from_xml_text(&t)
                .ok()
                .filter(|t| *t != PresenceType::Available),
        }
    }

    /// The type of an `iq`. `None` for another kind of stanza, an absent or unknown type.
    pub fn iq_type(self) -> Option<IqType> {
        if self.kind != StanzaKind::Iq {
            return None;
        }
        IqType::from_xml_text(&self.type_attr()?).ok()
    }

    /// Whether it is of type `error`.
    pub fn is_error(self) -> bool {
        self.type_attr().as_deref() == Some("error")
    }

    /// Whether an error may be sent in answer: not to an error, and not to the result of an `iq`
    /// (STZ-4, STZ-11).
    pub fn may_be_answered(self) -> bool {
        match self.type_attr().as_deref() {
            Some("error") => false,
            Some("result") => self.kind != StanzaKind::Iq,
            _ => true,
        }
    }
}
