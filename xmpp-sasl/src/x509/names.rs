//! The names in a certificate's subjectAltName ([RFC 5280 §4.2.1.6], [RFC 6120 §13.7.1]).
//!
//! [RFC 5280 §4.2.1.6]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6
//! [RFC 6120 §13.7.1]: https://www.rfc-editor.org/rfc/rfc6120#section-13.7.1

use super::CertificateError::{self, MalformedNames, ProhibitedName, WrongTag};
use super::der::{self, Reader};

/// id-on-xmppAddr, 1.3.6.1.5.5.7.8.5.
const XMPP_ADDR: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x05];
/// id-on-dnsSRV, 1.3.6.1.5.5.7.8.7 (RFC 4985).
const DNS_SRV: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x07];

/// What a JID may have at most (RFC 7622 §3.1).
const MAX_ADDRESS: usize = 3 * 1023 + 2;
/// What a domain name may have at most.
const MAX_DOMAIN: usize = 253;

/// The names of the kinds that matter here, in the certificate's order.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) addresses: Vec<String>,
    pub(super) domains: Vec<String>,
    pub(super) services: Vec<(String, String)>,
}

impl Names {
    /// Reads the value of the extension. One bad entry spoils them all: who made it wanted two readers to differ.
    pub(super) fn read(extension: &[u8], maximum: usize) -> Result<Self, CertificateError> {
        let list = der::only(extension, der::SEQUENCE).ok_or(MalformedNames)?;
        let mut entries = Reader::new(list);
        if entries.is_empty() {
            return Err(MalformedNames);
        }
        let mut names = Self::default();
        let mut count = 0_usize;
        while !entries.is_empty() {
            count += 1;
            if count > maximum {
                return Err(CertificateError::TooManyNames { maximum });
            }
            match entries.any().ok_or(MalformedNames)? {
                (0xa0, other) => names.other(other)?,
                (0x82, domain) => names.domains.push(visible(domain)?.to_owned()),
                // Mail addresses, X.400, directory names, EDI, URIs, IP addresses, registered identifiers.
                (0x81 | 0xa3 | 0xa4 | 0xa5 | 0x86 | 0x87 | 0x88, _) => {}
                _ => return Err(MalformedNames),
            }
        }
        Ok(names)
    }

    /// An otherName: what kind it is of, and its value.
    fn other(&mut self, other: &[u8]) -> Result<(), CertificateError> {
        let mut parts = Reader::new(other);
        let kind = parts.take(der::OID).ok_or(MalformedNames)?;
        let value = parts.take(0xa0).ok_or(MalformedNames)?;
        let mut inner = Reader::new(value);
        let (tag, text) = inner.any().ok_or(MalformedNames)?;
        if !parts.is_empty() || !inner.is_empty() {
            return Err(MalformedNames);
        }
        match kind {
            XMPP_ADDR if tag != der::UTF8_STRING => Err(WrongTag),
            XMPP_ADDR => {
                self.addresses.push(address(text)?.to_owned());
                Ok(())
            }
            DNS_SRV if tag != der::IA5_STRING => Err(WrongTag),
            DNS_SRV => {
                let (service, domain) = service(text).ok_or(ProhibitedName)?;
                self.services.push((service.to_owned(), domain.to_owned()));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// An address: no wildcard, which it has not, and nothing that is cut off or invisible where people read it.
fn address(text: &[u8]) -> Result<&str, CertificateError> {
    let text = std::str::from_utf8(text).map_err(|_| MalformedNames)?;
    let allowed = |c: char| !c.is_control() && !c.is_whitespace() && c != '*';
    if text.is_empty() || text.len() > MAX_ADDRESS || !text.chars().all(allowed) {
        return Err(ProhibitedName);
    }
    Ok(text)
}

/// A host name, perhaps with a wildcard; [`matches_domain`](crate::matches_domain) knows what it stands for.
fn visible(text: &[u8]) -> Result<&str, CertificateError> {
    if text.is_empty() || text.len() > MAX_DOMAIN || !text.iter().all(u8::is_ascii_graphic) {
        return Err(ProhibitedName);
    }
    std::str::from_utf8(text).map_err(|_| ProhibitedName)
}

/// `_service.domain` (RFC 4985 §2).
fn service(text: &[u8]) -> Option<(&str, &str)> {
    let (service, domain) = visible(text).ok()?.split_once('.')?;
    let label = service.strip_prefix('_')?;
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let named = !label.is_empty() && label.bytes().all(is_label);
    (named && !domain.is_empty() && !domain.contains('*')).then_some((service, domain))
}
