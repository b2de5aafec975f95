//! What the tests of all payloads share.

use std::fmt::Debug;

use xmpp_core::xml::{Element, Payload};

/// Reads a payload, checks that writing it gives the same element again, and hands it back.
#[track_caller]
pub(crate) fn round_trip<P: Payload + PartialEq + Debug>(xml: &str) -> P {
    let element: Element = xml.parse().expect("well-formed");
    let payload = P::from_element(element.root()).expect("valid");
    assert_eq!(Element::from_xml(&payload), element);
    payload
}

/// Reads a payload that is written in another, canonical way; hands it back after a round trip.
#[track_caller]
pub(crate) fn canonical<P: Payload + PartialEq + Debug>(xml: &str) -> P {
    let element: Element = xml.parse().expect("well-formed");
    let payload = P::from_element(element.root()).expect("valid");
    let written = Element::from_xml(&payload);
    assert_eq!(
        P::from_element(written.root()).as_ref(),
        Ok(&payload),
        "{written}"
    );
    payload
}

/// The error that reading a payload ends with, as text.
#[track_caller]
pub(crate) fn error<P: Payload + Debug>(xml: &str) -> String {
    let element: Element = xml.parse().expect("well-formed");
    P::from_element(element.root())
        .expect_err("invalid")
        .to_string()
}
