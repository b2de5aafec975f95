//! Reading certificates: no bytes panic, what is accepted has names that can be compared, and no second reading.

use x509_parser::{
    extensions::GeneralName,
    prelude::{FromDer, X509Certificate},
};
use xmpp_sasl::{Certificate, CertificateError, Peer};

/// The input is a certificate, and the value of a subjectAltName in another one.
pub fn x509_san(data: &[u8]) {
    check(data);
    if data.len() < 10_000 {
        check(&around(data));
    }
}

fn check(der: &[u8]) {
    let Ok(certificate) = Certificate::from_der(der) else {
        return;
    };
    let longer = Certificate::from_der(&[der, &[0]].concat()).map(|_| ());
    match longer {
        Err(CertificateError::TrailingData | CertificateError::TooLong { .. }) => {}
        other => panic!("a byte more: {other:?}"),
    }
    let shorter = Certificate::from_der(&der[..der.len() - 1]).map(|_| ());
    assert_eq!(shorter, Err(CertificateError::Malformed));
    if let Ok(peer) = certificate.peer() {
        names(der, &peer);
    }
}

fn names(der: &[u8], peer: &Peer) {
    let count = peer.accounts().len() + peer.domains().len() + peer.services().len();
    assert!(count <= 256);
    for account in peer.accounts() {
        assert!((1..=3071).contains(&account.len()));
        assert!(!account.contains(|c: char| c.is_control() || c.is_whitespace() || c == '*'));
    }
    for name in peer.domains() {
        assert!((1..=253).contains(&name.len()));
        assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    // The general parser forgives more; what we accept it reads as we do.
    let (_, general) = X509Certificate::from_der(der).expect("it is a certificate");
    let found = general.subject_alternative_name().expect("it occurs once");
    let found = found.map_or(&[][..], |names| &names.value.general_names);
    let domains: Vec<&str> = found
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
        .collect();
    assert_eq!(peer.domains(), domains);
}

/// A certificate with this value of the subjectAltName.
fn around(names: &[u8]) -> Vec<u8> {
    const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
    let time = tlv(0x17, b"260101000000Z");
    let key = [ED25519, &tlv(3, &[0; 33])].concat();
    let extension = [&tlv(6, &[0x55, 0x1d, 0x11])[..], &tlv(4, names)].concat();
    let signed = [
        tlv(0xa0, &[2, 1, 2]),
        vec![2, 1, 1],
        ED25519.to_vec(),
        tlv(0x30, b""),
        tlv(0x30, &time.repeat(2)),
        tlv(0x30, b""),
        tlv(0x30, &key),
        tlv(0xa3, &tlv(0x30, &tlv(0x30, &extension))),
    ];
    let parts = [
        tlv(0x30, &signed.concat()),
        ED25519.to_vec(),
        tlv(3, &[0; 65]),
    ];
    tlv(0x30, &parts.concat())
}

/// One element of DER.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("it is short");
    let [high, low] = length.to_be_bytes();
    let head = match length {
        ..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&head, content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_reach_the_reader() {
        let der = around(include_bytes!("../seeds/x509_san/san-all"));
        let peer = Certificate::from_der(&der).unwrap().peer().unwrap();
        assert_eq!(peer.accounts(), ["juliet@example.org"]);
        assert_eq!(peer.domains(), ["*.example.org"]);
        assert_eq!(peer.services().len(), 1);
        let der = around(include_bytes!("../seeds/x509_san/san-nul"));
        let error = Certificate::from_der(&der).unwrap().peer().unwrap_err();
        assert_eq!(error, CertificateError::ProhibitedName);
    }
}
