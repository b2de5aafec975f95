//! That a certificate is what it looks like: nothing left over, nothing twice.
//!
//! The general parser forgives some of it. A name that one reader sees and another does not is a hole.

use super::CertificateError;
use super::der::{self, Reader};

/// Walks the certificate down to its extensions ([RFC 5280 §4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)).
pub(super) fn check(certificate: &[u8]) -> Result<(), CertificateError> {
    let mut outer = Reader::new(certificate);
    let content = outer
        .take(der::SEQUENCE)
        .ok_or(CertificateError::Malformed)?;
    if !outer.is_empty() {
        return Err(CertificateError::TrailingData);
    }
    let mut parts = Reader::new(content);
    let signed = parts.take(der::SEQUENCE);
    let signature = (parts.take(der::SEQUENCE), parts.take(der::BIT_STRING));
    match (signed, signature) {
        (Some(signed), (Some(_), Some(_))) if parts.is_empty() => check_signed(signed),
        _ => Err(CertificateError::Malformed),
    }
}

fn check_signed(signed: &[u8]) -> Result<(), CertificateError> {
    let extensions = extensions(signed).ok_or(CertificateError::Malformed)?;
    let mut seen = Vec::new();
    let mut list = Reader::new(extensions);
    while !list.is_empty() {
        let oid = extension(&mut list).ok_or(CertificateError::Malformed)?;
        if seen.contains(&oid) {
            return Err(CertificateError::RepeatedExtension);
        }
        // So many that finding one takes long; certificates have ten.
        if seen.len() >= 64 {
            return Err(CertificateError::Malformed);
        }
        seen.push(oid);
    }
    Ok(())
}

/// What is in the list of extensions; nothing where there is none.
fn extensions(signed: &[u8]) -> Option<&[u8]> {
    let mut parts = Reader::new(signed);
    parts.skip(0xa0)?; // version
    parts.take(der::INTEGER)?; // serial number
    for _ in 0..5 {
        parts.take(der::SEQUENCE)?; // signature, issuer, validity, subject, key
    }
    parts.skip(0x81)?; // unique identifiers, which nobody uses
    parts.skip(0x82)?;
    if parts.is_empty() {
        return Some(&[]);
    }
    let extensions = parts.take(0xa3)?;
    if !parts.is_empty() {
        return None;
    }
    der::only(extensions, der::SEQUENCE)
}

/// The identifier of the next extension.
fn extension<'a>(list: &mut Reader<'a>) -> Option<&'a [u8]> {
    let mut parts = Reader::new(list.take(der::SEQUENCE)?);
    let oid = parts.take(der::OID)?;
    parts.skip(der::BOOLEAN)?;
    parts.take(der::OCTET_STRING)?;
    parts.is_empty().then_some(oid)
}
