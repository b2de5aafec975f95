//! Messages (RFC 6121 §5).

use std::borrow::Cow;

use xmpp_core::{
    Jid, StanzaError, XmlText,
    xml::{Element, ElementRef, LangMap, Payload, PayloadError, WriteXml, Writer, ns, read},
};

use crate::{
    BadStanza, Payloads,
    bad_stanza::{address, not_a_stanza},
};

/// A message stanza ([RFC 6121 §5](https://www.rfc-editor.org/rfc/rfc6121#section-5)).
///
/// ```
/// # use xmpp_stanza::{Message, MessageType};
/// # use xmpp_stanza::core::{Jid, xml::Element};
/// let to: Jid = "room@rooms.example".parse()?;
/// let message = Message::groupchat(to).with_id("a1").with_body("Hello & welcome");
/// assert_eq!(
///     Element::from_xml(&message),
///     "<message xmlns='jabber:client' to='room@rooms.example' type='groupchat' id='a1'>\
///      <body>Hello &amp; welcome</body></message>".parse::<Element>()?
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The recipient; without one, the sender's own account.
    pub to: Option<Jid>,
    /// The sender, as the server stamped it.
    pub from: Option<Jid>,
    /// The sender's name for this message.
    pub id: Option<String>,
    /// What kind of conversation it belongs to.
    pub message_type: MessageType,
    /// The language of all text in it that does not name its own (`xml:lang`).
    pub lang: Option<String>,
    /// All children, bodies and subjects included.
    pub payloads: Payloads,
}

/// The `type` of a message ([RFC 6121
/// §5.2.2](https://www.rfc-editor.org/rfc/rfc6121#section-5.2.2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, XmlText)]
pub enum MessageType {
    /// In a one-to-one conversation.
    Chat,
    /// The answer to a message that could not be processed.
    Error,
    /// In a room with several occupants.
    Groupchat,
    /// A notice that expects no answer.
    Headline,
    /// On its own; also what an absent or unknown `type` means (STZ-2).
    #[default]
    Normal,
}

/// The conversation thread of a message ([RFC 6121
/// §5.2.5](https://www.rfc-editor.org/rfc/rfc6121#section-5.2.5)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, xmpp_core::Payload)]
#[xml(name = "thread", ns = ns::CLIENT)]
pub struct Thread {
    /// The thread this one branched from.
    #[xml(attr)]
    pub parent: Option<String>,
    /// An opaque name of the thread.
    #[xml(text)]
    pub id: String,
}

impl Thread {
    /// The thread of that name.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            parent: None,
            id: id.into(),
        }
    }
}

impl Message {
    /// An empty message of that type.
    pub fn new(message_type: MessageType) -> Self {
        Self {
            message_type,
            ..Self::default()
        }
    }

    /// An empty message in a one-to-one conversation with `to`.
    pub fn chat(to: impl Into<Jid>) -> Self {
        Self::new(MessageType::Chat).with_to(to)
    }

    /// An empty message to the room `to`.
    pub fn groupchat(to: impl Into<Jid>) -> Self {
        Self::new(MessageType::Groupchat).with_to(to)
    }

    /// Reads a message. An unknown type is [`MessageType::Normal`], as RFC 6121 §5.2.2 asks.
    ///
    /// # Errors
    ///
    /// [`BadStanza`] when it is no message or an address is invalid.
    pub fn from_element(element: ElementRef<'_>) -> Result<Self, BadStanza> {
        if !element.is("message", ns::CLIENT) {
            return Err(not_a_stanza(element));
        }
        Ok(Self {
            to: address(element, "to")?,
            from: address(element, "from")?,
            id: element.attr("id").map(Cow::into_owned),
            message_type: read::attr(element, "message", "type")
                .ok()
                .flatten()
                .unwrap_or_default(),
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

    /// The same with this text instead of its bodies; a [`LangMap`] for several languages.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<LangMap>) -> Self {
        self.payloads.set_texts("body", &body.into());
        self
    }

    /// The same with this subject instead of its subjects.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<LangMap>) -> Self {
        self.payloads.set_texts("subject", &subject.into());
        self
    }

    /// The same in another thread.
    #[must_use]
    pub fn with_thread(mut self, thread: &Thread) -> Self {
        self.payloads.set(thread);
        self
    }

    /// The same with one more payload.
    #[must_use]
    pub fn with_payload(mut self, payload: &impl WriteXml) -> Self {
        self.payloads.push(payload);
        self
    }

    /// The body without a language of its own, else the first one. See [`Message::bodies`].
    pub fn body(&self) -> Option<Cow<'_, str>> {
        self.payloads.text("body")
    }

    /// The bodies by language.
    pub fn bodies(&self) -> LangMap {
        self.payloads.texts("body")
    }

    /// The subject without a language of its own, else the first one. See [`Message::subjects`].
    pub fn subject(&self) -> Option<Cow<'_, str>> {
        self.payloads.text("subject")
    }

    /// The subjects by language.
    pub fn subjects(&self) -> LangMap {
        self.payloads.texts("subject")
    }

    /// The thread; one that cannot be read is none.
    pub fn thread(&self) -> Option<Thread> {
        self.payloads.get().ok().flatten()
    }

    /// The first payload of the type `P`, `None` when there is no such element.
    ///
    /// # Errors
    ///
    /// A [`PayloadError`] when there is such an element, but it breaks its schema.
    pub fn payload<P: Payload>(&self) -> Result<Option<P>, PayloadError> {
        self.payloads.get()
    }

    /// An empty answer in the same conversation: to its sender (to the room, for
    /// [`MessageType::Groupchat`]), of the same type and thread. `None` for an error, which must
    /// not be answered, and for a message without sender.
    ///
    /// In a room, one's own messages come back too: leave those unanswered.
    pub fn reply(&self) -> Option<Self> {
        let from = self.from.as_ref()?;
        let to = match self.message_type {
            MessageType::Error => return None,
            MessageType::Groupchat => from.to_bare().into(),
            _ => from.clone(),
        };
        let mut reply = Self::new(self.message_type).with_to(to);
        if let Some(thread) = self.payloads.child("thread", ns::CLIENT) {
            reply.payloads.push_element(thread.to_element().shrink());
        }
        Some(reply)
    }

    /// The answer that says why this message was not processed; `None` for an error (STZ-11).
    pub fn error(&self, error: &StanzaError) -> Option<Self> {
        (self.message_type != MessageType::Error).then(|| Self {
            to: self.from.clone(),
            from: self.to.clone(),
            id: self.id.clone(),
            message_type: MessageType::Error,
            lang: None,
            payloads: Payloads::from_iter([Element::from_xml(error)]),
        })
    }

    /// What an error message says; `None` for every other type.
    pub fn stanza_error(&self) -> Option<StanzaError> {
        (self.message_type == MessageType::Error).then(|| crate::error_of(&self.payloads))
    }
}

impl WriteXml for Message {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let tag = w.start("message", ns::CLIENT);
        w.opt_attr("from", self.from.as_ref().map(Jid::as_str));
        w.opt_attr("to", self.to.as_ref().map(Jid::as_str));
        if self.message_type != MessageType::Normal {
            w.attr("type", self.message_type.as_str());
        }
        w.opt_attr("id", self.id.as_deref());
        w.opt_attr("xml:lang", self.lang.as_deref());
        self.payloads.write(w);
        w.end(tag);
    }
}
