//! What a hostile server, or someone in between, does to our client. Each attack has a twin that differs in
//! the attacked field only and is accepted.

mod common;

use common::{Ended, Script, account, client_with_first, keys, lax, server_with_challenge, talk};
use xmpp_sasl::*;

type Change = fn(&str) -> String;

const MECHANISM: &str = "SCRAM-SHA-256";

/// The genuine challenge to the client's first message, and the server that waits for the response.
fn begun() -> (ClientLogin, ServerLogin, String) {
    let (client, first) = client_with_first(MECHANISM);
    let (server, challenge) = server_with_challenge(MECHANISM, first.as_bytes()).unwrap();
    (client, server, challenge)
}

/// A client's reaction to the genuine challenge after `change`.
fn challenged(change: impl Fn(&str) -> String) -> Result<ClientStep, LoginError> {
    let (mut client, _, challenge) = begun();
    let result = client.challenge(change(&challenge).as_bytes());
    if result.is_err() {
        // Any call after an error gives an error.
        assert_eq!(
            client.challenge(challenge.as_bytes()).unwrap_err(),
            LoginError::OutOfOrder
        );
        assert_eq!(client.success(None).unwrap_err(), LoginError::OutOfOrder);
        assert_eq!(client.initial().unwrap_err(), LoginError::OutOfOrder);
    }
    result
}

fn with_iterations(count: &'static str) -> Result<ClientStep, LoginError> {
    challenged(|challenge| challenge.replace("i=4096", &format!("i={count}")))
}

/// A client that has sent its proof, and what the server says then.
fn proven() -> (ClientLogin, Vec<u8>) {
    let (mut client, mut server, challenge) = begun();
    let step = client.challenge(challenge.as_bytes()).unwrap();
    let response = client.run_here(step).unwrap();
    let Outcome::Success { data, .. } = server.response(&response).unwrap() else {
        panic!()
    };
    (client, data.unwrap())
}

