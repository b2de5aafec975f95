//! Info/query: requests and their answers (RFC 6120 §8.2.3).

use std::borrow::Cow;

use xmpp_core::{
    Jid, StanzaError, XmlText,
    xml::{Element, ElementRef, Payload, PayloadError, WriteXml, Writer, XmlText as _, ns},
};

use crate::{
    BadStanza, TypedIqContent,
    bad_stanza::{address, not_a_stanza, unknown_type},
};

/// An info/query stanza ([RFC 6120 §8.2.3](https://www.rfc-editor.org/rfc/rfc6120#section-8.2.3)):
/// a request, or the answer to one.
///
/// A request is made by [`Iq::get`] or [`Iq::set`] and sent through
/// [`IqTracker::request`](crate::IqTracker::request), which gives it an id. An answer is made from
/// the request: [`Iq::reply`], [`Iq::result`], [`Iq::error`].
///
/// ```
/// # use xmpp_stanza::{Iq, Ping, core::xml::Element};
/// let element: Element = "<iq xmlns='jabber:client' type='get' id='p1' from='capulet.example'>\
///                         <ping xmlns='urn:xmpp:ping'/></iq>".parse()?;
/// let iq = Iq::from_element(element.root())?;
/// if let Some(Ping) = iq.get_payload()? {
///     let pong = iq.result().expect("a request");
///     assert_eq!(pong.to, Some("capulet.example".parse()?));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iq {
    /// The recipient; without one, the sender's own account.
    pub to: Option<Jid>,
    /// The sender, as the server stamped it.
    pub from: Option<Jid>,
    /// The name that ties the answer to the request. Empty in a request that is not sent yet.
    pub id: String,
    /// The language of all text in it that does not name its own (`xml:lang`).
    pub lang: Option<String>,
    /// Type and content.
    pub content: IqContent,
}

/// What an [`Iq`] says: its type and what that type carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IqContent {
    /// A request for information.
    Get(Element),
    /// A request to change something.
    Set(Element),
    /// The answer to a request that was carried out.
    Result(Option<Element>),
    /// The answer to a request that was not.
    Error {
        /// Why.
        error: StanzaError,
        /// The request, which the answer may repeat.
        request: Option<Element>,
    },
}

/// The `type` of an [`Iq`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum IqType {
    /// A request for information.
    Get,
    /// A request to change something.
    Set,
    /// The answer to a request that was carried out.
    Result,
    /// The answer to a request that was not.
    Error,
}

impl IqType {
    /// Whether it asks for an answer.
    pub const fn is_request(self) -> bool {
        matches!(self, Self::Get | Self::Set)
    }
}

impl Iq {
    /// A request for information, without addresses and without an id.
    pub fn get(payload: &impl WriteXml) -> Self {
        Self::new(IqContent::Get(Element::from_xml(payload)))
    }

    /// A request to change something, without addresses and without an id.
    pub fn set(payload: &impl WriteXml) -> Self {
        Self::new(IqContent::Set(Element::from_xml(payload)))
    }

