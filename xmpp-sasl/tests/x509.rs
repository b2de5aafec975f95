//! What is read from certificates, and what is not. Each attack has a twin that differs in the attacked field only and
//! is accepted.
#![cfg(feature = "x509")]

mod common;

use common::Script;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SanType, SignatureAlgorithm, date_time_ymd,
};
use sha2::Digest as _;
use xmpp_sasl::*;

const JULIET: &str = "juliet@example.org";
const SAN: &[u64] = &[2, 5, 29, 17];
const XMPP_ADDR: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 8, 5];
const UTF8: u8 = 0x0c;
const IA5: u8 = 0x16;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("fixtures/x509/", $name, ".der"))
    };
}

/// One element of DER.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = vec![tag];
    match u8::try_from(length) {
        Ok(short @ ..0x80) => der.push(short),
        Ok(short) => der.extend([0x81, short]),
        Err(_) => {
            der.push(0x82);
            der.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    [&der, content].concat()
}

/// The elements of a constructed one.
fn children(mut content: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = content {
        let (length, rest) = match first {
            0x81 => (usize::from(rest[0]), &rest[1..]),
            0x82 => (usize::from(rest[0]) << 8 | usize::from(rest[1]), &rest[2..]),
            &short => (usize::from(short), rest),
        };
        found.push((*tag, &rest[..length]));
        content = &rest[length..];
    }
    found
}

fn join(parts: &[(u8, &[u8])]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|(tag, part)| tlv(*tag, part))
        .collect()
}

/// An otherName of kind 1.3.6.1.5.5.7.8.`kind`.
fn other_name(kind: u8, tag: u8, value: &[u8]) -> Vec<u8> {
    let oid = tlv(0x06, &[0x2b, 6, 1, 5, 5, 7, 8, kind]);
    tlv(0xa0, &[oid, tlv(0xa0, &tlv(tag, value))].concat())
}

fn address(text: impl AsRef<[u8]>) -> Vec<u8> {
    other_name(5, UTF8, text.as_ref())
}

fn service(text: impl AsRef<[u8]>) -> Vec<u8> {
    other_name(7, IA5, text.as_ref())
}

fn domain(text: impl AsRef<[u8]>) -> Vec<u8> {
    tlv(0x82, text.as_ref())
}

fn signed(params: &CertificateParams, algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
    let key = KeyPair::generate_for(algorithm).unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

/// A certificate with these values of subjectAltName, of which one is right.
fn certificate_with(extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.custom_extensions = extensions
        .iter()
        .map(|value| CustomExtension::from_oid_content(SAN, value.clone()))
        .collect();
    signed(&params, &PKCS_ECDSA_P256_SHA256)
}

fn certificate(names: &[Vec<u8>]) -> Vec<u8> {
    certificate_with(&[tlv(0x30, &names.concat())])
}

fn peer(der: &[u8]) -> Result<Peer, CertificateError> {
    Certificate::from_der(der)?.peer()
}

/// As a server would treat it: what is no identity is no reason to offer EXTERNAL.
fn logs_in(peer: Option<Peer>) -> Result<String, Failure> {
    let mut channel = TlsChannel::new();
    if let Some(peer) = peer {
        channel = channel.with_verified_peer(peer);
    }
    let channel = ChannelSecurity::Tls(channel);
    let config = ServerConfig::without_secret().answers([LookupKind::EXTERNAL]);
    let cx = SelectCx::new(&channel).with_server(&config);
    let registry = Registry::default();
    let mut login = registry.begin("EXTERNAL", &cx, &mut Script::default())?;
    let mut outcome = login.start(Some(b""))?;
    loop {
        outcome = match outcome {
            Outcome::Lookup(Lookup::External { .. }) => login.resolve(Answer::Accept)?,
            Outcome::Success { identity, .. } => return Ok(identity.authcid().to_owned()),
            other => panic!("{other:?}"),
        }
    }
}

fn no_identity(der: &[u8], error: &CertificateError) {
    assert_eq!(peer(der).as_ref(), Err(error));
    let failure = logs_in(peer(der).ok()).unwrap_err();
    assert_eq!(failure, Failure::InvalidMechanism);
    assert_eq!(failure.condition(), "invalid-mechanism");
}

/// The twin.
fn is_juliet(der: &[u8]) {
    assert_eq!(peer(der).unwrap().accounts(), [JULIET]);
    assert_eq!(logs_in(peer(der).ok()).unwrap(), JULIET);
}

#[test]
fn names_of_every_kind_are_read() {
    let der = certificate(&[
        address(JULIET),
        address("n\u{fc}rse@example.org"),
        domain("example.org"),
        domain("*.example.net"),
        service("_xmpp-client.example.org"),
        service("_xmpp-server.example.com"),
        tlv(0x81, b"romeo@example.org"),
        tlv(0x86, b"xmpp:romeo@example.org"),
        tlv(0x87, &[127, 0, 0, 1]),
        other_name(4, UTF8, b"romeo@example.org"),
    ]);
    let peer = peer(&der).unwrap();
    assert_eq!(peer.accounts(), [JULIET, "n\u{fc}rse@example.org"]);
    assert_eq!(peer.domains(), ["example.org", "*.example.net"]);
    let services = peer.services().iter();
    let services: Vec<_> = services.map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        services,
        [
            ("_xmpp-client", "example.org"),
            ("_xmpp-server", "example.com")
        ]
    );
    // As another program writes it.
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![
        SanType::OtherName((XMPP_ADDR.to_vec(), JULIET.into())),
        SanType::DnsName("example.org".try_into().unwrap()),
    ];
    is_juliet(&signed(&params, &PKCS_ED25519));
    is_juliet(fixture!("rsa-sha256"));
}

