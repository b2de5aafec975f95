//! Presence (RFC 6121 §4) whose every child is read as a type.

use xmpp_core::{
    Jid,
    xml::{
        AnyPayload, ElementRef, LangMap, Namespace, Payload, PayloadError, PayloadScope, StartTag,
        WriteXml, Writer, XmlText, ns, read,
    },
};

use super::{Header, as_payload_error, write_header};
use crate::{
    BadStanza, PresenceType, Show,
    bad_stanza::{not_a_stanza, unknown_type},
};

/// A presence ([RFC 6121 §4](https://www.rfc-editor.org/rfc/rfc6121#section-4)) whose every child is read at once; see
/// [`TypedStanza`](crate::TypedStanza).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedPresence<P> {
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
    /// How available the sender is; `None` for simply available, also where the value is unknown.
    pub show: Option<Show>,
    /// The statuses by language.
    pub statuses: LangMap,
    /// The priority of the sending resource; 0 without one, also where the value is out of range.
    pub priority: i8,
    /// All other children, in order.
    pub payloads: Vec<P>,
}

impl<P> Default for TypedPresence<P> {
    fn default() -> Self {
        Self {
            to: None,
            from: None,
            id: None,
            presence_type: PresenceType::Available,
            lang: None,
            show: None,
            statuses: LangMap::new(),
            priority: 0,
            payloads: Vec::new(),
        }
    }
}

impl<P: AnyPayload> TypedPresence<P> {
    /// Reads a presence. Of several `show` or `priority` the first counts.
    ///
    /// # Errors
    ///
    /// [`BadStanza`] when it is no presence, its type is unknown or an address is invalid.
    pub fn from_element(element: ElementRef<'_>) -> Result<Self, BadStanza> {
        if !element.is("presence", ns::CLIENT) {
            return Err(not_a_stanza(element));
        }
        let header = Header::read(element)?;
        let presence_type = match header.stanza_type {
            None => PresenceType::Available,
            Some(value) => PresenceType::from_xml_text(&value)
                .ok()
                .filter(|t| *t != PresenceType::Available)
                .ok_or_else(|| unknown_type(&value))?,
        };
        let mut presence = Self {
            to: header.to,
            from: header.from,
            id: header.id,
            presence_type,
            lang: header.lang,
            ..Self::default()
        };
        let (mut show, mut priority) = (None, None);
        for child in element.children() {
            if child.is("status", ns::CLIENT) {
                presence.statuses.read(child);
            } else if child.is("show", ns::CLIENT) {
                show.get_or_insert_with(|| value(child));
            } else if child.is("priority", ns::CLIENT) {
                priority.get_or_insert_with(|| value(child));
            } else {
                read::make_room(&mut presence.payloads, child);
                presence.payloads.push(P::read(child));
            }
        }
        presence.show = show.flatten();
        presence.priority = priority.flatten().unwrap_or_default();
        Ok(presence)
    }
}

fn value<T: XmlText>(element: ElementRef<'_>) -> Option<T> {
    T::from_xml_text(&element.text()).ok()
}

impl<P: AnyPayload> WriteXml for TypedPresence<P> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let outer = w.start_tag(&const { StartTag::of::<Self>() });
        let presence_type = match self.presence_type {
            PresenceType::Available => None,
            other => Some(other),
        };
        let addresses = [&self.from, &self.to];
        write_header(
            w,
            addresses,
            presence_type,
            self.id.as_ref(),
            self.lang.as_ref(),
        );
        if let Some(show) = &self.show {
            w.value_element(("<show>", "</show>"), ns::CLIENT, show);
        }
        self.statuses
            .write_as(w, ("<status>", "</status>"), ns::CLIENT);
        if self.priority != 0 {
            w.value_element(("<priority>", "</priority>"), ns::CLIENT, &self.priority);
        }
        for payload in &self.payloads {
            w.write(payload);
        }
        w.end_tag(outer, "</presence>");
    }
}

/// Inside another stanza ([`Forwarded`](crate::Forwarded)).
impl<P: AnyPayload> Payload for TypedPresence<P> {
    const NAME: &'static str = "presence";
    const NAMESPACE: Namespace = ns::CLIENT;
    const SCOPE: PayloadScope = PayloadScope::Element;

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        Self::from_element(element).map_err(|error| as_payload_error("presence", &error))
    }
}
