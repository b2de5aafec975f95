//! Messages (RFC 6121 §5) whose every child is read as a type.

use xmpp_core::{
    Jid,
    xml::{
        AnyPayload, ElementRef, LangMap, Namespace, Payload, PayloadError, PayloadScope, StartTag,
        WriteXml, Writer, XmlText as _, ns, read,
    },
};

use super::{Header, as_payload_error, write_header};
use crate::{BadStanza, MessageType, Thread, bad_stanza::not_a_stanza};

/// A message ([RFC 6121 §5](https://www.rfc-editor.org/rfc/rfc6121#section-5)) whose every child is read at once; see
/// [`TypedStanza`](crate::TypedStanza).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedMessage<P> {
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
    /// The bodies by language.
    pub bodies: LangMap,
    /// The subjects by language.
    pub subjects: LangMap,
    /// The conversation thread.
    pub thread: Option<Thread>,
    /// All other children, in order.
    pub payloads: Vec<P>,
}

impl<P> Default for TypedMessage<P> {
    fn default() -> Self {
        Self {
            to: None,
            from: None,
            id: None,
            message_type: MessageType::Normal,
            lang: None,
            bodies: LangMap::new(),
            subjects: LangMap::new(),
            thread: None,
            payloads: Vec::new(),
        }
    }
}

impl<P: AnyPayload> TypedMessage<P> {
    /// Reads a message. An unknown type is [`MessageType::Normal`], as RFC 6121 §5.2.2 asks; of several threads the
    /// first counts.
    ///
    /// # Errors
    ///
    /// [`BadStanza`] when it is no message or an address is invalid.
    pub fn from_element(element: ElementRef<'_>) -> Result<Self, BadStanza> {
        if !element.is("message", ns::CLIENT) {
            return Err(not_a_stanza(element));
        }
        let header = Header::read(element)?;
        let mut message = Self {
            to: header.to,
            from: header.from,
            id: header.id,
            message_type: header
                .stanza_type
                .and_then(|value| MessageType::from_xml_text(&value).ok())
                .unwrap_or_default(),
            lang: header.lang,
            ..Self::default()
        };
        for child in element.children() {
            if child.is("body", ns::CLIENT) {
                message.bodies.read(child);
            } else if child.is("subject", ns::CLIENT) {
                message.subjects.read(child);
            } else if Thread::matches(child) {
                if message.thread.is_none() {
                    message.thread = Thread::from_matching(child).ok();
                }
            } else {
                read::make_room(&mut message.payloads, child);
                message.payloads.push(P::read(child));
            }
        }
        Ok(message)
    }
}

impl<P: AnyPayload> WriteXml for TypedMessage<P> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let outer = w.start_tag(&const { StartTag::of::<Self>() });
        let message_type = match self.message_type {
            MessageType::Normal => None,
            other => Some(other),
        };
        let addresses = [&self.from, &self.to];
        write_header(
            w,
            addresses,
            message_type,
            self.id.as_ref(),
            self.lang.as_ref(),
        );
        self.subjects
            .write_as(w, ("<subject>", "</subject>"), ns::CLIENT);
        self.bodies.write_as(w, ("<body>", "</body>"), ns::CLIENT);
        if let Some(thread) = &self.thread {
            w.write(thread);
        }
        for payload in &self.payloads {
            w.write(payload);
        }
        w.end_tag(outer, "</message>");
    }
}

/// Inside another stanza ([`Forwarded`](crate::Forwarded)).
impl<P: AnyPayload> Payload for TypedMessage<P> {
    const NAME: &'static str = "message";
    const NAMESPACE: Namespace = ns::CLIENT;
    const SCOPE: PayloadScope = PayloadScope::Element;

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        Self::from_element(element).map_err(|error| as_payload_error("message", &error))
    }
}