#[test]
fn subject_is_never_an_identity() {
    let subject = |with_address: bool| {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, JULIET);
        name.push(
            DnType::OrganizationalUnitName,
            format!("x,CN={JULIET}/CN={JULIET}"),
        );
        params.distinguished_name = name;
        if with_address {
            params.subject_alt_names =
                vec![SanType::OtherName((XMPP_ADDR.to_vec(), JULIET.into()))];
        }
        signed(&params, &PKCS_ECDSA_P256_SHA256)
    };
    let without = peer(&subject(false)).unwrap();
    assert_eq!(without, Peer::new());
    let failure = logs_in(Some(without)).unwrap_err();
    assert_eq!(failure.condition(), "invalid-mechanism");
    is_juliet(&subject(true));
}

#[test]
fn nul_in_the_address_is_no_identity() {
    for bad in [
        "juliet@example.org\0.evil.example",
        "\0",
        "juliet\0@example.org",
    ] {
        no_identity(
            &certificate(&[address(bad)]),
            &CertificateError::ProhibitedName,
        );
        // Nor is a good one beside it.
        let both = certificate(&[address(JULIET), address(bad)]);
        no_identity(&both, &CertificateError::ProhibitedName);
    }
    is_juliet(&certificate(&[address(JULIET)]));
}

#[test]
fn wrong_tag_is_no_identity() {
    // IA5String, PrintableString, BMPString, OCTET STRING.
    for tag in [IA5, 0x13, 0x1e, 0x04] {
        let der = certificate(&[other_name(5, tag, JULIET.as_bytes())]);
        no_identity(&der, &CertificateError::WrongTag);
    }
    no_identity(fixture!("ia5-address"), &CertificateError::WrongTag);
    is_juliet(&certificate(&[other_name(5, UTF8, JULIET.as_bytes())]));
    let name = b"_xmpp-server.example.org";
    let der = certificate(&[address(JULIET), other_name(7, UTF8, name)]);
    no_identity(&der, &CertificateError::WrongTag);
    is_juliet(&certificate(&[address(JULIET), other_name(7, IA5, name)]));
}

#[test]
fn address_with_a_wildcard_is_no_identity() {
    for bad in [
        "*",
        "*@example.org",
        "juliet@*.example.org",
        "*.example.org",
    ] {
        no_identity(
            &certificate(&[address(bad)]),
            &CertificateError::ProhibitedName,
        );
    }
    is_juliet(&certificate(&[address(JULIET)]));
}

#[test]
fn address_that_is_empty_long_or_not_text_is_no_identity() {
    for bad in [
        "",
        " ",
        "juliet@example.org ",
        "juliet@example.org\n",
        "a\u{85}b",
        "a\u{2003}b",
    ] {
        no_identity(
            &certificate(&[address(bad)]),
            &CertificateError::ProhibitedName,
        );
    }
    let long = "a".repeat(3072);
    no_identity(
        &certificate(&[address(&long)]),
        &CertificateError::ProhibitedName,
    );
    assert!(peer(&certificate(&[address(&long[1..])])).is_ok());
    for bad in [
        &b"juliet\xff@example.org"[..],
        b"juliet\xc0\x80@example.org",
        b"\xed\xa0\x80",
    ] {
        no_identity(
            &certificate(&[address(bad)]),
            &CertificateError::MalformedNames,
        );
    }
    is_juliet(&certificate(&[address(JULIET)]));
}

#[test]
fn repeated_extension_is_no_identity() {
    let list = |name: &str| tlv(0x30, &address(name));
    let twice = certificate_with(&[list(JULIET), list("romeo@example.org")]);
    no_identity(&twice, &CertificateError::RepeatedExtension);
    let twice = certificate_with(&[list(JULIET), list(JULIET)]);
    no_identity(&twice, &CertificateError::RepeatedExtension);
    is_juliet(&certificate_with(&[list(JULIET)]));
}

