//! XEP-0363: HTTP File Upload, version 1.2.0.

use std::fmt;

use xmpp_core::{
    Payload, StanzaError, StanzaErrorCondition, StanzaErrorType,
    xml::{Element, PayloadError, ns},
};

use crate::DateTime;

/// Asks for a place to upload a file to ([XEP-0363 §4](https://xmpp.org/extensions/xep-0363.html)),
/// in an `iq` of type `get`.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "request", ns = ns::HTTP_UPLOAD)]
pub struct UploadRequest {
    /// The file's name, untrusted: a server must not use it as a path.
    #[xml(attr)]
    pub filename: String,
    /// Its size in bytes.
    #[xml(attr)]
    pub size: u64,
    /// Its media type.
    #[xml(attr)]
    pub content_type: Option<String>,
    /// What it is for (XEP-0363 §5).
    #[xml(child)]
    pub purpose: Option<UploadPurpose>,
}

/// What an upload is for ([XEP-0363 §5](https://xmpp.org/extensions/xep-0363.html)).
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(
    ns = "urn:xmpp:http:upload:purpose:0",
    name = "message|profile|ephemeral|permanent"
)]
pub enum UploadPurpose {
    /// To be sent in a message.
    Message,
    /// A picture of a profile.
    Profile,
    /// Only for a while.
    Ephemeral(UploadEphemeral),
    /// For ever.
    Permanent,
}

/// A file that is needed for a while only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "ephemeral", ns = "urn:xmpp:http:upload:purpose:0")]
pub struct UploadEphemeral {
    /// Until when.
    #[xml(attr)]
    pub expire_before: Option<DateTime>,
}

/// A place to upload a file to ([XEP-0363 §4](https://xmpp.org/extensions/xep-0363.html)).
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "slot", ns = ns::HTTP_UPLOAD)]
pub struct UploadSlot {
    /// Where to upload it, by PUT.
    #[xml(child)]
    pub put: UploadPut,
    /// Where it will be, by GET.
    #[xml(child)]
    pub get: UploadGet,
}

/// Where to upload a file, by PUT.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "put", ns = ns::HTTP_UPLOAD)]
pub struct UploadPut {
    /// The URL.
    #[xml(attr)]
    pub url: String,
    /// Headers to send, as they were received. Use [`UploadPut::allowed_headers`].
    #[xml(child)]
    pub headers: Vec<UploadHeader>,
}

/// Where a file will be, by GET.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "get", ns = ns::HTTP_UPLOAD)]
pub struct UploadGet {
    /// The URL.
    #[xml(attr)]
    pub url: String,
}

/// A header to send with the file.
#[derive(Clone, PartialEq, Eq, Payload)]
#[xml(name = "header", ns = ns::HTTP_UPLOAD)]
pub struct UploadHeader {
    /// Its name.
    #[xml(attr)]
    pub name: String,
    /// Its value.
    #[xml(text)]
    pub value: String,
}

/// Without the value, which lets anyone upload.
impl fmt::Debug for UploadHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadHeader")
            .field("name", &self.name)
            .field("value", &"…")
            .finish()
    }
}

/// Says in an error how large a file may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "file-too-large", ns = ns::HTTP_UPLOAD)]
pub struct FileTooLarge {
    /// The most bytes.
    #[xml(child_text)]
    pub max_file_size: Option<u64>,
}

/// Says in an error when to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "retry", ns = ns::HTTP_UPLOAD)]
pub struct UploadRetry {
    /// Not before this time.
    #[xml(attr)]
    pub stamp: DateTime,
}

/// Why a slot is not to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSlot {
    /// A URL that is not `https`, which XEP-0363 demands of both.
    #[error("a URL of a slot is not https")]
    NotHttps,
    /// A URL with a space, a control character or a character beyond ASCII.
    #[error("a URL of a slot has a forbidden character")]
    BadUrl,
}

impl UploadRequest {
    /// Asks for a place for a file.
    pub fn new(filename: impl Into<String>, size: u64) -> Self {
        Self {
            filename: filename.into(),
            size,
            content_type: None,
            purpose: None,
        }
    }

