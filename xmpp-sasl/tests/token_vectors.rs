//! The vectors of the token mechanisms, in both directions.

mod common;

use common::{Script, line};
use xmpp_sasl::*;

/// RFC 7628 §4.1.
#[test]
fn oauthbearer_vector_in_both_directions() {
    let message = base64::decode(line("OAUTHBEARER")[3]).unwrap();
    let token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
    let (tls, registry) = (ChannelSecurity::tls(), Registry::default());

    let cx = SelectCx::new(&tls)
        .with_service("imap", "server.example.com")
        .with_port(143);
    let credentials = Credentials::new()
        .with(BearerToken::new(token))
        .with_authzid("user@example.com");
    let mut client = registry
        .select(&["OAUTHBEARER"], &credentials, &cx, &mut Script::default())
        .unwrap();
    assert_eq!(client.initial().unwrap().unwrap(), message);
    client.success(None).unwrap();

    let config = ServerConfig::without_secret().answers([LookupKind::TOKEN]);
    let cx = SelectCx::new(&tls).with_server(&config);
    let mut server = registry
        .begin("OAUTHBEARER", &cx, &mut Script::default())
        .unwrap();
    let Outcome::Lookup(Lookup::Token(check)) = server.start(Some(&message)).unwrap() else {
        panic!();
    };
    assert_eq!(check.token(), token);
    assert_eq!(check.claimed(), Some("user@example.com"));
    assert_eq!(check.host(), Some("server.example.com"));
    assert_eq!(check.port(), Some(143));
    assert_eq!(*check.mechanism(), "OAUTHBEARER");
    // The token is user's; whether that is `user@example.com`, the protocol knows.
    let outcome = server.resolve(check.accept("user")).unwrap();
    let Outcome::Lookup(Lookup::Authorize { authcid, authzid }) = outcome else {
        panic!();
    };
    assert_eq!((&*authcid, &*authzid), ("user", "user@example.com"));
    let outcome = server.resolve(Answer::Accept).unwrap();
    let Outcome::Success {
        identity,
        data: None,
    } = outcome
    else {
        panic!();
    };
    assert_eq!(identity.authcid(), "user");
    assert_eq!(identity.authzid(), Some("user@example.com"));
}

/// RFC 7628 §4.3: a client without a token asks for the scope; the server's error and the client's answer.
#[test]
fn oauthbearer_error_vector_in_both_directions() {
    let words: Vec<_> = include_str!("fixtures/sasl-vectors.txt")
        .lines()
        .find_map(|line| line.strip_prefix("OAUTHBEARER err "))
        .unwrap()
        .split(' ')
        .map(|word| base64::decode(word).unwrap())
        .collect();
    let (error, answer) = (&words[0], &words[1]);
    let tls = ChannelSecurity::tls();

    let config = ServerConfig::without_secret().answers([LookupKind::TOKEN]);
    let cx = SelectCx::new(&tls).with_server(&config);
    let mechanism = OauthBearer::new()
        .with_scope("example_scope")
        .with_openid_configuration("https://example.com/.well-known/openid-config");
    let registry = Registry::new().with(mechanism);
    let query =
        b"n,a=someuser@example.com,\x01host=server.example.com\x01port=143\x01auth=\x01\x01";
    let mut server = registry
        .begin("OAUTHBEARER", &cx, &mut Script::default())
        .unwrap();
    let Outcome::Challenge(challenge) = server.start(Some(query)).unwrap() else {
        panic!();
    };
    assert_eq!(&challenge, error);
    let failure = server.response(answer).unwrap_err();
    assert_eq!(failure, Failure::WrongCredentials);
    assert_eq!(failure.condition(), "not-authorized");

    let cx = SelectCx::new(&tls);
    let credentials = Credentials::new().with(BearerToken::new("abc"));
    let mut client = registry
        .select(&["OAUTHBEARER"], &credentials, &cx, &mut Script::default())
        .unwrap();
    client.initial().unwrap();
    assert_eq!(client.refusal(), None);
    let ClientStep::Respond(response) = client.challenge(error).unwrap() else {
        panic!();
    };
    assert_eq!(&response, answer);
    let Some(LoginError::TokenRefused(told)) = client.refusal() else {
        panic!();
    };
    assert_eq!(told.status(), Some("invalid_token"));
    assert_eq!(told.scope(), Some("example_scope"));
    assert_eq!(
        told.openid_configuration(),
        Some("https://example.com/.well-known/openid-config")
    );
    assert_eq!(told.text().as_bytes(), error);
}