#[test]
fn malformed_names_are_no_identity() {
    let right = tlv(0x30, &address(JULIET));
    let oid = tlv(0x06, &[0x2b, 6, 1, 5, 5, 7, 8, 5]);
    let value = tlv(0xa0, &tlv(UTF8, JULIET.as_bytes()));
    let in_list = |parts: &[&[u8]]| tlv(0x30, &tlv(0xa0, &parts.concat()));
    let mut long_form = address(JULIET);
    long_form.splice(1..2, [0x81, long_form[1]]);
    let mut indefinite = address(JULIET);
    indefinite[1] = 0x80;
    indefinite.extend([0, 0]);
    for bad in [
        vec![],
        tlv(0x30, b""),
        tlv(0x31, &address(JULIET)),
        address(JULIET),
        [right.clone(), vec![0]].concat(),
        [right.clone(), right.clone()].concat(),
        right[..right.len() - 1].to_vec(),
        tlv(0x30, &[address(JULIET), vec![0x82]].concat()),
        tlv(0x30, &[address(JULIET), vec![0x82, 0x7f, b'a']].concat()),
        tlv(0x30, &[address(JULIET), tlv(0x89, b"x")].concat()),
        tlv(0x30, &[address(JULIET), tlv(0x0c, b"x")].concat()),
        tlv(0x30, &[address(JULIET), vec![0xbf, 0x1f, 0]].concat()),
        tlv(0x30, &long_form),
        tlv(0x30, &indefinite),
        // The value without its own tag, without an identifier, with something behind it.
        in_list(&[&oid, &tlv(UTF8, JULIET.as_bytes())]),
        in_list(&[&value]),
        in_list(&[&oid]),
        in_list(&[&oid, &value, &value]),
        in_list(&[&oid, &tlv(0xa0, b"")]),
        in_list(&[&oid, &tlv(0xa0, &tlv(UTF8, b"a@b").repeat(2))]),
    ] {
        no_identity(&certificate_with(&[bad]), &CertificateError::MalformedNames);
    }
    is_juliet(&certificate_with(&[in_list(&[&oid, &value])]));
    is_juliet(&certificate_with(&[right]));
}

#[test]
fn prohibited_host_names_are_no_identity() {
    for bad in [
        domain(""),
        domain("example.org\0.evil.example"),
        domain(" "),
        domain("ex\u{e4}mple.org"),
        domain("a".repeat(254)),
        service(""),
        service("xmpp-client.example.org"),
        service("_xmpp-client"),
        service("_.example.org"),
        service("_xmpp-client."),
        service("_xmpp-client.*.example.org"),
        service("_xmpp-client.example.org\0"),
    ] {
        let der = certificate(&[address(JULIET), bad]);
        no_identity(&der, &CertificateError::ProhibitedName);
    }
    is_juliet(&certificate(&[address(JULIET), domain("a".repeat(253))]));
    is_juliet(&certificate(&[
        address(JULIET),
        service("_xmpp-client.example.org"),
    ]));
}

#[test]
fn truncated_certificate_is_no_identity() {
    let der = certificate(&[address(JULIET)]);
    for length in 0..der.len() {
        no_identity(&der[..length], &CertificateError::Malformed);
    }
    is_juliet(&der);
}

#[test]
fn data_after_the_certificate_or_a_part_of_it_is_no_identity() {
    let der = certificate(&[address(JULIET)]);
    let trailing = [&der[..], &[0]].concat();
    no_identity(&trailing, &CertificateError::TrailingData);
    no_identity(
        &[&der[..], &der[..]].concat(),
        &CertificateError::TrailingData,
    );

    let outer = children(&der)[0].1;
    let parts = children(outer);
    let inner = children(parts[0].1);
    let rebuilt = |parts: &[(u8, &[u8])]| tlv(0x30, &join(parts));
    is_juliet(&rebuilt(&parts));
    // Behind the signature, within the signed part, and a second list of extensions.
    no_identity(
        &rebuilt(&[&parts[..], &[(0x05, b"")]].concat()),
        &CertificateError::Malformed,
    );
    for more in [(0x05, &b""[..]), *inner.last().unwrap(), (0x82, b"")] {
        let longer = join(&[&inner[..], &[more]].concat());
        let longer = rebuilt(&[(0x30, &longer), parts[1], parts[2]]);
        no_identity(&longer, &CertificateError::Malformed);
    }
    // Within the list of extensions, and within an extension.
    let (&(tag, extensions), before) = inner.split_last().unwrap();
    let list = children(extensions)[0].1;
    let with_list = |list: &[u8]| {
        let extensions = tlv(0x30, list);
        let signed = join(&[before, &[(tag, &extensions[..])]].concat());
        rebuilt(&[(0x30, &signed), parts[1], parts[2]])
    };
    is_juliet(&with_list(list));
    no_identity(
        &with_list(&[list, &[5, 0]].concat()),
        &CertificateError::Malformed,
    );
    let extension = children(list)[0].1;
    let longer = tlv(0x30, &[extension, &[5, 0]].concat());
    no_identity(&with_list(&longer), &CertificateError::Malformed);
}

