//! SASL as RFC 6120 §6 puts it into XML.

use crate::{
    sasl::{Failure, Malformed, base64},
    xml::{ElementRef, Writer, ns},
};

/// The data of `<auth/>`, `<challenge/>`, `<response/>` or `<success/>`: `None` for an element without text, which in
/// some of them means no data and in others empty data (SAS-3).
///
/// White space around and within the text is dropped, anything else that is not base64 refused (SAS-4).
pub(super) fn read_data(element: ElementRef<'_>) -> Result<Option<Vec<u8>>, Failure> {
    let mut text = element.text().into_owned();
    text.retain(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'));
    match text.as_str() {
        "" => Ok(None),
        "=" => Ok(Some(Vec::new())),
        text => base64::decode(text)
            .map(Some)
            .map_err(|_| Malformed::Base64.into()),
    }
}

/// Adds data as text; empty data is `=`, no data is no text (SAS-3).
pub(super) fn write_data(data: Option<&[u8]>, w: &mut Writer<'_>) {
    match data {
        None => {}
        Some([]) => w.text("="),
        Some(data) => w.text(&base64::encode(data)),
    }
}

/// Writes `<name xmlns='…xmpp-sasl'>data</name>`.
pub(super) fn write_element(name: &str, data: Option<&[u8]>, w: &mut Writer<'_>) {
    let tag = w.start(name, ns::SASL);
    write_data(data, w);
    w.end(tag);
}