    const fn new(content: IqContent) -> Self {
        Self {
            to: None,
            from: None,
            id: String::new(),
            lang: None,
            content,
        }
    }

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
        let id = element.attr("id").ok_or(BadStanza::MissingId)?;
        let value = element.attr("type").ok_or(BadStanza::MissingType)?;
        let iq_type = IqType::from_xml_text(&value).map_err(|_| unknown_type(&value))?;
        Ok(Self {
            to: address(element, "to")?,
            from: address(element, "from")?,
            id: id.into_owned(),
            lang: element.attr_ns("lang", ns::XML).map(Cow::into_owned),
            content: IqContent::read(element, iq_type)?,
        })
    }

    /// The same to another recipient.
    #[must_use]
    pub fn with_to(mut self, to: impl Into<Jid>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// The same from another sender. A client leaves it to its server.
    #[must_use]
    pub fn with_from(mut self, from: impl Into<Jid>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// The same with another id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Its type.
    pub const fn iq_type(&self) -> IqType {
        match self.content {
            IqContent::Get(_) => IqType::Get,
            IqContent::Set(_) => IqType::Set,
            IqContent::Result(_) => IqType::Result,
            IqContent::Error { .. } => IqType::Error,
        }
    }

    /// Whether it asks for an answer.
    pub const fn is_request(&self) -> bool {
        self.iq_type().is_request()
    }

    /// The payload of a request or a result.
    pub fn element(&self) -> Option<&Element> {
        match &self.content {
            IqContent::Get(element) | IqContent::Set(element) => Some(element),
            IqContent::Result(element) => element.as_ref(),
            IqContent::Error { .. } => None,
        }
    }

    /// The payload of a request or a result, if it is a `P`.
    ///
    /// # Errors
    ///
    /// A [`PayloadError`] when there is such an element, but it breaks its schema.
    pub fn payload<P: Payload>(&self) -> Result<Option<P>, PayloadError> {
        self.element().map_or(Ok(None), read)
    }

    /// As [`Iq::payload`], for type `get` only.
    ///
    /// # Errors
    ///
    /// As [`Iq::payload`].
    pub fn get_payload<P: Payload>(&self) -> Result<Option<P>, PayloadError> {
        match &self.content {
            IqContent::Get(element) => read(element),
            _ => Ok(None),
        }
    }

    /// As [`Iq::payload`], for type `set` only.
    ///
    /// # Errors
    ///
    /// As [`Iq::payload`].
    pub fn set_payload<P: Payload>(&self) -> Result<Option<P>, PayloadError> {
        match &self.content {
            IqContent::Set(element) => read(element),
            _ => Ok(None),
        }
    }

    /// The answer with a payload; `None` when this is no request, for an answer is never answered
    /// (STZ-4).
    pub fn reply(&self, payload: &impl WriteXml) -> Option<Self> {
        self.answer(|| IqContent::Result(Some(Element::from_xml(payload))))
    }

    /// The answer that the request was carried out; `None` when this is no request.
    pub fn result(&self) -> Option<Self> {
        self.answer(|| IqContent::Result(None))
    }

    /// The answer that the request was not carried out; `None` when this is no request. The request
    /// is not repeated in it.
    pub fn error(&self, error: StanzaError) -> Option<Self> {
        self.answer(|| IqContent::Error {
            error,
            request: None,
        })
    }

    fn answer(&self, content: impl FnOnce() -> IqContent) -> Option<Self> {
        self.is_request().then(|| Self {
            to: self.from.clone(),
            from: self.to.clone(),
            id: self.id.clone(),
            lang: None,
            content: content(),
        })
    }
}

impl IqContent {
    fn read(element: ElementRef<'_>, iq_type: IqType) -> Result<Self, BadStanza> {
        use TypedIqContent as Typed;
        Ok(match Typed::<Element>::read(element, iq_type)? {
            Typed::Get(payload) => Self::Get(payload),
            Typed::Set(payload) => Self::Set(payload),
            Typed::Result(payload) => Self::Result(payload),
            Typed::Error { error, request } => Self::Error { error, request },
        })
    }
}

impl WriteXml for Iq {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let tag = w.start("iq", ns::CLIENT);
        w.opt_attr("from", self.from.as_ref().map(Jid::as_str));
        w.opt_attr("to", self.to.as_ref().map(Jid::as_str));
        w.attr("type", self.iq_type().as_str());
        w.attr("id", &self.id);
        w.opt_attr("xml:lang", self.lang.as_deref());
        match &self.content {
            IqContent::Get(element) | IqContent::Set(element) => w.element(element.root()),
            IqContent::Result(element) => {
                if let Some(element) = element {
                    w.element(element.root());
                }
            }
            IqContent::Error { error, request } => {
                if let Some(request) = request {
                    w.element(request.root());
                }
                w.write(error);
            }
        }
        w.end(tag);
    }
}

fn read<P: Payload>(element: &Element) -> Result<Option<P>, PayloadError> {
    if P::matches(element.root()) {
        P::from_element(element.root()).map(Some)
    } else {
        Ok(None)
    }
}