#[test]
fn two_signature_algorithms_are_no_certificate() {
    let der = fixture!("rsa-sha256");
    let sha256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b];
    let at = der.windows(9).position(|window| window == sha256).unwrap();
    let mut changed = der.to_vec();
    changed[at + 8] = 0x0c;
    no_identity(&changed, &CertificateError::Malformed);
    is_juliet(der);
}

#[test]
fn limits_hold() {
    let names = |count: usize| certificate(&vec![address(JULIET); count]);
    let error = CertificateError::TooManyNames { maximum: 256 };
    no_identity(&names(257), &error);
    is_juliet(&names(256));
    let limits = CertificateLimits::new().with_names(2);
    let within = |count| {
        Certificate::from_der_within(&names(count), limits)
            .unwrap()
            .peer()
    };
    assert_eq!(
        within(3),
        Err(CertificateError::TooManyNames { maximum: 2 })
    );
    assert!(within(2).is_ok());
    let der = names(1);
    let within = |bytes| {
        Certificate::from_der_within(&der, CertificateLimits::new().with_bytes(bytes)).map(|_| ())
    };
    let maximum = der.len() - 1;
    assert_eq!(within(maximum), Err(CertificateError::TooLong { maximum }));
    assert_eq!(within(der.len()), Ok(()));
    let error = CertificateError::TooLong { maximum: 65_535 };
    no_identity(&vec![0x30; 65_536], &error);
}

#[test]
fn validity_is_read() {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(1950, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    let der = signed(&params, &PKCS_ECDSA_P256_SHA256);
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.not_before(), Timestamp::from_millis(0));
    assert_eq!(
        certificate.not_after(),
        Timestamp::from_millis(4_102_444_800_000)
    );
}

#[test]
fn end_point_is_hashed_as_the_signature_says() {
    let params = CertificateParams::default();
    let p256 = signed(&params, &PKCS_ECDSA_P256_SHA256);
    let p384 = signed(&params, &PKCS_ECDSA_P384_SHA384);
    let sha256 = |der: &[u8]| sha2::Sha256::digest(der).to_vec();
    let sha384 = |der: &[u8]| sha2::Sha384::digest(der).to_vec();
    for (der, hash) in [
        // RFC 5929 §4.1: SHA-256 for MD5 and SHA-1.
        (&fixture!("rsa-md5")[..], sha256 as fn(&[u8]) -> Vec<u8>),
        (fixture!("rsa-sha1"), sha256),
        (fixture!("pss-default"), sha256),
        (fixture!("rsa-sha224"), |der| {
            sha2::Sha224::digest(der).to_vec()
        }),
        (fixture!("rsa-sha256"), sha256),
        (&p256, sha256),
        (fixture!("rsa-sha384"), sha384),
        (fixture!("pss-sha384"), sha384),
        (&p384, sha384),
        (fixture!("rsa-sha512"), |der| {
            sha2::Sha512::digest(der).to_vec()
        }),
        (fixture!("rsa-sha512-224"), |der| {
            sha2::Sha512_224::digest(der).to_vec()
        }),
    ] {
        let binding = Certificate::from_der(der).unwrap().end_point().unwrap();
        assert_eq!(binding.kind(), ChannelBindingType::TlsServerEndPoint);
        assert_eq!(binding.data(), hash(der));
    }
}

#[test]
fn signature_without_one_known_hash_has_no_end_point() {
    let end_point = |der: &[u8]| Certificate::from_der(der).unwrap().end_point().unwrap_err();
    let ed25519 = signed(&CertificateParams::default(), &PKCS_ED25519);
    assert_eq!(end_point(&ed25519), NoEndPoint::NoHash);
    assert_eq!(end_point(fixture!("pss-two-hashes")), NoEndPoint::TwoHashes);
    // id-rsassa-pkcs1-v1-5-with-sha3-256
    let unknown = NoEndPoint::Unknown("2.16.840.1.101.3.4.3.14".to_owned());
    assert_eq!(end_point(fixture!("rsa-sha3-256")), unknown);
}