/// What Strophe.js sends to ejabberd.
#[test]
fn x_oauth2_message_in_both_directions() {
    let message = b"\0juliet\0mF_9.B5f-4.1JqM";
    let (tls, registry) = (ChannelSecurity::tls(), Registry::default());
    let credentials =
        Credentials::new().with(BearerToken::new("mF_9.B5f-4.1JqM").with_authcid("juliet"));
    let cx = SelectCx::new(&tls);
    let mut client = registry
        .select(&["X-OAUTH2"], &credentials, &cx, &mut Script::default())
        .unwrap();
    assert_eq!(client.initial().unwrap().unwrap(), message);
    client.success(None).unwrap();

    let config = ServerConfig::without_secret().answers([LookupKind::TOKEN]);
    let cx = SelectCx::new(&tls).with_server(&config);
    let mut server = registry
        .begin("X-OAUTH2", &cx, &mut Script::default())
        .unwrap();
    let Outcome::Lookup(Lookup::Token(check)) = server.start(Some(message)).unwrap() else {
        panic!();
    };
    assert_eq!(check.token(), "mF_9.B5f-4.1JqM");
    assert_eq!(check.claimed(), Some("juliet"));
    let Outcome::Success { identity, .. } = server.resolve(check.accept("juliet")).unwrap() else {
        panic!();
    };
    assert_eq!((identity.authcid(), identity.authzid()), ("juliet", None));
}

/// Nobody has published any: these were computed with Python's `hmac`, from the token of XEP-0484's examples.
const HASHED: [(&str, &str, &str); 4] = [
    (
        "HT-SHA-256-NONE",
        "anVsaWV0AJCXeHRhoYTg+oTsAME4EZC2xNFqjsRFPHsqxef8+TXt",
        "TlE0CWMUdIY7mGyfPoweJ8op0derntQJfnr9YAe/nGI=",
    ),
    (
        "HT-SHA-256-EXPR",
        "anVsaWV0AAxXRVdq/upxGWBUkYajGmXJ8yggXuOLZoJbPUyHKzlc",
        "EmBXmzTVWuuk5DBipBLbYJoKcVOr0hiw8UhEXE6DUp8=",
    ),
    (
        "HT-SHA-256-UNIQ",
        "anVsaWV0AB5Icf/XttWcx+IWT5+nmS/HtOwt1HAq/KC7e0WWpZkV",
        "sC+D3rAq5PSgzKALXiVzi5Eqe68lx+1xhvVQmCjKoQc=",
    ),
    (
        "HT-SHA-256-ENDP",
        "anVsaWV0AOM4Q4/tmywuhkmecUla507KUgV4bUWWjQ6UsBjDoVUv",
        "bpiTPGi3Apprw3b1xwI8jrEVZ+Asqpp7TH0/cF4r79c=",
    ),
];

const TOKEN: &str = "WXZzciBwYmFmdmZnZiBqdmd1IGp2eXFhcmZm";

