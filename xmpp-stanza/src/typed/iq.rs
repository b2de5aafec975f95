//! Info/query (RFC 6120 §8.2.3) whose payload is read as a type.

use xmpp_core::{
    Jid, StanzaError,
    xml::{
        AnyPayload, ElementRef, Namespace, Payload, PayloadError, PayloadScope, StartTag, WriteXml,
        Writer, XmlText as _, ns,
    },
};

use super::{Header, as_payload_error, write_header};
use crate::{
    BadStanza, IqType,
    bad_stanza::{not_a_stanza, unknown_type},
};

/// An `iq` ([RFC 6120 §8.2.3](https://www.rfc-editor.org/rfc/rfc6120#section-8.2.3)) whose payload is read at once; see
/// [`TypedStanza`](crate::TypedStanza).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedIq<P> {
    /// The recipient; without one, the sender's own account.
    pub to: Option<Jid>,
    /// The sender, as the server stamped it.
    pub from: Option<Jid>,
    /// The name that ties the answer to the request. Empty in a request that is not sent yet.
    pub id: String,
    /// The language of all text in it that does not name its own (`xml:lang`).
    pub lang: Option<String>,
    /// Type and content.
    pub content: TypedIqContent<P>,
}

/// What a [`TypedIq`] says: its type and what that type carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedIqContent<P> {
    /// A request for information.
    Get(P),
    /// A request to change something.
    Set(P),
    /// The answer to a request that was carried out.
    Result(Option<P>),
    /// The answer to a request that was not.
    Error {
        /// Why.
        error: StanzaError,
        /// The request, which the answer may repeat.
        request: Option<P>,
    },
}

impl<P> TypedIq<P> {
    /// Its type.
    pub const fn iq_type(&self) -> IqType {
        match self.content {
            TypedIqContent::Get(_) => IqType::Get,
            TypedIqContent::Set(_) => IqType::Set,
            TypedIqContent::Result(_) => IqType::Result,
            TypedIqContent::Error { .. } => IqType::Error,
        }
    }

    /// The payload of a request or a result.
    pub const fn payload(&self) -> Option<&P> {
        match &self.content {
            TypedIqContent::Get(payload) | TypedIqContent::Set(payload) => Some(payload),
            TypedIqContent::Result(payload) => payload.as_ref(),
            TypedIqContent::Error { .. } => None,
        }
    }
}

impl<P: AnyPayload> TypedIq<P> {
    /// Reads an `iq`. One that breaks STZ-2 is answered by [`error_for`](crate::error_for) if it is
    /// a request, and dropped if it is an answer.
    ///
    /// # Errors
    ///
    /// [`BadStanza`] names the rule that is broken.
    pub fn from_element(element: ElementRef<'_>) -> Result<Self, BadStanza> {
        if !element.is("iq", ns::CLIENT) {
            return Err(not_a_stanza(element));
        }
        let header = Header::read(element)?;
        let id = header.id.ok_or(BadStanza::MissingId)?;
        let value = header.stanza_type.ok_or(BadStanza::MissingType)?;
        let iq_type = IqType::from_xml_text(&value).map_err(|_| unknown_type(&value))?;
        Ok(Self {
            to: header.to,
            from: header.from,
            id,
            lang: header.lang,
            content: TypedIqContent::read(element, iq_type)?,
        })
    }
}

impl<P: AnyPayload> TypedIqContent<P> {
    pub(crate) fn read(element: ElementRef<'_>, iq_type: IqType) -> Result<Self, BadStanza> {
        let mut children = element.children();
        if iq_type == IqType::Error {
            let (mut error, mut request) = (None, None);
            for child in children {
                if StanzaError::matches(child) {
                    error = error.or(Some(child));
                } else {
                    request = request.or(Some(child));
                }
            }
            return Ok(Self::Error {
                error: error
                    .and_then(|error| StanzaError::from_element(error).ok())
                    .ok_or(BadStanza::MissingError)?,
                request: request.map(P::read),
            });
        }
        let first = children.next();
        let more = children.count();
        match (iq_type, first, more) {
            (IqType::Get, Some(child), 0) => Ok(Self::Get(P::read(child))),
            (IqType::Set, Some(child), 0) => Ok(Self::Set(P::read(child))),
            (IqType::Result, child, 0) => Ok(Self::Result(child.map(P::read))),
            (_, first, more) => Err(BadStanza::PayloadCount {
                count: usize::from(first.is_some()) + more,
            }),
        }
    }
}

impl<P: AnyPayload> WriteXml for TypedIq<P> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let outer = w.start_tag(&const { StartTag::of::<Self>() });
        let iq_type = Some(self.iq_type());
        write_header(
            w,
            [&self.from, &self.to],
            iq_type,
            Some(&self.id),
            self.lang.as_ref(),
        );
        match &self.content {
            TypedIqContent::Get(payload) | TypedIqContent::Set(payload) => w.write(payload),
            TypedIqContent::Result(payload) => {
                if let Some(payload) = payload {
                    w.write(payload);
                }
            }
            TypedIqContent::Error { error, request } => {
                if let Some(request) = request {
                    w.write(request);
                }
                w.write(error);
            }
        }
        w.end_tag(outer, "</iq>");
    }
}

/// Inside another stanza ([`Forwarded`](crate::Forwarded)).
impl<P: AnyPayload> Payload for TypedIq<P> {
    const NAME: &'static str = "iq";
    const NAMESPACE: Namespace = ns::CLIENT;
    const SCOPE: PayloadScope = PayloadScope::Element;

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        Self::from_element(element).map_err(|error| as_payload_error("iq", &error))
    }
}