    /// Reads a request as a service should take it.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] also for an empty file name and for size 0 (XEP-0363 §4 asks for a positive
    /// one).
    pub fn checked(self) -> Result<Self, PayloadError> {
        if self.size == 0 {
            return Err(PayloadError::invalid(
                "request",
                "size",
                "0",
                "not positive",
            ));
        }
        if self.filename.trim().is_empty() {
            let name = &self.filename;
            return Err(PayloadError::invalid("request", "filename", name, "empty"));
        }
        Ok(self)
    }
}

impl UploadSlot {
    /// A place to upload a file to.
    pub fn new(put: impl Into<String>, get: impl Into<String>) -> Self {
        Self {
            put: UploadPut {
                url: put.into(),
                headers: Vec::new(),
            },
            get: UploadGet { url: get.into() },
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.put.headers.push(UploadHeader {
            name: name.into(),
            value: value.into(),
        });
        self
    }

    /// Whether both URLs may be used.
    ///
    /// # Errors
    ///
    /// [`BadSlot`] says why not.
    pub fn check(&self) -> Result<(), BadSlot> {
        for url in [&self.put.url, &self.get.url] {
            if !url
                .get(..8)
                .is_some_and(|s| s.eq_ignore_ascii_case("https://"))
            {
                return Err(BadSlot::NotHttps);
            }
            if !url.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(BadSlot::BadUrl);
            }
        }
        Ok(())
    }
}

impl UploadPut {
    /// The headers that a client may send: `Authorization`, `Cookie` and `Expires`, without those
    /// that hold a line end or another control character (XEP-0363 §4). All others are to be passed
    /// over.
    pub fn allowed_headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().filter_map(|header| {
            let name = ["Authorization", "Cookie", "Expires"]
                .into_iter()
                .find(|name| name.eq_ignore_ascii_case(header.name.trim()))?;
            let clean = !header.value.chars().any(|c| c.is_control() && c != '\t');
            clean.then_some((name, header.value.as_str()))
        })
    }
}

impl FileTooLarge {
    /// The error for a file of more than `max` bytes.
    pub fn error(max: u64) -> StanzaError {
        let payload = Self {
            max_file_size: Some(max),
        };
        StanzaError::new(StanzaErrorCondition::NotAcceptable)
            .with_text(format!("the file is larger than {max} bytes"))
            .with_application(Element::from_xml(&payload))
    }
}

impl UploadRetry {
    /// The error for a quota that is used up until `stamp`.
    pub fn error(stamp: DateTime) -> StanzaError {
        StanzaError::new(StanzaErrorCondition::ResourceConstraint)
            .with_type(StanzaErrorType::Wait)
            .with_application(Element::from_xml(&Self { stamp }))
    }
}

#[cfg(test)]
mod tests {
    use xmpp_core::xml::Payload as _;

    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn requests() {
        let request: UploadRequest = round_trip(
            "<request xmlns='urn:xmpp:http:upload:0' filename='très cool.jpg' size='23456' content-type='image/jpeg'/>",
        );
        assert_eq!(
            (request.size, request.filename.as_str()),
            (23456, "très cool.jpg")
        );
        assert!(request.checked().is_ok());
        for (purpose, expected) in [
            (
                "<message xmlns='urn:xmpp:http:upload:purpose:0'/>",
                UploadPurpose::Message,
            ),
            (
                "<profile xmlns='urn:xmpp:http:upload:purpose:0'/>",
                UploadPurpose::Profile,
            ),
            (
                "<permanent xmlns='urn:xmpp:http:upload:purpose:0'/>",
                UploadPurpose::Permanent,
            ),
            (
                "<ephemeral xmlns='urn:xmpp:http:upload:purpose:0' expire-before='2025-09-10T23:08:25Z'/>",
                UploadPurpose::Ephemeral(UploadEphemeral {
                    expire_before: Some("2025-09-10T23:08:25Z".parse().unwrap()),
                }),
            ),
        ] {
            let request: UploadRequest = round_trip(&format!(
                "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'>{purpose}</request>"
            ));
            assert_eq!(request.purpose, Some(expected));
        }
        assert!(UploadRequest::new("a", 0).checked().is_err());
        assert!(UploadRequest::new(" ", 1).checked().is_err());
    }