#[test]
fn hashed_token_vectors_in_both_directions() {
    let binding =
        |kind, bytes: std::ops::Range<u8>| ChannelBinding::new(kind, bytes.collect::<Vec<_>>());
    let tls = TlsChannel::new()
        .with_version(TlsVersion::V1_2)
        .with_binding(binding(ChannelBindingType::TlsExporter, 0..32))
        .with_binding(binding(ChannelBindingType::TlsUnique, 0..12))
        .with_binding(binding(ChannelBindingType::TlsServerEndPoint, 32..64));
    let channel = ChannelSecurity::Tls(tls);
    let registry = Registry::default();
    let config = ServerConfig::without_secret().answers([LookupKind::HT_SHA_256]);
    for (name, initial, proof) in HASHED {
        let (initial, proof) = (
            base64::decode(initial).unwrap(),
            base64::decode(proof).unwrap(),
        );
        let mechanism = MechanismName::new(name).unwrap();

        let token = HtToken::new("juliet", TOKEN, mechanism.clone());
        let cx = SelectCx::new(&channel);
        let credentials = Credentials::new().with(token);
        let mut client = registry
            .select(&[name], &credentials, &cx, &mut Script::default())
            .unwrap();
        assert_eq!(client.initial().unwrap().unwrap(), initial, "{name}");
        client.success(Some(&proof)).unwrap();

        let cx = SelectCx::new(&channel).with_server(&config);
        let mut server = registry.begin(name, &cx, &mut Script::default()).unwrap();
        let outcome = server.start(Some(&initial)).unwrap();
        let Outcome::Lookup(Lookup::HtTokens {
            authcid,
            mechanism: asked,
        }) = outcome
        else {
            panic!();
        };
        assert_eq!((&*authcid, &asked), ("juliet", &mechanism));
        let key = HtKey::new(mechanism, TOKEN).unwrap();
        let tokens = HtTokens::new(Some(key), None);
        let Outcome::Success { identity, data } = server.resolve(Answer::HtTokens(tokens)).unwrap()
        else {
            panic!();
        };
        assert_eq!(data.unwrap(), proof, "{name}");
        assert_eq!(identity.authcid(), "juliet");
        assert!(server.export::<HtUsed>().unwrap().is(TOKEN));
    }
}

/// A hash that this crate has not named: a custom mechanism of a few lines.
struct HtSha3;

impl HtHash for HtSha3 {
    type Hmac = SimpleHmac<sha3::Sha3_512>;
    const LOOKUP: &'static str = "HT-SHA3-512";
    const NONE: &'static str = "HT-SHA3-512-NONE";
    const UNIQ: &'static str = "HT-SHA3-512-UNIQ";
    const ENDP: &'static str = "HT-SHA3-512-ENDP";
    const EXPR: &'static str = "HT-SHA3-512-EXPR";
}

#[test]
fn another_hash_is_a_few_lines() {
    let (initial, proof) = (
        "anVsaWV0AO7S3bqBiLtXMOCQKp9X+t9+4ZucbU5r47RrHiLvSeN10Gt+R2EnPohpYGshuy+qv67o7AWxgEfTP7IF8hU+qiU=",
        "iO6kxjli5W9UqVJyKTeAxU1q0mmjDxqbDW/4efsRQDrY1JdYq1Q9W0yMDHm/0H7yNsQf5WN1bfeHEOEnpm3MIA==",
    );
    let registry = Registry::new().with(Ht::<HtSha3>::unbound());
    let (tls, name) = (ChannelSecurity::tls(), HtSha3::NONE);
    let config = ServerConfig::without_secret().answers([LookupKind::custom(HtSha3::LOOKUP)]);
    let cx = SelectCx::new(&tls).with_server(&config);
    let mechanism = MechanismName::new(name).unwrap();
    let credentials = Credentials::new().with(HtToken::new("juliet", TOKEN, mechanism.clone()));
    let mut client = registry
        .select(&[name], &credentials, &cx, &mut Script::default())
        .unwrap();
    let message = client.initial().unwrap().unwrap();
    assert_eq!(base64::encode(&message), initial);
    let mut server = registry.begin(name, &cx, &mut Script::default()).unwrap();
    let Outcome::Lookup(_) = server.start(Some(&message)).unwrap() else {
        panic!();
    };
    let tokens = HtTokens::new(None, Some(HtKey::new(mechanism, TOKEN).unwrap()));
    let Outcome::Success { data, .. } = server.resolve(Answer::HtTokens(tokens)).unwrap() else {
        panic!();
    };
    assert_eq!(base64::encode(data.as_deref().unwrap()), proof);
    client.success(data.as_deref()).unwrap();
}
