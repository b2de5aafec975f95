//! DIGEST-MD5: the vectors, and what is refused. Each refusal has a twin that is accepted.
#![cfg(feature = "digest-md5")]

mod common;

use common::{Ended, Script, all_lookups, lax, talk};
use xmpp_sasl::*;

const HOST: &str = "elwood.innosoft.com";
const NONCE: &str = "OA6MG9tEQGm2hh";
const CNONCE: &str = "OA6MHXh6VqTrRk";

/// What differs between the vectors of RFC 2831 §4 and RFC 3920 §6.5; the password is `secret`.
struct Vector {
    service: &'static str,
    host: &'static str,
    user: &'static str,
    realm: &'static str,
    nonce: &'static str,
    cnonce: &'static str,
    proofs: [&'static str; 2],
}

fn vectors() -> [Vector; 3] {
    let imap = Vector {
        service: "imap",
        host: HOST,
        user: "chris",
        realm: HOST,
        nonce: NONCE,
        cnonce: CNONCE,
        proofs: proofs("imap"),
    };
    let acap = Vector {
        service: "acap",
        nonce: "OA9BSXrbuRhWay",
        cnonce: "OA9BSuZWMSpW8m",
        proofs: proofs("acap"),
        ..imap
    };
    let xmpp = Vector {
        service: "xmpp",
        host: "example.com",
        user: "somenode",
        realm: "somerealm",
        proofs: proofs("XMPP"),
        ..imap
    };
    [imap, acap, xmpp]
}

/// The line `DIGEST-MD5 word … ('response', 'rspauth')` of the vectors.
fn proofs(word: &str) -> [&'static str; 2] {
    let line = include_str!("fixtures/sasl-vectors.txt")
        .lines()
        .find(|line| line.starts_with(&format!("DIGEST-MD5 {word} ")))
        .unwrap();
    let mut parts = line.split('\'');
    [parts.nth(1).unwrap(), parts.nth(1).unwrap()]
}

impl Vector {
    fn challenge(&self) -> String {
        format!(
            "realm=\"{}\",nonce=\"{}\",qop=\"auth\",algorithm=md5-sess,charset=utf-8",
            self.realm, self.nonce
        )
    }

    fn response(&self) -> String {
        format!(
            "charset=utf-8,username=\"{}\",realm=\"{}\",nonce=\"{}\",nc=00000001,cnonce=\"{}\",\
             digest-uri=\"{}/{}\",response={},qop=auth",
            self.user, self.realm, self.nonce, self.cnonce, self.service, self.host, self.proofs[0]
        )
    }

    fn rspauth(&self) -> String {
        format!("rspauth={}", self.proofs[1])
    }

    fn client(&self) -> ClientLogin {
        client_of(self.service, self.host, self.user, "secret", self.cnonce)
    }