fn malformed<T: std::fmt::Debug>(result: Result<T, LoginError>) -> Malformed {
    match result {
        Err(LoginError::Malformed(malformed)) => malformed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn iteration_count_out_of_bounds_is_refused_before_any_work() {
    // There is no job to run, and nothing was computed to make one.
    for (count, got) in [("1", 1), ("4095", 4_095)] {
        let error = with_iterations(count).unwrap_err();
        assert_eq!(
            error,
            LoginError::TooFewIterations {
                got,
                minimum: 4_096
            }
        );
    }
    for (count, got) in [("1000001", 1_000_001), ("4294967295", u32::MAX)] {
        let error = with_iterations(count).unwrap_err();
        assert_eq!(
            error,
            LoginError::TooManyIterations {
                got,
                maximum: 1_000_000
            }
        );
    }
    for count in ["4096", "1000000"] {
        assert!(
            matches!(with_iterations(count), Ok(ClientStep::Derive(_))),
            "{count}"
        );
    }
}

#[test]
fn iteration_count_that_is_no_number_is_refused() {
    for count in [
        "0",
        "+4096",
        "-4096",
        "4096x",
        "04096",
        " 4096",
        "0x1000",
        "4294967296",
        "٤٠٩٦",
    ] {
        assert_eq!(
            malformed(with_iterations(count)),
            Malformed::Iterations,
            "{count}"
        );
    }
    assert!(with_iterations("4096").is_ok());
}

#[test]
fn salt_beyond_a_kilobyte_is_refused_sec_6() {
    let with_salt = |bytes: usize| {
        challenged(|challenge| {
            let salt = challenge
                .split(',')
                .find(|part| part.starts_with("s="))
                .unwrap();
            challenge.replace(salt, &format!("s={}", base64::encode(vec![7; bytes])))
        })
    };
    assert!(with_salt(1_024).is_ok());
    assert_eq!(malformed(with_salt(1_025)), Malformed::TooLong);
}

#[test]
fn iteration_bounds_are_the_callers() {
    let policy = Policy::new().scram_iterations(10_000..=20_000);
    let channel = ChannelSecurity::Plain;
    let cx = SelectCx::new(&channel).with_policy(&policy);
    for (count, fine) in [
        (9_999, false),
        (10_000, true),
        (20_000, true),
        (20_001, false),
    ] {
        let credentials = Credentials::password("user", "pencil");
        let mut client = Registry::default()
            .select(
                &[MECHANISM],
                &credentials,
                &cx,
                &mut Script::new("abcdefghijklmnopqrstuvwx"),
            )
            .unwrap();
        client.initial().unwrap();
        let challenge = format!("r=abcdefghijklmnopqrstuvwxS,s=QSXCR+Q6sek8bf92,i={count}");
        assert_eq!(
            client.challenge(challenge.as_bytes()).is_ok(),
            fine,
            "{count}"
        );
    }
}

#[test]
fn nonce_that_does_not_extend_ours_is_refused() {
    let (mut client, first) = client_with_first(MECHANISM);
    let ours = first.rsplit_once("r=").unwrap().1.to_owned();
    let challenge = |nonce: &str| format!("r={nonce},s=QSXCR+Q6sek8bf92,i=4096").into_bytes();
    // Equal to ours, cut, another one, ours at the end.
    for nonce in [
        ours.clone(),
        ours[..20].to_owned(),
        "abc".to_owned(),
        format!("x{ours}"),
    ] {
        let (mut client, _) = client_with_first(MECHANISM);
        assert_eq!(
            malformed(client.challenge(&challenge(&nonce))),
            Malformed::NonceMismatch
        );
    }
    assert!(client.challenge(&challenge(&format!("{ours}x"))).is_ok());
}

#[test]
fn success_without_the_servers_proof_is_refused_sas_5() {
    for data in [None, Some(&b""[..])] {
        let (mut client, _) = proven();
        let error = client.success(data).unwrap_err();
        assert_eq!(error, LoginError::MutualAuth(MutualAuthError::Missing));
        assert!(!client.is_done());
        assert!(client.export::<ScramClientKeys>().is_none());
    }
    let (mut client, data) = proven();
    client.success(Some(&data)).unwrap();
    assert!(client.is_done());
}

#[test]
fn success_before_our_proof_is_refused_sas_5() {
    let (_, genuine) = proven();
    // Before the server's first message, and while the key is derived.
    let (mut client, _, _) = begun();
    assert_eq!(
        client.success(Some(&genuine)).unwrap_err(),
        LoginError::MutualAuth(MutualAuthError::Missing)
    );
    let (mut client, _, challenge) = begun();
    let ClientStep::Derive(_) = client.challenge(challenge.as_bytes()).unwrap() else {
        panic!()
    };
    assert_eq!(
        client.success(Some(&genuine)).unwrap_err(),
        LoginError::OutOfOrder
    );
    // Before anything was said.
    let cx = SelectCx::new(&ChannelSecurity::Plain);
    let credentials = Credentials::password("user", "pencil");
    let registry = Registry::default();
    let mut client = registry
        .select(&[MECHANISM], &credentials, &cx, &mut Script::default())
        .unwrap();
    assert_eq!(
        client.success(Some(&genuine)).unwrap_err(),
        LoginError::OutOfOrder
    );
}

#[test]
fn success_with_a_wrong_proof_is_refused_sas_5() {
    let (mut client, genuine) = proven();
    client.success(Some(&genuine)).unwrap();
    let signature = base64::decode(&genuine[2..]).unwrap();
    let wrong = |signature: &[u8]| {
        let (mut client, _) = proven();
        let data = format!("v={}", base64::encode(signature));
        let by_success = client.success(Some(data.as_bytes())).unwrap_err();
        let (mut client, _) = proven();
        // The same when it comes as a challenge.
        assert_eq!(client.challenge(data.as_bytes()).unwrap_err(), by_success);
        by_success
    };
    for bit in 0..8 * signature.len() {
        if bit % 37 != 0 {
            continue;
        }
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            wrong(&flipped),
            LoginError::MutualAuth(MutualAuthError::Wrong)
        );
    }
    assert_eq!(
        wrong(&signature[..31]),
        LoginError::MutualAuth(MutualAuthError::Wrong)
    );
    let longer = [&signature[..], &[0]].concat();
    assert_eq!(
        wrong(&longer),
        LoginError::MutualAuth(MutualAuthError::Wrong)
    );
}

#[test]
fn proof_in_a_challenge_is_as_good_as_with_the_success() {
    let (mut client, genuine) = proven();
    let ClientStep::Respond(response) = client.challenge(&genuine).unwrap() else {
        panic!()
    };
    assert_eq!(response, b"");
    client.success(None).unwrap();

    let (mut client, genuine) = proven();
    let _ = client.challenge(&genuine).unwrap();
    assert_eq!(
        malformed(client.success(Some(&genuine))),
        Malformed::UnexpectedData
    );

    let (mut client, genuine) = proven();
    let _ = client.challenge(&genuine).unwrap();
    assert_eq!(
        client.challenge(&genuine).unwrap_err(),
        LoginError::OutOfOrder
    );
}

#[test]
fn error_of_the_server_is_told() {
    let (mut client, _) = proven();
    let error = client.challenge(b"e=invalid-proof").unwrap_err();
    assert_eq!(error, LoginError::Refused("invalid-proof".to_owned()));
}

#[test]
fn server_with_another_password_is_not_believed() {
    // The impostor knows neither password nor keys: it accepts any proof, and signs with keys of its own.
    let (_, other) = proven_against("other");
    let (mut client, _) = proven();
    assert_eq!(
        client.success(Some(&other)).unwrap_err(),
        LoginError::MutualAuth(MutualAuthError::Wrong)
    );
}

fn proven_against(password: &str) -> (ClientLogin, Vec<u8>) {
    let cx = SelectCx::new(&ChannelSecurity::Plain);
    let credentials = Credentials::password("user", password);
    let registry = Registry::default();
    let mut client = registry
        .select(&[MECHANISM], &credentials, &cx, &mut Script::default())
        .unwrap();
    let config = common::all_lookups();
    let cx = cx.with_server(&config);
    let mut server = registry
        .begin(MECHANISM, &cx, &mut Script::default())
        .unwrap();
    let first = client.initial().unwrap().unwrap();
    let Outcome::Lookup(_) = server.start(Some(&first)).unwrap() else {
        panic!()
    };
    let stored = ScramKeys::derive::<ScramSha256>(password, common::SALT, 4_096).unwrap();
    let Outcome::Challenge(challenge) = server.resolve(Answer::ScramKeys(stored)).unwrap() else {
        panic!();
    };
    let step = client.challenge(&challenge).unwrap();
    let response = client.run_here(step).unwrap();
    let Outcome::Success { data, .. } = server.response(&response).unwrap() else {
        panic!()
    };
    (client, data.unwrap())
}

#[test]
fn mandatory_extension_is_refused_and_an_optional_one_is_signed() {
    assert_eq!(
        malformed(challenged(|challenge| format!("m=x,{challenge}"))),
        Malformed::MandatoryExtension
    );
    assert_eq!(
        malformed(challenged(|challenge| format!("{challenge},m=x"))),
        Malformed::MandatoryExtension
    );
    // A SCRAM that rebuilds the AuthMessage without the extension signs another one: the response differs
    // from that to the message without it, in the proof.
    let response = |challenge: &str| {
        let (mut client, _) = client_with_first(MECHANISM);
        let step = client.challenge(challenge.as_bytes()).unwrap();
        String::from_utf8(client.run_here(step).unwrap()).unwrap()
    };
    let (_, _, challenge) = begun();
    let (plain, extended) = (
        response(&challenge),
        response(&format!("{challenge},x=y=z")),
    );
    let (before, proof) = plain.rsplit_once(",p=").unwrap();
    let (extended_before, extended_proof) = extended.rsplit_once(",p=").unwrap();
    assert_eq!(before, extended_before);
    assert_ne!(proof, extended_proof);
}

#[test]
fn repeated_missing_or_misplaced_attributes_are_refused() {
    let changes: [Change; 8] = [
        |challenge| format!("{challenge},i=4096"),
        |challenge| format!("{challenge},r=abc"),
        |challenge| format!("{challenge},x=1,x=1"),
        |challenge| format!("{challenge},"),
        |challenge| format!("x=1,{challenge}"),
        |challenge| challenge.replace(",i=4096", ""),
        |challenge| challenge.replace("s=", "S="),
        |challenge| challenge.replace(",i=4096", ",i="),
    ];
    for change in changes {
        assert_eq!(malformed(challenged(change)), Malformed::Attributes);
    }
    assert!(challenged(|challenge| format!("{challenge},x=1,y=1")).is_ok());
}

#[test]
fn lax_base64_is_refused() {
    let salt = "s=MDEyMzQ1Njc4OWFiY2RlZg==";
    for lax in [
        "s=MDEyMzQ1Njc4OWFiY2RlZh==",
        "s=MDEyMzQ1Njc4OWFiY2RlZg",
        "s=MDEyMzQ1Njc4OWFiY2RlZg=",
        "s= MDEyMzQ1Njc4OWFiY2RlZg==",
        "s=MDEyMzQ1Njc4OWFiY2RlZg==MD==",
        "s=MDEyMzQ1Njc4OWFiY2RlZg-_",
    ] {
        assert_eq!(
            malformed(challenged(|genuine| genuine.replace(salt, lax))),
            Malformed::Base64
        );
    }
    assert!(challenged(|genuine| genuine.replace(salt, "s=MDEyMzQ1Njc4OWFiY2RlZw==")).is_ok());

    let (mut client, genuine) = proven();
    let unpadded = genuine.strip_suffix(b"=").unwrap();
    assert_eq!(malformed(client.success(Some(unpadded))), Malformed::Base64);
}

#[test]
fn not_utf8_is_refused() {
    let (mut client, _, challenge) = begun();
    let mut bytes = challenge.into_bytes();
    bytes.extend_from_slice(b",x=\xff");
    assert_eq!(malformed(client.challenge(&bytes)), Malformed::Utf8);
}

#[test]
fn key_of_another_job_is_refused() {
    let job = |salt: &str| {
        let (mut client, _, challenge) = begun();
        let challenge = challenge.replace("MDEyMzQ1Njc4OWFiY2RlZg==", salt);
        let ClientStep::Derive(job) = client.challenge(challenge.as_bytes()).unwrap() else {
            panic!();
        };
        (client, job)
    };
    let ((mut client, own), (_, other)) =
        (job("MDEyMzQ1Njc4OWFiY2RlZg=="), job("QSXCR+Q6sek8bf92"));
    let error = client.resume(other.run()).unwrap_err();
    assert_eq!(error, LoginError::WrongKey);
    assert!(error.is_misuse());
    // It has ended; the right key is too late.
    assert_eq!(client.resume(own.run()).unwrap_err(), LoginError::WrongKey);

    let (mut client, own) = job("MDEyMzQ1Njc4OWFiY2RlZg==");
    let (_, same) = job("MDEyMzQ1Njc4OWFiY2RlZg==");
    drop(own);
    // The same work done elsewhere is as good.
    assert!(matches!(
        client.resume(same.run()),
        Ok(ClientStep::Respond(_))
    ));
}

#[test]
fn saved_keys_are_used_for_the_same_user_salt_and_count_only() {
    let (mut client, genuine) = proven();
    client.success(Some(&genuine)).unwrap();
    let saved = client.export::<ScramClientKeys>().unwrap().clone();
    let login = |credentials: Credentials, mechanism: &str, challenge: &str| {
        let cx = SelectCx::new(&ChannelSecurity::Plain);
        let registry = Registry::default();
        let mut random = Script::new("abcdefghijklmnopqrstuvwx");
        let mut client = registry
            .select(&[mechanism], &credentials, &cx, &mut random)
            .unwrap();
        client.initial().unwrap();
        client.challenge(challenge.as_bytes())
    };
    let fits = "r=abcdefghijklmnopqrstuvwxS,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096";
    let other_salt = "r=abcdefghijklmnopqrstuvwxS,s=MDEyMzQ1Njc4OWFiY2RlZw==,i=4096";
    let other_count = "r=abcdefghijklmnopqrstuvwxS,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4097";
    let alone = || Credentials::new().with(saved.clone());
    assert!(matches!(
        login(alone(), MECHANISM, fits),
        Ok(ClientStep::Respond(_))
    ));
    for challenge in [other_salt, other_count] {
        assert_eq!(
            login(alone(), MECHANISM, challenge).unwrap_err(),
            LoginError::StaleKeys
        );
        // With the password in hand it is derived anew.
        let both = Credentials::password("user", "pencil").with(saved.clone());
        assert!(matches!(
            login(both, MECHANISM, challenge),
            Ok(ClientStep::Derive(_))
        ));
    }
    let other_hash = login(alone(), "SCRAM-SHA-1", fits);
    assert_eq!(other_hash.unwrap_err(), LoginError::StaleKeys);
    let other_user = Credentials::password("someone", "pencil").with(saved.clone());
    assert!(matches!(
        login(other_user, MECHANISM, fits),
        Ok(ClientStep::Derive(_))
    ));
}

#[test]
fn credentials_that_preparation_refuses_are_not_sent() {
    let first = |authcid: &str, password: &str, mechanism: &str| {
        let policy = lax();
        let tls = ChannelSecurity::tls();
        let cx = SelectCx::new(&tls).with_policy(&policy);
        let credentials = Credentials::password(authcid, password);
        let registry = Registry::default();
        registry
            .select(&[mechanism], &credentials, &cx, &mut Script::default())
            .unwrap()
            .initial()
    };
    for mechanism in ["PLAIN", MECHANISM] {
        for (authcid, password) in [("", "x"), ("x", ""), ("a\0b", "x"), ("x", "a\0b")] {
            let result = first(authcid, password, mechanism);
            assert!(
                matches!(result, Err(LoginError::Credentials(_))),
                "{authcid:?} {password:?}"
            );
        }
        assert!(first("x", "x", mechanism).is_ok());
    }
    // RFC 5802 §5.1: the name is prepared and escaped.
    let message = String::from_utf8(first("\u{2168}=,", "x", MECHANISM).unwrap().unwrap()).unwrap();
    assert!(message.starts_with("n,,n=IX=3D=2C,r="), "{message}");
}

#[test]
fn data_with_the_success_of_a_mechanism_without_is_refused() {
    for (mechanism, credentials) in [
        ("PLAIN", Credentials::password("user", "pencil")),
        ("ANONYMOUS", Credentials::anonymous()),
    ] {
        let login = || {
            let (policy, tls) = (lax(), ChannelSecurity::tls());
            let cx = SelectCx::new(&tls).with_policy(&policy);
            let registry = Registry::default();
            let mut login = registry
                .select(&[mechanism], &credentials, &cx, &mut Script::default())
                .unwrap();
            login.initial().unwrap();
            login
        };
        assert_eq!(
            malformed(login().success(Some(b"v=x"))),
            Malformed::UnexpectedData
        );
        assert_eq!(
            malformed(login().challenge(b"more")),
            Malformed::UnexpectedData
        );
        login().success(None).unwrap();
        login().success(Some(b"")).unwrap();
    }
}

#[test]
fn every_mechanism_logs_in_at_our_own_server() {
    let tls = ChannelSecurity::tls();
    let (policy, config) = (lax(), common::all_lookups());
    let registry = Registry::default();
    let cx = SelectCx::new(&tls)
        .with_policy(&policy)
        .with_server(&config);
    for name in [
        "SCRAM-SHA-512",
        "SCRAM-SHA-256",
        "SCRAM-SHA-1",
        "PLAIN",
        "ANONYMOUS",
    ] {
        let credentials = Credentials::password("user", "pencil").with(Anonymous::new());
        let mut random = Script::default();
        let mut client = registry
            .select(&[name], &credentials, &cx, &mut random)
            .unwrap();
        let mut server = registry.begin(name, &cx, &mut random).unwrap();
        let ended = talk(&mut client, &mut server, account);
        assert!(
            matches!(&ended, Ended::In(identity) if identity.mechanism() == name),
            "{ended:?}"
        );
    }
    assert_eq!(keys::<ScramSha256>().iterations(), 4_096);
}