    #[test]
    fn slots() {
        let slot: UploadSlot = round_trip(
            "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://up.example/4a77/tr%C3%A8s%20cool.jpg'>\
             <header name='Authorization'>Basic Base64String==</header><header name='Cookie'>foo=bar; user=romeo</header>\
             </put><get url='https://down.example/4a77/tr%C3%A8s%20cool.jpg'/></slot>",
        );
        assert_eq!(slot.check(), Ok(()));
        assert_eq!(
            slot.put.allowed_headers().collect::<Vec<_>>(),
            [
                ("Authorization", "Basic Base64String=="),
                ("Cookie", "foo=bar; user=romeo")
            ]
        );
        assert!(!format!("{slot:?}").contains("Base64String"));
    }

    /// CR or LF in headers, headers outside the allowed three.
    #[test]
    fn other_headers_are_not_sent() {
        let slot = UploadSlot::new("https://a/b", "https://a/b")
            .with_header("Host", "evil.example")
            .with_header("cookie ", "fine")
            .with_header("Expires", "now\r\nHost: evil.example")
            .with_header("Authorization", "a\u{0}b")
            .with_header("Content-Type", "text/html");
        assert_eq!(
            slot.put.allowed_headers().collect::<Vec<_>>(),
            [("Cookie", "fine")]
        );
    }

    #[test]
    fn other_urls_are_not_used() {
        for (url, expected) in [
            ("http://a/b", BadSlot::NotHttps),
            ("https:/", BadSlot::NotHttps),
            ("javascript:alert(1)", BadSlot::NotHttps),
            ("https://a/b c", BadSlot::BadUrl),
            ("https://a/\r\nb", BadSlot::BadUrl),
            ("https://ä/b", BadSlot::BadUrl),
        ] {
            assert_eq!(
                UploadSlot::new(url, "https://a/b").check(),
                Err(expected),
                "{url}"
            );
            assert_eq!(
                UploadSlot::new("HTTPS://a/b", url).check(),
                Err(expected),
                "{url}"
            );
        }
    }

    #[test]
    fn errors() {
        let large: FileTooLarge = round_trip(
            "<file-too-large xmlns='urn:xmpp:http:upload:0'><max-file-size>20000</max-file-size></file-too-large>",
        );
        let error = FileTooLarge::error(20_000);
        assert_eq!(
            FileTooLarge::from_element(error.application.unwrap().root()),
            Ok(large)
        );
        let retry: UploadRetry =
            round_trip("<retry xmlns='urn:xmpp:http:upload:0' stamp='2017-12-03T23:42:05Z'/>");
        assert_eq!(
            UploadRetry::error(retry.stamp).error_type,
            StanzaErrorType::Wait
        );
    }

    #[test]
    fn malformed() {
        for (xml, expected) in [
            ("size='1'", "<request/> has no attribute 'filename'"),
            ("filename='a'", "<request/> has no attribute 'size'"),
            (
                "filename='a' size='-1'",
                "<request/>: invalid size '-1': invalid digit found in string",
            ),
        ] {
            let xml = format!("<request xmlns='urn:xmpp:http:upload:0' {xml}/>");
            assert_eq!(error::<UploadRequest>(&xml), expected);
        }
        for (xml, expected) in [
            ("<get url=''/>", "<slot/> has no child <put/>"),
            ("<put url=''/>", "<slot/> has no child <get/>"),
            ("<put/><get url=''/>", "<put/> has no attribute 'url'"),
            ("<put url=''/><get/>", "<get/> has no attribute 'url'"),
            (
                "<put url=''><header/></put>",
                "<header/> has no attribute 'name'",
            ),
        ] {
            let xml = format!("<slot xmlns='urn:xmpp:http:upload:0'>{xml}</slot>");
            assert_eq!(error::<UploadSlot>(&xml), expected);
        }
        assert_eq!(
            error::<UploadRetry>("<retry xmlns='urn:xmpp:http:upload:0'/>"),
            "<retry/> has no attribute 'stamp'"
        );
    }
}