    /// A server that waits for the response.
    fn server(&self) -> ServerLogin {
        let (tls, config) = (ChannelSecurity::tls(), config());
        let cx = SelectCx::new(&tls)
            .with_server(&config)
            .with_service(self.service, self.host);
        let mechanism = DigestMd5::new()
            .with_realm(self.realm)
            .with_nonce_length(self.nonce.len());
        let mut random = Script::new(self.nonce);
        let registry = Registry::new().with(mechanism);
        let mut server = registry.begin("DIGEST-MD5", &cx, &mut random).unwrap();
        let Outcome::Challenge(challenge) = server.start(None).unwrap() else {
            panic!()
        };
        assert_eq!(String::from_utf8(challenge).unwrap(), self.challenge());
        server
    }
}

fn config() -> ServerConfig {
    all_lookups().answers([LookupKind::DIGEST_MD5])
}

fn client_of(service: &str, host: &str, user: &str, password: &str, cnonce: &str) -> ClientLogin {
    let (tls, policy) = (ChannelSecurity::tls(), Policy::new().opt_in("DIGEST-MD5"));
    let cx = SelectCx::new(&tls)
        .with_policy(&policy)
        .with_service(service, host);
    let registry = Registry::new().with(DigestMd5::new().with_nonce_length(cnonce.len()));
    let credentials = Credentials::password(user, password);
    let mut random = Script::new(cnonce);
    let mut login = registry
        .select(&["DIGEST-MD5"], &credentials, &cx, &mut random)
        .unwrap();
    assert_eq!(login.initial(), Ok(None));
    login
}

fn secret(lookup: Lookup) -> Answer {
    match lookup {
        Lookup::DigestMd5(check) if ["chris", "somenode"].contains(&check.authcid()) => {
            check.with_plaintext(Some("secret"))
        }
        Lookup::DigestMd5(check) => check.with_plaintext(None),
        Lookup::Authorize { authcid, authzid } if authzid == format!("{authcid}@example.org") => {
            Answer::Accept
        }
        _ => Answer::Refuse(Refusal::WrongCredentials),
    }
}

/// The server's word on `message`, up to its proof.
fn says(message: &str) -> Result<String, Failure> {
    let mut server = vectors()[0].server();
    let mut outcome = server.response(message.as_bytes());
    while let Ok(Outcome::Lookup(lookup)) = outcome {
        outcome = server.resolve(secret(lookup));
    }
    match outcome {
        Ok(Outcome::Challenge(proof)) => Ok(String::from_utf8(proof).unwrap()),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => {
            let late = server.response(message.as_bytes()).unwrap_err();
            assert_eq!(late, Failure::OutOfOrder);
            Err(failure)
        }
    }
}

/// The right response after a change, which has to be one.
fn changed(from: &str, to: &str) -> Result<String, Failure> {
    let right = vectors()[0].response();
    let wrong = right.replace(from, to);
    assert_ne!(right, wrong);
    assert_eq!(says(&right), Ok(vectors()[0].rspauth()), "the twin");
    says(&wrong)
}

fn refused(result: Result<String, Failure>, failure: impl Into<Failure>, condition: &str) {
    let (got, failure) = (result.unwrap_err(), failure.into());
    assert_eq!(got, failure);
    assert_eq!(got.condition(), condition);
}

#[test]
fn vectors_in_both_directions() {
    for vector in vectors() {
        // The client, with the server's proof as a challenge of its own (RFC 3920 §6.5) …
        let mut client = vector.client();
        let step = client.challenge(vector.challenge().as_bytes()).unwrap();
        let response = client.run_here(step).unwrap();
        assert_eq!(String::from_utf8(response).unwrap(), vector.response());
        let step = client.challenge(vector.rspauth().as_bytes()).unwrap();
        assert_eq!(client.run_here(step).unwrap(), b"");
        assert_eq!(client.success(None), Ok(()));
        // … and with the success (RFC 6120 §6.3.10).
        let mut client = vector.client();
        let step = client.challenge(vector.challenge().as_bytes()).unwrap();
        client.run_here(step).unwrap();
        assert_eq!(client.success(Some(vector.rspauth().as_bytes())), Ok(()));

        let key = DigestMd5Key::derive(vector.user, vector.realm, "secret").unwrap();
        for stored in [None, Some(DigestMd5Key::from_bytes(key.to_bytes()))] {
            let mut server = vector.server();
            let outcome = server.response(vector.response().as_bytes()).unwrap();
            let Outcome::Lookup(Lookup::DigestMd5(check)) = outcome else {
                panic!()
            };
            assert_eq!(
                (check.authcid(), check.realm()),
                (vector.user, vector.realm)
            );
            let answer = match &stored {
                Some(key) => check.with_key(Some(key)),
                None => check.with_plaintext(Some("secret")),
            };
            let Outcome::Challenge(proof) = server.resolve(answer).unwrap() else {
                panic!()
            };
            assert_eq!(String::from_utf8(proof).unwrap(), vector.rspauth());
            let Outcome::Success { identity, data } = server.response(b"").unwrap() else {
                panic!()
            };
            assert_eq!((identity.authcid(), data), (vector.user, None));
        }
    }
}

#[test]
fn duplicate_realm_or_nonce_is_refused() {
    for (from, to) in [
        ("realm=", "realm=\"elwood.innosoft.com\",realm="),
        ("realm=", "REALM=\"other\",realm="),
        ("nonce=\"OA6MG", "nonce=\"OA6MG9tEQGm2hh\",nonce=\"OA6MG"),
        ("username=", "username=\"root\",username="),
        ("nc=", "nc=00000001,nc="),
        ("qop=auth", "qop=auth,qop=auth"),
    ] {
        refused(
            changed(from, to),
            Malformed::Attributes,
            "malformed-request",
        );
    }
    // A client takes no second realm or nonce either.
    let challenge = vectors()[0].challenge();
    for twice in [
        "realm=\"other\"",
        "nonce=\"other\"",
        "algorithm=md5-sess",
        "qop=\"auth\"",
    ] {
        let mut client = vectors()[0].client();
        let error = client.challenge(format!("{challenge},{twice}").as_bytes());
        assert_eq!(
            error.unwrap_err(),
            LoginError::Malformed(Malformed::Attributes)
        );
    }
    assert!(
        vectors()[0]
            .client()
            .challenge(challenge.as_bytes())
            .is_ok()
    );
}

#[test]
fn foreign_digest_uri_or_realm_is_refused() {
    for (from, to) in [
        ("imap/elwood.innosoft.com", "xmpp/elwood.innosoft.com"),
        ("imap/elwood.innosoft.com", "imap/evil.example"),
        (
            "imap/elwood.innosoft.com",
            "imap/elwood.innosoft.com/evil.example",
        ),
        ("imap/elwood.innosoft.com", "imap"),
        ("imap/elwood.innosoft.com", "imap/"),
        ("realm=\"elwood.innosoft.com\"", "realm=\"evil.example\""),
        ("realm=\"elwood.innosoft.com\",", ""),
    ] {
        refused(changed(from, to), Failure::ForeignService, "not-authorized");
    }
}

#[test]
fn other_nonce_count_is_refused() {
    for to in ["nc=00000002", "nc=00000000", "nc=1", "nc=000000001"] {
        let result = changed("nc=00000001", to);
        refused(result, Malformed::NonceCount, "malformed-request");
    }
    let quoted = changed("nc=00000001", "nc=\"00000001\"");
    refused(quoted, Malformed::Attributes, "malformed-request");
    let absent = changed("nc=00000001,", "");
    refused(absent, Malformed::Attributes, "malformed-request");
}

#[test]
fn other_nonce_is_refused() {
    let other = changed("OA6MG9tEQGm2hh", "OA6MG9tEQGm2hi");
    refused(other, Malformed::NonceMismatch, "not-authorized");
    let absent = changed(",nonce=\"OA6MG9tEQGm2hh\"", "");
    refused(absent, Malformed::Attributes, "malformed-request");
    let empty = changed("cnonce=\"OA6MHXh6VqTrRk\"", "cnonce=\"\"");
    refused(empty, Malformed::Nonce, "malformed-request");
}

#[test]
fn other_protection_algorithm_or_charset_is_refused() {
    for (from, to) in [
        ("qop=auth", "qop=auth-int"),
        ("qop=auth", "qop=auth-conf"),
        ("charset=utf-8", "charset=iso-8859-1"),
        // Without the character set the name would have to be guessed.
        (
            "charset=utf-8,username=\"chris\"",
            "username=\"chr\u{ef}s\"",
        ),
    ] {
        refused(
            changed(from, to),
            Malformed::Unsupported,
            "malformed-request",
        );
    }
    assert!(changed(",qop=auth", "").is_ok());
    assert!(changed("charset=utf-8,", "").is_ok());
    let vector = &vectors()[0];
    for (from, to) in [
        ("qop=\"auth\"", "qop=\"auth-conf\""),
        ("md5-sess", "md5"),
        (",algorithm=md5-sess", ""),
        ("utf-8", "utf-7"),
    ] {
        let challenge = vector.challenge().replace(from, to);
        let error = vector.client().challenge(challenge.as_bytes()).unwrap_err();
        assert_eq!(error, LoginError::Malformed(Malformed::Unsupported), "{to}");
    }
    for (from, to) in [
        ("qop=\"auth\"", "qop=\"auth-conf, auth\""),
        ("qop=\"auth\",", ""),
        (",charset=utf-8", ""),
        (",charset", ",maxbuf=65536,unknown=\"x\",charset"),
    ] {
        let challenge = vector.challenge().replace(from, to);
        assert!(
            vector.client().challenge(challenge.as_bytes()).is_ok(),
            "{to}"
        );
    }
    // Only ASCII is the same in every character set.
    let narrow = vector.challenge().replace(",charset=utf-8", "");
    let client = || client_of("imap", HOST, "chr\u{ef}s", "secret", CNONCE);
    let error = client().challenge(narrow.as_bytes()).unwrap_err();
    assert_eq!(error, LoginError::Malformed(Malformed::Unsupported));
    assert!(client().challenge(vector.challenge().as_bytes()).is_ok());
}

#[test]
fn success_without_or_with_a_wrong_rspauth_is_refused() {
    let vector = &vectors()[0];
    let waiting = || {
        let mut client = vector.client();
        let step = client.challenge(vector.challenge().as_bytes()).unwrap();
        client.run_here(step).unwrap();
        client
    };
    let missing = LoginError::MutualAuth(MutualAuthError::Missing);
    let wrong = LoginError::MutualAuth(MutualAuthError::Wrong);
    // Before anything, without, and with something else.
    assert_eq!(vector.client().success(None), Err(missing.clone()));
    assert_eq!(vector.client().success(Some(b"")), Err(missing.clone()));
    assert_eq!(waiting().success(None), Err(missing.clone()));
    for (message, error) in [
        ("", missing.clone()),
        ("x=y", missing),
        ("rspauth=ea40f60335c427b5527b84dbabcdfffe", wrong.clone()),
        ("rspauth=EA40F60335C427B5527B84DBABCDFFFD", wrong.clone()),
        // The client's own proof, sent back.
        ("rspauth=d388dad90d4bbd760a152321f2143af7", wrong.clone()),
        ("rspauth=ea40", wrong),
        (
            "rspauth=\"ea40f60335c427b5527b84dbabcdfffd\"",
            LoginError::Malformed(Malformed::Attributes),
        ),
    ] {
        let mut client = waiting();
        assert_eq!(client.success(Some(message.as_bytes())), Err(error.clone()));
        assert_eq!(client.success(None), Err(LoginError::OutOfOrder));
        let mut client = waiting();
        let step = client.challenge(message.as_bytes());
        assert_eq!(step.unwrap_err(), error);
    }
    let right = vector.rspauth();
    assert_eq!(waiting().success(Some(right.as_bytes())), Ok(()));
    let mut client = waiting();
    assert!(client.challenge(right.as_bytes()).is_ok());
    let again = client.challenge(right.as_bytes()).unwrap_err();
    assert_eq!(again, LoginError::OutOfOrder);
    let mut client = waiting();
    assert!(client.challenge(right.as_bytes()).is_ok());
    let data = client.success(Some(right.as_bytes())).unwrap_err();
    assert_eq!(data, LoginError::Malformed(Malformed::UnexpectedData));
}

#[test]
fn wrong_proof_and_unknown_user_are_the_same() {
    for (from, to) in [
        ("response=d388", "response=d389"),
        ("response=d388", "response=D388"),
        ("username=\"chris\"", "username=\"nobody\""),
        ("qop=auth", "qop=auth,authzid=\"chris@example.org\""),
    ] {
        refused(
            changed(from, to),
            Failure::WrongCredentials,
            "not-authorized",
        );
    }
    for (from, to) in [("response=d388", "response=8"), ("response=", "x=")] {
        refused(
            changed(from, to),
            Malformed::Attributes,
            "malformed-request",
        );
    }
}

#[test]
fn quoting_is_as_the_grammar_has_it() {
    // A quoted pair is the character itself, in every string.
    assert!(changed("username=\"chris\"", "username=\"\\c\\hris\"").is_ok());
    assert!(changed(",realm=", " ,, realm = ").is_ok());
    for (from, to) in [
        ("username=\"chris\"", "username=chris"),
        ("username=\"chris\"", "username=\"chris"),
        ("username=\"chris\",", "username=\"chris\""),
        ("username=\"chris\"", "username=\"chris\nx\""),
        ("qop=auth", "qop=\"auth\""),
        ("qop=auth", "qop=auth,authzid=\"\""),
        ("username=\"chris\",", ""),
    ] {
        refused(
            changed(from, to),
            Malformed::Attributes,
            "malformed-request",
        );
    }
    for name in ["", "\u{ad}", "\u{e000}"] {
        let result = changed("username=\"chris\"", &format!("username=\"{name}\""));
        refused(result, Malformed::Preparation, "malformed-request");
    }
    let long = changed("qop=auth", &format!("qop=auth,x={}", "a".repeat(4096)));
    refused(long, Malformed::TooLong, "malformed-request");
    // What a client is called comes out as it went in.
    for user in ["a\"b", "a\\", "a,realm=\"x\"", "n\u{fc}rse", "\u{5d0}"] {
        assert!(
            matches!(login(user, "secret", "", user), Ended::In(_)),
            "{user}"
        );
    }
}

/// A login between our two sides, where `stored` has the password `secret`.
fn login(user: &str, password: &str, authzid: &str, stored: &str) -> Ended {
    let (tls, config) = (ChannelSecurity::tls(), config());
    let policy = Policy::new()
        .opt_in("DIGEST-MD5")
        .allow_only(["DIGEST-MD5"]);
    let cx = SelectCx::new(&tls)
        .with_server(&config)
        .with_policy(&policy)
        .with_service("xmpp", "example.org");
    let registry = Registry::default();
    let credentials = Credentials::password(user, password).with_authzid(authzid);
    let mut random = Script::default();
    let mut client = registry
        .select(&registry.offered(&cx), &credentials, &cx, &mut random)
        .unwrap();
    let mut server = registry.begin("DIGEST-MD5", &cx, &mut random).unwrap();
    talk(&mut client, &mut server, |lookup| match lookup {
        Lookup::DigestMd5(check) => {
            let known = check.authcid() == stored;
            check.with_plaintext(known.then_some("secret"))
        }
        other => secret(other),
    })
}

#[test]
fn client_and_server_agree() {
    let Ended::In(identity) = login("chris", "secret", "", "chris") else {
        panic!()
    };
    assert_eq!((identity.authcid(), identity.authzid()), ("chris", None));
    let Ended::In(identity) = login("chris", "secret", "chris@example.org", "chris") else {
        panic!()
    };
    assert_eq!(identity.authzid(), Some("chris@example.org"));
    let other = login("chris", "secret", "root@example.org", "chris");
    assert_eq!(other, Ended::Refused(Failure::InvalidAuthzid));
    let wrong = Ended::Refused(Failure::WrongCredentials);
    assert_eq!(login("chris", "wrong", "", "chris"), wrong);
    assert_eq!(login("romeo", "secret", "", "chris"), wrong);
}

#[test]
fn name_is_looked_up_prepared_and_hashed_as_it_was_written() {
    let (tls, policy) = (ChannelSecurity::tls(), Policy::new().opt_in("DIGEST-MD5"));
    let config = config().with_username_preparation(|name| Some(name.to_lowercase()));
    let cx = SelectCx::new(&tls)
        .with_server(&config)
        .with_policy(&policy)
        .with_service("imap", HOST);
    let registry = Registry::default();
    let mut random = Script::default();
    let alice = DigestMd5Key::derive("alice", HOST, "secret").unwrap();
    for (name, by_key) in [("alice", true), ("Alice", false)] {
        for plaintext in [true, false] {
            let credentials = Credentials::password(name, "secret");
            let mut client = registry
                .select(&["DIGEST-MD5"], &credentials, &cx, &mut random)
                .unwrap();
            let mut server = registry.begin("DIGEST-MD5", &cx, &mut random).unwrap();
            let ended = talk(&mut client, &mut server, |lookup| match lookup {
                Lookup::DigestMd5(check) => {
                    assert_eq!(check.authcid(), "alice");
                    if plaintext {
                        check.with_plaintext(Some("secret"))
                    } else {
                        check.with_key(Some(&alice))
                    }
                }
                other => panic!("{other:?}"),
            });
            match ended {
                Ended::In(identity) => assert_eq!(identity.authcid(), "alice"),
                Ended::Refused(Failure::WrongCredentials) => assert!(!plaintext && !by_key),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn initial_response_and_data_after_the_proof_are_refused() {
    let vector = &vectors()[0];
    let (tls, config) = (ChannelSecurity::tls(), config());
    let cx = SelectCx::new(&tls)
        .with_server(&config)
        .with_service("imap", HOST);
    let mut server = Registry::default()
        .begin("DIGEST-MD5", &cx, &mut Script::default())
        .unwrap();
    let failure = server.start(Some(b"")).unwrap_err();
    assert_eq!(failure, Failure::Malformed(Malformed::UnexpectedData));
    for (message, accepted) in [(&b""[..], true), (b"x", false)] {
        let mut server = vector.server();
        let Ok(Outcome::Lookup(lookup)) = server.response(vector.response().as_bytes()) else {
            panic!()
        };
        let _ = server.resolve(secret(lookup)).unwrap();
        assert_eq!(server.response(message).is_ok(), accepted);
    }
}

#[test]
fn never_before_scram_and_never_unasked() {
    let (tls, config) = (ChannelSecurity::tls(), config());
    let loud = lax().opt_in("DIGEST-MD5").priority("DIGEST-MD5", 1_000);
    let cx = SelectCx::new(&tls)
        .with_server(&config)
        .with_policy(&loud)
        .with_service("xmpp", "example.org");
    let credentials = Credentials::password("user", "pencil");
    for registry in [Registry::default(), Registry::strophe_1_2_9()] {
        let offered = registry.offered(&cx);
        let at = |wanted: &str| offered.iter().position(|name| name == wanted).unwrap();
        assert_eq!(at("DIGEST-MD5"), at("SCRAM-SHA-1") + 1);
        let chosen = |offered: &[&str], policy: &Policy| {
            let cx = cx.with_policy(policy);
            let login = registry.select(offered, &credentials, &cx, &mut Script::default());
            login.ok().map(|login| login.mechanism().to_string())
        };
        let all = ["DIGEST-MD5", "SCRAM-SHA-1"];
        assert_eq!(chosen(&all, &loud).as_deref(), Some("SCRAM-SHA-1"));
        assert_eq!(chosen(&all[..1], &loud).as_deref(), Some("DIGEST-MD5"));
        assert_eq!(chosen(&all[..1], &Policy::new()), None);
        let mutual = loud.clone().minimum_strength(Strength::Mutual);
        assert_eq!(chosen(&all[..1], &mutual), None);
    }
    let reason = |cx: &SelectCx<'_>| {
        let explanation = Registry::default().explain(&["DIGEST-MD5"], &credentials, cx);
        explanation.of("DIGEST-MD5").cloned().unwrap()
    };
    let plain = SelectCx::new(&ChannelSecurity::Plain)
        .with_policy(&loud)
        .with_service("xmpp", "example.org");
    assert_eq!(
        reason(&plain),
        Decision::Refused(Unavailable::NotConfidential)
    );
    let nameless = SelectCx::new(&tls).with_policy(&loud);
    assert_eq!(reason(&nameless), Decision::Refused(Unavailable::NoService));
    assert_eq!(reason(&cx), Decision::Chosen);
}

#[test]
fn secrets_never_print() {
    let key = DigestMd5Key::derive("chris", HOST, "secret").unwrap();
    assert_eq!(format!("{key:?}"), "DigestMd5Key");
    assert_eq!(
        format!("{:?}", Answer::DigestMd5(key)),
        "DigestMd5(DigestMd5Key)"
    );
}

/// What `rspauth` is for, although the mechanism is worth little otherwise.
#[test]
fn the_server_proves_itself_in_it() {
    assert!(DigestMd5::new().info().authenticates_server());
}
