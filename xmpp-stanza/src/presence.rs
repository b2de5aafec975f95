//! Presence (RFC 6121 §4).

use std::borrow::Cow;

use xmpp_core::{
    Jid, StanzaError, XmlText,
    xml::{
        Element, ElementRef, LangMap, Payload, PayloadError, WriteXml, Writer, XmlText as _, ns,
    },
};

use crate::{
    BadStanza, Payloads,
    bad_stanza::{address, not_a_stanza, unknown_type},
};

/// A presence stanza ([RFC 6121 §4](https://www.rfc-editor.org/rfc/rfc6121#section-4)).
///
/// ```
/// # use xmpp_stanza::{Presence, Show};
/// # use xmpp_stanza::core::xml::Element;
/// let away = Presence::available().with_show(Show::Away).with_status("at lunch").with_priority(5);
/// assert_eq!(
///     Element::from_xml(&away),
///     "<presence xmlns='jabber:client'><show>away</show><status>at lunch</status>\
///      <priority>5</priority></presence>".parse::<Element>()?
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The recipient; without one, everybody who is subscribed.
    pub to: Option<Jid>,
    /// The sender, as the server stamped it.
    pub from: Option<Jid>,
    /// The sender's name for this stanza.
    pub id: Option<String>,
    /// What it says or asks.
    pub presence_type: PresenceType,
    /// The language of all text in it that does not name its own (`xml:lang`).
    pub lang: Option<String>,
    /// All children, show, status and priority included.
    pub payloads: Payloads,
}

/// The `type` of a presence ([RFC 6121
/// §4.7.1](https://www.rfc-editor.org/rfc/rfc6121#section-4.7.1)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, XmlText)]
pub enum PresenceType {
    /// Available: written as no `type` at all. (`available` is no value of the attribute.)
    #[default]
    #[xml(name = "")]
    Available,
    /// The answer to a presence that could not be processed.
    Error,
    /// A server asks for the current presence.
    Probe,
    /// The sender wants to see the recipient's presence.
    Subscribe,
    /// The sender lets the recipient see its presence.
    Subscribed,
    /// Not available any more.
    Unavailable,
    /// The sender no longer wants to see the recipient's presence.
    Unsubscribe,
    /// The sender refuses, or ends, the recipient's subscription.
    Unsubscribed,
}

/// How available an entity is ([RFC 6121
/// §4.7.2.1](https://www.rfc-editor.org/rfc/rfc6121#section-4.7.2.1)); without one it is simply
/// available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum Show {
    /// Temporarily away.
    Away,
    /// Keen to chat.
    Chat,
    /// Busy: "do not disturb".
    Dnd,
    /// Away for long: "extended away".
    Xa,
}

impl Presence {
    /// A presence of that type.
    pub fn new(presence_type: PresenceType) -> Self {
        Self {
            presence_type,
            ..Self::default()
        }
    }

    /// An available presence.
    pub fn available() -> Self {
        Self::default()
    }

    /// An unavailable presence.
    pub fn unavailable() -> Self {
        Self::new(PresenceType::Unavailable)
    }

    /// Reads a presence.
    ///
    /// # Errors
    ///
    /// [`BadStanza`] when it is no presence, its type is unknown or an address is invalid.
    pub fn from_element(element: ElementRef<'_>) -> Result<Self, BadStanza> {
        if !element.is("presence", ns::CLIENT) {
            return Err(not_a_stanza(element));
        }
        let presence_type = match element.attr("type") {
            None => PresenceType::Available,
            Some(value) => PresenceType::from_xml_text(&value)
                .ok()
                .filter(|t| *t != PresenceType::Available)
                .ok_or_else(|| unknown_type(&value))?,
        };
        Ok(Self {
            to: address(element, "to")?,
            from: address(element, "from")?,
            id: element.attr("id").map(Cow::into_owned),
            presence_type,
            lang: element.attr_ns("lang", ns::XML).map(Cow::into_owned),
            payloads: Payloads::of(element),
        })
    }

    /// The same with another recipient.
    #[must_use]
    pub fn with_to(mut self, to: impl Into<Jid>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// The same with another sender. A client leaves it to its server.
    #[must_use]
    pub fn with_from(mut self, from: impl Into<Jid>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// The same with another id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same with that availability.
    #[must_use]
    pub fn with_show(mut self, show: Show) -> Self {
        self.payloads.set_texts("show", &show.as_str().into());
        self
    }

    /// The same with this text for people instead of its statuses; a [`LangMap`] for several
    /// languages.
    #[must_use]
    pub fn with_status(mut self, status: impl Into<LangMap>) -> Self {
        self.payloads.set_texts("status", &status.into());
        self
    }

    /// The same with that priority.
    #[must_use]
    pub fn with_priority(mut self, priority: i8) -> Self {
        let text = LangMap::from(priority.to_string());
        self.payloads.set_texts("priority", &text);
        self
    }

    /// The same with one more payload.
    #[must_use]
    pub fn with_payload(mut self, payload: &impl WriteXml) -> Self {
        self.payloads.push(payload);
        self
    }

    /// How available the sender is. `None` for simply available, also where the value is unknown.
    pub fn show(&self) -> Option<Show> {
        let text = self.payloads.text("show")?;
        Show::from_xml_text(&text).ok()
    }

    /// The status without a language of its own, else the first one. See [`Presence::statuses`].
    pub fn status(&self) -> Option<Cow<'_, str>> {
        self.payloads.text("status")
    }

    /// The statuses by language.
    pub fn statuses(&self) -> LangMap {
        self.payloads.texts("status")
    }

    /// The priority of the sending resource; 0 without one, also where the value is out of range.
    pub fn priority(&self) -> i8 {
        self.payloads
            .text("priority")
            .and_then(|text| i8::from_xml_text(&text).ok())
            .unwrap_or_default()
    }

    /// The first payload of the type `P`, `None` when there is no such element.
    ///
    /// # Errors
    ///
    /// A [`PayloadError`] when there is such an element, but it breaks its schema.
    pub fn payload<P: Payload>(&self) -> Result<Option<P>, PayloadError> {
        self.payloads.get()
    }

    /// The answer that says why this presence was not processed; `None` for an error.
    ///
    /// Presence without a type deserves one only from an entity that it asks something of, as a
    /// room does of those who enter (STZ-11).
    pub fn error(&self, error: &StanzaError) -> Option<Self> {
        (self.presence_type != PresenceType::Error).then(|| Self {
            to: self.from.clone(),
            from: self.to.clone(),
            id: self.id.clone(),
            presence_type: PresenceType::Error,
            lang: None,
            payloads: Payloads::from_iter([Element::from_xml(error)]),
        })
    }

    /// What an error presence says; `None` for every other type.
    pub fn stanza_error(&self) -> Option<StanzaError> {
        (self.presence_type == PresenceType::Error).then(|| crate::error_of(&self.payloads))
    }
}

impl WriteXml for Presence {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let tag = w.start("presence", ns::CLIENT);
        w.opt_attr("from", self.from.as_ref().map(Jid::as_str));
        w.opt_attr("to", self.to.as_ref().map(Jid::as_str));
        if self.presence_type != PresenceType::Available {
            w.attr("type", self.presence_type.as_str());
        }
        w.opt_attr("id", self.id.as_deref());
        w.opt_attr("xml:lang", self.lang.as_deref());
        self.payloads.write(w);
        w.end(tag);
    }
}
